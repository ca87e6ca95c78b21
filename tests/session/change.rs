//! Changing the experiment of a session.

use super::helpers::*;
use serde_json::{Value, json};

fn set(engine: &Engine, spec: &Value) -> Value {
    ask(engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap()
}

/// Proves: numbers (learning rate, penalties) take effect on the next step, exactly as if the state had been there from the start.
#[test]
fn numbers_at_once() {
    let changed = engine();
    create(&changed, &linear());
    train(&changed, 2);
    let before = read(&changed, "0.bias")[0];
    let mut spec = linear();
    spec["optimizer"]["lr"] = json!(1e-30);
    assert_eq!(set(&changed, &spec)["kept"], true);
    train(&changed, 3);
    assert_eq!(read(&changed, "0.bias")[0], before);
    assert_eq!(set(&changed, &linear())["step"], 5);
    train(&changed, 1);
    assert_ne!(read(&changed, "0.bias")[0], before);
}

/// Proves: what is built into the step (batch size, a schedule, dropout, other data of the same shape) is built anew, and weights, optimiser state and steps go on.
#[test]
fn structure_with_equal_state() {
    let engine = engine();
    create(&engine, &stateful());
    train(&engine, 4);
    let names = ["0.weight", "4.bias", "1.running_mean", "optimizer.exp_avg/0.weight"];
    let before = names.map(|name| read(&engine, name));
    let mut spec = stateful();
    (spec["batch_size"], spec["accumulate"]) = (json!(3), json!(4));
    spec["schedule"] = json!({ "type": "CosineAnnealingLR", "t_max": 100 });
    spec["data"]["noise"] = json!(0.1);
    spec["layers"][3]["p"] = json!(0.5);
    let reply = set(&engine, &spec);
    assert_eq!((&reply["kept"], &reply["step"], &reply["steps_per_epoch"]), (&json!(true), &json!(4), &json!(4)));
    assert_eq!(names.map(|name| read(&engine, name)), before);
    assert_eq!(train(&engine, 2)["step"], 6);
}

/// Proves: with another structure the steps begin anew, parameters that agree are carried over and the others are fresh.
#[test]
fn another_structure() {
    let engine = engine();
    create(&engine, &stateful());
    train(&engine, 4);
    let first = read(&engine, "0.weight");
    let mut spec = stateful();
    spec["layers"][4]["out_features"] = json!(3);
    let reply = set(&engine, &spec);
    assert_eq!((&reply["kept"], &reply["step"]), (&json!(false), &json!(0)));
    assert_eq!(read(&engine, "0.weight"), first);
    assert_eq!(read(&engine, "4.weight").len(), 24);
    assert!(read(&engine, "optimizer.exp_avg/0.weight").iter().all(|v| *v == 0.0));
    spec["optimizer"] = json!({ "type": "SGD", "lr": 0.1 });
    assert_eq!(set(&engine, &spec)["kept"], true, "SGD has no state that could disagree");
    assert_eq!(train(&engine, 2)["step"], 2);
}

/// Proves: a wrong experiment is refused and the session goes on with the old one.
#[test]
fn refused() {
    let engine = engine();
    create(&engine, &stateful());
    train(&engine, 4);
    let mut spec = stateful();
    spec["batch_size"] = json!(53);
    let (code, at, _) = refusal(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })));
    assert_eq!((code.as_str(), at.as_str()), ("spec", "batch_size"));
    assert_eq!(train(&engine, 1)["step"], 5);
}

/// Proves: images need not be handed over again.
#[test]
fn images_are_kept() {
    let engine = engine();
    ask(&engine, json!({ "type": "create", "session": 1, "spec": image_spec(), "device": "cpu", "train": images(40, 0), "test": images(10, 1) })).unwrap();
    let mut spec = image_spec();
    spec["layers"] = json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 5 }, { "type": "ReLU" }, { "type": "Linear", "out_features": 3 }]);
    assert_eq!(set(&engine, &spec)["train_count"], 40);
    assert_eq!(train(&engine, 2)["step"], 2);
}
