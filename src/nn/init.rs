//! Initial values of parameters, made on the host. Imports random, shape.

use super::read::words;
use crate::random::Random;
use crate::shape::numel;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All elements this.
    Constant(f32),
    /// Uniform between minus and plus this.
    Uniform(f32),
    /// Normal around 0 with this standard deviation.
    Normal(f32),
    /// The same for rows of this many numbers, but for one of them, which is 0.
    Padded {
        /// Of the others.
        deviation: f32,
        /// Numbers of a row.
        width: usize,
        /// Which row is 0.
        row: usize,
    },
}

words! {
    /// Initialisation of a layer's weight, by PyTorch's names. The bias always starts as PyTorch's default does.
    Scheme {
        /// Kaiming uniform with a = sqrt 5: uniform within 1 / sqrt(fan in).
        Default = "default",
        XavierUniform = "xavier_uniform",
        XavierNormal = "xavier_normal",
        KaimingUniform = "kaiming_uniform" or "he_uniform",
        KaimingNormal = "kaiming_normal" or "he_normal",
    }
}

impl Scheme {
    /// For a weight of this shape: outputs, inputs, places of the kernel.
    pub fn weight(self, shape: &[usize]) -> Init {
        let (fan_in, fan_out) = (fan_in(shape), (shape[0] * numel(&shape[2..])) as f32);
        match self {
            Scheme::Default => bias(shape),
            Scheme::XavierUniform => Init::Uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Scheme::XavierNormal => Init::Normal((2.0 / (fan_in + fan_out)).sqrt()),
            Scheme::KaimingUniform => Init::Uniform((6.0 / fan_in).sqrt()),
            Scheme::KaimingNormal => Init::Normal((2.0 / fan_in).sqrt()),
        }
    }
}

/// For the bias beside a weight of this shape.
pub fn bias(weight: &[usize]) -> Init {
    Init::Uniform(1.0 / fan_in(weight).sqrt())
}

fn fan_in(shape: &[usize]) -> f32 {
    numel(&shape[1..]) as f32
}

impl Init {
    /// Draws start values.
    pub fn fill(self, values: &mut [f32], random: &mut Random) {
        for (n, value) in values.iter_mut().enumerate() {
            *value = match self {
                Init::Constant(x) => x,
                Init::Uniform(bound) => random.uniform(-bound, bound),
                Init::Padded { width, row, .. } if n / width == row => 0.0,
                Init::Normal(deviation) | Init::Padded { deviation, .. } => deviation * random.normal(),
            };
        }
    }
}
