//! PositionalEmbedding and SinusoidalPositions, which tell a sequence's places apart. Imports as the parent module.

use super::{Module, sequence};
use crate::dtype::DType;
use crate::error::Result;
use crate::graph::Graph;
use crate::nn::forward::Forward;
use crate::nn::init::Init;
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::f32::consts::{FRAC_PI_2, TAU};

options! {
    /// Adds a row of a learned table to each place of a sequence.
    PositionalEmbedding {
        /// Rows of the table, the longest sequence there may be; as many as the input is long where it is not given.
        num_embeddings: Option<usize> [SIZE] = None,
        /// Standard deviation of the initial values.
        std: f64 [POSITIVE] = 1.0,
    }
    /// Adds sines (to even features) and cosines (to odd ones) of each place, of wavelengths from 2 pi to 20000 pi ("Attention Is All You Need").
    SinusoidalPositions {}
}

/// What 2 pi has beyond `TAU`, its value in f32: many turns would make much of it.
const TAU_REST: f32 = -1.748_455_6e-7;

/// Each place times frequencies that fall from 1 towards 1 / 10000, `[length, features / 2]`, in radians. Whole turns are left out: WGSL promises sines from
/// -pi to pi only.
pub fn angles(graph: &Graph, length: usize, features: usize) -> Tensor {
    let exponent = graph.iota(features / 2).cast(DType::F32) * (-2.0 * 10_000f32.ln() / features as f32);
    let angle = graph.iota(length).cast(DType::F32).reshape(&[length, 1]) * exponent.exp();
    let turns = (&angle * (1.0 / TAU) + 0.5).floor();
    angle - &turns * TAU - turns * TAU_REST
}

impl Module for PositionalEmbedding {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [length, features] = sequence(input, model)?;
        let rows = self.num_embeddings.unwrap_or(length);
        if rows < length {
            let message = format!("has {rows} positions, but a sequence of its input is {length} long");
            return Err(model.error(&message, input).hint(format!("set num_embeddings to at least {length}, or the experiment's input to at most {rows}")));
        }
        model.weight("weight", &[rows, features], Init::Normal(self.std as f32))?;
        Ok(input.to_vec())
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        x + run.param("weight").narrow(0, 0, x.size(1))
    }
}

impl Module for SinusoidalPositions {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [_, features] = sequence(input, model)?;
        if !features.is_multiple_of(2) {
            return Err(model.error("needs an even number of features", input).hint("each sine has its cosine beside it; change embedding_dim"));
        }
        Ok(input.to_vec())
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        let (length, features) = (x.size(1), x.size(2));
        // A cosine is a sine a quarter of a turn ahead.
        let quarter = x.graph().iota(2).cast(DType::F32) * FRAC_PI_2;
        let angle = angles(x.graph(), length, features).unsqueeze(-1) + quarter;
        x + angle.sin().reshape(&[length, features])
    }
}
