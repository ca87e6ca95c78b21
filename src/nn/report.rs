//! What an experiment's network is and needs, known before anything is allocated. Imports model, layers, spec, optim, shape, error.

use super::layers::Layer;
use super::model::Model;
use super::optim::optimizer_slots;
use super::spec::{Data, Spec};
use crate::error::Result;
use crate::json::{Json, ToJson, object};
use crate::shape::{Shape, numel};

/// What a network is and needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// In the order of the spec.
    pub layers: Vec<LayerReport>,
    /// Number of trained numbers.
    pub params: usize,
    /// What training takes.
    pub memory: Memory,
    /// Shape of one output.
    pub output: Shape,
}

/// One layer; those inside a Residual or Sequential follow it, and their numbers are part of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerReport {
    /// Its place in the spec: `layers[3].layers[0]`.
    pub path: String,
    /// Its name in those of its parameters: "3.layers.0".
    pub name: String,
    /// PyTorch's class name.
    pub kind: &'static str,
    /// Shape of one example that goes in.
    pub input: Shape,
    /// Shape of one example that comes out.
    pub output: Shape,
    /// Number of trained numbers.
    pub params: usize,
    /// Floating-point operations of the forward pass of one example.
    pub flops: f64,
    /// Numbers that it computes of one example.
    pub activations: usize,
}

/// Bytes on the device while training.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// The trained numbers.
    pub parameters: usize,
    /// Their gradients; where a step has several batches, those of the batch and their mean.
    pub gradients: usize,
    /// The optimiser's state.
    pub optimizer: usize,
    /// What layers compute for a batch, the gradient of the largest, and with `recompute` what the largest block computes: an estimate from above, as the compiler joins layers.
    pub activations: usize,
    /// The examples; 0 for images and texts, whose files are not known here.
    pub data: usize,
    /// The sum of all.
    pub total: usize,
}

/// Checks an experiment and tells what it needs.
pub fn check(spec: &Spec) -> Result<Report> {
    Model::new(spec).map(|model| report(spec, &model))
}

/// The report of a model that has been made.
pub fn report(spec: &Spec, model: &Model) -> Report {
    let rows = || spec.layers.iter().zip(model.layers.iter().filter(|row| !row.path.contains('.')));
    let again = |layer: &Layer| spec.recompute && layer.is_block();
    // Of what is computed again its input is kept, and a gradient waits for the small kernels that read it.
    let kept = rows().map(|(layer, row)| if again(layer) { 2 * numel(&row.output) } else { row.activations });
    let block = rows().filter(|(layer, _)| again(layer)).map(|(_, row)| row.activations).max().unwrap_or(0);
    let activations = kept.chain([block, model.largest, numel(&model.input)]).fold(0, usize::saturating_add);
    let parameters = model.flat_len().saturating_mul(4);
    let memory = Memory {
        parameters,
        gradients: parameters.saturating_mul(if spec.accumulate > 1 { 2 } else { 1 }),
        optimizer: parameters.saturating_mul(optimizer_slots(spec).len()),
        activations: activations.saturating_mul(spec.batch_size).saturating_mul(4),
        data: 4 * elements(&spec.data),
        total: 0,
    }
    .summed();
    Report { layers: model.layers.clone(), params: model.flat_len(), memory, output: model.output.clone() }
}

impl Memory {
    /// With the bytes of data that only the session knows.
    pub fn with_data(mut self, bytes: usize) -> Memory {
        self.data = bytes;
        self.summed()
    }

    fn summed(mut self) -> Memory {
        let parts = [self.parameters, self.gradients, self.optimizer, self.activations, self.data];
        self.total = parts.into_iter().fold(0, usize::saturating_add);
        self
    }
}

impl ToJson for Report {
    fn json(&self) -> Json {
        object! { layers: self.layers, params: self.params, memory: self.memory, output: self.output }
    }
}

impl ToJson for LayerReport {
    fn json(&self) -> Json {
        let LayerReport { path, name, kind, input, output, params, flops, .. } = self;
        object! { path: *path, name: *name, type: *kind, input: *input, output: *output, params: *params, flops: *flops }
    }
}

impl ToJson for Memory {
    fn json(&self) -> Json {
        let Memory { parameters, gradients, optimizer, activations, data, total } = self;
        object! { parameters: *parameters, gradients: *gradients, optimizer: *optimizer, activations: *activations, data: *data, total: *total }
    }
}

fn elements(data: &Data) -> usize {
    match data {
        Data::Table(table) => table.x.iter().chain(&table.y.0).map(Vec::len).sum(),
        Data::Points(points) => points.samples * (points.features.len() + 1),
        Data::Images(_) | Data::Text(_) => 0,
    }
}
