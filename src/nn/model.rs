//! The model of an experiment: its parameters, running statistics and shapes, inferred layer by layer before anything is allocated.
//! Imports layers, spec, init, report, random, shape, error.

use super::init::Init;
use super::layers::{Layer, Module};
use super::report::LayerReport;
use super::spec::{Data, Spec};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::shape::{Shape, numel};

/// The most elements of the parameters, or of one layer's output for a batch: 1 GiB, and far inside what wasm can address.
const MOST: f64 = 268_435_456.0;
/// Sets initial weights apart from other random numbers of the same seed.
const PURPOSE: u32 = 0x1817;

/// A trained tensor, a part of the flat leaf "params".
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// PyTorch's name, as "3.layers.0.weight".
    pub name: String,
    /// Its sizes.
    pub shape: Shape,
    /// Place in "params", in elements.
    pub offset: usize,
    /// How it starts.
    pub init: Init,
    /// Whether l1 and l2 penalties count it: weights, not biases or norms.
    pub weight: bool,
}

/// A tensor that a layer keeps from batch to batch (a running statistic, a state): a leaf of its own, F32.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// PyTorch's name, as "1.running_mean".
    pub name: String,
    /// Its sizes.
    pub shape: Shape,
    /// The start value of all elements.
    pub initial: f32,
}

/// What an experiment's network consists of.
#[derive(Clone, Debug)]
pub struct Model {
    /// In the order in which they lie in the leaf "params".
    pub params: Vec<Param>,
    /// In the order of the layers.
    pub buffers: Vec<Buffer>,
    /// Shape of one example.
    pub input: Shape,
    /// Shape of one output.
    pub output: Shape,
    /// In the order of the spec.
    pub layers: Vec<LayerReport>,
    /// Numbers of an example in the largest tensor that a layer computes.
    pub largest: usize,
    /// Whether a layer goes on from the states of the batch before, so that examples must come in order.
    pub stateful: bool,
    flat: usize,
}

impl Model {
    /// Infers all shapes; the first mistake in the experiment is an error that names its place.
    pub fn new(spec: &Spec) -> Result<Model> {
        spec.verify()?;
        let mut builder = Builder { batch_size: spec.batch_size, ..Builder::default() };
        builder.small(&spec.input, "the input of a batch").map_err(|error| error.at("input"))?;
        let output = builder.sequence(&spec.layers, "layers", "", &spec.input)?;
        let Builder { params, buffers, rows: layers, largest, stateful, flat, .. } = builder;
        if params.is_empty() {
            return Err(Error::spec("the network has no parameters to train").at("layers").hint("add a Linear layer"));
        }
        check_input(spec)?;
        if stateful {
            check_order(spec)?;
        }
        spec.loss.check(spec, &output)?;
        Ok(Model { params, buffers, input: spec.input.clone(), output, layers, largest, stateful, flat })
    }

    /// Number of parameters: length of the leaf "params" and of each of the optimiser's slots.
    pub fn flat_len(&self) -> usize {
        self.flat
    }

    /// Start values of the leaf "params": the same on every machine, and for each parameter whatever stands before it.
    pub fn initial_params(&self, seed: u32) -> Vec<f32> {
        let mut flat = vec![0.0; self.flat];
        let keys = Random::new(seed, PURPOSE).bits();
        for (n, param) in self.params.iter().enumerate() {
            param.init.fill(&mut flat[param.offset..][..numel(&param.shape)], &mut Random::new(keys, n as u32));
        }
        flat
    }
}

/// The data's examples must have the shape the network takes.
fn check_input(spec: &Spec) -> Result<()> {
    let wrong = |what: String, hint: String| Err(Error::spec(what).at("input").hint(hint));
    match &spec.data {
        Data::Table(table) => match table.x.iter().enumerate().find(|(_, row)| row.len() != numel(&spec.input)) {
            Some((n, row)) => {
                wrong(format!("examples have the shape {:?}, but data.x[{n}] has {} numbers", spec.input, row.len()), format!("set input to [{}]", row.len()))
            }
            None => Ok(()),
        },
        Data::Points(points) if spec.input != [points.features.len()] => {
            let n = points.features.len();
            wrong(format!("examples have the shape {:?}, but data.features has {n}", spec.input), format!("set input to [{n}]"))
        }
        Data::Text(_) if spec.input.len() != 1 => {
            wrong(format!("examples have the shape {:?}, but those of a text are rows of characters", spec.input), "set input to one size, as [64]".into())
        }
        // The files say what the images and the text are.
        Data::Points(_) | Data::Images(_) | Data::Text(_) => Ok(()),
    }
}

/// The windows of a text can be read in order if they follow each other.
fn check_order(spec: &Spec) -> Result<()> {
    match &spec.data {
        Data::Text(text) if text.stride.is_none_or(|stride| spec.input == [stride]) => Ok(()),
        Data::Text(_) => {
            let message = "a stateful layer goes on where the window before has ended, but with this stride no window begins there";
            Err(Error::spec(message).at("data.stride").hint("leave out stride"))
        }
        Data::Table(_) | Data::Points(_) | Data::Images(_) => {
            Err(Error::spec("a stateful layer reads examples in order, and only those of a text have one").at("data").hint("leave out stateful, or use a Text"))
        }
    }
}

/// The model while it grows; what layers see of it when they infer their shape.
#[derive(Default)]
pub struct Builder {
    pub batch_size: usize,
    /// Within the decoder of an EncoderDecoder: length and features of what its encoder gives.
    pub memory: Option<[usize; 2]>,
    params: Vec<Param>,
    buffers: Vec<Buffer>,
    rows: Vec<LayerReport>,
    flops: f64,
    activations: usize,
    largest: usize,
    stateful: bool,
    flat: usize,
    /// The current layer, as in parameter names ("3.layers.0") and in the spec ("layers[3].layers[0]").
    name: String,
    at: String,
}

impl Builder {
    /// Layers one after the other. `field` is their field in the spec; `name` is what PyTorch puts into parameter names for it, if anything.
    pub fn sequence(&mut self, layers: &[Layer], field: &str, name: &str, input: &[usize]) -> Result<Shape> {
        let (outer_name, outer_at) = (self.name.clone(), self.at.clone());
        let mut shape = input.to_vec();
        for (n, layer) in layers.iter().enumerate() {
            let field = format!("{field}[{n}]");
            self.at = if outer_at.is_empty() { field } else { format!("{outer_at}.{field}") };
            self.name = join(&join(&outer_name, name), &n.to_string());
            shape = self.layer(layer, shape)?;
        }
        (self.name, self.at) = (outer_name, outer_at);
        Ok(shape)
    }

    fn layer(&mut self, layer: &Layer, input: Shape) -> Result<Shape> {
        let row = self.rows.len();
        let (params, flops, activations) = (self.flat, self.flops, self.activations);
        self.rows.push(LayerReport {
            path: self.at.clone(),
            name: self.name.clone(),
            kind: layer.type_name(),
            input: input.clone(),
            output: vec![],
            params: 0,
            flops: 0.0,
            activations: 0,
        });
        let output = layer.module().build(&input, self)?;
        self.small(&output, "its output for a batch")?;
        self.count(&output);
        self.flops += layer.module().flops(&input, &output);
        self.rows[row].output = output.clone();
        self.rows[row].params = self.flat - params;
        self.rows[row].flops = self.flops - flops;
        self.rows[row].activations = self.activations - activations;
        Ok(output)
    }

    /// A part of the current layer, under its own name.
    pub fn part(&mut self, name: &str, module: &dyn Module, input: &[usize]) -> Result<Shape> {
        let outer = std::mem::take(&mut self.name);
        self.name = join(&outer, name);
        let output = module.build(input, self);
        self.name = outer;
        let output = output?;
        self.flops += module.flops(input, &output);
        self.computes(&output)?;
        Ok(output)
    }

    /// The current layer computes a tensor of this shape on the way to its output.
    pub fn computes(&mut self, shape: &[usize]) -> Result<()> {
        self.small(shape, "what it computes for a batch")?;
        self.count(shape);
        Ok(())
    }

    fn count(&mut self, shape: &[usize]) {
        self.activations = self.activations.saturating_add(numel(shape));
        self.largest = self.largest.max(numel(shape));
    }

    /// The current layer uses the weight of the layer of this name, which must be there in this shape.
    pub fn shares(&self, layer: &str, shape: &[usize], input: &[usize]) -> Result<()> {
        let name = join(layer, "weight");
        match self.params.iter().find(|param| param.name == name) {
            Some(param) if param.shape == shape => Ok(()),
            Some(param) => {
                let message = format!("needs a weight {shape:?}, but is tied to layer {layer}, whose weight is {:?}", param.shape);
                Err(self.error(&message, input).hint("give it as many outputs as the weight has rows and an input as long as they are"))
            }
            None => {
                let message = format!("is tied to layer {layer}, but no such layer with a weight stands before it");
                Err(self.error(&message, input).hint("name a layer by its place, as \"0\" or \"3.layers.1\""))
            }
        }
    }

    /// A trained tensor of the current layer.
    pub fn param(&mut self, name: &str, shape: &[usize], init: Init) -> Result<()> {
        let elements: f64 = shape.iter().map(|n| *n as f64).product();
        if self.flat as f64 + elements > MOST {
            let message = format!("{name} of shape {shape:?} makes the network larger than {} million parameters", MOST as usize >> 20);
            return Err(Error::spec(message).at(&self.at).hint("use smaller layers"));
        }
        self.params.push(Param { name: join(&self.name, name), shape: shape.to_vec(), offset: self.flat, init, weight: false });
        self.flat += numel(shape);
        Ok(())
    }

    /// A trained tensor that penalties count.
    pub fn weight(&mut self, name: &str, shape: &[usize], init: Init) -> Result<()> {
        self.param(name, shape, init)?;
        if let Some(param) = self.params.last_mut() {
            param.weight = true;
        }
        Ok(())
    }

    /// A running statistic of the current layer.
    pub fn buffer(&mut self, name: &str, shape: &[usize], initial: f32) {
        self.buffers.push(Buffer { name: join(&self.name, name), shape: shape.to_vec(), initial });
    }

    /// States of the current layer that the next batch begins with.
    pub fn state(&mut self, name: &str, shape: &[usize]) {
        self.buffer(name, shape, 0.0);
        self.stateful = true;
    }

    /// Whether the current layer is the first that sees the experiment's input.
    pub fn at_start(&self) -> bool {
        self.name.split('.').all(|part| part == "0" || part.parse::<usize>().is_err())
    }

    /// An error about the current layer and the input it gets: "Linear(..) `message`, input shape [..]".
    pub fn error(&self, message: &str, input: &[usize]) -> Error {
        let kind = self.rows.last().map_or("the layer", |row| row.kind);
        Error::spec(format!("{kind} {message}: its input is {input:?}")).at(&self.at)
    }

    /// An error where a batch has too many numbers of this shape.
    pub fn small(&self, shape: &[usize], what: &str) -> Result<()> {
        let elements = shape.iter().map(|n| *n as f64).product::<f64>() * self.batch_size as f64;
        if elements <= MOST {
            return Ok(());
        }
        let message = format!("{what}, {} x {shape:?}, is larger than {} million numbers", self.batch_size, MOST as usize >> 20);
        Err(Error::spec(message).at(&self.at).hint("use smaller layers or a smaller batch_size"))
    }
}

/// Parts of a name joined by a dot, empty ones left out.
pub fn join(outer: &str, inner: &str) -> String {
    if outer.is_empty() || inner.is_empty() { format!("{outer}{inner}") } else { format!("{outer}.{inner}") }
}
