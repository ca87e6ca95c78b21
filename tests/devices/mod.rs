//! Runs a case on a backend and compares with the oracle. Imports compile, cpu, gpu, and the cases.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

use crate::cases::Case;
use crate::oracle::{self, Array};
use std::collections::{BTreeMap, HashMap};
use tabgrad::compile::{Options, compile};
use tabgrad::dtype::{DType, Value};
use tabgrad::graph::{Graph, Id, Op};
use tabgrad::{cpu, gpu};

#[allow(clippy::large_enum_variant, reason = "there are two of them")]
pub enum Device {
    Cpu(cpu::Device),
    Gpu(Box<gpu::Device>),
}

enum Memory {
    Cpu(cpu::Buffer),
    Gpu(gpu::Buffer),
}

/// Results of a run by name: outputs, and leaves that were updated (as "new <leaf>").
pub type Results = BTreeMap<String, Array>;

impl Device {
    pub fn cpu() -> Device {
        Device::Cpu(cpu::Device::new())
    }

    pub async fn gpu() -> Device {
        Device::gpu_with(None).await
    }

    /// The GPU with each row shared by as many threads as it has elements, which join their results by subgroups or not.
    pub async fn gpu_with_shared_rows(subgroups: bool) -> Device {
        Device::gpu_with(Some(gpu::Tuning { lane_elements: 1, busy_threads: usize::MAX, subgroups, ..gpu::Tuning::HARDWARE })).await
    }

    async fn gpu_with(tuning: Option<gpu::Tuning>) -> Device {
        let device = gpu::Device::new(gpu::Request { tuning, ..Default::default() }).await;
        Device::Gpu(Box::new(device.expect("these tests need a GPU adapter, for instance Mesa's lavapipe")))
    }

    pub fn has_subgroups(&self) -> bool {
        matches!(self, Device::Gpu(device) if device.info().subgroups)
    }

    pub fn name(&self) -> &'static str {
        match self {
            Device::Cpu(_) => "CPU",
            Device::Gpu(_) => "GPU",
        }
    }

    /// Results after the case's program has run so many times.
    pub async fn run(&self, case: &Case, options: &Options, times: usize) -> tabgrad::error::Result<Results> {
        let program = &case.program;
        let plan = compile(program, options)?;
        let mut memory = HashMap::new();
        for (name, (dtype, shape)) in leaves(&program.graph) {
            if let Some(values) = case.leaves.get(&name) {
                assert_eq!(shape, values.shape, "{}: value of {name}", case.name);
                memory.insert(name, self.memory(dtype, values)?);
            }
        }
        let mut places = vec![];
        match self {
            Device::Cpu(device) => {
                let of = |name: &str| match memory.get(name) {
                    Some(Memory::Cpu(buffer)) => Some(buffer.clone()),
                    _ => None,
                };
                let prepared = device.prepare(&plan, &of)?;
                device.run(&prepared, times)?;
                for (name, id) in &program.outputs {
                    places.push((name.clone(), *id, prepared.output(name).map(Memory::Cpu)));
                }
            }
            Device::Gpu(device) => {
                let of = |name: &str| match memory.get(name) {
                    Some(Memory::Gpu(buffer)) => Some(buffer.clone()),
                    _ => None,
                };
                let prepared = device.prepare(&plan, &of)?;
                device.run(&prepared, times)?;
                for (name, id) in &program.outputs {
                    places.push((name.clone(), *id, prepared.output(name).map(Memory::Gpu)));
                }
            }
        }
        for update in &program.updates {
            places.push((format!("new {}", update.leaf), update.value, memory.remove(&update.leaf)));
        }
        let mut results = Results::new();
        for (name, id, place) in places {
            let node = program.graph.node(id);
            let place = place.unwrap_or_else(|| panic!("{}: no result {name}", case.name));
            results.insert(name, self.read(&place, node.dtype, &node.shape).await?);
        }
        Ok(results)
    }

    fn memory(&self, dtype: DType, values: &Array) -> tabgrad::error::Result<Memory> {
        let mut bytes: Vec<u8> = match dtype {
            DType::U8 => values.data.iter().map(|x| *x as u8).collect(),
            _ => values.data.iter().flat_map(|x| Value::of(dtype, *x).bits.to_le_bytes()).collect(),
        };
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        Ok(match self {
            Device::Cpu(device) => {
                let buffer = device.buffer(dtype, values.data.len())?;
                device.write(&buffer, 0, &bytes);
                Memory::Cpu(buffer)
            }
            Device::Gpu(device) => {
                let buffer = device.buffer(dtype, values.data.len())?;
                device.write(&buffer, 0, &bytes);
                Memory::Gpu(buffer)
            }
        })
    }

    async fn read(&self, memory: &Memory, dtype: DType, shape: &[usize]) -> tabgrad::error::Result<Array> {
        let len = shape.iter().product::<usize>() * 4;
        let bytes = match (self, memory) {
            (Device::Cpu(device), Memory::Cpu(buffer)) => device.read(buffer, 0, len)?,
            (Device::Gpu(device), Memory::Gpu(buffer)) => device.read(buffer, 0, len).await?,
            _ => unreachable!("memory of the other device"),
        };
        let words = bytes.as_chunks::<4>().0.iter().map(|b| Value { dtype, bits: u32::from_le_bytes(*b) }.as_f64());
        Ok(Array::new(shape, words.collect()))
    }

    /// What is wrong with the device's results of a case after so many runs, if anything; `want` are the right ones.
    pub async fn mistake(&self, case: &Case, options: &Options, times: usize, want: &Results) -> Option<String> {
        match self.run(case, options, times).await {
            Ok(got) => self.difference(case, want, &got),
            Err(error) => Some(format!("{}: {error}", case.name)),
        }
    }

    /// The mistakes in one run of each case.
    pub async fn mistakes(&self, cases: &[Case], options: &Options) -> Vec<String> {
        let mut mistakes = vec![];
        for case in cases {
            mistakes.extend(self.mistake(case, options, 1, &expected(case, 1)).await);
        }
        mistakes
    }

    fn difference(&self, case: &Case, want: &Results, got: &Results) -> Option<String> {
        let on_gpu = matches!(self, Device::Gpu(_));
        for (name, want) in want {
            let got = &got[name];
            let bad: Vec<usize> = (0..want.data.len()).filter(|n| !case.tolerance.allows(want.data[*n], got.data[*n], on_gpu)).collect();
            if let Some(first) = bad.first() {
                let (count, len, at) = (bad.len(), want.data.len(), (want.data[*first], got.data[*first]));
                let text = format!("{}: {name} {:?}: {count} of {len} wrong, the first at {first}: expected {}, got {}", case.name, want.shape, at.0, at.1);
                return Some(text);
            }
        }
        None
    }
}

/// The oracle's results after running so many times.
pub fn expected(case: &Case, times: usize) -> Results {
    let program = &case.program;
    let outputs = program.outputs.iter().cloned();
    let updates = program.updates.iter().map(|u| (format!("new {}", u.leaf), u.value));
    let (names, ids): (Vec<String>, Vec<Id>) = outputs.chain(updates).unzip();
    let mut leaves = case.leaves.clone();
    let mut results = Results::new();
    for _ in 0..times {
        results = names.iter().cloned().zip(oracle::eval(&program.graph, &ids, &leaves)).collect();
        for update in &program.updates {
            let value = results[&format!("new {}", update.leaf)].clone();
            leaves.insert(update.leaf.clone(), value);
        }
    }
    results
}

fn leaves(graph: &Graph) -> BTreeMap<String, (DType, Vec<usize>)> {
    let nodes = (0..graph.len() as u32).map(|n| graph.node(Id(n)));
    nodes.filter_map(|node| if let Op::Leaf(name) = node.op { Some((name, (node.dtype, node.shape))) } else { None }).collect()
}
