//! The engine for JavaScript: messages in, answers out. With json::js the only module that names wasm_bindgen and js_sys. Imports session, pool, json, error.

use crate::error::{Code, Error};
use crate::json::js::{from_js, to_js};
use crate::json::{Json, ToJson};
#[cfg(target_feature = "atomics")]
use crate::pool;
use crate::session::protocol::{Answer, Request};
use crate::session::{self, Clock};
use js_sys::{Function, Promise, Reflect};
use std::borrow::Cow;
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
            let problem = Error::new(Code::Internal, format!("the engine broke down: {info}"));
            let problem = problem.hint("Reload the page. If it happens again, please report it.");
            for (_, resolve) in OWED.take() {
                // Nothing is left to be done about an answer that cannot be given.
                let _ = resolve.call1(&JsValue::NULL, &to_js(&answer(Answer { result: Err(problem.clone()), recovered: None })));
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
                let given = match Request::parse(from_js(&message)) {
                    Ok(request) => engine.handle(request).await,
                    Err(error) => Answer { result: Err(error), recovered: None },
                };
                let answer = to_js(&answer(given));
                if let Ok(id) = Reflect::get(&message, &"id".into()) {
                    // The answer is a plain object of our own, so this does not fail.
                    let _ = Reflect::set(&answer, &"id".into(), &id);
                }
                let resolve = OWED.with_borrow_mut(|owed| owed.iter().position(|(t, _)| *t == ticket).map(|n| owed.remove(n).1));
                if let Some(resolve) = resolve {
                    let _ = resolve.call1(&JsValue::NULL, &answer);
                }
            });
        })
    }
}

/// What threads need to run this same module, beside its memory.
#[cfg(target_feature = "atomics")]
#[wasm_bindgen]
pub fn compiled() -> JsValue {
    wasm_bindgen::module()
}

/// Makes the calling worker a thread that takes a share of all work; never returns.
#[cfg(target_feature = "atomics")]
#[wasm_bindgen]
pub fn join() {
    pool::join()
}

/// Says that a thread that had joined has ended in an exception.
#[cfg(target_feature = "atomics")]
#[wasm_bindgen]
pub fn broke() {
    pool::broke()
}

/// What the page gets: the reply with `ok: true`, or the problem with `ok: false`.
fn answer(Answer { result, recovered }: Answer) -> Json {
    let (mut reply, ok) = match result {
        Ok(reply) => (reply, true),
        Err(problem) => (problem.json(), false),
    };
    if let Json::Object(fields) = &mut reply {
        fields.push((Cow::Borrowed("ok"), ok.json()));
        fields.extend(recovered.map(|recovered| (Cow::Borrowed("recovered"), recovered.json())));
    }
    reply
}
