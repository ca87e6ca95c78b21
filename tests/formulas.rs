//! Formulas of Activation layers: what they compute, by their plain meaning in f64, on both devices, and which are refused. Imports the crate, the oracle, the
//! cases and the devices.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod cases;
mod devices;
mod oracle;

use cases::{Case, build, gradients, tolerance::COMPOSED};
use devices::{Device, expected};
use oracle::{Array, scalar::erf};
use pollster::block_on;
use serde_json::json;
use std::f64::consts::{E, FRAC_1_SQRT_2, PI};
use tabgrad::compile::Options;
use tabgrad::dtype::DType;
use tabgrad::nn::layers::{Formula, Layer};
use tabgrad::nn::{Model, Spec, predict};

type Plain = fn(f64) -> f64;

/// Where every formula of the table is smooth, with negative numbers unless it has roots, logarithms or powers of x.
const ANYWHERE: [f64; 4] = [-1.3, -0.6, 0.4, 1.7];
const POSITIVE: [f64; 4] = [0.3, 0.6, 1.2, 1.9];

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Formulas and what they mean.
const ANY: [(&str, Plain); 36] = [
    ("x", |x| x),
    ("-x", |x| -x),
    ("--x", |x| x),
    (" ( ( x ) ) ", |x| x),
    ("1+2*x", |x| 1.0 + 2.0 * x),
    ("(1+2)*x", |x| 3.0 * x),
    ("x-2-3", |x| x - 5.0),
    ("12/x/2", |x| 6.0 / x),
    ("12/2*x", |x| 6.0 * x),
    ("2-x+3", |x| 5.0 - x),
    ("2*x^2", |x| 2.0 * x * x),
    ("-x^2", |x| -x * x),
    ("(-x)^2", |x| x * x),
    ("x^3", |x| x * x * x),
    ("x^-2", |x| 1.0 / (x * x)),
    ("x^0+x", |x| 1.0 + x),
    ("x^2^3", |x| x.powi(8)),
    ("(x^2)^3", |x| x.powi(6)),
    ("x^(1+2)", |x| x.powi(3)),
    ("2^-x", |x| 2f64.powf(-x)),
    ("2^-x*3", |x| 3.0 * 2f64.powf(-x)),
    ("2*-x+1", |x| 1.0 - 2.0 * x),
    ("-2^2*x", |x| -4.0 * x),
    ("1.5e-1*x+.25+2E+1", |x| 0.15 * x + 20.25),
    ("pi*x+e", |x| PI * x + E),
    ("exp(x)-cos(x)*sin(2*x)", |x| x.exp() - x.cos() * (2.0 * x).sin()),
    ("abs(x)+relu(x)", |x| x.abs() + x.max(0.0)),
    ("x*sigmoid(x)", |x| x * sigmoid(x)),
    ("x*tanh(softplus(x))", |x| x * (1.0 + x.exp()).ln().tanh()),
    ("0.5*x*(1+erf(x/sqrt(2)))", |x| 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))),
    ("max(0.1*x,x)", |x| (0.1 * x).max(x)),
    ("min(max(x,-1),1)+x", |x| x.clamp(-1.0, 1.0) + x),
    ("max(min(x,2),min(-x,2))", |x| x.min(2.0).max((-x).min(2.0))),
    ("floor(x)*x", |x| x.floor() * x),
    ("exp(-x^2)", |x| (-x * x).exp()),
    ("((x+1)*(x-1))/(x^2+1)", |x| (x * x - 1.0) / (x * x + 1.0)),
];

const OF_POSITIVE: [(&str, Plain); 4] = [("log(x)", f64::ln), ("sqrt(x)", f64::sqrt), ("x^0.5-x^1.5", |x| x.sqrt() - x.powf(1.5)), ("x^x", |x| x.powf(x))];

fn table() -> impl Iterator<Item = (&'static str, Plain, [f64; 4])> {
    ANY.into_iter().map(|(text, plain)| (text, plain, ANYWHERE)).chain(OF_POSITIVE.into_iter().map(|(text, plain)| (text, plain, POSITIVE)))
}

fn case(text: &str, points: &[f64]) -> Case {
    build(text, COMPOSED, true, |inputs| {
        let x = inputs.given(DType::F32, Array::new(&[points.len()], points.iter().map(|x| *x as f32 as f64).collect()));
        vec![Formula::new(text).unwrap_or_else(|error| panic!("{text}: {error}")).of(&x)]
    })
}

fn assert_near(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    for (n, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{what} at point {n} is {got}, not {want}");
    }
}

/// Proves: operators go in their order, functions are what their names say, and each gradient is the derivative (by differences of the plain formula), at negative
/// numbers, too.
#[test]
fn values_and_gradients() {
    for (text, plain, points) in table() {
        let case = case(text, &points);
        let points: Vec<f64> = case.leaves["a"].data.clone();
        let value = |x: &f64| plain(*x);
        let y = oracle::eval(&case.program.graph, &[case.program.outputs[0].1], &case.leaves).remove(0);
        // Constants of the graph are f32.
        assert_near(text, &y.data, &points.iter().map(value).collect::<Vec<f64>>(), 2e-6);
        let gradient = gradients(&case).expect("it is smooth");
        let ids: Vec<_> = gradient.program.outputs.iter().map(|(_, id)| *id).collect();
        let found = oracle::eval(&gradient.program.graph, &ids, &gradient.leaves).remove(1);
        let weights = &gradient.leaves["weights.0"].data;
        let slope = |(x, weight): (&f64, &f64)| weight * (plain(x + 1e-6) - plain(x - 1e-6)) / 2e-6;
        assert_near(&format!("the gradient of {text}"), &found.data, &points.iter().zip(weights).map(slope).collect::<Vec<f64>>(), 1e-5);
    }
}

/// Proves: both devices compute all of them, and their gradients, as the oracle does.
#[test]
fn on_devices() {
    let all: Vec<Case> = table().map(|(text, _, points)| case(text, &points)).flat_map(|case| [gradients(&case).expect("it is smooth"), case]).collect();
    for device in [Device::cpu(), block_on(Device::gpu())] {
        let wrong = block_on(device.mistakes(&all, &Options::default()));
        assert!(wrong.is_empty(), "on the {}:\n{}", device.name(), wrong.join("\n"));
    }
}

/// Proves: softplus neither overflows nor loses its slope where its parts have none.
#[test]
fn softplus_at_its_ends() {
    let case = case("softplus(x)", &[-200.0, 0.0, 200.0]);
    let found = expected(&case, 1);
    assert_near("softplus", &found["0"].data, &[0.0, 2f64.ln(), 200.0], 1e-6);
    let gradient = gradients(&case).expect("it is smooth");
    let slopes: Vec<f64> = expected(&gradient, 1)["gradient.a"].data.iter().zip(&gradient.leaves["weights.0"].data).map(|(g, w)| g / w).collect();
    assert_near("its gradient", &slopes, &[0.0, 0.5, 1.0], 1e-6);
}

fn spec(layer: serde_json::Value) -> serde_json::Value {
    json!({ "input": [3], "layers": [{ "type": "Linear", "out_features": 5 }, layer, { "type": "Linear", "out_features": 1 }], "loss": { "type": "MSELoss" },
        "optimizer": { "type": "SGD" }, "batch_size": 2, "data": { "type": "Table", "x": [[1, 2, 3], [4, 5, 6]], "y": [1, 2] } })
}

/// Proves: a formula of what a built-in layer computes is that layer: the same graph, node for node.
#[test]
fn as_built_in() {
    for (formula, layer) in [
        ("x*sigmoid(x)", json!({ "type": "SiLU" })),
        ("tanh(x)", json!({ "type": "Tanh" })),
        ("relu(x)", json!({ "type": "ReLU" })),
        ("sigmoid(x)", json!({ "type": "Sigmoid" })),
        ("x*0.5*(erf(x*0.70710678118)+1)", json!({ "type": "GELU" })),
    ] {
        let nodes = |layer: serde_json::Value| {
            let spec = Spec::parse(&spec(layer)).expect("right");
            let graph = predict(&spec, &Model::new(&spec).expect("right"), 2, true).expect("a program").graph;
            (0..graph.len() as u32).map(tabgrad::graph::Id).map(|id| (graph.node(id).op, graph.node(id).inputs)).collect::<Vec<_>>()
        };
        assert!(nodes(json!({ "type": "Activation", "formula": formula })) == nodes(layer), "{formula}");
    }
}

/// Proves: what is no formula is refused with its column, what should stand there and what there is to choose from; nothing that is typed breaks the reader.
#[test]
fn refused() {
    let deep = format!("{}x{}", "(".repeat(10_000), ")".repeat(10_000));
    for (text, message, hint) in [
        ("", "at column 1 there must be a value, not the end", "known: numbers, x, pi, e, abs, exp, log, sqrt, sin, cos, tanh, sigmoid, relu"),
        ("x+", "at column 3 there must be a value, not the end", "softplus, max, min"),
        ("x + * 2", "at column 5 there must be a value, not \"*\"", "known"),
        ("x**2", "at column 3 there must be a value, not \"*\"", "known"),
        ("2x", "at column 2 there must be an operator, not \"x\"", "as in 2*x"),
        ("x)", "at column 2 there must be an operator, not \")\"", "known: + - * / ^"),
        ("x\u{a0}", "at column 2 there must be an operator, not \"\u{a0}\"", ""),
        ("(x", "at column 3 there must be \")\", not the end", ""),
        ("exp x", "at column 5 there must be \"(\", not \"x\"", ""),
        ("exp(x,x)", "at column 6 there must be \")\", not \",\"", ""),
        ("max(x)", "at column 6 there must be \",\", not \")\"", ""),
        ("x+gelu(x)", "unknown name gelu at column 3", "known: numbers, x, pi"),
        ("Exp(x)", "unknown name Exp at column 1", "exp"),
        ("1.2.3*x", "1.2.3 at column 1 is not a number", "1e-3"),
        ("x*1e99", "1e99 at column 3 is not a number of single precision", ""),
        ("λ*x", "at column 1 there must be a value, not \"λ\"", ""),
        ("pi*2", "the formula has no x", "x*sigmoid(x)"),
        (&deep, "at most 300 characters, not 20001", "several Activation layers"),
        (&"-".repeat(300), "at column 301 there must be a value, not the end", ""),
    ] {
        let error = Spec::parse(&spec(json!({ "type": "Activation", "formula": text }))).expect_err(text);
        assert_eq!(error.at, "layers[1].formula", "{error}");
        assert!(error.message.contains(message) && error.hint.contains(hint), "{text}: {error}\nexpected: {message}, {hint}");
    }
    assert_eq!(Spec::parse(&spec(json!({ "type": "Activation" }))).expect_err("no formula").message, "Activation needs formula");
}

/// Proves: the deepest and longest formulas of all kinds are read, written as they were, and run, on both devices.
#[test]
fn at_the_limit() {
    let nested = |open: &str, close: &str| {
        let depth = 299 / (open.len() + close.len());
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    for text in [nested("(", ")"), nested("-", ""), nested("sin(", ")"), nested("max(", ",1)"), nested("0.9^", ""), nested("x*", ""), nested("x^2+", "")] {
        let spec = Spec::parse(&spec(json!({ "type": "Activation", "formula": text }))).expect("right");
        let Layer::Activation(layer) = &spec.layers[1] else { panic!("an Activation") };
        assert_eq!(serde_json::to_value(&spec).unwrap()["layers"][1]["formula"], json!(text));
        let case = build(&text, COMPOSED, true, |inputs| vec![layer.formula.of(&inputs.leaf(DType::F32, &[5], (0.5, 0.9)))]);
        for device in [Device::cpu(), block_on(Device::gpu())] {
            let wrong = block_on(device.mistakes(&[gradients(&case).expect("it is smooth")], &Options::default()));
            assert!(wrong.is_empty(), "{text} on the {}:\n{}", device.name(), wrong.join("\n"));
        }
    }
}
