//! MaxPool2d, AvgPool2d, AdaptiveAvgPool2d. Imports as the parent module.

use super::conv::slide;
use super::{Module, image};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::{Shape, numel};
use crate::tensor::{Conv, Tensor};

options! {
    /// Largest of each window; `stride` is the kernel's size where it is not given.
    MaxPool2d {
        kernel_size: [usize; 2] [SIZE],
        stride: Option<[usize; 2]> [SIZE] = None,
        padding: [usize; 2] [FROM_ZERO] = [0, 0],
        dilation: [usize; 2] [SIZE] = [1, 1],
    }

    /// Mean of each window, padding counted as zeros; `stride` is the kernel's size where it is not given.
    AvgPool2d { kernel_size: [usize; 2] [SIZE], stride: Option<[usize; 2]> [SIZE] = None, padding: [usize; 2] [FROM_ZERO] = [0, 0] }

    /// Means over parts of the image, so many that the output has this height and width.
    AdaptiveAvgPool2d { output_size: [usize; 2] [SIZE] }
}

/// The shape that pooling makes.
fn pool(kernel: [usize; 2], conv: &Conv, input: &[usize], model: &Builder) -> Result<Shape> {
    let [channels, height, width] = image(input, model)?;
    if (0..2).any(|n| 2 * conv.padding[n] > kernel[n]) {
        let message = format!("has padding {:?} for windows of {kernel:?}", conv.padding);
        return Err(model.error(&message, input).hint("padding must be at most half of kernel_size"));
    }
    let [height, width] = slide([height, width], kernel, conv, input, model)?;
    Ok(vec![channels, height, width])
}

impl MaxPool2d {
    fn conv(&self) -> Conv {
        Conv { stride: self.stride.unwrap_or(self.kernel_size), padding: self.padding, dilation: self.dilation, groups: 1 }
    }
}

impl Module for MaxPool2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        pool(self.kernel_size, &self.conv(), input, model)
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        (numel(output) * numel(&self.kernel_size)) as f64
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        x.max_pool2d(self.kernel_size, &self.conv())
    }
}

impl AvgPool2d {
    fn conv(&self) -> Conv {
        Conv { stride: self.stride.unwrap_or(self.kernel_size), padding: self.padding, ..Conv::default() }
    }
}

impl Module for AvgPool2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        pool(self.kernel_size, &self.conv(), input, model)
    }

    fn flops(&self, _: &[usize], output: &[usize]) -> f64 {
        (numel(output) * numel(&self.kernel_size)) as f64
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        x.avg_pool2d(self.kernel_size, &self.conv())
    }
}

impl Module for AdaptiveAvgPool2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [channels, ..] = image(input, model)?;
        Ok(vec![channels, self.output_size[0], self.output_size[1]])
    }

    fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
        numel(input) as f64
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        x.adaptive_avg_pool2d(self.output_size)
    }
}
