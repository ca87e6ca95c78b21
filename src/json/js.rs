//! Values as JavaScript has them. Imports json, list; js_sys, wasm_bindgen, serde_wasm_bindgen.

use super::{Bytes, Floats, Json, Words};
use crate::list::List;
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint32Array};
use serde::{Serialize, Serializer};
use serde_wasm_bindgen::preserve;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};

/// A value of JavaScript as one of ours; functions and symbols, of which messages have none, become `Null`. Typed arrays are copied, so that neither side sees
/// the other's memory.
pub fn from_js(value: &JsValue) -> Json {
    if let Some(array) = value.dyn_ref::<Float32Array>() {
        Json::Floats(Floats(array.to_vec()))
    } else if let Some(array) = value.dyn_ref::<Uint8Array>() {
        Json::Bytes(Bytes(array.to_vec()))
    } else if let Some(array) = value.dyn_ref::<Array>() {
        Json::List(array.iter().map(|item| from_js(&item)).list())
    } else if let Some(object) = Object::try_from(value) {
        let field = |key: JsValue| Some((Cow::Owned(key.as_string()?), from_js(&Reflect::get(object, &key).ok()?)));
        Json::Object(Object::keys(object).iter().filter_map(field).list())
    } else if let Some(x) = value.as_f64() {
        Json::Number(x)
    } else if let Some(text) = value.as_string() {
        Json::Text(Cow::Owned(text))
    } else {
        value.as_bool().map_or(Json::Null, Json::Bool)
    }
}

/// A value as JavaScript's.
pub fn to_js(json: &Json) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    // Every value can be passed on.
    json.serialize(&serializer).unwrap_or(JsValue::NULL)
}

macro_rules! typed_array {
    ($type:ident, $array:ident) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                preserve::serialize(&$array::from(self.0.as_slice()), serializer)
            }
        }
    };
}

typed_array!(Floats, Float32Array);
typed_array!(Words, Uint32Array);
typed_array!(Bytes, Uint8Array);
