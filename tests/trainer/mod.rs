//! Training with the oracle: replays a model's programs in f64, as a session does on a device. Imports the crate and the oracle.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

use crate::oracle::{self, Array};
use serde_json::{Value, json};
use std::collections::HashMap;
use tabgrad::compile::Program;
use tabgrad::dtype::DType;
use tabgrad::graph::Id;
use tabgrad::nn::{self, DataLayout, Model, Spec};
use tabgrad::shape::numel;

pub struct Trainer {
    pub spec: Spec,
    pub model: Model,
    pub layout: DataLayout,
    pub leaves: HashMap<String, Array>,
}

/// A fixture's tensor. Its decimals stand for the f32 values nearest to them.
pub fn array(tensor: &Value) -> Array {
    let numbers = |v: &Value| v.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number") as f32 as f64).collect::<Vec<f64>>();
    let shape: Vec<usize> = numbers(&tensor["shape"]).iter().map(|n| *n as usize).collect();
    Array::new(&shape, numbers(&tensor["data"]))
}

/// Reads tests/fixtures/<name>.
pub fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Asserts closeness relative to the larger of 1 and the expected size, element by element. (Written so that a NaN is wrong.)
pub fn assert_close(what: &str, got: &Array, want: &Array, tolerance: f64) {
    assert_eq!(numel(&got.shape), numel(&want.shape), "{what}: {:?} against {:?}", got.shape, want.shape);
    for (n, (g, w)) in got.data.iter().zip(&want.data).enumerate() {
        assert!((g - w).abs() <= tolerance * w.abs().max(1.0), "{what}[{n}] is {g}, expected {w}");
    }
}

impl Trainer {
    /// The network of a case of `trajectories.json` before its first step, and how often the program runs: once for each batch.
    pub fn of(case: &Value) -> (Trainer, usize) {
        let name = case["name"].as_str().expect("a name");
        let mut spec = case["spec"].clone();
        let stateful = spec["layers"].as_array().expect("layers").iter().any(|layer| layer["stateful"] == true);
        spec["data"] = if stateful { json!({ "type": "Text", "name": "" }) } else { json!({ "type": "Table", "x": [], "y": [] }) };
        let spec = Spec::parse(&spec).unwrap_or_else(|error| panic!("{name}: {error}"));
        let batches = case["batches"].as_array().expect("batches");
        let order: Vec<usize> = batches.iter().flat_map(|b| b.as_array().expect("a batch")).map(|n| n.as_u64().expect("a row") as usize).collect();

        let mut trainer = Trainer::new(&spec, array(&case["x"]), array(&case["y"]), &order);
        let params = case["params"].as_object().expect("params");
        // States begin as none.
        let names: Vec<String> = trainer.names().into_iter().filter(|tensor| !tensor.contains(".state_l")).collect();
        assert_eq!(names.len(), params.len(), "{name}: {names:?} against {:?}", params.keys());
        params.iter().for_each(|(tensor, value)| trainer.set(tensor, &array(value)));
        (trainer, batches.len())
    }

    /// Compares losses, parameters, running statistics and counters after the steps with a case's.
    pub fn compare(&self, name: &str, case: &Value, tolerance: f64) {
        let losses = case["losses"].as_array().expect("losses");
        let found = Array::new(&[losses.len()], self.leaves["ring"].data[..losses.len()].to_vec());
        assert_close(&format!("{name}: loss"), &found, &array(&json!({ "shape": [losses.len()], "data": losses })), tolerance);
        for (tensor, value) in case["after"].as_object().expect("after") {
            assert_close(&format!("{name}: {tensor}"), &self.get(tensor), &array(value), tolerance);
        }
        let examples = self.leaves["order"].data.len();
        assert_eq!(self.leaves["counters"].data[..2], [losses.len() as f64, examples as f64], "{name}: counters");
    }

    /// A session's leaves at the start, for all of `x` [n, ..] and `y` [n, ..] as training data in the given order.
    pub fn new(spec: &Spec, x: Array, y: Array, order: &[usize]) -> Trainer {
        let model = Model::new(spec).unwrap_or_else(|error| panic!("{}: {error}", spec.name));
        let y_type = match spec.loss.takes_classes() {
            true if y.data.iter().any(|class| *class < 0.0) => DType::I32,
            true => DType::U8,
            false => DType::F32,
        };
        let layout = DataLayout {
            count: x.shape[0],
            x: DType::F32,
            x_shape: x.shape[1..].to_vec(),
            y: y_type,
            y_shape: y.shape[1..].to_vec(),
            stride: None,
            scale: None,
            order_len: order.len(),
        };
        let mut leaves = HashMap::new();
        let flat = |n: usize| Array::new(&[n], vec![0.0; n]);
        let list = |values: Vec<f64>| Array::new(&[values.len()], values);
        leaves.insert("train.x".to_string(), x);
        leaves.insert("train.y".to_string(), y);
        leaves.insert("order".into(), list(order.iter().map(|n| *n as f64).collect()));
        leaves.insert("params".into(), list(model.initial_params(spec.seed).iter().map(|x| *x as f64).collect()));
        leaves.insert("hyper".into(), list(nn::hyper(spec).iter().map(|x| *x as f64).collect()));
        leaves.insert("counters".into(), list(vec![0.0, 0.0, spec.seed as f64, 0.0]));
        leaves.insert("scaler".into(), list(nn::SCALER.iter().map(|x| *x as f64).collect()));
        for slot in nn::optimizer_slots(spec) {
            leaves.insert(format!("optimizer.{slot}"), flat(model.flat_len()));
        }
        for buffer in &model.buffers {
            leaves.insert(buffer.name.clone(), Array::new(&buffer.shape, vec![buffer.initial as f64; numel(&buffer.shape)]));
        }
        leaves.insert("gradient".into(), flat(model.flat_len()));
        leaves.insert("ring".into(), flat(nn::RING * nn::reported(spec, &model)));
        Trainer { spec: spec.clone(), model, layout, leaves }
    }

    /// A parameter or running statistic.
    pub fn get(&self, name: &str) -> Array {
        match self.model.params.iter().find(|p| p.name == name) {
            Some(p) => Array::new(&p.shape, self.leaves["params"].data[p.offset..][..numel(&p.shape)].to_vec()),
            None => self.leaves.get(name).unwrap_or_else(|| panic!("no tensor {name}")).clone(),
        }
    }

    pub fn set(&mut self, name: &str, value: &Array) {
        match self.model.params.iter().find(|p| p.name == name) {
            Some(p) => {
                assert_eq!(p.shape, value.shape, "shape of {name}");
                let flat = self.leaves.get_mut("params").expect("params");
                flat.data[p.offset..][..value.data.len()].copy_from_slice(&value.data);
            }
            None => {
                let buffer = self.model.buffers.iter().find(|b| b.name == name).unwrap_or_else(|| panic!("no tensor {name}"));
                assert_eq!(buffer.shape, value.shape, "shape of {name}");
                self.leaves.insert(name.into(), value.clone());
            }
        }
    }

    /// Names of all parameters and running statistics.
    pub fn names(&self) -> Vec<String> {
        self.model.params.iter().map(|p| p.name.clone()).chain(self.model.buffers.iter().map(|b| b.name.clone())).collect()
    }

    pub fn program(&self) -> Program {
        nn::train(&self.spec, &self.model, &self.layout).unwrap_or_else(|error| panic!("{}: {error}", self.spec.name))
    }

    /// Replays a program: its outputs by name, its updates written into the leaves.
    pub fn run(&mut self, program: &Program) -> HashMap<String, Array> {
        let wanted: Vec<Id> = program.outputs.iter().map(|(_, id)| *id).chain(program.updates.iter().map(|u| u.value)).collect();
        let mut values = oracle::eval(&program.graph, &wanted, &self.leaves);
        let updates = values.split_off(program.outputs.len());
        for (update, value) in program.updates.iter().zip(updates) {
            self.leaves.insert(update.leaf.clone(), value);
        }
        program.outputs.iter().map(|(name, _)| name.clone()).zip(values).collect()
    }

    /// The network's outputs and its layers', as it is used after training.
    pub fn predict(&mut self, x: &Array) -> HashMap<String, Array> {
        let program = nn::predict(&self.spec, &self.model, x.shape[0], true).unwrap_or_else(|error| panic!("{}: {error}", self.spec.name));
        self.leaves.insert("predict.x".into(), x.clone());
        self.run(&program)
    }
}
