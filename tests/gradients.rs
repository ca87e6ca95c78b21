//! Gradients against finite differences, by the oracle in f64: no backend takes part. Imports the crate, the oracle and the cases.
#![cfg(not(target_arch = "wasm32"))]

mod cases;
mod oracle;

use cases::Case;
use oracle::Array;
use std::collections::HashMap;
use tabgrad::dtype::DType;
use tabgrad::graph::Id;

/// Proves: the gradients of every smooth case are those of its function (oracle against central differences of the oracle, in f64).
#[test]
fn gradients_are_derivatives() {
    let gradients: Vec<Case> = cases::all().iter().filter_map(cases::gradients).collect();
    assert!(gradients.len() > 200, "only {} cases have gradients", gradients.len());
    check(&gradients);
}

/// Proves: gradients of gradients are right, too: a gradient is a graph of the same operations.
#[test]
fn gradients_of_gradients() {
    let small = |case: &Case| case.leaves.values().map(|x| x.data.len()).sum::<usize>() < 300;
    let second: Vec<Case> = cases::all().iter().filter(|c| small(c)).filter_map(cases::gradients).filter_map(|case| cases::gradients(&case)).collect();
    assert!(second.len() > 150, "only {} cases", second.len());
    check(&second);
}

fn check(gradients: &[Case]) {
    let wrong: Vec<String> = gradients.iter().filter_map(wrong_gradient).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first gradient that is wrong.
fn wrong_gradient(case: &Case) -> Option<String> {
    let ids: Vec<Id> = case.program.outputs.iter().map(|(_, id)| *id).collect();
    let values = oracle::eval(&case.program.graph, &ids, &case.leaves);
    let mut rng = cases::rng::Rng::new(&case.name);
    for ((name, id), gradient) in case.program.outputs.iter().zip(&values).skip(1) {
        assert_eq!(case.program.graph.node(*id).dtype, DType::F32);
        let leaf = &name["gradient.".len()..];
        let size = gradient.data.iter().fold(0f64, |m, g| m.max(g.abs()));
        for _ in 0..gradient.data.len().min(5) {
            let at = rng.below(gradient.data.len());
            let want = (loss(case, ids[0], leaf, at, STEP) - loss(case, ids[0], leaf, at, -STEP)) / (2.0 * STEP);
            let got = gradient.data[at];
<<<<<<< HEAD
            let off = (want - got).abs();
            if off.is_nan() || off > 1e-5 * size.max(1.0) {
=======
            let near = (want - got).abs() <= 1e-5 * size.max(1.0);
            if !near {
>>>>>>> oracle
                return Some(format!("{}: {name}[{at}] is {got}, by differences {want}", case.name));
            }
        }
    }
    None
}

const STEP: f64 = 1e-5;

fn loss(case: &Case, loss: Id, leaf: &str, at: usize, step: f64) -> f64 {
    let mut leaves: HashMap<String, Array> = case.leaves.clone();
    leaves.get_mut(leaf).expect("a leaf").data[at] += step;
    oracle::eval(&case.program.graph, &[loss], &leaves)[0].data[0]
}
