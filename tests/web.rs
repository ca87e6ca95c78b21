//! The engine in a browser: its wasm on the CPU, its shaders on the browser's WebGPU (required, not skipped), both against the oracle and PyTorch.
//! Imports the crate, the oracle, the cases, the devices and the trainer.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

mod cases;
mod devices;
mod oracle;
mod trainer;

use cases::{Case, tolerance::EXACT};
use devices::{Device, expected};
use js_sys::{Date, Float32Array, JSON, Reflect};
use oracle::Array;
use serde_json::{Value, json};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tabgrad::compile::Options;
use tabgrad::data::Source;
use tabgrad::nn::Spec;
use tabgrad::session::{Amount, Choice, Devices, Kind, Session};
use trainer::{Trainer, assert_close};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/www/core/subgroups.js")]
extern "C" {
    #[wasm_bindgen(js_name = askForSubgroups)]
    fn ask_for_subgroups();
}

/// Proves: wasm's SIMD and f32 compute every case as the oracle does.
#[wasm_bindgen_test]
async fn cpu_operations() {
    check(&Device::cpu(), &cases::all()).await;
}

/// Proves: the CPU computes the gradients of every case as the oracle does.
#[wasm_bindgen_test]
async fn cpu_gradients() {
    check(&Device::cpu(), &gradients()).await;
}

/// Proves: the browser takes the shaders of every operation, and they compute what the oracle does.
#[wasm_bindgen_test]
async fn gpu_operations() {
    check(&Device::gpu().await, &cases::all()).await;
}

/// Proves: the same of gradients.
#[wasm_bindgen_test]
async fn gpu_gradients() {
    check(&Device::gpu().await, &gradients()).await;
}

/// Proves: the same of reductions where many threads share a row, which join their results by subgroups if the browser has them, or in workgroup memory.
#[wasm_bindgen_test]
async fn gpu_shared_rows() {
    ask_for_subgroups();
    let adapter = js_sys::eval("navigator.gpu.requestAdapter().then((adapter) => adapter.features.has('subgroups'))").unwrap();
    let there = JsFuture::from(js_sys::Promise::from(adapter)).await.unwrap();
    for subgroups in [true, false] {
        let device = Device::gpu_with_shared_rows(subgroups).await;
        assert_eq!(there, device.has_subgroups(), "the page asks for subgroups");
        check(&device, &cases::rows()).await;
    }
}

/// Proves: on the CPU, ten steps of every layer, loss, optimiser and schedule follow PyTorch: losses, parameters, running statistics.
#[wasm_bindgen_test]
async fn cpu_trajectories() {
    follow(&Device::cpu()).await;
}

/// Proves: the same on the GPU.
#[wasm_bindgen_test]
async fn gpu_trajectories() {
    follow(&Device::gpu().await).await;
}

/// Proves: both compute what one dimension of a dispatch cannot hold.
#[wasm_bindgen_test]
async fn large_operations() {
    for device in [Device::cpu(), Device::gpu().await] {
        check(&device, &cases::large()).await;
    }
}

/// Proves: on both, random programs give the oracle's results.
#[wasm_bindgen_test]
async fn random_graphs() {
    let cases: Vec<Case> = (2000..2040).map(cases::random_graph::case).collect();
    for device in [Device::cpu(), Device::gpu().await] {
        check(&device, &cases).await;
    }
}

/// Proves: from PyTorch's weights, a hundred steps of the page's first network have PyTorch's losses on both devices.
#[wasm_bindgen_test]
async fn first_network_trains() {
    let file = parse(include_str!("fixtures/first_network.json"));
    let want: Vec<f32> = numbers(&file["epochs"]["losses"])[..100].to_vec();
    for choice in [Choice::Cpu, Choice::Webgpu] {
        let mut session = create(&file["spec"], choice).await;
        for (name, value) in file["params"].as_object().unwrap() {
            session.write(name, &numbers(&value["data"])).await.unwrap();
        }
        agree(&format!("{choice:?}"), &losses(&mut session, 100).await, &want);
    }
}

/// Proves: a convolutional network learns in a hundred steps, with the same losses and weights on both devices from the same seed.
#[wasm_bindgen_test]
async fn small_cnn_trains() {
    let mut runs = vec![];
    for choice in [Choice::Cpu, Choice::Webgpu] {
        let mut session = create(&bars(), choice).await;
        let losses = losses(&mut session, 100).await;
        assert!(losses[99] < 0.2 * losses[0], "{choice:?}: the loss fell from {} to {} only", losses[0], losses[99]);
        runs.push((losses, session.read("0.weight").await.unwrap().data));
    }
    agree("losses on the GPU and on the CPU", &runs[1].0, &runs[0].0);
    agree("weights on the GPU and on the CPU", &runs[1].1, &runs[0].1);
}

/// Proves: so it does with halves, which the browser's GPU stores in two bytes if it can, and with nearly the losses of f32.
#[wasm_bindgen_test]
async fn small_cnn_trains_with_halves() {
    let mut runs = vec![];
    for (precision, choice) in [("f32", Choice::Cpu), ("f16", Choice::Cpu), ("f16", Choice::Webgpu)] {
        let mut spec = bars();
        spec["precision"] = precision.into();
        runs.push(losses(&mut create(&spec, choice).await, 60).await);
    }
    let far = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(runs[1] != runs[0] && runs[1][59] < 0.5 * runs[1][0]);
    let [of_halves, of_devices] = [far(&runs[1], &runs[0]), far(&runs[2], &runs[1])];
    assert!(of_halves < 0.02 && of_devices < 0.02, "{of_halves} from f32, {of_devices} between devices");
}

/// Proves: JavaScript's messages are understood and answered, numbers pass as typed arrays both ways, and a wrong message is refused with words.
#[wasm_bindgen_test]
async fn messages_of_the_page() {
    let hook = std::panic::take_hook();
    let engine = tabgrad::web::Engine::new();
    std::panic::set_hook(hook);
    let message = |value: Value| JSON::parse(&value.to_string()).unwrap();
    let opened = JsFuture::from(engine.handle(message(json!({ "type": "create", "session": 1, "spec": bars(), "device": "cpu", "id": 7 })))).await.unwrap();
    assert_eq!((field(&opened, "ok"), field(&opened, "id")), (JsValue::TRUE, JsValue::from(7)));
    let write = message(json!({ "type": "write", "session": 1, "name": "4.bias" }));
    Reflect::set(&write, &"data".into(), &Float32Array::from(&[0.5f32, -0.25][..])).unwrap();
    let written = JsFuture::from(engine.handle(write)).await.unwrap();
    assert_eq!(field(&written, "ok"), JsValue::TRUE, "{:?}", field(&written, "message"));
    let read = JsFuture::from(engine.handle(message(json!({ "type": "read", "session": 1, "name": "4.bias" })))).await.unwrap();
    assert_eq!(field(&read, "data").dyn_into::<Float32Array>().unwrap().to_vec(), [0.5, -0.25]);
    let table = message(json!({ "type": "create", "session": 1, "device": "cpu", "spec": { "input": [1], "layers": [{ "type": "Linear", "out_features": 1 }],
        "loss": { "type": "MSELoss" }, "optimizer": { "type": "SGD" }, "batch_size": 1, "data": { "type": "Table", "x": [[1], [2]], "y": [1, 2] } } }));
    let rows = field(&field(&field(&table, "spec"), "data"), "x");
    Reflect::set(&Reflect::get_u32(&rows, 1).unwrap(), &0.into(), &f64::NAN.into()).unwrap();
    let refused = JsFuture::from(engine.handle(table)).await.unwrap();
    assert_eq!((field(&refused, "code"), field(&refused, "at")), ("data".into(), "data.x[1][0]".into()));
    let again = JsFuture::from(engine.handle(message(json!({ "type": "read", "session": 1, "name": "4.bias" })))).await.unwrap();
    assert_eq!(field(&again, "data").dyn_into::<Float32Array>().unwrap().to_vec(), [0.5, -0.25], "the session that was there lives on");
    let refused = JsFuture::from(engine.handle(message(json!({ "type": "dance" })))).await.unwrap();
    assert_eq!((field(&refused, "ok"), field(&refused, "code")), (JsValue::FALSE, "protocol".into()));
    assert!(field(&refused, "message").as_string().unwrap().contains("dance"));
}

fn gradients() -> Vec<Case> {
    cases::all().iter().filter_map(cases::gradients).collect()
}

async fn check(device: &Device, cases: &[Case]) {
    let began = Date::now();
    let mut wrong = vec![];
    // Firefox brings the GPU's news about every 100 ms: cases wait for it together.
    for some in cases.chunks(16) {
        let mistake = async |case: &Case| device.mistake(case, &Options::default(), 1, &expected(case, 1)).await;
        wrong.extend(together(some.iter().map(|case| Box::pin(mistake(case))).collect()).await.into_iter().flatten());
    }
    console_log!("{} cases on the {} in {:.1} s", cases.len(), device.name(), (Date::now() - began) / 1000.0);
    assert!(wrong.is_empty(), "{} of {} cases fail on the {}:\n{}", wrong.len(), cases.len(), device.name(), wrong.join("\n"));
}

/// The results of futures that wait side by side.
async fn together<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut results: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, result) in futures.iter_mut().zip(&mut results).filter(|(_, result)| result.is_none()) {
            if let Poll::Ready(value) = Pin::new(future).poll(context) {
                *result = Some(value);
            }
        }
        if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}

/// Trains PyTorch's cases on a device.
async fn follow(device: &Device) {
    let (file, began, mut count) = (parse(include_str!("fixtures/trajectories.json")), Date::now(), 0);
    for case in file["cases"].as_array().unwrap() {
        count += 1;
        let (mut trainer, runs) = Trainer::of(case);
        let name = trainer.spec.name.clone();
        let run = Case { name: name.clone(), program: trainer.program(), leaves: trainer.leaves.clone(), tolerance: EXACT, smooth: false };
        for (result, value) in device.run(&run, &Options::default(), runs).await.unwrap() {
            if let Some(leaf) = result.strip_prefix("new ") {
                trainer.leaves.insert(leaf.to_string(), value);
            }
        }
        trainer.compare(&format!("{name} on the {}", device.name()), case, TOLERANCE);
    }
    console_log!("{count} trajectories on the {} in {:.1} s", device.name(), (Date::now() - began) / 1000.0);
    assert!(count > 0, "there are no cases");
}

/// f32 adds in another order on each device, and training makes small differences larger.
const TOLERANCE: f64 = 1e-4;

/// A session on this device and no other.
async fn create(spec: &Value, choice: Choice) -> Session {
    let session = Session::create(&Devices::default(), Date::now, Spec::parse(spec).unwrap(), choice, Source::None).await.unwrap();
    assert_eq!(session.device().kind == Kind::Webgpu, choice == Choice::Webgpu);
    session
}

/// The losses of so many steps, each reported once and in order.
async fn losses(session: &mut Session, steps: usize) -> Vec<f32> {
    let began = Date::now();
    let trained = session.train(Amount { steps: Some(steps), budget_ms: None, sync: true }).await.unwrap();
    console_log!("{steps} steps on {} in {:.0} ms", session.device().name, Date::now() - began);
    assert!(trained.points.iter().map(|point| point.step).eq(0..steps), "steps out of order");
    trained.points.iter().map(|point| point.loss).collect()
}

fn agree(what: &str, got: &[f32], want: &[f32]) {
    let array = |values: &[f32]| Array::new(&[values.len()], values.iter().map(|x| *x as f64).collect());
    assert_close(what, &array(got), &array(want), TOLERANCE);
}

/// Images of one bar, which stands (class 0) or lies (class 1), for a network with a convolution.
fn bars() -> Value {
    let image = |n: usize| (0..36).map(|k| usize::from(if n.is_multiple_of(2) { k % 6 } else { k / 6 } == n / 2)).collect::<Vec<usize>>();
    json!({ "input": [1, 6, 6],
        "layers": [{ "type": "Conv2d", "out_channels": 4, "kernel_size": 3 }, { "type": "Tanh" }, { "type": "MaxPool2d", "kernel_size": 2 },
            { "type": "Flatten" }, { "type": "Linear", "out_features": 2 }],
        "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "Adam", "lr": 0.02 }, "batch_size": 6, "seed": 3,
        "data": { "type": "Table", "x": (0..12).map(image).collect::<Vec<_>>(), "y": (0..12).map(|n| n % 2).collect::<Vec<usize>>() } })
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn numbers(list: &Value) -> Vec<f32> {
    serde_json::from_value(list.clone()).unwrap()
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}
