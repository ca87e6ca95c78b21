//! Whole training runs against PyTorch: every layer, loss, optimiser and schedule. Graphs, gradients and formulas are judged apart from compiler and backends,
//! by the f64 oracle, and together with them on both devices. Imports the crate, the oracle, the trainer and the devices.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod cases;
mod devices;
mod oracle;
mod trainer;

use cases::{Case, tolerance::EXACT};
use devices::Device;
use pollster::block_on;
use serde_json::Value;
use tabgrad::compile::Options;
use trainer::{Trainer, array, assert_close, fixture};

/// PyTorch computed in f64 and stored f32, which is exact to 6e-8; the graph's constants are f32, too.
const TOLERANCE: f64 = 5e-7;
/// Of devices, which compute in f32. PyTorch's own f32 run stays within 1e-6.
const ON_DEVICES: f64 = 1e-5;

/// Proves: ten steps of every case give PyTorch's losses, parameters, running statistics and outputs.
#[test]
fn as_pytorch() {
    let file = fixture("trajectories.json");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() > 80, "only {} cases", cases.len());
    for case in cases {
        follow(case);
    }
}

/// Proves: so they do on the CPU and on the GPU, compiled.
#[test]
fn on_devices() {
    let file = fixture("trajectories.json");
    for device in [Device::cpu(), block_on(Device::gpu())] {
        for case in file["cases"].as_array().expect("cases") {
            let (mut trainer, runs) = Trainer::of(case);
            let name = format!("{} on the {}", trainer.spec.name, device.name());
            let case_on_device = Case { name: name.clone(), program: trainer.program(), leaves: trainer.leaves.clone(), tolerance: EXACT, smooth: false };
            let results = block_on(device.run(&case_on_device, &Options::default(), runs)).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (leaf, value) in results {
                trainer.leaves.insert(leaf.trim_start_matches("new ").to_string(), value);
            }
            trainer.compare(&name, case, ON_DEVICES);
        }
    }
}

fn follow(case: &Value) {
    let (mut trainer, runs) = Trainer::of(case);
    let name = trainer.spec.name.clone();
    let program = trainer.program();
    for _ in 0..runs {
        trainer.run(&program);
    }
    trainer.compare(&name, case, TOLERANCE);
    let output = trainer.predict(&array(&case["x"])).remove("output").expect("output");
    assert_close(&format!("{name}: output"), &output, &array(&case["eval_output"]), 4.0 * TOLERANCE);
}
