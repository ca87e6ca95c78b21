//! Movements: reshape, permute, expand, pad, slice, flip, windows, cat, stack, and their chains. Imports tensor.

use super::{Case, Inputs, build, smooth, tolerance};
use tabgrad::tensor::Tensor;

type Formula = fn(&mut Inputs) -> Tensor;

const MOVED: [(&str, Formula); 33] = [
    ("reshape", |i| i.f32(&[3, 4, 5]).reshape(&[5, 12])),
    ("reshape to a scalar", |i| i.f32(&[1, 1]).reshape(&[])),
    ("reshape of nothing", |i| i.f32(&[0, 3]).reshape(&[2, 0])),
    ("reshape of a permutation", |i| i.f32(&[3, 4, 5]).permute(&[2, 0, 1]).reshape(&[4, 15])),
    ("permute", |i| i.f32(&[3, 1, 4, 5]).permute(&[3, 1, 0, 2])),
    ("permute twice", |i| i.f32(&[3, 4, 5]).permute(&[1, 2, 0]).permute(&[0, 2, 1])),
    ("transpose", |i| i.f32(&[33, 65]).transpose(0, -1)),
    ("expand", |i| i.f32(&[3, 1, 2]).expand(&[2, 3, 7, 2])),
    ("expand to nothing", |i| i.f32(&[1, 3]).expand(&[0, 3])),
    ("expand then reshape", |i| i.f32(&[3, 1]).expand(&[3, 4]).reshape(&[2, 6])),
    ("pad", |i| i.f32(&[2, 3]).pad(&[(1, 2), (0, 3)], 0.5)),
    ("pad of nothing", |i| i.f32(&[0, 3]).pad(&[(2, 1), (1, 0)], 1.5)),
    ("pad of a pad", |i| i.f32(&[3]).pad(&[(1, 1)], 2.0).pad(&[(2, 0)], 3.0)),
    ("reshape of a pad", |i| i.f32(&[2, 3]).pad(&[(1, 0), (1, 0)], 1.0).reshape(&[2, 6]).flip(&[1])),
    ("slice", |i| i.f32(&[5, 6, 7]).slice(&[(1, 4), (0, 6), (3, 5)])),
    ("slice to nothing", |i| i.f32(&[5, 6]).slice(&[(2, 2), (1, 3)])),
    ("slice of a pad", |i| i.f32(&[5]).pad(&[(3, 3)], 0.0).narrow(0, 1, 9)),
    ("pad of a slice", |i| i.f32(&[9]).narrow(0, 2, 4).pad(&[(2, 3)], 0.0)),
    ("step", |i| i.f32(&[3, 7]).step(1, 3)),
    ("flip", |i| i.f32(&[3, 4, 5]).flip(&[0, 2])),
    ("flip of a reshape of a flip", |i| i.f32(&[4, 6]).flip(&[1]).reshape(&[3, 8]).flip(&[0])),
    ("windows", |i| i.f32(&[2, 9]).unfold(1, 3, 2, 1)),
    ("windows, dilated", |i| i.f32(&[11, 2]).unfold(0, 3, 2, 3)),
    ("windows side by side", |i| i.f32(&[2, 11]).unfold(1, 3, 3, 1)),
    ("windows of 1", |i| i.f32(&[2, 7]).unfold(1, 1, 3, 2)),
    ("windows of windows", |i| i.f32(&[1, 6, 7]).unfold(1, 2, 1, 2).unfold(3, 3, 2, 1)),
    ("windows of a pad", |i| i.f32(&[7]).pad(&[(2, 2)], 0.0).unfold(0, 4, 3, 1)),
    ("fold, a gap at the end", |i| i.f32(&[2, 3, 2]).fold(1, 9, 3, 1)),
    ("fold, overlapping", |i| i.f32(&[5, 3, 2]).fold(0, 9, 2, 2)),
    ("fold, cut short", |i| i.f32(&[4, 3]).fold(0, 4, 1, 1)),
    ("windows folded back", |i| i.f32(&[13]).unfold(0, 4, 2, 1).fold(0, 13, 2, 1)),
    ("flat copy of columns", |i| i.f32(&[1, 2, 5, 6]).unfold(2, 3, 1, 1).unfold(4, 2, 2, 1).permute(&[0, 2, 4, 1, 3, 5]).reshape(&[9, 12])),
    ("nothing at all", |i| i.f32(&[2, 0, 3]).permute(&[2, 0, 1]).flip(&[0])),
];

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = MOVED.iter().map(|(name, formula)| smooth(name, tolerance::ROUNDED, formula)).collect();
    cases.push(smooth("cat", tolerance::EXACT, |i| {
        let parts = [i.f32(&[2, 3]), i.f32(&[2, 0]), i.f32(&[2, 1]), i.f32(&[2, 5])];
        i.graph.cat(&parts, -1)
    }));
    cases.push(smooth("cat of views of one tensor", tolerance::EXACT, |i| {
        let x = i.f32(&[4, 3]);
        i.graph.cat(&[x.flip(&[0]), x.narrow(0, 1, 2), x.reshape(&[3, 4]).transpose(0, 1)], 0)
    }));
    cases.push(smooth("cat of many flat parts", tolerance::ROUNDED, |i| {
        let parts: Vec<Tensor> = (0..20).map(|n| i.f32(&[n % 5 + 1]) * (n as f32 + 0.5)).collect();
        i.graph.cat(&parts, 0)
    }));
    cases.push(smooth("stack", tolerance::EXACT, |i| {
        let parts = [i.f32(&[2, 3]), i.f32(&[2, 3]), i.f32(&[2, 3])];
        i.graph.stack(&parts, 1)
    }));
    cases.push(build("outputs that are leaves, views and constants", tolerance::EXACT, false, |i| {
        let x = i.f32(&[2, 3]);
        vec![x.clone(), x.transpose(0, 1), x.reshape(&[6]), x.clone(), x.graph().full(&[3], 0.25), x.graph().iota(5), x.graph().full(&[0], 1.0)]
    }));
    cases
}
