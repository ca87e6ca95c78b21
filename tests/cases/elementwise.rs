//! Every row of the operation table, on every type it takes, over shapes that are odd, single, empty, broadcast and moved. Imports tensor, op.

use super::{Case, Inputs, smooth, stepped, tolerance};
use crate::oracle::Array;
use tabgrad::dtype::{DType, Value};
use tabgrad::op::{Binary, Types, Unary};
use tabgrad::tensor::Tensor;

/// Pairs that broadcast to one shape.
const SHAPES: [(&[usize], &[usize]); 8] =
    [(&[], &[]), (&[1], &[1, 1]), (&[7], &[7]), (&[0, 3], &[3]), (&[3, 1, 5], &[4, 1]), (&[2, 3, 4], &[]), (&[1, 17, 1], &[9, 1, 3]), (&[5, 259], &[5, 259])];

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for op in Unary::ALL {
        for dtype in types(op.row().types) {
            cases.extend(SHAPES.iter().map(|(shape, _)| unary(*op, dtype, shape)));
            cases.push(moved(&format!("{op:?} {dtype}"), tolerance(dtype, tolerance::unary(*op)), dtype, domain(dtype, op.row().domain), |x| x.unary(*op)));
        }
    }
    for op in Binary::ALL {
        for dtype in types(op.row().types) {
            cases.extend(SHAPES.iter().map(|(a, b)| binary(*op, dtype, a, b)));
            let range = domain(dtype, op.row().domain);
            cases.push(moved(&format!("{op:?} {dtype}"), tolerance(dtype, tolerance::binary(*op)), dtype, range, |x| x.binary(*op, x.flip(&[0]))));
        }
        if op.row().types.has(DType::I32) || op.row().types.has(DType::U32) {
            cases.push(limits(*op, if op.row().types.has(DType::I32) { DType::I32 } else { DType::U32 }));
        }
    }
    cases.extend([wrapping(), unsigned_negation(), select(), conversions(), saturation(), infinities(), composite()]);
    cases
}

fn types(types: Types) -> Vec<DType> {
    [DType::F32, DType::I32, DType::U32, DType::Bool].into_iter().filter(|t| types.has(*t)).collect()
}

/// The row's domain for floats; for whole numbers something small, with zeros among it.
fn domain(dtype: DType, (lo, hi): (f32, f32)) -> (f64, f64) {
    match dtype {
        DType::F32 | DType::F16 => (lo as f64, hi as f64),
        DType::I32 => (-9.0, 9.0),
        DType::U32 | DType::U8 => (0.0, 40.0),
        DType::Bool => (0.0, 1.0),
    }
}

fn tolerance(dtype: DType, float: tolerance::Tolerance) -> tolerance::Tolerance {
    if dtype == DType::F32 { float } else { tolerance::EXACT }
}

fn case(name: &str, dtype: DType, smooth_row: bool, tolerance: tolerance::Tolerance, formula: impl FnOnce(&mut Inputs) -> Tensor) -> Case {
    if smooth_row && dtype == DType::F32 { smooth(name, tolerance, formula) } else { stepped(name, tolerance, formula) }
}

fn unary(op: Unary, dtype: DType, shape: &[usize]) -> Case {
    let range = domain(dtype, op.row().domain);
    case(&format!("{op:?} {dtype}{shape:?}"), dtype, true, tolerance(dtype, tolerance::unary(op)), |inputs| inputs.leaf(dtype, shape, range).unary(op))
}

fn binary(op: Binary, dtype: DType, a: &[usize], b: &[usize]) -> Case {
    let range = domain(dtype, op.row().domain);
    case(&format!("{op:?} {dtype}{a:?} {b:?}"), dtype, !op.compares(), tolerance(dtype, tolerance::binary(op)), |inputs| {
        let a = inputs.leaf(dtype, a, range);
        let b = inputs.leaf(dtype, b, range);
        a.binary(op, &b)
    })
}

/// The operation on a view: expanded, permuted, sliced, flipped; and its result padded.
fn moved(name: &str, tolerance: tolerance::Tolerance, dtype: DType, range: (f64, f64), op: impl FnOnce(&Tensor) -> Tensor) -> Case {
    stepped(&format!("{name} of a view"), tolerance, |inputs| {
        let x = inputs.leaf(dtype, &[5, 1, 7], range).expand(&[5, 3, 7]).permute(&[2, 0, 1]);
        let y = op(&x.slice(&[(1, 6), (0, 4), (1, 3)]).flip(&[1]));
        y.pad(&[(1, 0), (0, 2), (1, 1)], 1.0)
    })
}

/// Whole numbers at the ends of their range, against 0, 1 and -1. (The lowest divided by -1 wraps.)
fn limits(op: Binary, dtype: DType) -> Case {
    let ends: &[f64] = match dtype {
        DType::I32 => &[i32::MIN as f64, -1.0, 0.0, 1.0, 2.0, i32::MAX as f64],
        _ => &[0.0, 1.0, 31.0, 32.0, 2147483648.0, u32::MAX as f64],
    };
    stepped(&format!("{op:?} {dtype} at its limits"), tolerance::EXACT, |inputs| {
        let a = inputs.given(dtype, Array::new(&[6, 1], ends.to_vec()));
        let b = inputs.given(dtype, Array::new(&[6], ends.to_vec()));
        a.binary(op, b)
    })
}

/// u32 arithmetic modulo 2^32 on large numbers.
fn wrapping() -> Case {
    stepped("u32 arithmetic wraps", tolerance::EXACT, |inputs| {
        let a = inputs.leaf(DType::U32, &[64], (4e9, 4.29e9));
        let b = inputs.leaf(DType::U32, &[64], (3e9, 4.29e9));
        (&a * &b + &a) - &b * &b
    })
}

fn unsigned_negation() -> Case {
    stepped("u32 sums and conversions of large numbers", tolerance::ROUNDED, |inputs| {
        let a = inputs.leaf(DType::U32, &[8, 5], (0.0, u32::MAX as f64));
        (-&a).sum(&[1], false).cast(DType::F32)
    })
}

fn select() -> Case {
    smooth("select, broadcast", tolerance::EXACT, |inputs| {
        let c = inputs.leaf(DType::Bool, &[4, 1, 3], (0.0, 1.0));
        let (a, b) = (inputs.f32(&[5, 1]), inputs.f32(&[3]));
        c.select(&a, &b)
    })
}

fn conversions() -> Case {
    super::build("conversions between types", tolerance::EXACT, false, |inputs| {
        let f = inputs.leaf(DType::F32, &[33], (-9.0, 9.0));
        let i = inputs.leaf(DType::I32, &[33], (-9.0, 9.0));
        let b = inputs.leaf(DType::Bool, &[33], (0.0, 1.0));
        let bytes = inputs.leaf(DType::U8, &[11, 3], (0.0, 255.0));
        let rows = inputs.graph.iota(11);
        vec![
            f.cast(DType::I32),
            f.abs().cast(DType::U32),
            f.cast(DType::Bool),
            i.cast(DType::F32),
            i.cast(DType::U32),
            i.cast(DType::Bool),
            b.cast(DType::F32),
            b.cast(DType::I32),
            bytes.gather(&rows).cast(DType::F32),
        ]
    })
}

/// Floats beyond the range of whole numbers are held at its ends.
fn saturation() -> Case {
    super::build("conversion saturates", tolerance::EXACT, false, |inputs| {
        let x = inputs.given(DType::F32, Array::new(&[8], vec![3e9, -3e9, 5e9, 2147483520.0, -2147483648.0, 0.99, -0.99, -1.5]));
        vec![x.cast(DType::I32), x.cast(DType::U32)]
    })
}

/// Infinite operands: pooling pads with them, masks are made of them.
fn infinities() -> Case {
    super::build("infinities", tolerance::EXACT, false, |inputs| {
        let x = inputs.given(DType::F32, Array::new(&[4], vec![f64::INFINITY, f64::NEG_INFINITY, 1.0, -1.0]));
        let lowest = x.constant(Value::f32(f32::NEG_INFINITY));
        vec![
            x.maximum(&lowest),
            x.lt(f32::MAX),
            x.eq(&lowest),
            x.gt(0.0).select(&lowest, &x),
            x.pad(&[(1, 2)], f32::NEG_INFINITY),
            x.exp().minimum(9.0).lt(1.0),
        ]
    })
}

/// One formula with a shared middle, as losses have it.
fn composite() -> Case {
    smooth("log(1 + e^x) by its stable formula", tolerance::COMPOSED, |inputs| {
        let x = inputs.f32(&[3, 41]);
        x.relu() + ((-x.abs()).exp() + 1.0).log()
    })
}
