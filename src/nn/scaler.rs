//! The scale of the loss where gradients are kept in halves, as `torch.amp.GradScaler` finds it. Imports tensor, graph, dtype.
//!
//! Small gradients would be 0 in halves, so the loss is multiplied before it is differentiated and the gradients are divided again. The scale is as large as
//! they allow: each overflow halves it, and the step is left out; many steps without one double it.

use crate::dtype::DType;
use crate::graph::Graph;
use crate::tensor::Tensor;

/// The leaf "scaler" at first: the scale, the good steps since it last changed, the steps that were left out.
pub const SCALER: [f32; 3] = [65536.0, 0.0, 0.0];
/// Good steps after which the scale is doubled.
const GROWTH_INTERVAL: f32 = 2000.0;
/// A gradient that overflows at this scale is not the scale's fault.
const LEAST: f32 = 1.0 / 65536.0;

pub struct Scaler {
    all: Tensor,
    pub scale: Tensor,
    good: Tensor,
    pub left_out: Tensor,
}

impl Scaler {
    pub fn new(graph: &Graph) -> Scaler {
        let all = graph.leaf("scaler", DType::F32, &[SCALER.len()]);
        let [scale, good, left_out] = [0, 1, 2].map(|n| all.narrow(0, n, 1).reshape(&[]));
        Scaler { all, scale, good, left_out }
    }

    /// Whether the scale may be what a gradient overflowed by.
    pub fn can_shrink(&self) -> Tensor {
        self.scale.gt(LEAST)
    }

    /// The leaf after a step that was good, or left out, or neither.
    pub fn next(&self, ok: &Tensor, overflow: &Tensor) -> Tensor {
        let good = &self.good + 1.0;
        let full = good.ge(GROWTH_INTERVAL);
        // Number by number: to join them would cost kernels.
        let place = self.all.graph().iota(SCALER.len());
        let (first, second) = (place.eq(0.0), place.eq(1.0));
        let grown = first.select(full.select(&self.scale * 2.0, &self.scale), second.select(full.select(0.0, good), &self.left_out));
        let shrunk = first.select(&self.scale * 0.5, second.select(0.0, &self.left_out + 1.0));
        ok.select(grown, overflow.select(shrunk, &self.all))
    }
}
