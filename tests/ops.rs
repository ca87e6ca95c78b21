//! Operations: the oracle against PyTorch, gradients against finite differences, and both backends against the oracle. Imports the crate, the oracle and the
//! cases.

mod cases;
mod oracle;

use cases::Case;
use oracle::Array;
use std::collections::HashMap;
use tabgrad::dtype::DType;
use tabgrad::graph::Id;

/// Proves: the oracle's own generator and error function are right.
#[test]
fn oracle_known_answers() {
    oracle::scalar::check_known_answers();
}

/// Proves: the gradients of every smooth case are those of its function (oracle against central differences of the oracle, in f64).
#[test]
fn gradients_are_derivatives() {
    let gradients: Vec<Case> = cases::all().iter().filter_map(cases::gradients).collect();
    assert!(gradients.len() > 200, "only {} cases have gradients", gradients.len());
    let wrong: Vec<String> = gradients.iter().filter_map(|case| wrong_gradient(case)).collect();
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
        for _ in 0..gradient.data.len().min(12) {
            let at = rng.below(gradient.data.len());
            let want = (loss(case, ids[0], leaf, at, STEP) - loss(case, ids[0], leaf, at, -STEP)) / (2.0 * STEP);
            let got = gradient.data[at];
            // (Written so that a NaN is wrong.)
            if !((want - got).abs() <= 1e-5 * size.max(1.0)) {
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
    for seed in 0..1500 {
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
