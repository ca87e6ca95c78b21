//! What a session remembers from step to step, by the names people know. Imports nn, shape, dtype.

use crate::dtype::DType;
use crate::list::List;
use crate::nn::{Model, Precision, SCALER, Spec, optimizer_slots};
use crate::shape::{Shape, numel};

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Trained.
    Param,
    /// Kept by a layer: running statistics, states that the next batch begins with.
    Buffer,
    /// Kept by the optimiser for a parameter.
    Optimizer,
    /// Step, place in the epoch, seed, batch of the step; the scale of the loss.
    State,
}

/// A tensor by its own name, and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// "0.weight", "1.running_mean", "optimizer.exp_avg/0.weight", "counters".
    pub name: String,
    /// Its sizes, outermost first.
    pub shape: Shape,
    /// Type of its elements.
    pub dtype: DType,
    /// What it is for.
    pub role: Role,
    /// The leaf it is part of.
    pub leaf: String,
    /// Its first element's place in the leaf, in elements.
    pub start: usize,
}

/// Step, cursor, seed, and the number of the batch within the step: 0 whenever a step is done.
pub const COUNTERS: &str = "counters";

/// Everything that training changes. Batches and random numbers follow from the counters.
pub fn tensors(spec: &Spec, model: &Model) -> Vec<Named> {
    let params = |prefix: &str, leaf: &str, role: Role| -> Vec<Named> {
        let named = |p: &crate::nn::Param| Named {
            name: format!("{prefix}{}", p.name),
            shape: p.shape.clone(),
            dtype: DType::F32,
            role,
            leaf: leaf.to_string(),
            start: p.offset,
        };
        model.params.iter().map(named).list()
    };
    let buffer =
        |b: &crate::nn::Buffer| Named { name: b.name.clone(), shape: b.shape.clone(), dtype: DType::F32, role: Role::Buffer, leaf: b.name.clone(), start: 0 };
    let mut all = params("", "params", Role::Param);
    all.extend(model.buffers.iter().map(buffer));
    all.extend(optimizer_slots(spec).iter().flat_map(|slot| params(&format!("optimizer.{slot}/"), &format!("optimizer.{slot}"), Role::Optimizer)));
    let state = |name: &str, dtype, len| Named { name: name.to_string(), shape: vec![len], dtype, role: Role::State, leaf: name.to_string(), start: 0 };
    all.push(state(COUNTERS, DType::U32, 4));
    all.extend(scales(spec).then(|| state("scaler", DType::F32, SCALER.len())));
    all
}

/// The leaves those lie in, with their types and sizes.
pub fn leaves(spec: &Spec, model: &Model) -> Vec<(String, DType, usize)> {
    let mut all = vec![(COUNTERS.to_string(), DType::U32, 4), ("params".to_string(), DType::F32, model.flat_len())];
    all.extend(optimizer_slots(spec).iter().map(|slot| (format!("optimizer.{slot}"), DType::F32, model.flat_len())));
    all.extend(model.buffers.iter().map(|b| (b.name.clone(), DType::F32, numel(&b.shape))));
    all.extend(scales(spec).then(|| ("scaler".to_string(), DType::F32, SCALER.len())));
    all
}

/// Whether the loss is scaled.
pub fn scales(spec: &Spec) -> bool {
    spec.precision == Precision::F16
}
