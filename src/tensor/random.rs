//! Random numbers from a counter-based generator: a key names the whole tensor, an element's place is its counter. The same key gives the same numbers
//! on every device, in any order, and again in the backward pass.

use super::Tensor;
use crate::dtype::{DType, Value};
use crate::graph::Graph;
use crate::op::Binary;
use crate::shape::numel;

impl Graph {
    /// The number of each place of a tensor of this shape, row-major (U32).
    pub fn places(&self, shape: &[usize]) -> Tensor {
        self.iota(numel(shape)).cast(DType::U32).reshape(shape)
    }

    /// 32 random bits per element (U32). `key` is a U32 of shape `[]`.
    pub fn random_bits(&self, key: &Tensor, shape: &[usize]) -> Tensor {
        key.binary(Binary::Threefry, self.places(shape))
    }

    /// Uniform in [0, 1), 24 bits.
    pub fn uniform(&self, key: &Tensor, shape: &[usize]) -> Tensor {
        self.uniform_at(key, &self.places(shape))
    }

    /// Those of these places (U32).
    fn uniform_at(&self, key: &Tensor, places: &Tensor) -> Tensor {
        let bits = key.binary(Binary::Threefry, places);
        bits.binary(Binary::Shr, self.constant(Value::u32(8))).cast(DType::F32) * (1.0 / 16_777_216.0)
    }

    /// Standard normal, by Box and Muller's transform of two uniforms.
    pub fn normal(&self, key: &Tensor, shape: &[usize]) -> Tensor {
        let second = key.binary(Binary::Threefry, self.constant(Value::u32(1)));
        let radius = (1.0 - self.uniform(key, shape)).log() * -2.0;
        radius.sqrt() * (self.uniform(&second, shape) * std::f32::consts::TAU).cos()
    }
}

impl Tensor {
    /// Each element kept with probability 1 - p and scaled by 1 / (1 - p), else 0.
    pub fn dropout(&self, p: f32, key: &Tensor) -> Tensor {
        self.dropout_at(p, key, &self.graph().places(&self.shape()))
    }

    /// The same for a part of a tensor: its elements' places in the whole.
    pub(super) fn dropout_at(&self, p: f32, key: &Tensor, places: &Tensor) -> Tensor {
        let keep = self.graph().uniform_at(key, places).ge(p);
        // With p = 1 nothing is kept: an infinite scale would make its gradient NaN.
        let scale = if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 };
        keep.select(self * scale, 0.0)
    }
}
