//! What messages, files and experiments are made of: JSON's values, and typed arrays beside them. Imports list, serde.
//!
//! One tree of values stands between Rust's types and every outside form (a JavaScript object, a JSON text): types are read from it and written to it by
//! hand-sized functions, and only the tree itself has a serializer. A serializer for each type made the wasm 8 % larger.

#[cfg(target_arch = "wasm32")]
pub mod js;
mod text;

use crate::list::List;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(Cow<'static, str>),
    /// Values in their order.
    List(Vec<Json>),
    /// Values by name, in the order in which they were put in.
    Object(Vec<(Cow<'static, str>, Json)>),
    /// Numbers in bulk: a `Float32Array`, `Uint32Array` or `Uint8Array` on the web, a list in a text.
    Floats(Floats),
    /// See `Floats`.
    Words(Words),
    /// See `Floats`.
    Bytes(Bytes),
}

/// A `Float32Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Serialize))]
pub struct Floats(pub Vec<f32>);

/// A `Uint32Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Serialize))]
pub struct Words(pub Vec<u32>);

/// A `Uint8Array`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(serde::Serialize))]
pub struct Bytes(pub Vec<u8>);

impl Json {
    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        if let Json::Number(x) = self { Some(*x) } else { None }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(x) = self { Some(*x) } else { None }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    /// The values of a list.
    pub fn as_list(&self) -> Option<&[Json]> {
        if let Json::List(list) = self { Some(list) } else { None }
    }

    /// The names and values of an object.
    pub fn as_object(&self) -> Option<&[(Cow<'static, str>, Json)]> {
        if let Json::Object(fields) = self { Some(fields) } else { None }
    }

    /// An object's field.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Takes an object's field out; `Null` if there is none.
    pub fn take(&mut self, name: &str) -> Json {
        let Json::Object(fields) = self else { return Json::Null };
        fields.iter_mut().find(|(key, _)| key == name).map_or(Json::Null, |(_, value)| std::mem::replace(value, Json::Null))
    }

    /// Reads a JSON text.
    pub fn parse(text: &[u8]) -> Result<Json, String> {
        text::parse(text)
    }

    /// The number with the fewest digits that is this one in single precision: 0.1 rather than 0.10000000149011612.
    fn short(x: f32) -> f64 {
        let wide = x as f64;
        let decimal = |digits: i32| (wide * 10f64.powi(digits)).round() / 10f64.powi(digits);
        (0..9).map(decimal).find(|short| *short as f32 == x).unwrap_or(wide)
    }
}

/// As a JSON text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&text::write(self))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(x) => serializer.serialize_bool(*x),
            // Up to here all whole numbers are exact.
            Json::Number(x) if x.fract() == 0.0 && x.abs() < 9e15 => serializer.serialize_i64(*x as i64),
            Json::Number(x) => serializer.serialize_f64(*x),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(list) => serializer.collect_seq(list),
            Json::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key.as_ref(), value)?;
                }
                map.end()
            }
            Json::Floats(values) => values.serialize(serializer),
            Json::Words(values) => values.serialize(serializer),
            Json::Bytes(values) => values.serialize(serializer),
        }
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, x: bool) -> Result<Json, E> {
        Ok(Json::Bool(x))
    }

    fn visit_i64<E>(self, x: i64) -> Result<Json, E> {
        Ok(Json::Number(x as f64))
    }

    fn visit_u64<E>(self, x: u64) -> Result<Json, E> {
        Ok(Json::Number(x as f64))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Json, E> {
        Ok(Json::Number(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(Cow::Owned(text.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut list = vec![];
        while let Some(value) = from.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut fields: Vec<(Cow<'static, str>, Json)> = vec![];
        while let Some((key, value)) = from.next_entry::<String, Json>()? {
            fields.push((Cow::Owned(key), value));
        }
        Ok(Json::Object(fields))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

impl From<&Json> for Json {
    fn from(json: &Json) -> Json {
        json.clone()
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Json {
        use serde_json::Value;
        match value {
            Value::Null => Json::Null,
            Value::Bool(x) => Json::Bool(*x),
            Value::Number(x) => Json::Number(x.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Json::Text(Cow::Owned(text.clone())),
            Value::Array(list) => Json::List(list.iter().map(Json::from).list()),
            Value::Object(fields) => Json::Object(fields.iter().map(|(key, value)| (Cow::Owned(key.clone()), value.into())).list()),
        }
    }
}

/// A number in a sentence. The standard library's way of writing floats is many times the size of the one that JSON needs anyway.
pub fn number(x: f32) -> String {
    match x {
        x if x.is_nan() => "NaN".to_string(),
        x if x.is_infinite() => "infinite".to_string(),
        x => x.json().to_string(),
    }
}

/// What can be written as a value.
pub trait ToJson {
    /// It as a value.
    fn json(&self) -> Json;
}

impl ToJson for Json {
    fn json(&self) -> Json {
        self.clone()
    }
}

impl ToJson for bool {
    fn json(&self) -> Json {
        Json::Bool(*self)
    }
}

impl ToJson for f64 {
    fn json(&self) -> Json {
        Json::Number(*self)
    }
}

impl ToJson for f32 {
    fn json(&self) -> Json {
        Json::Number(Json::short(*self))
    }
}

impl ToJson for usize {
    fn json(&self) -> Json {
        Json::Number(*self as f64)
    }
}

impl ToJson for isize {
    fn json(&self) -> Json {
        Json::Number(*self as f64)
    }
}

impl ToJson for u32 {
    fn json(&self) -> Json {
        Json::Number(*self as f64)
    }
}

impl ToJson for &'static str {
    fn json(&self) -> Json {
        Json::Text(Cow::Borrowed(self))
    }
}

impl ToJson for String {
    fn json(&self) -> Json {
        Json::Text(Cow::Owned(self.clone()))
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn json(&self) -> Json {
        self.as_ref().map_or(Json::Null, T::json)
    }
}

impl<T: ToJson> ToJson for [T] {
    fn json(&self) -> Json {
        Json::List(self.iter().map(T::json).list())
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn json(&self) -> Json {
        self[..].json()
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn json(&self) -> Json {
        self[..].json()
    }
}

/// An object: `object! { name: value, .. }`; values as `ToJson`.
macro_rules! object {
    ($($name:ident: $value:expr),* $(,)?) => {
        $crate::json::Json::Object(vec![$((std::borrow::Cow::Borrowed(stringify!($name)), $crate::json::ToJson::json(&$value))),*])
    };
}
pub(crate) use object;

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: a text read and written is the same value, whole numbers stay whole, and f32 are written as people write them.
    #[test]
    fn round_trip() {
        let text = r#"{"a":[1,-2.5,1e300,null,true,"x\"y\n"],"b":{},"c":0.1}"#;
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(Json::parse(json.to_string().as_bytes()), Ok(json.clone()));
        assert_eq!(json.get("a").unwrap().as_list().unwrap()[0].to_string(), "1");
        for x in [0.1f32, 1.0, -3.25, 1e-7, 123456.79, f32::MIN_POSITIVE, 3.4e38, 16_777_216.0] {
            let Json::Number(wide) = x.json() else { panic!("a number") };
            assert_eq!(wide as f32, x);
        }
        assert_eq!((0.1f32.json().to_string(), 0.25f32.json().to_string()), ("0.1".to_string(), "0.25".to_string()));
        assert!(Json::parse(b"{\"a\":").is_err());
    }
}
