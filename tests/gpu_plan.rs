//! The GPU backend on hand-made plans, against a plain interpreter of the Plan that visits every point by itself. Needs a GPU adapter (Mesa's lavapipe will do)
//! and fails without one. Every plan runs under several tunings: what suits GPUs, what suits software adapters, and the extremes of both.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod interpreter;

use interpreter::{Memory, interpret};
use pollster::block_on;
use tabgrad::compile::index::{Guard, Index};
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::error::Code;
use tabgrad::gpu::{Device, Request, Tile, Tuning};
use tabgrad::op::{Binary, Reduce, Unary};

// ---- Making plans ----

struct Maker {
    plan: Plan,
    memory: Memory,
    seed: u32,
}

impl Maker {
    fn new() -> Maker {
        Maker { plan: Plan::default(), memory: Vec::new(), seed: 1 }
    }

    fn random(&mut self) -> u32 {
        self.seed = tabgrad::math::threefry(self.seed, 5);
        self.seed
    }

    fn leaf(&mut self, dtype: DType, words: Vec<u32>) -> usize {
        let name = format!("leaf{}", self.plan.buffers.len());
        self.buffer(BufferKind::Leaf(name), dtype, words)
    }

    fn buffer(&mut self, kind: BufferKind, dtype: DType, words: Vec<u32>) -> usize {
        self.plan.buffers.push(Buffer { kind, dtype, len: words.len() });
        self.memory.push(words);
        self.memory.len() - 1
    }

    /// A leaf of floats in -2..2.
    fn floats(&mut self, len: usize) -> usize {
        let words = (0..len).map(|_| (self.random() as f32 / u32::MAX as f32 * 4.0 - 2.0).to_bits()).collect();
        self.leaf(DType::F32, words)
    }

    fn output(&mut self, dtype: DType, len: usize) -> usize {
        let name = format!("output{}", self.plan.buffers.len());
        self.buffer(BufferKind::Output(name), dtype, vec![0; len])
    }

    fn dispatch(&mut self, kernels: impl IntoIterator<Item = Kernel>) {
        self.plan.dispatches.push(Dispatch { kernels: kernels.into_iter().collect() });
    }

    /// A kernel on these buffers; those stored to are bound for writing.
    fn kernel(&self, dims: &[usize], buffers: &[usize], code: Vec<Instr>, stores: Vec<Store>, body: Body) -> Kernel {
        let access = |slot| if stores.iter().any(|s| s.slot == slot) { Access::Write } else { Access::Read };
        let binding = |(slot, b): (usize, &usize)| Binding { buffer: *b, dtype: self.plan.buffers[*b].dtype, access: access(slot) };
        Kernel { name: "test".to_string(), dims: dims.to_vec(), bindings: buffers.iter().enumerate().map(binding).collect(), code, stores, body }
    }

    fn map(&self, dims: &[usize], buffers: &[usize], code: Vec<Instr>, stores: Vec<Store>) -> Kernel {
        self.kernel(dims, buffers, code, stores, Body::Row { outer: dims.len(), phases: vec![] })
    }

    fn row(&self, dims: &[usize], outer: usize, buffers: &[usize], code: Vec<Instr>, phases: Vec<Phase>, stores: Vec<Store>) -> Kernel {
        self.kernel(dims, buffers, code, stores, Body::Row { outer, phases })
    }
}

fn instr(op: Op, dtype: DType) -> Instr {
    Instr { op, dtype }
}

fn float(op: Op) -> Instr {
    instr(op, DType::F32)
}

fn load(slot: usize, index: Index) -> Load {
    Load { slot, index, guards: vec![], dynamic: None }
}

fn get(slot: usize, index: Index) -> Op {
    Op::Load(load(slot, index))
}

fn store(slot: usize, index: Index, value: Val) -> Store {
    Store { slot, index, value, per_row: false, dynamic: None }
}

fn store_row(slot: usize, index: Index, value: Val) -> Store {
    Store { per_row: true, ..store(slot, index, value) }
}

fn phase(reduce: Reduce, value: Val) -> Phase {
    Phase { reduce, value, dtype: DType::F32 }
}

/// Loop counters times these.
fn strided(strides: &[i64]) -> Index {
    strides.iter().enumerate().fold(Index::default(), |sum, (n, s)| sum.add(&Index::dim(n).times(*s)))
}

/// Row-major over these dims.
fn rowmajor(dims: &[usize]) -> Index {
    let strides: Vec<i64> = (0..dims.len()).map(|n| dims[n + 1..].iter().product::<usize>() as i64).collect();
    strided(&strides)
}

// ---- Comparing ----

fn device(tuning: Tuning) -> Device {
    block_on(Device::new(Request { tuning: Some(tuning), ..Default::default() })).expect("these tests need a GPU adapter, for instance Mesa's lavapipe")
}

/// As many threads to a row as there are elements, each tile of both schemes alone, and the two presets.
fn tunings() -> Vec<Tuning> {
    let only = |base: Tuning, n: usize| Tuning { tiles: &base.tiles[n..n + 1], ..base };
    let lanes = Tuning { lane_elements: 1, busy_threads: usize::MAX, ..Tuning::HARDWARE };
    let software = (0..Tuning::SOFTWARE.tiles.len()).map(|n| only(Tuning::SOFTWARE, n));
    let hardware = (0..Tuning::HARDWARE.tiles.len()).map(|n| only(lanes, n));
    [Tuning::SOFTWARE, Tuning::HARDWARE].into_iter().chain(software).chain(hardware).collect()
}

/// The presets and the extremes, for kernels other than contractions.
fn row_tunings() -> Vec<Tuning> {
    let shared = |threads| Tuning { threads, lane_elements: 1, busy_threads: usize::MAX, ..Tuning::HARDWARE };
    vec![Tuning::SOFTWARE, Tuning::HARDWARE, shared(256), shared(64), Tuning { lane_elements: usize::MAX / 1024, ..Tuning::HARDWARE }]
}

fn bytes(dtype: DType, words: &[u32]) -> Vec<u8> {
    match dtype {
        DType::U8 => {
            let mut bytes: Vec<u8> = words.iter().map(|w| *w as u8).collect();
            bytes.resize(dtype.bytes(words.len()), 0);
            bytes
        }
        _ => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn leaves(device: &Device, maker: &Maker) -> Vec<(String, tabgrad::gpu::Buffer)> {
    let leaf = |(buffer, data): (&Buffer, &Vec<u32>)| match &buffer.kind {
        BufferKind::Leaf(name) => {
            let leaf = device.buffer(buffer.dtype, buffer.len).unwrap();
            device.write(&leaf, 0, &bytes(buffer.dtype, data));
            Some((name.clone(), leaf))
        }
        BufferKind::Output(_) | BufferKind::Temp => None,
    };
    maker.plan.buffers.iter().zip(&maker.memory).filter_map(leaf).collect()
}

fn find(leaves: &[(String, tabgrad::gpu::Buffer)]) -> impl Fn(&str) -> Option<tabgrad::gpu::Buffer> {
    move |name| leaves.iter().find(|(n, _)| n == name).map(|(_, b)| b.clone())
}

/// What the plan's buffers hold after so many runs.
fn expected(maker: &Maker, times: usize) -> Memory {
    let mut memory = maker.memory.clone();
    (0..times).for_each(|_| interpret(&maker.plan, &mut memory));
    memory
}

/// Runs the plan `times` times under each tuning and compares all leaves and outputs with the interpreter's.
fn compare_on(maker: &Maker, tunings: Vec<Tuning>, times: usize) {
    let expected = expected(maker, times);
    tunings.into_iter().for_each(|t| check(maker, &expected, &device(t), times));
}

fn check(maker: &Maker, expected: &Memory, device: &Device, times: usize) {
    let leaves = leaves(device, maker);
    let program = device.prepare(&maker.plan, &find(&leaves)).unwrap();
    device.run(&program, times).unwrap();
    for (buffer, expected) in maker.plan.buffers.iter().zip(expected) {
        let (name, handle) = match &buffer.kind {
            BufferKind::Leaf(name) => (name, find(&leaves)(name).unwrap()),
            BufferKind::Output(name) => (name, program.output(name).unwrap()),
            BufferKind::Temp => continue,
        };
        if buffer.dtype == DType::U8 {
            continue;
        }
        let got = words(&block_on(device.read(&handle, 0, buffer.dtype.bytes(buffer.len))).unwrap());
        for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
            let same = match buffer.dtype {
                DType::F32 => close(f32::from_bits(*got), f32::from_bits(*expected)),
                _ => got == expected,
            };
            let show = |bits: u32| Value { dtype: buffer.dtype, bits };
            assert!(same, "{name}[{n}] is {:?}, expected {:?}\n{}", show(*got), show(*expected), maker.plan);
        }
    }
}

fn close(got: f32, expected: f32) -> bool {
    if expected.is_finite() {
        (got - expected).abs() <= 2e-5 * expected.abs().max(1.0)
    } else {
        got.is_nan() == expected.is_nan() && (got.is_nan() || got == expected)
    }
}

fn compare(maker: &Maker) {
    compare_on(maker, row_tunings(), 1);
}

fn compare_tiles(maker: &Maker) {
    compare_on(maker, tunings(), 1);
}

// ---- Maps ----

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

// ---- Rows ----

/// Softmax over the last `inner` elements: two phases, with a value per element and two per row.
fn softmax(m: &mut Maker, rows: usize, inner: usize, transposed: bool) {
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

// ---- Contractions ----

/// A contraction with an epilogue: relu(sum + bias of the column).
fn contract(m: &mut Maker, dims: &[usize], counts: [usize; 3], buffers: [usize; 2], operands: [Load; 2]) {
    let [batch, rows, cols] = counts;
    let outer = batch + rows + cols;
    let out = &dims[..outer];
    let columns: usize = dims[batch + rows..outer].iter().product();
    let (bias, y) = (m.floats(columns), m.output(DType::F32, out.iter().product::<usize>().max(1)));
    let mut bias_at = Index::default();
    for n in batch + rows..outer {
        bias_at = bias_at.add(&Index::dim(n).times(dims[n + 1..outer].iter().product::<usize>() as i64));
    }
    let code = vec![float(Op::Acc(0)), float(get(2, bias_at)), float(Op::Binary(Binary::Add, 0, 1)), float(Op::Unary(Unary::Relu, 2))];
    let [a, b] = operands;
    let body = Body::Contract { batch, m: rows, n: cols, a, b };
    m.dispatch([m.kernel(dims, &[buffers[0], buffers[1], bias, y], code, vec![store(3, rowmajor(out), 3)], body)]);
}

/// `a` is [batch, m, k] or, transposed, [batch, k, m]; `b` the same with n.
fn matmul(m: &mut Maker, [z, i, j, k]: [usize; 4], transpose: [bool; 2]) {
    let buffers = [m.floats((z * i * k).max(1)), m.floats((z * j * k).max(1))];
    let at = |own: usize, dim: usize, transposed: bool| {
        let (row, sum) = if transposed { (1, own as i64) } else { (k as i64, 1) };
        Index::dim(0).times((own * k) as i64).add(&Index::dim(dim).times(row)).add(&Index::dim(3).times(sum))
    };
    let operands = [load(0, at(i, 1, transpose[0])), load(1, at(j, 2, transpose[1]))];
    contract(m, &[z, i, j, k], [1, 1, 1], buffers, operands);
}

/// Proves: products of matrices of odd sizes, single rows, columns and terms, whole tiles, several batches, no terms at all, with operands laid out either
/// way, are right with every tile of both schemes.
#[test]
fn matrix_products() {
    let mut m = Maker::new();
    for sizes in [[1, 1, 1, 1], [1, 5, 3, 7], [1, 1, 40, 33], [1, 70, 1, 9], [3, 17, 19, 23], [1, 128, 128, 32], [1, 130, 67, 18], [2, 4, 6, 0]] {
        matmul(&mut m, sizes, [false, true]);
        matmul(&mut m, sizes, [true, false]);
    }
    compare_tiles(&m);
}

/// Proves: a convolution is a contraction whose operand is a view with stride, dilation and padding: indices outside the image are never read and count as 0.
#[test]
fn convolution_as_contraction() {
    let mut m = Maker::new();
    let [n, c, h, w, o, kh, kw, stride, dilation, padding] = [2, 3, 9, 8, 5, 3, 2, 2, 2, 2i64];
    let (oh, ow) = ((h + 2 * padding - dilation * (kh - 1) - 1) / stride + 1, (w + 2 * padding - dilation * (kw - 1) - 1) / stride + 1);
    // m: n, oh, ow; n: o; k: c, kh, kw
    let dims: Vec<usize> = [n, oh, ow, o, c, kh, kw].iter().map(|d| *d as usize).collect();
    let y = Index::dim(1).times(stride).add(&Index::dim(5).times(dilation)).plus(-padding);
    let x = Index::dim(2).times(stride).add(&Index::dim(6).times(dilation)).plus(-padding);
    let guards: Vec<Guard> = [Guard::needed(y.clone(), h, &dims), Guard::needed(x.clone(), w, &dims)].into_iter().flatten().collect();
    assert_eq!(guards.len(), 2);
    let image = Index::dim(0).times(c * h * w).add(&Index::dim(4).times(h * w)).add(&y.times(w)).add(&x);
    let weight = Index::dim(3).times(c * kh * kw).add(&Index::dim(4).times(kh * kw)).add(&Index::dim(5).times(kw)).add(&Index::dim(6));
    let buffers = [m.floats((n * c * h * w) as usize), m.floats((o * c * kh * kw) as usize)];
    contract(&mut m, &dims, [0, 3, 1], buffers, [Load { guards, ..load(0, image) }, load(1, weight)]);
    compare_tiles(&m);
}

/// Proves: operands may be packed bytes and gathered rows (a batch picked from a data set by the order's numbers).
#[test]
fn contraction_of_gathered_bytes() {
    let mut m = Maker::new();
    let [count, i, j, k] = [50usize, 7, 9, 12];
    let images: Vec<u32> = (0..count * k).map(|_| m.random() & 255).collect();
    let (x, w) = (m.leaf(DType::U8, images), m.floats(j * k));
    let order = m.leaf(DType::I32, vec![49, 3, 17, 0, 3, 60, -2i32 as u32]);
    let y = m.output(DType::F32, i * j);
    let code = vec![instr(get(2, Index::dim(0)), DType::I32), float(Op::Acc(0))];
    let a = Load { dynamic: Some(Dynamic { value: 0, size: count, stride: k }), ..load(0, Index::dim(2)) };
    let body = Body::Contract { batch: 0, m: 1, n: 1, a, b: load(1, strided(&[0, k as i64, 1])) };
    m.dispatch([m.kernel(&[i, j, k], &[x, w, order, y], code, vec![store(3, rowmajor(&[i, j]), 1)], body)]);
    compare_tiles(&m);
}

/// Proves: by its estimate, the table gives large products large tiles and small ones small tiles.
#[test]
fn tiles_fit_the_product() {
    let tile = |m, n| Tuning::HARDWARE.tile(1, m, n);
    let area = |tile: Tile| tile.rows * tile.cols;
    assert_eq!(area(tile(4096, 4096)), 128 * 128);
    assert_eq!(area(tile(16, 16)), 16 * 16);
    assert!(tile(65536, 10).cols <= 32 && tile(10, 65536).rows <= 32);
}

// ---- Dispatches and devices ----

/// Proves: kernels of different kinds, among them one with barriers and one that does nothing, share a dispatch, and a buffer several of them read.
#[test]
fn several_kernels_in_one_dispatch() {
    let mut m = Maker::new();
    softmax(&mut m, 20, 100, false);
    let Some(Dispatch { kernels }) = m.plan.dispatches.pop() else { unreachable!() };
    let x = kernels[0].bindings[0].buffer;
    let (double, nothing, product) = (m.output(DType::F32, 2000), m.output(DType::F32, 1), m.output(DType::F32, 400));
    let map = m.map(&[2000], &[x, double], vec![float(get(0, Index::dim(0))), float(Op::Binary(Binary::Add, 0, 0))], vec![store(1, Index::dim(0), 1)]);
    let idle = m.map(&[0], &[nothing], vec![float(Op::Const(Value::f32(1.0)))], vec![store(0, Index::dim(0), 0)]);
    let body = Body::Contract { batch: 0, m: 1, n: 1, a: load(0, strided(&[100, 0, 1])), b: load(0, strided(&[0, 100, 1])) };
    let gram = m.kernel(&[20, 20, 100], &[x, product], vec![float(Op::Acc(0))], vec![store(1, rowmajor(&[20, 20]), 0)], body);
    m.dispatch(kernels.into_iter().chain([map, idle, gram]));
    compare_tiles(&m);
}

/// Proves: kernels that compute the same on other buffers, under other names, share one pipeline; different ones do not.
#[test]
fn equal_kernels_share_a_pipeline() {
    let mut m = Maker::new();
    for name in ["first", "second", "third"] {
        softmax(&mut m, 6, 8, false);
        m.plan.dispatches.last_mut().unwrap().kernels[0].name = name.to_string();
    }
    let device = device(Tuning::HARDWARE);
    check(&m, &expected(&m, 1), &device, 1);
    assert_eq!(device.pipelines(), 1);
    softmax(&mut m, 6, 9, false);
    check(&m, &expected(&m, 1), &device, 1);
    assert_eq!(device.pipelines(), 2);
}

/// Proves: parts of buffers are read and written at offsets, whatever was read before; new buffers are zero; waiting works.
#[test]
fn read_and_write_parts() {
    let device = device(Tuning::SOFTWARE);
    let buffer = device.buffer(DType::U32, 10).unwrap();
    device.write(&buffer, 8, &bytes(DType::U32, &[7, 8, 9]));
    block_on(device.wait()).unwrap();
    let read = |offset, len| words(&block_on(device.read(&buffer, offset, len)).unwrap());
    assert_eq!(read(0, 40), [0, 0, 7, 8, 9, 0, 0, 0, 0, 0]);
    assert_eq!(read(12, 8), [8, 9]);
    assert_eq!(read(16, 8), [9, 0]);
    assert!(read(0, 0).is_empty());
}

/// Proves: a leaf that is missing, or not as the plan wants it, is an error that names it.
#[test]
fn wrong_leaves_are_named() {
    let mut m = Maker::new();
    softmax(&mut m, 2, 3, false);
    let device = device(Tuning::SOFTWARE);
    let missing = device.prepare(&m.plan, &|_| None).err().unwrap();
    assert_eq!((missing.code, missing.at.as_str()), (Code::Session, "leaf0"));
    let short = device.buffer(DType::F32, 5).unwrap();
    let wrong = device.prepare(&m.plan, &|_| Some(short.clone())).err().unwrap();
    assert_eq!((wrong.code, wrong.at.as_str()), (Code::Shape, "leaf0"));
    assert!(wrong.message.contains("f32[6]") && wrong.message.contains("f32[5]"), "{wrong}");
}

/// Proves: a buffer beyond the adapter's limits is an error with its size, and the device works on; so is a mistake the GPU finds (a write past the end).
#[test]
fn refusals_are_errors() {
    let device = device(Tuning::SOFTWARE);
    let huge = device.info().max_buffer_bytes / 4 + 1;
    let error = device.buffer(DType::F32, huge).err().unwrap();
    assert!(error.code == Code::Device && error.message.contains(&(huge * 4).to_string()), "{error}");
    let buffer = device.buffer(DType::F32, 4).unwrap();
    device.write(&buffer, 12, &[0; 8]);
    let error = block_on(device.read(&buffer, 0, 4)).err().unwrap();
    assert_eq!(error.code, Code::Device, "{error}");
    assert_eq!(block_on(device.read(&buffer, 0, 4)), Ok(vec![0; 4]));
}

/// Proves: a dispatch that binds more buffers than the adapter allows is an error that names the kernel.
#[test]
fn too_many_buffers_are_refused() {
    let device = device(Tuning::SOFTWARE);
    let mut m = Maker::new();
    let count = device.info().max_bindings + 1;
    let outputs: Vec<usize> = (0..count).map(|_| m.output(DType::F32, 1)).collect();
    let stores = (0..count).map(|slot| store(slot, Index::default(), 0)).collect();
    m.dispatch([m.map(&[], &outputs, vec![float(Op::Const(Value::f32(1.0)))], stores)]);
    let error = device.prepare(&m.plan, &|_| None).err().unwrap();
    assert!(error.code == Code::Device && error.at == "test", "{error}");
}

/// Proves: after a loss of the device every call says so, and none hangs or panics.
#[test]
fn a_lost_device_says_so() {
    let device = device(Tuning::SOFTWARE);
    let mut m = Maker::new();
    softmax(&mut m, 4, 4, false);
    let leaves = leaves(&device, &m);
    let program = device.prepare(&m.plan, &find(&leaves)).unwrap();
    device.run(&program, 1).unwrap();
    device.destroy();
    let (_, leaf) = &leaves[0];
    device.write(leaf, 0, &[0; 4]);
    let errors = [
        device.run(&program, 1).err(),
        device.buffer(DType::F32, 1).err(),
        device.prepare(&m.plan, &find(&leaves)).err(),
        block_on(device.read(leaf, 0, 4)).err(),
        block_on(device.wait()).err(),
    ];
    for error in errors {
        assert_eq!(error.map(|e| e.code), Some(Code::DeviceLost));
    }
}

/// Proves: the adapter is described, and a software one is recognised as such.
#[test]
fn the_adapter_is_described() {
    let device = block_on(Device::new(Request::default())).unwrap();
    let info = device.info();
    assert!(!info.name.is_empty() && info.max_bindings >= 8 && info.max_buffer_bytes >= 1 << 27, "{info:?}");
    if info.name.contains("llvmpipe") {
        assert!(info.software);
    }
}
