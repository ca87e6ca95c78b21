//! Data sets in the form a device takes: the examples a spec describes, checked and laid out.
//! Imports nn (what the network takes and the loss wants), random, dtype, shape, error.

mod images;
mod points;
mod table;
mod text;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::json::number;
use crate::list::List;
use crate::nn::{Data, Layer, Loss, Model, Spec};
use crate::shape::{Shape, numel};
pub use images::Images;
use std::rc::Rc;
pub use text::Text;

/// The examples of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// What the network is trained on.
    pub train: Split,
    /// None: the network is tested on what it was trained on.
    pub test: Option<Split>,
    /// The text that the examples are windows of.
    pub text: Option<Text>,
}

/// Examples, one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// How many.
    pub count: usize,
    /// What the network takes.
    pub x: Column,
    /// What it is to give.
    pub y: Column,
    /// What people see of an example where that is not `x` itself: the point that the features were computed from.
    pub raw: Option<Column>,
}

/// One property of all examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Type of the numbers.
    pub dtype: DType,
    /// Of one example; `[]` is a single number.
    pub shape: Shape,
    /// Elements from one example to the next; fewer than an example has where they overlap.
    pub stride: usize,
    /// Little-endian, padded to whole words.
    pub bytes: Vec<u8>,
}

/// Where examples come from that are not part of the spec.
pub enum Source {
    /// From nowhere.
    None,
    /// From files for training and testing.
    Files(Images, Images),
    /// From a file of text, UTF-8.
    Text(Vec<u8>),
    /// From the data set that is there already.
    Kept(Rc<Dataset>),
}

/// The data set of an experiment.
pub fn load(spec: &Spec, model: &Model, source: Source) -> Result<Rc<Dataset>> {
    let dataset = match &spec.data {
        Data::Table(table) => table::load(table, spec, model).map(Rc::new),
        Data::Points(points) => points::load(points, spec, model).map(Rc::new),
        Data::Images(_) => match source {
            Source::None | Source::Text(_) => {
                let hint = "Hand over the pixels and labels of the training and test images.";
                Err(Error::data("the images are missing").at("data").hint(hint))
            }
            Source::Files(train, test) => images::load(train, test, spec, model).map(Rc::new),
            Source::Kept(dataset) => images::check(&dataset, spec, model).map(|_| dataset),
        },
        Data::Text(options) => match source {
            Source::Text(bytes) => text::load(text::read(bytes)?, options, spec, model).map(Rc::new),
            Source::Kept(dataset) => text::keep(dataset, options, spec, model),
            Source::None | Source::Files(..) => Err(text::missing()),
        },
    }?;
    let none_counts = |split: &Split| split.count > 0 && (0..split.count).all(|n| split.counted(n, &spec.loss) == 0);
    if none_counts(&dataset.train) || none_counts(dataset.test()) {
        let message = "no target counts: each is the loss's ignore_index";
        return Err(Error::data(message).at("loss.ignore_index").hint("Choose another, or leave it out."));
    }
    Ok(dataset)
}

/// Inputs as people give them (points, table rows, pixels 0..1, numbers of characters), as the network takes them.
pub fn inputs(spec: &Spec, raw: &[f32]) -> Result<Vec<f32>> {
    if let Some(n) = raw.iter().position(|v| !v.is_finite()) {
        return Err(Error::data(format!("number {n} of the inputs is {}", number(raw[n]))).at("predict").hint("Give finite numbers."));
    }
    if let Some(rows) = tokens(&spec.layers) {
        token_numbers(raw, rows).map_err(|(n, hint)| Error::data(format!("number {n} of the inputs is {}", number(raw[n]))).at("predict").hint(hint))?;
    }
    Ok(match &spec.data {
        Data::Points(p) => points::inputs(&p.features, raw.as_chunks().0),
        Data::Table(_) | Data::Images(_) | Data::Text(_) => raw.to_vec(),
    })
}

/// Shape of one input as people give it.
pub fn raw_shape(spec: &Spec, model: &Model) -> Shape {
    match &spec.data {
        Data::Points(_) => vec![2],
        Data::Table(_) | Data::Images(_) | Data::Text(_) => model.input.clone(),
    }
}

impl Dataset {
    /// The examples the network is tested on.
    pub fn test(&self) -> &Split {
        self.test.as_ref().unwrap_or(&self.train)
    }
}

impl Split {
    /// Targets of an example that count; 1 where the loss counts all of them.
    pub fn counted(&self, n: usize, loss: &Loss) -> usize {
        loss.ignored().map_or(1, |ignored| self.y.example(n).iter().filter(|y| **y != ignored).count())
    }

    /// What people see of an example: points, table rows, pixels 0..1.
    pub fn seen(&self) -> &Column {
        self.raw.as_ref().unwrap_or(&self.x)
    }
}

impl Column {
    /// A column of `f32`.
    pub fn f32(shape: &[usize], values: &[f32]) -> Column {
        Column { dtype: DType::F32, shape: shape.to_vec(), stride: numel(shape), bytes: values.iter().flat_map(|v| v.to_le_bytes()).list() }
    }

    /// A column of `i32`.
    pub fn i32(shape: &[usize], values: &[i32]) -> Column {
        Column { dtype: DType::I32, shape: shape.to_vec(), stride: numel(shape), bytes: values.iter().flat_map(|v| v.to_le_bytes()).list() }
    }

    /// A column of bytes.
    pub fn u8(shape: &[usize], mut bytes: Vec<u8>) -> Column {
        bytes.resize(DType::U8.bytes(bytes.len()), 0);
        Column { dtype: DType::U8, shape: shape.to_vec(), stride: numel(shape), bytes }
    }

    /// The numbers of example number `n`, as people see them: bytes as 0..1 if it has a shape (pixels), as themselves if not (labels).
    pub fn example(&self, n: usize) -> Vec<f32> {
        let start = n * self.stride;
        let word = |i: usize| -> [u8; 4] { std::array::from_fn(|k| self.bytes[4 * i + k]) };
        (start..start + numel(&self.shape))
            .map(|i| match self.dtype {
                DType::F32 | DType::F16 => f32::from_le_bytes(word(i)),
                DType::I32 => i32::from_le_bytes(word(i)) as f32,
                DType::U32 | DType::Bool => u32::from_le_bytes(word(i)) as f32,
                DType::U8 if self.shape.is_empty() => self.bytes[i] as f32,
                DType::U8 => self.bytes[i] as f32 / 255.0,
            })
            .list()
    }
}

/// Targets, as many numbers for each example as the loss compares, as the loss takes them.
fn targets(values: &[f32], spec: &Spec, model: &Model) -> Result<Column> {
    spec.loss.check_targets(&model.output, values.iter().copied())?;
    Ok(match spec.loss.takes_classes() {
        true => Column::i32(spec.loss.target_shape(&model.output), &values.iter().map(|y| *y as i32).list()),
        false => Column::f32(&model.output, values),
    })
}

/// Rows of the table that the first layer looks inputs up in, if it is an Embedding: inputs are whole numbers below this.
fn tokens(layers: &[Layer]) -> Option<usize> {
    match layers.first()? {
        Layer::Embedding(layer) => Some(layer.num_embeddings),
        Layer::Sequential(inner) => tokens(&inner.layers),
        Layer::Residual(inner) => tokens(&inner.layers),
        _ => None,
    }
}

/// Numbers that an Embedding of so many rows can look up; else the place of the first that it cannot, and what to do.
fn token_numbers(values: &[f32], rows: usize) -> std::result::Result<Vec<i32>, (usize, String)> {
    match values.iter().position(|value| value.fract() != 0.0 || !(0.0..rows as f32).contains(value)) {
        Some(n) => Err((n, format!("The Embedding has {rows} rows, so an input is a whole number from 0 to {}.", rows.saturating_sub(1)))),
        None => Ok(values.iter().map(|value| *value as i32).list()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: columns of each type give back their numbers, pixels scaled, labels not; also where examples overlap.
    #[test]
    fn examples_of_a_column() {
        assert_eq!(Column::f32(&[2], &[1.0, 2.0, 3.0, 4.5]).example(1), [3.0, 4.5]);
        assert_eq!(Column::i32(&[], &[7, -8]).example(1), [-8.0]);
        let overlapping = Column { stride: 2, ..Column::i32(&[3], &[1, 2, 3, 4, 5, 6, 7]) };
        assert_eq!(overlapping.example(2), [5.0, 6.0, 7.0]);
        let pixels = Column::u8(&[1, 1, 3], vec![0, 255, 51, 255, 0, 0]);
        assert_eq!((pixels.bytes.len(), pixels.example(0)), (8, vec![0.0, 1.0, 0.2]));
        assert_eq!(Column::u8(&[], vec![3, 9]).example(1), [9.0]);
    }

    /// Experiments in JSON, for the tests of this module.
    pub fn spec(json: serde_json::Value) -> (Spec, Model) {
        let spec = Spec::parse(&json).unwrap();
        let model = Model::new(&spec).unwrap();
        (spec, model)
    }
}
