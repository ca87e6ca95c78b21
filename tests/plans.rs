//! Golden Plans: the compiled training step of each example network, so that a change in kernels, fusion or memory is seen in review.
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

/// Proves: a small GPT's step is the committed Plan, of at most 120 dispatches.
#[test]
fn gpt() {
    let block =
        r#"{ "type": "TransformerEncoderLayer", "nhead": 4, "dim_feedforward": 512, "dropout": 0, "activation": "gelu", "norm_first": true, "causal": true }"#;
    let spec = format!(
        r#"{{ "input": [64], "layers": [{{ "type": "Embedding", "num_embeddings": 64, "embedding_dim": 128 }}, {{ "type": "PositionalEmbedding" }},
            {block}, {block}, {block}, {block}, {{ "type": "LayerNorm" }}, {{ "type": "Linear", "out_features": 64 }}],
            "loss": {{ "type": "CrossEntropyLoss" }}, "optimizer": {{ "type": "AdamW" }}, "batch_size": 8, "data": {{ "type": "Text", "name": "text" }} }}"#
    );
    golden("gpt", &plan(&spec, 1000, DType::I32, DType::I32), 120);
}
