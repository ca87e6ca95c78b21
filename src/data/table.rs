//! Examples written out in the spec itself. Imports nn's spec and model, shape, error.

use super::{Column, Dataset, Split, targets, token_numbers, tokens};
use crate::error::{Error, Result};
use crate::json::number;
use crate::nn::{Model, Spec, Table};
use crate::shape::numel;

/// The data set of a table: rows of numbers `x` (an example each, flattened) and `y` (its target). It is trained and tested on.
pub fn load(table: &Table, spec: &Spec, model: &Model) -> Result<Dataset> {
    let (x, y) = (&table.x, &table.y.0);
    if x.is_empty() {
        return Err(Error::data("there are no examples").at("data.x").hint("Give at least one row."));
    }
    if x.len() != y.len() {
        return Err(Error::data(format!("{} rows of x, but {} of y", x.len(), y.len())).at("data.y").hint("Each example needs a target."));
    }
    let flat = rows(x, numel(&model.input), "x", &format!("the network takes {:?}", model.input))?;
    let inputs = match tokens(&spec.layers) {
        Some(words) => Column::i32(&model.input, &whole(&flat, numel(&model.input), words)?),
        None => Column::f32(&model.input, &flat),
    };
    let (width, because) = match spec.loss.takes_classes() {
        true if model.output.len() > 1 => (numel(spec.loss.target_shape(&model.output)), format!("each place of the output {:?} has a class", model.output)),
        true => (1, "a class is one number".to_string()),
        false => (numel(&model.output), format!("the network gives {:?}", model.output)),
    };
    let y = targets(&rows(y, width, "y", &because)?, spec, model).map_err(|error| error.within("data.y"))?;
    Ok(Dataset { train: Split { count: x.len(), x: inputs, y, raw: None }, test: None, text: None })
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

/// Numbers that an Embedding of so many rows can look up.
fn whole(flat: &[f32], width: usize, words: usize) -> Result<Vec<i32>> {
    token_numbers(flat, words).map_err(|(n, hint)| {
        let (row, k) = (n / width, n % width);
        Error::data(format!("x[{row}][{k}] is {}", number(flat[n]))).at(format!("data.x[{row}]")).hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use super::*;
    use crate::dtype::DType;
    use crate::error::Code;
    use crate::nn::Rows;
    use serde_json::{Value, json};

    fn example(layers: Value, loss: &str) -> (Spec, Model) {
        spec(json!({ "input": [2], "layers": layers, "loss": { "type": loss }, "optimizer": { "type": "SGD" }, "batch_size": 1,
            "data": { "type": "Table", "x": [[0, 0]], "y": [0] } }))
    }

    fn linear(outputs: usize) -> Value {
        json!([{ "type": "Linear", "out_features": outputs }])
    }

    fn column(values: &[f32]) -> Vec<Vec<f32>> {
        values.iter().map(|v| vec![*v]).collect()
    }

    /// Proves: rows become columns of the type the network wants.
    #[test]
    fn loads() {
        let x = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let (spec, model) = example(linear(1), "BCEWithLogitsLoss");
        let data = load(&Table { x: x.clone(), y: Rows(column(&[0.0, 1.0])) }, &spec, &model).unwrap();
        assert_eq!((data.train.count, data.test().count), (2, 2));
        assert_eq!((data.train.x.example(0), data.train.y.example(1), data.train.y.shape.clone()), (vec![1.0, 0.0], vec![1.0], vec![1]));
        let (spec, model) = example(linear(3), "CrossEntropyLoss");
        let data = load(&Table { x: x.clone(), y: Rows(column(&[2.0, 0.0])) }, &spec, &model).unwrap();
        assert_eq!((data.train.y.dtype, data.train.y.example(0), data.train.y.shape.len()), (DType::I32, vec![2.0], 0));
        let words = json!([{ "type": "Embedding", "num_embeddings": 2, "embedding_dim": 1 }, { "type": "Flatten" }]);
        let (spec, model) = example(words, "MSELoss");
        let data = load(&Table { x, y: Rows(vec![vec![5.0, 6.0], vec![-7.0, 8.0]]) }, &spec, &model).unwrap();
        assert_eq!((data.train.x.dtype, data.train.y.example(1)), (DType::I32, vec![-7.0, 8.0]));
        let error = load(&Table { x: vec![vec![0.0, 2.0]], y: Rows(vec![vec![0.0, 0.0]]) }, &spec, &model).unwrap_err();
        assert!(error.message.contains("x[0][1] is 2"), "{error}");
        let sequence = json!([{ "type": "Embedding", "num_embeddings": 2, "embedding_dim": 3 }]);
        let (spec, model) = example(sequence, "CrossEntropyLoss");
        let (x, y) = (vec![vec![1.0, 0.0]], |y: &[f32]| Rows(vec![y.to_vec()]));
        let data = load(&Table { x: x.clone(), y: y(&[2.0, 1.0]) }, &spec, &model).unwrap();
        assert_eq!((data.train.y.shape.clone(), data.train.y.example(0)), (vec![2], vec![2.0, 1.0]));
        let error = load(&Table { x, y: y(&[2.0]) }, &spec, &model).unwrap_err();
        assert!(error.message.contains("y[0] has 1 numbers instead of 2") && error.hint.contains("each place of the output [2, 3] has a class"), "{error}");
    }

    /// Proves: each mistake in a table is refused with its row.
    #[test]
    fn refuses() {
        let good = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let y = column(&[0.0, 1.0]);
        for (x, y, outputs, loss, at, words) in [
            (vec![], vec![], 1, "MSELoss", "data.x", "no examples"),
            (good.clone(), column(&[0.0]), 1, "MSELoss", "data.y", "2 rows of x, but 1 of y"),
            (vec![vec![1.0, 0.0], vec![1.0]], y.clone(), 1, "MSELoss", "data.x[1]", "x[1] has 1 numbers instead of 2"),
            (vec![vec![1.0, 0.0], vec![1.0, f32::NAN]], y.clone(), 1, "MSELoss", "data.x[1]", "x[1][1] is NaN"),
            (good.clone(), column(&[f32::INFINITY, 0.0]), 1, "MSELoss", "data.y[0]", "y[0][0] is infinite"),
            (good.clone(), y.clone(), 2, "MSELoss", "data.y[0]", "y[0] has 1 numbers instead of 2"),
            (good.clone(), column(&[0.0, 2.0]), 2, "CrossEntropyLoss", "data.y", "target 1: 2 is not a class from 0 to 1"),
            (good.clone(), column(&[0.5, 1.0]), 2, "CrossEntropyLoss", "data.y", "target 0: 0.5 is not a class"),
            (good.clone(), column(&[0.0, -1.0]), 1, "BCEWithLogitsLoss", "data.y", "target 1: -1 is not from 0 to 1"),
        ] {
            let (spec, model) = example(linear(outputs), loss);
            let error = load(&Table { x, y: Rows(y) }, &spec, &model).unwrap_err();
            assert_eq!((error.code, error.at.as_str()), (Code::Data, at), "{error}");
            assert!(error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
    }
}
