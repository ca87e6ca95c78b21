//! Examples written out in the spec itself. Imports error, shape.

use super::{Column, Dataset, Split, Target, Wanted, class_ids};
use crate::error::{Error, Result};
use crate::shape::numel;

/// The data set of rows of numbers `x` (an example each, flattened) and `y` (its target). It is trained and tested on.
pub fn load(x: &[Vec<f32>], y: &[Vec<f32>], wanted: &Wanted) -> Result<Dataset> {
    if x.is_empty() {
        return Err(Error::data("there are no examples").at("data.x").hint("Give at least one row."));
    }
    if x.len() != y.len() {
        let hint = "Each example needs a target.";
        return Err(Error::data(format!("{} rows of x, but {} of y", x.len(), y.len())).at("data.y").hint(hint));
    }
    let flat = rows(x, numel(&wanted.input), "x", &format!("the network takes {:?}", wanted.input))?;
    let inputs = match wanted.tokens {
        Some(words) => Column::i32(&wanted.input, &tokens(&flat, numel(&wanted.input), words)?),
        None => Column::f32(&wanted.input, &flat),
    };
    let targets = match &wanted.target {
        Target::Class(classes) => Column::i32(&[], &class_ids(&rows(y, 1, "y", "a class is one number")?, *classes)?),
        Target::Values(shape) => Column::f32(shape, &rows(y, numel(shape), "y", &format!("the network gives {shape:?}"))?),
        Target::Probabilities(shape) => {
            let values = rows(y, numel(shape), "y", &format!("the network gives {shape:?}"))?;
            if let Some(n) = values.iter().position(|v| !(0.0..=1.0).contains(v)) {
                let hint = "This loss takes probabilities: use 0 and 1, or another loss.";
                return Err(Error::data(format!("y[{}] holds {}, which is not between 0 and 1", n / numel(shape), values[n])).at("data.y").hint(hint));
            }
            Column::f32(shape, &values)
        }
    };
    Ok(Dataset { train: Split { count: x.len(), x: inputs, y: targets, raw: None }, test: None })
}

/// All numbers of the rows, each row `width` long and each number finite.
fn rows(rows: &[Vec<f32>], width: usize, name: &str, because: &str) -> Result<Vec<f32>> {
    for (n, row) in rows.iter().enumerate() {
        let at = format!("data.{name}[{n}]");
        if row.len() != width {
            let hint = format!("Every row needs {width} numbers, because {because}.");
            return Err(Error::data(format!("{name}[{n}] has {} numbers instead of {width}", row.len())).at(at).hint(hint));
        }
        if let Some(k) = row.iter().position(|v| !v.is_finite()) {
            let value = if row[k].is_nan() { "NaN" } else { "infinite" };
            return Err(Error::data(format!("{name}[{n}][{k}] is {value}")).at(at).hint("Correct the number or leave the row out."));
        }
    }
    Ok(rows.concat())
}

fn tokens(flat: &[f32], width: usize, words: usize) -> Result<Vec<i32>> {
    let token = |(n, value): (usize, &f32)| {
        if value.fract() == 0.0 && (0.0..words as f32).contains(value) {
            return Ok(*value as i32);
        }
        let (row, k) = (n / width, n % width);
        let hint = format!("The Embedding has {words} rows, so an input is a whole number from 0 to {}.", words.saturating_sub(1));
        Err(Error::data(format!("x[{row}][{k}] is {value}")).at(format!("data.x[{row}]")).hint(hint))
    };
    flat.iter().enumerate().map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::error::Code;

    fn wanted(target: Target) -> Wanted {
        Wanted { input: vec![2], tokens: None, target }
    }

    fn column(values: &[f32]) -> Vec<Vec<f32>> {
        values.iter().map(|v| vec![*v]).collect()
    }

    /// Proves: rows become columns of the type the network wants.
    #[test]
    fn loads() {
        let x = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let data = load(&x, &column(&[0.0, 1.0]), &wanted(Target::Probabilities(vec![1]))).unwrap();
        assert_eq!((data.train.count, data.test().count), (2, 2));
        assert_eq!((data.train.x.example(0), data.train.y.example(1), data.train.y.shape.clone()), (vec![1.0, 0.0], vec![1.0], vec![1]));
        let data = load(&x, &column(&[2.0, 0.0]), &wanted(Target::Class(3))).unwrap();
        assert_eq!((data.train.y.dtype, data.train.y.example(0), data.train.y.shape.len()), (DType::I32, vec![2.0], 0));
        let data = load(&x, &[vec![5.0, 6.0], vec![-7.0, 8.0]], &Wanted { tokens: Some(2), ..wanted(Target::Values(vec![2])) }).unwrap();
        assert_eq!((data.train.x.dtype, data.train.y.example(1)), (DType::I32, vec![-7.0, 8.0]));
    }

    /// Proves: each mistake in a table is refused with its row.
    #[test]
    fn refuses() {
        let good = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let y = column(&[0.0, 1.0]);
        let (class, value) = (Target::Class(2), Target::Values(vec![1]));
        for (x, y, target, at, words) in [
            (vec![], vec![], &value, "data.x", "no examples"),
            (good.clone(), column(&[0.0]), &value, "data.y", "2 rows of x, but 1 of y"),
            (vec![vec![1.0, 0.0], vec![1.0]], y.clone(), &value, "data.x[1]", "x[1] has 1 numbers instead of 2"),
            (vec![vec![1.0, 0.0], vec![1.0, f32::NAN]], y.clone(), &value, "data.x[1]", "x[1][1] is NaN"),
            (good.clone(), column(&[f32::INFINITY, 0.0]), &value, "data.y[0]", "y[0][0] is infinite"),
            (good.clone(), column(&[0.0, 2.0]), &class, "data.y", "y[1] is 2"),
            (good.clone(), column(&[0.5, 1.0]), &class, "data.y", "y[0] is 0.5"),
            (good.clone(), column(&[0.0, -1.0]), &Target::Probabilities(vec![1]), "data.y", "y[1] holds -1"),
        ] {
            let error = load(&x, &y, &wanted(target.clone())).unwrap_err();
            assert_eq!((error.code, error.at.as_str()), (Code::Data, at), "{error}");
            assert!(error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
        let words = Wanted { tokens: Some(1), ..wanted(value) };
        assert!(load(&good, &y, &words).unwrap_err().message.contains("x[0][0] is 1"));
    }
}
