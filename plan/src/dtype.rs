//! Element types and single values. Imports math.

use crate::math;
use std::fmt;

/// The type of a tensor's elements. All but `U8` and `F16` take four bytes on every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE single precision.
    F32,
    /// IEEE half precision, for scratch memory: no leaf and no result has this type. A value of it is an f32 that a half can hold, so that casting to it rounds;
    /// a device keeps it in two bytes if it can, else as that f32.
    F16,
    /// Two's complement; overflow wraps.
    I32,
    /// Overflow wraps.
    U32,
    /// 0 or 1 in a 32-bit word.
    Bool,
    /// Packed bytes, for data sets. Only a leaf has this type: reading one gives `I32`.
    U8,
}

impl DType {
    /// Whether gradients exist for it.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F16)
    }

    /// The type of what is read from memory of this type.
    pub fn read(self) -> DType {
        match self {
            DType::U8 => DType::I32,
            DType::F16 => DType::F32,
            DType::F32 | DType::I32 | DType::U32 | DType::Bool => self,
        }
    }

    /// Whether it can be an index.
    pub fn is_int(self) -> bool {
        matches!(self, DType::I32 | DType::U32)
    }

    /// Bytes of a buffer that holds `len` elements: a whole number of 32-bit words, at least one.
    pub fn bytes(self, len: usize) -> usize {
        match self {
            DType::U8 => len.div_ceil(4).max(1).saturating_mul(4),
            DType::F16 => len.div_ceil(2).max(1).saturating_mul(4),
            DType::F32 | DType::I32 | DType::U32 | DType::Bool => len.max(1).saturating_mul(4),
        }
    }

    /// The largest negative value: the start of a maximum.
    pub fn lowest(self) -> Value {
        match self {
            DType::F32 | DType::F16 => Value { dtype: self, bits: f32::NEG_INFINITY.to_bits() },
            DType::I32 => Value::i32(i32::MIN),
            DType::U32 | DType::Bool | DType::U8 => Value { dtype: self, bits: 0 },
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F16 => "f16",
            DType::I32 => "i32",
            DType::U32 => "u32",
            DType::Bool => "bool",
            DType::U8 => "u8",
        })
    }
}

/// One element: its type and its 32 bits. Equal bits are equal values, so it can be hashed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// How the bits are to be read.
    pub dtype: DType,
    /// The element as it lies in memory.
    pub bits: u32,
}

impl Value {
    /// A single-precision value.
    pub fn f32(x: f32) -> Value {
        Value { dtype: DType::F32, bits: x.to_bits() }
    }

    /// A signed whole number.
    pub fn i32(x: i32) -> Value {
        Value { dtype: DType::I32, bits: x as u32 }
    }

    /// An unsigned whole number.
    pub fn u32(x: u32) -> Value {
        Value { dtype: DType::U32, bits: x }
    }

    /// A truth value.
    pub fn bool(x: bool) -> Value {
        Value { dtype: DType::Bool, bits: x as u32 }
    }

    /// `x` as the nearest value of `dtype`; float-to-integer saturates, as Rust's `as` does.
    pub fn of(dtype: DType, x: f64) -> Value {
        match dtype {
            DType::F32 => Value::f32(x as f32),
            DType::F16 => Value { dtype, bits: math::half(x as f32).to_bits() },
            DType::I32 => Value::i32(x as i32),
            DType::U32 => Value::u32(x as u32),
            DType::Bool => Value::bool(x != 0.0),
            DType::U8 => Value { dtype, bits: x as u8 as u32 },
        }
    }

    /// Zero of a type: all bits are 0.
    pub fn zero(dtype: DType) -> Value {
        Value { dtype, bits: 0 }
    }

    /// The bits read as f32.
    pub fn as_f32(self) -> f32 {
        f32::from_bits(self.bits)
    }

    /// The value as f64, exactly.
    pub fn as_f64(self) -> f64 {
        match self.dtype {
            DType::F32 | DType::F16 => self.as_f32() as f64,
            DType::I32 => self.bits as i32 as f64,
            DType::U32 | DType::Bool | DType::U8 => self.bits as f64,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.dtype {
            // The standard library's way of writing floats is many times the size of this one.
            DType::F32 | DType::F16 => f.write_str(zmij::Buffer::new().format(self.as_f32())),
            DType::I32 => write!(f, "{}", self.bits as i32),
            DType::U32 | DType::Bool | DType::U8 => write!(f, "{}", self.bits),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self}{}", self.dtype)
    }
}
