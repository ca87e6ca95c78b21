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
        /// The number that fills up examples which are shorter than the input. Its row starts as 0 and has no gradient. In the layers after this one
        /// attention does not look at its places (PyTorch's `key_padding_mask`), and recurrent layers step over them (`pack_padded_sequence`).
        padding_idx: Option<usize> [FROM_ZERO] = None,
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
        let (deviation, width) = (self.std as f32, self.embedding_dim);
        let init = match self.padding_idx {
            Some(row) if row >= self.num_embeddings => {
                let message = format!("has padding_idx {row}, but its rows are 0 to {}", self.num_embeddings - 1);
                return Err(model.error(&message, input).hint("set padding_idx to one of the rows, or num_embeddings to more"));
            }
            Some(row) => Init::Padded { deviation, width, row },
            None => Init::Normal(deviation),
        };
        model.weight("weight", &[self.num_embeddings, width], init)?;
        let mut output = input.to_vec();
        output.push(self.embedding_dim);
        Ok(output)
    }

    fn flops(&self, _: &[usize], _: &[usize]) -> f64 {
        0.0
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let mut table = run.param("weight");
        if let Some(row) = self.padding_idx {
            run.padding = Some(x.eq(row as f32));
            table = x.graph().function(
                &[table],
                |table| table[0].clone(),
                move |_, _, g| vec![g.graph().iota(g.size(0)).eq(row as f32).unsqueeze(-1).select(0.0, g)],
            );
        }
        table.gather(&x.cast(DType::I32))
    }
}
