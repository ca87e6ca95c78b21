//! Whole training runs against PyTorch: every layer, loss, optimiser and schedule. Graphs, gradients and formulas are judged apart from compiler and backends,
//! by the f64 oracle. Imports the crate, the oracle and the trainer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod oracle;
mod trainer;

use oracle::Array;
use serde_json::{Value, json};
use tabgrad::nn::Spec;
use trainer::{Trainer, array, assert_close, fixture};

/// PyTorch computed in f64 and stored f32, which is exact to 6e-8; the graph's constants are f32, too.
const TOLERANCE: f64 = 5e-7;

/// Proves: ten steps of every case give PyTorch's losses, parameters, running statistics and outputs.
#[test]
fn as_pytorch() {
    let file = fixture("trajectories.json");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() > 70, "only {} cases", cases.len());
    for case in cases {
        follow(case);
    }
}

fn follow(case: &Value) {
    let name = case["name"].as_str().expect("a name");
    let (x, y) = (array(&case["x"]), array(&case["y"]));
    let mut spec = case["spec"].clone();
    spec["data"] = json!({ "type": "Table", "x": [], "y": [] });
    let spec = Spec::parse(&spec).unwrap_or_else(|error| panic!("{name}: {error}"));
    let batches = case["batches"].as_array().expect("batches");
    let order: Vec<usize> = batches.iter().flat_map(|b| b.as_array().expect("a batch")).map(|n| n.as_u64().expect("a row") as usize).collect();

    let mut trainer = Trainer::new(&spec, x.clone(), y, &order);
    let params = case["params"].as_object().expect("params");
    assert_eq!(trainer.names().len(), params.len(), "{name}: {:?} against {:?}", trainer.names(), params.keys());
    params.iter().for_each(|(tensor, value)| trainer.set(tensor, &array(value)));
    let program = trainer.program();
    for _ in batches {
        trainer.run(&program);
    }
    let losses = Array::new(&[batches.len()], trainer.leaves["ring.loss"].data[..batches.len()].to_vec());
    assert_close(&format!("{name}: loss"), &losses, &array(&json!({ "shape": [batches.len()], "data": case["losses"] })), TOLERANCE);
    for (tensor, value) in case["after"].as_object().expect("after") {
        assert_close(&format!("{name}: {tensor}"), &trainer.get(tensor), &array(value), TOLERANCE);
    }
    let output = trainer.predict(&x).remove("output").expect("output");
    assert_close(&format!("{name}: output"), &output, &array(&case["eval_output"]), 4.0 * TOLERANCE);
    assert_eq!(trainer.leaves["counters"].data[..2], [batches.len() as f64, order.len() as f64], "{name}: counters");
}
