//! Bad input: each a named error, and nothing lost.

use super::helpers::*;
use serde_json::{Value, json};

/// Proves: mistakes in the experiment and its data are refused at create with code and place, and the session of that number lives on.
#[test]
fn create_refuses_and_the_old_session_lives() {
    let engine = engine();
    create(&engine, &linear());
    train(&engine, 3);
    let with = |path: &str, value: Value| {
        let mut spec = linear();
        *spec.pointer_mut(path).unwrap() = value;
        spec
    };
    for (spec, code, at) in [
        (with("/layers/0/type", json!("Liner")), "spec", "layers[0]"),
        (with("/batch_size", json!(5)), "spec", "batch_size"),
        (with("/batch_size", json!(0)), "spec", "batch_size"),
        (with("/data/x/3", json!([1, null])), "data", "data.x[3][1]"),
        (with("/data/y/2", json!(null)), "data", "data.y[2]"),
        (with("/data/x", json!([])), "data", "data.x"),
        (with("/data/y", json!([0, 1, 2])), "data", "data.y"),
        (with("/data/y/1", json!([1, 2])), "data", "data.y[1]"),
        (with("/loss/type", json!("BCEWithLogitsLoss")), "data", "data.y"),
        (image_spec(), "data", "data"),
        (json!(7), "spec", ""),
    ] {
        let result = ask(&engine, json!({ "type": "create", "session": 1, "spec": spec, "device": "cpu" }));
        let (found, place, message) = refusal(result);
        assert_eq!((found.as_str(), place.as_str()), (code, at), "{message}");
        assert_eq!(step(&engine), 3, "after: {message}");
    }
}

/// Proves: image files that do not fit are refused with the file at fault.
#[test]
fn image_files() {
    let engine = engine();
    let opened = |train: Value, test: Value| {
        ask(&engine, json!({ "type": "create", "session": 1, "spec": image_spec(), "device": "cpu", "train": train, "test": test }))
    };
    let mut short = images(20, 0);
    short["images"].as_array_mut().unwrap().pop();
    let mut label = images(20, 0);
    label["labels"][4] = json!(3);
    assert_eq!(refusal(opened(short, images(5, 1))).1, "data.train");
    assert_eq!(refusal(opened(images(20, 0), label)).1, "data.test");
    assert_eq!(refusal(opened(images(20, 0), images(0, 1))).1, "data.test");
    assert_eq!(refusal(opened(images(15, 0), images(5, 1))).1, "batch_size");
    assert_eq!(opened(images(20, 0), images(5, 1)).unwrap()["test_count"], 5);
}

/// Proves: messages that ask for what is not there are refused, each with its code.
#[test]
fn messages() {
    let engine = engine();
    create(&engine, &linear());
    for (message, code) in [
        (json!({ "type": "train", "session": 2, "steps": 1 }), "session"),
        (json!({ "type": "train", "session": 1 }), "protocol"),
        (json!({ "type": "read", "session": 1, "name": "1.weight" }), "session"),
        (json!({ "type": "write", "session": 1, "name": "0.weight", "data": [1] }), "data"),
        (json!({ "type": "write", "session": 1, "name": "counters", "data": [0, 0, 0, 0] }), "data"),
        (json!({ "type": "data", "session": 1, "split": "train", "start": 3, "count": 2 }), "data"),
        (json!({ "type": "data", "session": 1, "split": "train", "start": 0, "count": u32::MAX }), "data"),
        (json!({ "type": "evaluate", "session": 1, "split": "test", "start": 2, "count": 3 }), "data"),
        (json!({ "type": "predict", "session": 1, "inputs": [1, 2, 3], "count": 2 }), "data"),
        (json!({ "type": "predict", "session": 1, "inputs": [], "count": 0 }), "data"),
        (json!({ "type": "trace", "session": 1, "start": 0, "count": 0 }), "data"),
        (json!({ "type": "trace", "session": 1, "start": 3, "count": 2 }), "data"),
    ] {
        assert_eq!(refusal(ask(&engine, message.clone())).0, code, "{message}");
    }
    ask(&engine, json!({ "type": "close", "session": 1 })).unwrap();
    assert_eq!(refusal(ask(&engine, json!({ "type": "tensors", "session": 1 }))).0, "session");
}

/// Proves: a number that is not finite stops training at its step, with the steps before it reported and the first tensor that had it named; and once its
/// cause is gone, training goes on from there.
#[test]
fn non_finite() {
    let engine = engine();
    create(&engine, &linear());
    train(&engine, 5);
    let good = read(&engine, "0.weight");
    write(&engine, "0.weight", &json!([3e38, 3e38]));
    for _ in 0..2 {
        let stopped = train(&engine, 300);
        assert_eq!((&stopped["status"], &stopped["steps_done"], &stopped["step"]), (&json!("non_finite"), &json!(0), &json!(5)));
        assert_eq!(stopped["problem"], json!({ "tensor": "0.output", "step": 5 }));
        assert_eq!(stopped["points"], json!([]));
    }
    write(&engine, "0.weight", &json!(good));
    let resumed = train(&engine, 10);
    assert_eq!((&resumed["status"], &resumed["step"]), (&json!("running"), &json!(15)));
    assert_eq!(resumed["points"].as_array().unwrap().len(), 10);
}

/// Proves: a step that would carry the parameters out of range is not done and names them; with a learning rate that does not, training goes on from there.
#[test]
fn step_out_of_range() {
    let engine = engine();
    let mut spec = linear();
    spec["optimizer"]["lr"] = json!(1e38);
    create(&engine, &spec);
    let before = (read(&engine, "0.weight"), read(&engine, "0.bias"));
    let stopped = train(&engine, 10);
    assert_eq!((&stopped["status"], &stopped["step"]), (&json!("non_finite"), &json!(0)));
    assert_eq!(stopped["problem"]["step"], 0);
    assert!(stopped["problem"]["tensor"].as_str().unwrap().contains("0."), "{}", stopped["problem"]);
    assert_eq!((read(&engine, "0.weight"), read(&engine, "0.bias")), before);
    spec["optimizer"]["lr"] = json!(0.1);
    assert_eq!(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap()["kept"], true);
    let resumed = train(&engine, 10);
    assert_eq!((&resumed["status"], &resumed["step"]), (&json!("running"), &json!(10)));
}

/// Proves: what no memory holds, counts that overflow, and data that belongs to another experiment are refused before anything is lost.
#[test]
fn too_much() {
    let engine = engine();
    create(&engine, &linear());
    let mut wide = linear();
    let tanh = || json!({ "type": "Tanh" });
    wide["layers"] = json!([{ "type": "Linear", "out_features": 16_000_000 }, tanh(), tanh(), tanh(), { "type": "Linear", "out_features": 1 }]);
    wide["optimizer"] = json!({ "type": "Adam" });
    let (code, _, message) = refusal(ask(&engine, json!({ "type": "create", "session": 1, "spec": wide, "device": "cpu" })));
    assert!(code == "device" && message.contains("training takes about"), "{code}: {message}");
    let (_, _, message) = refusal(ask(&engine, json!({ "type": "predict", "session": 1, "inputs": [], "count": 2_147_483_648u32 })));
    assert!(message.contains("2147483648 inputs"), "{message}");
    let mut points = stateful();
    points["data"]["samples"] = json!(16_000_000);
    assert_eq!(refusal(ask(&engine, json!({ "type": "check", "spec": points }))).1, "data.samples");
    let (code, _, message) = refusal(ask(&engine, json!({ "type": "set", "session": 1, "spec": image_spec() })));
    assert!(code == "data" && message.contains("images are missing"), "{code}: {message}");
    let (_, _, message) = refusal(ask(&engine, json!({ "type": "train", "session": 1, "budget_ms": null })));
    assert!(message.contains("how long"), "{message}");
    assert_eq!(train(&engine, 1)["step"], 1, "the session goes on");
}

/// Proves: with more classes than a table could show there is none, and evaluating works all the same.
#[test]
fn many_classes() {
    let engine = engine();
    let mut spec = stateful();
    spec["layers"] = json!([{ "type": "Linear", "out_features": 2000 }]);
    create(&engine, &spec);
    let reply = ask(&engine, json!({ "type": "evaluate", "session": 1, "split": "test", "details": true })).unwrap();
    assert!(reply["loss"].as_f64().unwrap() > 5.0 && reply.get("confusion").is_none(), "{reply}");
}

/// Proves: a learning rate that is too high ends in a stop whose step follows the last loss reported.
#[test]
fn divergence() {
    let engine = engine();
    let mut spec = linear();
    spec["optimizer"]["lr"] = json!(100.0);
    create(&engine, &spec);
    let stopped = train(&engine, 1000);
    assert_eq!(stopped["status"], "non_finite");
    let points = stopped["points"].as_array().unwrap();
    let step = stopped["problem"]["step"].as_u64().unwrap() as usize;
    assert!(step > 3 && step < 100, "{step}");
    assert_eq!((points.len(), &stopped["step"]), (step, &json!(step)));
    assert!(points.iter().all(|p| p["loss"].as_f64().is_some_and(f64::is_finite)));
}
