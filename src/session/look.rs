//! Looking into a network: what it says of given inputs, one training step in full view, and its tensors by name. Imports the session, machine, nn, data.

use super::machine::{Computation, Output, bytes, floats, words};
use super::state::{self, Named, Role};
use super::{Session, Which, layout, probe};
use crate::data;
use crate::dtype::DType;
use crate::error::{Code, Error, Result};
use crate::json::number;
use crate::list::List;
use crate::nn;
use crate::shape::{Shape, numel};
use std::rc::Rc;

/// A tensor's values under its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// "0.weight", or the layer's name of an output.
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Shape,
    /// Row-major.
    pub data: Vec<f32>,
}

/// What the network makes of inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// With the number of inputs as first size.
    pub output: Tensor,
    /// Of a classifier: what the output says about each class.
    pub probabilities: Option<Vec<f32>>,
    /// If asked for: what each layer gives, and attention's weights.
    pub layers: Option<Vec<LayerOutput>>,
}

/// What a layer gives, or, of kind "attn_output_weights", the weights of its attention: `[inputs, heads, places, places looked at]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerOutput {
    /// The layer's type.
    pub kind: &'static str,
    /// Under the layer's name.
    pub output: Tensor,
}

/// One training step in full view.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Mean over the batch, before the step.
    pub loss: f32,
    /// Each layer's output, by the layer's name.
    pub forward: Vec<Tensor>,
    /// Of each layer's output ("0.output") and of each parameter ("0.weight").
    pub gradients: Vec<Tensor>,
    /// The parameters.
    pub before: Vec<Tensor>,
    /// The parameters after the step.
    pub after: Vec<Tensor>,
    /// What the optimiser holds for them, before the step.
    pub state: Vec<Tensor>,
}

/// Examples as people see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// With the number of examples as first size.
    pub x: Tensor,
    pub y: Vec<f32>,
}

impl Session {
    /// The examples of these numbers.
    pub fn examples(&self, which: Which, numbers: &[usize]) -> Result<Examples> {
        let split = self.split(which);
        if let Some(n) = numbers.iter().find(|n| **n >= split.count) {
            return Err(Error::data(format!("there is no example {n}")).at("data").hint(format!("There are {} of them, from 0 on.", split.count)));
        }
        let all = |column: &data::Column| numbers.iter().flat_map(|n| column.example(*n)).list();
        let shape = [&[numbers.len()], &split.seen().shape[..]].concat();
        Ok(Examples { x: Tensor { name: "x".to_string(), shape, data: all(split.seen()) }, y: all(&split.y) })
    }

    /// What the network says of `count` inputs, given as people see them: points, table rows, pixels from 0 to 1, numbers of characters. Of a sequence it
    /// says something at each place.
    pub async fn predict(&mut self, inputs: &[f32], count: usize, layers: bool) -> Result<Prediction> {
        let raw = data::raw_shape(&self.spec, &self.model);
        let needed = count.saturating_mul(numel(&raw));
        if count == 0 || inputs.len() != needed {
            let message = format!("{count} inputs of shape {raw:?} take {needed} numbers, but {} were given", inputs.len());
            return Err(Error::data(message).at("predict").hint("Give each input whole, one after another."));
        }
        let inputs = data::inputs(&self.spec, inputs)?;
        // What each layer gives has to be stored, which costs those who do not ask for it.
        let key = format!("predict {count}{}", if layers { " layers" } else { "" });
        let leaf = [("predict.x", DType::F32, count * numel(&self.model.input))];
        let prediction = self.computation(&key, &leaf, &|spec, model, _| nn::predict(spec, model, count, layers))?;
        self.machine.write(&format!("{key}/predict.x"), 0, &bytes(&inputs, f32::to_le_bytes))?;
        self.machine.run(&prediction, 1)?;
        let main = ["output", "probabilities"].into_iter().filter_map(|name| Some((name, prediction.output(name)?)));
        let mut tensors = self.fetch(main.chain(prediction.outputs("layer."))).await?.into_iter().peekable();
        let output = tensors.next().ok_or_else(|| Error::new(Code::Session, "the network gives no output"))?;
        let probabilities = tensors.next_if(|t| t.name == "probabilities").map(|t| t.data);
        let kind = |name: &str| self.model.layers.iter().find(|row| row.name == name).map_or("attn_output_weights", |row| row.kind);
        let layers = layers.then(|| tensors.map(|output| LayerOutput { kind: kind(&output.name), output }).list());
        Ok(Prediction { output, probabilities, layers })
    }

    /// The numbers of a text's characters, as the network takes them.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>> {
        let none = || Error::data("the experiment is not about a text").hint("Characters have numbers only where data is a Text.");
        let numbers = self.dataset.text.as_ref().ok_or_else(none).and_then(|known| known.numbers(text));
        numbers.map(|numbers| numbers.into_iter().map(|n| n as f32).list()).map_err(|error| error.at("encode"))
    }

    /// One training step on training examples, which changes nothing.
    pub async fn trace(&mut self, numbers: std::ops::Range<usize>) -> Result<Trace> {
        let count = self.dataset.train.count;
        if numbers.is_empty() || numbers.end > count {
            let message = format!("examples {} to {} are asked for, but there are {count}", numbers.start, numbers.end);
            return Err(Error::data(message).at("trace").hint("Ask for examples that exist."));
        }
        let trace = self.run_trace(&numbers.map(|n| n as i32).list())?;
        let loss = self.fetch(trace.outputs("loss")).await?;
        let forward = self.fetch(trace.outputs("forward.")).await?;
        let gradients = self.fetch(trace.outputs("gradient.")).await?;
        let after = self.fetch(trace.outputs("after.")).await?;
        let named = |role: Role| self.tensors().into_iter().filter(move |t| t.role == role);
        let (mut before, mut state) = (vec![], vec![]);
        for tensor in named(Role::Param) {
            before.push(self.value(&tensor).await?);
        }
        for tensor in named(Role::Optimizer) {
            state.push(self.value(&tensor).await?);
        }
        Ok(Trace { loss: loss[0].data[0], forward, gradients, before, after, state })
    }

    /// Runs the trace on training examples of these numbers.
    pub(super) fn run_trace(&mut self, numbers: &[i32]) -> Result<Rc<Computation>> {
        let (key, order_len, count) = (format!("trace {}", numbers.len()), self.order.len(), numbers.len());
        let leaf = [("trace.indices", DType::I32, count)];
        let trace = self.computation(&key, &leaf, &|spec, model, dataset| nn::trace(spec, model, &layout(spec, &dataset.train, order_len), count))?;
        self.machine.write(&format!("{key}/trace.indices"), 0, &bytes(numbers, i32::to_le_bytes))?;
        self.machine.run(&trace, 1)?;
        Ok(trace)
    }

    /// A dispatch of the training step by itself: its WGSL and, if that is to be measured, how many milliseconds it takes.
    pub async fn dispatch(&self, n: usize, measure: bool) -> Result<(String, Option<f64>)> {
        let (alone, wgsl) = self.machine.alone(self.plan(), n)?;
        let ms = if measure { Some(probe::duration(&self.machine, &alone, self.now).await?) } else { None };
        Ok((wgsl, ms))
    }

    /// All tensors by name.
    pub fn tensors(&self) -> Vec<Named> {
        state::tensors(&self.spec, &self.model)
    }

    /// A tensor's values now.
    pub async fn read(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.named(name)?;
        self.value(&tensor).await
    }

    /// Sets a parameter or running statistic.
    pub async fn write(&mut self, name: &str, values: &[f32]) -> Result<()> {
        let tensor = self.named(name)?;
        let fail = |message: String, hint: &str| Err(Error::data(message).at(name).hint(hint));
        if !matches!(tensor.role, Role::Param | Role::Buffer) {
            return fail(format!("{name} is kept by training itself"), "Only parameters and running statistics can be set.");
        }
        if values.len() != numel(&tensor.shape) {
            return fail(format!("{name} has the shape {:?}, but {} numbers were given", tensor.shape, values.len()), "Give one number for each element.");
        }
        if let Some(n) = values.iter().position(|v| !v.is_finite()) {
            return fail(format!("number {n} for {name} is {}", number(values[n])), "Give finite numbers.");
        }
        self.progress.problem = None;
        self.machine.write(&tensor.leaf, tensor.start, &bytes(values, f32::to_le_bytes))?;
        self.secure().await
    }

    fn named(&self, name: &str) -> Result<Named> {
        let missing = || Error::new(Code::Session, format!("there is no tensor {name}")).at(name).hint("Ask for `tensors` to see which there are.");
        self.tensors().into_iter().find(|tensor| tensor.name == name).ok_or_else(missing)
    }

    async fn value(&self, tensor: &Named) -> Result<Tensor> {
        let values = self.machine.read_part(&tensor.leaf, tensor.start, numel(&tensor.shape)).await?;
        let data = if tensor.dtype == DType::F32 { floats(&values) } else { words(&values).into_iter().map(|w| w as f32).list() };
        Ok(Tensor { name: tensor.name.clone(), shape: tensor.shape.clone(), data })
    }

    /// Results of a computation's last run.
    async fn fetch<'a>(&self, outputs: impl Iterator<Item = (&'a str, &'a Output)>) -> Result<Vec<Tensor>> {
        let (names, outputs): (Vec<&str>, Vec<&Output>) = outputs.unzip();
        let values = self.machine.results(&outputs).await?;
        let tensor =
            |((name, output), values): ((&str, &Output), Vec<u8>)| Tensor { name: name.to_string(), shape: output.shape.clone(), data: floats(&values) };
        Ok(names.into_iter().zip(outputs).zip(values).map(tensor).list())
    }
}
