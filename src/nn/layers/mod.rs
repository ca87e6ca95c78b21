//! The layers, named and shaped as in PyTorch; one file per family. A layer is its options, the shape it makes (declaring its parameters) and its formula.
//! Imports tensor, dtype, shape, error, and of nn: read, model (declaring), forward (running), init.

mod activation;
mod attention;
mod container;
mod conv;
mod formula;
mod linear;
mod norm;
mod pool;
mod position;
mod recurrent;
mod simple;
mod transformer;

use super::forward::Forward;
use super::model::Builder;
use super::read::tagged;
use crate::error::Result;
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;
pub use activation::{ELU, GELU, LeakyReLU, ReLU, SiLU, Sigmoid, Softmax, Tanh};
pub use attention::MultiheadAttention;
pub use container::{Residual, Sequential};
pub use conv::{Conv2d, ConvTranspose2d};
pub use formula::{Activation, Formula};
pub use linear::Linear;
pub use norm::{BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm, Sizes};
pub use pool::{AdaptiveAvgPool2d, AvgPool2d, MaxPool2d};
pub use position::{PositionalEmbedding, SinusoidalPositions};
pub use recurrent::{GRU, LSTM, Nonlinearity, RNN};
pub use simple::{Dropout, Embedding, Flatten};
pub use transformer::{EncoderDecoder, Feed, TransformerDecoderLayer, TransformerEncoderLayer};

/// What each layer says of itself. Shapes are those of one example; tensors have the batch as their first axis.
pub trait Module {
    /// The output's shape. Declares parameters and running statistics; an input that does not fit is an error with a hint.
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape>;

    /// Floating-point operations of the forward pass of one example, the layers inside not counted.
    fn flops(&self, _input: &[usize], output: &[usize]) -> f64 {
        numel(output) as f64
    }

    /// The output for a batch, written into its graph.
    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor;
}

tagged! {
    /// One layer.
    Layer, "layer" {
        Linear, Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, BatchNorm1d, BatchNorm2d, LayerNorm, GroupNorm, RMSNorm, Dropout, Flatten,
        Embedding, RNN, GRU, LSTM, PositionalEmbedding, SinusoidalPositions, MultiheadAttention, TransformerEncoderLayer,
        TransformerDecoderLayer, EncoderDecoder,
        ReLU, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh, Softmax, Activation, Residual, Sequential,
    }
}

impl Layer {
    /// Whether it is a block that can be computed again as a whole.
    pub fn is_block(&self) -> bool {
        matches!(self, Layer::Sequential(_) | Layer::Residual(_) | Layer::TransformerEncoderLayer(_) | Layer::EncoderDecoder(_))
    }

    /// The layer of whatever type.
    pub fn module(&self) -> &dyn Module {
        match self {
            Layer::Linear(l) => l,
            Layer::Conv2d(l) => l,
            Layer::ConvTranspose2d(l) => l,
            Layer::MaxPool2d(l) => l,
            Layer::AvgPool2d(l) => l,
            Layer::AdaptiveAvgPool2d(l) => l,
            Layer::BatchNorm1d(l) => l,
            Layer::BatchNorm2d(l) => l,
            Layer::LayerNorm(l) => l,
            Layer::GroupNorm(l) => l,
            Layer::RMSNorm(l) => l,
            Layer::Dropout(l) => l,
            Layer::Flatten(l) => l,
            Layer::Embedding(l) => l,
            Layer::RNN(l) => l,
            Layer::GRU(l) => l,
            Layer::LSTM(l) => l,
            Layer::PositionalEmbedding(l) => l,
            Layer::SinusoidalPositions(l) => l,
            Layer::MultiheadAttention(l) => l,
            Layer::TransformerEncoderLayer(l) => l,
            Layer::TransformerDecoderLayer(l) => l,
            Layer::EncoderDecoder(l) => l,
            Layer::ReLU(l) => l,
            Layer::LeakyReLU(l) => l,
            Layer::ELU(l) => l,
            Layer::GELU(l) => l,
            Layer::SiLU(l) => l,
            Layer::Sigmoid(l) => l,
            Layer::Tanh(l) => l,
            Layer::Softmax(l) => l,
            Layer::Activation(l) => l,
            Layer::Residual(l) => l,
            Layer::Sequential(l) => l,
        }
    }
}

/// The channels, height and width of an image, as the two-dimensional layers want them.
fn image(input: &[usize], model: &Builder) -> Result<[usize; 3]> {
    let hint = if input.len() < 3 { "this layer must stand before Flatten and Linear, and the experiment's input be [channels, height, width]" } else { "" };
    input.try_into().map_err(|_| model.error("needs an input [channels, height, width]", input).hint(hint))
}

/// The length and the features of a sequence, as attention and positions want them.
fn sequence(input: &[usize], model: &Builder) -> Result<[usize; 2]> {
    let hint = "begin with an Embedding, which makes a row of features of each number";
    input.try_into().map_err(|_| model.error("needs an input [length, features]", input).hint(hint))
}

/// An inferred size, checked against the one that was given.
fn agree(given: Option<usize>, name: &str, found: usize, input: &[usize], model: &Builder) -> Result<usize> {
    match given {
        Some(n) if n != found => Err(model
            .error(&format!("has {name} {n}, but its input has {found}"), input)
            .hint(format!("set {name} to {found}, or leave it out: it is inferred"))),
        _ => Ok(found),
    }
}
