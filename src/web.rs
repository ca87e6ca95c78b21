//! The engine for JavaScript: messages in, answers out. The only module that names wasm_bindgen, js_sys and web_sys. Imports session.

use crate::error::{Code, Error, Result};
use crate::session::protocol::{Answer, Bytes, Floats, Problem, Request, Words};
use crate::session::{self, Clock};
use js_sys::{Float32Array, Function, Object, Promise, Reflect, Uint8Array, Uint32Array};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_wasm_bindgen::preserve;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Answers the page's messages; see www/core/protocol.js for what they are.
#[wasm_bindgen]
pub struct Engine(Rc<session::Engine>);

#[wasm_bindgen]
extern "C" {
    /// The page's or the worker's clock.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

thread_local! {
    /// The answers that are still owed: should the engine panic, they are given by the panic hook, as nothing else would run any more.
    static OWED: RefCell<Vec<(u32, Function)>> = const { RefCell::new(Vec::new()) };
}

#[wasm_bindgen]
impl Engine {
    /// An engine without sessions.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "it is for JavaScript, which knows no defaults")]
    pub fn new() -> Engine {
        std::panic::set_hook(Box::new(|info| {
            console_error_panic_hook::hook(info);
            let message = format!("the engine broke down: {info}");
            let problem = Problem { code: "internal", message, hint: "Reload the page. If it happens again, please report it.".to_string(), at: String::new() };
            for (_, resolve) in OWED.take() {
                // Nothing is left to be done about an answer that cannot be given.
                let _ = resolve.call1(&JsValue::NULL, &refusal(&problem));
            }
        }));
        Engine(Rc::new(session::Engine::new(performance_now as Clock)))
    }

    /// Answers a message `{type, id?, ...}` with `{ok: true, id?, ...}` or `{ok: false, id?, code, message, hint, at}`. The promise is never rejected.
    pub fn handle(&self, message: JsValue) -> Promise {
        let engine = self.0.clone();
        Promise::new(&mut |resolve, _| {
            let (engine, message) = (engine.clone(), message.clone());
            let ticket = OWED.with_borrow_mut(|owed| {
                let ticket = owed.last().map_or(0, |(last, _)| last + 1);
                owed.push((ticket, resolve));
                ticket
            });
            wasm_bindgen_futures::spawn_local(async move {
                let answer = match request(&message) {
                    Ok(request) => answer(engine.handle(request).await),
                    Err(error) => refusal(&error.into()),
                };
                copy(&message, &answer, "id");
                let resolve = OWED.with_borrow_mut(|owed| owed.iter().position(|(t, _)| *t == ticket).map(|n| owed.remove(n).1));
                if let Some(resolve) = resolve {
                    let _ = resolve.call1(&JsValue::NULL, &answer);
                }
            });
        })
    }
}

/// The message as a request: its `type` names the variant, the message itself holds the fields.
fn request(message: &JsValue) -> Result<Request> {
    let fail = |message: String| Error::new(Code::Protocol, message).hint("See www/core/protocol.js for the messages there are.");
    let kind = Reflect::get(message, &"type".into()).ok().and_then(|kind| kind.as_string());
    let kind = kind.ok_or_else(|| fail("a message needs a type".to_string()))?;
    let tagged = Object::new();
    // Setting a field of a plain new object does not fail.
    let _ = Reflect::set(&tagged, &JsValue::from_str(&kind), message);
    serde_wasm_bindgen::from_value(tagged.into()).map_err(|error| fail(format!("the message '{kind}' is not understood: {error}")))
}

fn answer(answer: Answer) -> JsValue {
    let object = match answer.result {
        Ok(reply) => match to_js(&reply) {
            Ok(object) => {
                put(&object, "ok", &JsValue::TRUE);
                object
            }
            Err(error) => refusal(&Error::new(Code::Protocol, format!("the answer cannot be passed on: {error}")).into()),
        },
        Err(problem) => refusal(&problem),
    };
    if let Some(Ok(recovered)) = answer.recovered.map(|recovered| to_js(&recovered)) {
        put(&object, "recovered", &recovered);
    }
    object
}

fn refusal(problem: &Problem) -> JsValue {
    let object = Object::new();
    for (field, text) in [("code", problem.code), ("message", &problem.message), ("hint", &problem.hint), ("at", &problem.at)] {
        put(&object, field, &text.into());
    }
    put(&object, "ok", &JsValue::FALSE);
    object.into()
}

fn to_js(value: &impl Serialize) -> std::result::Result<JsValue, serde_wasm_bindgen::Error> {
    value.serialize(&serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true))
}

fn put(object: &JsValue, field: &str, value: &JsValue) {
    // The objects are our own and plain, so this does not fail.
    let _ = Reflect::set(object, &field.into(), value);
}

fn copy(from: &JsValue, to: &JsValue, field: &str) {
    match Reflect::get(from, &field.into()) {
        Ok(value) if !value.is_undefined() => put(to, field, &value),
        _ => {}
    }
}

/// Typed arrays: copied on the way in and on the way out, so that neither side sees the other's memory.
macro_rules! typed_array {
    ($type:ident, $array:ident) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                preserve::serialize(&$array::from(self.0.as_slice()), serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<$type, D::Error> {
                preserve::deserialize::<D, $array>(deserializer).map(|array| $type(array.to_vec()))
            }
        }
    };
}

typed_array!(Floats, Float32Array);
typed_array!(Words, Uint32Array);
typed_array!(Bytes, Uint8Array);
