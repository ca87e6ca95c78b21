//! The CPU backend against a plain interpreter of the Plan, kernel by kernel: every form of loop nest, view and instruction.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod interpreter;

use interpreter::interpret;
use tabgrad::compile::index::{Guard, Index};
use tabgrad::compile::plan::*;
use tabgrad::cpu::Device;
use tabgrad::dtype::{DType, Value};
use tabgrad::error::Code;
use tabgrad::op::{Binary, Reduce, Unary};

/// Contents of a buffer, as words; of U8 too, four bytes each.
type Words = Vec<u32>;

fn random(seed: u32, len: usize) -> impl Iterator<Item = u32> {
    (0..len as u32).map(move |i| tabgrad::math::threefry(seed, i))
}

fn floats(seed: u32, len: usize) -> Words {
    random(seed, len).map(|x| (x as i32 as f32 / 2147483648.0 * 2.0).to_bits()).collect()
}

/// Whole numbers in `lo..hi`.
fn ints(seed: u32, len: usize, lo: i32, hi: i32) -> Words {
    random(seed, len).map(|x| (lo + (x % (hi - lo) as u32) as i32) as u32).collect()
}

/// A row-major index over counters, given as (number, stride).
fn at(terms: &[(usize, i64)]) -> Index {
    terms.iter().fold(Index::default(), |sum, (n, c)| sum.add(&Index::dim(*n).times(*c)))
}

fn guard(index: Index, size: i64) -> Guard {
    Guard { index, size }
}

fn fetch(slot: usize, index: Index) -> Load {
    Load { slot, index, guards: vec![], dynamic: None }
}

/// Builds a plan of one kernel whose buffers are all leaves ("0", "1" ...).
struct Build {
    plan: Plan,
    kernel: Kernel,
    data: Vec<Words>,
}

impl Build {
    fn new(dims: &[usize], outer: usize) -> Build {
        let kernel =
            Kernel { name: String::new(), dims: dims.to_vec(), bindings: vec![], code: vec![], stores: vec![], body: Body::Row { outer, phases: vec![] } };
        Build { plan: Plan::default(), kernel, data: vec![] }
    }

    fn buffer(&mut self, dtype: DType, access: Access, data: Words) -> usize {
        let slot = self.data.len();
        let len = if dtype == DType::U8 { data.len() * 4 } else { data.len() };
        self.plan.buffers.push(Buffer { kind: BufferKind::Leaf(slot.to_string()), dtype, len });
        self.kernel.bindings.push(Binding { buffer: slot, dtype, access });
        self.data.push(data);
        slot
    }

    fn f32(&mut self, len: usize) -> usize {
        let seed = 1 + self.data.len() as u32;
        self.buffer(DType::F32, Access::Read, floats(seed, len))
    }

    fn out(&mut self, dtype: DType, len: usize) -> usize {
        self.buffer(dtype, Access::Write, vec![0xabcd; len])
    }

    fn op(&mut self, dtype: DType, op: Op) -> Val {
        self.kernel.code.push(Instr { op, dtype });
        self.kernel.code.len() - 1
    }

    fn load(&mut self, slot: usize, index: Index) -> Val {
        self.op(DType::F32, Op::Load(fetch(slot, index)))
    }

    fn unary(&mut self, op: Unary, x: Val) -> Val {
        self.op(self.kernel.code[x].dtype, Op::Unary(op, x))
    }

    fn binary(&mut self, op: Binary, x: Val, y: Val) -> Val {
        let dtype = if op.compares() { DType::Bool } else { self.kernel.code[x].dtype };
        self.op(dtype, Op::Binary(op, x, y))
    }

    fn reduce(&mut self, reduce: Reduce, value: Val) -> Val {
        let dtype = self.kernel.code[value].dtype;
        let Body::Row { phases, .. } = &mut self.kernel.body else { unreachable!() };
        phases.push(Phase { reduce, value, dtype });
        let n = phases.len() - 1;
        self.op(dtype, Op::Acc(n))
    }

    fn store(&mut self, slot: usize, index: Index, value: Val, per_row: bool) {
        self.kernel.stores.push(Store { slot, index, value, per_row, dynamic: None });
    }

    /// Runs the plan on the CPU backend and by the interpreter, and compares all buffers; gives the words of the last one.
    fn check(self) -> Words {
        let Build { mut plan, kernel, data } = self;
        plan.dispatches.push(Dispatch { kernels: vec![kernel] });
        let device = Device::new();
        let leaves: Vec<_> = plan.buffers.iter().map(|b| device.buffer(b.dtype, b.len).unwrap()).collect();
        for (leaf, words) in leaves.iter().zip(&data) {
            device.write(leaf, 0, &words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>());
        }
        let program = device.prepare(&plan, &|name| leaves.get(name.parse::<usize>().unwrap()).cloned()).unwrap();
        device.run(&program, 1).unwrap();
        // The interpreter has a word for each byte; no kernel writes bytes.
        let is_bytes = |buffer: &Buffer| buffer.dtype == DType::U8;
        let apart = |words: &Words| words.iter().flat_map(|w| w.to_le_bytes()).map(u32::from).collect();
        let mut expected = data.iter().zip(&plan.buffers).map(|(words, buffer)| if is_bytes(buffer) { apart(words) } else { words.clone() }).collect();
        interpret(&plan, &mut expected);
        let mut last = vec![];
        for ((leaf, buffer), expected) in leaves.iter().zip(&plan.buffers).zip(&expected).filter(|((_, buffer), _)| !is_bytes(buffer)) {
            let bytes = device.read(leaf, 0, expected.len() * 4).unwrap();
            last = bytes.chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect();
            let floats = expected.iter().map(|w| f32::from_bits(*w).abs()).filter(|x| x.is_finite());
            let tolerance = 1e-5 * floats.fold(1.0, f32::max);
            for (n, (got, want)) in last.iter().zip(expected).enumerate() {
                let (x, y) = (f32::from_bits(*got), f32::from_bits(*want));
                let close = buffer.dtype == DType::F32 && ((x - y).abs() <= tolerance || x.is_nan() && y.is_nan());
                assert!(got == want || close, "element {n}: {x} ({got}) is not {y} ({want}) in\n{plan}");
            }
        }
        last
    }
}

/// Proves: operands broadcast along any dims, transposed and reversed, give each point its own elements, for long, short and odd dims.
#[test]
fn map_broadcasts_and_permutes() {
    for dims in [[1, 1, 1], [7, 5, 3], [2, 300, 2], [3, 2, 700], [40, 1, 9], [600, 1, 1]] {
        let [x, y, z] = dims.map(|d| d as i64);
        let mut k = Build::new(&dims, 3);
        let (a, b, c, o) = (k.f32((x * y * z) as usize), k.f32(y as usize), k.f32((x * z) as usize), k.out(DType::F32, (x * y * z) as usize));
        let a = k.load(a, at(&[(0, 1), (1, x), (2, x * y)]));
        let b = k.load(b, Index::dim(1).times(-1).plus(y - 1));
        let c = k.load(c, at(&[(0, z), (2, 1)]));
        let sum = k.binary(Binary::Add, a, b);
        let product = k.binary(Binary::Mul, sum, c);
        k.store(o, at(&[(0, y * z), (1, z), (2, 1)]), product, false);
        k.check();
    }
}

/// Proves: indices with divisions and remainders that split into loops, and those that cannot be split, are followed exactly.
#[test]
fn map_divides_indices() {
    let dims = [6, 210];
    let mut k = Build::new(&dims, 2);
    let (a, o) = (k.f32(10000), k.out(DType::F32, 6 * 210));
    let flat = at(&[(0, 210), (1, 1)]);
    let clean = k.load(a, flat.modulo(35, &dims).times(5).add(&flat.div(35, &dims)));
    let odd = k.load(a, flat.plus(3).div(4, &dims).add(&Index::dim(1).times(3).plus(5).modulo(11, &dims)));
    let far = k.load(a, flat.plus(-17).div(13, &dims).plus(40));
    let sum = k.binary(Binary::Add, clean, odd);
    let sum = k.binary(Binary::Mul, sum, far);
    let index = k.op(DType::I32, Op::Index(flat.plus(-100).modulo(7, &dims).plus(-3)));
    let index = k.op(DType::F32, Op::Cast(index));
    let sum = k.binary(Binary::Add, sum, index);
    k.store(o, flat, sum, false);
    k.check();
}

/// Proves: a guarded load is 0 outside and never touches memory there (padding on all sides, flipped, strided); `Guarded` gives its constant.
#[test]
fn guards_hide_what_is_outside() {
    for (h, w, step) in [(5, 7, 1), (9, 40, 1), (6, 33, -1), (8, 12, 2), (300, 3, 1)] {
        let dims = [2, h, w];
        let mut k = Build::new(&dims, 3);
        let (rows, cols) = (4, 5);
        let (a, o) = (k.f32(2 * 4 * 5), k.out(DType::F32, 2 * h * w));
        let (y, x) = (Index::dim(1).plus(-2), Index::dim(2).times(step).plus(if step < 0 { 6 } else { -1 }));
        let index = at(&[(0, 20)]).add(&y.times(5)).add(&x);
        let guards = vec![guard(y.clone(), rows), guard(x.clone(), cols)];
        let padded = k.op(DType::F32, Op::Load(Load { slot: a, index, guards, dynamic: None }));
        let one = k.op(DType::F32, Op::Const(Value::f32(1.5)));
        let sum = k.binary(Binary::Add, padded, one);
        let holes = vec![guard(x.add(&Index::dim(0)).modulo(3, &dims), 1), guard(y, 3)];
        let sum = k.op(DType::F32, Op::Guarded(holes, sum, Value::f32(-7.0)));
        k.store(o, at(&[(0, (h * w) as i64), (1, w as i64), (2, 1)]), sum, false);
        k.check();
    }
}

/// Proves: a gather takes the row its index names, clamps indices outside, reads packed bytes as whole numbers, and a scatter stores at such a place.
#[test]
fn gather_clamps() {
    for kind in [DType::I32, DType::U32, DType::U8] {
        let mut k = Build::new(&[50, 3], 2);
        let data = if kind == DType::U8 { random(5, 13).collect() } else { ints(5, 50, -3, 14) };
        let (ids, table, o) = (k.buffer(kind, Access::Read, data), k.f32(30), k.out(DType::F32, 150));
        let id = k.op(if kind == DType::U8 { DType::I32 } else { kind }, Op::Load(fetch(ids, Index::dim(0))));
        let dynamic = Some(Dynamic { value: id, size: 10, stride: 3 });
        let row = k.op(DType::F32, Op::Load(Load { slot: table, index: Index::dim(1), guards: vec![], dynamic }));
        k.store(o, at(&[(0, 3), (1, 1)]), row, false);
        k.check();
    }
    let mut k = Build::new(&[4], 1);
    let (cursor, a, o) = (k.buffer(DType::I32, Access::Read, vec![2]), k.f32(4), k.out(DType::F32, 20));
    let (cursor, a) = (k.op(DType::I32, Op::Load(fetch(cursor, Index::default()))), k.load(a, Index::dim(0)));
    k.store(o, Index::dim(0), a, false);
    k.kernel.stores[0].dynamic = Some(Dynamic { value: cursor, size: 5, stride: 4 });
    k.check();
}

/// Proves: softmax (three phases that use each other's results), with results per point and per row, agrees for rows of every length, side by side in memory or apart.
#[test]
fn rows_with_several_phases() {
    for (rows, len) in [(1, 1), (1, 1000), (5, 10), (300, 7), (3, 700), (40, 64), (2, 256), (1000, 30)] {
        for transposed in [false, true] {
            let mut k = Build::new(&[rows, len], 1);
            let index = if transposed { at(&[(0, 1), (1, rows as i64)]) } else { at(&[(0, len as i64), (1, 1)]) };
            let (a, bias, o, sums) = (k.f32(rows * len), k.f32(rows), k.out(DType::F32, rows * len), k.out(DType::F32, rows));
            let (x, bias) = (k.load(a, index.clone()), k.load(bias, Index::dim(0)));
            let x = k.binary(Binary::Mul, x, bias);
            let max = k.reduce(Reduce::Max, x);
            let shifted = k.binary(Binary::Sub, x, max);
            let e = k.unary(Unary::Exp, shifted);
            let sum = k.reduce(Reduce::Sum, e);
            let y = k.binary(Binary::Div, e, sum);
            let square = k.binary(Binary::Mul, y, y);
            let squares = k.reduce(Reduce::Sum, square);
            let log = k.unary(Unary::Log, sum);
            let log = k.binary(Binary::Add, log, squares);
            k.store(o, index, y, false);
            k.store(sums, Index::dim(0), log, true);
            k.check();
        }
    }
}

/// Proves: sums over batch and space (batch norm, bias gradients), whose rows are not contiguous, and maxima and counts of whole numbers.
#[test]
fn rows_over_axes_that_lie_apart() {
    for (n, c, hw) in [(4, 3, 50), (70, 20, 1), (3, 5, 300), (200, 1, 2), (2, 300, 6)] {
        let mut k = Build::new(&[c, n, hw], 1);
        let (a, o) = (k.f32(n * c * hw), k.out(DType::F32, c));
        let (m, p) = (k.out(DType::I32, c), k.out(DType::U32, c));
        let x = k.load(a, at(&[(0, hw as i64), (1, (c * hw) as i64), (2, 1)]));
        let sum = k.reduce(Reduce::Sum, x);
        let ten = k.op(DType::F32, Op::Const(Value::f32(10.0)));
        let scaled = k.binary(Binary::Mul, x, ten);
        let whole = k.op(DType::I32, Op::Cast(scaled));
        let max = k.reduce(Reduce::MaxFirst, whole);
        let zero = k.op(DType::F32, Op::Const(Value::f32(0.0)));
        let positive = k.binary(Binary::Lt, zero, x);
        let positive = k.op(DType::U32, Op::Cast(positive));
        let count = k.reduce(Reduce::Sum, positive);
        k.store(o, Index::dim(0), sum, true);
        k.store(m, Index::dim(0), max, true);
        k.store(p, Index::dim(0), count, true);
        k.check();
    }
}

/// Proves: a row without inner points gives the reduction's start, stores nothing per point; a kernel without rows does nothing.
#[test]
fn empty_rows() {
    for dims in [[3, 0], [1, 0], [0, 4]] {
        let mut k = Build::new(&dims, 1);
        let (a, o, s, m) = (k.f32(4), k.out(DType::F32, 4), k.out(DType::F32, 4), k.out(DType::F32, 4));
        let x = k.load(a, Index::dim(1));
        let (sum, max) = (k.reduce(Reduce::Sum, x), k.reduce(Reduce::Max, x));
        k.store(o, Index::dim(1), x, false);
        k.store(s, Index::dim(0), sum, true);
        k.store(m, Index::dim(0), max, true);
        k.check();
    }
}

/// Proves: long sums keep their digits: the sum of 4 million times 0.1 is right to one part in a million, along a row and across rows.
#[test]
fn long_sums_stay_exact() {
    for (rows, len) in [(1, 1 << 22), (9, 1 << 19)] {
        let device = Device::new();
        let mut k = Build::new(&[rows, len], 1);
        k.buffer(DType::F32, Access::Read, vec![0.1f32.to_bits(); rows * len]);
        let o = k.out(DType::F32, rows);
        let x = k.load(0, at(&[(0, 1), (1, rows as i64)]));
        let sum = k.reduce(Reduce::Sum, x);
        k.store(o, Index::dim(0), sum, true);
        k.plan.dispatches.push(Dispatch { kernels: vec![k.kernel] });
        let leaves = [device.buffer(DType::F32, rows * len).unwrap(), device.buffer(DType::F32, rows).unwrap()];
        device.write(&leaves[0], 0, &k.data[0].iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>());
        let program = device.prepare(&k.plan, &|name| leaves.get(name.parse::<usize>().unwrap()).cloned()).unwrap();
        device.run(&program, 1).unwrap();
        let bytes = device.read(&leaves[1], 0, 4).unwrap();
        let (sum, exact) = (f32::from_le_bytes(bytes.try_into().unwrap()) as f64, 0.1f32 as f64 * len as f64);
        assert!((sum / exact - 1.0).abs() < 1e-6, "{sum} is not {exact}");
    }
}

/// Proves: every operation of the table on every type it takes gives the table's value in each lane, whole numbers bit for bit.
#[test]
fn all_operations() {
    for dtype in [DType::F32, DType::I32, DType::U32, DType::Bool] {
        let data = |seed| match dtype {
            DType::F32 => floats(seed, 300),
            DType::Bool => ints(seed, 300, 0, 2),
            _ => ints(seed, 300, -6, 7),
        };
        let apply = |what: Op, result: DType| {
            let mut k = Build::new(&[300], 1);
            let (a, b) = (k.buffer(dtype, Access::Read, data(3)), k.buffer(dtype, Access::Read, data(4)));
            let o = k.out(result, 300);
            k.op(dtype, Op::Load(fetch(a, Index::dim(0))));
            k.op(dtype, Op::Load(fetch(b, Index::dim(0))));
            let y = k.op(result, what);
            k.store(o, Index::dim(0), y, false);
            k.check();
        };
        for op in Unary::ALL.iter().filter(|op| op.row().types.has(dtype)) {
            apply(Op::Unary(*op, 0), dtype);
        }
        for op in Binary::ALL.iter().filter(|op| op.row().types.has(dtype)) {
            apply(Op::Binary(*op, 0, 1), if op.compares() { DType::Bool } else { dtype });
        }
        for to in [DType::F32, DType::I32, DType::U32, DType::Bool] {
            apply(Op::Cast(0), to);
        }
        if dtype == DType::Bool {
            apply(Op::Where(0, 1, 0), dtype);
        }
    }
}

/// Proves: a kernel may overwrite what it read at the same place, with many values alive at once (registers are not mixed up).
#[test]
fn in_place() {
    let mut k = Build::new(&[1000], 1);
    let slots: Vec<usize> = (0..3).map(|n| k.buffer(DType::F32, Access::Write, floats(n, 1000))).collect();
    let loads: Vec<Val> = slots.iter().map(|s| k.load(*s, Index::dim(0))).collect();
    let mut sum = loads[0];
    let mut all = vec![];
    for n in 0..12 {
        sum = k.binary(if n % 2 == 0 { Binary::Mul } else { Binary::Add }, sum, loads[n % 3]);
        all.push(sum);
    }
    for v in all {
        sum = k.binary(Binary::Sub, sum, v);
    }
    k.store(slots[0], Index::dim(0), sum, false);
    k.store(slots[1], Index::dim(0), loads[2], false);
    k.store(slots[2], Index::dim(0), loads[1], false);
    k.check();
}

/// A product of a [batch, m, k] and b [batch, k, n] (either may be transposed), with bias and relu, stored as [m, n] or [n, m].
fn product(batch: usize, m: usize, n: usize, k: usize, transposed: [bool; 3]) {
    let mut p = Build::new(&[batch, m, n, k], 0);
    let (bi, mi, ni, ki) = (batch, m as i64, n as i64, k as i64);
    let (a, b, bias, o) = (p.f32((bi * m * k).max(1)), p.f32((bi * n * k).max(1)), p.f32(n), p.out(DType::F32, bi * m * n));
    let pick = |flip: bool, outer: usize, inner: usize, sizes: (i64, i64)| {
        at(&[(0, sizes.0 * sizes.1)]).add(&if flip { at(&[(inner, sizes.0), (outer, 1)]) } else { at(&[(outer, sizes.1), (inner, 1)]) })
    };
    let a = fetch(a, pick(transposed[0], 1, 3, (mi, ki)));
    let b = fetch(b, pick(transposed[1], 3, 2, (ki, ni)));
    p.kernel.body = Body::Contract { batch: 1, m: 1, n: 1, a, b };
    let (sum, bias) = (p.op(DType::F32, Op::Acc(0)), p.load(bias, Index::dim(2)));
    let sum = p.binary(Binary::Add, sum, bias);
    let y = p.unary(Unary::Relu, sum);
    p.store(o, pick(transposed[2], 1, 2, (mi, ni)), y, false);
    p.check();
}

/// Proves: products of every shape (odd, size 1, larger than a block in each direction, batched, nothing to sum), layout and order of storing.
#[test]
fn contractions() {
    let sizes = [
        (1, 1, 1, 1),
        (1, 3, 2, 2),
        (2, 7, 5, 9),
        (1, 65, 33, 17),
        (3, 1, 70, 300),
        (1, 300, 1, 40),
        (2, 4, 5, 0),
        (1, 300, 270, 3),
        (1, 16, 9, 1111),
        (1, 31, 259, 263),
    ];
    for (batch, m, n, k) in sizes {
        for bits in 0..8 {
            product(batch, m, n, k, [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0]);
        }
    }
}

/// Proves: a convolution over a guarded window view equals the sum written out, forward, and both its gradients, for padding, stride, dilation and groups.
#[test]
fn convolutions() {
    for (n, groups, c, o, size, kernel, stride, pad, dilation) in [
        (2, 1, 3, 4, 7, 3, 1, 1, 1),
        (3, 1, 1, 8, 12, 5, 1, 2, 1),
        (2, 2, 2, 3, 9, 3, 2, 1, 1),
        (1, 3, 1, 1, 11, 3, 2, 2, 2),
        (2, 1, 2, 2, 20, 3, 1, 0, 1),
        (2, 1, 4, 5, 6, 1, 1, 0, 1),
        (1, 1, 1, 1, 1, 1, 1, 0, 1),
        (2, 1, 2, 2, 5, 3, 1, 6, 1), // more padding than image
        (2, 1, 3, 4, 9, 3, 3, 2, 2),
        (1, 1, 2, 3, 37, 3, 1, 1, 1), // the last block of rows is smaller than the others
        (1, 1, 31, 5, 9, 3, 1, 1, 1), // and of channels
        (9, 1, 2, 6, 7, 3, 1, 1, 1),  // and of images
    ] {
        let out = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        let (ni, gi, ci, oi, si, ki, pi, ti) = (n as i64, groups as i64, c as i64, o as i64, size as i64, kernel as i64, pad as i64, out as i64);
        let (st, di) = (stride as i64, dilation as i64);
        // Loop counters, by name; `order` says which place each has in the kernel.
        let [g, nn, oo, y, x, cc, u, v] = [0, 1, 2, 3, 4, 5, 6, 7];
        let all = [groups, n, o, out, out, c, kernel, kernel];
        let run = |order: &[usize], batch: usize, m: usize, nd: usize, weight_gradient: bool| {
            let dims: Vec<usize> = order.iter().map(|d| all[*d]).collect();
            let place = |d: usize| order.iter().position(|p| *p == d).unwrap();
            let at = |terms: &[(usize, i64)]| at(&terms.iter().map(|(d, c)| (place(*d), *c)).collect::<Vec<_>>());
            let mut p = Build::new(&dims, 0);
            let row = at(&[(y, st), (u, di)]).plus(-pi);
            let col = at(&[(x, st), (v, di)]).plus(-pi);
            let input = at(&[(nn, gi * ci * si * si), (g, ci * si * si), (cc, si * si)]).add(&row.times(si)).add(&col);
            let guards = [guard(row, si), guard(col, si)].into_iter().filter_map(|g| Guard::needed(g.index, g.size, &dims)).collect();
            let image = p.f32((ni * gi * ci * si * si) as usize);
            let window = Load { slot: image, index: input, guards, dynamic: None };
            let weight = at(&[(g, oi * ci * ki * ki), (oo, ci * ki * ki), (cc, ki * ki), (u, ki), (v, 1)]);
            let result = at(&[(nn, gi * oi * ti * ti), (g, oi * ti * ti), (oo, ti * ti), (y, ti), (x, 1)]);
            let (other, to) = if weight_gradient { (result, weight) } else { (weight, result) };
            let (other_len, to_len) =
                if weight_gradient { (ni * gi * oi * ti * ti, gi * oi * ci * ki * ki) } else { (gi * oi * ci * ki * ki, ni * gi * oi * ti * ti) };
            let other = fetch(p.f32(other_len as usize), other);
            let slot = p.out(DType::F32, to_len as usize);
            let (a, b) = if order[batch] == oo { (other, window) } else { (window, other) };
            p.kernel.body = Body::Contract { batch, m, n: nd, a, b };
            let sum = p.op(DType::F32, Op::Acc(0));
            p.store(slot, to, sum, false);
            p.check();
        };
        run(&[g, oo, nn, y, x, cc, u, v], 1, 1, 3, false);
        run(&[g, nn, y, x, oo, cc, u, v], 1, 3, 1, false);
        run(&[g, oo, cc, u, v, nn, y, x], 1, 1, 3, true);
        run(&[g, cc, u, v, oo, nn, y, x], 1, 3, 1, true);
    }
}

/// Proves: the gradient of a strided convolution's input, whose view divides by the stride and checks the remainder, is right: where the stride divides the
/// size, so that a product is made for each remainder, and where it does not; with strides beyond the kernel, so that some pixels have no term at all.
#[test]
fn strided_window_gradient() {
    for (n, c, o, size, kernel, stride, pad, dilation) in [
        (2, 3, 4, 8, 3, 2, 1, 1),
        (3, 2, 5, 12, 3, 3, 1, 1),
        (1, 4, 33, 10, 3, 2, 1, 2),
        (2, 3, 4, 7, 3, 2, 1, 1),
        (2, 2, 3, 8, 1, 2, 0, 1),
        (5, 9, 8, 28, 3, 2, 1, 1),
    ] {
        let out = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        let dims = [c, n, size, size, o, kernel, kernel];
        let mut p = Build::new(&dims, 0);
        let taps = kernel * kernel;
        let (w, g, d) = (p.f32(o * c * taps), p.f32(n * o * out * out), p.out(DType::F32, n * c * size * size));
        let weight = fetch(w, at(&[(4, (c * taps) as i64), (0, taps as i64), (5, kernel as i64), (6, 1)]));
        let mut guards = vec![];
        let mut of = |x: usize, u: usize| {
            let shifted = at(&[(x, 1), (u, -(dilation as i64))]).plus(pad as i64);
            let place = shifted.div(stride as i64, &dims);
            guards.push(guard(shifted.modulo(stride as i64, &dims), 1));
            guards.push(guard(place.clone(), out as i64));
            place
        };
        let (row, col) = (of(2, 5), of(3, 6));
        let index = at(&[(1, (o * out * out) as i64), (4, (out * out) as i64)]).add(&row.times(out as i64)).add(&col);
        p.kernel.body = Body::Contract { batch: 0, m: 1, n: 3, a: weight, b: Load { slot: g, index, guards, dynamic: None } };
        let sum = p.op(DType::F32, Op::Acc(0));
        p.store(d, at(&[(1, (c * size * size) as i64), (0, (size * size) as i64), (2, size as i64), (3, 1)]), sum, false);
        p.check();
    }
}

/// Proves: a term that a guard on the summed counter alone rules out is left out, also where its element would lie outside the buffer, whether the other
/// guards ask for a copy of a footprint (padded windows), of the block itself (a padded operand), or for none.
#[test]
fn contractions_leave_terms_out() {
    let (m, n, k, taps, kept) = (9, 30, 5, 3, 2);
    for windows in [None, Some(3), Some(1)] {
        let taps = windows.map_or(1, |count: usize| count.min(taps));
        let mut p = Build::new(&[m, n, k, taps], 0);
        let row = at(&[(1, 1), (3, 1)]).plus(if windows.is_some() { -2 } else { 0 });
        let guards = [guard(at(&[(2, 1)]), kept as i64), guard(row.clone(), n as i64)];
        let (a, b, o) = (p.f32(m * k * taps), p.f32(kept * n), p.out(DType::F32, m * n));
        let a = fetch(a, at(&[(0, (k * taps) as i64), (2, taps as i64), (3, 1)]));
        let b = Load { slot: b, index: at(&[(2, n as i64)]).add(&row), guards: guards[..1 + windows.iter().len()].to_vec(), dynamic: None };
        p.kernel.body = Body::Contract { batch: 0, m: 1, n: 1, a, b };
        let sum = p.op(DType::F32, Op::Acc(0));
        p.store(o, at(&[(0, n as i64), (1, 1)]), sum, false);
        p.check();
    }
}

/// Proves: values that no counter changes are right in every block, in maps and in each phase of a row, also where they follow from one another.
#[test]
fn what_is_the_same_everywhere() {
    for (dims, outer) in [(vec![3, 700], 1), (vec![2100], 1), (vec![1300], 0)] {
        let len: usize = dims.iter().product();
        let mut k = Build::new(&dims, outer);
        let (x, scalars, o) = (k.f32(len), k.f32(3), k.out(DType::F32, len));
        let place = at(&dims.iter().enumerate().map(|(n, _)| (n, dims[n + 1..].iter().product::<usize>() as i64)).collect::<Vec<_>>());
        let (x, s, t) = (k.load(x, place.clone()), k.load(scalars, Index::constant(1)), k.load(scalars, Index::constant(2)));
        let scale = k.binary(Binary::Mul, s, t);
        let scale = k.unary(Unary::Exp, scale);
        let mut y = k.binary(Binary::Mul, x, scale);
        if outer < dims.len() {
            k.kernel.body = Body::Row { outer, phases: vec![Phase { reduce: Reduce::Sum, value: y, dtype: DType::F32 }] };
            let sum = k.op(DType::F32, Op::Acc(0));
            let sum = k.binary(Binary::Add, sum, s);
            y = k.binary(Binary::Sub, y, sum);
        }
        k.store(o, place, y, false);
        k.check();
    }
}

/// Proves: packed bytes load as 0..=255, whatever their place in a word, in maps and rows.
#[test]
fn bytes_widen() {
    let mut k = Build::new(&[7, 33], 1);
    let (a, o, s) = (k.buffer(DType::U8, Access::Read, random(9, 80).collect()), k.out(DType::F32, 7 * 33), k.out(DType::I32, 7));
    let x = k.op(DType::I32, Op::Load(fetch(a, at(&[(0, 40), (1, 1)]).plus(3))));
    let f = k.op(DType::F32, Op::Cast(x));
    let sum = k.reduce(Reduce::Sum, x);
    k.store(o, at(&[(0, 33), (1, 1)]), f, false);
    k.store(s, Index::dim(0), sum, true);
    k.check();
}

/// Proves: a missing leaf, a leaf of another type or too short, and a request beyond memory are errors that name the trouble.
#[test]
fn mistakes_are_errors() {
    let device = Device::new();
    let buffers = vec![Buffer { kind: BufferKind::Leaf("params".into()), dtype: DType::F32, len: 8 }];
    let plan = Plan { buffers, dispatches: vec![], loops: vec![] };
    let short = device.buffer(DType::F32, 4).unwrap();
    let whole = device.buffer(DType::I32, 8).unwrap();
    for leaf in [None, Some(short), Some(whole)] {
        let error = device.prepare(&plan, &|_| leaf.clone()).err().expect("must fail");
        assert_eq!((error.code, error.at.as_str()), (Code::Session, "params"));
    }
    let error = device.buffer(DType::F32, usize::MAX / 8).expect_err("must fail");
    assert_eq!(error.code, Code::Device);
    assert!(!error.hint.is_empty());
}

/// Proves: kernels run in order, `times` times over, on the plan's own temporaries, and results are found by name.
#[test]
fn dispatches_repeat_in_order() {
    let device = Device::new();
    let map = |from: usize, to: usize, op: Binary, operand: f32| {
        let mut k = Build::new(&[5], 1);
        k.kernel.bindings =
            vec![Binding { buffer: from, dtype: DType::F32, access: Access::Read }, Binding { buffer: to, dtype: DType::F32, access: Access::Write }];
        let x = k.load(0, Index::dim(0));
        let c = k.op(DType::F32, Op::Const(Value::f32(operand)));
        let y = k.binary(op, x, c);
        k.store(1, Index::dim(0), y, false);
        Dispatch { kernels: vec![k.kernel] }
    };
    let kinds = [BufferKind::Leaf("state".into()), BufferKind::Temp, BufferKind::Output("result".into())];
    let buffers = kinds.map(|kind| Buffer { kind, dtype: DType::F32, len: 5 }).to_vec();
    let plan = Plan { buffers, dispatches: vec![map(0, 1, Binary::Add, 1.0), map(1, 2, Binary::Mul, 10.0), map(1, 0, Binary::Mul, 2.0)], loops: vec![] };
    let state = device.buffer(DType::F32, 5).unwrap();
    let program = device.prepare(&plan, &|_| Some(state.clone())).unwrap();
    device.run(&program, 3).unwrap();
    let read = |b| f32::from_le_bytes(device.read(b, 8, 4).unwrap().try_into().unwrap());
    assert_eq!(read(&state), 14.0);
    assert_eq!(read(&program.output("result").unwrap()), 70.0);
    assert!(program.output("other").is_none());
}
