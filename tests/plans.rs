//! Golden Plans: the compiled training step of each example network, so that a change in kernels, fusion or memory is seen in review.
//! `UPDATE_PLANS=1 cargo test --test plans` writes them anew.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use tabgrad::compile::plan::{BufferKind, Plan};
use tabgrad::compile::{Options, compile};
use tabgrad::dtype::DType;
use tabgrad::nn::{DataLayout, Model, Spec, train};

/// The Plan of a training step on `count` examples.
fn plan(spec: &str, count: usize, y_shape: &[usize], images: bool) -> Plan {
    let spec: Spec = serde_json::from_str(spec).expect("a valid spec");
    let model = Model::new(&spec).expect("a valid model");
    let x = if images { DType::U8 } else { DType::F32 };
    let y = if y_shape.is_empty() { if images { DType::U8 } else { DType::I32 } } else { DType::F32 };
    let scale = images.then_some((0.1307, 0.3081));
    let data = DataLayout { count, x, x_shape: model.input.clone(), y, y_shape: y_shape.to_vec(), stride: None, scale, order_len: count };
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
    golden("first", &plan(spec, 3, &[1], false), 12);
}

/// Proves: the playground's step is the committed Plan, of at most 12 dispatches.
#[test]
fn playground() {
    let spec = include_str!("../www/examples/playground.json");
    golden("playground", &plan(spec, 250, &[1], false), 12);
}

/// Proves: the digits CNN's step is the committed Plan, of at most 40 dispatches.
#[test]
fn digits() {
    let spec = include_str!("../www/examples/digits.json");
    golden("digits", &plan(spec, 60_000, &[], true), 40);
}
