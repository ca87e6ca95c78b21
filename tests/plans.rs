//! Golden Plans: the compiled training step of each example network and of the benchmark's, so that a change in kernels, fusion or memory is seen in review.
//! `UPDATE_PLANS=1 cargo test --test plans` writes them anew.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use tabgrad::compile::plan::{BufferKind, Plan};
use tabgrad::compile::{Options, compile};
use tabgrad::dtype::DType;
use tabgrad::nn::{DataLayout, Model, Spec, train};

/// The Plan of a training step on `count` examples, whose inputs and targets are of these types.
fn plan(spec: &str, count: usize, x: DType, y: DType) -> Plan {
    let spec: Spec = serde_json::from_str(spec).expect("a valid spec");
    let model = Model::new(&spec).expect("a valid model");
    let (x_shape, y_shape) = (model.input.clone(), spec.loss.target_shape(&model.output).to_vec());
    let scale = (x == DType::U8).then_some((0.1307, 0.3081));
    let data = DataLayout { count, x, x_shape, y, y_shape, stride: None, scale, order_len: count };
    compile(&train(&spec, &model, &data).expect("a program"), &Options::default()).expect("a plan")
}

/// Compares with the committed text.
fn golden(name: &str, plan: &Plan, most_dispatches: usize) {
    let kernels: usize = plan.dispatches.iter().map(|d| d.kernels.len()).sum();
    let temp: usize = plan.buffers.iter().filter(|b| b.kind == BufferKind::Temp).map(|b| b.dtype.bytes(b.len)).sum();
    let text = format!("{} dispatches, {kernels} kernels, {temp} bytes of scratch\n{plan}", plan.dispatches.len());
    let path = format!("{}/tests/plans/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_PLANS").is_some() {
        fs::write(&path, &text).expect("the plan can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let line = known.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(known == text, "{path} differs (first at line {:?}); UPDATE_PLANS=1 writes it anew", line.map(|n| n + 1));
    assert!(plan.dispatches.len() <= most_dispatches, "{name}: {} dispatches", plan.dispatches.len());
}

/// Proves: the first network's step is the committed Plan, of at most 12 dispatches.
#[test]
fn first_network() {
    let spec = include_str!("../www/examples/first.json");
    golden("first", &plan(spec, 3, DType::F32, DType::F32), 12);
}

/// Proves: the playground's step is the committed Plan, of at most 12 dispatches.
#[test]
fn playground() {
    let spec = include_str!("../www/examples/playground.json");
    golden("playground", &plan(spec, 250, DType::F32, DType::F32), 12);
}

/// Proves: the digits CNN's step is the committed Plan, of at most 40 dispatches.
#[test]
fn digits() {
    let spec = include_str!("../www/examples/digits.json");
    golden("digits", &plan(spec, 60_000, DType::U8, DType::U8), 40);
}

/// Proves: the steps of the benchmark's networks are the committed Plans, of at most so many dispatches. The experiments are those of `bench/workloads.js`, which
/// `tests/scripts/bench.test.mjs` sees to.
#[test]
fn benchmark() {
    let images = |spec| plan(spec, 60_000, DType::U8, DType::U8);
    let text = |spec| plan(spec, 1000, DType::I32, DType::I32);
    golden("W1", &plan(include_str!("plans/specs/W1.json"), 1000, DType::F32, DType::F32), 12);
    golden("W2", &images(include_str!("plans/specs/W2.json")), 16);
    golden("W3", &images(include_str!("plans/specs/W3.json")), 24);
    golden("W4", &images(include_str!("plans/specs/W4.json")), 96);
    golden("W5", &text(include_str!("plans/specs/W5.json")), 26);
    golden("W6", &text(include_str!("plans/specs/W6.json")), 120);
}

/// The same experiment with halves.
fn with_halves(spec: &str) -> String {
    let mut spec: serde_json::Value = serde_json::from_str(spec).expect("JSON");
    spec["precision"] = "f16".into();
    spec.to_string()
}

/// Proves: halves take about half the memory of what layers hand on (that of gradients of parameters and of copies of weights apart), at most this share of it
/// where norms, softmax or pools add what stays f32, and a few dispatches more; the first of the steps is the committed Plan.
#[test]
fn halves() {
    let images = (60_000, DType::U8, DType::U8);
    let text = (1000, DType::I32, DType::I32);
    let all = [
        ("W2", include_str!("plans/specs/W2.json"), images, 0.5),
        ("W3", include_str!("plans/specs/W3.json"), images, 0.6),
        ("W4", include_str!("plans/specs/W4.json"), images, 0.75),
        ("W5", include_str!("plans/specs/W5.json"), text, 1.0),
        ("W6", include_str!("plans/specs/W6.json"), text, 0.75),
    ];
    for (name, spec, (count, x, y), most) in all {
        let (whole, half) = (plan(spec, count, x, y), plan(&with_halves(spec), count, x, y));
        let params = whole.buffers.iter().find(|b| b.kind == BufferKind::Leaf("params".into())).expect("parameters").len;
        let share = (half.temp_bytes() - 6 * params) as f64 / (whole.temp_bytes() - 4 * params) as f64;
        let found = format!("{name}: {share:.3} of {} bytes, {} dispatches instead of {}", whole.temp_bytes(), half.dispatches.len(), whole.dispatches.len());
        assert!(share <= most && half.dispatches.len() <= whole.dispatches.len() * 5 / 4, "{found}");
        if name == "W2" {
            golden("W2-f16", &half, 16);
        }
    }
}
