//! Data sets in the form a device takes: the examples a spec describes, checked and laid out. Imports error, dtype, shape, math.

pub mod images;
pub mod points;
pub mod random;
pub mod table;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Shape, numel};
pub use images::Images;
pub use random::Random;

/// What the network takes and is to give, so that the data can be checked against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Shape of one example.
    pub input: Shape,
    /// Whether inputs are whole numbers below this (the first layer is an embedding of that many rows).
    pub tokens: Option<usize>,
    pub target: Target,
}

/// What is to be learned of an example.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Which of so many classes it belongs to.
    Class(usize),
    /// Numbers of this shape.
    Values(Shape),
    /// Numbers of this shape, each a probability.
    Probabilities(Shape),
}

/// The examples of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub train: Split,
    /// None: the network is tested on what it was trained on.
    pub test: Option<Split>,
}

/// Examples, one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub count: usize,
    pub x: Column,
    pub y: Column,
    /// What people see of an example where that is not `x` itself: the point that the features were computed from.
    pub raw: Option<Column>,
}

/// One property of all examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub dtype: DType,
    /// Of one example; `[]` is a single number.
    pub shape: Shape,
    /// Little-endian, padded to whole words.
    pub bytes: Vec<u8>,
}

impl Dataset {
    /// The examples the network is tested on.
    pub fn test(&self) -> &Split {
        self.test.as_ref().unwrap_or(&self.train)
    }
}

impl Split {
    /// What people see of an example: points, table rows, pixels 0..1.
    pub fn seen(&self) -> &Column {
        self.raw.as_ref().unwrap_or(&self.x)
    }
}

impl Column {
    /// A column of `f32`.
    pub fn f32(shape: &[usize], values: &[f32]) -> Column {
        Column { dtype: DType::F32, shape: shape.to_vec(), bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }

    /// A column of `i32`.
    pub fn i32(shape: &[usize], values: &[i32]) -> Column {
        Column { dtype: DType::I32, shape: shape.to_vec(), bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }

    /// A column of bytes.
    pub fn u8(shape: &[usize], mut bytes: Vec<u8>) -> Column {
        bytes.resize(DType::U8.bytes(bytes.len()), 0);
        Column { dtype: DType::U8, shape: shape.to_vec(), bytes }
    }

    /// The numbers of example number `n`, as people see them: bytes as 0..1 if it has a shape (pixels), as themselves if not (labels).
    pub fn example(&self, n: usize) -> Vec<f32> {
        let len = numel(&self.shape);
        let word = |i: usize| -> [u8; 4] { std::array::from_fn(|k| self.bytes[4 * i + k]) };
        (n * len..(n + 1) * len)
            .map(|i| match self.dtype {
                DType::F32 => f32::from_le_bytes(word(i)),
                DType::I32 => i32::from_le_bytes(word(i)) as f32,
                DType::U32 | DType::Bool => u32::from_le_bytes(word(i)) as f32,
                DType::U8 if self.shape.is_empty() => self.bytes[i] as f32,
                DType::U8 => self.bytes[i] as f32 / 255.0,
            })
            .collect()
    }
}

/// Class ids from numbers, each checked to be a whole number below `classes`.
fn class_ids<T: Copy + Into<f64>>(values: &[T], classes: usize) -> Result<Vec<i32>> {
    let id = |(n, value): (usize, &T)| {
        let value: f64 = (*value).into();
        if value.fract() == 0.0 && (0.0..classes as f64).contains(&value) {
            return Ok(value as i32);
        }
        let hint = format!(
            "The network tells {classes} classes apart, so a label is a whole number from 0 to {}; or change the last layer.",
            classes.saturating_sub(1)
        );
        Err(Error::data(format!("y[{n}] is {value}, which is no class")).at("data.y").hint(hint))
    };
    values.iter().enumerate().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: columns of each type give back their numbers, pixels scaled, labels not.
    #[test]
    fn examples_of_a_column() {
        assert_eq!(Column::f32(&[2], &[1.0, 2.0, 3.0, 4.5]).example(1), [3.0, 4.5]);
        assert_eq!(Column::i32(&[], &[7, -8]).example(1), [-8.0]);
        let pixels = Column::u8(&[1, 1, 3], vec![0, 255, 51, 255, 0, 0]);
        assert_eq!((pixels.bytes.len(), pixels.example(0)), (8, vec![0.0, 1.0, 0.2]));
        assert_eq!(Column::u8(&[], vec![3, 9]).example(1), [9.0]);
    }
}
