//! Learning-rate schedules, as graph over the step number. Imports tensor, dtype, read.

use super::read::{options, tagged};
use crate::dtype::{DType, Value};
use crate::tensor::Tensor;
use std::f32::consts::PI;

tagged! {
    /// How the learning rate changes from step to step.
    Schedule, "schedule" { ConstantLR, StepLR, CosineAnnealingLR }
}

options! {
    /// Always the optimiser's own.
    ConstantLR {}

    /// Multiplied by `gamma` every `step_size` steps.
    StepLR { step_size: usize [SIZE], gamma: f64 [POSITIVE] = 0.1 }

    /// Half a cosine wave down to `eta_min` at step `t_max`, and up again after it.
    CosineAnnealingLR { t_max: usize [SIZE], eta_min: f64 [FROM_ZERO] = 0.0 }
}

impl Schedule {
    /// The learning rate of step `step` (U32, from 0 on), starting from `lr`.
    pub(crate) fn rate(&self, lr: &Tensor, step: &Tensor) -> Tensor {
        let whole = |n: usize| step.constant(Value::u32(n as u32));
        match self {
            Schedule::ConstantLR(_) => lr.clone(),
            Schedule::StepLR(s) => {
                let times = (step / whole(s.step_size)).cast(DType::F32);
                lr * lr.constant(Value::f32(s.gamma as f32)).pow(times)
            }
            Schedule::CosineAnnealingLR(s) => {
                // The wave repeats every 2 t_max steps; a small angle keeps its cosine exact.
                let angle = step.rem(whole(2 * s.t_max)).cast(DType::F32) * (PI / s.t_max as f32);
                let floor = lr.constant(Value::f32(s.eta_min as f32));
                &floor + (lr - &floor) * (angle.cos() + 1.0) * 0.5
            }
        }
    }
}

/// Rises from 1 / steps to 1 within the first `steps` steps.
pub(crate) fn warmup(steps: usize, step: &Tensor) -> Tensor {
    ((step.cast(DType::F32) + 1.0) * (1.0 / steps as f32)).minimum(1.0)
}
