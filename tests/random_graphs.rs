//! Random programs: rewriting, fusing, planning and replaying them changes nothing. Imports the crate, the oracle and the cases.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod cases;
mod devices;
mod oracle;

use cases::Case;
use devices::{Device, expected};
use oracle::Array;
use pollster::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tabgrad::compile::Options;
use tabgrad::graph::Id;

/// Proves: the generator of random graphs makes programs without mistakes, whose values stay near 1.
#[test]
fn random_graphs_are_tame() {
    for seed in 0..300 {
        let case = cases::random_graph::case(seed);
        for value in results(&case) {
            assert!(value.data.iter().all(|x| x.abs() < 1e6), "{}: a value is large\n{}", case.name, case.program.graph);
        }
    }
}

/// Proves: rewriting the graph while it is built changes nothing: a random program gives the values it gives step by step.
#[test]
fn rewriting_preserves_values() {
    for seed in 0..400 {
        let (whole, steps) = (cases::random_graph::case(seed), cases::random_graph::stepwise(seed));
        for (got, want) in results(&whole).iter().zip(results(&steps)) {
            assert_eq!(got.shape, want.shape, "{}", whole.name);
            let far = got.data.iter().zip(&want.data).find(|(a, b)| (*a - *b).abs() > 1e-6 * b.abs().max(1.0));
            assert!(far.is_none(), "{}: {far:?}\n{}", whole.name, whole.program.graph);
        }
    }
}

fn results(case: &Case) -> Vec<Array> {
    let outputs = case.program.outputs.iter().map(|(_, id)| *id);
    let wanted: Vec<Id> = outputs.chain(case.program.updates.iter().map(|u| u.value)).collect();
    oracle::eval(&case.program.graph, &wanted, &case.leaves)
}

/// Proves: on the CPU, random programs give the oracle's results, also when run three times on their own updates: fused = operation by operation = oracle.
#[test]
fn cpu_random_graphs() {
    let device = Device::cpu();
    for seed in 0..600 {
        check(&device, &cases::random_graph::case(seed), &Options::default());
        check(&device, &cases::random_graph::case(seed), &Options { fuse: false, ..Options::default() });
    }
}

/// Proves: the CPU computes gradients of random programs as the oracle does.
#[test]
fn cpu_random_gradients() {
    let device = Device::cpu();
    for seed in 0..400 {
        let case = Case { smooth: true, ..cases::random_graph::case(seed) };
        if let Some(gradients) = cases::gradients(&case) {
            check(&device, &gradients, &Options::default());
        }
    }
}

/// Proves: kernels stay right where a dispatch may use few buffers only.
#[test]
fn few_bindings() {
    for seed in 0..200 {
        check(&Device::cpu(), &cases::random_graph::case(seed), &Options { max_bindings: 4, fuse: true });
    }
}

/// Proves: on the GPU, random programs give the oracle's results, fused and operation by operation.
#[test]
fn gpu_random_graphs() {
    let device = block_on(Device::gpu());
    for seed in 1000..1100 {
        check(&device, &cases::random_graph::case(seed), &Options::default());
    }
    for seed in 1100..1150 {
        check(&device, &cases::random_graph::case(seed), &Options { fuse: false, ..Options::default() });
    }
}

/// Proves: the GPU computes gradients of random programs as the oracle does.
#[test]
fn gpu_random_gradients() {
    let device = block_on(Device::gpu());
    for seed in 1200..1260 {
        let case = Case { smooth: true, ..cases::random_graph::case(seed) };
        if let Some(gradients) = cases::gradients(&case) {
            check(&device, &gradients, &Options::default());
        }
    }
}

fn check(device: &Device, case: &Case, options: &Options) {
    let run = || block_on(device.mistake(case, options, 3, &expected(case, 3)));
    let mistake = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Some(format!("{} panics", case.name)));
    let program = &case.program;
    let context = || format!("on the {} with {options:?}\noutputs {:?}\nupdates {:?}\n{}", device.name(), program.outputs, program.updates, program.graph);
    assert!(mistake.is_none(), "{} {}", mistake.unwrap_or_default(), context());
}
