//! Contractions: a packed, register-blocked matrix product whose operands are gathered through their views, panel by panel, so that a
//! convolution's column matrix is never stored. Imports plan, index, dtype.

use crate::cpu::Buffer;
use crate::cpu::nest::groups;
use crate::cpu::view::{BLOCK, Lanes, View};
use crate::cpu::vm::{Machine, Put, Reg, Registers, Step};
use crate::plan::{Body, Kernel, Load, Val};
use std::rc::Rc;

/// Rows and columns of the sums that stay in vector registers. The fastest of the shapes tried in V8, and numbers of channels are multiples of 4.
const MR: usize = 4;
const NR: usize = 8;

/// A kernel with a `Body::Contract`.
pub struct Contract {
    batch: Lanes,
    m: Rc<Lanes>,
    n: Rc<Lanes>,
    k: Rc<Lanes>,
    a: Operand,
    b: Operand,
    /// Whether there is nothing to sum.
    empty: bool,
    /// Applied to each row of finished sums, which are in register 0.
    constants: Vec<(Reg, u32)>,
    epilogue: Vec<Step>,
    puts: Vec<Put>,
}

/// One side of the product.
struct Operand {
    slot: usize,
    view: View,
    /// Whether a load takes one k and a block of m (or n), rather than one m (or n) and a block of k.
    across: bool,
}

impl Operand {
    fn new(load: &Load, own: &Rc<Lanes>, k: &Rc<Lanes>) -> Operand {
        let (across, along) = (View::new(&load.index, &load.guards, own), View::new(&load.index, &load.guards, k));
        let better = match (across.is_dense(), along.is_dense()) {
            (true, false) => true,
            (false, true) => false,
            _ => own.most() >= k.most(),
        };
        Operand { slot: load.slot, view: if better { across } else { along }, across: better }
    }

    /// Gathers a box of `own` and `k` counters into panels of `W` by k.
    fn pack<const W: usize>(&self, slots: &[Buffer], counters: &mut [i64], own: &Lanes, k: &Lanes, out: &mut [f32]) {
        let (len, depth) = (own.len(counters), k.len(counters));
        let words = &slots[self.slot].words;
        let mut block = [0; BLOCK + NR];
        let panels = len.div_ceil(W);
        let (out, _) = out[..panels * depth * W].as_chunks_mut::<W>();
        if self.across {
            let start = k.at(counters);
            for depth_at in 0..depth {
                self.view.load(words, false, counters, None, &mut block[..len]);
                for (panel, values) in block.as_chunks::<W>().0[..panels].iter().enumerate() {
                    out[panel * depth + depth_at] = values.map(f32::from_bits);
                }
                k.step(counters);
            }
            k.rewind(counters, start);
        } else {
            let start = own.at(counters);
            for i in 0..panels * W {
                let panel = &mut out[i / W * depth..][..depth];
                if i < len {
                    self.view.load(words, false, counters, None, &mut block[..depth]);
                    panel.iter_mut().zip(&block).for_each(|(o, v)| o[i % W] = f32::from_bits(*v));
                    own.step(counters);
                } else {
                    panel.iter_mut().for_each(|o| o[i % W] = 0.0);
                }
            }
            own.rewind(counters, start);
        }
    }
}

impl Contract {
    /// The first `fixed` dims are counted from outside.
    pub fn new(kernel: &Kernel, fixed: usize, machine: &mut Machine) -> Contract {
        let ends = groups(kernel);
        let lanes = |group: std::ops::Range<usize>, limit: usize| Lanes::new(&kernel.dims, group, limit);
        let (m, n, k) = (Rc::new(lanes(ends[0]..ends[1], BLOCK)), Rc::new(lanes(ends[1]..ends[2], BLOCK)), Rc::new(lanes(ends[2]..ends[3], BLOCK)));
        let Body::Contract { a, b, .. } = &kernel.body else { unreachable!("only contractions come here") };
        let mut registers = Registers::new(kernel, 1);
        let roots: Vec<Val> = kernel.stores.iter().flat_map(|s| std::iter::once(s.value).chain(s.dynamic.as_ref().map(|d| d.value))).collect();
        let epilogue = registers.steps(kernel, &kernel.needed(&roots), &n, &|_| false, &roots);
        let puts = kernel.stores.iter().map(|s| registers.put(kernel, s, &n)).collect();
        machine.reserve(registers.count, kernel.dims.len());
        let grow = |memory: &mut Vec<f32>, size: usize| memory.resize(memory.len().max(size), 0.0);
        grow(&mut machine.a, m.most().next_multiple_of(MR) * k.most());
        grow(&mut machine.b, n.most().next_multiple_of(NR) * k.most());
        grow(&mut machine.tile, m.most().next_multiple_of(MR) * n.most().next_multiple_of(NR));
        let (a, b) = (Operand::new(a, &m, &k), Operand::new(b, &n, &k));
        let empty = kernel.dims[ends[2]..].contains(&0);
        Contract { batch: lanes(fixed..ends[0], 1), m, n, k, a, b, empty, constants: registers.constants, epilogue, puts }
    }

    pub fn run(&self, slots: &[Buffer], machine: &mut Machine) {
        for (reg, bits) in &self.constants {
            machine.regs[*reg].fill(*bits);
        }
        loop {
            loop {
                let mut fresh = true;
                loop {
                    self.sums(slots, machine, fresh);
                    fresh = false;
                    self.finish(slots, machine);
                    if !self.m.next_block(&mut machine.counters) {
                        break;
                    }
                }
                if !self.n.next_block(&mut machine.counters) {
                    break;
                }
            }
            if !self.batch.next_block(&mut machine.counters) {
                return;
            }
        }
    }

    /// Sums the products of one block of m and n into the tile.
    fn sums(&self, slots: &[Buffer], machine: &mut Machine, fresh: bool) {
        let (rows, cols) = (self.m.len(&machine.counters).div_ceil(MR), self.n.len(&machine.counters).div_ceil(NR));
        let width = cols * NR;
        let Machine { counters, a, b, tile, .. } = machine;
        tile[..rows * MR * width].fill(0.0);
        let mut more = !self.empty;
        while more {
            let depth = self.k.len(counters);
            self.a.pack::<MR>(slots, counters, &self.m, &self.k, a);
            // Blocks of m share the panels of b.
            if fresh || !self.k.is_one_block() {
                self.b.pack::<NR>(slots, counters, &self.n, &self.k, b);
            }
            for (col, b) in b.chunks_exact(depth * NR).take(cols).enumerate() {
                for (row, a) in a.chunks_exact(depth * MR).take(rows).enumerate() {
                    let sums = multiply(a.as_chunks().0, b.as_chunks().0);
                    for (tile, sums) in tile[row * MR * width + col * NR..].chunks_mut(width).zip(&sums) {
                        tile.iter_mut().zip(sums).for_each(|(t, s)| *t += s);
                    }
                }
            }
            more = self.k.next_block(counters);
        }
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

/// The product of two panels. By itself, so that the compiler keeps all the sums in vector registers.
#[inline(never)]
fn multiply(a: &[[f32; MR]], b: &[[f32; NR]]) -> [[f32; NR]; MR] {
    let mut sums = [[0.0; NR]; MR];
    for (a, b) in a.iter().zip(b) {
        for i in 0..MR {
            for j in 0..NR {
                sums[i][j] += a[i] * b[j];
            }
        }
    }
    sums
}
