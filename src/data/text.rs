//! A text handed over by the page, cut into windows of characters. Imports nn's spec and model, sorted, error.

use super::{Column, Dataset, Split, tokens};
use crate::error::{Error, Result};
use crate::json::number;
use crate::list::List;
use crate::nn::{self, Model, Spec};
use crate::sorted::Set;
use std::rc::Rc;

/// A text, the characters it may consist of, and how it was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// All of it.
    pub characters: Rc<str>,
    /// In the order of their code points: a character's place is its number.
    pub vocabulary: Vec<char>,
    options: nn::Text,
}

/// The characters of a file.
pub fn read(bytes: Vec<u8>) -> Result<Rc<str>> {
    String::from_utf8(bytes).map(Rc::from).map_err(|error| {
        let message = format!("the text is not UTF-8: its byte {} begins no character", error.utf8_error().valid_up_to());
        Error::data(message).at("data").hint("Save the file as plain text in UTF-8.")
    })
}

/// The data set for a changed network or other windows.
pub fn keep(dataset: Rc<Dataset>, options: &nn::Text, spec: &Spec, model: &Model) -> Result<Rc<Dataset>> {
    match &dataset.text {
        Some(text) if text.options == *options && dataset.train.x.shape == model.input => fits(text, spec, model).map(|_| dataset.clone()),
        Some(text) => load(text.characters.clone(), options, spec, model).map(Rc::new),
        None => Err(missing()),
    }
}

/// The error where no text was handed over.
pub fn missing() -> Error {
    Error::data("the text is missing").at("data").hint("Hand over the file of the text.")
}

/// The data set of a text: what its first part and the rest hold of windows, each with the window that begins one character later as its target.
pub fn load(characters: Rc<str>, options: &nn::Text, spec: &Spec, model: &Model) -> Result<Dataset> {
    let vocabulary = options.vocabulary.as_deref().unwrap_or(&characters).chars().collect::<Set<char>>().iter().list();
    let text = Text { characters, vocabulary, options: options.clone() };
    fits(&text, spec, model)?;
    let numbers = text.numbers(&text.characters).map_err(|error| error.at("data.vocabulary"))?;
    let (train, test) = numbers.split_at((numbers.len() as f64 * options.train_fraction).round() as usize);
    let length = model.input[0];
    let split = |numbers: &[i32], purpose: &str| {
        if numbers.len() <= length {
            let fraction = number(options.train_fraction as f32);
            let message = format!(
                "at train_fraction {fraction} there are {} characters to {purpose} on, but a window and what follows take {}",
                numbers.len(),
                length + 1
            );
            return Err(Error::data(message).at("data.train_fraction").hint("Use a longer text, a shorter input, or another train_fraction."));
        }
        let stride = options.stride.unwrap_or(length);
        let count = (numbers.len() - 1 - length) / stride + 1;
        let span = (count - 1) * stride + length;
        let column = |start: usize| Column { stride, ..Column::i32(&[length], &numbers[start..start + span]) };
        Ok(Split { count, x: column(0), y: column(1), raw: None })
    };
    Ok(Dataset { train: split(train, "train")?, test: Some(split(test, "test")?), text: Some(text) })
}

/// Whether the network takes numbers of characters, and says of each place which comes next.
fn fits(text: &Text, spec: &Spec, model: &Model) -> Result<()> {
    let wrong = |message: String, at: &str, hint: String| Err(Error::spec(message).at(at).hint(hint));
    let (size, length) = (text.vocabulary.len(), model.input[0]);
    match tokens(&spec.layers) {
        None => return wrong("a text is numbers of characters".into(), "layers[0]", "Begin with an Embedding.".into()),
        Some(rows) if rows < size => {
            let message = format!("the text has {size} different characters, but the Embedding has {rows} rows");
            return wrong(message, "layers[0]", format!("Set num_embeddings to {size}."));
        }
        Some(_) => {}
    }
    if !spec.loss.takes_classes() {
        let message = format!("the next character is a class, which {} cannot use", spec.loss.type_name());
        return wrong(message, "loss", "Use CrossEntropyLoss.".into());
    }
    match model.output[..] {
        [places, classes] if places == length && classes >= size => Ok(()),
        _ => {
            let message = format!("the output is {:?}, but each of {length} places needs one logit for each of {size} characters", model.output);
            wrong(message, "layers", format!("Let the last layer give [{length}, {size}]."))
        }
    }
}

impl Text {
    /// The characters' numbers.
    pub fn numbers(&self, text: &str) -> Result<Vec<i32>> {
        let number = |(n, c): (usize, char)| {
            let unknown = |_| {
                let message = format!("character {n} of the text, {c:?}, is not in the vocabulary");
                Error::data(message).hint("Leave it out, or train on a text that has it.")
            };
            self.vocabulary.binary_search(&c).map(|n| n as i32).map_err(unknown)
        };
        text.chars().enumerate().map(number).try_list()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use super::*;
    use crate::dtype::DType;
    use crate::error::Code;
    use serde_json::{Value, json};

    fn example(data: Value, rows: usize, classes: usize, loss: &str) -> (Spec, Model, nn::Text) {
        let layers = json!([{ "type": "Embedding", "num_embeddings": rows, "embedding_dim": 2 }, { "type": "Linear", "out_features": classes }]);
        let mut described = json!({ "type": "Text", "name": "tiny", "train_fraction": 0.5 });
        data.as_object().unwrap().iter().for_each(|(key, value)| described[key] = value.clone());
        let (spec, model) =
            spec(json!({ "input": [3], "layers": layers, "loss": { "type": loss }, "optimizer": { "type": "SGD" }, "batch_size": 1, "data": described }));
        let nn::Data::Text(options) = spec.data.clone() else { panic!("a text") };
        (spec, model, options)
    }

    fn opened(text: &str, data: Value) -> Result<Dataset> {
        let (spec, model, options) = example(data, 5, 5, "CrossEntropyLoss");
        load(Rc::from(text), &options, &spec, &model)
    }

    /// Proves: windows lie side by side, or a stride apart, from the beginning of each part on; targets are one character further; and no window reaches over the
    /// end of its part.
    #[test]
    fn windows() {
        // Numbers 0 1 2 3 0 1 2 | 3 0 1 2 3 0: the first seven characters (of 13, 6.5 are rounded up) are trained on.
        let data = opened("abcdabcdabcda", json!({})).unwrap();
        assert_eq!(data.text.as_ref().unwrap().vocabulary, ['a', 'b', 'c', 'd']);
        let numbers = |split: &Split| (0..split.count).map(|n| (split.x.example(n), split.y.example(n))).collect::<Vec<_>>();
        let window = |x: [i32; 3], y: [i32; 3]| (x.map(|n| n as f32).to_vec(), y.map(|n| n as f32).to_vec());
        assert_eq!(data.train.x.dtype, DType::I32);
        assert_eq!(numbers(&data.train), [window([0, 1, 2], [1, 2, 3]), window([3, 0, 1], [0, 1, 2])]);
        assert_eq!(numbers(data.test()), [window([3, 0, 1], [0, 1, 2])]);
        let data = opened("abcdabcdabcda", json!({ "stride": 2 })).unwrap();
        assert_eq!(numbers(&data.train), [window([0, 1, 2], [1, 2, 3]), window([2, 3, 0], [3, 0, 1])]);
        assert_eq!(numbers(data.test()), [window([3, 0, 1], [0, 1, 2]), window([1, 2, 3], [2, 3, 0])]);
        assert_eq!(data.train.x.bytes.len(), 4 * 5, "each number is held once");
    }

    /// Proves: characters are numbered by their code points, whatever their length in bytes, and a given vocabulary keeps its numbers for any text.
    #[test]
    fn vocabularies() {
        let data = opened("é€aé€aé€aé€a", json!({})).unwrap();
        assert_eq!(data.text.unwrap().vocabulary, ['a', 'é', '€']);
        assert_eq!(data.train.x.example(0), [1.0, 2.0, 0.0]);
        let text = opened("abababababab", json!({ "vocabulary": "zba" })).unwrap().text.unwrap();
        assert_eq!((text.vocabulary.clone(), text.numbers("za").unwrap()), (vec!['a', 'b', 'z'], vec![2, 0]));
        assert!(text.numbers("abc").unwrap_err().message.contains("character 2 of the text, 'c', is not in the vocabulary"));
    }

    /// Proves: each mistake is refused with its place and words.
    #[test]
    fn refuses() {
        let error = read(vec![b'a', 0xff, b'b']).unwrap_err();
        assert!(error.message.contains("not UTF-8: its byte 1") && error.code == Code::Data, "{error}");
        for (text, data, at, words) in [
            ("abcdefabcdef", json!({}), "layers[0]", "6 different characters, but the Embedding has 5 rows"),
            ("abcdabc", json!({}), "data.train_fraction", "3 characters to test on, but a window and what follows take 4"),
            ("", json!({}), "data.train_fraction", "0 characters to train on"),
            ("abcdabcdabcd", json!({ "vocabulary": "abc" }), "data.vocabulary", "character 3 of the text, 'd', is not in the vocabulary"),
        ] {
            let error = opened(text, data).unwrap_err();
            assert!(error.at == at && error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
        for (rows, classes, loss, at, words) in
            [(5, 3, "CrossEntropyLoss", "layers", "the output is [3, 3], but"), (5, 5, "MSELoss", "loss", "MSELoss cannot use")]
        {
            let (spec, model, options) = example(json!({}), rows, classes, loss);
            let error = load(Rc::from("abcdabcdabcd"), &options, &spec, &model).unwrap_err();
            assert!(error.at == at && error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
    }
}
