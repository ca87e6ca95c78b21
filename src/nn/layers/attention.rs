//! MultiheadAttention, and the attention of a decoder to its memory. Imports as the parent module.

use super::position::angles;
use super::{Module, agree, sequence};
use crate::dtype::DType;
use crate::error::Result;
use crate::nn::forward::{Forward, Memory};
use crate::nn::init::{Init, Scheme};
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::Shape;
use crate::tensor::{Attention, Tensor};

options! {
    /// Self-attention: each place of a sequence becomes a mean of all places' values, weighted by how well their keys agree with its query, in several heads.
    MultiheadAttention {
        embed_dim: Option<usize> [SIZE] = None,
        num_heads: usize [SIZE],
        /// Probability that a weight is left out in training.
        dropout: f64 [BELOW_ONE] = 0.0,
        bias: bool [ANY] = true,
        /// A place looks at itself and the places before it only.
        causal: bool [ANY] = false,
        /// Queries and keys are turned by angles that grow with the place, so that their products tell distances (rotary positions): feature n of a head
        /// and feature n + half of them are a plane.
        rope: bool [ANY] = false,
    }
}

/// Attention of each place to the memory that an EncoderDecoder's encoder has given: queries are of the input, keys and values of the memory.
pub struct CrossAttention {
    pub attention: MultiheadAttention,
    /// The memory's length.
    pub keys: usize,
}

impl MultiheadAttention {
    /// Declares what attention to so many keys needs.
    fn declare(&self, input: &[usize], keys: usize, model: &mut Builder) -> Result<Shape> {
        let [length, found] = sequence(input, model)?;
        let features = agree(self.embed_dim, "embed_dim", found, input, model)?;
        let heads = self.num_heads;
        if !features.is_multiple_of(heads) {
            let message = format!("cannot share {features} features among {heads} heads");
            return Err(model.error(&message, input).hint("the number of heads must divide the number of features"));
        }
        if self.rope && !(features / heads).is_multiple_of(2) {
            let message = format!("turns pairs of features, but a head has {}", features / heads);
            return Err(model.error(&message, input).hint("change the number of heads or of features, or leave rope out"));
        }
        let (inward, outward) = ([3 * features, features], [features, features]);
        model.weight("in_proj_weight", &inward, Scheme::XavierUniform.weight(&inward))?;
        if self.bias {
            model.param("in_proj_bias", &inward[..1], Init::Constant(0.0))?;
        }
        model.weight("out_proj.weight", &outward, Scheme::Default.weight(&outward))?;
        if self.bias {
            model.param("out_proj.bias", &outward[..1], Init::Constant(0.0))?;
        }
        // Queries and their mixtures, keys and values.
        model.computes(&[2, length + keys, features])?;
        let dropout = self.dropout > 0.0;
        model.computes(&[if dropout { 3 } else { 2 }, heads, length, keys.min(Attention::default().tile)])?;
        if dropout {
            model.small(&[heads, length, keys], "what dropout numbers for a batch")?;
        }
        Ok(input.to_vec())
    }

    fn operations(&self, input: &[usize], keys: usize) -> f64 {
        let (length, features, keys, heads) = (input[0] as f64, input[1] as f64, keys as f64, self.num_heads as f64);
        let (projections, products) = (4.0 * features * features, 4.0 * keys * features);
        (length + keys) * projections + length * (products + 5.0 * heads * keys)
    }

    /// Attention to the places of `memory`, or of x.
    fn attend(&self, x: &Tensor, memory: Option<&Memory>, run: &mut Forward) -> Tensor {
        let (batch, length, features) = (x.size(0), x.size(1), x.size(2));
        let width = features / self.num_heads;
        let project = |x: &Tensor, weight: Tensor, bias: Option<Tensor>| {
            let y = x.einsum(&weight, "ntI,OI->ntO");
            let y = if let Some(bias) = bias { y + bias } else { y };
            y.handed_on()
        };
        let bias = |run: &Forward, name: &str| self.bias.then(|| run.param(name));
        let (weight, offset) = (run.param("in_proj_weight"), bias(run, "in_proj_bias"));
        let part = |all: &Tensor, n: usize| all.narrow(2, n * features, features).reshape(&[batch, all.size(1), self.num_heads, width]);
        let (mut query, mut key, value) = match memory {
            None => {
                let all = project(x, weight, offset);
                (part(&all, 0), part(&all, 1), part(&all, 2))
            }
            Some((memory, _)) => {
                let rows = |x: &Tensor, n: usize, count: usize| x.narrow(0, n * features, count * features);
                let own = project(x, rows(&weight, 0, 1), offset.as_ref().map(|x| rows(x, 0, 1)));
                let all = project(memory, rows(&weight, 1, 2), offset.as_ref().map(|x| rows(x, 1, 2)));
                (part(&own, 0), part(&all, 0), part(&all, 1))
            }
        };
        if self.rope {
            (query, key) = (turned(&query), turned(&key));
        }
        let key_of_dropout = run.key().filter(|_| self.dropout > 0.0);
        let dropout = key_of_dropout.as_ref().map(|key| (self.dropout as f32, key));
        let padding = memory.map_or(run.padding.clone(), |(_, padding)| padding.clone());
        let attention = Attention { causal: self.causal, padding: padding.as_ref(), dropout, ..Attention::default() };
        let [query, key, value] = [query, key, value].map(|x| x.permute(&[0, 2, 1, 3]));
        let mixed = query.scaled_dot_product_attention(&key, &value, &attention);
        // What is shown are maps between the places of one sequence.
        if memory.is_none() {
            run.show("attn_output_weights", || {
                // The mean of values that are each place's unit vector is the weights.
                let places = x.graph().iota(length);
                let units = places.unsqueeze(-1).eq(&places).cast(DType::F32).expand(&[batch, self.num_heads, length, length]);
                query.scaled_dot_product_attention(&key, &units, &attention)
            });
        }
        let mixed = mixed.permute(&[0, 2, 1, 3]).reshape(&[batch, length, features]);
        project(&mixed, run.param("out_proj.weight"), bias(run, "out_proj.bias"))
    }
}

impl Module for MultiheadAttention {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [length, _] = sequence(input, model)?;
        self.declare(input, length, model)
    }

    fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
        self.operations(input, input[0])
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        self.attend(x, None, run)
    }
}

impl Module for CrossAttention {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [_, features] = sequence(input, model)?;
        let Some([_, found]) = model.memory else {
            return Err(model.error("has no memory to look at", input).hint("put it into the decoder of an EncoderDecoder"));
        };
        if found != features {
            let message = format!("looks at a memory of {found} features from places of {features}");
            return Err(model.error(&message, input).hint("let encoder and decoder have the same number of features"));
        }
        self.attention.declare(input, self.keys, model)
    }

    fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
        self.attention.operations(input, self.keys)
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let memory = run.memory.clone();
        self.attention.attend(x, memory.as_ref(), run)
    }
}

/// Heads `[batch, length, heads, width]`, their planes turned by each place's angles.
fn turned(x: &Tensor) -> Tensor {
    let shape = x.shape();
    let (length, half) = (shape[1], shape[3] / 2);
    let pairs = x.reshape(&[shape[0], length, shape[2], 2, half]);
    let angle = angles(x.graph(), length, shape[3]).reshape(&[length, 1, 1, half]);
    let sign = (x.graph().iota(2).cast(DType::F32) * 2.0 - 1.0).reshape(&[2, 1]);
    (&pairs * angle.cos() + pairs.flip(&[3]) * (angle.sin() * sign)).reshape(&shape)
}
