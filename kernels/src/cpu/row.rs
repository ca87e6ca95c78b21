//! Maps and row reductions: blocks of lanes through the vector machine. Imports plan, index, op, dtype.
//!
//! Lanes run either across rows (maps, short rows, rows that lie side by side in memory) or along the inner dims of one row at a time.

use crate::cpu::Buffer;
use crate::cpu::view::{BLOCK, Lanes};
use crate::cpu::vm::{Machine, Needs, Put, Reg, Registers, Step, VECTOR, splat, whole};
use crate::dtype::DType;
use crate::nest::groups;
use crate::op::{Binary, Reduce};
use crate::plan::{Body, Kernel, Op, Val};
use std::ops::Range;
use std::rc::Rc;

/// Terms that a single f32 sums up before it is added to an f64, so that long sums stay exact.
const PARTIAL: usize = 64;

/// Partial results of a reduction along lanes.
const PARTS: usize = 32;

/// A kernel with a `Body::Row`.
pub struct Rows {
    /// Whether lanes run along the inner dims of a row rather than across rows.
    along: bool,
    outer: Rc<Lanes>,
    inner: Rc<Lanes>,
    /// Whether a row has no inner points at all.
    empty: bool,
    constants: Vec<(Reg, u32)>,
    /// Once per run: what no counter changes.
    once: Vec<Step>,
    sections: Vec<Section>,
    registers: usize,
}

/// A pass over the inner dims: a reduction, or (last) the stores.
struct Section {
    /// Once per row.
    row: Vec<Step>,
    row_puts: Vec<Put>,
    /// At every inner point.
    body: Vec<Step>,
    puts: Vec<Put>,
    /// What is combined over the inner dims, and the register of the result.
    fold: Option<Fold>,
}

struct Fold {
    reduce: Reduce,
    dtype: DType,
    value: Reg,
    acc: Reg,
}

impl Rows {
    /// The first `fixed` dims are counted from outside.
    pub fn new(kernel: &Kernel, fixed: usize) -> Rows {
        let ends = groups(kernel);
        let (outer, end) = (ends[0], ends[1]);
        let phases = match &kernel.body {
            Body::Row { phases, .. } => &phases[..],
            Body::Contract { .. } => &[],
        };
        let along = runs_along(kernel, outer);
        let single = Rc::new(Lanes::none(&kernel.dims));
        let single_lane = |group: Range<usize>| Lanes::new(&kernel.dims, group, 1);
        let (outer_lanes, inner_lanes) = if along {
            (Rc::new(single_lane(fixed..outer)), Rc::new(Lanes::new(&kernel.dims, outer..end, BLOCK)))
        } else {
            (Rc::new(Lanes::new(&kernel.dims, fixed..outer, BLOCK)), Rc::new(single_lane(outer..end)))
        };
        let (row_lanes, body_lanes) = if along { (&single, &inner_lanes) } else { (&outer_lanes, &outer_lanes) };

        let varies = kernel.varies_within_row();
        let mut roots: Vec<Vec<Val>> = phases.iter().map(|p| vec![p.value]).collect();
        roots.push(kernel.stores.iter().flat_map(|s| std::iter::once(s.value).chain(s.dynamic.as_ref().map(|d| d.value))).collect());
        let needed: Vec<Vec<Val>> = roots.iter().map(|r| kernel.needed(r)).collect();
        // A row's values stay for later sections; so do all values where one block is the whole row.
        let whole = along && inner_lanes.is_one_block();
        let mut registers = Registers::new(kernel, phases.len());
        // Worth it where there is more than one block.
        let many = kernel.dims.iter().product::<usize>() > BLOCK;
        let steady: Vec<Val> = kernel.same_everywhere().into_iter().enumerate().filter_map(|(v, same)| (many && same).then_some(v)).collect();
        let used = kernel.needed(&roots.concat());
        let (early, late): (Vec<Val>, Vec<Val>) = used.iter().partition(|v| steady.contains(v));
        let keep = |v: Val| late.iter().any(|u| kernel.code[*u].op.operands().contains(&v));
        let once = registers.steps(kernel, &early, &single, &keep, &roots.concat());
        let mut sections = Vec::new();
        for n in 0..roots.len() {
            let uses = |v: Val, needed: &[Val]| needed.iter().any(|u| kernel.code[*u].op.operands().contains(&v));
            let later = |v: Val| needed[n + 1..].iter().any(|needed| needed.contains(&v));
            let (body, row): (Vec<Val>, Vec<Val>) = needed[n].iter().partition(|v| varies[**v]);
            let keep_row = |v: Val| later(v) || uses(v, &body);
            let steps = registers.steps(kernel, &row, row_lanes, &keep_row, &roots[n]);
            let keep_body = |v: Val| whole && later(v);
            let body_steps = registers.steps(kernel, &body, body_lanes, &keep_body, &roots[n]);
            let last = n == phases.len();
            let (row_stores, stores): (Vec<_>, Vec<_>) = kernel.stores.iter().filter(|_| last).partition(|s| s.per_row || end == outer);
            sections.push(Section {
                row: steps,
                row_puts: row_stores.into_iter().map(|s| registers.put(kernel, s, row_lanes)).collect(),
                body: body_steps,
                puts: stores.into_iter().map(|s| registers.put(kernel, s, body_lanes)).collect(),
                fold: phases.get(n).map(|p| Fold { reduce: p.reduce, dtype: p.dtype, value: registers.get(p.value), acc: n }),
            });
            for v in needed[n].iter().copied() {
                let pinned = steady.contains(&v) || matches!(kernel.code[v].op, Op::Const(_) | Op::Acc(_));
                if !pinned && registers.has(v) && !(later(v) && (!varies[v] || whole)) {
                    registers.release(v);
                }
            }
        }
        let empty = kernel.dims[outer..].contains(&0);
        Rows { along, outer: outer_lanes, inner: inner_lanes, empty, registers: registers.count, constants: registers.constants, once, sections }
    }

    pub fn needs(&self) -> Needs {
        Needs { regs: self.registers, ..Needs::default() }
    }

    /// What can run apart: blocks of rows.
    pub fn parts(&self) -> usize {
        self.outer.blocks()
    }

    pub fn run(&self, slots: &[Buffer], machine: &mut Machine, parts: Range<usize>) {
        for (reg, bits) in &self.constants {
            machine.regs[*reg].fill(*bits);
        }
        for step in &self.once {
            step.run(slots, machine, 1);
            splat(&mut machine.regs[step.out]);
        }
        self.outer.seek(&mut machine.counters, parts.start);
        for _ in parts {
            for section in &self.sections {
                if self.along { self.section_along(section, slots, machine) } else { self.section_across(section, slots, machine) }
            }
            self.outer.next_block(&mut machine.counters);
        }
    }

    /// One row, lanes along it.
    fn section_along(&self, section: &Section, slots: &[Buffer], machine: &mut Machine) {
        let block = self.inner.most();
        for step in &section.row {
            step.run(slots, machine, 1);
            splat(&mut machine.regs[step.out][..block]);
        }
        section.row_puts.iter().for_each(|put| put.run(slots, machine, 1));
        if section.fold.is_none() && section.puts.is_empty() {
            return;
        }
        let mut total = section.fold.as_ref().map(Total::new);
        let mut more = !self.empty;
        while more {
            let len = self.inner.len(&machine.counters);
            section.body.iter().for_each(|step| step.run(slots, machine, len));
            section.puts.iter().for_each(|put| put.run(slots, machine, len));
            if let (Some(total), Some(fold)) = (&mut total, &section.fold) {
                total.add(fold, &machine.regs[fold.value][..len]);
            }
            more = self.inner.next_block(&mut machine.counters);
        }
        if let (Some(total), Some(fold)) = (total, &section.fold) {
            machine.regs[fold.acc][..block.max(1)].fill(total.bits(fold));
        }
    }

    /// A block of rows, a lane each.
    fn section_across(&self, section: &Section, slots: &[Buffer], machine: &mut Machine) {
        let len = self.outer.len(&machine.counters);
        section.row.iter().for_each(|step| step.run(slots, machine, len));
        section.row_puts.iter().for_each(|put| put.run(slots, machine, len));
        if section.fold.is_none() && section.puts.is_empty() {
            return;
        }
        let sums = |fold: &Fold| fold.reduce == Reduce::Sum && fold.dtype == DType::F32;
        if let Some(fold) = &section.fold {
            machine.regs[fold.acc][..whole(len)].fill(fold.reduce.identity(fold.dtype).bits);
        }
        let mut wide = [0.0; BLOCK];
        let mut terms = 0;
        let mut more = !self.empty;
        while more {
            section.body.iter().for_each(|step| step.run(slots, machine, len));
            section.puts.iter().for_each(|put| put.run(slots, machine, len));
            if let Some(fold) = &section.fold {
                let mut acc = std::mem::take(&mut machine.regs[fold.acc]);
                accumulate(fold, &machine.regs[fold.value][..whole(len)], &mut acc[..whole(len)]);
                terms += 1;
                if sums(fold) && terms % PARTIAL == 0 {
                    flush(&mut wide, &mut acc[..whole(len)]);
                }
                machine.regs[fold.acc] = acc;
            }
            more = self.inner.next_block(&mut machine.counters);
        }
        if let Some(fold) = section.fold.as_ref().filter(|f| sums(f) && terms >= PARTIAL) {
            let acc = &mut machine.regs[fold.acc][..whole(len)];
            flush(&mut wide, acc);
            acc.iter_mut().zip(&wide).for_each(|(a, w)| *a = (*w as f32).to_bits());
        }
    }
}

/// Whether lanes should run along the inner dims: where rows are long and their elements lie side by side.
fn runs_along(kernel: &Kernel, outer: usize) -> bool {
    let (rows, inner): (usize, usize) = (kernel.dims[..outer].iter().product(), kernel.dims[outer..].iter().product());
    if outer == kernel.dims.len() || inner < 24 && rows > 1 {
        return false;
    }
    let side_by_side = |dim: usize| -> usize {
        let loads = kernel.code.iter().filter(|i| matches!(&i.op, Op::Load(l) if l.index.stride(dim) == Some(1) && l.dynamic.is_none())).count();
        loads + kernel.stores.iter().filter(|s| !s.per_row && s.index.stride(dim) == Some(1)).count()
    };
    let (down, along) = (if outer > 0 { side_by_side(outer - 1) } else { 0 }, side_by_side(kernel.dims.len() - 1));
    along >= down || rows < 8
}

/// Combines whole vectors of results with values, so many of these at a time as there are results. By itself, as it is one loop for each reduction.
#[inline(never)]
fn accumulate(fold: &Fold, values: &[u32], acc: &mut [u32]) {
    let len = acc.len() / VECTOR * VECTOR;
    let acc = &mut acc[..len];
    macro_rules! with {
        ($op:expr, $dtype:expr) => {
            for values in values.chunks_exact(len) {
                (0..len).for_each(|i| acc[i] = $op.bits($dtype, acc[i], values[i]));
            }
        };
    }
    match (fold.reduce.binary(), fold.dtype) {
        (Binary::Add, DType::F32) => with!(Binary::Add, DType::F32),
        (Binary::Max, DType::F32) => with!(Binary::Max, DType::F32),
        (Binary::Max, DType::I32) => with!(Binary::Max, DType::I32),
        (op, dtype) => values.iter().enumerate().for_each(|(n, v)| acc[n % len] = op.bits(dtype, acc[n % len], *v)),
    }
}

/// Moves f32 sums to the f64 ones.
fn flush(wide: &mut [f64], acc: &mut [u32]) {
    let len = acc.len() / VECTOR * VECTOR;
    let (wide, acc) = (&mut wide[..len], &mut acc[..len]);
    for i in 0..len {
        wide[i] += f32::from_bits(acc[i]) as f64;
        acc[i] = 0;
    }
}

/// A reduction along lanes.
struct Total {
    lanes: [u32; PARTS],
    sum: f64,
}

impl Total {
    fn new(fold: &Fold) -> Total {
        Total { lanes: [fold.reduce.identity(fold.dtype).bits; PARTS], sum: 0.0 }
    }

    /// Combines a block into partial results; those of an f32 sum into the f64 one at once.
    fn add(&mut self, fold: &Fold, values: &[u32]) {
        let (parts, rest) = values.split_at(values.len() / PARTS * PARTS);
        accumulate(fold, parts, &mut self.lanes);
        let mut last = [fold.reduce.identity(fold.dtype).bits; PARTS];
        last[..rest.len()].copy_from_slice(rest);
        accumulate(fold, &last, &mut self.lanes);
        if fold.reduce == Reduce::Sum && fold.dtype == DType::F32 {
            self.sum += self.lanes.iter().map(|l| f32::from_bits(*l) as f64).sum::<f64>();
            self.lanes = [0; PARTS];
        }
    }

    fn bits(&self, fold: &Fold) -> u32 {
        if fold.reduce == Reduce::Sum && fold.dtype == DType::F32 {
            return (self.sum as f32).to_bits();
        }
        self.lanes.into_iter().reduce(|a, b| fold.reduce.binary().bits(fold.dtype, a, b)).unwrap_or(0)
    }
}
