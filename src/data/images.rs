//! Images handed over by the page: bytes of pixels and of labels. Imports nn's spec and model, shape, error.

use super::{Column, Dataset, Split, tokens};
use crate::error::{Error, Result};
use crate::nn::{Model, Spec};
use crate::shape::numel;

/// A file of images: all pixels one after another, and a label for each image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// Bytes 0..255.
    pub images: Vec<u8>,
    /// Class numbers.
    pub labels: Vec<u8>,
}

/// The data set of two files.
pub fn load(train: Images, test: Images, spec: &Spec, model: &Model) -> Result<Dataset> {
    let dataset = Dataset { train: split(train, model, "data.train")?, test: Some(split(test, model, "data.test")?), text: None };
    check(&dataset, spec, model)?;
    Ok(dataset)
}

fn split(Images { images, labels }: Images, model: &Model, at: &str) -> Result<Split> {
    let (size, count) = (numel(&model.input), labels.len());
    if count == 0 {
        return Err(Error::data("there are no images").at(at).hint("The file is empty; load it again."));
    }
    if images.len() != count * size {
        let hint = format!("One image of {:?} takes {size} bytes; check the spec's input and that the file is whole.", model.input);
        return Err(Error::data(format!("{count} labels need {} bytes of pixels, but there are {}", count * size, images.len())).at(at).hint(hint));
    }
    Ok(Split { count, x: Column::u8(&model.input, images), y: Column::u8(&[], labels), raw: None })
}

/// Whether a network can learn from the images.
pub fn check(dataset: &Dataset, spec: &Spec, model: &Model) -> Result<()> {
    if !spec.loss.takes_classes() {
        let message = format!("the images come with class labels, which {} cannot use", spec.loss.type_name());
        return Err(Error::spec(message).at("loss").hint("Use CrossEntropyLoss."));
    }
    if tokens(&spec.layers).is_some() {
        return Err(Error::spec("an Embedding takes numbers of words, not pixels").at("layers[0]").hint("Begin with Conv2d or Flatten."));
    }
    for (split, at) in [(&dataset.train, "data.train"), (dataset.test(), "data.test")] {
        if split.x.shape != model.input {
            let message = format!("the images have the shape {:?}, but the network takes {:?}", split.x.shape, model.input);
            return Err(Error::spec(message).at("input").hint(format!("Set input to {:?}.", split.x.shape)));
        }
        let labels = split.y.bytes[..split.count].iter().map(|label| *label as f32);
        spec.loss.check_targets(&model.output, labels).map_err(|error| error.within(at))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use super::*;
    use crate::dtype::DType;
    use crate::error::Code;
    use serde_json::json;

    fn example(loss: &str) -> (Spec, Model) {
        spec(json!({ "input": [1, 2, 2], "layers": [{ "type": "Flatten" }, { "type": "Linear", "out_features": 3 }], "loss": { "type": loss },
            "optimizer": { "type": "SGD" }, "batch_size": 1, "data": { "type": "Images", "name": "tiny" } }))
    }

    fn images(pixels: usize, labels: &[u8]) -> Images {
        Images { images: (0..pixels).map(|i| i as u8).collect(), labels: labels.to_vec() }
    }

    /// Proves: good files become columns of bytes that give the pixels back.
    #[test]
    fn loads() {
        let (spec, model) = example("CrossEntropyLoss");
        let data = load(images(12, &[0, 1, 2]), images(4, &[2]), &spec, &model).unwrap();
        assert_eq!((data.train.count, data.test().count, data.train.x.dtype), (3, 1, DType::U8));
        assert_eq!(data.train.x.example(1), [4.0, 5.0, 6.0, 7.0].map(|v| v / 255.0));
        assert_eq!(data.train.y.example(2), [2.0]);
    }

    /// Proves: no images, sizes that do not fit, labels out of range, a loss for numbers and another network's images are each refused with their place.
    #[test]
    fn refuses() {
        let (spec, model) = example("CrossEntropyLoss");
        let good = || images(4, &[2]);
        for (train, test, place, words) in [
            (images(0, &[]), good(), "data.train", "no images"),
            (good(), images(0, &[]), "data.test", "no images"),
            (images(11, &[0, 1, 2]), good(), "data.train", "3 labels need 12 bytes of pixels, but there are 11"),
            (images(8, &[0, 3]), good(), "data.train", "target 1: 3 is not a class from 0 to 2"),
        ] {
            let error = load(train, test, &spec, &model).unwrap_err();
            assert_eq!((error.code, error.at.as_str()), (Code::Data, place), "{error}");
            assert!(error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
        let kept = load(good(), good(), &spec, &model).unwrap();
        let (other, model) = example("MSELoss");
        assert_eq!(check(&kept, &other, &model).unwrap_err().at, "loss");
        let mut larger = model;
        larger.input = vec![1, 4, 4];
        assert_eq!(check(&kept, &spec, &larger).unwrap_err().at, "input");
    }
}
