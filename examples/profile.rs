//! Where a training step's time goes: each dispatch of an experiment's Plan run by itself on the CPU, natively with 128-bit vectors as in wasm.
//!
//!   cargo run --release --example profile -- SPEC.json [EXAMPLES]      (`./build.sh bench profile` does so for the specs of tests/plans/)
//!
//! Milliseconds per step, share, arithmetic (two operations for each term of a contraction) and memory (each buffer's elements that a kernel uses, once) per
//! second. Kernels of a loop are run for all of its steps. The numbers that kernels compute with are not those of training: every leaf is filled with ones.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Instant;
use tabgrad::compile::plan::{Body, Buffer, BufferKind, Dispatch, Kernel, Loop, Plan};
use tabgrad::compile::{Options, compile};
use tabgrad::cpu;
use tabgrad::dtype::DType;
use tabgrad::error::{Error, Result};
use tabgrad::nn::{Data, DataLayout, Model, Spec, train};

/// A dispatch is run for this long.
const SECONDS: f64 = 0.15;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: profile SPEC.json [EXAMPLES]")?;
    let spec: Spec = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let count = args.next().map_or(Ok(spec.batch_size), |n| n.parse())?;
    profile(&spec, count).map_err(|error| error.to_string())?;
    Ok(())
}

fn profile(spec: &Spec, count: usize) -> Result<()> {
    let model = Model::new(spec)?;
    let pixels = matches!(spec.data, Data::Images(_));
    let x = if pixels { DType::U8 } else { DType::F32 };
    let y = if spec.loss.takes_classes() { DType::I32 } else { DType::F32 };
    let (x_shape, y_shape) = (model.input.clone(), spec.loss.target_shape(&model.output).to_vec());
    let layout = DataLayout { count, x, x_shape, y, y_shape, stride: None, scale: pixels.then_some((0.0, 1.0)), order_len: count };
    let plan = compile(&train(spec, &model, &layout)?, &Options { max_bindings: cpu::MAX_BINDINGS, ..Options::default() })?;
    let device = cpu::Device::new();
    let memory: Vec<cpu::Buffer> = plan.buffers.iter().map(|buffer| filled(&device, buffer)).collect::<Result<_>>()?;

    let mut rows = vec![];
    for (range, repeat) in plan.stretches() {
        for dispatch in &plan.dispatches[range] {
            rows.push((time(&device, &plan, &memory, dispatch, repeat)?, dispatch));
        }
    }
    let total: f64 = rows.iter().map(|(ms, _)| ms).sum();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("      ms  share  GFLOP/s    GB/s");
    for (ms, dispatch) in rows {
        let flops: f64 = dispatch.kernels.iter().map(Kernel::flops).sum();
        let bytes: f64 = dispatch.kernels.iter().map(|kernel| plan.bytes(kernel)).sum();
        let rate = |amount: f64| amount / ms / 1e6;
        let names: Vec<String> = dispatch.kernels.iter().map(|k| format!("{} {} {:?}", kind(k), k.name, k.dims)).collect();
        println!("{ms:8.3} {:5.1}% {:8.1} {:7.1}  {}", 100.0 * ms / total, rate(flops), rate(bytes), names.join(", "));
    }
    println!("{total:8.3} ms in all");
    Ok(())
}

/// Memory of a buffer's size, full of ones.
fn filled(device: &cpu::Device, buffer: &Buffer) -> Result<cpu::Buffer> {
    let one = match buffer.dtype {
        DType::F32 | DType::F16 => 1f32.to_bits().to_le_bytes(),
        DType::U8 => [1; 4],
        DType::I32 | DType::U32 | DType::Bool => 1u32.to_le_bytes(),
    };
    let memory = device.buffer(buffer.dtype, buffer.len)?;
    device.write(&memory, 0, &one.repeat(buffer.dtype.bytes(buffer.len) / 4));
    Ok(memory)
}

/// Milliseconds that a dispatch takes, alone in a plan whose buffers all lie outside.
fn time(device: &cpu::Device, plan: &Plan, memory: &[cpu::Buffer], dispatch: &Dispatch, repeat: Option<&Loop>) -> Result<f64> {
    let outside = |(n, buffer): (usize, &Buffer)| Buffer { kind: BufferKind::Leaf(n.to_string()), ..buffer.clone() };
    let loops = repeat.map(|l| Loop { dispatches: 0..1, ..l.clone() }).into_iter().collect();
    let alone = Plan { buffers: plan.buffers.iter().enumerate().map(outside).collect(), dispatches: vec![dispatch.clone()], loops };
    let program = device.prepare(&alone, &|name| memory.get(name.parse::<usize>().ok()?).cloned())?;
    device.run(&program, 1)?;
    let (start, mut runs) = (Instant::now(), 0);
    while start.elapsed().as_secs_f64() < SECONDS {
        device.run(&program, 1)?;
        runs += 1;
    }
    match runs {
        0 => Err(Error::device("the clock stands still")),
        _ => Ok(start.elapsed().as_secs_f64() * 1000.0 / runs as f64),
    }
}

fn kind(kernel: &Kernel) -> &'static str {
    match &kernel.body {
        Body::Row { phases, .. } if phases.is_empty() => "map",
        Body::Row { .. } => "row",
        Body::Contract { .. } => "contract",
    }
}
