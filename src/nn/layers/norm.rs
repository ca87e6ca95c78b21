//! BatchNorm1d, BatchNorm2d, LayerNorm, GroupNorm, RMSNorm. Imports as the parent module.

use super::{Module, agree, image};
use crate::error::Result;
use crate::json::{Json, ToJson};
use crate::list::List;
use crate::nn::forward::Forward;
use crate::nn::init::Init;
use crate::nn::model::Builder;
use crate::nn::read::{Place, Range, Read, options};
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

options! {
    /// Each feature to mean 0 and variance 1 over the batch; when used, by the running statistics of training.
    BatchNorm1d { num_features: Option<usize> [SIZE] = None, eps: f64 [POSITIVE] = 1e-5, momentum: f64 [UNIT] = 0.1 }
    /// Each channel to mean 0 and variance 1 over the batch and the image; when used, by the running statistics of training.
    BatchNorm2d { num_features: Option<usize> [SIZE] = None, eps: f64 [POSITIVE] = 1e-5, momentum: f64 [UNIT] = 0.1 }
    /// Each example to mean 0 and variance 1 over the last axes, of these sizes; the very last axis where none are given.
    LayerNorm { normalized_shape: Option<Sizes> [SIZE] = None, eps: f64 [POSITIVE] = 1e-5 }
    /// Each example to mean 0 and variance 1 over groups of channels.
    GroupNorm { num_groups: usize [SIZE], num_channels: Option<usize> [SIZE] = None, eps: f64 [POSITIVE] = 1e-5 }
    /// Each example to mean square 1 over the last axes, of these sizes; the very last axis where none are given.
    RMSNorm { normalized_shape: Option<Sizes> [SIZE] = None, eps: f64 [POSITIVE] = f32::EPSILON as f64 }
}

/// A size or a list of sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Sizes(pub Vec<usize>);

impl ToJson for Sizes {
    fn json(&self) -> Json {
        self.0.json()
    }
}

impl Read for Sizes {
    fn read(place: &Place, range: &Range) -> Result<Sizes> {
        if place.value.as_f64().is_some() { usize::read(place, range).map(|n| Sizes(vec![n])) } else { Vec::read(place, range).map(Sizes) }
    }
}

/// Weight 1 and bias 0.
fn affine(shape: &[usize], model: &mut Builder) -> Result<()> {
    model.param("weight", shape, Init::Constant(1.0))?;
    model.param("bias", shape, Init::Constant(0.0))
}

/// (x - mean) / sqrt(var + eps) over the axes; with the mean and the (biased) variance.
fn normalise(x: &Tensor, axes: &[isize], eps: f64) -> (Tensor, Tensor, Tensor) {
    let mean = x.mean(axes, true);
    let centred = x - &mean;
    let var = centred.square().mean(axes, true);
    (centred * inverse_deviation(&var, eps), mean, var)
}

fn inverse_deviation(var: &Tensor, eps: f64) -> Tensor {
    1.0 / (var + eps as f32).sqrt()
}

fn build_batch_norm(given: Option<usize>, input: &[usize], model: &mut Builder) -> Result<Shape> {
    let features = agree(given, "num_features", input[0], input, model)?;
    if model.batch_size * numel(&input[1..]) < 2 {
        let hint = "use a batch_size of at least 2, or LayerNorm, which does not look at other examples";
        return Err(model.error("needs more than one value per feature to take a mean over", input).hint(hint));
    }
    affine(&[features], model)?;
    model.buffer("running_mean", &[features], 0.0);
    model.buffer("running_var", &[features], 1.0);
    Ok(input.to_vec())
}

fn batch_norm(eps: f64, momentum: f64, x: &Tensor, run: &mut Forward) -> Tensor {
    // Every axis but the features'.
    let axes: Vec<isize> = (0..x.rank() as isize).filter(|a| *a != 1).list();
    let features = x.size(1);
    let shape: Vec<usize> = (0..x.rank()).map(|a| if a == 1 { features } else { 1 }).list();
    let (weight, bias) = (run.param("weight").reshape(&shape), run.param("bias").reshape(&shape));
    let (running_mean, running_var) = (run.buffer("running_mean"), run.buffer("running_var"));
    if !run.training() {
        let scale = weight * inverse_deviation(&running_var.reshape(&shape), eps);
        return (x - running_mean.reshape(&shape)) * scale + bias;
    }
    let (y, mean, var) = normalise(x, &axes, eps);
    let count = (numel(&x.shape()) / features) as f32;
    let mix = |old: Tensor, new: Tensor| old * (1.0 - momentum) as f32 + new.reshape(&[features]) * momentum as f32;
    run.update("running_mean", mix(running_mean, mean));
    run.update("running_var", mix(running_var, var * (count / (count - 1.0).max(1.0))));
    y * weight + bias
}

impl Module for BatchNorm1d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        if input.len() > 2 {
            return Err(model.error("needs an input [features] or [features, length]", input).hint("use BatchNorm2d for images"));
        }
        build_batch_norm(self.num_features, input, model)
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        7.0 * numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        batch_norm(self.eps, self.momentum, x, run)
    }
}

impl Module for BatchNorm2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        image(input, model).map_err(|error| error.hint("use BatchNorm1d for features without height and width"))?;
        build_batch_norm(self.num_features, input, model)
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        7.0 * numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        batch_norm(self.eps, self.momentum, x, run)
    }
}

/// The last sizes of the input: those given, or the very last.
fn last_sizes(given: &Option<Sizes>, input: &[usize], model: &Builder) -> Result<Vec<usize>> {
    let last = input[input.len() - 1..].to_vec();
    match given {
        Some(Sizes(sizes)) if sizes.is_empty() || !input.ends_with(sizes) => {
            let hint = format!("normalized_shape must be the last sizes of the input, as {last:?}");
            Err(model.error(&format!("has normalized_shape {sizes:?}"), input).hint(hint))
        }
        Some(Sizes(sizes)) => Ok(sizes.clone()),
        None => Ok(last),
    }
}

/// As many of the last axes as the layer's weight has.
fn last_axes(run: &Forward) -> Vec<isize> {
    (0..run.param("weight").rank() as isize).map(|n| -1 - n).list()
}

impl Module for LayerNorm {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        affine(&last_sizes(&self.normalized_shape, input, model)?, model)?;
        Ok(input.to_vec())
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        7.0 * numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let (y, ..) = normalise(x, &last_axes(run), self.eps);
        y * run.param("weight") + run.param("bias")
    }
}

impl Module for RMSNorm {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        model.param("weight", &last_sizes(&self.normalized_shape, input, model)?, Init::Constant(1.0))?;
        Ok(input.to_vec())
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        4.0 * numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let mean_square = x.square().mean(&last_axes(run), true);
        x * inverse_deviation(&mean_square, self.eps) * run.param("weight")
    }
}

impl Module for GroupNorm {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let channels = agree(self.num_channels, "num_channels", input[0], input, model)?;
        if !channels.is_multiple_of(self.num_groups) {
            let message = format!("cannot share {channels} channels among {} groups", self.num_groups);
            return Err(model.error(&message, input).hint("num_groups must divide the number of channels"));
        }
        affine(&[channels], model)?;
        Ok(input.to_vec())
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        7.0 * numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let shape = x.shape();
        let per_channel: Vec<usize> = (0..shape.len() - 1).map(|n| if n == 0 { shape[1] } else { 1 }).list();
        let grouped = x.reshape(&[shape[0], self.num_groups, numel(&shape[1..]) / self.num_groups]);
        let (y, ..) = normalise(&grouped, &[2], self.eps);
        y.reshape(&shape) * run.param("weight").reshape(&per_channel) + run.param("bias").reshape(&per_channel)
    }
}
