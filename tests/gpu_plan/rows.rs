//! Row kernels: phases, reductions, rows of any length and in place.

use super::compare::*;
use super::maker::*;
use pollster::block_on;
use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::gpu::Tuning;
use tabgrad::op::{Binary, Reduce, Unary};

/// Softmax over the last `inner` elements: two phases, with a value per element and two per row.
pub fn softmax(m: &mut Maker, rows: usize, inner: usize, transposed: bool) {
    let at = if transposed { strided(&[1, rows as i64]) } else { strided(&[inner as i64, 1]) };
    let (x, y, max, sum) = (m.floats(rows * inner), m.output(DType::F32, rows * inner), m.output(DType::F32, rows), m.output(DType::F32, rows));
    let code = vec![
        float(get(0, at.clone())),
        float(Op::Acc(0)),
        float(Op::Binary(Binary::Sub, 0, 1)),
        float(Op::Unary(Unary::Exp, 2)),
        float(Op::Acc(1)),
        float(Op::Binary(Binary::Div, 3, 4)),
    ];
    let stores = vec![store(1, at, 5), store_row(2, Index::dim(0), 1), store_row(3, Index::dim(0), 4)];
    m.dispatch([m.row(&[rows, inner], 1, &[x, y, max, sum], code, vec![phase(Reduce::Max, 0), phase(Reduce::Sum, 3)], stores)]);
}

/// Proves: a row kernel with two phases, later ones using earlier ones, elementwise and per-row stores, is right for one thread per row and for any number of
/// threads per row, for rows that do not fill a workgroup, and for rows laid along memory or across it.
#[test]
fn softmax_in_all_schemes() {
    let mut m = Maker::new();
    for (rows, inner) in [(1, 1), (1, 1000), (7, 3), (5, 300), (300, 10), (33, 64), (130, 17)] {
        softmax(&mut m, rows, inner, false);
        softmax(&mut m, rows, inner, true);
    }
    compare(&m);
}

/// Proves: the device of these tests has subgroups, so that the other tests here do run with and without them; sums by subgroups are the same in every run.
#[test]
fn sums_by_subgroups_repeat() {
    let mut m = Maker::new();
    softmax(&mut m, 7, 1000, false);
    let shared = Tuning { lane_elements: 1, busy_threads: usize::MAX, ..Tuning::HARDWARE };
    let sums = || {
        let device = device(shared);
        assert!(device.info().subgroups, "{:?}", device.info());
        let program = device.prepare(&m.plan, &find(&leaves(&device, &m))).unwrap();
        device.run(&program, 1).unwrap();
        block_on(device.read(&program.output("output3").unwrap(), 0, 4 * 7)).unwrap()
    };
    let first = sums();
    assert!((0..3).all(|_| sums() == first));
}

/// Proves: whole numbers and bools are reduced too, several inner dims count row-major, and what is the same in a row (also gathered) may be used inside.
#[test]
fn reductions_of_whole_numbers() {
    let mut m = Maker::new();
    let (rows, inner) = (9, [4, 5, 6]);
    let numbers: Vec<u32> = (0..rows * 120).map(|_| m.random() % 1000).map(|x| (x as i32 - 500) as u32).collect();
    let x = m.leaf(DType::I32, numbers);
    let scale = m.leaf(DType::I32, (0..rows as u32).collect());
    let (max, sum, count, first) = (m.output(DType::I32, rows), m.output(DType::I32, rows), m.output(DType::U32, rows), m.output(DType::I32, rows * 120));
    let dims = [rows, inner[0], inner[1], inner[2]];
    let code = vec![
        instr(get(0, rowmajor(&dims)), DType::I32),
        instr(get(1, Index::dim(0)), DType::I32),
        instr(Op::Binary(Binary::Mul, 0, 1), DType::I32),
        instr(Op::Const(Value::i32(0)), DType::I32),
        instr(Op::Binary(Binary::Lt, 3, 0), DType::Bool),
        instr(Op::Cast(4), DType::U32),
        instr(Op::Acc(0), DType::I32),
        instr(Op::Acc(1), DType::I32),
        instr(Op::Acc(2), DType::U32),
        instr(Op::Binary(Binary::Sub, 0, 6), DType::I32),
    ];
    let phases = vec![
        Phase { reduce: Reduce::MaxFirst, value: 0, dtype: DType::I32 },
        Phase { reduce: Reduce::Sum, value: 2, dtype: DType::I32 },
        Phase { reduce: Reduce::Sum, value: 5, dtype: DType::U32 },
    ];
    let stores = vec![store_row(2, Index::dim(0), 6), store_row(3, Index::dim(0), 7), store_row(4, Index::dim(0), 8), store(5, rowmajor(&dims), 9)];
    m.dispatch([m.row(&dims, 1, &[x, scale, max, sum, count, first], code, phases, stores)]);
    compare(&m);
}

/// Proves: a row without elements gives the reduction's start, a kernel without rows does nothing, a row kernel may write over what it reads, per row and
/// per element, and a sum to a single number is right.
#[test]
fn empty_rows_and_rows_in_place() {
    let mut m = Maker::new();
    let (x, empty, empty_max) = (m.floats(12 * 50), m.output(DType::F32, 12), m.output(DType::F32, 12));
    let code = || vec![float(get(0, strided(&[50, 1]))), float(Op::Acc(0)), float(Op::Acc(1))];
    let phases = || vec![phase(Reduce::Sum, 0), phase(Reduce::Max, 0)];
    m.dispatch([m.row(&[12, 0], 1, &[x, empty, empty_max], code(), phases(), vec![store_row(1, Index::dim(0), 1), store_row(2, Index::dim(0), 2)])]);
    m.dispatch([m.row(&[0, 50], 1, &[x, empty], code(), phases(), vec![store_row(1, Index::dim(0), 1)])]);
    // x -= sum of its row; bias += sum of its row and then bias of the row added to nothing but the output
    let (bias, shifted) = (m.floats(12), m.output(DType::F32, 12 * 50));
    let code = vec![
        float(get(0, strided(&[50, 1]))),
        float(get(1, Index::dim(0))),
        float(Op::Acc(0)),
        float(Op::Binary(Binary::Sub, 0, 2)),
        float(Op::Binary(Binary::Add, 1, 2)),
        float(Op::Binary(Binary::Mul, 0, 1)),
    ];
    let stores = vec![store(0, strided(&[50, 1]), 3), store_row(1, Index::dim(0), 4), store(2, strided(&[50, 1]), 5)];
    m.dispatch([m.row(&[12, 50], 1, &[x, bias, shifted], code, vec![phase(Reduce::Sum, 0)], stores)]);
    let total = m.output(DType::F32, 1);
    m.dispatch([m.row(
        &[12, 50],
        0,
        &[shifted, total],
        vec![float(get(0, strided(&[50, 1]))), float(Op::Acc(0))],
        vec![phase(Reduce::Sum, 0)],
        vec![store_row(1, Index::default(), 1)],
    )]);
    compare(&m);
}
