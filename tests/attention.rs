//! Attention over tiles: what it gives and what it takes. Imports the crate, the oracle, the cases.
#![cfg(not(target_arch = "wasm32"))]

mod cases;
mod oracle;

use cases::attention::{SHAPES, attention};
use tabgrad::compile::plan::{BufferKind, Plan};
use tabgrad::compile::{Options, Program, compile};
use tabgrad::dtype::DType;
use tabgrad::grad::grad;
use tabgrad::graph::{Graph, Id};
use tabgrad::tensor::Attention;

/// Proves: over tiles of any size, attention and its gradients are what they are over all keys at once (by the oracle).
#[test]
fn tiles_change_nothing() {
    for shape in &SHAPES {
        let values = |tile| {
            let case = cases::gradients(&cases::build(shape.name, cases::tolerance::SUMMED, true, |i| vec![attention(i, shape, tile)])).expect("gradients");
            let ids: Vec<Id> = case.program.outputs.iter().map(|(_, id)| *id).collect();
            oracle::eval(&case.program.graph, &ids, &case.leaves)
        };
        let want = values(16);
        for tile in [1, 2, 3, 4] {
            for (n, (got, want)) in values(tile).iter().zip(&want).enumerate() {
                let off = got.data.iter().zip(&want.data).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max);
                assert!(got.shape == want.shape && off < 1e-12, "{} attention, tiles of {tile}, result {n}: {off}", shape.name);
            }
        }
    }
}

/// The plan of a causal attention with dropout and its gradients, 2 examples of 4 heads of size 8.
fn plan(length: usize) -> Plan {
    let graph = Graph::new();
    let leaf = |name: &str| graph.leaf(name, DType::F32, &[2, 4, length, 8]);
    let inputs = ["q", "k", "v"].map(leaf);
    let key = graph.leaf("key", DType::U32, &[]);
    let options = Attention { causal: true, dropout: Some((0.1, &key)), ..Attention::default() };
    let y = inputs[0].scaled_dot_product_attention(&inputs[1], &inputs[2], &options);
    let loss = (&y * leaf("g")).sum(&y.all_axes(), false);
    let outputs = grad(&loss, &inputs).iter().chain([&y]).enumerate().map(|(n, x)| (n.to_string(), x.id())).collect();
    compile(&Program { graph, outputs, updates: vec![] }, &Options::default()).expect("a plan")
}

/// Proves: on a long sequence no buffer holds the weights of a head, and all scratch memory together grows as the sequence does.
#[test]
fn memory_grows_with_length() {
    let [short, long] = [1024, 2048].map(plan);
    let largest = |plan: &Plan| plan.buffers.iter().filter(|b| b.kind == BufferKind::Temp).map(|b| b.len).max().unwrap_or(0);
    assert!(largest(&short) <= 2 * 4 * 1024 * 256, "a buffer has {} elements", largest(&short));
    let growth = long.temp_bytes() as f64 / short.temp_bytes() as f64;
    assert!((1.9..2.1).contains(&growth), "{} bytes become {}", short.temp_bytes(), long.temp_bytes());
}

/// Proves: shapes that do not fit are an error, at once and in tiles, and also of who asks for gradients.
#[test]
fn refuses() {
    let good = [&[2, 1, 6, 4][..], &[2, 1, 6, 4], &[2, 1, 6, 4], &[2, 6]];
    for (n, odd) in [(0, &[2, 1, 6][..]), (0, &[3, 1, 6, 4]), (0, &[2, 1, 6, 5]), (1, &[2, 1, 5, 4]), (2, &[2, 2, 6, 4]), (3, &[2, 5]), (3, &[6])] {
        for tile in [2, 16] {
            let graph = Graph::new();
            let shape = |k: usize| if k == n { odd } else { good[k] };
            let [q, k, v] = [0, 1, 2].map(|k| graph.leaf(&k.to_string(), DType::F32, shape(k)));
            let padding = graph.leaf("padding", DType::Bool, shape(3));
            let y = q.scaled_dot_product_attention(&k, &v, &Attention { padding: Some(&padding), tile, ..Attention::default() });
            grad(&y.sum(&y.all_axes(), false), &[q, k, v]);
            assert!(graph.check().is_err(), "{odd:?} as input {n}, tiles of {tile}");
        }
    }
}
