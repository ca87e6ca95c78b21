//! TransformerEncoderLayer, which with `causal` is the block of a language model, TransformerDecoderLayer, and EncoderDecoder, which holds both.
//! Imports as the parent module.

use super::attention::CrossAttention;
use super::{Dropout, GELU, Layer, LayerNorm, Linear, Module, MultiheadAttention, ReLU, agree, sequence};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::init::Scheme;
use crate::nn::model::Builder;
use crate::nn::read::{options, words};
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

/// Declares the layers, which have the same options.
macro_rules! layers {
    ($($(#[$doc:meta])* $layer:ident { causal: $causal:literal, cross: $cross:literal })*) => {
        options! { $(
            $(#[$doc])*
            $layer {
                d_model: Option<usize> [SIZE] = None,
                nhead: usize [SIZE],
                dim_feedforward: usize [SIZE] = 2048,
                dropout: f64 [BELOW_ONE] = 0.1,
                activation: Feed [ANY] = Feed::Relu,
                layer_norm_eps: f64 [POSITIVE] = 1e-5,
                norm_first: bool [ANY] = false,
                /// A place looks at itself and the places before it only.
                causal: bool [ANY] = $causal,
            }
        )* }

        $(
            impl $layer {
                fn block(&self) -> Block {
                    let $layer { d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, norm_first, causal } = *self;
                    Block { d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, norm_first, causal, cross: $cross }
                }
            }

            impl Module for $layer {
                fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
                    self.block().build(input, model)
                }

                fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
                    self.block().flops(input)
                }

                fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
                    self.block().forward(x, run)
                }
            }
        )*
    };
}

layers! {
    /// Self-attention and a network of two layers at each place, each with a shortcut around it and a LayerNorm, after it or (`norm_first`) before it.
    TransformerEncoderLayer { causal: false, cross: false }
    /// The same with attention to the memory between the two: what the `encoder` of the EncoderDecoder gives in whose `decoder` the layer stands.
    TransformerDecoderLayer { causal: true, cross: true }
}

options! {
    /// From one sequence to another, as with PyTorch's `nn.Transformer` (Vaswani et al. 2017, "Attention Is All You Need"). Of an input `[length, ..]` the first
    /// `source_length` places go through `encoder`, which gives the memory `[source_length, features]` of each TransformerDecoderLayer in `decoder`; the places after
    /// them go through `decoder`, whose output is that of the layer. Both lists may begin with an Embedding if the layer is the first one.
    EncoderDecoder {
        source_length: usize [SIZE],
        encoder: Vec<Layer> [ANY],
        decoder: Vec<Layer> [ANY],
    }
}

words! {
    /// The activation inside a TransformerEncoderLayer or TransformerDecoderLayer.
    Feed { Relu = "relu", Gelu = "gelu" }
}

/// What the layers of a transformer have in common.
struct Block {
    d_model: Option<usize>,
    nhead: usize,
    dim_feedforward: usize,
    dropout: f64,
    activation: Feed,
    layer_norm_eps: f64,
    norm_first: bool,
    causal: bool,
    /// Whether it looks at the memory, too.
    cross: bool,
}

const NORMS: [&str; 3] = ["norm1", "norm2", "norm3"];
const DROPOUTS: [&str; 3] = ["dropout1", "dropout2", "dropout3"];

impl Block {
    fn attention(&self, causal: bool) -> MultiheadAttention {
        MultiheadAttention { embed_dim: None, num_heads: self.nhead, dropout: self.dropout, bias: true, causal, rope: false }
    }

    fn cross_attention(&self, keys: usize) -> CrossAttention {
        CrossAttention { attention: self.attention(false), keys }
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

    fn parts(&self) -> usize {
        2 + self.cross as usize
    }

    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [_, features] = sequence(input, model)?;
        agree(self.d_model, "d_model", features, input, model)?;
        model.part("self_attn", &self.attention(self.causal), input)?;
        if self.cross {
            let keys = model.memory.map_or(0, |[length, _]| length);
            model.part("multihead_attn", &self.cross_attention(keys), input)?;
        }
        let wide = model.part("linear1", &linear(self.dim_feedforward), input)?;
        // The activation, its slope, and what dropout leaves.
        let drops = (self.dropout > 0.0) as usize;
        model.computes(&[2 + drops, numel(&wide)])?;
        model.computes(&[self.parts() * drops, numel(input)])?;
        model.part("linear2", &linear(features), &wide)?;
        for norm in &NORMS[..self.parts()] {
            model.part(norm, &self.norm(), input)?;
        }
        Ok(input.to_vec())
    }

    fn flops(&self, input: &[usize]) -> f64 {
        self.parts() as f64 * numel(input) as f64 + (input[0] * self.dim_feedforward) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let (norm, drop, features) = (self.norm(), Dropout { p: self.dropout }, x.size(2));
        let compute = |n: usize, x: &Tensor, run: &mut Forward| {
            let y = if n == 0 {
                run.part("self_attn", &self.attention(self.causal), x)
            } else if n + 1 < self.parts() {
                let keys = run.memory.as_ref().map_or(0, |(memory, _)| memory.size(1));
                run.part("multihead_attn", &self.cross_attention(keys), x)
            } else {
                let y = run.part("linear1", &linear(self.dim_feedforward), x);
                let y = run.part("activation", self.feed(), &y);
                let y = run.part("dropout", &drop, &y);
                run.part("linear2", &linear(features), &y)
            };
            run.part(DROPOUTS[n], &drop, &y)
        };
        let mut x = x.clone();
        for (n, own) in NORMS[..self.parts()].iter().enumerate() {
            x = if self.norm_first {
                let y = run.part(own, &norm, &x);
                &x + compute(n, &y, run)
            } else {
                let sum = &x + compute(n, &x, run);
                run.part(own, &norm, &sum)
            };
        }
        x
    }
}

fn linear(out_features: usize) -> Linear {
    Linear { out_features, in_features: None, bias: true, init: Scheme::Default, tied_to: None }
}

impl Module for EncoderDecoder {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let (mut source, mut target) = (input.to_vec(), input.to_vec());
        if input.is_empty() || input[0] <= self.source_length {
            let message = format!("takes the first {} places as its source, and needs some after them", self.source_length);
            return Err(model.error(&message, input).hint("make source_length smaller, or the input longer"));
        }
        source[0] = self.source_length;
        target[0] = input[0] - self.source_length;
        let memory = model.sequence(&self.encoder, "encoder", "encoder", &source)?;
        let Ok(memory) = memory.as_slice().try_into() else {
            let message = format!("needs an encoder that gives [length, features], not {memory:?}");
            return Err(model.error(&message, input).hint("begin the encoder with an Embedding, and leave out Flatten"));
        };
        let outer = model.memory.replace(memory);
        let output = model.sequence(&self.decoder, "decoder", "decoder", &target);
        model.memory = outer;
        output
    }

    fn flops(&self, _: &[usize], _: &[usize]) -> f64 {
        0.0
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let from = self.source_length;
        let source = |x: &Tensor| x.narrow(1, 0, from);
        let target = |x: &Tensor| x.narrow(1, from, x.size(1) - from);
        let padding = run.padding.take();
        run.padding = padding.as_ref().map(source);
        let memory = run.sequence(&self.encoder, "encoder", &source(x));
        let outer = run.memory.replace((memory, run.padding.take()));
        run.padding = padding.as_ref().map(target);
        let y = run.sequence(&self.decoder, "decoder", &target(x));
        run.memory = outer;
        y
    }
}
