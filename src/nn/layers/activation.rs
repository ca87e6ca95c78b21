//! Activations: elementwise, and Softmax. Imports as the parent module.

use super::Module;
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::f32::consts::FRAC_1_SQRT_2;

options! {
    /// max(x, 0).
    ReLU {}
    /// x, times `negative_slope` where it is not positive.
    LeakyReLU { negative_slope: f64 [ANY] = 0.01 }
    /// x, or alpha (e^x - 1) where it is not positive.
    ELU { alpha: f64 [ANY] = 1.0 }
    /// x times the share of a normal distribution below x; with the error function, not its approximation by tanh.
    GELU {}
    /// x sigmoid(x).
    SiLU {}
    /// 1 / (1 + e^-x).
    Sigmoid {}
    /// Hyperbolic tangent.
    Tanh {}
    /// e^x over its sum along an axis. Axes are counted with the batch, as in PyTorch: 1 is an example's first axis.
    Softmax { dim: isize [ANY] = -1 }
}

macro_rules! elementwise {
    ($($name:ident |$own:pat_param, $x:ident| $formula:expr;)*) => { $(
        impl Module for $name {
            fn build(&self, input: &[usize], _: &mut Builder) -> Result<Shape> {
                Ok(input.to_vec())
            }

            fn forward(&self, $x: &Tensor, _: &mut Forward) -> Tensor {
                let $own = self;
                $formula
            }
        }
    )* };
}

elementwise! {
    ReLU |_, x| x.relu();
    LeakyReLU |own, x| x.gt(0.0).select(x, x * own.negative_slope as f32);
    // Positive x are kept out of the exponential, whose overflow would reach the gradient as 0 * infinity.
    ELU |own, x| x.gt(0.0).select(x, (x.gt(0.0).select(0.0, x).exp() - 1.0) * own.alpha as f32);
    GELU |_, x| x * 0.5 * ((x * FRAC_1_SQRT_2).erf() + 1.0);
    SiLU |_, x| x * x.sigmoid();
    Sigmoid |_, x| x.sigmoid();
    Tanh |_, x| x.tanh();
}

impl Module for Softmax {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let axes = input.len() as isize + 1;
        let axis = if self.dim < 0 { self.dim + axes } else { self.dim };
        if (1..axes).contains(&axis) {
            return Ok(input.to_vec());
        }
        let hint = format!("dim counts the batch as 0: use 1 to {}, or -1 for the last axis", input.len());
        Err(model.error(&format!("has no axis {} of an example to work along", self.dim), input).hint(hint))
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        x.softmax(self.dim)
    }
}
