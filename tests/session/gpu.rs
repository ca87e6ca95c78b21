//! Sessions on the GPU (a software one will do), and what happens when it goes away.

use super::helpers::*;
use serde_json::{Value, json};

fn create_on_gpu(engine: &Engine, spec: &Value) {
    let opened = ask(engine, json!({ "type": "create", "session": 1, "spec": spec, "device": "webgpu" })).unwrap();
    assert_eq!(opened["device"]["kind"], "webgpu");
}

fn losses(points: &Value) -> Vec<f64> {
    points.as_array().unwrap().iter().map(|p| p["loss"].as_f64().unwrap()).collect()
}

/// Proves: on the GPU, in turns of a few ms, each step reports once and in order, with the losses of the CPU.
#[test]
fn trains_as_the_cpu() {
    let (gpu, cpu) = (engine(), engine());
    create_on_gpu(&gpu, &stateful());
    create(&cpu, &stateful());
    let mut points = vec![];
    let mut step = 0;
    while step < 700 {
        let reply = ask(&gpu, json!({ "type": "train", "session": 1, "budget_ms": 30, "steps": 700 - step })).unwrap();
        step = reply["step"].as_u64().unwrap() as usize;
        points.extend(reply["points"].as_array().unwrap().clone());
    }
    points.extend(train(&gpu, 0)["points"].as_array().unwrap().clone());
    assert!(points.iter().enumerate().all(|(n, point)| point["step"] == n) && points.len() == 700);
    // The two add in another order, and training makes small differences larger.
    for (n, (a, b)) in losses(&json!(points)).iter().zip(losses(&train(&cpu, 700)["points"])).take(50).enumerate() {
        assert!((a - b).abs() < 1e-3, "step {n}: {a} on the GPU, {b} on the CPU");
    }
}

/// Proves: when the GPU is lost, the message that notices goes on from the last copy of the state, on another device, and says so; the losses from
/// there on are those of a run never interrupted.
#[test]
fn goes_on_after_a_loss() {
    let (lost, whole) = (engine(), engine());
    create_on_gpu(&lost, &stateful());
    train(&lost, 6);
    let before = read(&lost, "0.weight");
    ask(&lost, json!({ "type": "lose_device" })).unwrap();
    let (reply, recovered) = ask_and_recover(&lost, json!({ "type": "read", "session": 1, "name": "0.weight" }));
    assert_eq!(recovered["step"], 6);
    assert_eq!(recovered["device"]["kind"], "webgpu");
    assert_eq!(serde_json::from_value::<Vec<f64>>(reply.unwrap()["data"].clone()).unwrap(), before);
    create_on_gpu(&whole, &stateful());
    let expected = losses(&train(&whole, 12)["points"])[6..].to_vec();
    assert_eq!(losses(&train(&lost, 6)["points"]), expected);
}

/// Proves: weights that were loaded, set by hand or carried over into a changed network are not lost with the GPU, though no step was trained since.
#[test]
fn nothing_set_is_lost() {
    let engine = engine();
    let weight = |engine: &Engine| {
        let (reply, recovered) = ask_and_recover(engine, json!({ "type": "read", "session": 1, "name": "0.weight" }));
        (serde_json::from_value::<Vec<f64>>(reply.unwrap()["data"].clone()).unwrap(), recovered["step"].clone())
    };
    create_on_gpu(&engine, &linear());
    write(&engine, "0.weight", &json!([0.25, -4.0]));
    ask(&engine, json!({ "type": "lose_device" })).unwrap();
    assert_eq!(weight(&engine), (vec![0.25, -4.0], json!(0)));

    train(&engine, 3);
    let (trained, file) = (read(&engine, "0.weight"), save(&engine));
    let mut spec = linear();
    spec["batch_size"] = json!(2);
    ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap();
    ask(&engine, json!({ "type": "lose_device" })).unwrap();
    assert_eq!(weight(&engine), (trained.clone(), json!(3)));

    ask(&engine, json!({ "type": "load", "session": 1, "bytes": file, "device": "webgpu" })).unwrap();
    ask(&engine, json!({ "type": "lose_device" })).unwrap();
    assert_eq!(weight(&engine), (trained, json!(3)));
}

/// Proves: a change of the batch size while the GPU trains loses no step's report.
#[test]
fn every_step_reports_across_a_change() {
    let engine = engine();
    create_on_gpu(&engine, &linear());
    let mut points = ask(&engine, json!({ "type": "train", "session": 1, "steps": 30 })).unwrap()["points"].as_array().unwrap().clone();
    let mut spec = linear();
    spec["batch_size"] = json!(2);
    assert_eq!(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap()["kept"], true);
    points.extend(train(&engine, 5)["points"].as_array().unwrap().clone());
    assert!(points.iter().map(|p| p["step"].as_u64().unwrap()).eq(0..35), "{points:?}");
}

/// Proves: a loss before any copy was taken goes on from the start, and every session of the device survives it.
#[test]
fn loss_at_once() {
    let engine = engine();
    create_on_gpu(&engine, &linear());
    ask(&engine, json!({ "type": "create", "session": 2, "spec": linear(), "device": "webgpu" })).unwrap();
    ask(&engine, json!({ "type": "lose_device" })).unwrap();
    for session in [1, 2] {
        let (reply, recovered) = ask_and_recover(&engine, json!({ "type": "train", "session": session, "steps": 3, "sync": true }));
        assert_eq!((&recovered["step"], &reply.unwrap()["step"]), (&json!(0), &json!(3)));
    }
}

/// Proves: "auto" does not take a software GPU, and says why; there is nothing to measure then.
#[test]
fn auto_prefers_the_cpu_to_a_software_gpu() {
    let engine = engine();
    let devices = ask(&engine, json!({ "type": "devices" })).unwrap();
    let opened = ask(&engine, json!({ "type": "create", "session": 1, "spec": linear() })).unwrap();
    let why = opened["device"]["why"].as_str().unwrap();
    if devices["devices"][0]["software"] == true {
        assert!(opened["device"]["kind"] == "cpu" && why.contains("is software"), "{opened}");
        assert_eq!(ask(&engine, json!({ "type": "probe" })).unwrap()["probe"], Value::Null);
    }
    assert!(!why.is_empty());
}

/// Proves: a number that is not finite is found on the GPU too, though it is known only after more steps were given.
#[test]
fn non_finite_on_the_gpu() {
    let engine = engine();
    create_on_gpu(&engine, &linear());
    train(&engine, 5);
    write(&engine, "0.weight", &json!([3e38, 3e38]));
    let stopped = train(&engine, 600);
    assert_eq!((&stopped["status"], &stopped["step"]), (&json!("non_finite"), &json!(5)));
    assert_eq!(stopped["problem"], json!({ "tensor": "0.output", "step": 5 }));
}
