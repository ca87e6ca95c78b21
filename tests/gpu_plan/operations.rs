//! What is computed at each element: every operation on every type, casts, special values.

use super::compare::*;
use super::maker::*;
use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::gpu::Tuning;
use tabgrad::op::{Binary, Unary};

/// Proves: every elementwise operation gives on the GPU what its table row says, on each type it takes, whole numbers at their extremes included.
#[test]
fn all_operations() {
    let mut m = Maker::new();
    let n = 64;
    let edges = [0u32, 1, 2, 7, 31, 33, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffe];
    let (mut a, mut b): (Vec<u32>, Vec<u32>) = (0..n).map(|_| (m.random(), m.random() >> 20)).unzip();
    for (i, x) in edges.iter().enumerate() {
        (a[i], b[i]) = (*x, edges[(i * 3 + 2) % edges.len()]);
    }
    (a[10], b[10], a[11], b[11]) = (0x8000_0000, 0xffff_ffff, 5, 0);
    let bools = |x: &[u32]| x.iter().map(|x| x & 1).collect::<Vec<_>>();
    for dtype in [DType::F32, DType::I32, DType::U32, DType::Bool] {
        for op in Unary::ALL.iter().filter(|op| op.row().types.has(dtype)) {
            let x = match dtype {
                DType::F32 => {
                    let (lo, hi) = op.row().domain;
                    (0..n).map(|i| (lo + (hi - lo) * i as f32 / n as f32).to_bits()).collect()
                }
                DType::Bool => bools(&a),
                // The interpreter takes |x| of a u32 for that of an i32.
                DType::U32 if *op == Unary::Abs => a.iter().map(|x| x >> 1).collect(),
                _ => a.clone(),
            };
            let (x, y) = (m.leaf(dtype, x), m.output(dtype, n));
            let code = vec![instr(get(0, Index::dim(0)), dtype), instr(Op::Unary(*op, 0), dtype)];
            m.dispatch([m.map(&[n], &[x, y], code, vec![store(1, Index::dim(0), 1)])]);
        }
        for op in Binary::ALL.iter().filter(|op| op.row().types.has(dtype)) {
            let (lo, hi) = op.row().domain;
            let mut draw = |words: &[u32]| match dtype {
                DType::F32 => (0..n).map(|_| (lo + (hi - lo) * (m.random() as f32 / u32::MAX as f32)).to_bits()).collect(),
                DType::Bool => bools(words),
                _ => words.to_vec(),
            };
            let (x, y) = (draw(&a), draw(&b));
            let (x, y) = (m.leaf(dtype, x), m.leaf(dtype, y));
            let result = if op.compares() { DType::Bool } else { dtype };
            let z = m.output(result, n);
            let code = vec![instr(get(0, Index::dim(0)), dtype), instr(get(1, Index::dim(0)), dtype), instr(Op::Binary(*op, 0, 1), result)];
            m.dispatch([m.map(&[n], &[x, y, z], code, vec![store(2, Index::dim(0), 2)])]);
        }
    }
    compare_on(&m, vec![Tuning::SOFTWARE], 1);
}

/// Proves: casts saturate, infinities and NaN can be written as constants, NaN passes through relu, max and min, `where` picks, tanh does not overflow.
#[test]
fn casts_and_special_values() {
    let mut m = Maker::new();
    let specials = [0.0, -0.0, 1.9, -1.9, 3e9, -3e9, 5e9, 1e30, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-3, 2147483647.0, 4294967295.0, 100.0, -100.0];
    let n = specials.len();
    let x = m.leaf(DType::F32, specials.iter().map(|x| x.to_bits()).collect());
    let (i, u) = (
        m.leaf(DType::I32, (0..n).map(|i| (i as i32 * 99_999_999 - 7) as u32).collect()),
        m.leaf(DType::U32, (0..n).map(|i| i as u32 * 250_000_000).collect()),
    );
    let code = vec![
        float(get(0, Index::dim(0))),
        instr(get(1, Index::dim(0)), DType::I32),
        instr(get(2, Index::dim(0)), DType::U32),
        instr(Op::Cast(0), DType::I32),
        instr(Op::Cast(0), DType::U32),
        instr(Op::Cast(0), DType::Bool),
        instr(Op::Cast(1), DType::Bool),
        float(Op::Cast(1)),
        float(Op::Cast(2)),
        instr(Op::Cast(1), DType::U32),
        instr(Op::Cast(2), DType::I32),
        float(Op::Cast(5)),
        float(Op::Const(Value::f32(f32::NAN))),
        float(Op::Const(Value::f32(f32::INFINITY))),
        float(Op::Const(Value::f32(f32::MIN))),
        instr(Op::Const(Value::i32(i32::MIN)), DType::I32),
        float(Op::Unary(Unary::Relu, 0)),
        float(Op::Binary(Binary::Max, 0, 11)),
        float(Op::Binary(Binary::Max, 11, 0)),
        float(Op::Binary(Binary::Min, 0, 12)),
        float(Op::Where(6, 13, 14)),
        float(Op::Unary(Unary::Tanh, 14)),
        instr(Op::Index(Index::dim(0).times(3).plus(-5)), DType::I32),
        float(Op::Const(Value::f32(1e-5))),
    ];
    for v in 3..code.len() {
        let output = m.output(code[v].dtype, n);
        m.dispatch([m.map(&[n], &[x, i, u, output], code.clone(), vec![store(3, Index::dim(0), v)])]);
    }
    compare_on(&m, vec![Tuning::HARDWARE], 1);
}
