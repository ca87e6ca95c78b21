//! The messages between the page and the engine: requests as Rust types, replies as values. Imports the session's types, nn's report, json, error.
//!
//! Nothing here knows JavaScript. Which fields belong to which reply is written in www/core/protocol.js.

use super::backend::{Choice, DeviceInfo, Kind, Offer};
use super::evaluate::{Evaluation, Mistake};
use super::look::{self, Examples, Prediction};
use super::recover::Recovered;
use super::state::{Named, Role};
use super::train::{self, Point, Status, Trained};
use super::{Session, Which};
use crate::error::{Code, Error, Result};
use crate::json::{Bytes, Floats, Json, ToJson, Words, object};
use crate::list::List;
use std::borrow::Cow;

/// Declares the requests: each with its `type` in a message and its fields.
macro_rules! requests {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $kind:literal { $($field:ident: $type:ty),* },)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub enum $name { $($(#[$note])* $variant { $($field: $type),* }),* }

        impl $name {
            /// Reads a message: `{type, ...}`. Unknown fields are passed over.
            #[allow(unused_mut, reason = "some requests have no fields")]
            pub fn parse(mut message: Json) -> Result<$name> {
                let kind = message.get("type").and_then(Json::as_str).ok_or_else(|| refuse("a message needs a type".to_string()))?.to_string();
                match kind.as_str() {
                    $($kind => Ok($name::$variant { $($field: field(&mut message, &kind, stringify!($field))?),* }),)*
                    other => Err(refuse(format!("there is no message '{other}'"))),
                }
            }
        }
    };
}

/// The error of a message that is not understood.
fn refuse(message: String) -> Error {
    Error::new(Code::Protocol, message).hint("See www/core/protocol.js for the messages there are.")
}

/// Takes a field out of a message.
#[inline(never)]
fn field<T: FromJson>(message: &mut Json, kind: &str, name: &str) -> Result<T> {
    T::from_json(message.take(name)).map_err(|what| refuse(format!("the message '{kind}' needs {name} to be {what}")))
}

requests! {
    /// What the page asks.
    ///
    /// A field means the same in every message:
    /// - `session`: the number the page gave a session when it was opened;
    /// - `spec`: an experiment;
    /// - `device`: where the session is to run, "auto" if it is missing;
    /// - `train`, `test`: the files of an experiment on images, both or none;
    /// - `text`: the file of an experiment on a text, UTF-8;
    /// - `split`, `start`, `count`: examples of a part of the data, by number;
    /// - `name`: a tensor's, as `Tensors` lists it;
    /// - what is a choice (`sync`, `details`, `layers`) is "no" if it is missing.
    #[allow(missing_docs, reason = "fields that mean the same in every message are said once, above; the others at their variant")]
    Request {
        /// Which devices there are.
        Devices = "devices" {},
        /// How fast the devices are: as answered before (`known`), or measured now if that is missing, which takes up to some tenths of a second.
        Probe = "probe" { known: Json },
        /// What an experiment's network is and needs.
        Check = "check" { spec: Json },
        /// A new session, in place of the one of this number.
        Create = "create" { session: u32, spec: Json, device: Option<Choice>, train: Option<ImageFile>, test: Option<ImageFile>, text: Option<Bytes> },
        /// A session from a checkpoint (`bytes`), in place of the one of this number.
        Load = "load" { session: u32, bytes: Bytes, device: Option<Choice>, train: Option<ImageFile>, test: Option<ImageFile>, text: Option<Bytes> },
        /// Examples: `count` (1) from `start` (0) on, or those of these numbers.
        Data = "data" { session: u32, split: Which, start: Option<usize>, count: Option<usize>, indices: Option<Vec<usize>> },
        /// Trains for so many steps or milliseconds, whichever ends first. `sync` waits until the device has done it all.
        Train = "train" { session: u32, steps: Option<usize>, budget_ms: Option<f64>, sync: Option<bool> },
        /// Loss and accuracy over all examples of a split, or these; in `details` also which classes are taken for which.
        Evaluate = "evaluate" { session: u32, split: Which, details: Option<bool>, start: Option<usize>, count: Option<usize> },
        /// What the network says of `count` inputs, given one after another as people see them; and with `layers` what each layer gives.
        Predict = "predict" { session: u32, inputs: Floats, count: usize, layers: Option<bool> },
        /// The numbers of a text's characters, to predict from.
        Encode = "encode" { session: u32, text: String },
        /// One training step on these training examples in full view, which changes nothing.
        Trace = "trace" { session: u32, start: usize, count: usize },
        /// Which tensors can be read.
        Tensors = "tensors" { session: u32 },
        /// A tensor's values now.
        Read = "read" { session: u32, name: String },
        /// Sets a parameter or running statistic to `data`, row-major.
        Write = "write" { session: u32, name: String, data: Floats },
        /// Changes the experiment. The state lives on if it fits.
        Set = "set" { session: u32, spec: Json },
        /// The session as a checkpoint.
        Save = "save" { session: u32 },
        /// The compiled training step as text.
        Plan = "plan" { session: u32 },
        /// A dispatch of that step by itself: its WGSL, and with `measure` how many milliseconds it takes.
        Dispatch = "dispatch" { session: u32, dispatch: usize, measure: Option<bool> },
        /// Ends a session and frees its memory.
        Close = "close" { session: u32 },
        /// For tests: takes the GPU away from all sessions.
        LoseDevice = "lose_device" {},
    }
}

/// A file of images: pixels and labels, a byte each.
#[derive(Clone, Debug)]
pub struct ImageFile {
    /// All pixels, one image after another, from 0 to 255.
    pub images: Bytes,
    /// Each image's class by number.
    pub labels: Bytes,
}

/// What can be read from a message's field, which is `Null` if it is missing. The error says what it should have been.
trait FromJson: Sized {
    fn from_json(json: Json) -> std::result::Result<Self, &'static str>;
}

impl FromJson for Json {
    fn from_json(json: Json) -> std::result::Result<Json, &'static str> {
        Ok(json)
    }
}

impl FromJson for f64 {
    fn from_json(json: Json) -> std::result::Result<f64, &'static str> {
        json.as_f64().filter(|x| x.is_finite()).ok_or("a finite number")
    }
}

impl FromJson for bool {
    fn from_json(json: Json) -> std::result::Result<bool, &'static str> {
        json.as_bool().ok_or("true or false")
    }
}

impl FromJson for u32 {
    fn from_json(json: Json) -> std::result::Result<u32, &'static str> {
        json.as_f64().filter(|x| x.fract() == 0.0 && (0.0..=u32::MAX as f64).contains(x)).map(|x| x as u32).ok_or("a whole number, 0 or more")
    }
}

impl FromJson for usize {
    fn from_json(json: Json) -> std::result::Result<usize, &'static str> {
        u32::from_json(json).map(|x| x as usize)
    }
}

impl FromJson for String {
    fn from_json(json: Json) -> std::result::Result<String, &'static str> {
        if let Json::Text(text) = json { Ok(text.into_owned()) } else { Err("a text") }
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: Json) -> std::result::Result<Option<T>, &'static str> {
        if json == Json::Null { Ok(None) } else { T::from_json(json).map(Some) }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: Json) -> std::result::Result<Vec<T>, &'static str> {
        if let Json::List(list) = json { list.into_iter().map(T::from_json).try_list() } else { Err("a list") }
    }
}

impl FromJson for Floats {
    fn from_json(json: Json) -> std::result::Result<Floats, &'static str> {
        match json {
            Json::Floats(values) => Ok(values),
            json => {
                Vec::<f64>::from_json(json).map(|list| Floats(list.into_iter().map(|x| x as f32).list())).map_err(|_| "a Float32Array or a list of numbers")
            }
        }
    }
}

impl FromJson for Bytes {
    fn from_json(json: Json) -> std::result::Result<Bytes, &'static str> {
        match json {
            Json::Bytes(values) => Ok(values),
            json => Vec::<f64>::from_json(json).map(|list| Bytes(list.into_iter().map(|x| x as u8).list())).map_err(|_| "a Uint8Array or a list of numbers"),
        }
    }
}

impl FromJson for ImageFile {
    fn from_json(mut json: Json) -> std::result::Result<ImageFile, &'static str> {
        let (images, labels) = (Bytes::from_json(json.take("images")), Bytes::from_json(json.take("labels")));
        Ok(ImageFile { images: images?, labels: labels? })
    }
}

impl FromJson for Choice {
    fn from_json(json: Json) -> std::result::Result<Choice, &'static str> {
        match json.as_str() {
            Some("auto") => Ok(Choice::Auto),
            Some("webgpu") => Ok(Choice::Webgpu),
            Some("cpu") => Ok(Choice::Cpu),
            _ => Err("\"auto\", \"webgpu\" or \"cpu\""),
        }
    }
}

impl FromJson for Which {
    fn from_json(json: Json) -> std::result::Result<Which, &'static str> {
        match json.as_str() {
            Some("train") => Ok(Which::Train),
            Some("test") => Ok(Which::Test),
            _ => Err("\"train\" or \"test\""),
        }
    }
}

/// An answer, or what went wrong; and whether the session had to go on on another device.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The answer to the request.
    pub result: std::result::Result<Json, Error>,
    /// Some if the device was lost while the request was worked on.
    pub recovered: Option<Recovered>,
}

/// An object without those of these fields that are `Null`.
fn without(mut object: Json, optional: &[&str]) -> Json {
    if let Json::Object(fields) = &mut object {
        fields.retain(|(name, value)| *value != Json::Null || !optional.contains(&name.as_ref()));
    }
    object
}

/// What there is to say of a session now; `kept`, after `set`: whether the state lives on; `vocabulary`: the characters of a text, by their numbers.
pub(super) fn opened(session: &Session, kept: Option<bool>) -> Json {
    let plan = session.plan();
    let size = object! { dispatches: plan.dispatches.len(), buffers: plan.buffers.len(), bytes: plan.temp_bytes() };
    let vocabulary = session.dataset().text.as_ref().map(|text| text.vocabulary.iter().collect::<String>());
    let all = object! {
        device: *session.device(), report: session.report(), plan: size,
        train_count: session.dataset().train.count, test_count: session.dataset().test().count,
        steps_per_epoch: session.steps_per_epoch(), step: session.step(), epoch: session.epoch(), kept: kept, vocabulary: vocabulary,
    };
    without(all, &["kept", "vocabulary"])
}

impl ToJson for Kind {
    fn json(&self) -> Json {
        match self {
            Kind::Webgpu => "webgpu".json(),
            Kind::Cpu => "cpu".json(),
        }
    }
}

impl ToJson for Role {
    fn json(&self) -> Json {
        match self {
            Role::Param => "param".json(),
            Role::Buffer => "buffer".json(),
            Role::Optimizer => "optimizer".json(),
            Role::State => "state".json(),
        }
    }
}

impl ToJson for Status {
    fn json(&self) -> Json {
        match self {
            Status::Running => "running".json(),
            Status::NonFinite => "non_finite".json(),
        }
    }
}

impl ToJson for DeviceInfo {
    fn json(&self) -> Json {
        object! { kind: self.kind, name: self.name, software: self.software, max_buffer_bytes: self.max_buffer_bytes, why: self.why }
    }
}

impl ToJson for Offer {
    fn json(&self) -> Json {
        let Offer { kind, available, name, software, max_buffer_bytes, reason } = self;
        let all = object! { kind: *kind, available: *available, name: *name, software: *software, max_buffer_bytes: *max_buffer_bytes, reason: *reason };
        without(all, &["reason"])
    }
}

impl ToJson for Recovered {
    fn json(&self) -> Json {
        object! { step: self.step, device: self.device }
    }
}

impl ToJson for Point {
    fn json(&self) -> Json {
        object! { step: self.step, loss: self.loss as f64, grad_norm: self.grad_norm as f64, accuracy: self.accuracy.map(f64::from) }
    }
}

impl ToJson for train::Problem {
    fn json(&self) -> Json {
        object! { tensor: self.tensor, step: self.step }
    }
}

impl ToJson for Trained {
    fn json(&self) -> Json {
        let Trained { steps_done, step, epoch, points, steps_per_second, status, problem } = self;
        let all = object! {
            steps_done: *steps_done, step: *step, epoch: *epoch, points: *points, steps_per_second: *steps_per_second, status: *status, problem: *problem,
        };
        without(all, &["problem"])
    }
}

impl ToJson for Mistake {
    fn json(&self) -> Json {
        let Mistake { index, label, predicted, loss, probability } = self;
        object! { index: *index, label: *label, predicted: *predicted, loss: *loss as f64, probability: *probability as f64 }
    }
}

impl ToJson for Named {
    fn json(&self) -> Json {
        object! { name: self.name, shape: self.shape, dtype: self.dtype.to_string(), role: self.role }
    }
}

impl ToJson for look::Tensor {
    fn json(&self) -> Json {
        object! { name: self.name, shape: self.shape, data: Numbers(&self.data) }
    }
}

impl ToJson for Error {
    fn json(&self) -> Json {
        object! { code: self.code.as_str(), message: self.message, hint: self.hint, at: self.at }
    }
}

/// Numbers in bulk, copied once on their way out.
struct Numbers<'a>(&'a [f32]);

impl ToJson for Numbers<'_> {
    fn json(&self) -> Json {
        Json::Floats(Floats(self.0.to_vec()))
    }
}

impl ToJson for look::LayerOutput {
    fn json(&self) -> Json {
        let look::Tensor { name, shape, data } = &self.output;
        object! { name: *name, type: self.kind, shape: *shape, data: Numbers(data) }
    }
}

impl ToJson for Examples {
    fn json(&self) -> Json {
        object! { x: Numbers(&self.x.data), y: Numbers(&self.y), shape: self.x.shape, count: self.x.shape[0] }
    }
}

impl ToJson for Evaluation {
    fn json(&self) -> Json {
        let Evaluation { loss, accuracy, count, step, confusion, worst } = self;
        let confusion = confusion.as_ref().map(|c| object! { classes: c.classes, counts: Json::Words(Words(c.counts.clone())) });
        let all = object! { loss: *loss, accuracy: *accuracy, count: *count, step: *step, confusion: confusion, worst: *worst };
        without(all, &["confusion", "worst"])
    }
}

impl ToJson for Prediction {
    fn json(&self) -> Json {
        let probabilities = self.probabilities.as_deref().map(Numbers);
        let all = object! { output: Numbers(&self.output.data), shape: self.output.shape, probabilities: probabilities, layers: self.layers };
        without(all, &["probabilities", "layers"])
    }
}

impl ToJson for look::Trace {
    fn json(&self) -> Json {
        let look::Trace { loss, forward, gradients, before, after, state } = self;
        object! { loss: *loss as f64, forward: *forward, gradients: *gradients, before: *before, after: *after, state: *state }
    }
}

/// A value read: a tensor's data are always f32, whatever its own type.
pub(super) fn tensor(tensor: &look::Tensor) -> Json {
    object! { shape: tensor.shape, dtype: "f32", data: Numbers(&tensor.data) }
}

/// The numbers of characters.
pub(super) fn ids(ids: Vec<f32>) -> Json {
    object! { ids: Json::Floats(Floats(ids)) }
}

/// Bytes in bulk under one name.
pub(super) fn bytes(bytes: Vec<u8>) -> Json {
    Json::Object(vec![(Cow::Borrowed("bytes"), Json::Bytes(Bytes(bytes)))])
}
