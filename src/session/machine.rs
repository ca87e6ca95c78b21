//! All that lives on a device: the named memory that computations share, and the computations. Imports backend, task, compile, dtype, shape, error.

use super::backend::{Backend, Buffer, DeviceInfo, Program};
use super::task::{Task, all};
use crate::compile::plan::{self, BufferKind, Loop, Plan};
use crate::compile::{self, compile};
use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::list::List;
use crate::shape::{Shape, numel};
use crate::sorted::Map;

/// A device with a session's memory on it.
pub struct Machine {
    pub info: DeviceInfo,
    backend: Backend,
    leaves: Map<String, Leaf>,
}

#[derive(Clone)]
struct Leaf {
    buffer: Buffer,
    len: usize,
}

/// A compiled computation, ready to run.
pub struct Computation {
    pub plan: Plan,
    program: Program,
    outputs: Vec<Output>,
}

/// A result of a computation.
#[derive(Clone)]
pub struct Output {
    pub name: String,
    pub shape: Shape,
    buffer: Buffer,
}

impl Machine {
    /// An empty machine on a device.
    pub fn new(backend: Backend, info: DeviceInfo) -> Machine {
        Machine { info, backend, leaves: Map::new() }
    }

    /// Whether it is a GPU, which can be lost and works on its own time.
    pub fn is_gpu(&self) -> bool {
        matches!(self.backend, Backend::Gpu(_))
    }

    /// Gives a leaf memory, all zero.
    pub fn leaf(&mut self, name: &str, dtype: DType, len: usize) -> Result<()> {
        self.fits(name, dtype.bytes(len))?;
        let buffer = self.backend.buffer(dtype, len).map_err(|e| e.at(name))?;
        self.leaves.insert(name.to_string(), Leaf { buffer, len });
        Ok(())
    }

    /// Gives a leaf memory that holds these bytes.
    pub fn filled(&mut self, name: &str, dtype: DType, len: usize, bytes: &[u8]) -> Result<()> {
        self.leaf(name, dtype, len)?;
        self.write(name, 0, bytes)
    }

    /// Gives a leaf the memory of another.
    pub fn alias(&mut self, name: &str, of: &str) -> Result<()> {
        let leaf = self.find(of)?.clone();
        self.leaves.insert(name.to_string(), leaf);
        Ok(())
    }

    /// Gives back the memory of all leaves of a scope.
    pub fn forget(&mut self, scope: &str) {
        self.leaves.retain(|name, _| !name.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/')));
    }

    /// Overwrites a leaf from element `start` on, behind all work given so far.
    pub fn write(&self, name: &str, start: usize, bytes: &[u8]) -> Result<()> {
        self.backend.write(&self.find(name)?.buffer, 4 * start, bytes)
    }

    /// A leaf as it is now, all of it.
    pub fn read(&self, name: &str) -> Task<Vec<u8>> {
        let len = self.leaves.get(name).map_or(0, |leaf| leaf.len);
        self.read_part(name, 0, len)
    }

    /// `len` elements of a leaf from element `start` on, as they are after all work given so far.
    pub fn read_part(&self, name: &str, start: usize, len: usize) -> Task<Vec<u8>> {
        match self.find(name) {
            Ok(leaf) => self.backend.read(&leaf.buffer, 4 * start, 4 * len),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    /// Results of a computation's last run.
    pub fn results(&self, outputs: &[&Output]) -> Task<Vec<Vec<u8>>> {
        all(outputs.iter().map(|output| self.backend.read(&output.buffer, 0, 4 * numel(&output.shape))).list())
    }

    /// Compiles a program. Leaves of the scope ("scope/name") come before those of the same name outside.
    pub fn compile(&self, program: &compile::Program, scope: &str) -> Result<Computation> {
        self.prepare(program, None, scope)
    }

    /// The same, where the program's plan for this device may be there already.
    pub fn prepare(&self, program: &compile::Program, plan: Option<Plan>, scope: &str) -> Result<Computation> {
        let plan = plan.map_or_else(|| compile(program, &self.backend.options()), Ok)?;
        for buffer in &plan.buffers {
            let name = match &buffer.kind {
                BufferKind::Leaf(name) | BufferKind::Output(name) => name,
                BufferKind::Temp => "an intermediate result",
            };
            self.fits(name, buffer.dtype.bytes(buffer.len))?;
        }
        let leaf = |name: &str| self.leaves.get(format!("{scope}/{name}").as_str()).or_else(|| self.leaves.get(name)).map(|leaf| leaf.buffer.clone());
        let prepared = self.backend.prepare(&plan, &leaf)?;
        let output = |(name, id): &(String, crate::graph::Id)| {
            let missing = || Error::new(Code::Session, format!("the computation gives no {name}"));
            Ok(Output { name: name.clone(), shape: program.graph.at(*id).shape(), buffer: prepared.output(name).ok_or_else(missing)? })
        };
        let outputs = program.outputs.iter().map(output).try_list()?;
        Ok(Computation { plan, outputs, program: prepared })
    }

    /// One dispatch of a plan by itself, with all turns of its loop, on memory of its own; and its WGSL.
    pub fn alone(&self, plan: &Plan, n: usize) -> Result<(Computation, String)> {
        let missing = || Error::new(Code::Session, format!("there is no dispatch {n}")).hint("Ask for `plan` to see which there are.");
        let dispatch = plan.dispatches.get(n).ok_or_else(missing)?.clone();
        let used = |buffer: usize| dispatch.kernels.iter().flat_map(|kernel| &kernel.bindings).any(|binding| binding.buffer == buffer);
        let buffer =
            |(n, buffer): (usize, &plan::Buffer)| plan::Buffer { kind: BufferKind::Temp, dtype: buffer.dtype, len: if used(n) { buffer.len } else { 1 } };
        let buffers = plan.buffers.iter().enumerate().map(buffer).list();
        let loops = plan.loops.iter().filter(|l| l.dispatches.contains(&n)).map(|l| Loop { dispatches: 0..1, ..l.clone() }).list();
        let wgsl = self.backend.wgsl(&dispatch, !loops.is_empty());
        let plan = Plan { buffers, dispatches: vec![dispatch], loops };
        let program = self.backend.prepare(&plan, &|_| None)?;
        Ok((Computation { plan, outputs: vec![], program }, wgsl))
    }

    /// Runs a computation so many times, one after the other.
    pub fn run(&self, computation: &Computation, times: usize) -> Result<()> {
        self.backend.run(&computation.program, times)
    }

    /// Done when all work given so far is.
    pub fn idle(&self) -> Task<()> {
        self.backend.idle()
    }

    fn find(&self, name: &str) -> Result<&Leaf> {
        self.leaves.get(name).ok_or_else(|| Error::new(Code::Session, format!("there is no tensor {name}")).at(name))
    }

    /// Whether the device can hold so many bytes in all.
    pub fn holds(&self, bytes: usize) -> Result<()> {
        let most = self.backend.max_bytes();
        if bytes <= most {
            return Ok(());
        }
        let message = format!("training takes about {} MB, but {} offers at most {} MB", bytes >> 20, self.info.name, most >> 20);
        Err(Error::device(message).hint("Use a smaller batch, network or data set, or another device."))
    }

    fn fits(&self, name: &str, bytes: usize) -> Result<()> {
        let most = self.backend.max_buffer_bytes();
        if bytes <= most {
            return Ok(());
        }
        let message = format!("{name} needs {bytes} bytes in one piece, but {} offers at most {most}", self.info.name);
        Err(Error::device(message).at(name).hint("Use a smaller batch, network or data set, or another device."))
    }
}

impl Computation {
    /// The result of this name.
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// The results whose name begins so, each with the rest of its name, in the order of the program.
    pub fn outputs<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Output)> {
        self.outputs.iter().filter_map(move |output| Some((output.name.strip_prefix(prefix)?, output)))
    }
}

/// Little-endian bytes as numbers.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).list()
}

/// Little-endian bytes as whole numbers.
pub fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).list()
}

/// Numbers as little-endian bytes.
pub fn bytes<T: Copy>(values: &[T], to: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0; 4 * values.len()];
    // In place: in code compiled for size, pushing one by one takes several times as long.
    bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(bytes, value)| *bytes = to(*value));
    bytes
}
