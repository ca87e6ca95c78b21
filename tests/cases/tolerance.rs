//! The one table of how far a device may be from the oracle. Imports op's names.
//!
//! An element may differ by `relative` of its own size plus `absolute`. WebGPU promises less than the CPU for some functions; what the standard ("accuracy of
//! built-in functions") allows beyond the row is `gpu`, absolute. Rows hold for the inputs the cases draw, whose results are of size 1 to 10.

use tabgrad::op::{Binary, Unary};

#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
    pub gpu: f64,
}

const fn row(relative: f64, absolute: f64, gpu: f64) -> Tolerance {
    Tolerance { relative, absolute, gpu }
}

/// Whole numbers, comparisons, and values that are only moved.
pub const EXACT: Tolerance = row(0.0, 0.0, 0.0);
/// One rounding of f32 (+ - * and conversion).
pub const ROUNDED: Tolerance = row(1.2e-7, 0.0, 0.0);
/// A few elementary functions in a row.
pub const COMPOSED: Tolerance = row(2e-6, 1e-6, 1e-5);
/// Sums of up to a thousand products of size 4.
pub const SUMMED: Tolerance = row(2e-6, 2e-5, 0.0);

pub fn unary(op: Unary) -> Tolerance {
    match op {
        Unary::Neg | Unary::Abs | Unary::Relu | Unary::Floor | Unary::Not => EXACT,
        Unary::Exp => row(4e-7, 0.0, 2e-5),
        Unary::Log => row(4e-7, 1e-7, 5e-7),
        Unary::Sqrt => row(2e-7, 0.0, 1e-6),
        // WGSL: absolute error up to 2^-11 within [-pi, pi].
        Unary::Sin | Unary::Cos => row(2e-7, 2e-7, 5e-4),
        Unary::Tanh | Unary::Sigmoid => row(6e-7, 0.0, 1e-5),
        Unary::Erf => row(3e-6, 3e-7, 1e-6),
    }
}

/// For f32 operands; whole numbers are exact.
pub fn binary(op: Binary) -> Tolerance {
    match op {
        Binary::Add | Binary::Sub | Binary::Mul => ROUNDED,
        Binary::Div => row(1.2e-7, 0.0, 2e-6),
        Binary::Pow => row(4e-7, 0.0, 2e-5),
        Binary::Max | Binary::Min | Binary::Lt | Binary::Eq => EXACT,
        Binary::Rem | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr | Binary::Threefry => EXACT,
    }
}

impl Tolerance {
    /// A derivative is a few more operations on the same values, and its loss a sum.
    pub fn of_gradient(self) -> Tolerance {
        row(4.0 * self.relative + 4e-6, 4.0 * self.absolute + 4e-5, 20.0 * self.gpu)
    }

    pub fn allows(self, want: f64, got: f64, on_gpu: bool) -> bool {
        if want.is_nan() || got.is_nan() {
            return want.is_nan() && got.is_nan();
        }
        want == got || (want - got).abs() <= self.relative * want.abs() + self.absolute + if on_gpu { self.gpu } else { 0.0 }
    }
}
