//! Looking into a session: evaluation, prediction, trace, examples, tensors.

use super::helpers::*;
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{what}: {a} instead of {b}");
    }
}

fn tensor<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|t| t["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}"))
}

/// Proves: the trace of the first network gives PyTorch's values at each place of the step, for each set of examples, and changes nothing.
#[test]
fn trace_as_in_pytorch() {
    let fixture = first_network();
    let engine = engine();
    let mut spec = fixture["spec"].clone();
    spec["optimizer"] = json!({ "type": "SGD", "lr": 0.1 });
    create(&engine, &spec);
    for (name, tensor) in fixture["params"].as_object().unwrap() {
        write(&engine, name, &tensor["data"]);
    }
    for case in fixture["steps"].as_array().unwrap() {
        let examples = case["examples"].as_array().unwrap();
        let trace = ask(&engine, json!({ "type": "trace", "session": 1, "start": examples[0], "count": examples.len() })).unwrap();
        close(&[trace["loss"].as_f64().unwrap()], &[case["loss"].as_f64().unwrap()], "loss");
        for (list, name, expected) in [
            ("forward", "0", &case["forward"]["z1"]),
            ("forward", "1", &case["forward"]["a1"]),
            ("forward", "2", &case["forward"]["z2"]),
            ("gradients", "2.output", &case["gradients"]["dz2"]),
            ("gradients", "1.output", &case["gradients"]["da1"]),
            ("gradients", "0.output", &case["gradients"]["dz1"]),
            ("gradients", "2.weight", &case["gradients"]["dW2"]),
            ("gradients", "0.weight", &case["gradients"]["dW1"]),
            ("gradients", "0.bias", &case["gradients"]["db1"]),
            ("before", "0.weight", &fixture["params"]["0.weight"]),
        ] {
            let found = tensor(&trace[list], name);
            assert_eq!(found["shape"], expected["shape"], "{list} {name}");
            close(&numbers(&found["data"]), &numbers(&expected["data"]), &format!("{list} {name} of {examples:?}"));
        }
        let update = case["updates"].as_array().unwrap().iter().find(|u| u["optimizer"]["type"] == "SGD" && u["optimizer"]["lr"] == 0.1).unwrap();
        for (name, expected) in update["params"].as_object().unwrap() {
            close(&numbers(&tensor(&trace["after"], name)["data"]), &numbers(&expected["data"]), name);
            close(&read(&engine, name), &numbers(&fixture["params"][name]["data"]), "the session's own");
        }
    }
    assert_eq!(step(&engine), 0);
}

/// Proves: over more examples than one run takes, loss, accuracy, confusion and the worst mistakes are those computed from the predictions one by one, also of a
/// part of the examples; and pixels are normalised alike in both.
#[test]
fn evaluation_meets_prediction() {
    let engine = engine();
    let (train_images, test_images) = (images(40, 0), images(1500, 1));
    ask(&engine, json!({ "type": "create", "session": 1, "spec": image_spec(), "device": "cpu", "train": train_images, "test": test_images })).unwrap();
    train(&engine, 30);
    let pixels: Vec<f64> = numbers(&test_images["images"]).iter().map(|p| p / 255.0).collect();
    let p = numbers(&ask(&engine, json!({ "type": "predict", "session": 1, "inputs": pixels, "count": 1500 })).unwrap()["probabilities"]);
    let labels: Vec<usize> = serde_json::from_value(test_images["labels"].clone()).unwrap();
    let best = |n: usize| (0..3).max_by(|a, b| p[3 * n + a].total_cmp(&p[3 * n + b])).unwrap();
    for range in [0..1500, 1200..1203] {
        let message = json!({ "type": "evaluate", "session": 1, "split": "test", "details": true, "start": range.start, "count": range.len() });
        let reply = ask(&engine, message).unwrap();
        let loss = range.clone().map(|n| -p[3 * n + labels[n]].ln()).sum::<f64>() / range.len() as f64;
        close(&[reply["loss"].as_f64().unwrap()], &[loss], "loss");
        let mut counts = vec![0; 9];
        range.clone().for_each(|n| counts[3 * labels[n] + best(n)] += 1);
        assert_eq!(reply["confusion"]["counts"], json!(counts));
        close(&[reply["accuracy"].as_f64().unwrap()], &[(counts[0] + counts[4] + counts[8]) as f64 / range.len() as f64], "accuracy");
        let worst = reply["worst"].as_array().unwrap();
        let mistakes = range.clone().filter(|n| best(*n) != labels[*n]).count();
        assert_eq!(worst.len(), mistakes.min(24));
        let losses: Vec<f64> = worst.iter().map(|w| w["loss"].as_f64().unwrap()).collect();
        assert!(losses.is_sorted_by(|a, b| a >= b), "{losses:?}");
        for mistake in worst {
            let n = mistake["index"].as_u64().unwrap() as usize;
            assert!(range.contains(&n) && mistake["label"] == labels[n] && mistake["predicted"] == best(n), "{mistake}");
            close(&[mistake["probability"].as_f64().unwrap()], &[p[3 * n + best(n)]], "probability");
        }
    }
}

/// Proves: the features of points are computed by the engine: a prediction from raw points is that of a network fed with the features by hand.
#[test]
fn features_of_points() {
    let spec = |input: Value, data: Value| {
        json!({ "input": input, "layers": [{ "type": "Linear", "out_features": 1 }], "loss": { "type": "MSELoss" },
        "optimizer": { "type": "SGD" }, "batch_size": 1, "data": data })
    };
    let weight = json!([0.5, -1.0, 2.0]);
    let by_engine = engine();
    create(&by_engine, &spec(json!([3]), json!({ "type": "Points", "shape": "plane", "samples": 10, "features": ["x2", "x1^2", "sin(x1)"] })));
    write(&by_engine, "0.weight", &weight);
    write(&by_engine, "0.bias", &json!([0.25]));
    let reply = ask(&by_engine, json!({ "type": "predict", "session": 1, "inputs": [1.5, -2.0, 0.0, 4.0], "count": 2 })).unwrap();
    close(&numbers(&reply["output"]), &[0.25 - 1.0 - 2.25 + 2.0 * 1.5f64.sin(), 0.25 + 2.0], "output");
    assert_eq!((&reply["shape"], reply.get("probabilities")), (&json!([2, 1]), None));
    let seen = ask(&by_engine, json!({ "type": "data", "session": 1, "split": "train", "start": 0, "count": 5 })).unwrap();
    assert_eq!((&seen["shape"], &seen["count"]), (&json!([5, 2]), &json!(5)));
    let (x, y) = (numbers(&seen["x"]), numbers(&seen["y"]));
    let plane: Vec<f64> = x.chunks(2).map(|p| (p[0] + p[1]) / 12.0).collect();
    close(&plane, &y, "the plane's values at the points");
}

/// Each dispatch of a plan has its WGSL, and runs by itself without a change of the network.
fn dispatches(engine: &Engine, plan: &str) {
    let saved = || ask(engine, json!({ "type": "save", "session": 1 })).unwrap()["bytes"].clone();
    let before = saved();
    let ask = |n: usize, measure: bool| ask(engine, json!({ "type": "dispatch", "session": 1, "dispatch": n, "measure": measure }));
    let count = plan.lines().filter(|line| line.starts_with("dispatch ")).count();
    for n in 0..count {
        let (named, measured) = (ask(n, false).unwrap(), ask(n, true).unwrap());
        assert_eq!((&named["wgsl"], &named["ms"]), (&measured["wgsl"], &Value::Null));
        let wgsl = named["wgsl"].as_str().unwrap();
        let kernels = plan
            .split(&format!("dispatch {n}\n"))
            .nth(1)
            .unwrap()
            .lines()
            .take_while(|line| line.starts_with(' '))
            .filter(|line| !line.starts_with("   "))
            .count();
        assert!(wgsl.contains("@compute @workgroup_size(256) fn main") && wgsl.matches("(wg - ").count() == kernels, "{wgsl}");
        assert!((0.0..1e3).contains(&measured["ms"].as_f64().unwrap()), "{measured}");
    }
    assert_eq!(saved(), before);
    let refused = ask(count, true).unwrap_err();
    assert_eq!((&refused["code"], &refused["message"]), (&json!("session"), &json!(format!("there is no dispatch {count}"))));
}

/// Proves: examples are found by their numbers, every tensor listed can be read in its shape, the report and the plan speak of the network, and each dispatch of
/// the plan can be looked at and measured.
#[test]
fn examples_tensors_report() {
    let engine = engine();
    let opened = create(&engine, &stateful());
    assert_eq!((&opened["train_count"], &opened["test_count"], &opened["report"]["params"]), (&json!(52), &json!(52), &json!(32 + 16 + 18)));
    assert!(opened["plan"]["dispatches"].as_u64().unwrap() > 0);
    let some = ask(&engine, json!({ "type": "data", "session": 1, "split": "test", "indices": [3, 0] })).unwrap();
    let first = ask(&engine, json!({ "type": "data", "session": 1, "split": "test", "start": 0, "count": 1 })).unwrap();
    assert_eq!(numbers(&some["x"])[2..], numbers(&first["x"]));
    let tensors = ask(&engine, json!({ "type": "tensors", "session": 1 })).unwrap();
    for tensor in tensors["tensors"].as_array().unwrap() {
        let size: usize = serde_json::from_value::<Vec<usize>>(tensor["shape"].clone()).unwrap().iter().product();
        assert_eq!(read(&engine, tensor["name"].as_str().unwrap()).len(), size, "{tensor}");
    }
    let text = ask(&engine, json!({ "type": "plan", "session": 1 })).unwrap()["text"].as_str().unwrap().to_string();
    assert!(text.contains("leaf params"));
    dispatches(&engine, &text);
    let report = ask(&engine, json!({ "type": "check", "spec": stateful() })).unwrap()["report"].clone();
    assert_eq!(report["layers"], opened["report"]["layers"]);
    let devices = ask(&engine, json!({ "type": "devices" })).unwrap();
    assert_eq!(devices["devices"][1]["kind"], "cpu");
}
