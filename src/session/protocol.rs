//! The messages between the page and the engine as Rust types. Imports the session's types, nn's report, error, serde.
//!
//! Nothing here knows JavaScript: numbers in bulk are `Floats`, `Words` and `Bytes`, which pass as typed arrays on the web and as lists in tests.
#![allow(missing_docs, reason = "the fields are the protocol's words, which www/core/protocol.js explains")]

use super::backend::{Choice, DeviceInfo, Kind, Offer};
use super::evaluate::{Evaluation, Mistake};
use super::look::{self, Examples, Prediction};
use super::recover::Recovered;
use super::state::Role;
use super::train::Trained;
use super::{Session, Which};
use crate::error::Error;
use crate::nn::Report;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A `Float32Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Serialize, Deserialize))]
pub struct Floats(pub Vec<f32>);

/// A `Uint32Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Serialize, Deserialize))]
pub struct Words(pub Vec<u32>);

/// A `Uint8Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Serialize, Deserialize))]
pub struct Bytes(pub Vec<u8>);

/// What the page asks. The variant's name in snake case is the message's `type`; unknown fields are passed over.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Which devices there are.
    Devices {},
    /// What an experiment's network is and needs.
    Check {
        spec: Value,
    },
    /// A new session, in place of the one of this number.
    Create {
        session: u32,
        spec: Value,
        device: Option<Choice>,
        train: Option<ImageFile>,
        test: Option<ImageFile>,
    },
    /// A session from a checkpoint, in place of the one of this number.
    Load {
        session: u32,
        bytes: Bytes,
        device: Option<Choice>,
        train: Option<ImageFile>,
        test: Option<ImageFile>,
    },
    /// Examples: `count` from `start` on, or those of these numbers.
    Data {
        session: u32,
        split: Which,
        start: Option<usize>,
        count: Option<usize>,
        indices: Option<Vec<usize>>,
    },
    Train {
        session: u32,
        steps: Option<usize>,
        budget_ms: Option<f64>,
        sync: Option<bool>,
    },
    Evaluate {
        session: u32,
        split: Which,
        details: Option<bool>,
        start: Option<usize>,
        count: Option<usize>,
    },
    Predict {
        session: u32,
        inputs: Floats,
        count: usize,
        layers: Option<bool>,
    },
    Trace {
        session: u32,
        start: usize,
        count: usize,
    },
    Tensors {
        session: u32,
    },
    Read {
        session: u32,
        name: String,
    },
    Write {
        session: u32,
        name: String,
        data: Floats,
    },
    Set {
        session: u32,
        spec: Value,
    },
    Save {
        session: u32,
    },
    /// The compiled training step as text.
    Plan {
        session: u32,
    },
    Close {
        session: u32,
    },
    /// For tests: takes the GPU away from all sessions.
    LoseDevice {},
}

/// A file of images: pixels and labels, a byte each.
#[derive(Clone, Debug, Deserialize)]
pub struct ImageFile {
    pub images: Bytes,
    pub labels: Bytes,
}

/// What the engine answers; which fields belong to which request is written in www/core/protocol.js.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Done {},
    Devices {
        devices: Vec<Offer>,
        recommended: Kind,
        why: String,
    },
    Report {
        report: Report,
    },
    Opened(Opened),
    Data {
        x: Floats,
        y: Floats,
        shape: Shape,
        count: usize,
    },
    Trained(Trained),
    Evaluated {
        loss: f64,
        accuracy: Option<f64>,
        count: usize,
        step: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        confusion: Option<ConfusionArray>,
        #[serde(skip_serializing_if = "Option::is_none")]
        worst: Option<Vec<Mistake>>,
    },
    Predicted {
        output: Floats,
        shape: Shape,
        #[serde(skip_serializing_if = "Option::is_none")]
        probabilities: Option<Floats>,
        #[serde(skip_serializing_if = "Option::is_none")]
        layers: Option<Vec<Layer>>,
    },
    Traced {
        loss: f32,
        forward: Vec<Tensor>,
        gradients: Vec<Tensor>,
        before: Vec<Tensor>,
        after: Vec<Tensor>,
        state: Vec<Tensor>,
    },
    Tensors {
        tensors: Vec<TensorInfo>,
    },
    Tensor {
        shape: Shape,
        dtype: &'static str,
        data: Floats,
    },
    Saved {
        bytes: Bytes,
    },
    Text {
        text: String,
    },
}

/// A session that was created, loaded or changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opened {
    pub device: DeviceInfo,
    pub report: Report,
    pub plan: PlanInfo,
    pub train_count: usize,
    pub test_count: usize,
    pub steps_per_epoch: usize,
    pub step: usize,
    pub epoch: f64,
    /// After `set`: the state lives on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
}

/// The size of a compiled training step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanInfo {
    pub dispatches: usize,
    pub buffers: usize,
    /// Of the plan's own buffers.
    pub bytes: usize,
}

/// How often a class (row) was taken for another (column).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfusionArray {
    pub classes: usize,
    pub counts: Words,
}

/// A tensor's values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tensor {
    pub name: String,
    pub shape: Shape,
    pub data: Floats,
}

/// A layer's output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub shape: Shape,
    pub data: Floats,
}

/// A tensor that can be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorInfo {
    pub name: String,
    pub shape: Shape,
    pub dtype: String,
    pub role: Role,
}

/// An answer, or what went wrong; and whether the session had to go on on another device.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub result: Result<Reply, Problem>,
    pub recovered: Option<Recovered>,
}

/// What went wrong, for the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
    pub hint: String,
    pub at: String,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem { code: error.code.as_str(), message: error.message, hint: error.hint, at: error.at }
    }
}

impl Opened {
    pub fn of(session: &Session) -> Opened {
        let plan = session.plan();
        Opened {
            device: session.device().clone(),
            report: session.report(),
            plan: PlanInfo { dispatches: plan.dispatches.len(), buffers: plan.buffers.len(), bytes: plan.temp_bytes() },
            train_count: session.dataset().train.count,
            test_count: session.dataset().test().count,
            steps_per_epoch: session.steps_per_epoch(),
            step: session.step(),
            epoch: session.epoch(),
            kept: None,
        }
    }
}

impl From<look::Tensor> for Tensor {
    fn from(tensor: look::Tensor) -> Tensor {
        Tensor { name: tensor.name, shape: tensor.shape, data: Floats(tensor.data) }
    }
}

impl From<Examples> for Reply {
    fn from(examples: Examples) -> Reply {
        let Examples { x, y } = examples;
        let count = x.shape[0];
        Reply::Data { x: Floats(x.data), y: Floats(y), shape: x.shape, count }
    }
}

impl From<Evaluation> for Reply {
    fn from(evaluation: Evaluation) -> Reply {
        let Evaluation { loss, accuracy, count, step, confusion, worst } = evaluation;
        let confusion = confusion.map(|c| ConfusionArray { classes: c.classes, counts: Words(c.counts) });
        Reply::Evaluated { loss, accuracy, count, step, confusion, worst }
    }
}

impl From<Prediction> for Reply {
    fn from(prediction: Prediction) -> Reply {
        let layer = |l: look::LayerOutput| Layer { name: l.output.name, kind: l.kind, shape: l.output.shape, data: Floats(l.output.data) };
        let layers = prediction.layers.map(|layers| layers.into_iter().map(layer).collect());
        let look::Tensor { shape, data, .. } = prediction.output;
        Reply::Predicted { output: Floats(data), shape, probabilities: prediction.probabilities.map(Floats), layers }
    }
}

impl From<look::Trace> for Reply {
    fn from(trace: look::Trace) -> Reply {
        let all = |tensors: Vec<look::Tensor>| tensors.into_iter().map(Tensor::from).collect();
        Reply::Traced {
            loss: trace.loss,
            forward: all(trace.forward),
            gradients: all(trace.gradients),
            before: all(trace.before),
            after: all(trace.after),
            state: all(trace.state),
        }
    }
}
