//! TransformerEncoderLayer, which with `causal` is the block of a language model. Imports as the parent module.

use super::{Dropout, GELU, LayerNorm, Linear, Module, MultiheadAttention, ReLU, agree, sequence};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::init::Scheme;
use crate::nn::model::Builder;
use crate::nn::read::{options, words};
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

options! {
    /// Self-attention and a network of two layers at each place, each with a shortcut around it and a LayerNorm, after it or (`norm_first`) before it.
    TransformerEncoderLayer {
        d_model: Option<usize> [SIZE] = None,
        nhead: usize [SIZE],
        dim_feedforward: usize [SIZE] = 2048,
        dropout: f64 [BELOW_ONE] = 0.1,
        activation: Feed [ANY] = Feed::Relu,
        layer_norm_eps: f64 [POSITIVE] = 1e-5,
        norm_first: bool [ANY] = false,
        /// A place looks at itself and the places before it only.
        causal: bool [ANY] = false,
    }
}

words! {
    /// The activation inside a TransformerEncoderLayer.
    Feed { Relu = "relu", Gelu = "gelu" }
}

impl TransformerEncoderLayer {
    fn attention(&self) -> MultiheadAttention {
        MultiheadAttention { embed_dim: None, num_heads: self.nhead, dropout: self.dropout, bias: true, causal: self.causal, rope: false }
    }

    fn norm(&self) -> LayerNorm {
        LayerNorm { normalized_shape: None, eps: self.layer_norm_eps }
    }

    fn feed(&self) -> &dyn Module {
        match self.activation {
            Feed::Relu => &ReLU {},
            Feed::Gelu => &GELU {},
        }
    }
}

fn linear(out_features: usize) -> Linear {
    Linear { out_features, in_features: None, bias: true, init: Scheme::Default, tied_to: None }
}

impl Module for TransformerEncoderLayer {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [_, features] = sequence(input, model)?;
        agree(self.d_model, "d_model", features, input, model)?;
        model.part("self_attn", &self.attention(), input)?;
        let wide = model.part("linear1", &linear(self.dim_feedforward), input)?;
        // The activation, its slope, and what dropout leaves.
        let drops = (self.dropout > 0.0) as usize;
        model.computes(&[2 + drops, numel(&wide)])?;
        model.computes(&[2 * drops, numel(input)])?;
        model.part("linear2", &linear(features), &wide)?;
        model.part("norm1", &self.norm(), input)?;
        model.part("norm2", &self.norm(), input)
    }

    fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
        2.0 * numel(input) as f64 + (input[0] * self.dim_feedforward) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let (norm, drop, features) = (self.norm(), Dropout { p: self.dropout }, x.size(2));
        let attend = |x: &Tensor, run: &mut Forward| {
            let y = run.part("self_attn", &self.attention(), x);
            run.part("dropout1", &drop, &y)
        };
        let feed = |x: &Tensor, run: &mut Forward| {
            let y = run.part("linear1", &linear(self.dim_feedforward), x);
            let y = run.part("activation", self.feed(), &y);
            let y = run.part("dropout", &drop, &y);
            let y = run.part("linear2", &linear(features), &y);
            run.part("dropout2", &drop, &y)
        };
        if self.norm_first {
            let y = run.part("norm1", &norm, x);
            let x = x + attend(&y, run);
            let y = run.part("norm2", &norm, &x);
            return &x + feed(&y, run);
        }
        let sum = x + attend(x, run);
        let x = run.part("norm1", &norm, &sum);
        let sum = &x + feed(&x, run);
        run.part("norm2", &norm, &sum)
    }
}
