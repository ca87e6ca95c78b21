//! Maps: views, guards, gathered and scattered elements, bytes, kernels in place and large ones.

use super::compare::*;
use super::maker::*;
use tabgrad::compile::index::{Guard, Index};
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::gpu::Tuning;
use tabgrad::op::{Binary, Unary};

/// Proves: strides of zero, transposed and offset strides, remainders and (floored) quotients of possibly negative indices read the right elements.
#[test]
fn map_reads_through_views() {
    let mut m = Maker::new();
    let dims = [3, 4, 5];
    let (x, y) = (m.floats(60), m.output(DType::F32, 60));
    let flat = rowmajor(&dims);
    let shifted = flat.plus(-30);
    let views = [
        strided(&[0, 1, 0]),
        strided(&[1, 0, 12]),
        strided(&[-20, -5, -1]).plus(59),
        flat.div(7, &dims),
        flat.modulo(7, &dims),
        flat.modulo(8, &dims).add(&flat.div(8, &dims)),
        shifted.div(7, &dims).plus(5),
        shifted.modulo(7, &dims),
        shifted.div(8, &dims).plus(4),
        shifted.modulo(8, &dims).times(2),
    ];
    let mut code: Vec<Instr> = views.into_iter().map(|v| float(get(0, v))).collect();
    let loads = code.len();
    code.push(float(Op::Const(Value::f32(0.0))));
    for n in 0..loads {
        code.push(float(Op::Const(Value::f32(1.0 + n as f32 * 0.37))));
        let k = code.len();
        code.push(float(Op::Binary(Binary::Mul, n, k - 1)));
        code.push(float(Op::Binary(Binary::Add, if n == 0 { loads } else { k - 2 }, k)));
    }
    let last = code.len() - 1;
    m.dispatch([m.map(&dims, &[x, y], code, vec![store(1, flat, last)])]);
    compare(&m);
}

/// Proves: a load whose guard fails is 0 and a guarded value its alternative, also where the index would lie outside the buffer.
#[test]
fn guards_keep_reads_inside() {
    let mut m = Maker::new();
    let dims = [6, 7];
    let (x, y, z) = (m.floats(3 * 4), m.output(DType::F32, 42), m.output(DType::F32, 42));
    let (i, j) = (Index::dim(0).plus(-2), Index::dim(1).plus(-1));
    let guards: Vec<Guard> = [Guard::needed(i.clone(), 3, &dims), Guard::needed(j.clone(), 4, &dims)].into_iter().flatten().collect();
    assert_eq!(guards.len(), 2);
    let padded = Load { guards: guards.clone(), ..load(0, i.times(4).add(&j)) };
    let code = vec![float(Op::Load(padded)), float(Op::Unary(Unary::Exp, 0)), float(Op::Guarded(guards, 1, Value::f32(f32::NEG_INFINITY)))];
    m.dispatch([m.map(&dims, &[x, y, z], code, vec![store(1, rowmajor(&dims), 0), store(2, rowmajor(&dims), 2)])]);
    compare(&m);
}

/// Proves: gathered indices, signed and unsigned, are clamped to the table and scaled by the stride; a store may be placed by a value as well.
#[test]
fn gather_and_dynamic_store() {
    let mut m = Maker::new();
    let table = m.floats(5 * 3);
    let signed = m.leaf(DType::I32, [0, 4, 2, -7i32 as u32, 100, 3].to_vec());
    let unsigned = m.leaf(DType::U32, vec![1, 4_000_000_000, 0, 2, 9, 3]);
    let order = m.leaf(DType::I32, vec![5, 3, 1, 0, 2, 4]);
    let (a, b, c) = (m.output(DType::F32, 18), m.output(DType::F32, 18), m.output(DType::F32, 18));
    let gathered = |value| Op::Load(Load { dynamic: Some(Dynamic { value, size: 5, stride: 3 }), ..load(0, Index::dim(1)) });
    let code = vec![
        instr(get(1, Index::dim(0)), DType::I32),
        instr(get(2, Index::dim(0)), DType::U32),
        instr(get(3, Index::dim(0)), DType::I32),
        float(gathered(0)),
        float(gathered(1)),
    ];
    let scattered = Store { dynamic: Some(Dynamic { value: 2, size: 6, stride: 3 }), ..store(6, Index::dim(1), 3) };
    let stores = vec![store(4, rowmajor(&[6, 3]), 3), store(5, rowmajor(&[6, 3]), 4), scattered];
    m.dispatch([m.map(&[6, 3], &[table, signed, unsigned, order, a, b, c], code, stores)]);
    compare(&m);
}

/// Proves: bytes of a packed leaf are read one by one, at any place in their word, as whole numbers.
#[test]
fn packed_bytes() {
    let mut m = Maker::new();
    let x = m.leaf(DType::U8, (0..37).map(|i| (i * 73 + 200) & 255).collect());
    let (y, z) = (m.output(DType::I32, 12), m.output(DType::F32, 12));
    let code = vec![instr(get(0, strided(&[3]).plus(1)), DType::I32), float(Op::Cast(0))];
    m.dispatch([m.map(&[12], &[x, y, z], code, vec![store(1, Index::dim(0), 0), store(2, Index::dim(0), 1)])]);
    compare(&m);
}

/// Proves: a map may write over its operand, and `run(5)` is five runs one after the other: a counter counts, and what depends on it sees each value.
#[test]
fn in_place_and_repeated() {
    let mut m = Maker::new();
    let (counter, x) = (m.leaf(DType::U32, vec![3]), m.floats(100));
    let add = vec![float(get(0, Index::dim(0))), instr(get(1, Index::default()), DType::U32), float(Op::Cast(1)), float(Op::Binary(Binary::Add, 0, 2))];
    let one = Op::Const(Value::u32(1));
    let count = vec![instr(get(0, Index::default()), DType::U32), instr(one, DType::U32), instr(Op::Binary(Binary::Add, 0, 1), DType::U32)];
    m.dispatch([m.map(&[100], &[x, counter], add, vec![store(0, Index::dim(0), 3)])]);
    m.dispatch([m.map(&[], &[counter], count, vec![store(0, Index::default(), 2)])]);
    compare_on(&m, row_tunings(), 5);
}

/// Proves: more workgroups than one dimension of a dispatch may have are spread over two, and each point is visited.
#[test]
fn more_groups_than_a_dimension_holds() {
    let mut m = Maker::new();
    let n = 64 * 65_535 + 100;
    let y = m.output(DType::U32, n);
    m.dispatch([m.map(&[n], &[y], vec![instr(Op::Index(Index::dim(0)), DType::U32)], vec![store(0, Index::dim(0), 0)])]);
    compare_on(&m, vec![Tuning::SOFTWARE], 1);
}
