//! Operations: both backends against the oracle. Imports the crate, the oracle, the cases and the devices.

mod cases;
mod devices;
mod oracle;

use cases::Case;
use devices::Device;
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
    let device = Device::cpu();
    check(&device, &cases::all(), &Options::default());
    check(&device, &cases::all(), &Options { fuse: false, ..Options::default() });
}

/// Proves: the CPU computes the gradients of every case as the oracle does.
#[test]
fn cpu_gradients() {
    check(&Device::cpu(), &gradients(), &Options::default());
}

/// Proves: the CPU computes cases of many elements, rows, batches and tiles.
#[test]
fn cpu_large() {
    check(&Device::cpu(), &cases::large(), &Options::default());
}

/// Proves: the GPU computes every case as the oracle does.
#[test]
fn gpu_operations() {
    check(&block_on(Device::gpu()), &cases::all(), &Options::default());
}

/// Proves: the GPU computes the gradients of every case as the oracle does.
#[test]
fn gpu_gradients() {
    check(&block_on(Device::gpu()), &gradients(), &Options::default());
}

/// Proves: the GPU computes cases beyond what one dimension of a dispatch holds.
#[test]
fn gpu_large() {
    check(&block_on(Device::gpu()), &cases::large(), &Options::default());
}

fn gradients() -> Vec<Case> {
    cases::all().iter().filter_map(cases::gradients).collect()
}

fn check(device: &Device, cases: &[Case], options: &Options) {
    let wrong: Vec<String> = cases.iter().filter_map(|case| block_on(device.mistake(case, options, 1))).collect();
    assert!(wrong.is_empty(), "{} of {} cases fail on the {}:\n{}", wrong.len(), cases.len(), device.name(), wrong.join("\n"));
}
