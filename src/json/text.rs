//! Values as JSON texts: by serde_json, on the web by the browser's own reader and writer, which nobody has to download. Imports json.

use super::Json;

#[cfg(not(target_arch = "wasm32"))]
pub fn parse(text: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

#[cfg(not(target_arch = "wasm32"))]
pub fn write(json: &Json) -> String {
    // Values of these kinds can always be written.
    serde_json::to_string(json).unwrap_or_default()
}

#[cfg(target_arch = "wasm32")]
pub fn parse(text: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    js_sys::JSON::parse(text).map(|value| super::js::from_js(&value)).map_err(|error| js_sys::Error::from(error).to_string().into())
}

#[cfg(target_arch = "wasm32")]
pub fn write(json: &Json) -> String {
    js_sys::JSON::stringify(&super::js::to_js(json)).map(String::from).unwrap_or_default()
}
