//! Conv2d and ConvTranspose2d. Imports as the parent module.

use super::{Module, agree, image};
use crate::error::Result;
use crate::nn::forward::Forward;
use crate::nn::init::{Scheme, bias};
use crate::nn::model::Builder;
use crate::nn::read::options;
use crate::shape::{Shape, numel};
use crate::tensor::{Conv, Tensor};

options! {
    /// Cross-correlation with a kernel per output channel.
    Conv2d {
        out_channels: usize [SIZE],
        in_channels: Option<usize> [SIZE] = None,
        kernel_size: [usize; 2] [SIZE],
        stride: [usize; 2] [SIZE] = [1, 1],
        padding: [usize; 2] [FROM_ZERO] = [0, 0],
        dilation: [usize; 2] [SIZE] = [1, 1],
        groups: usize [SIZE] = 1,
        bias: bool [ANY] = true,
        init: Scheme [ANY] = Scheme::Default,
    }

    /// The transpose of Conv2d, which enlarges an image where `stride` is above 1.
    ConvTranspose2d {
        out_channels: usize [SIZE],
        in_channels: Option<usize> [SIZE] = None,
        kernel_size: [usize; 2] [SIZE],
        stride: [usize; 2] [SIZE] = [1, 1],
        padding: [usize; 2] [FROM_ZERO] = [0, 0],
        output_padding: [usize; 2] [FROM_ZERO] = [0, 0],
        dilation: [usize; 2] [SIZE] = [1, 1],
        groups: usize [SIZE] = 1,
        bias: bool [ANY] = true,
        init: Scheme [ANY] = Scheme::Default,
    }
}

/// How often a window fits along an axis, padding on both sides.
pub fn fits(size: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> Option<usize> {
    // In 64 bits: sizes are read up to 2^24, and a product of two overflows the 32 bits of wasm.
    let reach = dilation as u64 * (kernel as u64 - 1) + 1;
    let room = (size as u64 + 2 * padding as u64).checked_sub(reach)?;
    Some((room / stride as u64 + 1) as usize)
}

/// The output's height and width of a sliding window.
pub fn slide(size: [usize; 2], kernel: [usize; 2], conv: &Conv, input: &[usize], model: &Builder) -> Result<[usize; 2]> {
    let along = |n: usize| fits(size[n], kernel[n], conv.stride[n], conv.padding[n], conv.dilation[n]);
    match (along(0), along(1)) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => {
            let message = format!("has a window of {kernel:?} (dilation {:?}, padding {:?}) that is larger than its input", conv.dilation, conv.padding);
            Err(model.error(&message, input).hint("use a smaller kernel_size or more padding, or fewer pooling layers before it"))
        }
    }
}

/// The number of groups must divide both numbers of channels.
fn check_groups(groups: usize, channels: usize, out: usize, input: &[usize], model: &Builder) -> Result<()> {
    if channels.is_multiple_of(groups) && out.is_multiple_of(groups) {
        return Ok(());
    }
    let message = format!("cannot share {channels} input and {out} output channels among {groups} groups");
    Err(model.error(&message, input).hint("groups must divide both numbers of channels"))
}

impl Conv2d {
    fn conv(&self) -> Conv {
        Conv { stride: self.stride, padding: self.padding, dilation: self.dilation, groups: self.groups }
    }
}

impl Module for Conv2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [channels, height, width] = image(input, model)?;
        let channels = agree(self.in_channels, "in_channels", channels, input, model)?;
        check_groups(self.groups, channels, self.out_channels, input, model)?;
        let [height, width] = slide([height, width], self.kernel_size, &self.conv(), input, model)?;
        let weight = [self.out_channels, channels / self.groups, self.kernel_size[0], self.kernel_size[1]];
        model.weight("weight", &weight, self.init.weight(&weight))?;
        if self.bias {
            model.param("bias", &[self.out_channels], bias(&weight))?;
        }
        Ok(vec![self.out_channels, height, width])
    }

    fn flops(&self, input: &[usize], output: &[usize]) -> f64 {
        let taps = (input[0] / self.groups * numel(&self.kernel_size)) as f64;
        numel(output) as f64 * (2.0 * taps + if self.bias { 1.0 } else { 0.0 })
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let y = x.conv2d(&run.param("weight"), &self.conv());
        let y = if self.bias { y + run.param("bias").reshape(&[self.out_channels, 1, 1]) } else { y };
        y.handed_on()
    }
}

impl Module for ConvTranspose2d {
    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [channels, height, width] = image(input, model)?;
        let channels = agree(self.in_channels, "in_channels", channels, input, model)?;
        check_groups(self.groups, channels, self.out_channels, input, model)?;
        if let Some(n) = (0..2).find(|n| self.output_padding[*n] >= self.stride[*n].max(self.dilation[*n])) {
            let message = format!("has output_padding {}", self.output_padding[n]);
            return Err(model.error(&message, input).hint("output_padding must be smaller than stride or dilation"));
        }
        let along = |size: usize, n: usize| {
            let reach = self.dilation[n] as u64 * (self.kernel_size[n] as u64 - 1) + 1;
            let full = (size as u64 - 1) * self.stride[n] as u64 + reach + self.output_padding[n] as u64;
            full.checked_sub(2 * self.padding[n] as u64).filter(|size| *size > 0 && *size < u32::MAX as u64).map(|size| size as usize)
        };
        let (Some(height), Some(width)) = (along(height, 0), along(width, 1)) else {
            return Err(model.error(&format!("has padding {:?} that leaves nothing of its output", self.padding), input).hint("use less padding"));
        };
        let weight = [channels, self.out_channels / self.groups, self.kernel_size[0], self.kernel_size[1]];
        model.weight("weight", &weight, self.init.weight(&weight))?;
        if self.bias {
            model.param("bias", &[self.out_channels], bias(&weight))?;
        }
        Ok(vec![self.out_channels, height, width])
    }

    fn flops(&self, input: &[usize], output: &[usize]) -> f64 {
        let taps = (self.out_channels / self.groups * numel(&self.kernel_size)) as f64;
        numel(input) as f64 * 2.0 * taps + if self.bias { numel(output) as f64 } else { 0.0 }
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let conv = Conv { stride: self.stride, padding: self.padding, dilation: self.dilation, groups: self.groups };
        let y = x.conv_transpose2d(&run.param("weight"), &conv, self.output_padding);
        let y = if self.bias { y + run.param("bias").reshape(&[self.out_channels, 1, 1]) } else { y };
        y.handed_on()
    }
}
