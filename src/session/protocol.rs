//! The messages between the page and the engine as Rust types. Imports the session's types, nn's report, error, serde.
//!
//! Nothing here knows JavaScript: numbers in bulk are `Floats`, `Words` and `Bytes`, which pass as typed arrays on the web and as lists in tests.

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
///
/// A field means the same in every message:
/// - `session`: the number the page gave a session when it was opened;
/// - `spec`: an experiment, as JSON;
/// - `device`: where the session is to run, "auto" if it is missing;
/// - `train`, `test`: the files of an experiment on images, both or none;
/// - `split`, `start`, `count`: examples of a part of the data, by number;
/// - `name`: a tensor's, as `Tensors` lists it;
/// - what is a choice (`sync`, `details`, `layers`) is "no" if it is missing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields that mean the same in every message are said once, above; the others at their variant")]
pub enum Request {
    /// Which devices there are.
    Devices {},
    /// What an experiment's network is and needs.
    Check { spec: Value },
    /// A new session, in place of the one of this number.
    Create { session: u32, spec: Value, device: Option<Choice>, train: Option<ImageFile>, test: Option<ImageFile> },
    /// A session from a checkpoint (`bytes`), in place of the one of this number.
    Load { session: u32, bytes: Bytes, device: Option<Choice>, train: Option<ImageFile>, test: Option<ImageFile> },
    /// Examples: `count` (1) from `start` (0) on, or those of these numbers.
    Data { session: u32, split: Which, start: Option<usize>, count: Option<usize>, indices: Option<Vec<usize>> },
    /// Trains for so many steps or milliseconds, whichever ends first. `sync` waits until the device has done it all.
    Train { session: u32, steps: Option<usize>, budget_ms: Option<f64>, sync: Option<bool> },
    /// Loss and accuracy over all examples of a split, or these; in `details` also which classes are taken for which.
    Evaluate { session: u32, split: Which, details: Option<bool>, start: Option<usize>, count: Option<usize> },
    /// What the network says of `count` inputs, given one after another as people see them; and with `layers` what each layer gives.
    Predict { session: u32, inputs: Floats, count: usize, layers: Option<bool> },
    /// One training step on these training examples in full view, which changes nothing.
    Trace { session: u32, start: usize, count: usize },
    /// Which tensors can be read.
    Tensors { session: u32 },
    /// A tensor's values now.
    Read { session: u32, name: String },
    /// Sets a parameter or running statistic to `data`, row-major.
    Write { session: u32, name: String, data: Floats },
    /// Changes the experiment. The state lives on if it fits.
    Set { session: u32, spec: Value },
    /// The session as a checkpoint.
    Save { session: u32 },
    /// The compiled training step as text.
    Plan { session: u32 },
    /// Ends a session and frees its memory.
    Close { session: u32 },
    /// For tests: takes the GPU away from all sessions.
    LoseDevice {},
}

/// A file of images: pixels and labels, a byte each.
#[derive(Clone, Debug, Deserialize)]
pub struct ImageFile {
    /// All pixels, one image after another, from 0 to 255.
    pub images: Bytes,
    /// Each image's class by number.
    pub labels: Bytes,
}

/// What the engine answers; which fields belong to which request is written in www/core/protocol.js.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// It is done, and there is nothing to say.
    Done {},
    /// The devices of this machine.
    Devices {
        /// One of each kind, the GPU first.
        devices: Vec<Offer>,
        /// What "auto" takes.
        recommended: Kind,
        /// Why that one.
        why: String,
    },
    /// To `check`.
    Report {
        /// What the network is and needs.
        report: Report,
    },
    /// To `create`, `load` and `set`.
    Opened(Opened),
    /// Examples as people see them.
    Data {
        /// Inputs, row-major.
        x: Floats,
        /// Targets, or classes by number.
        y: Floats,
        /// Of `x`: the number of examples, then the sizes of one.
        shape: Shape,
        /// The number of examples.
        count: usize,
    },
    /// What came of training.
    Trained(Trained),
    /// Figures over examples.
    Evaluated {
        /// Mean loss, without penalties.
        loss: f64,
        /// Share of right verdicts; None: there are no classes.
        accuracy: Option<f64>,
        /// Examples they are over.
        count: usize,
        /// The step the network was at.
        step: usize,
        /// Which classes are taken for which; only in details.
        #[serde(skip_serializing_if = "Option::is_none")]
        confusion: Option<ConfusionArray>,
        /// The mistakes with the largest losses, largest first; only in details.
        #[serde(skip_serializing_if = "Option::is_none")]
        worst: Option<Vec<Mistake>>,
    },
    /// What the network makes of inputs.
    Predicted {
        /// Of the last layer, row-major.
        output: Floats,
        /// Of `output`: the number of inputs, then the sizes of one output.
        shape: Shape,
        /// Of a classifier: what the output says about each class.
        #[serde(skip_serializing_if = "Option::is_none")]
        probabilities: Option<Floats>,
        /// If asked for: what each layer gives.
        #[serde(skip_serializing_if = "Option::is_none")]
        layers: Option<Vec<Layer>>,
    },
    /// One training step in full view.
    Traced {
        /// Mean over the batch, before the step.
        loss: f32,
        /// Each layer's output, by the layer's name.
        forward: Vec<Tensor>,
        /// Of each layer's output ("0.output") and of each parameter ("0.weight").
        gradients: Vec<Tensor>,
        /// The parameters.
        before: Vec<Tensor>,
        /// The parameters after the step.
        after: Vec<Tensor>,
        /// What the optimiser holds for them, before the step.
        state: Vec<Tensor>,
    },
    /// What can be read.
    Tensors {
        /// Parameters, running statistics, the optimiser's state, counters.
        tensors: Vec<TensorInfo>,
    },
    /// A tensor that was read.
    Tensor {
        /// Its sizes, outermost first.
        shape: Shape,
        /// Of `data`: always "f32", whatever the tensor's own type.
        dtype: &'static str,
        /// Its values, row-major.
        data: Floats,
    },
    /// A checkpoint.
    Saved {
        /// A file in the safetensors format.
        bytes: Bytes,
    },
    /// To `plan`.
    Text {
        /// For people.
        text: String,
    },
}

/// A session that was created, loaded or changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opened {
    /// Where it runs.
    pub device: DeviceInfo,
    /// What its network is and needs.
    pub report: Report,
    /// The size of its compiled training step.
    pub plan: PlanInfo,
    /// Training examples.
    pub train_count: usize,
    /// Test examples.
    pub test_count: usize,
    /// Steps in one pass through the training examples.
    pub steps_per_epoch: usize,
    /// Steps since the start of training.
    pub step: usize,
    /// The same in passes through the training examples.
    pub epoch: f64,
    /// After `set`: the state lives on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
}

/// The size of a compiled training step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanInfo {
    /// Dispatches of one step.
    pub dispatches: usize,
    /// All it uses, those it shares with other plans too.
    pub buffers: usize,
    /// Of the plan's own buffers.
    pub bytes: usize,
}

/// How often a class (row) was taken for another (column).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfusionArray {
    /// Rows, and columns.
    pub classes: usize,
    /// Row by row.
    pub counts: Words,
}

/// A tensor's values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tensor {
    /// "0.weight", or the layer's name of an output.
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Shape,
    /// Row-major.
    pub data: Floats,
}

/// A layer's output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// The layer's name in the parameters: "0".
    pub name: String,
    /// The layer's type: "Linear".
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// With the number of inputs as first size.
    pub shape: Shape,
    /// Row-major.
    pub data: Floats,
}

/// A tensor that can be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorInfo {
    /// "0.weight", "1.running_mean", "optimizer.exp_avg/0.weight", "counters".
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Shape,
    /// Type of its elements on the device: "f32", "u32".
    pub dtype: String,
    /// What it is for.
    pub role: Role,
}

/// An answer, or what went wrong; and whether the session had to go on on another device.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The answer to the request.
    pub result: Result<Reply, Problem>,
    /// Some if the device was lost while the request was worked on.
    pub recovered: Option<Recovered>,
}

/// What went wrong, for the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// What kind of mistake, for programs.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The place in the experiment, a tensor or a request; empty if there is none.
    pub at: String,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem { code: error.code.as_str(), message: error.message, hint: error.hint, at: error.at }
    }
}

impl Opened {
    /// What there is to say of a session now.
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
