//! What composed operations mean, computed a second time by plain loops, and what mistakes are answered with. Imports tensor and the oracle.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;

use oracle::Array;
use std::collections::HashMap;
use tabgrad::dtype::{DType, Value};
use tabgrad::error::Code;
use tabgrad::graph::Graph;
use tabgrad::tensor::{Conv, Tensor};

/// The values of a formula of one leaf.
fn value(dtype: DType, x: &[f64], shape: &[usize], formula: impl FnOnce(&Tensor) -> Tensor) -> Vec<f64> {
    let y = formula(&Graph::new().leaf("x", dtype, shape));
    let leaves = HashMap::from([("x".to_string(), Array::new(shape, x.to_vec()))]);
    oracle::eval(y.graph(), &[y.id()], &leaves).remove(0).data
}

/// Proves: minimum and maximum of whole numbers hold up to the ends of their range (where negation wraps).
#[test]
fn extremes_of_whole_numbers() {
    let signed = [i32::MIN as f64, 5.0, i32::MAX as f64, -1.0, 0.0, 7.0];
    assert_eq!(value(DType::I32, &signed, &[3, 2], |x| x.min(&[1], false)), [i32::MIN as f64, -1.0, 0.0]);
    assert_eq!(value(DType::I32, &signed, &[3, 2], |x| x.max(&[1], false)), [5.0, i32::MAX as f64, 7.0]);
    let unsigned = [0.0, 1.0, u32::MAX as f64, 7.0];
    assert_eq!(value(DType::U32, &unsigned, &[2, 2], |x| x.min(&[1], false)), [0.0, 7.0]);
    assert_eq!(value(DType::U32, &unsigned, &[4], |x| x.min(&[0], true)), [0.0]);
}

/// Proves: argmax names the first of equal maxima, and a place within the axis even where all is NaN.
#[test]
fn argmax_is_first_and_in_range() {
    assert_eq!(value(DType::F32, &[1.0, 3.0, 3.0, -1.0, -1.0, -2.0], &[2, 3], |x| x.argmax(1)), [1.0, 0.0]);
    assert_eq!(value(DType::I32, &[1.0, 3.0, 3.0, 0.0], &[4], |x| x.argmax(-1)), [1.0]);
    let place = value(DType::F32, &[f64::NAN, f64::NAN], &[2], |x| x.argmax(0))[0];
    assert!((0.0..2.0).contains(&place), "place {place}");
}

/// Proves: top_k gives what sorting gives, for floats and whole numbers.
#[test]
fn top_k_sorts() {
    let x: Vec<f64> = (0..24).map(|n| ((n * 37) % 23) as f64 - 11.0).collect();
    for dtype in [DType::F32, DType::I32] {
        for (which, row) in x.chunks(8).enumerate() {
            let mut sorted: Vec<(f64, f64)> = row.iter().enumerate().map(|(n, x)| (-x, n as f64)).collect();
            sorted.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
            let part = |places: bool| value(dtype, &x, &[3, 8], |x| if places { x.top_k(5).1 } else { x.top_k(5).0 })[which * 5..][..5].to_vec();
            assert_eq!(part(false), sorted[..5].iter().map(|(x, _)| -x).collect::<Vec<f64>>());
            assert_eq!(part(true), sorted[..5].iter().map(|(_, n)| *n).collect::<Vec<f64>>());
        }
    }
}

/// Proves: windows, their transpose and every n-th place are what their formulas say, whatever the rewrites make of them.
#[test]
fn windows_follow_their_formula() {
    let x: Vec<f64> = (0..13).map(|n| n as f64 + 1.0).collect();
    for (size, stride, dilation) in [(1, 1, 1), (1, 3, 2), (3, 1, 1), (3, 3, 1), (3, 2, 2), (2, 5, 3), (13, 1, 1), (4, 4, 1), (5, 3, 1)] {
        let count = (13 - (size - 1) * dilation - 1) / stride + 1;
        let places: Vec<usize> = (0..count * size).map(|n| n / size * stride + n % size * dilation).collect();
        let unfolded = value(DType::F32, &x, &[13], |x| x.unfold(0, size, stride, dilation));
        assert_eq!(unfolded, places.iter().map(|p| x[*p]).collect::<Vec<f64>>(), "windows of {size}, stride {stride}, dilation {dilation}");
        let mut folded = vec![0.0; 13];
        places.iter().enumerate().for_each(|(n, p)| folded[*p] += n as f64);
        let columns: Vec<f64> = (0..count * size).map(|n| n as f64).collect();
        assert_eq!(value(DType::F32, &columns, &[count, size], |x| x.fold(0, 13, stride, dilation)), folded);
    }
    for step in 1..6 {
        assert_eq!(value(DType::F32, &x, &[13], |x| x.step(0, step)), x.iter().copied().step_by(step).collect::<Vec<f64>>());
    }
}

/// Proves: gather clamps indices to the table, one-hot gives zeros outside of its classes.
#[test]
fn indices_outside() {
    let indices = [-1.0, 0.0, 2.0, 3.0, 9.0];
    let table = |x: &Tensor| x.graph().iota(3).cast(DType::F32) * 10.0;
    assert_eq!(value(DType::I32, &indices, &[5], |x| table(x).gather(x)), [0.0, 0.0, 20.0, 20.0, 20.0]);
    assert_eq!(value(DType::I32, &indices, &[5], |x| x.one_hot(3).sum(&[1], false)), [0.0, 1.0, 1.0, 0.0, 0.0]);
}

/// Proves: random numbers have the distribution they claim (mean and variance within 5 standard errors), lie in range, and differ between keys.
#[test]
fn random_numbers_are_distributed() {
    let n = 40_000;
    let draw = |key: u32, formula: &dyn Fn(&Graph, &Tensor) -> Tensor| {
        let graph = Graph::new();
        let y = formula(&graph, &graph.constant(Value::u32(key)));
        oracle::eval(&graph, &[y.id()], &HashMap::new()).remove(0).data
    };
    let moments = |x: &[f64]| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (mean, x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64)
    };
    let near = |got: f64, want: f64, error: f64| assert!((got - want).abs() < 5.0 * error / (n as f64).sqrt(), "{got}, expected {want}");
    let uniform = draw(7, &|g, key| g.uniform(key, &[n]));
    assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
    let (mean, variance) = moments(&uniform);
    near(mean, 0.5, (1.0f64 / 12.0).sqrt());
    near(variance, 1.0 / 12.0, 0.075);
    let (mean, variance) = moments(&draw(8, &|g, key| g.normal(key, &[n])));
    near(mean, 0.0, 1.0);
    near(variance, 1.0, 2f64.sqrt());
    let kept = draw(9, &|g, key| g.full(&[n], 1.0).dropout(0.3, key));
    assert!(kept.iter().all(|x| *x == 0.0 || (x - 1.0 / 0.7).abs() < 1e-6));
    near(kept.iter().filter(|x| **x > 0.0).count() as f64 / n as f64, 0.7, 0.46);
    let other = draw(10, &|g, key| g.uniform(key, &[n]));
    assert!(uniform.iter().zip(&other).filter(|(a, b)| a == b).count() < 10);
}

/// Proves: each mistake is an error that names the operation and the sizes, at its place in the model, with a remedy; none panics.
#[test]
fn mistakes_are_named() {
    type Mistake = (fn(&Graph) -> Tensor, &'static str);
    let x = |g: &Graph| g.leaf("x", DType::F32, &[2, 3]);
    let mistakes: [Mistake; 30] = [
        (|g| leaf(g, &[2, 3]) + leaf(g, &[2, 4]), "Add of shapes [2, 3] and [2, 4]"),
        (|g| leaf(g, &[2, 3]) + leaf(g, &[2, 3]).cast(DType::I32), "Add does not take f32 and i32"),
        (|g| leaf(g, &[2]).cast(DType::I32).exp(), "Exp does not take i32"),
        (|g| leaf(g, &[2]).rem(2.0), "Rem does not take f32"),
        (|g| leaf(g, &[2]).cast(DType::U8), "u8"),
        (|g| leaf(g, &[2]).select(1.0, 0.0), "select by f32[2]"),
        (|g| leaf(g, &[2]).gt(0.0).select(leaf(g, &[2]), leaf(g, &[3])), "select by bool[2]"),
        (|g| leaf(g, &[2, 3]).reshape(&[5]), "reshape [2, 3] to [5]"),
        (|g| leaf(g, &[2, 3]).permute(&[0, 0]), "permute [2, 3] by [0, 0]"),
        (|g| leaf(g, &[2, 3]).transpose(0, 2), "transpose axes 0 and 2"),
        (|g| leaf(g, &[2, 3]).expand(&[4, 3]), "expand [2, 3] to [4, 3]"),
        (|g| leaf(g, &[2, 3]).expand(&[3]), "expand [2, 3] to [3]"),
        (|g| leaf(g, &[2, 3]).unsqueeze(5), "axis 5"),
        (|g| leaf(g, &[2, 3]).pad(&[(1, 1)], 0.0), "1 pads for shape [2, 3]"),
        (|g| leaf(g, &[2, 3]).slice(&[(0, 3), (0, 3)]), "slice"),
        (|g| leaf(g, &[2, 3]).slice(&[(1, 0), (0, 3)]), "slice"),
        (|g| leaf(g, &[2, 3]).narrow(2, 0, 1), "axis 2"),
        (|g| leaf(g, &[2, 3]).step(0, 0), "step axis 0"),
        (|g| leaf(g, &[2, 3]).flip(&[-3]), "flip axes [-3]"),
        (|g| leaf(g, &[2, 3]).unfold(1, 4, 1, 1), "windows of 4"),
        (|g| g.cat(&[leaf(g, &[2, 3]), leaf(g, &[3, 3])], 1), "join [2, 3] and [3, 3]"),
        (|g| leaf(g, &[2, 3]).gather(&leaf(g, &[2])), "gather from [2, 3] by f32[2]"),
        (|g| leaf(g, &[2, 3]).sum(&[2], false), "axes [2]"),
        (|g| leaf(g, &[2, 3]).argmax(2), "axis 2"),
        (|g| leaf(g, &[2, 3]).top_k(4).0, "top 4 of 3"),
        (|g| leaf(g, &[2, 3]).matmul(&leaf(g, &[2, 3])), "matmul of [2, 3] and [2, 3]"),
        (|g| leaf(g, &[2, 3]).einsum(&leaf(g, &[3, 4]), "ij,ik->jk"), "einsum"),
        (|g| leaf(g, &[2, 3]).einsum(&leaf(g, &[3, 4]), "ijjk"), "einsum formula"),
        (|g| leaf(g, &[1, 3, 5, 5]).conv2d(&leaf(g, &[4, 2, 3, 3]), &Conv::default()), "conv2d of input [1, 3, 5, 5] by weight [4, 2, 3, 3]"),
        (|g| leaf(g, &[1, 3, 5, 5]).conv_transpose2d(&leaf(g, &[3, 2, 0, 3]), &Conv::default(), [0, 0]), "conv_transpose2d"),
    ];
    for (mistake, message) in mistakes {
        let graph = Graph::new();
        let y = graph.scope("layers[2]", || mistake(&graph));
        // What follows a mistake must not hide it, nor panic.
        let _ = (y.exp() + x(&graph)).sum(&[0], false).reshape(&[7]);
        let error = graph.check().expect_err(message);
        assert_eq!((error.code, &*error.at), (Code::Shape, "layers[2]"), "{error}");
        assert!(error.message.contains(message), "{:?} does not say {message:?}", error.message);
        assert!(!error.hint.is_empty(), "{error}");
    }
}

/// A leaf that is known by its shape.
fn leaf(graph: &Graph, shape: &[usize]) -> Tensor {
    graph.leaf(&format!("{shape:?}"), DType::F32, shape)
}

/// Proves: pools and convolutions that cannot be are mistakes, whatever is wrong with them.
#[test]
fn impossible_windows_are_named() {
    let usual = Conv::default();
    let odd = [
        Conv { stride: [0, 1], ..usual },
        Conv { dilation: [1, 0], ..usual },
        Conv { dilation: [9, 1], ..usual },
        Conv { groups: 0, ..usual },
        Conv { groups: 2, ..usual },
    ];
    for conv in odd {
        for transposed in [false, true] {
            let graph = Graph::new();
            let (x, w) = (leaf(&graph, &[1, 3, 5, 5]), leaf(&graph, &[3, 3, 3, 3]));
            let _ = if transposed { x.conv_transpose2d(&w, &conv, [0, 0]) } else { x.conv2d(&w, &conv) };
            // The transposed convolution has no input too small for a dilation.
            let possible = transposed && conv.dilation == [9, 1];
            assert_eq!(graph.check().is_ok(), possible, "{conv:?}, transposed: {transposed}");
        }
    }
    for kernel in [[6, 1], [0, 1]] {
        let graph = Graph::new();
        let _ = leaf(&graph, &[1, 3, 5, 5]).max_pool2d(kernel, &usual);
        assert!(graph.check().is_err(), "kernel {kernel:?}");
    }
}
