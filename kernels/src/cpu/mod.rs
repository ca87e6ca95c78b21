//! The CPU backend: replays a Plan in blocks that the compiler turns into vector instructions (wasm `simd128`, SSE2 ...), on as many threads as there are.
//! Imports plan, nest, index, op, dtype, error, pool.
//!
//! `prepare` translates each kernel once; `run` allocates nothing but, the first time, the registers of each thread. The bits of a result do not depend on
//! how many there are.

mod gemm;
mod operand;
mod row;
mod view;
mod vm;

use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::nest;
use crate::plan::{Body, BufferKind, Kernel, Loop, Plan};
use crate::pool;
use gemm::Contract;
use row::Rows;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use vm::{Machine, Needs};

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
    needs: Needs,
}

/// Dispatches that run in turn, once or in a loop.
struct Stretch {
    dispatches: Vec<Dispatch>,
    repeat: Option<Loop>,
}

/// Kernels that do not wait for each other, nor the parts of each.
struct Dispatch {
    kernels: Vec<Prepared>,
    /// Of all kernels.
    parts: usize,
    /// How many of them are worth another thread.
    least: usize,
}

struct Prepared {
    slots: Vec<Buffer>,
    run: Nest,
    parts: usize,
}

enum Nest {
    Rows(Rows),
    Contract(Box<Contract>),
}

/// Work that is worth another thread, in instructions for a lane: some microseconds.
const WORTH: usize = 30_000;

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::default();
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
        let mut needs = Needs::default();
        let mut stretches = Vec::new();
        for (dispatches, repeat) in plan.stretches() {
            let fixed = repeat.is_some() as usize;
            let dispatches = plan.dispatches[dispatches].iter().map(|d| Dispatch::new(&d.kernels, fixed, &buffers, &mut needs)).collect();
            stretches.push(Stretch { dispatches, repeat: repeat.cloned() });
        }
        Ok(Program { stretches, outputs, needs })
    }

    /// Runs all of a program's kernels `times` times.
    pub fn run(&self, program: &Program, times: usize) -> Result<()> {
        for Stretch { dispatches, repeat } in (0..times).flat_map(|_| &program.stretches) {
            let run = |step: usize| dispatches.iter().for_each(|dispatch| dispatch.run(step, &program.needs));
            match repeat {
                Some(repeat) => repeat.counts().for_each(run),
                None => run(0),
            }
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

impl Dispatch {
    /// Adds what its kernels need to `needs`.
    fn new(kernels: &[Kernel], fixed: usize, buffers: &[Buffer], needs: &mut Needs) -> Dispatch {
        let mut dispatch = Dispatch { kernels: Vec::new(), parts: 0, least: 0 };
        let mut work = 0;
        for kernel in kernels.iter().filter(|k| !k.dims[..k.outer()].contains(&0)) {
            let slots = kernel.bindings.iter().map(|b| buffers[b.buffer].clone()).collect();
            let kernel = nest::normalise(kernel, fixed);
            let points: usize = kernel.dims[fixed..].iter().product();
            let run = match &kernel.body {
                Body::Row { .. } => Nest::Rows(Rows::new(&kernel, fixed)),
                Body::Contract { .. } => Nest::Contract(Box::new(Contract::new(&kernel, fixed))),
            };
            work += match &run {
                Nest::Rows(_) => points * kernel.code.len(),
                Nest::Contract(contract) => contract.work(points),
            };
            let parts = run.parts();
            dispatch.parts += parts;
            *needs = std::mem::take(needs).or(run.needs()).or(Needs { counters: kernel.dims.len().max(1), ..Needs::default() });
            dispatch.kernels.push(Prepared { slots, run, parts });
        }
        dispatch.least = (dispatch.parts * WORTH).div_ceil(work.max(1)).max(1);
        dispatch
    }

    /// Runs all kernels, at a step of the loop around them.
    #[allow(unsafe_code, reason = "the one place where threads share buffers")]
    fn run(&self, step: usize, needs: &Needs) {
        // SAFETY: stores of a dispatch's kernels never overlap, and what they read at another place than they write nobody writes in the same dispatch (`plan::Access`).
        // Nothing else is written, but for the registers, of which each thread has its own.
        unsafe { pool::share(self.parts, self.least, &|parts| self.run_parts(step, needs, parts)) }
    }

    fn run_parts(&self, step: usize, needs: &Needs, parts: Range<usize>) {
        MACHINE.with_borrow_mut(|machine| {
            machine.fit(needs);
            let mut first = 0;
            for Prepared { slots, run, parts: count } in &self.kernels {
                let all = first..first + count;
                let own = parts.start.clamp(all.start, all.end) - first..parts.end.clamp(all.start, all.end) - first;
                first = all.end;
                if own.is_empty() {
                    continue;
                }
                machine.counters.fill(0);
                machine.counters[0] = step as i64;
                match run {
                    Nest::Rows(rows) => rows.run(slots, machine, own),
                    Nest::Contract(contract) => contract.run(slots, machine, own),
                }
            }
        });
    }
}

impl Nest {
    fn parts(&self) -> usize {
        match self {
            Nest::Rows(rows) => rows.parts(),
            Nest::Contract(contract) => contract.parts(),
        }
    }

    fn needs(&self) -> Needs {
        match self {
            Nest::Rows(rows) => rows.needs(),
            Nest::Contract(contract) => contract.needs(),
        }
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
