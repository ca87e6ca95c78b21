//! Optimisers, as elementwise graph over all parameters in one flat tensor; the formulas are those of PyTorch's documentation. Imports tensor, dtype, read.

use super::read::{options, tagged};
use super::spec::Spec;
use crate::dtype::{DType, Value};
use crate::tensor::Tensor;

tagged! {
    /// How a gradient becomes a step.
    Optimizer, "optimizer" { SGD, Adam, AdamW, Adagrad, RMSprop }
}

options! {
    /// Stochastic gradient descent, with momentum or without.
    SGD {
        lr: f64 [POSITIVE] = 1e-3,
        momentum: f64 [BELOW_ONE] = 0.0,
        dampening: f64 [UNIT] = 0.0,
        nesterov: bool [ANY] = false,
        weight_decay: f64 [FROM_ZERO] = 0.0,
    }

    /// Steps by running averages of the gradient and of its square.
    Adam {
        lr: f64 [POSITIVE] = 1e-3,
        betas: [f64; 2] [BELOW_ONE] = [0.9, 0.999],
        eps: f64 [POSITIVE] = 1e-8,
        weight_decay: f64 [FROM_ZERO] = 0.0,
    }

    /// Adam, its weight decay apart from the gradient.
    AdamW {
        lr: f64 [POSITIVE] = 1e-3,
        betas: [f64; 2] [BELOW_ONE] = [0.9, 0.999],
        eps: f64 [POSITIVE] = 1e-8,
        weight_decay: f64 [FROM_ZERO] = 0.01,
    }

    /// Steps divided by the root of all squared gradients so far.
    Adagrad {
        lr: f64 [POSITIVE] = 0.01,
        lr_decay: f64 [FROM_ZERO] = 0.0,
        eps: f64 [POSITIVE] = 1e-10,
        weight_decay: f64 [FROM_ZERO] = 0.0,
    }

    /// Steps divided by the root of a running average of squared gradients.
    RMSprop {
        lr: f64 [POSITIVE] = 0.01,
        alpha: f64 [BELOW_ONE] = 0.99,
        eps: f64 [POSITIVE] = 1e-8,
        momentum: f64 [BELOW_ONE] = 0.0,
        weight_decay: f64 [FROM_ZERO] = 0.0,
    }
}

/// What an optimiser sees of a step. Tensors are flat, over all parameters; numbers have shape `[]`.
pub(crate) struct Step {
    pub params: Tensor,
    pub gradient: Tensor,
    /// This step's learning rate.
    pub lr: Tensor,
    pub weight_decay: Tensor,
    /// Number of the step, U32, from 0 on.
    pub number: Tensor,
}

/// The optimiser's state by name: each of the parameters' size, zero at the start, in the leaf `optimizer.<name>`.
pub fn optimizer_slots(spec: &Spec) -> Vec<&'static str> {
    match &spec.optimizer {
        Optimizer::SGD(o) if o.momentum > 0.0 => vec!["momentum_buffer"],
        Optimizer::SGD(_) => vec![],
        Optimizer::Adam(_) | Optimizer::AdamW(_) => vec!["exp_avg", "exp_avg_sq"],
        Optimizer::Adagrad(_) => vec!["sum"],
        Optimizer::RMSprop(o) if o.momentum > 0.0 => vec!["square_avg", "momentum_buffer"],
        Optimizer::RMSprop(_) => vec!["square_avg"],
    }
}

impl Optimizer {
    /// The learning rate that schedules start from.
    pub fn lr(&self) -> f64 {
        match self {
            Optimizer::SGD(SGD { lr, .. })
            | Optimizer::Adam(Adam { lr, .. })
            | Optimizer::AdamW(AdamW { lr, .. })
            | Optimizer::Adagrad(Adagrad { lr, .. })
            | Optimizer::RMSprop(RMSprop { lr, .. }) => *lr,
        }
    }

    /// How strongly parameters are pulled to 0.
    pub fn weight_decay(&self) -> f64 {
        match self {
            Optimizer::SGD(SGD { weight_decay, .. })
            | Optimizer::Adam(Adam { weight_decay, .. })
            | Optimizer::AdamW(AdamW { weight_decay, .. })
            | Optimizer::Adagrad(Adagrad { weight_decay, .. })
            | Optimizer::RMSprop(RMSprop { weight_decay, .. }) => *weight_decay,
        }
    }

    /// The same with this learning rate and weight decay.
    pub fn with(&self, new_lr: f64, new_decay: f64) -> Optimizer {
        let mut optimizer = self.clone();
        match &mut optimizer {
            Optimizer::SGD(SGD { lr, weight_decay, .. })
            | Optimizer::Adam(Adam { lr, weight_decay, .. })
            | Optimizer::AdamW(AdamW { lr, weight_decay, .. })
            | Optimizer::Adagrad(Adagrad { lr, weight_decay, .. })
            | Optimizer::RMSprop(RMSprop { lr, weight_decay, .. }) => (*lr, *weight_decay) = (new_lr, new_decay),
        }
        optimizer
    }

    /// The new parameters and the new state, from the old state; both lists as `optimizer_slots`.
    pub(crate) fn step(&self, step: &Step, slots: &[Tensor]) -> (Tensor, Vec<Tensor>) {
        let Step { params, lr, .. } = step;
        let decoupled = matches!(self, Optimizer::AdamW(_));
        let decays = self.weight_decay() > 0.0;
        let g = if decays && !decoupled { &step.gradient + &step.weight_decay * params } else { step.gradient.clone() };
        match self {
            Optimizer::SGD(o) if o.momentum > 0.0 => {
                // The first gradient enters undamped.
                let later = &slots[0] * o.momentum as f32 + &g * (1.0 - o.dampening) as f32;
                let buffer = step.number.eq(0.0).select(&g, later);
                let direction = if o.nesterov { g + &buffer * o.momentum as f32 } else { buffer.clone() };
                (params - lr * direction, vec![buffer])
            }
            Optimizer::SGD(_) => (params - lr * g, vec![]),
            Optimizer::Adam(Adam { betas, eps, .. }) | Optimizer::AdamW(AdamW { betas, eps, .. }) => {
                let mean = average(&slots[0], &g, betas[0]);
                let square = average(&slots[1], &g.square(), betas[1]);
                // Averages that start from zero are too small at first.
                let rate = lr / correction(&step.number, betas[0]);
                let root = square.sqrt() / correction(&step.number, betas[1]).sqrt() + *eps as f32;
                let decayed = if decays && decoupled { params * (1.0 - lr * &step.weight_decay) } else { params.clone() };
                (decayed - rate * &mean / root, vec![mean, square])
            }
            Optimizer::Adagrad(o) => {
                let rate = if o.lr_decay > 0.0 { lr / (step.number.cast(DType::F32) * o.lr_decay as f32 + 1.0) } else { lr.clone() };
                let sum = &slots[0] + g.square();
                (params - rate * g / (sum.sqrt() + o.eps as f32), vec![sum])
            }
            Optimizer::RMSprop(o) => {
                let square = average(&slots[0], &g.square(), o.alpha);
                let scaled = g / (square.sqrt() + o.eps as f32);
                if o.momentum > 0.0 {
                    let buffer = &slots[1] * o.momentum as f32 + scaled;
                    (params - lr * &buffer, vec![square, buffer])
                } else {
                    (params - lr * scaled, vec![square])
                }
            }
        }
    }
}

/// Running average: keep * old + (1 - keep) * new.
fn average(old: &Tensor, new: &Tensor, keep: f64) -> Tensor {
    old * keep as f32 + new * (1.0 - keep) as f32
}

/// 1 - beta^(number + 1). For beta near 1 the power is near 1, and the difference would lose its digits: there e^x - 1 is summed as a series.
fn correction(number: &Tensor, beta: f64) -> Tensor {
    let one = number.constant(Value::f32(1.0));
    if beta == 0.0 {
        return one;
    }
    let x = (number.cast(DType::F32) + 1.0) * beta.ln() as f32;
    let series = (2..=9).rev().fold(one, |sum, n| &x * sum * (1.0 / n as f32) + 1.0);
    x.gt(-0.5).select(-(&x * series), 1.0 - x.exp())
}
