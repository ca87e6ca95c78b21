//! Runs a plan on the GPU under several tunings, or on the CPU, and compares what it leaves behind with the interpreter's.

use super::interpreter::{Memory, interpret};
use super::maker::Maker;
use pollster::block_on;
use tabgrad::compile::plan::*;
use tabgrad::cpu;
use tabgrad::dtype::{DType, Value};
use tabgrad::gpu::{Device, Request, Tuning};

pub fn device(tuning: Tuning) -> Device {
    block_on(Device::new(Request { tuning: Some(tuning), ..Default::default() })).expect("these tests need a GPU adapter, for instance Mesa's lavapipe")
}

/// As many threads to a row as there are elements, each tile of both schemes alone, and the two presets.
pub fn tunings() -> Vec<Tuning> {
    let only = |base: Tuning, n: usize| Tuning { tiles: &base.tiles[n..n + 1], ..base };
    let lanes = Tuning { lane_elements: 1, busy_threads: usize::MAX, ..Tuning::HARDWARE };
    let software = (0..Tuning::SOFTWARE.tiles.len()).map(|n| only(Tuning::SOFTWARE, n));
    let hardware = (0..Tuning::HARDWARE.tiles.len()).map(|n| only(lanes, n));
    [Tuning::SOFTWARE, Tuning::HARDWARE].into_iter().chain(software).chain(hardware).collect()
}

/// The presets and the extremes, for kernels other than contractions, with subgroups and without.
pub fn row_tunings() -> Vec<Tuning> {
    let shared = |threads| Tuning { threads, lane_elements: 1, busy_threads: usize::MAX, ..Tuning::HARDWARE };
    let all = [Tuning::SOFTWARE, Tuning::HARDWARE, shared(256), shared(64), shared(2), Tuning { lane_elements: usize::MAX / 1024, ..Tuning::HARDWARE }];
    all.into_iter().flat_map(|tuning| [true, false].map(|subgroups| Tuning { subgroups, ..tuning })).collect()
}

pub fn bytes(dtype: DType, words: &[u32]) -> Vec<u8> {
    match dtype {
        DType::U8 => {
            let mut bytes: Vec<u8> = words.iter().map(|w| *w as u8).collect();
            bytes.resize(dtype.bytes(words.len()), 0);
            bytes
        }
        _ => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
    }
}

pub fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
}

pub fn leaves(device: &Device, maker: &Maker) -> Vec<(String, tabgrad::gpu::Buffer)> {
    let leaf = |(buffer, data): (&Buffer, &Vec<u32>)| match &buffer.kind {
        BufferKind::Leaf(name) => {
            let leaf = device.buffer(buffer.dtype, buffer.len).unwrap();
            device.write(&leaf, 0, &bytes(buffer.dtype, data));
            Some((name.clone(), leaf))
        }
        BufferKind::Output(_) | BufferKind::Temp => None,
    };
    maker.plan.buffers.iter().zip(&maker.memory).filter_map(leaf).collect()
}

pub fn find(leaves: &[(String, tabgrad::gpu::Buffer)]) -> impl Fn(&str) -> Option<tabgrad::gpu::Buffer> {
    move |name| leaves.iter().find(|(n, _)| n == name).map(|(_, b)| b.clone())
}

/// What the plan's buffers hold after so many runs.
pub fn expected(maker: &Maker, times: usize) -> Memory {
    let mut memory = maker.memory.clone();
    (0..times).for_each(|_| interpret(&maker.plan, &mut memory));
    memory
}

/// Runs the plan `times` times under each tuning and compares all leaves and outputs with the interpreter's.
pub fn compare_on(maker: &Maker, tunings: Vec<Tuning>, times: usize) {
    let expected = expected(maker, times);
    tunings.into_iter().for_each(|t| check(maker, &expected, &device(t), times));
}

pub fn check(maker: &Maker, expected: &Memory, device: &Device, times: usize) {
    let leaves = leaves(device, maker);
    let program = device.prepare(&maker.plan, &find(&leaves)).unwrap();
    device.run(&program, times).unwrap();
    for (buffer, expected) in maker.plan.buffers.iter().zip(expected) {
        let (name, handle) = match &buffer.kind {
            BufferKind::Leaf(name) => (name, find(&leaves)(name).unwrap()),
            BufferKind::Output(name) => (name, program.output(name).unwrap()),
            BufferKind::Temp => continue,
        };
        if buffer.dtype != DType::U8 {
            let got = words(&block_on(device.read(&handle, 0, buffer.dtype.bytes(buffer.len))).unwrap());
            agree(name, buffer.dtype, &got, expected, &maker.plan);
        }
    }
}

/// Runs the plan `times` times on the CPU and compares all leaves and outputs with the interpreter's.
pub fn check_on_cpu(maker: &Maker, times: usize) {
    let device = cpu::Device::new();
    let mut leaves = vec![];
    for (buffer, data) in maker.plan.buffers.iter().zip(&maker.memory) {
        if let BufferKind::Leaf(name) = &buffer.kind {
            let leaf = device.buffer(buffer.dtype, buffer.len).unwrap();
            device.write(&leaf, 0, &bytes(buffer.dtype, data));
            leaves.push((name, leaf));
        }
    }
    let find = |wanted: &str| leaves.iter().find(|(name, _)| *name == wanted).map(|(_, leaf)| leaf.clone());
    let program = device.prepare(&maker.plan, &find).unwrap();
    device.run(&program, times).unwrap();
    for (buffer, expected) in maker.plan.buffers.iter().zip(&expected(maker, times)) {
        let (name, handle) = match &buffer.kind {
            BufferKind::Leaf(name) => (name, find(name)),
            BufferKind::Output(name) => (name, program.output(name)),
            BufferKind::Temp => continue,
        };
        let got = words(&device.read(&handle.unwrap(), 0, buffer.dtype.bytes(buffer.len)).unwrap());
        agree(name, buffer.dtype, &got, expected, &maker.plan);
    }
}

/// Asserts that the words of a buffer are those expected, floats up to rounding.
fn agree(name: &str, dtype: DType, got: &[u32], expected: &[u32], plan: &Plan) {
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        let same = match dtype {
            DType::F32 => close(f32::from_bits(*got), f32::from_bits(*expected)),
            _ => got == expected,
        };
        let show = |bits: u32| Value { dtype, bits };
        assert!(same, "{name}[{n}] is {:?}, expected {:?}\n{plan}", show(*got), show(*expected));
    }
}

fn close(got: f32, expected: f32) -> bool {
    if expected.is_finite() {
        (got - expected).abs() <= 2e-5 * expected.abs().max(1.0)
    } else {
        got.is_nan() == expected.is_nan() && (got.is_nan() || got == expected)
    }
}

pub fn compare(maker: &Maker) {
    compare_on(maker, row_tunings(), 1);
}

pub fn compare_tiles(maker: &Maker) {
    compare_on(maker, tunings(), 1);
}
