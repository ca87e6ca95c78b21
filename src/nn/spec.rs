//! The experiment as one plain object: network, loss, optimiser, schedule, data. Imports read, error, json, shape, serde.

use super::layers::Layer;
use super::loss::Loss;
use super::optim::Optimizer;
use super::read::{FROM_ZERO, Place, Range, Read, options, tagged, words};
use super::schedule::{ConstantLR, Schedule};
use crate::error::{Error, Result};
use crate::json::{Json, ToJson};
use crate::list::List;
use crate::shape::Shape;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

options! {
    /// An experiment.
    Spec {
        name: String [ANY] = String::new(),
        /// Shape of one example.
        input: Shape [SIZE],
        layers: Vec<Layer> [ANY],
        loss: Loss [ANY],
        optimizer: Optimizer [ANY],
        schedule: Schedule [ANY] = Schedule::ConstantLR(ConstantLR {}),
        /// Steps in which the learning rate rises from 0 to the schedule's.
        warmup_steps: usize [FROM_ZERO] = 0,
        regularization: Regularization [ANY] = Regularization { l1: 0.0, l2: 0.0 },
        /// The largest norm of the gradient, all parameters together.
        clip_grad_norm: Option<f64> [POSITIVE] = None,
        precision: Precision [ANY] = Precision::F32,
        batch_size: usize [SIZE] = 32,
        /// Batches of a step, whose mean gradient it takes: what a larger batch would do, in the memory of this one.
        accumulate: usize [SIZE] = 1,
        /// Of each Sequential, Residual, TransformerEncoderLayer and EncoderDecoder among `layers` only what goes in is kept for the gradients, which then compute the rest again.
        recompute: bool [ANY] = false,
        seed: u32 [FROM_ZERO] = 0,
        data: Data [ANY],
    }

    /// Penalties on weights (not on biases and norms), added to the loss: l1 * sum |w| + l2 / 2 * sum w^2.
    Regularization { l1: f64 [FROM_ZERO] = 0.0, l2: f64 [FROM_ZERO] = 0.0 }

    /// Examples written out; they serve for training and testing.
    Table { x: Vec<Vec<f32>> [ANY], y: Rows [ANY] }

    /// Points in the square from -6 to 6, made by a formula.
    Points {
        shape: PointsShape [ANY],
        samples: usize [POINTS] = 500,
        noise: f64 [HALF] = 0.0,
        train_fraction: f64 [INSIDE_UNIT] = 0.5,
        seed: u32 [FROM_ZERO] = 0,
        features: Vec<Feature> [ANY] = vec![Feature::X1, Feature::X2],
    }

    /// Images and labels in files of this name.
    Images { name: String [ANY], normalize: Normalize [ANY] = Normalize { mean: 0.0, std: 1.0 } }

    /// A text in a file of this name, as windows of as many characters as `input` says; the target of each character is the one after it. Characters are
    /// numbered in the order of their code points.
    Text {
        name: String [ANY],
        /// The characters there may be; those of the text where none are given.
        vocabulary: Option<String> [ANY] = None,
        /// Characters from the start of one window to that of the next; where none is given, they lie side by side.
        stride: Option<usize> [SIZE] = None,
        /// The part of the text, from its beginning, that is trained on. The rest is tested on.
        train_fraction: f64 [INSIDE_UNIT] = 0.9,
    }

    /// Pixels, scaled to 0..1, enter the network as (pixel - mean) / std.
    Normalize { mean: f64 [ANY] = 0.0, std: f64 [POSITIVE] = 1.0 }
}

tagged! {
    /// Where the examples come from.
    Data, "data" { Table, Points, Images, Text }
}

words! {
    /// What layers that contract (linear, convolutional, attention, and what recurrent ones make of their inputs) take and give. With F16 these, their gradients
    /// and copies of their weights are rounded to half precision, as under PyTorch's `torch.autocast`, and the loss is scaled (`torch.amp.GradScaler`); sums,
    /// norms, softmax, losses, parameters and the optimiser stay F32. All devices round alike; GPUs with `shader-f16` also store halves in two bytes.
    Precision { F32 = "f32", F16 = "f16" }
}

words! {
    /// How made-up points lie. The last two are for regression.
    PointsShape { Circle = "circle", Xor = "xor", Gauss = "gauss", Spiral = "spiral", Plane = "plane", Bumps = "bumps" }
}

words! {
    /// What the network sees of a point.
    Feature {
        X1 = "x1", X2 = "x2", X1Squared = "x1^2", X2Squared = "x2^2", X1TimesX2 = "x1*x2", SinX1 = "sin(x1)", SinX2 = "sin(x2)",
    }
}

/// Rows of targets; in a spec also a flat list, of rows of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows(pub Vec<Vec<f32>>);

impl ToJson for Rows {
    fn json(&self) -> Json {
        self.0.json()
    }
}

impl Read for Rows {
    fn read(place: &Place, range: &Range) -> Result<Rows> {
        let list = place.value.as_list().ok_or_else(|| place.error("must be a list of numbers or of lists of numbers"))?;
        let row = |(n, value): (usize, &Json)| {
            let place = Place { value, at: format!("{}[{n}]", place.at) };
            if value.as_list().is_some() { Vec::read(&place, range) } else { f32::read(&place, range).map(|x| vec![x]) }
        };
        list.iter().enumerate().map(row).try_list().map(Rows)
    }
}

impl PointsShape {
    /// Whether targets are numbers rather than one of two classes.
    pub fn is_regression(self) -> bool {
        matches!(self, PointsShape::Plane | PointsShape::Bumps)
    }
}

impl Spec {
    /// Reads an experiment; every unknown name, wrong type and value out of range is an error that names its place.
    pub fn parse(json: impl Into<Json>) -> Result<Spec> {
        let spec = Spec::read(&Place { value: &json.into(), at: String::new() }, &FROM_ZERO)?;
        spec.agrees().map(|_| spec)
    }

    /// The checks of options that depend on one another.
    fn agrees(&self) -> Result<()> {
        let demand = |ok: bool, at: &str, message: &str, hint: &str| if ok { Ok(()) } else { Err(Error::spec(message).at(at).hint(hint)) };
        demand(!self.input.is_empty(), "input", "the shape of an example needs at least one size", "a single number is [1]")?;
        demand(!self.layers.is_empty(), "layers", "a network needs at least one layer", "add a Linear layer")?;
        if let Optimizer::SGD(sgd) = &self.optimizer {
            let fits = !sgd.nesterov || (sgd.momentum > 0.0 && sgd.dampening == 0.0);
            demand(fits, "optimizer.nesterov", "Nesterov's method needs a momentum and no dampening", "set momentum, for example to 0.9, and dampening to 0")?;
        }
        let batches = self.accumulate == 1 || self.precision == Precision::F32;
        demand(batches, "accumulate", "in half precision a step takes one batch", "set accumulate to 1 and a larger batch_size, or precision to \"f32\"")?;
        if let Data::Points(points) = &self.data {
            demand(!points.features.is_empty(), "data.features", "the network needs at least one feature", "add \"x1\"")?;
        }
        Ok(())
    }

    /// The same checks for an experiment made in Rust.
    pub fn verify(&self) -> Result<()> {
        Spec::parse(self.json()).map(|_| ())
    }

    /// Examples of a step.
    pub fn step_size(&self) -> usize {
        self.batch_size.saturating_mul(self.accumulate)
    }

    /// Whether there are examples for a step.
    pub fn check_count(&self, count: usize) -> Result<()> {
        if self.step_size() <= count {
            return Ok(());
        }
        let (at, most, value) = match self.batch_size > count {
            true => ("batch_size", count, self.batch_size),
            false => ("accumulate", count / self.batch_size, self.accumulate),
        };
        let message = format!("with {at} {value} a step takes {} examples, but there are {count} to train on", self.step_size());
        Err(Error::spec(message).at(at).hint(format!("Set {at} to at most {most}.")))
    }

    /// Whether examples belong to classes, so that there is an accuracy.
    pub fn classifies(&self, output: &[usize]) -> bool {
        match &self.loss {
            Loss::CrossEntropyLoss(_) => true,
            Loss::BCELoss(_) | Loss::BCEWithLogitsLoss(_) => output == [1],
            Loss::MSELoss(_) | Loss::L1Loss(_) | Loss::HuberLoss(_) => false,
        }
    }

    /// What is built into the computations: the experiment without its name and data, and with 1 for each number that lives in the leaf "hyper" and is not 0.
    /// Experiments of equal structure differ in numbers only, which can be changed between two steps.
    pub fn structure(&self) -> Spec {
        let on = |x: f64| if x > 0.0 { 1.0 } else { 0.0 };
        let mut spec = self.clone();
        spec.name.clear();
        spec.data = Data::Table(Table { x: vec![], y: Rows(vec![]) });
        spec.regularization = Regularization { l1: on(self.regularization.l1), l2: on(self.regularization.l2) };
        spec.clip_grad_norm = self.clip_grad_norm.map(|_| 1.0);
        spec.optimizer = self.optimizer.with(1.0, on(self.optimizer.weight_decay()));
        spec
    }
}

impl<'de> Deserialize<'de> for Spec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Spec, D::Error> {
        Spec::parse(Json::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Spec {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}
