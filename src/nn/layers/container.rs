//! Sequential and Residual. Imports as the parent module.

use super::{Layer, Module};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

options! {
    /// Layers one after the other.
    Sequential { layers: Vec<Layer> [ANY] }
    /// layers(x) + shortcut(x); an empty shortcut is x itself.
    Residual { layers: Vec<Layer> [ANY], shortcut: Vec<Layer> [ANY] = vec![] }
}

impl Module for Sequential {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        model.sequence(&self.layers, "layers", "", input)
    }

    fn flops(&self, _: &[usize], _: &[usize]) -> f64 {
        0.0
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        run.sequence(&self.layers, "", x)
    }
}

impl Module for Residual {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let main = model.sequence(&self.layers, "layers", "layers", input)?;
        let side = model.sequence(&self.shortcut, "shortcut", "shortcut", input)?;
        if main == side {
            return Ok(main);
        }
        let hint = if self.shortcut.is_empty() {
            "make both shapes equal, or give a shortcut with a layer that changes the shape in the same way"
        } else {
            "make both shapes equal"
        };
        Err(model.error(&format!("cannot add its layers' output {main:?} and its shortcut's {side:?}"), input).hint(hint))
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        numel(output) as f64
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let main = run.sequence(&self.layers, "layers", x);
        main + run.sequence(&self.shortcut, "shortcut", x)
    }
}
