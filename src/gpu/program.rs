//! From a Plan to recorded GPU work and its replay. Imports compile's data types, error, and the rest of the module.

use super::wgsl::Shader;
use super::{Buffer, Device, Owned, Tuning, contract, row};
use crate::compile::plan::{Access, Binding, Body, BufferKind, Dispatch, Loop, Plan};
use crate::error::{Code, Error, Result};
use crate::list::List;
use std::rc::Rc;

/// Distance between numbers that dynamic offsets may point to: the largest that WebGPU asks for.
const COUNT_BYTES: usize = 256;

/// A Plan made ready: its buffers, and all its dispatches with pipelines and bind groups.
pub struct Program {
    stretches: Vec<Stretch>,
    outputs: Vec<(String, Buffer)>,
    /// All buffers of the plan, and the counts of its loops, kept as long as bind groups refer to them.
    _buffers: Vec<Buffer>,
    _counts: Option<Owned>,
}

/// A compiled shader.
pub(super) struct Pipeline {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// Dispatches in turn, once or in a loop.
struct Stretch {
    dispatches: Vec<Step>,
    repeat: Option<(Loop, wgpu::BindGroup)>,
}

struct Step {
    pipeline: Rc<Pipeline>,
    bindings: wgpu::BindGroup,
    grid: (u32, u32),
}

impl Program {
    /// The buffer of a result; valid until the next run, and no longer than the program.
    pub fn output(&self, name: &str) -> Option<Buffer> {
        self.outputs.iter().find(|(n, _)| n == name).map(|(_, b)| b.clone())
    }
}

/// How shaders of a loop are given its count.
pub(super) fn count_layout(raw: &wgpu::Device) -> wgpu::BindGroupLayout {
    let ty = wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: true, min_binding_size: std::num::NonZeroU64::new(4) };
    let entries = [wgpu::BindGroupLayoutEntry { binding: 0, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }];
    raw.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

/// What a dispatch is in WGSL.
fn shader(dispatch: &Dispatch, repeated: bool, tuning: &Tuning, f16: bool) -> Shader {
    let mut shader = Shader::default();
    shader.fixed = repeated as usize;
    shader.f16 = f16;
    for kernel in &dispatch.kernels {
        match &kernel.body {
            Body::Row { outer, phases } => row::generate(kernel, *outer, phases, tuning, &mut shader),
            Body::Contract { batch, m, n, a, b } => contract::generate(kernel, [*batch, *m, *n], [a, b], tuning, &mut shader),
        }
    }
    shader
}

/// For people: the WGSL of a dispatch, in a loop or not, for this device or, without one, a usual one.
pub fn wgsl(device: Option<&Device>, dispatch: &Dispatch, repeated: bool) -> String {
    let usual = Tuning { subgroups: false, ..Tuning::HARDWARE };
    let (tuning, f16) = device.map_or((&usual, false), |device| (&device.tuning, device.info.f16));
    let shader = shader(dispatch, repeated, tuning, f16);
    shader.text(tuning.threads, shader.groups())
}

impl Device {
    /// Makes a plan ready to run: allocates its buffers, compiles its shaders, drops those that no program uses any more. `leaves` gives the buffers that live outside it, by name.
    pub fn prepare(&self, plan: &Plan, leaves: &dyn Fn(&str) -> Option<Buffer>) -> Result<Program> {
        self.check()?;
        let (mut buffers, mut outputs) = (Vec::new(), Vec::new());
        for wanted in &plan.buffers {
            buffers.push(match &wanted.kind {
                BufferKind::Leaf(name) => {
                    let buffer = leaves(name).ok_or_else(|| Error::new(Code::Session, "the plan uses a buffer that does not exist").at(name))?;
                    if (buffer.dtype, buffer.len) != (wanted.dtype, wanted.len) {
                        let message = format!("the plan wants {}[{}], the buffer is {}[{}]", wanted.dtype, wanted.len, buffer.dtype, buffer.len);
                        return Err(Error::shape(message).at(name));
                    }
                    buffer
                }
                BufferKind::Output(name) => {
                    let buffer = self.buffer(wanted.dtype, wanted.len)?;
                    outputs.push((name.clone(), buffer.clone()));
                    buffer
                }
                BufferKind::Temp => self.buffer(wanted.dtype, wanted.len)?,
            });
        }
        let (counts, turns) = plan.loops.iter().map(|l| l.steps).max().map(|most| self.counts(most)).transpose()?.unzip();
        let mut stretches = Vec::new();
        for (range, repeat) in plan.stretches() {
            let mut dispatches = Vec::new();
            for dispatch in &plan.dispatches[range] {
                dispatches.extend(self.step(dispatch, repeat.is_some(), &buffers)?);
            }
            let repeat = repeat.zip(turns.as_ref()).map(|(repeat, turns)| (repeat.clone(), turns.clone()));
            stretches.push(Stretch { dispatches, repeat });
        }
        self.check()?;
        // Shaders of programs that are gone are not wanted again soon, and there may be any number of them.
        self.pipelines.borrow_mut().retain(|_, pipeline| Rc::strong_count(pipeline) > 1);
        Ok(Program { stretches, outputs, _buffers: buffers, _counts: counts })
    }

    /// The numbers of steps up to `most`, each where a dynamic offset may point: so that a turn of a loop needs no bind group of its own.
    fn counts(&self, most: usize) -> Result<(Owned, wgpu::BindGroup)> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let buffer = self.raw.create_buffer(&wgpu::BufferDescriptor { label: None, size: (most * COUNT_BYTES) as u64, usage, mapped_at_creation: false });
        self.check()?;
        let mut counts = vec![0; most * COUNT_BYTES];
        counts.chunks_mut(COUNT_BYTES).enumerate().for_each(|(n, place)| place[..4].copy_from_slice(&(n as u32).to_le_bytes()));
        self.queue.raw.write_buffer(&buffer, 0, &counts);
        let size = std::num::NonZeroU64::new(4);
        let resource = wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: &buffer, offset: 0, size });
        let entries = [wgpu::BindGroupEntry { binding: 0, resource }];
        let turns = self.raw.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.count_layout, entries: &entries });
        Ok((Owned { raw: buffer, queue: self.queue.clone() }, turns))
    }

    /// One dispatch, in a loop or not; `None` when it has nothing to do.
    fn step(&self, dispatch: &Dispatch, repeated: bool, buffers: &[Buffer]) -> Result<Option<Step>> {
        for kernel in &dispatch.kernels {
            if kernel.dims.iter().take(kernel.outer()).product::<usize>() > i32::MAX as usize {
                return Err(Error::device("a kernel has more points than a 32-bit number can count").at(&kernel.name).hint("use a smaller batch"));
            }
        }
        let shader = shader(dispatch, repeated, &self.tuning, self.info.f16);
        if shader.groups() == 0 {
            return Ok(None);
        }
        if shader.slots.len() > self.info.max_bindings {
            let message = format!("a dispatch uses {} buffers, more than the GPU allows ({})", shader.slots.len(), self.info.max_bindings);
            return Err(Error::device(message).at(dispatch.kernels.iter().map(|k| k.name.as_str()).list().join(", ")));
        }
        let (columns, rows) = self.grid(shader.groups())?;
        let pipeline = self.pipeline(shader.text(self.tuning.threads, columns), &shader.slots, repeated);
        let entry = |(n, slot): (usize, &Binding)| (n as u32, buffers[slot.buffer].raw.raw.as_entire_binding());
        let entries: Vec<_> = shader.slots.iter().enumerate().map(entry).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).list();
        let bindings = self.raw.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries });
        Ok(Some(Step { pipeline, bindings, grid: (columns as u32, rows as u32) }))
    }

    /// The pipeline of a shader text, compiled at its first use.
    fn pipeline(&self, text: String, slots: &[Binding], repeated: bool) -> Rc<Pipeline> {
        if let Some(pipeline) = self.pipelines.borrow().get(text.as_str()) {
            return pipeline.clone();
        }
        let entry = |(n, slot): (usize, &Binding)| wgpu::BindGroupLayoutEntry {
            binding: n as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: slot.access == Access::Read },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = slots.iter().enumerate().map(entry).list();
        let layout = self.raw.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let layouts = [Some(&layout), Some(&self.count_layout)];
        let pipeline_layout = self.raw.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &layouts[..1 + repeated as usize],
            ..Default::default()
        });
        let module = self.raw.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(text.as_str().into()) });
        let pipeline = self.raw.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let pipeline = Rc::new(Pipeline { pipeline, layout });
        self.pipelines.borrow_mut().insert(text, pipeline.clone());
        pipeline
    }

    /// Records `times` runs of a program.
    pub fn run(&self, program: &Program, times: usize) -> Result<()> {
        self.check()?;
        self.queue.record(|encoder| {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for Stretch { dispatches, repeat } in (0..times).flat_map(|_| &program.stretches) {
                let mut turn = |count: Option<(&wgpu::BindGroup, usize)>| {
                    for step in dispatches {
                        pass.set_pipeline(&step.pipeline.pipeline);
                        pass.set_bind_group(0, &step.bindings, &[]);
                        if let Some((counts, n)) = count {
                            pass.set_bind_group(1, counts, &[(n * COUNT_BYTES) as u32]);
                        }
                        pass.dispatch_workgroups(step.grid.0, step.grid.1, 1);
                    }
                };
                match repeat {
                    Some((repeat, counts)) => repeat.counts().for_each(|n| turn(Some((counts, n)))),
                    None => turn(None),
                }
            }
        });
        Ok(())
    }
}
