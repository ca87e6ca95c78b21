//! Images handed over by the page: bytes of pixels and of labels. Imports error, dtype, shape.

use super::{Column, Dataset, Split, Target, Wanted};
use crate::error::{Error, Result};
use crate::shape::numel;

/// A file of images: all pixels one after another, and a label for each image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    pub images: Vec<u8>,
    pub labels: Vec<u8>,
}

/// The data set of two files.
pub fn load(train: Images, test: Images, wanted: &Wanted) -> Result<Dataset> {
    Ok(Dataset { train: split(train, wanted, "train")?, test: Some(split(test, wanted, "test")?) })
}

fn split(Images { images, labels }: Images, wanted: &Wanted, name: &str) -> Result<Split> {
    let fail = |message: String, hint: String| Err(Error::data(message).at(format!("data.{name}")).hint(hint));
    let Target::Class(classes) = wanted.target else {
        return Err(Error::spec("these images come with class labels, which this loss cannot use").at("loss").hint("Use CrossEntropyLoss."));
    };
    if wanted.tokens.is_some() {
        return Err(Error::spec("an Embedding takes numbers of words, not pixels").at("layers[0]").hint("Begin with Conv2d or Flatten."));
    }
    let (size, count) = (numel(&wanted.input), labels.len());
    if count == 0 || size == 0 {
        return fail("there are no images".to_string(), "The file is empty; load it again.".to_string());
    }
    if images.len() != count * size {
        let hint = format!("One image of {:?} takes {size} bytes; check the spec's input and that the file is whole.", wanted.input);
        return fail(format!("{count} labels need {} bytes of pixels, but there are {}", count * size, images.len()), hint);
    }
    if let Some(n) = labels.iter().position(|label| *label as usize >= classes) {
        let hint = format!("The network tells {classes} classes apart; give its last layer one output for each label.");
        return fail(format!("the label of image {n} is {}, which is no class", labels[n]), hint);
    }
    Ok(Split { count, x: Column::u8(&wanted.input, images), y: Column::u8(&[], labels), raw: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::error::Code;

    fn wanted() -> Wanted {
        Wanted { input: vec![1, 2, 2], tokens: None, target: Target::Class(3) }
    }

    fn images(pixels: usize, labels: &[u8]) -> Images {
        Images { images: (0..pixels).map(|i| i as u8).collect(), labels: labels.to_vec() }
    }

    /// Proves: good files become columns of bytes that give the pixels back.
    #[test]
    fn loads() {
        let data = load(images(12, &[0, 1, 2]), images(4, &[2]), &wanted()).unwrap();
        assert_eq!((data.train.count, data.test().count, data.train.x.dtype), (3, 1, DType::U8));
        assert_eq!(data.train.x.example(1), [4.0, 5.0, 6.0, 7.0].map(|v| v / 255.0));
        assert_eq!(data.train.y.example(2), [2.0]);
    }

    /// Proves: no images, sizes that do not fit, labels out of range and a loss for numbers are each refused with their place.
    #[test]
    fn refuses() {
        let good = || images(4, &[2]);
        for (train, test, place, words) in [
            (images(0, &[]), good(), "data.train", "no images"),
            (good(), images(0, &[]), "data.test", "no images"),
            (images(11, &[0, 1, 2]), good(), "data.train", "3 labels need 12 bytes of pixels, but there are 11"),
            (images(8, &[0, 3]), good(), "data.train", "image 1 is 3"),
        ] {
            let error = load(train, test, &wanted()).unwrap_err();
            assert_eq!((error.code, error.at.as_str()), (Code::Data, place), "{error}");
            assert!(error.message.contains(words) && !error.hint.is_empty(), "{error}");
        }
        let values = Wanted { target: Target::Values(vec![1]), ..wanted() };
        assert_eq!(load(good(), good(), &values).unwrap_err().code, Code::Spec);
    }
}
