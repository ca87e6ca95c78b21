//! Gather, embedding, one-hot, argmax, top-k and random numbers. Imports tensor.

use super::{Case, build, smooth, stepped, tolerance};
use tabgrad::dtype::DType;

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    let gathers: [(&[usize], &[usize]); 7] =
        [(&[5, 3], &[4]), (&[7], &[2, 3]), (&[4, 2, 3], &[]), (&[3, 2], &[0]), (&[1, 6], &[5]), (&[9, 0], &[2]), (&[300, 7], &[65])];
    for (table, indices) in gathers {
        // Some of the indices lie outside of the table: they are clamped.
        let range = (-2.0, table[0] as f64 + 1.0);
        let name = format!("gather {indices:?} of {table:?}");
        cases.push(smooth(&name, tolerance::EXACT, |i| i.f32(table).gather(&i.leaf(DType::I32, indices, range))));
        cases.push(stepped(&format!("{name} by u32"), tolerance::EXACT, |i| {
            i.leaf(DType::I32, table, (-9.0, 9.0)).gather(&i.leaf(DType::U32, indices, (0.0, range.1)))
        }));
    }
    cases.push(smooth("gather of a computed table by computed indices", tolerance::COMPOSED, |i| {
        let indices = i.leaf(DType::I32, &[3, 4], (0.0, 5.0)).transpose(0, 1) * 2.0 - i.graph.iota(3);
        (i.f32(&[6, 10]).transpose(0, 1).tanh()).gather(&indices).flip(&[2])
    }));
    cases.push(stepped("gather of bytes, as a batch of images", tolerance::ROUNDED, |i| {
        let images = i.leaf(DType::U8, &[10, 1, 5, 7], (0.0, 255.0));
        let order = i.leaf(DType::I32, &[20], (0.0, 9.0));
        let cursor = i.leaf(DType::U32, &[1], (0.0, 16.0));
        let places = cursor.cast(DType::I32) + i.graph.iota(4);
        images.gather(&order.gather(&places)).cast(DType::F32) * (1.0 / 256.0) - 0.5
    }));
    cases.push(stepped("gather from a gather", tolerance::EXACT, |i| {
        let (table, first, second) = (i.f32(&[8, 3]), i.leaf(DType::I32, &[6], (0.0, 7.0)), i.leaf(DType::I32, &[2, 2], (0.0, 5.0)));
        table.gather(&first).gather(&second)
    }));
    cases.push(stepped("one_hot", tolerance::EXACT, |i| i.leaf(DType::I32, &[3, 4], (-1.0, 5.0)).one_hot(5)));
    cases.push(build("argmax", tolerance::EXACT, false, |i| {
        let x = i.f32(&[5, 33, 2]);
        vec![x.argmax(1), x.argmax(0), x.argmax(-1), x.reshape(&[330]).argmax(0)]
    }));
    cases.push(build("top_k", tolerance::EXACT, false, |i| {
        let (values, places) = i.f32(&[4, 11]).top_k(5);
        vec![values, places]
    }));
    cases.push(build("top_k of whole numbers with ties", tolerance::EXACT, false, |i| {
        let (values, places) = i.leaf(DType::I32, &[3, 6], (-1.0, 1.0)).top_k(6);
        vec![values, places]
    }));
    cases.push(build("random bits and uniform numbers", tolerance::EXACT, false, |i| {
        let (key, other) = (i.key(), i.key());
        vec![i.graph.random_bits(&key, &[7, 9]), i.graph.uniform(&key, &[1001]), i.graph.uniform(&other, &[0]), i.graph.uniform(&other, &[])]
    }));
    // The logarithm's error near 1 is magnified by the square root.
    cases.push(stepped("normal numbers", super::Tolerance { absolute: 3e-5, gpu: 5e-3, ..tolerance::COMPOSED }, |i| {
        let key = i.key();
        i.graph.normal(&key, &[33, 31])
    }));
    cases.push(smooth("dropout", tolerance::ROUNDED, |i| {
        let key = i.key();
        i.f32(&[9, 40]).dropout(0.4, &key)
    }));
    cases.push(smooth("dropout of all and of nothing", tolerance::ROUNDED, |i| {
        let (key, x) = (i.key(), i.f32(&[40]));
        x.dropout(1.0, &key) + x.dropout(0.0, &key)
    }));
    cases
}
