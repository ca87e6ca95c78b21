//! The Plan: a flat, printable list of kernels over numbered buffers, all that a backend needs to replay a computation. Imports index, op, dtype.
//!
//! Everything here is plain data. A Plan does not refer to the graph it came from.

use crate::dtype::{DType, Value};
use crate::index::{Guard, Index};
use crate::op::{Binary, Reduce, Unary};
use std::fmt;
use std::ops::Range;

/// A compiled computation: run the dispatches in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// All memory it uses.
    pub buffers: Vec<Buffer>,
    /// What to run, in this order.
    pub dispatches: Vec<Dispatch>,
    /// Those of them that are repeated, in their order.
    pub loops: Vec<Loop>,
}

/// Dispatches that are run in turn, `steps` times. Each time the first loop counter of their kernels, which counts steps, has another value; all other
/// counters run as ever. So a kernel reads what earlier steps, and earlier dispatches of its own step, have written.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// Which dispatches.
    pub dispatches: Range<usize>,
    /// How often: the first of `dims` of each of their kernels, which is among those it is parallel over (of a contraction, the `batch` dims).
    pub steps: usize,
    /// Whether the counter runs from the last step to the first.
    pub reverse: bool,
}

/// What a run of a Plan takes, whatever runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Dispatches one after the other.
    pub dispatches: f64,
    /// Operations of the contractions: two for each term.
    pub flops: f64,
    /// Bytes that kernels read and write.
    pub bytes: f64,
}

/// A region of device memory. Buffers are whole: WebGPU forbids one buffer bound for reading and for writing in one dispatch, whatever the ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// Who owns it.
    pub kind: BufferKind,
    /// Of a `Temp`, the type of its first use: all types share the same four-byte elements, but for F16, and for U8, which only a leaf has.
    pub dtype: DType,
    /// In elements, at least 1.
    pub len: usize,
}

#[derive(Clone, Debug, PartialEq)]
/// Who a buffer belongs to.
pub enum BufferKind {
    /// Lives outside the plan under this name and is shared between plans: inputs, parameters, optimiser state, data sets.
    Leaf(String),
    /// Result of the plan under this name; the plan's own, valid until its next run.
    Output(String),
    /// Scratch.
    Temp,
}

/// Kernels that do not depend on each other and run side by side in one dispatch.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// At least one.
    pub kernels: Vec<Kernel>,
}

/// A loop nest that computes `code` at each point of `dims` and stores results.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// For people: the scope and operation it comes from. Not part of what is computed.
    pub name: String,
    /// Sizes of the loop counters, outermost first. A kernel with a size-0 dim among those it is parallel over does nothing.
    pub dims: Vec<usize>,
    /// Buffers used; `code` and `stores` refer to them by position ("slot"). One slot per buffer.
    pub bindings: Vec<Binding>,
    /// Straight-line code in SSA form: instruction `n` defines value `n`, operands come before.
    pub code: Vec<Instr>,
    /// What is kept.
    pub stores: Vec<Store>,
    /// The loops around the code.
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
/// A buffer a kernel uses.
pub struct Binding {
    /// Index into `Plan::buffers`.
    pub buffer: usize,
    /// Type of the buffer's elements.
    pub dtype: DType,
    /// What it is used for.
    pub access: Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
/// How a kernel uses a buffer.
pub enum Access {
    /// Only loads.
    Read,
    /// Bound for reading and writing. Where the kernel loads from it, it does so at the place it stores to (in place), or at places that no kernel
    /// of the dispatch writes.
    Write,
}

/// What the loop nest does around the code.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The first `outer` dims are rows, independent of each other; the rest run within a row. First each phase in order: combine `value` over the
    /// inner dims (later phases may use the results of earlier ones through `Op::Acc`); then the stores. No phase at all is a plain map, and then `outer` is
    /// `dims.len()`. Within a row the inner dims count row-major.
    Row {
        /// Number of dims that count rows.
        outer: usize,
        /// Reductions within the row.
        phases: Vec<Phase>,
    },
    /// Sum over the `k` dims of `a * b`, f32 also where those are F16. `dims` are `batch`, then `m`, then `n`, then `k` dims (given as counts). `a` does not
    /// depend on n dims nor `b` on m dims. `Op::Acc(0)` in the code is the sum; the code depends on no k dim and runs once for each (batch, m, n).
    Contract {
        /// Number of dims that both operands and the result have.
        batch: usize,
        /// Number of dims of the first operand and the result.
        m: usize,
        /// Number of dims of the second operand and the result.
        n: usize,
        /// First factor.
        a: Load,
        /// Second factor.
        b: Load,
    },
}

/// One reduction over the inner dims of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// How values are combined.
    pub reduce: Reduce,
    /// What is combined, at each point of the row.
    pub value: Val,
    /// Type of the values and the result.
    pub dtype: DType,
}

/// Number of an instruction of the kernel's code.
pub type Val = usize;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// An instruction; its position in the code is the value's number.
pub struct Instr {
    /// What it computes.
    pub op: Op,
    /// Type of the value it defines (`Bool` is 0 or 1 in 32 bits; never `U8`).
    pub dtype: DType,
}

/// What an instruction computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant.
    Const(Value),
    /// Value of an index expression, as the instruction's type (I32 or U32).
    Index(Index),
    /// An element of a buffer.
    Load(Load),
    /// A row of the op table.
    Unary(Unary, Val),
    /// A row of the op table.
    Binary(Binary, Val, Val),
    /// `Where(c, x, y)`: x where c is true, else y.
    Where(Val, Val, Val),
    /// To the instruction's type.
    Cast(Val),
    /// x where all guards hold, else the constant.
    Guarded(Vec<Guard>, Val, Value),
    /// Result of phase n of a row, or (0) of the contraction.
    Acc(usize),
}

/// One element of a buffer: `slot[index + dynamic]`, or 0 where a guard fails (the index is then not to be used: it may lie outside the buffer).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Load {
    /// Which of the kernel's bindings.
    pub slot: usize,
    /// Element of it.
    pub index: Index,
    /// Where the element exists.
    pub guards: Vec<Guard>,
    /// Gather: the integer value of an instruction, clamped to `0..size`, times `stride`, is added to the index.
    pub dynamic: Option<Dynamic>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// An index that depends on data.
pub struct Dynamic {
    /// Instruction that gives the number.
    pub value: Val,
    /// Numbers outside `0..size` are clamped.
    pub size: usize,
    /// Elements per step.
    pub stride: usize,
}

/// `slot[index + dynamic] = value`. Stores of one kernel never overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Which of the kernel's bindings.
    pub slot: usize,
    /// Element of it.
    pub index: Index,
    /// What is stored.
    pub value: Val,
    /// Once per row (depends on no inner dim), not at every point. Always false in a map and a contraction.
    pub per_row: bool,
    /// Added to the index.
    pub dynamic: Option<Dynamic>,
}

impl Op {
    /// The values it is computed from.
    pub fn operands(&self) -> Vec<Val> {
        match self {
            Op::Const(_) | Op::Index(_) | Op::Acc(_) => vec![],
            Op::Load(load) => load.dynamic.iter().map(|d| d.value).collect(),
            Op::Unary(_, x) | Op::Cast(x) | Op::Guarded(_, x, _) => vec![*x],
            Op::Binary(_, x, y) => vec![*x, *y],
            Op::Where(c, x, y) => vec![*c, *x, *y],
        }
    }
}

impl Loop {
    /// The values of the counter, in turn.
    pub fn counts(&self) -> impl Iterator<Item = usize> + use<> {
        let (steps, reverse) = (self.steps, self.reverse);
        (0..steps).map(move |n| if reverse { steps - 1 - n } else { n })
    }
}

impl Kernel {
    /// Number of dims it is parallel over.
    pub fn outer(&self) -> usize {
        match &self.body {
            Body::Row { outer, .. } => *outer,
            Body::Contract { batch, m, n, .. } => batch + m + n,
        }
    }

    /// The instructions that `roots` need, in order.
    pub fn needed(&self, roots: &[Val]) -> Vec<Val> {
        let mut needed = vec![false; self.code.len()];
        roots.iter().for_each(|r| needed[*r] = true);
        for val in (0..self.code.len()).rev() {
            if needed[val] {
                self.code[val].op.operands().into_iter().for_each(|o| needed[o] = true);
            }
        }
        (0..self.code.len()).filter(|v| needed[*v]).collect()
    }

    /// For each instruction, whether its value changes within a row (depends on a dim from `outer` on).
    pub fn varies_within_row(&self) -> Vec<bool> {
        self.varies(self.outer(), false)
    }

    /// For each instruction, whether its value is the same at all points: no loop counter or reduction has a part in it.
    pub fn same_everywhere(&self) -> Vec<bool> {
        self.varies(0, true).into_iter().map(|varies| !varies).collect()
    }

    /// For each instruction, whether its value depends on a dim from `first` on or, if asked, on a result of the reductions.
    fn varies(&self, first: usize, results: bool) -> Vec<bool> {
        let inner = first..self.dims.len();
        let index = |index: &Index| inner.clone().any(|n| index.uses(n));
        let guards = |guards: &[Guard]| guards.iter().any(|g| index(&g.index));
        let mut varies: Vec<bool> = Vec::with_capacity(self.code.len());
        for instr in &self.code {
            let own = match &instr.op {
                Op::Index(i) => index(i),
                Op::Load(load) => index(&load.index) || guards(&load.guards),
                Op::Guarded(g, ..) => guards(g),
                Op::Acc(_) => results,
                Op::Const(_) | Op::Unary(..) | Op::Binary(..) | Op::Where(..) | Op::Cast(_) => false,
            };
            let any = own || instr.op.operands().into_iter().any(|o| varies[o]);
            varies.push(any);
        }
        varies
    }

    /// Operations of a contraction: two for each term.
    pub fn flops(&self) -> f64 {
        let points: f64 = self.dims.iter().map(|d| *d as f64).product();
        if matches!(self.body, Body::Contract { .. }) { 2.0 * points } else { 0.0 }
    }
}

impl Plan {
    /// All dispatches in their order: stretches that run once, and loops.
    pub fn stretches(&self) -> Vec<(Range<usize>, Option<&Loop>)> {
        let mut all = Vec::new();
        let mut from = 0;
        for l in &self.loops {
            all.push((from..l.dispatches.start, None));
            all.push((l.dispatches.clone(), Some(l)));
            from = l.dispatches.end;
        }
        all.push((from..self.dispatches.len(), None));
        all
    }

    /// What a run takes, its loops with all their steps.
    pub fn work(&self) -> Work {
        let mut work = Work::default();
        for (range, repeat) in self.stretches() {
            let steps = repeat.map_or(1, |l| l.steps) as f64;
            work.dispatches += range.len() as f64 * steps;
            for kernel in self.dispatches[range].iter().flat_map(|d| &d.kernels) {
                work.flops += kernel.flops();
                // The elements that all steps of a loop use are counted once, as they lie apart.
                work.bytes += self.bytes(kernel);
            }
        }
        work
    }

    /// Bytes that a kernel reads and writes if it uses each element of its buffers at most once.
    pub fn bytes(&self, kernel: &Kernel) -> f64 {
        let points: usize = kernel.dims.iter().product();
        kernel.bindings.iter().map(|b| self.buffers[b.buffer].dtype.bytes(self.buffers[b.buffer].len.min(points)) as f64).sum()
    }

    /// Bytes of the buffers that are the plan's own.
    pub fn temp_bytes(&self) -> usize {
        let own = |b: &&Buffer| !matches!(b.kind, BufferKind::Leaf(_));
        self.buffers.iter().filter(own).map(|b| b.dtype.bytes(b.len)).sum()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (n, buffer) in self.buffers.iter().enumerate() {
            let kind = match &buffer.kind {
                BufferKind::Leaf(name) => format!("leaf {name}"),
                BufferKind::Output(name) => format!("output {name}"),
                BufferKind::Temp => "temp".to_string(),
            };
            writeln!(f, "b{n}: {}[{}] {kind}", buffer.dtype, buffer.len)?;
        }
        for (n, dispatch) in self.dispatches.iter().enumerate() {
            for Loop { dispatches, steps, reverse } in self.loops.iter().filter(|l| l.dispatches.start == n) {
                writeln!(f, "{steps} times dispatches {n} to {}{}", dispatches.end - 1, if *reverse { ", last step first" } else { "" })?;
            }
            writeln!(f, "dispatch {n}")?;
            for kernel in &dispatch.kernels {
                write!(f, "{kernel}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let load = |load: &Load| {
            let mut text = format!("b{}[{}", self.bindings[load.slot].buffer, load.index);
            if let Some(d) = &load.dynamic {
                text += &format!(" + {}*v{}", d.stride, d.value);
            }
            text += "]";
            load.guards.iter().for_each(|g| text += &format!(" if {g}"));
            text
        };
        match &self.body {
            Body::Row { outer, phases } if phases.is_empty() => writeln!(f, "  map {:?} {}", &self.dims[..*outer], self.name)?,
            Body::Row { outer, .. } => writeln!(f, "  row {:?} of {:?} {}", &self.dims[..*outer], &self.dims[*outer..], self.name)?,
            Body::Contract { batch, m, n, a, b } => {
                let (i, j, k) = (*batch, batch + m, batch + m + n);
                writeln!(f, "  contract {:?} m{:?} n{:?} k{:?} {}", &self.dims[..i], &self.dims[i..j], &self.dims[j..k], &self.dims[k..], self.name)?;
                writeln!(f, "    {} * {}", load(a), load(b))?;
            }
        }
        for (n, instr) in self.code.iter().enumerate() {
            let text = match &instr.op {
                Op::Const(value) => format!("{value}"),
                Op::Index(index) => format!("{index}"),
                Op::Load(l) => load(l),
                Op::Unary(op, x) => format!("{op:?} v{x}"),
                Op::Binary(op, x, y) => format!("{op:?} v{x} v{y}"),
                Op::Where(c, x, y) => format!("v{c} ? v{x} : v{y}"),
                Op::Cast(x) => format!("cast v{x}"),
                Op::Guarded(guards, x, other) => {
                    let guards: Vec<String> = guards.iter().map(|g| g.to_string()).collect();
                    format!("{} ? v{x} : {other}", guards.join(" && "))
                }
                Op::Acc(n) => format!("acc {n}"),
            };
            writeln!(f, "    v{n}: {} = {text}", instr.dtype)?;
        }
        if let Body::Row { phases, .. } = &self.body {
            for (n, phase) in phases.iter().enumerate() {
                writeln!(f, "    acc {n} = {:?} v{}", phase.reduce, phase.value)?;
            }
        }
        for store in &self.stores {
            let dynamic = store.dynamic.as_ref().map(|d| format!(" + {}*v{}", d.stride, d.value)).unwrap_or_default();
            let row = if store.per_row { " per row" } else { "" };
            writeln!(f, "    b{}[{}{dynamic}] = v{}{row}", self.bindings[store.slot].buffer, store.index, store.value)?;
        }
        Ok(())
    }
}
