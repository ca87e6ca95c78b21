//! Running a model: what layers see while their formulas are written into a graph. Imports model, layers, tensor, graph, dtype.

use super::layers::{Layer, Module};
use super::model::{Model, join};
use crate::dtype::{DType, Value};
use crate::graph::Graph;
use crate::list::List;
use crate::op::Binary;
use crate::shape::numel;
use crate::sorted::Map;
use crate::tensor::Tensor;
use std::ops::Range;

/// One run through a model's layers.
pub struct Forward {
    /// Tensors of the model by name: parameters and what layers keep from batch to batch.
    tensors: Map<String, Tensor>,
    training: Option<Training>,
    /// Places of the input that only fill an example up, Bool `[batch, length]`, where an Embedding says which.
    pub padding: Option<Tensor>,
    /// Within the decoder of an EncoderDecoder.
    pub memory: Option<Memory>,
    /// Every layer's output, by the layer's name, in the order in which they are computed; in use, also what `show` was given.
    pub outputs: Vec<(String, Tensor)>,
    /// Numbers of the nodes of each layer of the spec that has layers inside.
    pub blocks: Vec<Range<u32>>,
    /// New values of what layers keep from batch to batch.
    pub updates: Vec<(String, Tensor)>,
    name: String,
    count: u32,
}

/// What an encoder has given, `[batch, length, features]`, and its places that only fill an example up, as above.
pub type Memory = (Tensor, Option<Tensor>);

/// What layers see of a batch that is trained on.
pub struct Training {
    /// Key of its random numbers.
    pub key: Tensor,
    /// Whether it is the first one of an epoch.
    pub begins: Tensor,
}

/// A model's parameters in a graph.
pub struct Params {
    /// The leaf "params".
    pub flat: Tensor,
    /// Its parts, flat, in the order of the model's parameters. Gradients are taken with respect to these: a reshaped part could be passed by, as a
    /// reshape of a reshape is one reshape of the first operand.
    pub parts: Vec<Tensor>,
}

impl Params {
    /// The parameters of this model, in this graph.
    pub fn new(graph: &Graph, model: &Model) -> Params {
        let flat = graph.leaf("params", DType::F32, &[model.flat_len()]);
        let parts = model.params.iter().map(|p| flat.narrow(0, p.offset, numel(&p.shape))).list();
        Params { flat, parts }
    }
}

impl Forward {
    /// `training` is none for using the model.
    pub fn new(graph: &Graph, model: &Model, params: &Params, training: Option<Training>) -> Forward {
        let mut tensors = Map::new();
        model.params.iter().zip(&params.parts).for_each(|(param, part)| tensors.insert(param.name.clone(), part.reshape(&param.shape)));
        model.buffers.iter().for_each(|b| tensors.insert(b.name.clone(), graph.leaf(&b.name, DType::F32, &b.shape)));
        Forward { tensors, training, padding: None, memory: None, outputs: vec![], blocks: vec![], updates: vec![], name: String::new(), count: 0 }
    }

    /// Layers one after the other; `name` is their part of parameter names.
    pub fn sequence(&mut self, layers: &[Layer], name: &str, x: &Tensor) -> Tensor {
        let mut x = x.clone();
        for (n, layer) in layers.iter().enumerate() {
            let inner = join(name, &n.to_string());
            let start = x.graph().len();
            x = self.part(&inner, layer.module(), &x);
            if self.name.is_empty() && layer.is_block() {
                self.blocks.push(start as u32..x.graph().len() as u32);
            }
            self.outputs.push((join(&self.name, &inner), x.clone()));
        }
        x
    }

    /// A part of the current layer, under its own name.
    pub fn part(&mut self, name: &str, module: &dyn Module, x: &Tensor) -> Tensor {
        let outer = std::mem::take(&mut self.name);
        self.name = join(&outer, name);
        let y = x.graph().clone().scope(name, || module.forward(x, self));
        self.count += 1;
        self.name = outer;
        y
    }

    /// In use: something else of the current layer that people look at.
    pub fn show(&mut self, name: &str, value: impl FnOnce() -> Tensor) {
        if !self.training() {
            self.outputs.push((join(&self.name, name), value()));
        }
    }

    /// Whether the model is being trained, rather than used.
    pub fn training(&self) -> bool {
        self.training.is_some()
    }

    /// In training: the key of the current layer's random numbers.
    pub fn key(&self) -> Option<Tensor> {
        self.training.as_ref().map(|t| t.key.binary(Binary::Threefry, t.key.constant(Value::u32(self.count))))
    }

    /// In training: whether the batch is the first one of an epoch.
    pub fn begins(&self) -> Option<Tensor> {
        self.training.as_ref().map(|t| t.begins.clone())
    }

    /// The current layer's parameter of this name. `Model::new` has declared it by the layer's own `build`.
    pub fn param(&self, name: &str) -> Tensor {
        self.tensor(&join(&self.name, name))
    }

    fn tensor(&self, name: &str) -> Tensor {
        self.tensors.get(name).cloned().expect("every layer declares what it uses")
    }

    /// The weight of the layer of this name, which stands before the current one.
    pub fn weight_of(&self, layer: &str) -> Tensor {
        self.tensor(&join(layer, "weight"))
    }

    /// What the current layer keeps from batch to batch under this name.
    pub fn buffer(&self, name: &str) -> Tensor {
        self.param(name)
    }

    /// Its value after this batch.
    pub fn update(&mut self, name: &str, value: Tensor) {
        self.updates.push((join(&self.name, name), value));
    }
}
