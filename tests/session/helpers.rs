//! An engine asked as the page asks it, and experiments to ask it about.

use pollster::block_on;
use serde_json::{Value, json};
use std::time::Instant;
use tabgrad::json::{Json, ToJson};
pub use tabgrad::session::Engine;
use tabgrad::session::protocol::{Answer, Request};

/// Milliseconds since the test began.
fn now() -> f64 {
    thread_local!(static BEGAN: Instant = Instant::now());
    BEGAN.with(|began| began.elapsed().as_secs_f64() * 1000.0)
}

pub fn engine() -> Engine {
    Engine::new(now)
}

/// A message as the page sends it, with `type` and fields in one object; and what the session went on with, if its device was lost.
pub fn ask_and_recover(engine: &Engine, message: Value) -> (Result<Value, Value>, Value) {
    let answer = Request::parse(Json::from(&message)).map(|request| block_on(engine.handle(request)));
    let Answer { result, recovered } = answer.unwrap_or_else(|error| Answer { result: Err(error), recovered: None });
    let value = |json: Json| serde_json::to_value(json).unwrap();
    (result.map(value).map_err(|problem| value(problem.json())), value(recovered.json()))
}

pub fn ask(engine: &Engine, message: Value) -> Result<Value, Value> {
    let (result, recovered) = ask_and_recover(engine, message);
    assert_eq!(recovered, Value::Null);
    result
}

pub fn create(engine: &Engine, spec: &Value) -> Value {
    ask(engine, json!({ "type": "create", "session": 1, "spec": spec, "device": "cpu" })).unwrap()
}

pub fn train(engine: &Engine, steps: usize) -> Value {
    ask(engine, json!({ "type": "train", "session": 1, "steps": steps, "sync": true })).unwrap()
}

/// The step a session is at.
pub fn step(engine: &Engine) -> Value {
    train(engine, 0)["step"].clone()
}

pub fn read(engine: &Engine, name: &str) -> Vec<f64> {
    let reply = ask(engine, json!({ "type": "read", "session": 1, "name": name })).unwrap();
    serde_json::from_value(reply["data"].clone()).unwrap()
}

pub fn write(engine: &Engine, name: &str, data: &Value) {
    ask(engine, json!({ "type": "write", "session": 1, "name": name, "data": data })).unwrap();
}

pub fn save(engine: &Engine) -> Vec<u8> {
    let reply = ask(engine, json!({ "type": "save", "session": 1 })).unwrap();
    serde_json::from_value(reply["bytes"].clone()).unwrap()
}

pub fn load(engine: &Engine, bytes: &[u8]) -> Result<Value, Value> {
    ask(engine, json!({ "type": "load", "session": 1, "bytes": bytes, "device": "cpu" }))
}

/// The refusal of a message: its code, place and words.
pub fn refusal(result: Result<Value, Value>) -> (String, String, String) {
    let problem = result.unwrap_err();
    let text = |field: &str| problem[field].as_str().unwrap().to_string();
    assert!(!text("message").is_empty(), "{problem}");
    (text("code"), text("at"), text("message"))
}

pub fn first_network() -> Value {
    serde_json::from_str(include_str!("../fixtures/first_network.json")).unwrap()
}

/// Points classified by a network with dropout and batch norm: everything that has state. 52 training examples make an epoch of 5 steps.
pub fn stateful() -> Value {
    json!({ "name": "test", "input": [3],
        "layers": [{ "type": "Linear", "out_features": 8 }, { "type": "BatchNorm1d" }, { "type": "Tanh" }, { "type": "Dropout", "p": 0.25 },
            { "type": "Linear", "out_features": 2 }],
        "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "Adam", "lr": 0.02 }, "schedule": { "type": "StepLR", "step_size": 4, "gamma": 0.9 },
        "warmup_steps": 3, "batch_size": 10, "seed": 7,
        "data": { "type": "Points", "shape": "xor", "samples": 104, "features": ["x1", "x2", "x1*x2"] } })
}

/// y = x1 + 2 x2 by one linear layer.
pub fn linear() -> Value {
    json!({ "input": [2], "layers": [{ "type": "Linear", "out_features": 1 }], "loss": { "type": "MSELoss" }, "optimizer": { "type": "SGD", "lr": 0.1 },
        "batch_size": 4, "data": { "type": "Table", "x": [[0, 0], [1, 0], [0, 1], [1, 1]], "y": [0, 1, 2, 3] } })
}

/// Tiny images whose class is the brightest of three pixels, by a number from 0 on.
pub fn images(count: usize, salt: usize) -> Value {
    let pixel = |n: usize, k: usize| (((n * 7919 + k * 104_729 + salt * 31) * 2_654_435_761) >> 7) % 256;
    let pixels: Vec<usize> = (0..count).flat_map(|n| (0..3).map(move |k| pixel(n, k))).collect();
    let label = |n: usize| (0..3).max_by_key(|k| (pixels[3 * n + k], 3 - k)).unwrap();
    json!({ "images": pixels, "labels": (0..count).map(label).collect::<Vec<usize>>() })
}

pub fn image_spec() -> Value {
    json!({ "input": [1, 1, 3], "layers": [{ "type": "Flatten" }, { "type": "Linear", "out_features": 3 }], "loss": { "type": "CrossEntropyLoss" },
        "optimizer": { "type": "Adam", "lr": 0.05 }, "batch_size": 16, "data": { "type": "Images", "name": "tiny", "normalize": { "mean": 0.5, "std": 0.25 } } })
}
