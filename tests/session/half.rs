//! Sessions that train with halves.

use super::helpers::*;
use serde_json::{Value, json};

/// The losses of so many steps on a device, and the session they are from.
fn losses(spec: &Value, device: &str, steps: usize) -> (Vec<f64>, Engine) {
    let engine = engine();
    ask(&engine, json!({ "type": "create", "session": 1, "spec": spec, "device": device })).unwrap();
    let points = train(&engine, steps)["points"].clone();
    let losses: Vec<f64> = points.as_array().unwrap().iter().map(|p| p["loss"].as_f64().unwrap()).collect();
    assert_eq!(losses.len(), steps);
    (losses, engine)
}

fn with(mut spec: Value, precision: &str) -> Value {
    spec["precision"] = json!(precision);
    spec
}

/// Images of one bar, which stands (class 0) or lies (class 1).
fn bars() -> Value {
    let image = |n: usize| (0..64).map(|k| usize::from(if n.is_multiple_of(2) { k % 8 } else { k / 8 } == n / 2)).collect::<Vec<usize>>();
    json!({ "input": [1, 8, 8], "layers": [{ "type": "Conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1 }, { "type": "BatchNorm2d" }, { "type": "ReLU" },
            { "type": "MaxPool2d", "kernel_size": 2 }, { "type": "Conv2d", "out_channels": 8, "kernel_size": 3 }, { "type": "ReLU" }, { "type": "Flatten" },
            { "type": "Linear", "out_features": 2 }],
        "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "Adam", "lr": 0.01 }, "batch_size": 8, "seed": 3,
        "data": { "type": "Table", "x": (0..16).map(image).collect::<Vec<_>>(), "y": (0..16).map(|n| n % 2).collect::<Vec<usize>>() } })
}

/// Sums of two digits, read from left to right by a small language model's layers.
fn sums() -> Value {
    let (a, b) = (|n: usize| n % 8, |n: usize| n / 8);
    json!({ "input": [2], "layers": [{ "type": "Embedding", "num_embeddings": 8, "embedding_dim": 16 }, { "type": "PositionalEmbedding" },
            { "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 32, "dropout": 0.0, "activation": "gelu", "norm_first": true },
            { "type": "LSTM", "hidden_size": 12 }, { "type": "Flatten" }, { "type": "Linear", "out_features": 15 }],
        "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "AdamW", "lr": 0.01 }, "batch_size": 16, "seed": 1,
        "data": { "type": "Table", "x": (0..64).map(|n| [a(n), b(n)]).collect::<Vec<_>>(), "y": (0..64).map(|n| a(n) + b(n)).collect::<Vec<usize>>() } })
}

fn furthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Proves: a convolutional network and one with attention and a recurrence learn with halves as with f32, on both devices alike.
#[test]
fn trains_as_with_f32() {
    for (spec, steps) in [(bars(), 60), (sums(), 60)] {
        let (want, _) = losses(&with(spec.clone(), "f32"), "cpu", steps);
        let halves = ["cpu", "webgpu"].map(|device| losses(&with(spec.clone(), "f16"), device, steps).0);
        assert!(want[steps - 1] < 0.6 * want[0], "{want:?}");
        for (losses, device) in halves.iter().zip(["CPU", "GPU"]) {
            let far = furthest(losses, &want);
            assert!(far > 0.0 && far < 0.03, "on the {device} {far}: {losses:?} instead of {want:?}");
        }
        let far = furthest(&halves[0], &halves[1]);
        assert!(far < 0.03, "the devices differ by {far}: {halves:?}");
    }
}

/// Proves: where gradients overflow the scale falls until they do not, no step is lost, and training goes on; the scale is saved, loaded, and kept when the
/// experiment changes.
#[test]
fn the_scale_is_found_and_saved() {
    let mut spec = with(linear(), "f16");
    spec["data"]["y"] = json!([0, 100, 200, 300]);
    spec["optimizer"]["lr"] = json!(0.3);
    let (losses, engine) = losses(&spec, "cpu", 40);
    let [scale, good, left_out] = read(&engine, "scaler").try_into().unwrap();
    assert!(scale < 65536.0 && left_out > 0.0 && good + left_out == 40.0, "scale {scale}, good {good}, left out {left_out}");
    assert!(losses[39] < 0.1 * losses[0], "{losses:?}");

    let other = super::helpers::engine();
    load(&other, &save(&engine)).unwrap();
    assert_eq!(read(&other, "scaler"), [scale, good, left_out]);
    assert_eq!(train(&other, 3)["points"], train(&engine, 3)["points"]);
    let now = read(&engine, "scaler");
    spec["batch_size"] = json!(2);
    ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap();
    assert_eq!(read(&engine, "scaler"), now);
    // And with f32 there is none.
    ask(&engine, json!({ "type": "set", "session": 1, "spec": with(spec.clone(), "f32") })).unwrap();
    assert!(ask(&engine, json!({ "type": "read", "session": 1, "name": "scaler" })).is_err());
    let back = ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap();
    assert_eq!(read(&engine, "scaler"), [65536.0, 0.0, 0.0], "{back}");
}
