//! From a Plan to recorded GPU work and its replay. Imports compile's data types, error, and the rest of the module.

use super::wgsl::Shader;
use super::{Buffer, Device, contract, row};
use crate::compile::plan::{Access, Binding, Body, BufferKind, Dispatch, Plan};
use crate::error::{Code, Error, Result};
use std::rc::Rc;

/// A Plan made ready: its buffers, and all its dispatches with pipelines and bind groups.
pub struct Program {
    dispatches: Vec<Step>,
    outputs: Vec<(String, Buffer)>,
    /// All buffers of the plan, kept as long as bind groups refer to them.
    _buffers: Vec<Buffer>,
}

/// A compiled shader.
pub(super) struct Pipeline {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
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
        let mut dispatches = Vec::new();
        for dispatch in &plan.dispatches {
            dispatches.extend(self.step(dispatch, &buffers)?);
        }
        self.check()?;
        // Shaders of programs that are gone are not wanted again soon, and there may be any number of them.
        self.pipelines.borrow_mut().retain(|_, pipeline| Rc::strong_count(pipeline) > 1);
        Ok(Program { dispatches, outputs, _buffers: buffers })
    }

    /// One dispatch; `None` when it has nothing to do.
    fn step(&self, dispatch: &Dispatch, buffers: &[Buffer]) -> Result<Option<Step>> {
        let mut shader = Shader::default();
        for kernel in &dispatch.kernels {
            if kernel.dims.iter().take(kernel.outer()).product::<usize>() > i32::MAX as usize {
                return Err(Error::device("a kernel has more points than a 32-bit number can count").at(&kernel.name).hint("use a smaller batch"));
            }
            match &kernel.body {
                Body::Row { outer, phases } => row::generate(kernel, *outer, phases, &self.tuning, &mut shader),
                Body::Contract { batch, m, n, a, b } => contract::generate(kernel, [*batch, *m, *n], [a, b], &self.tuning, &mut shader),
            }
        }
        if shader.groups() == 0 {
            return Ok(None);
        }
        if shader.slots.len() > self.info.max_bindings {
            let message = format!("a dispatch uses {} buffers, more than the GPU allows ({})", shader.slots.len(), self.info.max_bindings);
            return Err(Error::device(message).at(dispatch.kernels.iter().map(|k| k.name.as_str()).collect::<Vec<_>>().join(", ")));
        }
        let (columns, rows) = self.grid(shader.groups())?;
        let pipeline = self.pipeline(shader.text(self.tuning.threads, columns), &shader.slots);
        let entry = |(n, slot): (usize, &Binding)| (n as u32, buffers[slot.buffer].raw.raw.as_entire_binding());
        let entries: Vec<_> = shader.slots.iter().enumerate().map(entry).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
        let bindings = self.raw.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries });
        Ok(Some(Step { pipeline, bindings, grid: (columns as u32, rows as u32) }))
    }

    /// The pipeline of a shader text, compiled at its first use.
    fn pipeline(&self, text: String, slots: &[Binding]) -> Rc<Pipeline> {
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
        let entries: Vec<_> = slots.iter().enumerate().map(entry).collect();
        let layout = self.raw.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline_layout =
            self.raw.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor { label: None, bind_group_layouts: &[Some(&layout)], ..Default::default() });
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
            for step in (0..times).flat_map(|_| &program.dispatches) {
                pass.set_pipeline(&step.pipeline.pipeline);
                pass.set_bind_group(0, &step.bindings, &[]);
                pass.dispatch_workgroups(step.grid.0, step.grid.1, 1);
            }
        });
        Ok(())
    }
}
