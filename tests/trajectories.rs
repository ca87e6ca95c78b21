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
use oracle::Array;
use pollster::block_on;
use serde_json::{Value, json};
use tabgrad::compile::Options;
use tabgrad::nn::Spec;
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
            let (mut trainer, runs) = start(case);
            let name = format!("{} on the {}", trainer.spec.name, device.name());
            let case_on_device = Case { name: name.clone(), program: trainer.program(), leaves: trainer.leaves.clone(), tolerance: EXACT, smooth: false };
            let results = block_on(device.run(&case_on_device, &Options::default(), runs)).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (leaf, value) in results {
                trainer.leaves.insert(leaf.trim_start_matches("new ").to_string(), value);
            }
            compare(&name, &trainer, case, ON_DEVICES);
        }
    }
}

/// A case's network before its first step, and how often the program runs: once for each batch.
fn start(case: &Value) -> (Trainer, usize) {
    let name = case["name"].as_str().expect("a name");
    let mut spec = case["spec"].clone();
    let stateful = spec["layers"].as_array().expect("layers").iter().any(|layer| layer["stateful"] == true);
    spec["data"] = if stateful { json!({ "type": "Text", "name": "" }) } else { json!({ "type": "Table", "x": [], "y": [] }) };
    let spec = Spec::parse(&spec).unwrap_or_else(|error| panic!("{name}: {error}"));
    let batches = case["batches"].as_array().expect("batches");
    let order: Vec<usize> = batches.iter().flat_map(|b| b.as_array().expect("a batch")).map(|n| n.as_u64().expect("a row") as usize).collect();

    let mut trainer = Trainer::new(&spec, array(&case["x"]), array(&case["y"]), &order);
    let params = case["params"].as_object().expect("params");
    // States begin as none.
    let names: Vec<String> = trainer.names().into_iter().filter(|tensor| !tensor.contains(".state_l")).collect();
    assert_eq!(names.len(), params.len(), "{name}: {names:?} against {:?}", params.keys());
    params.iter().for_each(|(tensor, value)| trainer.set(tensor, &array(value)));
    (trainer, batches.len())
}

/// Compares losses, parameters, running statistics and counters after the steps.
fn compare(name: &str, trainer: &Trainer, case: &Value, tolerance: f64) {
    let losses = case["losses"].as_array().expect("losses");
    let found = Array::new(&[losses.len()], trainer.leaves["ring"].data[..losses.len()].to_vec());
    assert_close(&format!("{name}: loss"), &found, &array(&json!({ "shape": [losses.len()], "data": losses })), tolerance);
    for (tensor, value) in case["after"].as_object().expect("after") {
        assert_close(&format!("{name}: {tensor}"), &trainer.get(tensor), &array(value), tolerance);
    }
    let examples = trainer.leaves["order"].data.len();
    assert_eq!(trainer.leaves["counters"].data[..2], [losses.len() as f64, examples as f64], "{name}: counters");
}

fn follow(case: &Value) {
    let (mut trainer, runs) = start(case);
    let name = trainer.spec.name.clone();
    let program = trainer.program();
    for _ in 0..runs {
        trainer.run(&program);
    }
    compare(&name, &trainer, case, TOLERANCE);
    let output = trainer.predict(&array(&case["x"])).remove("output").expect("output");
    assert_close(&format!("{name}: output"), &output, &array(&case["eval_output"]), 4.0 * TOLERANCE);
}
