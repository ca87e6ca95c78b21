//! Operations: both backends against the oracle. Imports the crate, the oracle, the cases and the devices.
#![cfg(not(target_arch = "wasm32"))]

mod cases;
mod devices;
mod oracle;

use cases::Case;
use devices::{Device, expected};
use pollster::block_on;
use tabgrad::compile::Options;

/// Proves: the oracle's own generator and error function are right.
#[test]
fn oracle_known_answers() {
    oracle::scalar::check_known_answers();
}

/// Proves: the CPU computes every case as the oracle does, fused and operation by operation.
#[test]
fn cpu_operations() {
    check(&Device::cpu(), &cases::all(), &Options::default());
    check(&Device::cpu(), &cases::all(), &Options { fuse: false, ..Options::default() });
}

/// Proves: the CPU computes the gradients of every case as the oracle does.
#[test]
fn cpu_gradients() {
    check(&Device::cpu(), &cases::all_gradients(), &Options::default());
}

/// Proves: the GPU computes every case as the oracle does.
#[test]
fn gpu_operations() {
    check(&block_on(Device::gpu()), &cases::all(), &Options::default());
}

/// Proves: the GPU computes the gradients of every case as the oracle does.
#[test]
fn gpu_gradients() {
    check(&block_on(Device::gpu()), &cases::all_gradients(), &Options::default());
}

/// Proves: the GPU computes reductions where many threads share a row, which join their results by subgroups or in workgroup memory.
#[test]
fn gpu_shared_rows() {
    [true, false].into_iter().for_each(|subgroups| check(&block_on(Device::gpu_with_shared_rows(subgroups)), &cases::rows(), &Options::default()));
}

/// Proves: both compute cases of more elements, rows, batches and tiles than one dimension of a dispatch holds.
#[test]
fn large_operations() {
    let devices = [Device::cpu(), block_on(Device::gpu())];
    for case in cases::large() {
        let want = expected(&case, 1);
        for device in &devices {
            let mistake = block_on(device.mistake(&case, &Options::default(), 1, &want));
            assert!(mistake.is_none(), "on the {}: {mistake:?}", device.name());
        }
    }
}

/// Proves: the mean of nothing, and the variance of no more numbers than its correction, are NaN as in PyTorch: by the oracle and on both.
#[test]
fn statistics_of_too_few() {
    let devices = [Device::cpu(), block_on(Device::gpu())];
    for case in cases::reduce::of_too_few() {
        let want = expected(&case, 1);
        assert!(want["0"].data.iter().all(|x| x.is_nan()) && !want["0"].data.is_empty(), "{}: {:?}", case.name, want["0"].data);
        for device in &devices {
            let mistake = block_on(device.mistake(&case, &Options::default(), 1, &want));
            assert!(mistake.is_none(), "on the {}: {mistake:?}", device.name());
        }
    }
}

fn check(device: &Device, cases: &[Case], options: &Options) {
    let wrong = block_on(device.mistakes(cases, options));
    assert!(wrong.is_empty(), "{} of {} cases fail on the {}:\n{}", wrong.len(), cases.len(), device.name(), wrong.join("\n"));
}
