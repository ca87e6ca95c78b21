//! The vector machine: runs a kernel's straight-line code one instruction at a time over a block of lanes. Imports plan, index, op, dtype.
//!
//! Each instruction is one loop over registers of `BLOCK` words, written so that it becomes vector instructions. Registers are shared by liveness.

use crate::cpu::Buffer;
use crate::cpu::view::{BLOCK, Lanes, Shift, View};
use crate::dtype::DType;
use crate::op::{Binary, Unary, cast};
use crate::plan::{Dynamic, Instr, Kernel, Load, Op, Store, Val};
use std::rc::Rc;

/// Number of a register.
pub type Reg = usize;

/// What a thread needs to run kernels; it grows to what the largest of them needs.
#[derive(Default)]
pub struct Machine {
    pub regs: Vec<Vec<u32>>,
    pub counters: Vec<i64>,
    /// Packed panels of the operands of a contraction, and its sums.
    pub a: Vec<f32>,
    pub b: Vec<f32>,
    pub tile: Vec<f32>,
    /// Parts of operands that are copied before they are packed.
    pub copy: Vec<u32>,
}

/// Sizes of a machine.
#[derive(Default)]
pub struct Needs {
    pub regs: usize,
    pub counters: usize,
    pub a: usize,
    pub b: usize,
    pub tile: usize,
    pub copy: usize,
}

impl Needs {
    /// Both of them, one at a time.
    pub fn or(self, other: Needs) -> Needs {
        Needs {
            regs: self.regs.max(other.regs),
            counters: self.counters.max(other.counters),
            a: self.a.max(other.a),
            b: self.b.max(other.b),
            tile: self.tile.max(other.tile),
            copy: self.copy.max(other.copy),
        }
    }
}

impl Machine {
    pub fn fit(&mut self, needs: &Needs) {
        fn grow<T: Clone + Default>(memory: &mut Vec<T>, size: usize) {
            if memory.len() < size {
                memory.resize(size, T::default());
            }
        }
        while self.regs.len() < needs.regs {
            self.regs.push(vec![0; BLOCK]);
        }
        grow(&mut self.counters, needs.counters);
        grow(&mut self.a, needs.a);
        grow(&mut self.b, needs.b);
        grow(&mut self.tile, needs.tile);
        grow(&mut self.copy, needs.copy);
    }
}

/// An instruction made ready.
#[derive(Debug)]
pub struct Step {
    what: What,
    /// Where the result goes; never one of the operands.
    pub out: Reg,
}

#[derive(Debug)]
enum What {
    Index(View),
    Load { slot: usize, bytes: bool, view: View, shift: Option<Moved> },
    Unary(Unary, DType, Reg),
    Binary(Binary, DType, Reg, Reg),
    Where(Reg, Reg, Reg),
    Cast(DType, DType, Reg),
    Guarded(View, Reg, u32),
}

/// A store made ready.
#[derive(Debug)]
pub struct Put {
    slot: usize,
    value: Reg,
    view: View,
    shift: Option<Moved>,
}

#[derive(Debug)]
struct Moved {
    value: Reg,
    unsigned: bool,
    size: usize,
    stride: usize,
}

impl Moved {
    fn shift<'a>(&self, regs: &'a [Vec<u32>], len: usize) -> Shift<'a> {
        Shift { values: &regs[self.value][..len], unsigned: self.unsigned, size: self.size, stride: self.stride }
    }
}

/// Hands out registers to the values of a kernel.
pub struct Registers {
    /// Register of each value that has one.
    of: Vec<Option<Reg>>,
    free: Vec<Reg>,
    pub count: usize,
    /// Registers that hold constants.
    pub constants: Vec<(Reg, u32)>,
}

impl Registers {
    /// Gives constants and results of reductions their registers (those of the results are the first ones).
    pub fn new(kernel: &Kernel, accs: usize) -> Registers {
        let mut registers = Registers { of: vec![None; kernel.code.len()], free: Vec::new(), count: accs, constants: Vec::new() };
        for (val, instr) in kernel.code.iter().enumerate() {
            match &instr.op {
                Op::Acc(n) => registers.of[val] = Some(*n),
                Op::Const(value) => {
                    registers.of[val] = Some(registers.count);
                    registers.constants.push((registers.count, value.bits));
                    registers.count += 1;
                }
                Op::Index(_) | Op::Load(_) | Op::Unary(..) | Op::Binary(..) | Op::Where(..) | Op::Cast(_) | Op::Guarded(..) => {}
            }
        }
        registers
    }

    pub fn has(&self, val: Val) -> bool {
        self.of[val].is_some()
    }

    pub fn get(&self, val: Val) -> Reg {
        self.of[val].expect("operands are computed before they are used")
    }

    fn take(&mut self, val: Val) -> Reg {
        let reg = self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.of[val] = Some(reg);
        reg
    }

    /// Frees the register of a value that came from a step.
    pub fn release(&mut self, val: Val) {
        self.free.extend(self.of[val].take());
    }

    /// The steps that compute `values`, in order, but for those that have been computed. A value is released after its last use among them, unless it is
    /// one of `roots` or `keep` says that it is used later.
    pub fn steps(&mut self, kernel: &Kernel, values: &[Val], lanes: &Rc<Lanes>, keep: &dyn Fn(Val) -> bool, roots: &[Val]) -> Vec<Step> {
        let values: Vec<Val> = values.iter().copied().filter(|v| !self.has(*v)).collect();
        let mut steps = Vec::with_capacity(values.len());
        for (n, val) in values.iter().enumerate() {
            let what = self.what(kernel, &kernel.code[*val], lanes);
            let out = self.take(*val);
            steps.push(Step { what, out });
            let later = |v: Val| values[n + 1..].iter().any(|l| kernel.code[*l].op.operands().contains(&v));
            for used in values[..=n].iter().copied() {
                if self.has(used) && !keep(used) && !roots.contains(&used) && !later(used) {
                    self.release(used);
                }
            }
        }
        steps
    }

    fn what(&self, kernel: &Kernel, instr: &Instr, lanes: &Rc<Lanes>) -> What {
        let dtype = |v: Val| kernel.code[v].dtype;
        match &instr.op {
            Op::Index(index) => What::Index(View::new(index, &[], lanes)),
            Op::Load(load) => {
                let Load { slot, index, guards, dynamic } = load;
                let shift = dynamic.as_ref().map(|d| self.moved(kernel, d));
                What::Load { slot: *slot, bytes: kernel.bindings[*slot].dtype == DType::U8, view: View::new(index, guards, lanes), shift }
            }
            Op::Unary(op, x) => What::Unary(*op, dtype(*x), self.get(*x)),
            Op::Binary(op, x, y) => What::Binary(*op, dtype(*x), self.get(*x), self.get(*y)),
            Op::Where(c, x, y) => What::Where(self.get(*c), self.get(*x), self.get(*y)),
            Op::Cast(x) => What::Cast(dtype(*x), instr.dtype, self.get(*x)),
            Op::Guarded(guards, x, other) => What::Guarded(View::new(&Default::default(), guards, lanes), self.get(*x), other.bits),
            Op::Const(_) | Op::Acc(_) => unreachable!("constants and results of reductions have registers from the start"),
        }
    }

    fn moved(&self, kernel: &Kernel, dynamic: &Dynamic) -> Moved {
        let unsigned = kernel.code[dynamic.value].dtype == DType::U32;
        Moved { value: self.get(dynamic.value), unsigned, size: dynamic.size, stride: dynamic.stride }
    }

    pub fn put(&self, kernel: &Kernel, store: &Store, lanes: &Rc<Lanes>) -> Put {
        let shift = store.dynamic.as_ref().map(|d| self.moved(kernel, d));
        Put { slot: store.slot, value: self.get(store.value), view: View::new(&store.index, &[], lanes), shift }
    }
}

impl Put {
    #[inline]
    pub fn run(&self, slots: &[Buffer], machine: &Machine, len: usize) {
        let shift = self.shift.as_ref().map(|s| s.shift(&machine.regs, len));
        self.view.store(&slots[self.slot].words, &machine.counters, shift, &machine.regs[self.value][..len]);
    }
}

impl Step {
    /// Computes the first `len` lanes.
    #[inline]
    pub fn run(&self, slots: &[Buffer], machine: &mut Machine, len: usize) {
        let mut out = std::mem::take(&mut machine.regs[self.out]);
        let (regs, counters) = (&machine.regs, &machine.counters[..]);
        let (to, whole) = (&mut out[..len], whole(len));
        match &self.what {
            What::Index(view) => view.index(counters, to),
            What::Load { slot, bytes, view, shift } => {
                let shift = shift.as_ref().map(|s| s.shift(regs, len));
                view.load(&slots[*slot].words, *bytes, counters, shift, to);
            }
            What::Unary(op, dtype, x) => unary(*op, *dtype, &regs[*x], &mut out[..whole]),
            What::Binary(op, dtype, x, y) => binary(*op, *dtype, &regs[*x], &regs[*y], &mut out[..whole]),
            What::Where(c, x, y) => each(&mut out[..whole], [&regs[*c], &regs[*x], &regs[*y]], |[c, x, y]| if c != 0 { x } else { y }),
            What::Cast(from, into, x) => convert(*from, *into, &regs[*x], &mut out[..whole]),
            What::Guarded(view, x, other) => view.select(counters, &regs[*x], *other, to),
        }
        machine.regs[self.out] = out;
    }
}

/// Fills a register with its first lane.
pub fn splat(reg: &mut [u32]) {
    if let [first, rest @ ..] = reg {
        rest.fill(*first);
    }
}

/// Lanes of a vector.
pub const VECTOR: usize = 4;

/// Lanes of the vectors that hold so many. Registers have room for them; what the lanes beyond the last hold does not matter.
pub fn whole(len: usize) -> usize {
    len.next_multiple_of(VECTOR)
}

/// Computes all lanes of whole vectors, so that there is no other loop for the rest.
#[inline(always)]
fn each<const N: usize>(out: &mut [u32], operands: [&[u32]; N], lane: impl Fn([u32; N]) -> u32) {
    let len = out.len() / VECTOR * VECTOR;
    let (out, operands) = (&mut out[..len], operands.map(|x| &x[..len]));
    for i in 0..len {
        out[i] = lane(operands.map(|x| x[i]));
    }
}

/// One loop for each operation on f32, which vectorises; whole numbers are rare here.
fn unary(op: Unary, dtype: DType, x: &[u32], out: &mut [u32]) {
    macro_rules! rows {
        ($($name:ident),*) => {
            match (op, dtype) {
                $((Unary::$name, DType::F32) => each(out, [x], |[x]| Unary::$name.bits(DType::F32, x)),)*
                _ => out.iter_mut().zip(x).for_each(|(o, x)| *o = op.bits(dtype, *x)),
            }
        };
    }
    tabgrad_plan::each_unary!(rows)
}

/// One loop for each operation on f32, and on words where their sign makes no difference.
fn binary(op: Binary, dtype: DType, x: &[u32], y: &[u32], out: &mut [u32]) {
    let signed = dtype == DType::I32 && matches!(op, Binary::Div | Binary::Rem | Binary::Max | Binary::Min | Binary::Lt);
    macro_rules! rows {
        ($($name:ident),*) => {
            match (op, dtype) {
                _ if signed => out.iter_mut().zip(x).zip(y).for_each(|((o, x), y)| *o = op.bits(dtype, *x, *y)),
                $(
                    (Binary::$name, DType::F32) => each(out, [x, y], |[x, y]| Binary::$name.bits(DType::F32, x, y)),
                    (Binary::$name, _) => each(out, [x, y], |[x, y]| Binary::$name.bits(DType::U32, x, y)),
                )*
            }
        };
    }
    tabgrad_plan::each_binary!(rows)
}

fn convert(from: DType, into: DType, x: &[u32], out: &mut [u32]) {
    // Whether a whole number is zero does not depend on its sign, and truth values are 0 and 1.
    let from = if from == DType::Bool || from == DType::I32 && into == DType::Bool { DType::U32 } else { from };
    macro_rules! pairs {
        ($($from:ident $into:ident),*) => {
            match (from, into) {
                $((DType::$from, DType::$into) => each(out, [x], |[x]| cast(DType::$from, DType::$into, x)),)*
                _ => out.iter_mut().zip(x).for_each(|(o, x)| *o = cast(from, into, *x)),
            }
        };
    }
    pairs!(F32 I32, F32 U32, F32 Bool, F32 F16, F16 F32, I32 F32, U32 F32, U32 Bool)
}
