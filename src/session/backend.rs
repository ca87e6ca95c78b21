//! The two backends behind one face, and which of them to use. Imports cpu, pool, gpu, compile, dtype, json, error, choose, probe, machine, task.

use super::Clock;
use super::choose::{Probe, USUAL, choose, machine};
use super::machine::Machine;
use super::probe::measure;
use super::task::Task;
use crate::compile::plan::{Dispatch, Plan, Work};
use crate::compile::{self, Options, compile};
use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::{cpu, gpu, pool};
use std::cell::RefCell;
use std::rc::Rc;

/// Where a session computes. Clones are handles to the same device.
#[derive(Clone)]
pub enum Backend {
    Gpu(Rc<gpu::Device>),
    Cpu(cpu::Device),
}

/// Memory of a backend; clones share it.
#[derive(Clone)]
pub enum Buffer {
    Gpu(gpu::Buffer),
    Cpu(cpu::Buffer),
}

/// A plan made ready for a backend.
pub enum Program {
    /// Its shaders and bind groups.
    Gpu(gpu::Program),
    /// Its compiled loops.
    Cpu(cpu::Program),
}

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A GPU by wgpu: WebGPU in the browser, Vulkan, Metal or DX12 elsewhere.
    Webgpu,
    /// The CPU, as many threads of it as have joined `pool`.
    Cpu,
}

/// Which device a session is to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The faster one.
    #[default]
    Auto,
    /// The GPU or nothing.
    Webgpu,
    /// The CPU, even if there is a GPU.
    Cpu,
}

/// The device a session uses, and why this one.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceInfo {
    /// GPU or CPU.
    pub kind: Kind,
    /// As its driver calls it.
    pub name: String,
    /// A GPU that is played by the CPU.
    pub software: bool,
    /// The most it holds in one piece.
    pub max_buffer_bytes: usize,
    /// A phrase for people: "you chose the CPU".
    pub why: String,
}

/// A device that could be used, or why it cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// GPU or CPU.
    pub kind: Kind,
    /// Whether a session can use it.
    pub available: bool,
    /// As its driver calls it; empty if it is not available.
    pub name: String,
    /// A GPU that is played by the CPU.
    pub software: bool,
    /// The most it holds in one piece; 0 if it is not available.
    pub max_buffer_bytes: usize,
    /// Why it is not available.
    pub reason: Option<String>,
}

/// The devices of this machine, and how fast they are if that is known. One GPU serves all sessions, so that they share its compiled shaders.
#[derive(Default)]
pub struct Devices {
    gpu: RefCell<Option<Rc<gpu::Device>>>,
    probe: RefCell<Option<Probe>>,
}

/// A device, and what it is.
pub type Opened = (Backend, DeviceInfo);

/// Offsets within wasm's memory are 32 bits wide, signed in places.
const CPU_BUFFER: usize = i32::MAX as usize;

/// What people know it by, with the threads that have joined so far.
fn cpu_name() -> String {
    let name = if cfg!(target_arch = "wasm32") { "CPU (WebAssembly SIMD" } else { "CPU (native" };
    match pool::threads() {
        1 => format!("{name})"),
        threads => format!("{name}, {threads} threads)"),
    }
}

impl Devices {
    /// The device for this choice, opened, and the training step's plan for it if it had to be made for that. `now`: the kind that a session has already.
    pub async fn open(&self, choice: Choice, training: &compile::Program, now: Option<Kind>) -> Result<(Opened, Option<Plan>)> {
        let gpu = match choice {
            Choice::Cpu => return Ok((self.cpu("you chose the CPU"), None)),
            Choice::Auto | Choice::Webgpu => self.gpu().await,
        };
        let mut plan = None;
        let mut work = |gpu: &gpu::Info| -> Result<Work> { Ok(plan.insert(compile(training, &gpu_options(gpu))?).work()) };
        let (kind, why) = match choice {
            Choice::Auto => choose(gpu.as_ref().map(|gpu| gpu.info()), self.probe.borrow().as_ref(), &mut work, now)?,
            _ => (Kind::Webgpu, "you chose WebGPU".to_string()),
        };
        if kind == Kind::Cpu {
            return Ok((self.cpu(&why), None));
        }
        let gpu = gpu?;
        let gpu::Info { name, software, max_buffer_bytes, .. } = gpu.info().clone();
        Ok(((Backend::Gpu(gpu), DeviceInfo { kind, name, software, max_buffer_bytes, why }), plan))
    }

    /// How fast the devices are, for all sessions that are opened from now on: as `known` from before, which does not count if it was another GPU or engine, or
    /// measured if nothing is given. None where there is no choice.
    pub async fn probe(&self, known: &Json, now: Clock) -> Result<Option<Probe>> {
        let Some(gpu) = self.gpu().await.ok().filter(|gpu| !gpu.info().software) else { return Ok(None) };
        let machine = machine(gpu.info());
        let probe = match known {
            Json::Null => {
                let mut ms = vec![];
                while ms.len() < USUAL.len() {
                    let (cpu, info) = self.cpu("");
                    let backend = if ms.is_empty() { cpu } else { Backend::Gpu(gpu.clone()) };
                    measure(Machine::new(backend, info), now, &mut ms).await?;
                }
                Some(Probe { machine, ms })
            }
            known => Probe::parse(known).filter(|probe| probe.machine == machine),
        };
        if probe.is_some() {
            *self.probe.borrow_mut() = probe.clone();
        }
        Ok(probe)
    }

    /// The CPU.
    pub fn cpu(&self, why: &str) -> Opened {
        let info = DeviceInfo { kind: Kind::Cpu, name: cpu_name(), software: false, max_buffer_bytes: CPU_BUFFER, why: why.to_string() };
        (Backend::Cpu(cpu::Device::new()), info)
    }

    /// What there is.
    pub async fn list(&self) -> Vec<Offer> {
        let offer = match self.gpu().await {
            Ok(gpu) => {
                let gpu::Info { name, software, max_buffer_bytes, .. } = gpu.info().clone();
                Offer { kind: Kind::Webgpu, available: true, name, software, max_buffer_bytes, reason: None }
            }
            Err(error) => {
                Offer { kind: Kind::Webgpu, available: false, name: String::new(), software: false, max_buffer_bytes: 0, reason: Some(error.message.clone()) }
            }
        };
        let cpu = Offer { kind: Kind::Cpu, available: true, name: cpu_name(), software: false, max_buffer_bytes: CPU_BUFFER, reason: None };
        vec![offer, cpu]
    }

    /// Takes the GPU away from all sessions, as a crash of its driver would.
    pub fn lose(&self) {
        if let Some(gpu) = self.gpu.borrow().as_ref() {
            gpu.destroy();
        }
    }

    async fn gpu(&self) -> Result<Rc<gpu::Device>> {
        let kept = self.gpu.borrow().clone();
        if let Some(gpu) = kept.filter(|gpu| !gpu.is_lost()) {
            return Ok(gpu);
        }
        let gpu = Rc::new(gpu::Device::new(gpu::Request::default()).await?);
        *self.gpu.borrow_mut() = Some(gpu.clone());
        Ok(gpu)
    }
}

fn gpu_options(gpu: &gpu::Info) -> Options {
    Options { max_bindings: gpu.max_bindings, ..Options::default() }
}

fn mixed() -> Error {
    Error::new(Code::Session, "memory of one device was given to another").hint("This is a mistake in tabgrad: please report it.")
}

impl Backend {
    /// What plans for it may do.
    pub fn options(&self) -> Options {
        match self {
            Backend::Gpu(gpu) => gpu_options(gpu.info()),
            Backend::Cpu(_) => Options { max_bindings: cpu::MAX_BINDINGS, ..Options::default() },
        }
    }

    /// What all of a session's memory may come to: wasm addresses 4 GiB, and the page's own copies need a part of it.
    pub fn max_bytes(&self) -> usize {
        match self {
            Backend::Gpu(_) => usize::MAX,
            Backend::Cpu(_) => CPU_BUFFER,
        }
    }

    /// The largest buffer it has.
    pub fn max_buffer_bytes(&self) -> usize {
        match self {
            Backend::Gpu(gpu) => gpu.info().max_buffer_bytes,
            Backend::Cpu(_) => CPU_BUFFER,
        }
    }

    /// Memory for `len` elements, all zero.
    pub fn buffer(&self, dtype: DType, len: usize) -> Result<Buffer> {
        match self {
            Backend::Gpu(gpu) => gpu.buffer(dtype, len).map(Buffer::Gpu),
            Backend::Cpu(cpu) => cpu.buffer(dtype, len).map(Buffer::Cpu),
        }
    }

    /// Copies bytes into a buffer, behind all work given so far. Offset and length are multiples of 4.
    pub fn write(&self, buffer: &Buffer, offset: usize, bytes: &[u8]) -> Result<()> {
        match (self, buffer) {
            (Backend::Gpu(gpu), Buffer::Gpu(buffer)) => gpu.write(buffer, offset, bytes),
            (Backend::Cpu(cpu), Buffer::Cpu(buffer)) => cpu.write(buffer, offset, bytes),
            _ => return Err(mixed()),
        }
        Ok(())
    }

    /// What a dispatch, in a loop or not, is in WGSL: on this GPU, or on a usual one.
    pub fn wgsl(&self, dispatch: &Dispatch, repeated: bool) -> String {
        let gpu = if let Backend::Gpu(gpu) = self { Some(&**gpu) } else { None };
        gpu::wgsl(gpu, dispatch, repeated)
    }

    /// Makes a plan ready; `leaves` gives the memory it shares with others.
    pub fn prepare(&self, plan: &Plan, leaves: &dyn Fn(&str) -> Option<Buffer>) -> Result<Program> {
        match self {
            Backend::Gpu(gpu) => {
                let leaf = |name: &str| match leaves(name) {
                    Some(Buffer::Gpu(buffer)) => Some(buffer),
                    Some(Buffer::Cpu(_)) | None => None,
                };
                gpu.prepare(plan, &leaf).map(Program::Gpu)
            }
            Backend::Cpu(cpu) => {
                let leaf = |name: &str| match leaves(name) {
                    Some(Buffer::Cpu(buffer)) => Some(buffer),
                    Some(Buffer::Gpu(_)) | None => None,
                };
                cpu.prepare(plan, &leaf).map(Program::Cpu)
            }
        }
    }

    /// Runs a program `times` times; the GPU is given it together with what is asked next (`idle`, `read`), as one submit.
    pub fn run(&self, program: &Program, times: usize) -> Result<()> {
        match (self, program) {
            (Backend::Gpu(gpu), Program::Gpu(program)) => gpu.run(program, times),
            (Backend::Cpu(cpu), Program::Cpu(program)) => cpu.run(program, times),
            _ => Err(mixed()),
        }
    }

    /// Done when all work given up to the task's first look is.
    pub fn idle(&self) -> Task<()> {
        match self.clone() {
            Backend::Gpu(gpu) => Box::pin(async move { gpu.wait().await }),
            Backend::Cpu(_) => Box::pin(async { Ok(()) }),
        }
    }

    /// Part of a buffer as it is after all work given so far. Offset and length are multiples of 4.
    pub fn read(&self, buffer: &Buffer, offset: usize, bytes: usize) -> Task<Vec<u8>> {
        match (self.clone(), buffer) {
            (Backend::Gpu(_), Buffer::Gpu(_)) if bytes == 0 => Box::pin(async { Ok(vec![]) }),
            (Backend::Gpu(gpu), Buffer::Gpu(buffer)) => {
                let copy = gpu.copy(buffer, offset, bytes);
                Box::pin(async move { gpu.fetch(copy).await })
            }
            (Backend::Cpu(cpu), Buffer::Cpu(buffer)) => {
                let bytes = cpu.read(buffer, offset, bytes);
                Box::pin(async { bytes })
            }
            _ => Box::pin(async { Err(mixed()) }),
        }
    }
}

impl Program {
    /// The memory of a result.
    pub fn output(&self, name: &str) -> Option<Buffer> {
        match self {
            Program::Gpu(program) => program.output(name).map(Buffer::Gpu),
            Program::Cpu(program) => program.output(name).map(Buffer::Cpu),
        }
    }
}
