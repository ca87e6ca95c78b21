//! The GPU backend: replays a Plan with generated WGSL. Imports compile's data types, op, dtype, error; the only module that names `wgpu`.
//!
//! Errors of the GPU arrive on their own time: natively within the call that causes them, on the web some moments later. They are collected (`Health`),
//! and every method that can fail reports the first one; after a loss of the device it reports that, for ever.

mod contract;
mod program;
mod read;
mod row;
mod tune;
mod wgsl;

pub use program::{Program, wgsl};
pub use read::Copy;
pub use tune::{Tile, Tuning};

use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::sorted::Map;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What kind of device is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// Only a software adapter will do.
    pub software: bool,
    /// How kernels are cut; by the adapter's kind when not given.
    pub tuning: Option<Tuning>,
    /// Halves take four bytes, as on a device that knows no others.
    pub wide_halves: bool,
}

/// What is known of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// The adapter's name, as far as the platform tells.
    pub name: String,
    /// PCI vendor number; 0 on the web.
    pub vendor: u32,
    /// The name of the driver; empty on the web.
    pub driver: String,
    /// Whether a CPU does the work.
    pub software: bool,
    /// Whether threads can exchange values within subgroups.
    pub subgroups: bool,
    /// Whether shaders can store halves in two bytes.
    pub f16: bool,
    /// Buffers one dispatch may use.
    pub max_bindings: usize,
    /// Largest buffer.
    pub max_buffer_bytes: usize,
}

/// A GPU, with the pipelines of the programs there are.
pub struct Device {
    raw: wgpu::Device,
    queue: Rc<read::Queue>,
    info: Info,
    /// Workgroups in one dimension of a dispatch.
    max_groups: usize,
    tuning: Tuning,
    health: Arc<Mutex<Health>>,
    /// By shader text; those that a program uses, and those of programs that ended since the last one was made.
    pipelines: RefCell<Map<String, Rc<program::Pipeline>>>,
    staging: RefCell<Vec<Owned>>,
    count_layout: wgpu::BindGroupLayout,
}

/// What went wrong since the last report.
#[derive(Default)]
struct Health {
    lost: Option<String>,
    error: Option<Error>,
    /// Size of the buffer asked for last, for the message when memory runs out.
    last_buffer_bytes: usize,
}

/// Device memory; clones are handles to the same. It is given back when the last handle goes, not when the browser's garbage collector comes by.
#[derive(Clone)]
pub struct Buffer {
    raw: Rc<Owned>,
    dtype: DType,
    len: usize,
}

struct Owned {
    raw: wgpu::Buffer,
    queue: Rc<read::Queue>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // Work that is only recorded may still use it.
        self.queue.flush();
        self.raw.destroy();
    }
}

impl Buffer {
    /// Type of its elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of its elements, at least 1.
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.len
    }
}

fn lock(health: &Mutex<Health>) -> MutexGuard<'_, Health> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// Opens the device that suits best.
    pub async fn new(request: Request) -> Result<Device> {
        let hint = "use the CPU, or a browser and a machine with WebGPU";
        let none = || Error::device("no GPU adapter found").hint(hint);
        // Where neither a page nor a worker asks, as in Node, wgpu would panic.
        if cfg!(target_arch = "wasm32") && !wgpu::util::is_browser_webgpu_supported().await {
            return Err(none());
        }
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::PRIMARY;
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            force_fallback_adapter: request.software,
            ..Default::default()
        };
        let adapter = wgpu::Instance::new(descriptor).request_adapter(&options).await;
        let adapter = adapter.map_err(|_| none())?;
        let limits = adapter.limits();
        let required_features = adapter.features() & (wgpu::Features::SUBGROUP | wgpu::Features::SHADER_F16);
        let descriptor = wgpu::DeviceDescriptor { required_features, required_limits: limits.clone(), ..Default::default() };
        let (raw, queue) = adapter.request_device(&descriptor).await.map_err(|e| Error::device(format!("the GPU could not be opened: {e}")).hint(hint))?;

        let health = Arc::new(Mutex::new(Health::default()));
        let lost = health.clone();
        raw.set_device_lost_callback(move |_, why| lock(&lost).lost = Some(why));
        let failed = health.clone();
        raw.on_uncaptured_error(Arc::new(move |error| {
            let mut health = lock(&failed);
            let error = explain(error, health.last_buffer_bytes);
            health.error.get_or_insert(error);
        }));

        let about = adapter.get_info();
        let lower = about.name.to_ascii_lowercase();
        // By bytes: a search for texts is a large function.
        let software = about.device_type == wgpu::DeviceType::Cpu
            || ["swiftshader", "llvmpipe", "lavapipe"].iter().any(|s| lower.as_bytes().windows(s.len()).any(|part| part == s.as_bytes()));
        let info = Info {
            name: if about.name.is_empty() { "WebGPU".to_string() } else { about.name },
            vendor: about.vendor,
            driver: about.driver,
            software,
            subgroups: subgroups(&raw),
            f16: raw.features().contains(wgpu::Features::SHADER_F16) && !request.wide_halves,
            // Native drivers name up to a million; bind groups of that size would serve nobody.
            max_bindings: limits.max_storage_buffers_per_shader_stage.min(64) as usize,
            max_buffer_bytes: limits.max_buffer_size.min(limits.max_storage_buffer_binding_size).min(i32::MAX as u64 * 4) as usize,
        };
        let mut tuning = request.tuning.unwrap_or(if software { Tuning::SOFTWARE } else { Tuning::HARDWARE });
        tuning.subgroups &= info.subgroups;
        let max_groups = limits.max_compute_workgroups_per_dimension as usize;
        let queue = Rc::new(read::Queue::new(&raw, queue));
        let count_layout = program::count_layout(&raw);
        Ok(Device { raw, queue, info, max_groups, tuning, health, pipelines: Default::default(), staging: Default::default(), count_layout })
    }

    /// What is known of the device.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Different kernels compiled and kept.
    pub fn pipelines(&self) -> usize {
        self.pipelines.borrow().iter().len()
    }

    /// Loses the device, as a crash of the driver would.
    pub fn destroy(&self) {
        self.raw.destroy();
        lock(&self.health).lost.get_or_insert("it was destroyed".to_string());
    }

    /// Whether it is gone for good.
    pub fn is_lost(&self) -> bool {
        lock(&self.health).lost.is_some()
    }

    /// The first error since the last report.
    fn check(&self) -> Result<()> {
        let mut health = lock(&self.health);
        match &health.lost {
            Some(why) => Err(lost(why)),
            None => health.error.take().map_or(Ok(()), Err),
        }
    }

    /// A new buffer of zeros, for `len` elements (no buffer is smaller than one). Halves take a word each where shaders know no others.
    pub fn buffer(&self, dtype: DType, len: usize) -> Result<Buffer> {
        let len = len.max(1);
        self.check()?;
        let bytes = if dtype == DType::F16 && !self.info.f16 { DType::F32 } else { dtype }.bytes(len);
        if bytes > self.info.max_buffer_bytes {
            let message = format!("a buffer of {bytes} bytes is more than the GPU allows ({})", self.info.max_buffer_bytes);
            return Err(Error::device(message).hint("use a smaller batch, model or data set"));
        }
        lock(&self.health).last_buffer_bytes = bytes;
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let raw = self.raw.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes as u64, usage, mapped_at_creation: false });
        self.check()?;
        Ok(Buffer { raw: Rc::new(Owned { raw, queue: self.queue.clone() }), dtype, len: len.max(1) })
    }

    /// Overwrites part of a buffer, after all work so far. Offset and length are multiples of 4.
    pub fn write(&self, buffer: &Buffer, offset_bytes: usize, bytes: &[u8]) {
        self.queue.flush();
        self.queue.raw.write_buffer(&buffer.raw.raw, offset_bytes as u64, bytes);
    }

    /// The grid of so many workgroups: columns and rows, since one dimension is limited. The last row may be longer than needed.
    fn grid(&self, groups: usize) -> Result<(usize, usize)> {
        let rows = groups.div_ceil(self.max_groups);
        if rows > self.max_groups {
            return Err(Error::device(format!("a kernel of {groups} workgroups is more than the GPU allows")).hint("use a smaller batch"));
        }
        Ok((groups.div_ceil(rows.max(1)), rows))
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn subgroups(raw: &wgpu::Device) -> bool {
    raw.features().contains(wgpu::Features::SUBGROUP)
}

/// wgpu does not ask a browser for subgroups yet; the page does (www/core/subgroups.js).
#[cfg(target_arch = "wasm32")]
fn subgroups(raw: &wgpu::Device) -> bool {
    raw.as_webgpu().is_some_and(|raw| raw.features().has("subgroups"))
}

fn lost(why: &str) -> Error {
    Error::new(Code::DeviceLost, format!("the GPU was lost: {why}")).hint("continue from the last checkpoint on a new device")
}

/// An error of the GPU in our words.
fn explain(error: wgpu::Error, last_buffer_bytes: usize) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::device(format!("the GPU is out of memory; the last buffer asked for had {last_buffer_bytes} bytes"))
            .hint("use a smaller batch, model or data set"),
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            Error::device(format!("the GPU refused a command: {description}")).hint("this is a mistake in tabgrad: please report it")
        }
    }
}
