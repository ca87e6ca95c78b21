//! Reductions over any axes, and what is made from them. Imports tensor.

use super::{Case, Inputs, build, smooth, stepped, tolerance};
use crate::oracle::Array;
use tabgrad::dtype::DType;
use tabgrad::tensor::Tensor;

/// Shapes and the axes to reduce: outer, inner, middle, several apart, all, of size 1, empty, none.
const AXES: [(&[usize], &[isize]); 12] = [
    (&[7], &[0]),
    (&[5, 33], &[1]),
    (&[33, 5], &[0]),
    (&[3, 17, 4], &[1]),
    (&[3, 4, 5, 2], &[0, 2]),
    (&[2, 3, 4], &[0, 1, 2]),
    (&[1, 300], &[-1]),
    (&[300, 1], &[1]),
    (&[4, 0, 3], &[1]),
    (&[0, 3], &[1]),
    (&[3, 4], &[]),
    (&[2, 1000], &[1]),
];

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    type Reduction = fn(&Tensor, &[isize], bool) -> Tensor;
    let reductions: [(&str, Reduction, tolerance::Tolerance); 4] = [
        ("sum", Tensor::sum, tolerance::SUMMED),
        ("max", Tensor::max, tolerance::EXACT),
        ("min", Tensor::min, tolerance::EXACT),
        ("mean", Tensor::mean, tolerance::SUMMED),
    ];
    for (shape, axes) in AXES {
        for (name, reduction, tolerance) in reductions {
            let empty = axes.iter().any(|a| shape[a.rem_euclid(shape.len() as isize) as usize] == 0);
            // The largest of nothing is minus infinity and its mean NaN, which have no derivative.
            let differentiable = !empty || name == "sum";
            let formula = |i: &mut Inputs| vec![reduction(&i.f32(shape), axes, false)];
            cases.push(build(&format!("{name} over {axes:?} of {shape:?}"), tolerance, differentiable, formula));
        }
        let name = format!("i32 and u32 reductions over {axes:?} of {shape:?}");
        cases.push(build(&name, tolerance::EXACT, false, |i| {
            let x = i.leaf(DType::I32, shape, (-2e9, 2e9));
            let u = i.leaf(DType::U32, shape, (0.0, 4e9));
            vec![x.sum(axes, true), x.max(axes, false), x.min(axes, false), u.sum(axes, false), u.max(axes, true), u.min(axes, false)]
        }));
    }
    cases.extend(composites());
    cases.extend([fused_view(), limits(), ties()]);
    cases
}

/// Means and variances of fewer numbers than they divide by, which are NaN in PyTorch.
pub fn of_too_few() -> Vec<Case> {
    type Formula = fn(&mut Inputs) -> Tensor;
    let formulas: [(&str, Formula); 7] = [
        ("mean over an empty axis", |i| i.f32(&[4, 0, 3]).mean(&[1], false)),
        ("mean over an empty axis and another", |i| i.f32(&[4, 0, 3]).mean(&[1, 2], true)),
        ("mean of nothing", |i| i.f32(&[0]).mean(&[0], false)),
        ("var over an empty axis, dividing by n", |i| i.f32(&[4, 0, 3]).var(&[1], 0, false)),
        ("var over an empty axis, dividing by n - 1", |i| i.f32(&[4, 0, 3]).var(&[1], 1, true)),
        ("var of one, dividing by n - 1", |i| i.f32(&[5, 1]).var(&[1], 1, false)),
        ("var of one, dividing by n - 2", |i| i.f32(&[5, 1]).var(&[1], 2, false)),
    ];
    formulas.iter().map(|(name, formula)| stepped(name, tolerance::EXACT, formula)).collect()
}

fn composites() -> Vec<Case> {
    type Formula = fn(&mut Inputs) -> Tensor;
    let formulas: [(&str, Formula); 14] = [
        ("var", |i| i.f32(&[4, 9]).var(&[1], 1, false)),
        ("var over two axes", |i| i.f32(&[4, 3, 5]).var(&[0, 2], 0, true)),
        ("softmax over the last axis", |i| i.f32(&[5, 37]).softmax(-1)),
        ("softmax over the first axis", |i| i.f32(&[6, 5]).softmax(0)),
        ("softmax of one", |i| i.f32(&[5, 1]).softmax(-1)),
        ("softmax of nothing", |i| i.f32(&[0, 4]).softmax(-1)),
        ("softmax of a long row", |i| i.f32(&[2, 700]).softmax(-1)),
        ("log_softmax", |i| i.f32(&[3, 4, 6]).log_softmax(1)),
        ("layer norm", |i| {
            let x = i.f32(&[6, 20]);
            let normal = (&x - x.mean(&[1], true)) / (x.var(&[1], 0, true) + 1e-5).sqrt();
            normal * i.f32(&[20]) + i.f32(&[20])
        }),
        ("batch norm", |i| {
            let x = i.f32(&[4, 3, 5, 2]);
            let normal = (&x - x.mean(&[0, 2, 3], true)) / (x.var(&[0, 2, 3], 0, true) + 1e-5).sqrt();
            normal * i.f32(&[3, 1, 1]) + i.f32(&[3, 1, 1])
        }),
        ("cross entropy", |i| {
            let x = i.f32(&[9, 5]);
            let hot = i.leaf(DType::I32, &[9], (0.0, 4.0)).one_hot(5);
            -(x.log_softmax(-1) * hot).sum(&[1], false).mean(&[0], false)
        }),
        ("sum of a sum", |i| (i.f32(&[6, 7, 3]).sum(&[2], false) * 0.5).exp().sum(&[0], false) * 0.125),
        ("two sums of one tensor over different axes", |i| {
            let x = i.f32(&[6, 7]);
            x.sum(&[0], true) * x.sum(&[1], true) * &x * 0.1
        }),
        ("norm", |i| i.f32(&[513]).square().sum(&[0], false).sqrt()),
    ];
    formulas.iter().map(|(name, formula)| smooth(name, super::Tolerance { absolute: 2e-5, ..tolerance::COMPOSED }, formula)).collect()
}

/// A reduction that reads through permutation, padding and repetition.
fn fused_view() -> Case {
    smooth("sum and max of views", tolerance::SUMMED, |i| {
        let x = i.f32(&[4, 1, 6]).expand(&[4, 5, 6]).permute(&[2, 0, 1]).pad(&[(0, 1), (2, 0), (0, 0)], 0.25);
        x.sum(&[1], false) + x.flip(&[0, 1]).max(&[1], false)
    })
}

/// Whole numbers at the ends of their range.
fn limits() -> Case {
    build("reductions of the largest and lowest whole numbers", tolerance::EXACT, false, |i| {
        let x = i.given(DType::I32, Array::new(&[2, 2], vec![i32::MIN as f64, 5.0, i32::MAX as f64, -1.0]));
        let u = i.given(DType::U32, Array::new(&[2, 2], vec![0.0, 1.0, u32::MAX as f64, 7.0]));
        vec![
            x.min(&[1], false),
            x.max(&[1], false),
            u.min(&[1], false),
            u.max(&[1], false),
            x.graph().constant(tabgrad::dtype::Value::u32(1 << 30)).expand(&[5]).sum(&[0], false),
        ]
    })
}

/// Where several are largest.
fn ties() -> Case {
    stepped("argmax and max with ties", tolerance::EXACT, |i| {
        let x = i.leaf(DType::I32, &[40, 9], (0.0, 3.0));
        x.argmax(1) + x.cast(DType::F32).argmax(-1) * 10.0 + x.max(&[1], false) * 1000.0
    })
}
