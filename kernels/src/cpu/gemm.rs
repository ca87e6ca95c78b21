//! Contractions: a packed, register-blocked matrix product whose operands are gathered through their views, panel by panel, so that a
//! convolution's column matrix is never stored. Imports plan, nest, pool, index, dtype.

use crate::cpu::Buffer;
use crate::cpu::operand::{Operand, PANEL};
use crate::cpu::view::{Form, Lanes};
use crate::cpu::vm::{Machine, Needs, Put, Reg, Registers, Step};
use crate::index::Guard;
use crate::nest::groups;
use crate::plan::{Body, Kernel, Load, Val};
use crate::pool;
use std::ops::Range;
use std::rc::Rc;

/// Rows and columns of the sums that stay in vector registers. The fastest of the shapes tried in V8, and numbers of channels are multiples of 4.
const MR: usize = PANEL;
const NR: usize = 2 * PANEL;

/// Most of m, n and k in a block: packed panels stay in the second-level cache.
const SIDE: usize = 256;

/// Products of a block that is not worth being cut for another thread, and of one for a product with a vector.
const SMALL: usize = 1 << 18;
const SMALL_WITH_VECTOR: usize = 1 << 15;
/// Products that take as long as an instruction for a lane (`cpu::WORTH`): those of a matrix and a vector are slower, as each needs an element of its own.
const PRODUCTS: usize = 8;
const PRODUCTS_WITH_VECTOR: usize = 3;

/// A kernel with a `Body::Contract`.
pub struct Contract {
    batch: Lanes,
    m: Rc<Lanes>,
    n: Rc<Lanes>,
    k: Rc<Lanes>,
    a: Operand,
    b: Operand,
    /// Conditions on the sum's counters: at each k the value that must lie in `0..size`.
    left_out: Vec<(Form, isize)>,
    /// Whether there is nothing to sum.
    empty: bool,
    registers: usize,
    /// Applied to each row of finished sums, which are in register 0.
    constants: Vec<(Reg, u32)>,
    epilogue: Vec<Step>,
    puts: Vec<Put>,
}

impl Contract {
    /// The first `fixed` dims are counted from outside.
    pub fn new(kernel: &Kernel, fixed: usize) -> Contract {
        let ends = groups(kernel);
        let size = |group: Range<usize>| kernel.dims[group].iter().product::<usize>();
        let lanes = |group: Range<usize>, limit: usize| Lanes::new(&kernel.dims, group, limit);
        let (rows, cols) = sides(pool::threads(), size(fixed..ends[0]), [size(ends[0]..ends[1]), size(ends[1]..ends[2]), size(ends[2]..ends[3])]);
        let (m, n, k) = (Rc::new(lanes(ends[0]..ends[1], rows)), Rc::new(lanes(ends[1]..ends[2], cols)), Rc::new(lanes(ends[2]..ends[3], SIDE)));
        let Body::Contract { a, b, .. } = &kernel.body else { unreachable!("only contractions come here") };
        let mut registers = Registers::new(kernel, 1);
        let roots: Vec<Val> = kernel.stores.iter().flat_map(|s| std::iter::once(s.value).chain(s.dynamic.as_ref().map(|d| d.value))).collect();
        let epilogue = registers.steps(kernel, &kernel.needed(&roots), &n, &|_| false, &roots);
        let puts = kernel.stores.iter().map(|s| registers.put(kernel, s, &n)).collect();
        // What no counter of m or n decides: whether there is a term at all.
        let (left_out, kept): (Vec<Guard>, Vec<Guard>) = a.guards.iter().chain(&b.guards).cloned().partition(|g| !(ends[0]..ends[2]).any(|d| g.index.uses(d)));
        let operand = |load: &Load, own: &Rc<Lanes>| {
            let guards: Vec<Guard> = load.guards.iter().filter(|g| kept.contains(g)).cloned().collect();
            Operand::new(load, &guards, own, &k, &kernel.dims)
        };
        let (a, b) = (operand(a, &m), operand(b, &n));
        let left_out = left_out.iter().map(|g| (Form::new(&g.index, &k), g.size as isize)).collect();
        let empty = kernel.dims[ends[2]..].contains(&0);
        let (registers, constants) = (registers.count, registers.constants);
        Contract { batch: lanes(fixed..ends[0], 1), m, n, k, a, b, left_out, empty, registers, constants, epilogue, puts }
    }

    pub fn needs(&self) -> Needs {
        let (rows, cols) = (self.m.most().next_multiple_of(MR), self.n.most().next_multiple_of(NR));
        let own = Needs { regs: self.registers, a: rows * self.k.most(), b: cols * self.k.most(), tile: rows * cols, ..Needs::default() };
        own.or(self.a.needs()).or(self.b.needs())
    }

    /// Time that so many products take, in instructions for a lane.
    pub fn work(&self, products: usize) -> usize {
        products / if self.m.total().min(self.n.total()) == 1 { PRODUCTS_WITH_VECTOR } else { PRODUCTS }
    }

    /// What can run apart: blocks of m and n.
    pub fn parts(&self) -> usize {
        self.batch.blocks() * self.n.blocks() * self.m.blocks()
    }

    pub fn run(&self, slots: &[Buffer], machine: &mut Machine, parts: Range<usize>) {
        for (reg, bits) in &self.constants {
            machine.regs[*reg].fill(*bits);
        }
        // The blocks of a and b that are packed, where all of k is one block.
        let (mut a, mut b) = (None, None);
        let (ms, ns) = (self.m.blocks(), self.n.blocks());
        for part in parts {
            let (batch, n, m) = (part / ms / ns, part / ms % ns, part % ms);
            self.batch.seek(&mut machine.counters, batch);
            self.n.seek(&mut machine.counters, n);
            self.m.seek(&mut machine.counters, m);
            self.sums(slots, machine, (a != Some((batch, m)), b != Some((batch, n))));
            self.finish(slots, machine);
            (a, b) = (Some((batch, m)), Some((batch, n)));
        }
    }

    /// Sums the products of one block of m and n into the tile; `fresh` says of which side (m, n) the block is another than before.
    fn sums(&self, slots: &[Buffer], machine: &mut Machine, fresh: (bool, bool)) {
        let (rows, cols) = (self.m.len(&machine.counters).div_ceil(MR), self.n.len(&machine.counters).div_ceil(NR));
        let width = cols * NR;
        let Machine { counters, a, b, tile, copy, .. } = machine;
        tile[..rows * MR * width].fill(0.0);
        let mut terms = [0; SIDE];
        let mut more = !self.empty;
        while more {
            let terms = self.terms(counters, &mut terms);
            let depth = terms.len();
            if depth > 0 && !self.with_vector(slots, counters, terms, (a, b), copy, tile) {
                if fresh.0 || !self.k.is_one_block() {
                    self.a.pack(slots, counters, terms, MR, copy, a);
                }
                if fresh.1 || !self.k.is_one_block() {
                    self.b.pack(slots, counters, terms, NR, copy, b);
                }
                for (col, b) in b.chunks_exact(depth * NR).take(cols).enumerate() {
                    let (left, right) = b.split_at(depth * PANEL);
                    for (row, a) in a.chunks_exact(depth * MR).take(rows).enumerate() {
                        let sums = multiply(a.as_chunks().0, left.as_chunks().0, right.as_chunks().0);
                        for (tile, sums) in tile[row * MR * width + col * NR..].chunks_mut(width).zip(&sums) {
                            tile.iter_mut().zip(sums).for_each(|(t, s)| *t += s);
                        }
                    }
                }
            }
            more = self.k.next_block(counters);
        }
    }

    /// Where one side is a vector, the other one's elements are used once, so packing them would take longer than the product: says whether the terms have been summed without.
    fn with_vector(
        &self,
        slots: &[Buffer],
        counters: &mut [i64],
        terms: &[usize],
        (a, b): (&mut [f32], &mut [f32]),
        copy: &mut [u32],
        tile: &mut [f32],
    ) -> bool {
        let (matrix, vector, panel, stride) = match (self.m.total(), self.n.total()) {
            _ if !self.left_out.is_empty() => return false,
            (_, 1) => (&self.a, &self.b, b, NR),
            (1, _) => (&self.b, &self.a, a, 1),
            _ => return false,
        };
        vector.pack(slots, counters, terms, PANEL, copy, panel);
        let mut x = [0.0; SIDE];
        x.iter_mut().zip(panel.as_chunks::<PANEL>().0).for_each(|(x, lanes)| *x = lanes[0]);
        matrix.dot(slots, counters, &x[..terms.len()], tile, stride)
    }

    /// The k of the block at the counters that have a term, numbered.
    fn terms<'a>(&self, counters: &[i64], terms: &'a mut [usize; SIDE]) -> &'a [usize] {
        let depth = self.k.len(counters);
        terms.iter_mut().enumerate().for_each(|(n, t)| *t = n);
        let mut count = depth;
        let mut values = [0; SIDE];
        for (form, size) in &self.left_out {
            form.values(&self.k, counters, &mut values[..depth]);
            let mut kept = 0;
            for n in 0..count {
                terms[kept] = terms[n];
                kept += (0..*size).contains(&values[terms[n]]) as usize;
            }
            count = kept;
        }
        &terms[..count]
    }

    /// Runs the epilogue on each row of the tile and stores the results.
    fn finish(&self, slots: &[Buffer], machine: &mut Machine) {
        let (rows, len) = (self.m.len(&machine.counters), self.n.len(&machine.counters));
        let width = len.next_multiple_of(NR);
        let start = self.m.at(&machine.counters);
        for row in 0..rows {
            let sums = &machine.tile[row * width..][..len];
            machine.regs[0].iter_mut().zip(sums).for_each(|(r, s)| *r = s.to_bits());
            self.epilogue.iter().for_each(|step| step.run(slots, machine, len));
            self.puts.iter().for_each(|put| put.run(slots, machine, len));
            self.m.step(&mut machine.counters);
        }
        self.m.rewind(&mut machine.counters, start);
    }
}

/// Most of m and of n in a block: the longer one is halved while there are fewer blocks than threads and each is large. No more than that, as what is cut along one side
/// is packed anew for the other.
fn sides(threads: usize, batch: usize, [m, n, k]: [usize; 3]) -> (usize, usize) {
    let (mut rows, mut cols) = (m.min(SIDE), n.min(SIDE));
    let small = if m.min(n) == 1 { SMALL_WITH_VECTOR } else { SMALL };
    while batch * m.div_ceil(rows) * n.div_ceil(cols) < threads && rows * cols * k >= 2 * small && rows.max(cols) > NR {
        if rows >= cols {
            rows = rows.div_ceil(2).next_multiple_of(MR);
        } else {
            cols = cols.div_ceil(2).next_multiple_of(NR);
        }
    }
    (rows, cols)
}

/// The products of a panel of a with two of b, side by side. By itself, so that the compiler keeps all the sums in vector registers.
#[inline(never)]
fn multiply(a: &[[f32; PANEL]], left: &[[f32; PANEL]], right: &[[f32; PANEL]]) -> [[f32; NR]; MR] {
    let mut sums = [[[0.0; PANEL]; 2]; MR];
    for ((a, left), right) in a.iter().zip(left).zip(right) {
        for i in 0..MR {
            sums[i][0] = add_product(sums[i][0], a[i], left);
            sums[i][1] = add_product(sums[i][1], a[i], right);
        }
    }
    sums.map(|[left, right]| std::array::from_fn(|j| if j < PANEL { left[j] } else { right[j - PANEL] }))
}

/// `sum + a * b` for a panel; where wasm has it (relaxed SIMD), rounded once, which takes half the time.
#[inline(always)]
fn add_product(sum: [f32; PANEL], a: f32, b: &[f32; PANEL]) -> [f32; PANEL] {
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    {
        use std::arch::wasm32::{f32x4, f32x4_extract_lane as lane, f32x4_relaxed_madd, f32x4_splat};
        let vector = |x: &[f32; PANEL]| f32x4(x[0], x[1], x[2], x[3]);
        let sum = f32x4_relaxed_madd(f32x4_splat(a), vector(b), vector(&sum));
        [lane::<0>(sum), lane::<1>(sum), lane::<2>(sum), lane::<3>(sum)]
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
    std::array::from_fn(|j| sum[j] + a * b[j])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: a product is cut for as many threads as there are, but not a small one, nor below a register block, however long its sums are.
    #[test]
    fn blocks_for_threads() {
        assert_eq!(sides(8, 1, [512, 512, 512]), (128, 256));
        assert_eq!(sides(4, 1, [512, 512, 512]), (256, 256));
        assert_eq!(sides(1, 1, [144, 16, 25088]), (144, 16));
        assert_eq!(sides(2, 1, [144, 16, 25088]), (72, 16));
        assert_eq!(sides(8, 1, [64, 64, 64]), (64, 64));
        assert_eq!(sides(8, 32, [64, 64, 4096]), (64, 64));
        assert_eq!(sides(8, 1, [9, 8, 1 << 24]), (8, 8));
        assert_eq!(sides(8, 1, [2, 9, 1 << 24]), (2, 8));
        assert_eq!(sides(2, 1, [128, 1, 1568]), (64, 1));
        assert_eq!(sides(2, 1, [1, 10, 128]), (1, 10));
    }
}
