//! safetensors: a JSON header that names tensors and their places, then their bytes. Imports error, dtype, json, shape, sorted.
//!
//! A file may come from anywhere, so nothing in it is believed: each length is checked against the bytes that are there before it is used, and tensors
//! borrow from the file instead of being allocated by a length it states.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::json::{Json, ToJson, object};
use crate::list::List;
use crate::shape::Shape;
use crate::sorted::Map;
use std::borrow::Cow;

/// What a file holds: texts by key, and tensors by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File<'a> {
    /// Free texts (`__metadata__`).
    pub metadata: Map<String, String>,
    /// The tensors.
    pub tensors: Map<String, Tensor<'a>>,
}

/// One tensor: little-endian, row-major, without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    /// Type of the elements; `Bool` does not occur.
    pub dtype: DType,
    /// Sizes of the axes.
    pub shape: Shape,
    /// The elements.
    pub bytes: Cow<'a, [u8]>,
}

struct Entry {
    dtype: String,
    shape: Shape,
    data_offsets: [usize; 2],
}

const METADATA: &str = "__metadata__";
const HINT: &str = "The file is damaged or is no safetensors file; take another copy.";

/// Size of one element in a file, where a byte is a byte.
fn item(dtype: DType) -> usize {
    if dtype == DType::U8 { 1 } else { 4 }
}

fn damaged(what: impl Into<String>) -> Error {
    Error::checkpoint(what).hint(HINT)
}

impl<'a> File<'a> {
    /// Reads a file. The tensors must fill it exactly, as the format demands, so that a truncated file is always noticed.
    pub fn read(bytes: &'a [u8]) -> Result<File<'a>> {
        let (length, rest) =
            bytes.split_first_chunk::<8>().ok_or_else(|| damaged(format!("the file ends after {} bytes, within the length of its header", bytes.len())))?;
        let length = u64::from_le_bytes(*length);
        let header = usize::try_from(length).ok().and_then(|n| rest.get(..n));
        let header = header.ok_or_else(|| damaged(format!("the header should have {length} bytes, but {} follow", rest.len())))?;
        let data = &rest[header.len()..];
        let header = Json::parse(header).map_err(|e| damaged(format!("the header is not JSON: {e}")))?;
        let fields = header.as_object().ok_or_else(|| damaged("the header is no JSON object"))?;
        let (mut metadata, mut tensors, mut places) = (Map::new(), Map::new(), Map::new());
        for (name, value) in fields {
            if name == METADATA {
                let facts = value.as_object().ok_or_else(|| damaged(format!("{METADATA} is no object")))?;
                for (key, text) in facts {
                    let text = text.as_str().ok_or_else(|| damaged(format!("{METADATA} is not made of texts: {key} is {text}")))?;
                    metadata.insert(key.to_string(), text.to_string());
                }
                continue;
            }
            let entry = entry(value).ok_or_else(|| damaged(format!("its entry in the header is wrong: {value}")).at(&**name))?;
            let [begin, end] = entry.data_offsets;
            places.insert((begin, end, name.to_string()), ());
            tensors.insert(name.to_string(), tensor(entry, data).map_err(|e| e.at(&**name))?);
        }
        let mut filled = 0;
        for ((begin, end, name), ()) in places.take() {
            if begin != filled {
                return Err(damaged(format!("the tensor begins at byte {begin} of the data, but the one before it ends at {filled}")).at(name));
            }
            filled = end;
        }
        if filled != data.len() {
            return Err(damaged(format!("the tensors take {filled} bytes, but the file holds {}", data.len())));
        }
        Ok(File { metadata, tensors })
    }

    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut header = vec![];
        if self.metadata.iter().len() > 0 {
            let facts = self.metadata.iter().map(|(key, text)| (Cow::Owned(key.clone()), text.json())).list();
            header.push((Cow::Borrowed(METADATA), Json::Object(facts)));
        }
        let mut data = Vec::new();
        // Words before bytes, so that all stay aligned.
        for word in [true, false] {
            for (name, tensor) in self.tensors.iter().filter(|(_, t)| (item(t.dtype) == 4) == word) {
                let begin = data.len();
                data.extend_from_slice(&tensor.bytes);
                let entry = object! { dtype: tensor.dtype.to_string().to_ascii_uppercase(), shape: tensor.shape, data_offsets: [begin, data.len()] };
                header.push((Cow::Owned(name.clone()), entry));
            }
        }
        let mut header = Json::Object(header).to_string();
        while !header.len().is_multiple_of(8) {
            header.push(' ');
        }
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
    }
}

impl<'a> Tensor<'a> {
    /// A tensor of `f32`.
    pub fn f32(shape: &[usize], values: &[f32]) -> Tensor<'a> {
        Tensor { dtype: DType::F32, shape: shape.to_vec(), bytes: values.iter().flat_map(|x| x.to_le_bytes()).collect() }
    }

    /// The elements, if they are `f32`.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        (self.dtype == DType::F32).then(|| self.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).list())
    }
}

fn entry(json: &Json) -> Option<Entry> {
    let size = |x: &Json| x.as_f64().filter(|x| x.fract() == 0.0 && (0.0..=u32::MAX as f64).contains(x)).map(|x| x as usize);
    let sizes = |name: &str| json.get(name)?.as_list()?.iter().map(size).collect::<Option<Vec<usize>>>();
    Some(Entry { dtype: json.get("dtype")?.as_str()?.to_string(), shape: sizes("shape")?, data_offsets: sizes("data_offsets")?.try_into().ok()? })
}

fn tensor(entry: Entry, data: &[u8]) -> Result<Tensor<'_>> {
    let dtype = match entry.dtype.as_str() {
        "F32" => DType::F32,
        "I32" => DType::I32,
        "U32" => DType::U32,
        "U8" => DType::U8,
        other => return Err(Error::checkpoint(format!("elements of type {other} are not supported")).hint("Save the tensor as F32, I32, U32 or U8.")),
    };
    let [begin, end] = entry.data_offsets;
    let bytes =
        data.get(begin..end).ok_or_else(|| damaged(format!("the tensor should lie at bytes {begin} to {end} of the data, but there are {}", data.len())))?;
    let needed = entry.shape.iter().try_fold(item(dtype), |n, size| n.checked_mul(*size));
    if needed != Some(bytes.len()) {
        return Err(damaged(format!("{dtype}{:?} does not fill the {} bytes given to the tensor", entry.shape, bytes.len())));
    }
    Ok(Tensor { dtype, shape: entry.shape, bytes: bytes.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::math::threefry;

    fn example() -> File<'static> {
        let mut file = File::default();
        file.metadata.insert("spec".to_string(), "{\"name\":\"x\"}".to_string());
        file.tensors.insert("0.weight".to_string(), Tensor::f32(&[2, 3], &[1.0, -2.5, 0.0, f32::MIN_POSITIVE, 3.0, -0.0]));
        file.tensors.insert("0.bias".to_string(), Tensor::f32(&[2], &[0.5, 1e-30]));
        file.tensors.insert("scalar".to_string(), Tensor { dtype: DType::U32, shape: vec![], bytes: vec![1, 2, 3, 4].into() });
        file.tensors.insert("empty".to_string(), Tensor::f32(&[0, 4], &[]));
        file.tensors.insert("labels".to_string(), Tensor { dtype: DType::U8, shape: vec![3], bytes: vec![7, 8, 9].into() });
        file
    }

    /// Proves: what is written is read back equal, and the header keeps the data aligned.
    #[test]
    fn round_trip() {
        let bytes = example().write();
        assert_eq!(File::read(&bytes).unwrap(), example());
        assert_eq!(u64::from_le_bytes(bytes[..8].try_into().unwrap()) % 8, 0);
        assert_eq!(File::read(&File::default().write()).unwrap(), File::default());
    }

    /// Proves: a file laid out by hand after the format's description is understood.
    #[test]
    fn reads_the_format_as_described() {
        let header = br#"{"__metadata__":{"a":"b"},"t":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &[1, 0, 0, 0, 255, 255, 255, 255]].concat();
        let file = File::read(&bytes).unwrap();
        assert_eq!(file.metadata["a"], "b");
        let tensor = &file.tensors["t"];
        assert_eq!((tensor.dtype, &tensor.shape[..], &tensor.bytes[4..]), (DType::I32, &[2][..], &[255u8; 4][..]));
    }

    /// Proves: cut anywhere, a file is refused with what is wrong.
    #[test]
    fn truncated_anywhere() {
        let bytes = example().write();
        for length in 0..bytes.len() {
            let error = File::read(&bytes[..length]).unwrap_err();
            assert_eq!(error.code, Code::Checkpoint, "{length}: {error}");
            assert!(!error.message.is_empty() && !error.hint.is_empty(), "{length}: {error}");
        }
        assert!(File::read(&[&bytes[..], &[0]].concat()).is_err(), "a byte too many");
    }

    /// Proves: with random bytes changed it is refused or read, never a panic or an allocation by a stated length; and the readable ones still fit the file.
    #[test]
    fn changed_anywhere() {
        let good = example().write();
        let mut refused = 0;
        for round in 0..20_000u32 {
            let mut bytes = good.clone();
            for change in 0..1 + threefry(round, 99) % 3 {
                let place = threefry(round, 2 * change) as usize % bytes.len();
                bytes[place] = threefry(round, 2 * change + 1) as u8;
            }
            match File::read(&bytes) {
                Ok(file) => assert!(file.tensors.iter().map(|(_, t)| t.bytes.len()).sum::<usize>() < bytes.len()),
                Err(error) => refused += (error.code == Code::Checkpoint) as u32,
            }
        }
        assert!(refused > 10_000, "only {refused} of 20000 damaged files were refused");
    }

    /// Proves: absurd lengths, overlaps, gaps and sizes whose product overflows are refused, each with the tensor's name.
    #[test]
    fn hostile_headers() {
        assert!(File::read(&u64::MAX.to_le_bytes()).is_err());
        for (entries, data) in [
            (r#""t":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}"#, 4),
            (r#""t":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}"#, 4),
            (r#""t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#, 4),
            (r#""s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#, 4),
            (r#""s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}"#, 12),
            (r#""t":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}"#, 8),
            (r#""t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#, 4),
            (r#""t":7"#, 0),
        ] {
            let header = format!("{{{entries}}}");
            let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat();
            let error = File::read(&bytes).unwrap_err();
            assert_eq!((error.code, error.at.as_str()), (Code::Checkpoint, "t"), "{entries}: {error}");
        }
    }
}
