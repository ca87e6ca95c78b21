//! Products: einsum in its many forms, matmul, convolutions and pools. Imports tensor.

use super::{Case, Inputs, smooth, tolerance};
use tabgrad::dtype::DType;
use tabgrad::tensor::{Conv, Tensor};

/// Formula and the shapes of its operands.
const EINSUMS: [(&str, &[usize], &[usize]); 24] = [
    ("ij,jk->ik", &[3, 4], &[4, 5]),
    ("ij,jk->ik", &[1, 1], &[1, 1]),
    ("ij,jk->ik", &[1, 70], &[70, 1]),
    ("ij,jk->ik", &[65, 33], &[33, 129]),
    ("ij,jk->ik", &[128, 64], &[64, 64]),
    ("ij,jk->ik", &[3, 1000], &[1000, 2]),
    ("ij,jk->ik", &[0, 4], &[4, 5]),
    ("ij,jk->ik", &[3, 0], &[0, 5]),
    ("ij,kj->ik", &[17, 9], &[31, 9]),
    ("ji,jk->ik", &[9, 17], &[9, 31]),
    ("ij,jk->ki", &[17, 9], &[9, 31]),
    ("i,j->ij", &[5], &[7]),
    ("i,i->", &[300], &[300]),
    ("ij,ij->i", &[5, 40], &[5, 40]),
    ("ij,ij->ij", &[5, 6], &[5, 6]),
    ("ij,jk->k", &[3, 4], &[4, 5]),
    ("ij,kl->il", &[3, 4], &[5, 6]),
    ("bij,bjk->bik", &[3, 5, 7], &[3, 7, 2]),
    ("bij,bjk->kbi", &[3, 5, 7], &[3, 7, 2]),
    ("bqhd,bkhd->bhqk", &[2, 5, 3, 8], &[2, 6, 3, 8]),
    ("abc,cd->dab", &[2, 3, 4], &[4, 5]),
    ("aij,bij->ab", &[4, 3, 5], &[6, 3, 5]),
    ("aibj,jbc->caib", &[2, 3, 4, 5], &[5, 4, 3]),
    ("ij,j->i", &[70, 65], &[65]),
];

const MATMULS: [(&[usize], &[usize]); 8] = [
    (&[3, 4], &[4, 5]),
    (&[4], &[4]),
    (&[4], &[2, 4, 5]),
    (&[2, 3, 4], &[4]),
    (&[2, 1, 3, 4], &[5, 4, 6]),
    (&[5, 3, 4], &[4, 6]),
    (&[3, 4], &[2, 4, 6]),
    (&[1, 3, 4], &[1, 4, 2]),
];

/// Input, weight, stride, padding, dilation, groups.
type Convolution = ([usize; 4], [usize; 4], [usize; 2], [usize; 2], [usize; 2], usize);

const CONVS: [Convolution; 10] = [
    ([2, 3, 7, 6], [4, 3, 3, 3], [1, 1], [0, 0], [1, 1], 1),
    ([2, 3, 7, 6], [4, 3, 3, 2], [2, 1], [1, 0], [1, 1], 1),
    ([1, 2, 9, 8], [3, 2, 2, 3], [3, 2], [1, 2], [2, 1], 1),
    ([2, 4, 5, 5], [6, 2, 3, 3], [1, 1], [1, 1], [1, 1], 2),
    ([2, 3, 6, 5], [6, 1, 3, 3], [2, 2], [1, 1], [1, 1], 3),
    ([2, 3, 4, 4], [5, 3, 1, 1], [1, 1], [0, 0], [1, 1], 1),
    ([2, 3, 5, 5], [2, 3, 1, 1], [2, 2], [0, 0], [1, 1], 1),
    ([1, 1, 28, 28], [6, 1, 5, 5], [1, 1], [2, 2], [1, 1], 1),
    ([2, 2, 6, 6], [3, 2, 2, 2], [2, 2], [0, 0], [1, 1], 1),
    ([0, 2, 5, 5], [3, 2, 3, 3], [1, 1], [1, 1], [1, 1], 1),
];

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for (formula, a, b) in EINSUMS {
        cases.push(smooth(&format!("einsum {formula} {a:?} {b:?}"), tolerance::SUMMED, |i| i.f32(a).einsum(&i.f32(b), formula)));
    }
    for (a, b) in MATMULS {
        cases.push(smooth(&format!("matmul {a:?} {b:?}"), tolerance::SUMMED, |i| i.f32(a).matmul(&i.f32(b))));
    }
    for (x, w, stride, padding, dilation, groups) in CONVS {
        let conv = Conv { stride, padding, dilation, groups };
        cases.push(smooth(&format!("conv2d {x:?} {w:?} {conv:?}"), tolerance::SUMMED, |i| i.f32(&x).conv2d(&i.f32(&w), &conv)));
        // The transposed convolution of the same parameters takes what the convolution gives.
        let w = [w[0], w[1], w[2], w[3]];
        let input = [x[0], w[0], 3, 4];
        for output_padding in [[0, 0], [stride[0] - 1, stride[1] / 2]] {
            let name = format!("conv_transpose2d {input:?} {w:?} {conv:?} {output_padding:?}");
            cases.push(smooth(&name, tolerance::SUMMED, |i| i.f32(&input).conv_transpose2d(&i.f32(&w), &conv, output_padding)));
        }
    }
    cases.extend(pools());
    cases.extend([prologue(), epilogue(), operands_of_one(), two_layers()]);
    cases
}

fn pools() -> Vec<Case> {
    let conv = |stride, padding, dilation| Conv { stride, padding, dilation, groups: 1 };
    let windows = [
        ([2, 3, 6, 8], [2, 2], conv([2, 2], [0, 0], [1, 1])),
        ([1, 2, 7, 6], [3, 2], conv([2, 1], [1, 1], [1, 1])),
        ([1, 1, 9, 9], [2, 3], conv([1, 2], [1, 1], [3, 2])),
        ([1, 2, 5, 7], [3, 3], conv([3, 3], [0, 0], [1, 1])),
        ([2, 1, 4, 4], [1, 1], conv([2, 2], [0, 0], [1, 1])),
    ];
    let mut cases = vec![];
    for (x, kernel, conv) in windows {
        cases.push(smooth(&format!("max_pool2d {x:?} {kernel:?} {conv:?}"), tolerance::EXACT, |i| i.f32(&x).max_pool2d(kernel, &conv)));
        cases.push(smooth(&format!("avg_pool2d {x:?} {kernel:?} {conv:?}"), tolerance::SUMMED, |i| i.f32(&x).avg_pool2d(kernel, &conv)));
    }
    for (x, output) in [([2, 3, 6, 8], [3, 2]), ([1, 2, 5, 7], [3, 4]), ([1, 2, 3, 4], [1, 1]), ([1, 1, 3, 5], [5, 7])] {
        cases.push(smooth(&format!("adaptive_avg_pool2d {x:?} {output:?}"), tolerance::SUMMED, |i| i.f32(&x).adaptive_avg_pool2d(output)));
    }
    cases
}

/// Operands that are computed while they are loaded.
fn prologue() -> Case {
    smooth("einsum of computed operands", tolerance::SUMMED, |i| {
        let a = i.f32(&[20, 1, 9]).expand(&[20, 3, 9]).reshape(&[20, 27]).tanh();
        let b = i.f32(&[13, 27]).transpose(0, 1).pad(&[(0, 0), (1, 0)], 0.5).relu();
        a.matmul(&b)
    })
}

/// Results that are used right away.
fn epilogue() -> Case {
    smooth("einsum, bias, activation, residual", tolerance::SUMMED, |i| {
        let (x, w, bias) = (i.f32(&[19, 24]), i.f32(&[24, 24]), i.f32(&[24]));
        (x.matmul(&w) * 0.25 + bias).tanh() + x
    })
}

fn operands_of_one() -> Case {
    smooth("a matrix times its transpose", tolerance::SUMMED, |i| {
        let x = i.f32(&[12, 30]);
        x.matmul(&x.transpose(0, 1))
    })
}

/// A small convolutional network from pixels to a loss, as training runs it.
fn two_layers() -> Case {
    smooth("convolution, pool, linear, loss", tolerance::SUMMED, |i: &mut Inputs| {
        let x = i.leaf(DType::F32, &[3, 2, 8, 8], (0.0, 1.0));
        let conv = Conv { padding: [1, 1], ..Conv::default() };
        let pool = Conv { stride: [2, 2], ..Conv::default() };
        let h = (x.conv2d(&(i.f32(&[4, 2, 3, 3]) * 0.5), &conv) + i.f32(&[4, 1, 1])).relu().max_pool2d([2, 2], &pool);
        let z = h.reshape(&[3, 64]).matmul(&(i.f32(&[5, 64]) * 0.2).transpose(0, 1)) + i.f32(&[5]);
        let hot: Tensor = i.leaf(DType::I32, &[3], (0.0, 4.0)).one_hot(5);
        -(z.log_softmax(-1) * hot).sum(&[1], false).mean(&[0], false)
    })
}
