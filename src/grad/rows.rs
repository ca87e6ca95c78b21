//! The gradients of the op table's rows, written with tensors. Imports op, tensor.

use crate::op::{Binary, Unary};
use crate::tensor::Tensor;

/// Gradient of a unary operation: from x, y = f(x) and dL/dy to dL/dx; `None` where the derivative is zero everywhere.
pub type UnaryVjp = Option<fn(&Tensor, &Tensor, &Tensor) -> Tensor>;
/// Gradient of a binary operation: from a, b, y = f(a, b) and dL/dy to dL/da and dL/db.
pub type BinaryVjp = Option<fn(&Tensor, &Tensor, &Tensor, &Tensor) -> (Tensor, Tensor)>;

/// Of a row with one operand.
pub fn unary(op: Unary) -> UnaryVjp {
    match op {
        Unary::Neg => Some(|_, _, g| -g),
        Unary::Abs => Some(|x, _, g| g * x.gt(0.0).select(1.0, x.lt(0.0).select(-1.0, 0.0))),
        Unary::Exp => Some(|_, y, g| g * y),
        Unary::Log => Some(|x, _, g| g / x),
        Unary::Sqrt => Some(|_, y, g| g * 0.5 / y),
        Unary::Sin => Some(|x, _, g| g * x.cos()),
        Unary::Cos => Some(|x, _, g| -(g * x.sin())),
        Unary::Tanh => Some(|_, y, g| g * (1.0 - y * y)),
        Unary::Sigmoid => Some(|_, y, g| g * y * (1.0 - y)),
        Unary::Relu => Some(|_, y, g| y.gt(0.0).select(g, 0.0)),
        Unary::Erf => Some(|x, _, g| g * (-(x * x)).exp() * std::f32::consts::FRAC_2_SQRT_PI),
        Unary::Floor | Unary::Not => None,
    }
}

/// Of a row with two operands.
pub fn binary(op: Binary) -> BinaryVjp {
    match op {
        Binary::Add => Some(|_, _, _, g| (g.clone(), g.clone())),
        Binary::Sub => Some(|_, _, _, g| (g.clone(), -g)),
        Binary::Mul => Some(|a, b, _, g| (g * b, g * a)),
        Binary::Div => Some(|_, b, y, g| {
            let d = g / b;
            (d.clone(), -(d * y))
        }),
        Binary::Pow => Some(|a, b, y, g| (g * b * a.pow(&(b - 1.0)), g * y * a.log())),
        Binary::Max => Some(|a, b, _, g| split(a.gt(b), b.gt(a), g)),
        Binary::Min => Some(|a, b, _, g| split(a.lt(b), b.lt(a), g)),
        Binary::Rem | Binary::Lt | Binary::Eq | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr | Binary::Threefry => None,
    }
}

/// Gradient of max and min: all of it to the side that won, half to each on a tie (as PyTorch).
fn split(a_wins: Tensor, b_wins: Tensor, g: &Tensor) -> (Tensor, Tensor) {
    let share = |wins: &Tensor, loses: &Tensor| g * wins.select(1.0, loses.select(0.0, 0.5));
    (share(&a_wins, &b_wins), share(&b_wins, &a_wins))
}
