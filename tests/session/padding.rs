//! Sequences shorter than the input, filled up: networks that do not look at what fills them up, and losses that do not count it.

use super::helpers::*;
use serde_json::{Value, json};

const LENGTH: usize = 6;
/// What fills up: of inputs and of targets.
const PADDING: usize = 0;
const IGNORED: i64 = -100;

/// 48 sequences of 2 to 6 of the numbers 1 to 5.
fn sequences() -> Vec<Vec<usize>> {
    let number = |n: usize, k: usize| (((n * 7919 + k * 104_729) * 2_654_435_761) >> 9) % 5 + 1;
    (0..48).map(|n| (0..2 + n % 5).map(|k| number(n, k)).collect()).collect()
}

fn filled<T: Clone>(row: &[T], with: T) -> Vec<T> {
    row.iter().cloned().chain(std::iter::repeat(with)).take(LENGTH).collect()
}

fn experiment(head: Value, loss: Value, x: &Value, y: &Value) -> Value {
    let mut layers = json!([{ "type": "Embedding", "num_embeddings": 6, "embedding_dim": 16, "padding_idx": PADDING },
        { "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 32, "dropout": 0.1 }]);
    layers.as_array_mut().unwrap().extend(head.as_array().unwrap().clone());
    json!({ "input": [LENGTH], "layers": layers, "loss": loss, "optimizer": { "type": "Adam", "lr": 0.01 }, "batch_size": 16, "seed": 1,
        "data": { "type": "Table", "x": x, "y": y } })
}

fn padded() -> Value {
    sequences().iter().map(|row| filled(row, PADDING)).collect()
}

/// Whether each sequence has a 5.
fn classes() -> Value {
    let y: Vec<u8> = sequences().iter().map(|row| row.contains(&5) as u8).collect();
    let head = json!([{ "type": "Flatten" }, { "type": "Linear", "out_features": 2 }]);
    experiment(head, json!({ "type": "CrossEntropyLoss" }), &padded(), &json!(y))
}

/// At each place whether its number is the largest of its sequence.
fn places() -> Value {
    let largest = |row: &Vec<usize>| row.iter().map(|x| (x == row.iter().max().unwrap()) as i64).collect::<Vec<i64>>();
    let y: Value = sequences().iter().map(|row| filled(&largest(row), IGNORED)).collect();
    let head = json!([{ "type": "Linear", "out_features": 2 }]);
    experiment(head, json!({ "type": "CrossEntropyLoss", "ignore_index": IGNORED }), &padded(), &y)
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn evaluate(engine: &Engine) -> Value {
    ask(engine, json!({ "type": "evaluate", "session": 1, "split": "train", "details": true })).unwrap()
}

/// Proves: sequences of several lengths are learned, as wholes and place by place; the row of the padding stays 0.
#[test]
fn learns() {
    for spec in [classes(), places()] {
        let engine = engine();
        create(&engine, &spec);
        train(&engine, 120);
        let evaluation = evaluate(&engine);
        assert!(evaluation["accuracy"].as_f64().unwrap() > 0.95, "{evaluation}");
        let table = read(&engine, "0.weight");
        assert!(table[..16].iter().all(|x| *x == 0.0) && table[16..].iter().all(|x| *x != 0.0), "{table:?}");
    }
}

/// Proves: loss and accuracy of a step and of an evaluation are means over the places that count, each as much as any other.
#[test]
fn counts_what_counts() {
    let engine = engine();
    let mut spec = places();
    spec["layers"][1]["dropout"] = json!(0.0);
    spec["batch_size"] = json!(48);
    create(&engine, &spec);
    let inputs: Vec<f64> = numbers(&spec["data"]["x"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap().clone()).collect());
    let said = ask(&engine, json!({ "type": "predict", "session": 1, "inputs": inputs, "count": 48 })).unwrap();
    let p = numbers(&said["probabilities"]);
    let targets: Vec<f64> = numbers(&spec["data"]["y"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap().clone()).collect());
    let counting = || targets.iter().enumerate().filter(|(_, y)| **y >= 0.0);
    let count = counting().count() as f64;
    assert_eq!(count, sequences().iter().map(Vec::len).sum::<usize>() as f64);
    let loss = counting().map(|(n, y)| -p[2 * n + *y as usize].ln()).sum::<f64>() / count;
    let accuracy = counting().filter(|(n, y)| p[2 * n + **y as usize] > 0.5).count() as f64 / count;
    let step = train(&engine, 0);
    assert_eq!(step["step"], 0);
    for judged in [evaluate(&engine), train(&engine, 1)["points"][0].clone()] {
        let off = |name: &str, want: f64| (judged[name].as_f64().unwrap() - want).abs();
        assert!(off("loss", loss) < 1e-5 && off("accuracy", accuracy) < 1e-5, "{judged} instead of {loss}, {accuracy}");
    }
}

/// Proves: examples whose class does not count are in no figure, table or list of mistakes.
#[test]
fn examples_that_do_not_count() {
    let mut spec = classes();
    let labels: Vec<i64> = numbers(&spec["data"]["y"]).iter().enumerate().map(|(n, y)| if n % 3 == 0 { IGNORED } else { *y as i64 }).collect();
    spec["data"]["y"] = json!(labels);
    spec["loss"]["ignore_index"] = json!(IGNORED);
    let engine = engine();
    create(&engine, &spec);
    train(&engine, 1);
    let evaluation = evaluate(&engine);
    let confusion: Vec<f64> = numbers(&evaluation["confusion"]["counts"]);
    assert_eq!(confusion.iter().sum::<f64>(), 32.0);
    assert!((evaluation["accuracy"].as_f64().unwrap() - (confusion[0] + confusion[3]) / 32.0).abs() < 1e-9, "{evaluation}");
    assert!(evaluation["worst"].as_array().unwrap().iter().all(|mistake| mistake["index"].as_u64().unwrap() % 3 != 0), "{evaluation}");
}

/// Proves: data of which no target counts are refused, and a batch of which none does neither stops training nor moves anything.
#[test]
fn none_counts() {
    let engine = engine();
    let all = |y: Value| {
        let mut spec = classes();
        spec["loss"]["ignore_index"] = json!(IGNORED);
        spec["optimizer"] = json!({ "type": "SGD", "lr": 0.1 });
        spec["batch_size"] = json!(1);
        spec["data"]["x"] = json!([[1, 2, 0, 0, 0, 0], [3, 4, 5, 0, 0, 0]]);
        spec["data"]["y"] = y;
        spec
    };
    let refused = ask(&engine, json!({ "type": "create", "session": 1, "spec": all(json!([IGNORED, IGNORED])), "device": "cpu" }));
    let (code, at, message) = refusal(refused);
    assert_eq!((code.as_str(), at.as_str()), ("data", "loss.ignore_index"), "{message}");
    let mut without = all(json!([IGNORED, 1]));
    without["loss"].as_object_mut().unwrap().remove("ignore_index");
    let (code, at, message) = refusal(ask(&engine, json!({ "type": "create", "session": 1, "spec": without, "device": "cpu" })));
    assert_eq!((code.as_str(), at.as_str()), ("data", "data.y"));
    assert!(message.contains("-100 is not a class from 0 to 1 or the ignore_index"), "{message}");
    create(&engine, &all(json!([IGNORED, 1])));
    let mut before = read(&engine, "3.weight");
    let mut moved = vec![];
    for _ in 0..2 {
        let point = train(&engine, 1)["points"][0].clone();
        let after = read(&engine, "3.weight");
        assert_eq!(point["loss"] == 0.0, before == after, "{point}");
        moved.push(before != after);
        before = after;
    }
    moved.sort();
    assert_eq!(moved, [false, true]);
}
