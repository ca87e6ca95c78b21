//! Linear. Imports as the parent module.

use super::{Module, agree};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::init::{Scheme, bias};
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

options! {
    /// y = x W^T + b along the last axis.
    Linear {
        out_features: usize [SIZE],
        in_features: Option<usize> [SIZE] = None,
        bias: bool [ANY] = true,
        init: Scheme [ANY] = Scheme::Default,
        /// The layer, by its name in those of parameters, whose weight is W too: the Embedding of a language model.
        tied_to: Option<String> [ANY] = None,
    }
}

impl Module for Linear {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let found = *input.last().unwrap_or(&1);
        let hint = self.in_features.filter(|n| *n == numel(input) && input.len() > 1).map(|_| "insert Flatten before it");
        let features = agree(self.in_features, "in_features", found, input, model).map_err(|error| match hint {
            Some(hint) => error.hint(hint),
            None => error,
        })?;
        let weight = [self.out_features, features];
        match &self.tied_to {
            Some(layer) => model.shares(layer, &weight, input)?,
            None => model.weight("weight", &weight, self.init.weight(&weight))?,
        }
        if self.bias {
            model.param("bias", &[self.out_features], bias(&weight))?;
        }
        let mut output = input.to_vec();
        output.pop();
        output.push(self.out_features);
        Ok(output)
    }

    fn flops(&self, input: &[usize], output: &[usize]) -> f64 {
        let products = numel(output) as f64 * *input.last().unwrap_or(&1) as f64;
        2.0 * products + if self.bias { numel(output) as f64 } else { 0.0 }
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        // The leading axes keep their own letters, so that the product reads x as it lies.
        let rows: String = ('a'..).take(x.rank() - 1).collect();
        let weight = self.tied_to.as_ref().map_or_else(|| run.param("weight"), |layer| run.weight_of(layer));
        let y = x.einsum(&weight, &format!("{rows}I,OI->{rows}O"));
        let y = if self.bias { y + run.param("bias") } else { y };
        y.handed_on()
    }
}
