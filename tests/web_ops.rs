//! The operation tests in a browser: the same cases on its WebGPU and on the CPU in WebAssembly. Imports the crate, the oracle, the cases and the devices.
#![cfg(target_arch = "wasm32")]

mod cases;
mod devices;
mod oracle;

use cases::Case;
use devices::{Device, expected};
use tabgrad::compile::Options;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Proves: WebAssembly computes every case and its gradients as the oracle does.
#[wasm_bindgen_test]
async fn cpu_operations() {
    check(&Device::cpu(), &cases::all()).await;
    check(&Device::cpu(), &cases::all_gradients()).await;
}

/// Proves: the browser's WebGPU computes every case as the oracle does.
#[wasm_bindgen_test]
async fn gpu_operations() {
    check(&Device::gpu().await, &cases::all()).await;
}

/// Proves: the browser's WebGPU computes the gradients of every case as the oracle does.
#[wasm_bindgen_test]
async fn gpu_gradients() {
    check(&Device::gpu().await, &cases::all_gradients()).await;
}

/// Proves: random programs give the oracle's results on both, also when run three times on their own updates.
#[wasm_bindgen_test]
async fn random_graphs() {
    for (device, seeds) in [(Device::cpu(), 0..300), (Device::gpu().await, 0..40)] {
        for case in seeds.map(cases::random_graph::case) {
            let mistake = device.mistake(&case, &Options::default(), 3, &expected(&case, 3)).await;
            assert!(mistake.is_none(), "on the {}: {mistake:?}\n{}", device.name(), case.program.graph);
        }
    }
}

async fn check(device: &Device, cases: &[Case]) {
    let wrong = device.mistakes(cases, &Options::default()).await;
    assert!(wrong.is_empty(), "{} of {} cases fail on the {}:\n{}", wrong.len(), cases.len(), device.name(), wrong.join("\n"));
}
