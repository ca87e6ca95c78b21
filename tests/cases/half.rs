//! Half precision: casts, what is computed from halves, and `autocast` with its gradients. Rounded numbers are no smooth functions, so that gradients are
//! outputs here instead of being measured. Imports as the parent module.

use super::tolerance::{EXACT, Tolerance};
use super::{Case, Inputs, build, stepped};
use tabgrad::dtype::DType;
use tabgrad::grad::grad;
use tabgrad::tensor::{Conv, Tensor};

/// A sum in another order may round to the half beside the right one, which is 2^-10 of it away, and so on through a few layers.
const ROUNDED: Tolerance = Tolerance { relative: 2e-3, absolute: 2e-3, gpu: 0.0 };
/// Of operands that are rounded, but nothing else.
const SUMMED: Tolerance = Tolerance { relative: 2e-6, absolute: 2e-5, gpu: 0.0 };

pub fn cases() -> Vec<Case> {
    vec![
        stepped("f16 and back", EXACT, |i| rounded(&i.leaf(DType::F32, &[7, 301], (-70000.0, 70000.0)))),
        stepped("small f16 and back", EXACT, |i| rounded(&i.leaf(DType::F32, &[1000], (-1e-4, 1e-4)))),
        stepped("f16 to i32", EXACT, |i| i.leaf(DType::F32, &[100], (-3000.0, 3000.0)).cast(DType::F16).cast(DType::I32)),
        stepped("i32 to f16", EXACT, |i| i.leaf(DType::I32, &[100], (-9000.0, 9000.0)).cast(DType::F16).cast(DType::F32)),
        stepped("f16 moved", EXACT, |i| {
            let x = i.f32(&[6, 5]).cast(DType::F16).pad(&[(1, 2), (0, 1)], 0.1).permute(&[1, 0]).flip(&[0]);
            x.cast(DType::F32) * 2.0
        }),
        stepped("rows of an f16 table", EXACT, |i| {
            let (table, rows) = (i.f32(&[9, 5]), i.leaf(DType::I32, &[14], (0.0, 8.0)));
            table.cast(DType::F16).gather(&rows).cast(DType::F32)
        }),
        stepped("product of f16 and f32", SUMMED, |i| i.f32(&[5, 40]).cast(DType::F16).matmul(&i.f32(&[40, 7]))),
        stepped("autocast outer product", SUMMED, |i| autocast(i).f32(&[5, 1]).matmul(&i.f32(&[1, 7]))),
        stepped("autocast adaptive pool", SUMMED, |i| autocast(i).f32(&[2, 3, 7, 5]).adaptive_avg_pool2d([3, 2])),
        gradients("autocast layers", |i| {
            let (x, w, b, v) = (i.f32(&[6, 9]), i.f32(&[9, 11]), i.f32(&[11]), i.f32(&[11, 4]));
            let hidden = (x.matmul(&w) + &b).handed_on().tanh();
            (hidden.matmul(&v).handed_on(), vec![x, w, b, v])
        }),
        gradients("autocast convolution", |i| {
            let (x, w) = (i.f32(&[2, 4, 7, 6]), i.f32(&[6, 2, 3, 2]));
            let y = x.conv2d(&w, &Conv { stride: [2, 1], padding: [1, 1], dilation: [1, 2], groups: 2 }).handed_on();
            (y.relu().max_pool2d([2, 2], &Conv { stride: [2, 2], ..Conv::default() }), vec![x, w])
        }),
        gradients("autocast recurrence", |i| {
            let (x, v, w, first) = (i.f32(&[5, 3, 6]), i.f32(&[4, 6]), i.f32(&[4, 4]), i.f32(&[3, 4]));
            let inputs = x.einsum(&v, "tni,gi->tng").handed_on() * 0.2;
            let states = x.graph().recur(&first, 5, false, &mut |h| (h.einsum(&w, "tnh,gh->tng") * 0.2 + &inputs).tanh());
            (states, vec![x, v, w, first])
        }),
    ]
}

fn rounded(x: &Tensor) -> Tensor {
    x.cast(DType::F16).cast(DType::F32)
}

/// Switches the graph of a case to `autocast`.
fn autocast(inputs: &mut Inputs) -> &mut Inputs {
    inputs.graph.autocast();
    inputs
}

/// A result under `autocast`, and the gradients of a weighted sum of it by the given tensors.
fn gradients(name: &str, formula: impl FnOnce(&mut Inputs) -> (Tensor, Vec<Tensor>)) -> Case {
    build(name, ROUNDED, false, |inputs| {
        let (y, wrt) = formula(autocast(inputs));
        let weights = inputs.f32(&y.shape());
        let loss = (&y * weights).sum(&y.all_axes(), false);
        std::iter::once(y).chain(grad(&loss, &wrt)).collect()
    })
}
