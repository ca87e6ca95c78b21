//! The CPU backend: replays a Plan on one thread, in blocks that the compiler turns into vector instructions (wasm `simd128`, SSE2 ...).
//! Imports plan, index, op, dtype, error.
//!
//! `prepare` translates each kernel once; `run` allocates nothing.

mod gemm;
mod nest;
mod operand;
mod row;
mod view;
mod vm;

use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::plan::{Body, BufferKind, Kernel, Loop, Plan};
use gemm::Contract;
use row::Rows;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use vm::Machine;

/// Buffers that a kernel had best use at most: one that uses many still goes through its memory once.
pub const MAX_BINDINGS: usize = 32;

/// The processor this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Device;

/// A handle to memory; clones share it.
#[derive(Clone, Debug)]
pub struct Buffer {
    words: Rc<Vec<Cell<u32>>>,
    dtype: DType,
    len: usize,
}

/// A plan made ready to run on given leaves.
pub struct Program {
    stretches: Vec<Stretch>,
    outputs: Vec<(String, Buffer)>,
    machine: RefCell<Machine>,
}

/// Kernels that run in turn, once or in a loop.
struct Stretch {
    kernels: Vec<Prepared>,
    repeat: Option<Loop>,
}

struct Prepared {
    slots: Vec<Buffer>,
    run: Nest,
}

enum Nest {
    Rows(Rows),
    Contract(Box<Contract>),
}

impl Device {
    /// The device; there is always one.
    pub fn new() -> Device {
        Device
    }

    /// Memory for `len` elements (no buffer is smaller than one), all zero. Halves take a word each.
    pub fn buffer(&self, dtype: DType, len: usize) -> Result<Buffer> {
        let len = len.max(1);
        let words = if dtype == DType::F16 { len } else { dtype.bytes(len) / 4 };
        Ok(Buffer { words: Rc::new(memory(words)?), dtype, len })
    }

    /// Copies bytes into a buffer; offset and length are multiples of 4.
    pub fn write(&self, buffer: &Buffer, offset_bytes: usize, bytes: &[u8]) {
        for (word, bytes) in buffer.words[offset_bytes / 4..].iter().zip(bytes.as_chunks::<4>().0) {
            word.set(u32::from_le_bytes(*bytes));
        }
    }

    /// Translates a plan, binds its leaves by name and allocates what is its own.
    pub fn prepare(&self, plan: &Plan, leaves: &dyn Fn(&str) -> Option<Buffer>) -> Result<Program> {
        let mut buffers = Vec::with_capacity(plan.buffers.len());
        let mut outputs = Vec::new();
        for wanted in &plan.buffers {
            buffers.push(match &wanted.kind {
                BufferKind::Leaf(name) => leaf(name, wanted.dtype, wanted.len, leaves(name))?,
                BufferKind::Output(name) => {
                    let buffer = self.buffer(wanted.dtype, wanted.len).map_err(|e| e.at(name))?;
                    outputs.push((name.clone(), buffer.clone()));
                    buffer
                }
                BufferKind::Temp => self.buffer(wanted.dtype, wanted.len)?,
            });
        }
        let mut machine = Machine::default();
        let mut stretches = Vec::new();
        for (dispatches, repeat) in plan.stretches() {
            let fixed = repeat.is_some() as usize;
            let mut prepared = |kernel: &Kernel| {
                let slots = kernel.bindings.iter().map(|b| buffers[b.buffer].clone()).collect();
                let kernel = nest::normalise(kernel, fixed);
                let run = match &kernel.body {
                    Body::Row { .. } => Nest::Rows(Rows::new(&kernel, fixed, &mut machine)),
                    Body::Contract { .. } => Nest::Contract(Box::new(Contract::new(&kernel, fixed, &mut machine))),
                };
                Prepared { slots, run }
            };
            let kernels = plan.dispatches[dispatches].iter().flat_map(|d| &d.kernels).filter(|k| !k.dims[..k.outer()].contains(&0));
            stretches.push(Stretch { kernels: kernels.map(&mut prepared).collect(), repeat: repeat.cloned() });
        }
        Ok(Program { stretches, outputs, machine: RefCell::new(machine) })
    }

    /// Runs all of a program's kernels `times` times.
    pub fn run(&self, program: &Program, times: usize) -> Result<()> {
        let machine = &mut *program.machine.borrow_mut();
        for Stretch { kernels, repeat } in (0..times).flat_map(|_| &program.stretches) {
            let run = |kernel: &Prepared, machine: &mut Machine| match &kernel.run {
                Nest::Rows(rows) => rows.run(&kernel.slots, machine),
                Nest::Contract(contract) => contract.run(&kernel.slots, machine),
            };
            let Some(repeat) = repeat else {
                kernels.iter().for_each(|kernel| run(kernel, machine));
                continue;
            };
            for step in repeat.counts() {
                for kernel in kernels {
                    machine.counters[0] = step as i64;
                    run(kernel, machine);
                }
            }
            machine.counters[0] = 0;
        }
        Ok(())
    }

    /// Bytes of a buffer; offset and length are multiples of 4.
    pub fn read(&self, buffer: &Buffer, offset_bytes: usize, bytes: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        out.try_reserve_exact(bytes).map_err(|_| too_large(bytes))?;
        out.extend(buffer.words[offset_bytes / 4..][..bytes / 4].iter().flat_map(|w| w.get().to_le_bytes()));
        Ok(out)
    }
}

impl Program {
    /// The buffer of a result.
    pub fn output(&self, name: &str) -> Option<Buffer> {
        self.outputs.iter().find(|(n, _)| n == name).map(|(_, buffer)| buffer.clone())
    }
}

/// The leaf that was handed over, if it is what the plan asks for.
fn leaf(name: &str, dtype: DType, len: usize, buffer: Option<Buffer>) -> Result<Buffer> {
    let error = |message: String| Error::new(Code::Session, message).at(name);
    let buffer = buffer.ok_or_else(|| error(format!("the computation reads '{name}', which has no memory")))?;
    if buffer.dtype != dtype || buffer.len < len {
        return Err(error(format!("'{name}' holds {} elements of {}, but the computation asks for {len} of {dtype}", buffer.len, buffer.dtype)));
    }
    Ok(buffer)
}

/// Words of memory, all zero, or an error where there is not that much.
fn memory(words: usize) -> Result<Vec<Cell<u32>>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(words).map_err(|_| too_large(words.saturating_mul(4)))?;
    memory.resize(words, Cell::new(0));
    Ok(memory)
}

fn too_large(bytes: usize) -> Error {
    let message = format!("out of memory: no {} MB in one piece", bytes.div_ceil(1 << 20));
    Error::device(message).hint("use a smaller batch size or model, or close other tabs")
}
