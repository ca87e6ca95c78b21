//! Dropout, Flatten, Embedding. Imports as the parent module.

use super::Module;
use crate::dtype::DType;
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::init::Init;
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

options! {
    /// In training: each number 0 with probability p, else divided by 1 - p.
    Dropout { p: f64 [BELOW_ONE] = 0.5 }
    /// Each example as one row of numbers.
    Flatten {}
    /// Rows of a table: the input's numbers are row numbers.
    Embedding {
        num_embeddings: usize [SIZE],
        embedding_dim: usize [SIZE],
        /// Standard deviation of the initial values.
        std: f64 [POSITIVE] = 1.0,
    }
}

impl Module for Dropout {
    fn build(&self, input: &[usize], _: &mut Builder) -> Result<Shape> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        match run.key() {
            Some(key) if self.p > 0.0 => x.dropout(self.p as f32, &key),
            _ => x.clone(),
        }
    }
}

impl Module for Flatten {
    fn build(&self, input: &[usize], _: &mut Builder) -> Result<Shape> {
        Ok(vec![numel(input)])
    }

    fn flops(&self, _: &[usize], _: &[usize]) -> f64 {
        0.0
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        let shape = x.shape();
        x.reshape(&[shape[0], numel(&shape[1..])])
    }
}

impl Module for Embedding {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        if !model.at_start() {
            return Err(model.error("needs whole numbers, which only the experiment's input has", input).hint("move Embedding to the first place"));
        }
        model.weight("weight", &[self.num_embeddings, self.embedding_dim], Init::Normal(self.std as f32))?;
        let mut output = input.to_vec();
        output.push(self.embedding_dim);
        Ok(output)
    }

    fn flops(&self, _: &[usize], _: &[usize]) -> f64 {
        0.0
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        run.param("weight").gather(&x.cast(DType::I32))
    }
}
