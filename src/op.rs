//! The table of operations: what exists, on which types, how one element is computed, its WGSL form and its gradient.
//! A row is everything there is to say about an elementwise operation; evaluation, shader text, tensor methods and tests are made from it.
//! Imports dtype, math, tensor (in gradients only).

use crate::dtype::{DType, Value};
use crate::math;
use crate::tensor::Tensor;

/// Which element types an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// f32.
    Float,
    /// f32, i32, u32.
    Number,
    /// i32, u32, bool.
    Bits,
    /// u32.
    Unsigned,
    /// Truth values.
    Bool,
    /// All that a node can compute.
    Any,
}

impl Types {
    /// Whether it includes a type.
    pub fn has(self, dtype: DType) -> bool {
        match self {
            Types::Float => dtype == DType::F32,
            Types::Number => matches!(dtype, DType::F32 | DType::I32 | DType::U32),
            Types::Bits => matches!(dtype, DType::I32 | DType::U32 | DType::Bool),
            Types::Unsigned => dtype == DType::U32,
            Types::Bool => dtype == DType::Bool,
            Types::Any => dtype != DType::U8,
        }
    }
}

/// Gradient of a unary operation: from x, y = f(x) and dL/dy to dL/dx; `None` where the derivative is zero everywhere.
pub type UnaryVjp = Option<fn(&Tensor, &Tensor, &Tensor) -> Tensor>;
/// Gradient of a binary operation: from a, b, y = f(a, b) and dL/dy to dL/da and dL/db.
pub type BinaryVjp = Option<fn(&Tensor, &Tensor, &Tensor, &Tensor) -> (Tensor, Tensor)>;

/// A row of the table: one elementwise operation.
pub struct Row<Vjp> {
    /// The operation's name.
    pub name: &'static str,
    /// Its formula, and what is special about it.
    pub doc: &'static str,
    /// Types of the operands.
    pub types: Types,
    /// WGSL expression; `{a}` and `{b}` are the operands.
    pub wgsl: &'static str,
    /// Where tests draw operands from: within these bounds the operation is smooth enough for finite differences.
    pub domain: (f32, f32),
    /// Its gradient.
    pub vjp: Vjp,
}

macro_rules! table {
    ($enum:ident, $vjp:ty, $each:ident, $doc:literal; $($name:ident: $text:literal, $types:ident, $wgsl:literal, ($lo:expr, $hi:expr), $grad:expr;)*) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum { $(#[doc = $text] $name,)* }

        impl $enum {
            /// All rows, in order.
            pub const ALL: &'static [$enum] = &[$($enum::$name),*];

            /// What there is to know about it.
            pub fn row(self) -> Row<$vjp> {
                match self {
                    $($enum::$name => Row {
                        name: stringify!($name), doc: $text, types: Types::$types, wgsl: $wgsl, domain: ($lo, $hi), vjp: $grad,
                    },)*
                }
            }
        }

        /// Calls the given macro with the names of all rows, for code that wants one loop per operation.
        macro_rules! $each { ($callback:ident) => { $callback!($($name),*) }; }
        pub(crate) use $each;
    };
}

table! { Unary, UnaryVjp, each_unary, "Operations of one operand.";
    Neg: "-x", Number, "(-{a})", (-3.0, 3.0), Some(|_, _, g| -g);
    Abs: "|x|; gradient 0 at 0", Number, "abs({a})", (0.1, 3.0), Some(|x, _, g| g * x.gt(0.0).select(1.0, x.lt(0.0).select(-1.0, 0.0)));
    Exp: "e^x", Float, "exp({a})", (-3.0, 3.0), Some(|_, y, g| g * y);
    Log: "natural logarithm", Float, "log({a})", (0.2, 3.0), Some(|x, _, g| g / x);
    Sqrt: "square root", Float, "sqrt({a})", (0.2, 3.0), Some(|_, y, g| g * 0.5 / y);
    Sin: "sine", Float, "sin({a})", (-3.0, 3.0), Some(|x, _, g| g * x.cos());
    Cos: "cosine", Float, "cos({a})", (-3.0, 3.0), Some(|x, _, g| -(g * x.sin()));
    Tanh: "hyperbolic tangent", Float, "tanh(clamp({a}, -10.0, 10.0))", (-3.0, 3.0), Some(|_, y, g| g * (1.0 - y * y));
    Sigmoid: "1 / (1 + e^-x)", Float, "(1.0 / (1.0 + exp(-{a})))", (-3.0, 3.0), Some(|_, y, g| g * y * (1.0 - y));
    Relu: "max(x, 0); gradient 0 at 0", Float, "max({a}, 0.0)", (0.1, 3.0), Some(|_, y, g| y.gt(0.0).select(g, 0.0));
    Erf: "error function", Float, "erf_({a})", (-3.0, 3.0), Some(|x, _, g| g * (-(x * x)).exp() * std::f32::consts::FRAC_2_SQRT_PI);
    Floor: "largest whole number not above x", Float, "floor({a})", (0.1, 0.9), None;
    Not: "logical negation", Bool, "(1u - {a})", (0.0, 1.0), None;
}

table! { Binary, BinaryVjp, each_binary, "Operations of two operands of one type and shape. Comparisons give `Bool`.";
    Add: "a + b", Number, "({a} + {b})", (-3.0, 3.0), Some(|_, _, _, g| (g.clone(), g.clone()));
    Sub: "a - b", Number, "({a} - {b})", (-3.0, 3.0), Some(|_, _, _, g| (g.clone(), -g));
    Mul: "a * b", Number, "({a} * {b})", (-3.0, 3.0), Some(|a, b, _, g| (g * b, g * a));
    Div: "a / b; whole numbers round toward zero, and x / 0 = 0", Number, "({a} / {b})", (0.5, 3.0), Some(|_, b, y, g| { let d = g / b; (d.clone(), -(d * y)) });
    Rem: "a - b * trunc(a / b), for whole numbers; x rem 0 = 0", Bits, "({a} % {b})", (1.0, 9.0), None;
    Pow: "a^b for a >= 0", Float, "pow({a}, {b})", (0.5, 2.0), Some(|a, b, y, g| (g * b * a.pow(&(b - 1.0)), g * y * a.log()));
    Max: "the larger; equal operands share the gradient", Number, "max({a}, {b})", (-3.0, 3.0), Some(|a, b, _, g| split(a.gt(b), b.gt(a), g));
    Min: "the smaller; equal operands share the gradient", Number, "min({a}, {b})", (-3.0, 3.0), Some(|a, b, _, g| split(a.lt(b), b.lt(a), g));
    Lt: "a < b", Any, "u32({a} < {b})", (-3.0, 3.0), None;
    Eq: "a == b", Any, "u32({a} == {b})", (-3.0, 3.0), None;
    And: "bitwise and", Bits, "({a} & {b})", (0.0, 9.0), None;
    Or: "bitwise or", Bits, "({a} | {b})", (0.0, 9.0), None;
    Xor: "bitwise exclusive or", Bits, "({a} ^ {b})", (0.0, 9.0), None;
    Shl: "a << (b mod 32)", Unsigned, "({a} << ({b} & 31u))", (0.0, 9.0), None;
    Shr: "a >> (b mod 32)", Unsigned, "({a} >> ({b} & 31u))", (0.0, 9.0), None;
    Threefry: "random bits for key a and counter b", Unsigned, "threefry({a}, {b})", (0.0, 9.0), None;
}

/// Gradient of max and min: all of it to the side that won, half to each on a tie (as PyTorch).
fn split(a_wins: Tensor, b_wins: Tensor, g: &Tensor) -> (Tensor, Tensor) {
    let share = |wins: &Tensor, loses: &Tensor| g * wins.select(1.0, loses.select(0.0, 0.5));
    (share(&a_wins, &b_wins), share(&b_wins, &a_wins))
}

impl Unary {
    /// One element of f32.
    #[inline(always)]
    pub fn f32(self, x: f32) -> f32 {
        match self {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Exp => math::exp(x),
            Unary::Log => math::log(x),
            Unary::Sqrt => x.sqrt(),
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Tanh => math::tanh(x),
            Unary::Sigmoid => math::sigmoid(x),
            // Written so that a NaN stays one.
            Unary::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Unary::Erf => math::erf(x),
            Unary::Floor => x.floor(),
            Unary::Not => (x == 0.0) as u32 as f32,
        }
    }

    /// One element of i32.
    #[inline(always)]
    pub fn i32(self, x: i32) -> i32 {
        match self {
            Unary::Neg => x.wrapping_neg(),
            Unary::Abs => x.wrapping_abs(),
            Unary::Not => 1 - x,
            Unary::Exp | Unary::Log | Unary::Sqrt | Unary::Sin | Unary::Cos | Unary::Tanh | Unary::Sigmoid | Unary::Relu | Unary::Erf | Unary::Floor => x,
        }
    }

    /// One element of any type, as bits. The verifier of the graph has checked the type.
    #[inline(always)]
    pub fn bits(self, dtype: DType, x: u32) -> u32 {
        match dtype {
            DType::F32 => self.f32(f32::from_bits(x)).to_bits(),
            DType::I32 | DType::U32 | DType::Bool | DType::U8 => self.i32(x as i32) as u32,
        }
    }
}

impl Binary {
    /// Whether the result is `Bool` rather than of the operands' type.
    pub fn compares(self) -> bool {
        matches!(self, Binary::Lt | Binary::Eq)
    }

    /// One element of f32 operands; comparisons give 0 or 1.
    #[inline(always)]
    pub fn f32(self, a: f32, b: f32) -> f32 {
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Pow => a.powf(b),
            // Written so that a NaN on either side stays one.
            Binary::Max => {
                if a > b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Binary::Min => {
                if a < b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Binary::Lt => (a < b) as u32 as f32,
            Binary::Eq => (a == b) as u32 as f32,
            Binary::Rem | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr | Binary::Threefry => a,
        }
    }

    /// One element of i32 operands.
    #[inline(always)]
    pub fn i32(self, a: i32, b: i32) -> i32 {
        match self {
            Binary::Div => {
                if b == 0 {
                    0
                } else {
                    a.wrapping_div(b)
                }
            }
            Binary::Rem => {
                if b == 0 {
                    0
                } else {
                    a.wrapping_rem(b)
                }
            }
            Binary::Max => a.max(b),
            Binary::Min => a.min(b),
            Binary::Lt => (a < b) as i32,
            Binary::Pow => a,
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Eq | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr | Binary::Threefry => {
                self.u32(a as u32, b as u32) as i32
            }
        }
    }

    /// One element of u32 or bool operands.
    #[inline(always)]
    pub fn u32(self, a: u32, b: u32) -> u32 {
        match self {
            Binary::Add => a.wrapping_add(b),
            Binary::Sub => a.wrapping_sub(b),
            Binary::Mul => a.wrapping_mul(b),
            Binary::Div => a.checked_div(b).unwrap_or(0),
            Binary::Rem => a.checked_rem(b).unwrap_or(0),
            Binary::Max => a.max(b),
            Binary::Min => a.min(b),
            Binary::Lt => (a < b) as u32,
            Binary::Eq => (a == b) as u32,
            Binary::And => a & b,
            Binary::Or => a | b,
            Binary::Xor => a ^ b,
            Binary::Shl => a << (b & 31),
            Binary::Shr => a >> (b & 31),
            Binary::Threefry => math::threefry(a, b),
            Binary::Pow => a,
        }
    }

    /// One element of any type, as bits.
    #[inline(always)]
    pub fn bits(self, dtype: DType, a: u32, b: u32) -> u32 {
        match dtype {
            DType::F32 if self.compares() => self.f32(f32::from_bits(a), f32::from_bits(b)) as u32,
            DType::F32 => self.f32(f32::from_bits(a), f32::from_bits(b)).to_bits(),
            DType::I32 => self.i32(a as i32, b as i32) as u32,
            DType::U32 | DType::Bool | DType::U8 => self.u32(a, b),
        }
    }
}

/// Converts one element between types: floats to whole numbers saturate and truncate, anything to bool asks "is it not zero".
#[inline(always)]
pub fn cast(from: DType, to: DType, bits: u32) -> u32 {
    let x = f32::from_bits(bits);
    match (from, to) {
        (DType::F32, DType::F32) => bits,
        (DType::F32, DType::I32) => x as i32 as u32,
        (DType::F32, DType::U32) => x as u32,
        (DType::F32, DType::Bool) => (x != 0.0) as u32,
        (DType::I32, DType::F32) => (bits as i32 as f32).to_bits(),
        (DType::U32 | DType::Bool | DType::U8, DType::F32) => (bits as f32).to_bits(),
        (_, DType::Bool) => (bits != 0) as u32,
        (_, DType::I32 | DType::U32) => bits,
        (_, DType::U8) => bits & 0xff,
    }
}

/// How values along axes are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduce {
    /// Of no values at all: 0.
    Sum,
    /// Of no values at all: the type's lowest. Equal maxima share the gradient (PyTorch's `amax`).
    Max,
    /// The same value; the first of equal maxima gets all of the gradient (PyTorch's `max_pool2d`).
    MaxFirst,
}

impl Reduce {
    /// The value it starts from.
    pub fn identity(self, dtype: DType) -> Value {
        match self {
            Reduce::Sum => Value::zero(dtype),
            Reduce::Max | Reduce::MaxFirst => dtype.lowest(),
        }
    }

    /// The operation that combines two values.
    pub fn binary(self) -> Binary {
        match self {
            Reduce::Sum => Binary::Add,
            Reduce::Max | Reduce::MaxFirst => Binary::Max,
        }
    }
}
