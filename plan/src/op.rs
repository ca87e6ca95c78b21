//! The table of operations: what exists, on which types, how one element is computed, and its WGSL form. Evaluation, shader text, tensor methods and
//! tests are made from its rows; the gradients, which are graph, stand beside it in the crate `tabgrad`. Imports dtype, math.

use crate::dtype::{DType, Value};
use crate::math;

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
            Types::Any => !matches!(dtype, DType::U8 | DType::F16),
        }
    }
}

/// A row of the table: one elementwise operation.
pub struct Row {
    /// The operation's name.
    pub name: &'static str,
    /// Types of the operands.
    pub types: Types,
    /// WGSL expression; `{a}` and `{b}` are the operands.
    pub wgsl: &'static str,
    /// Where tests draw operands from: within these bounds the operation is smooth enough for finite differences.
    pub domain: (f32, f32),
}

macro_rules! table {
    ($enum:ident, $each:ident, $doc:literal; $($name:ident: $text:literal, $types:ident, $wgsl:literal, ($lo:expr, $hi:expr);)*) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum { $(#[doc = $text] $name,)* }

        impl $enum {
            /// All rows, in order.
            pub const ALL: &'static [$enum] = &[$($enum::$name),*];

            /// What there is to know about it.
            pub fn row(self) -> Row {
                match self {
                    $($enum::$name => Row {
                        name: stringify!($name), types: Types::$types, wgsl: $wgsl, domain: ($lo, $hi),
                    },)*
                }
            }
        }

        /// Calls the given macro with the names of all rows, for code that wants one loop per operation.
        #[macro_export]
        macro_rules! $each { ($callback:ident) => { $callback!($($name),*) }; }
    };
}

table! { Unary, each_unary, "Operations of one operand.";
    Neg: "-x", Number, "(-{a})", (-3.0, 3.0);
    Abs: "|x|; gradient 0 at 0", Number, "abs({a})", (0.1, 3.0);
    Exp: "e^x", Float, "exp({a})", (-3.0, 3.0);
    Log: "natural logarithm", Float, "log({a})", (0.2, 3.0);
    Sqrt: "square root", Float, "sqrt({a})", (0.2, 3.0);
    Sin: "sine", Float, "sin({a})", (-3.0, 3.0);
    Cos: "cosine", Float, "cos({a})", (-3.0, 3.0);
    Tanh: "hyperbolic tangent", Float, "tanh(clamp({a}, -10.0, 10.0))", (-3.0, 3.0);
    Sigmoid: "1 / (1 + e^-x)", Float, "(1.0 / (1.0 + exp(-{a})))", (-3.0, 3.0);
    Relu: "max(x, 0); gradient 0 at 0", Float, "max({a}, 0.0)", (0.1, 3.0);
    Erf: "error function", Float, "erf_({a})", (-3.0, 3.0);
    Floor: "largest whole number not above x", Float, "floor({a})", (0.1, 0.9);
    Not: "logical negation", Bool, "(1u - {a})", (0.0, 1.0);
}

table! { Binary, each_binary, "Operations of two operands of one type and shape. Comparisons give `Bool`.";
    Add: "a + b", Number, "({a} + {b})", (-3.0, 3.0);
    Sub: "a - b", Number, "({a} - {b})", (-3.0, 3.0);
    Mul: "a * b", Number, "({a} * {b})", (-3.0, 3.0);
    Div: "a / b; whole numbers round toward zero, and x / 0 = 0", Number, "({a} / {b})", (0.5, 3.0);
    Rem: "a - b * trunc(a / b), for whole numbers; x rem 0 = 0", Bits, "({a} % {b})", (1.0, 9.0);
    Pow: "a^b for a >= 0", Float, "pow({a}, {b})", (0.5, 2.0);
    Max: "the larger; equal operands share the gradient", Number, "max({a}, {b})", (-3.0, 3.0);
    Min: "the smaller; equal operands share the gradient", Number, "min({a}, {b})", (-3.0, 3.0);
    Lt: "a < b", Any, "u32({a} < {b})", (-3.0, 3.0);
    Eq: "a == b", Any, "u32({a} == {b})", (-3.0, 3.0);
    And: "bitwise and", Bits, "({a} & {b})", (0.0, 9.0);
    Or: "bitwise or", Bits, "({a} | {b})", (0.0, 9.0);
    Xor: "bitwise exclusive or", Bits, "({a} ^ {b})", (0.0, 9.0);
    Shl: "a << (b mod 32)", Unsigned, "({a} << ({b} & 31u))", (0.0, 9.0);
    Shr: "a >> (b mod 32)", Unsigned, "({a} >> ({b} & 31u))", (0.0, 9.0);
    Threefry: "random bits for key a and counter b", Unsigned, "threefry({a}, {b})", (0.0, 9.0);
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
            Unary::Sin => math::sin(x),
            Unary::Cos => math::cos(x),
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
            DType::F32 | DType::F16 => self.f32(f32::from_bits(x)).to_bits(),
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
            // Not by way of 0.0 and 1.0, which would be converted.
            DType::F32 if self == Binary::Lt => (f32::from_bits(a) < f32::from_bits(b)) as u32,
            DType::F32 if self == Binary::Eq => (f32::from_bits(a) == f32::from_bits(b)) as u32,
            DType::F32 | DType::F16 => self.f32(f32::from_bits(a), f32::from_bits(b)).to_bits(),
            DType::I32 => self.i32(a as i32, b as i32) as u32,
            DType::U32 | DType::Bool | DType::U8 => self.u32(a, b),
        }
    }
}

/// Converts one element between types: floats to whole numbers saturate and truncate, anything to bool asks "is it not zero". A half comes from f32 and
/// becomes f32.
#[inline(always)]
pub fn cast(from: DType, to: DType, bits: u32) -> u32 {
    let x = f32::from_bits(bits);
    match (from, to) {
        (DType::F32 | DType::F16, DType::F32) => bits,
        (_, DType::F16) => math::half(x).to_bits(),
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
