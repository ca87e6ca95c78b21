//! The first network number by number: what the page shows of one step, and a hundred epochs, against PyTorch. Imports the crate, the oracle and the trainer.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;
mod trainer;

use oracle::Array;
use serde_json::{Value, json};
use tabgrad::nn::{self, Spec};
use trainer::{Trainer, array, assert_close, fixture};

const TOLERANCE: f64 = 5e-7;

fn start(file: &Value, optimizer: Option<&Value>) -> Trainer {
    let mut spec = file["spec"].clone();
    if let Some(optimizer) = optimizer {
        spec["optimizer"] = optimizer.clone();
    }
    let spec = Spec::parse(&spec).expect("the fixture's spec");
    let x = Array::new(&[3, 2], vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    let y = Array::new(&[3, 1], vec![0.0, 1.0, 1.0]);
    let order: Vec<usize> = (0..300).map(|n| n % 3).collect();
    let mut trainer = Trainer::new(&spec, x, y, &order);
    file["params"].as_object().expect("params").iter().for_each(|(name, value)| trainer.set(name, &array(value)));
    trainer
}

/// Proves: a traced step gives each forward value, the loss, each chain-rule product, each gradient and each updated weight of PyTorch, and changes nothing.
#[test]
fn one_step_number_by_number() {
    let file = fixture("first_network.json");
    let steps = file["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 4);
    for step in steps {
        let examples: Vec<f64> = step["examples"].as_array().expect("examples").iter().filter_map(Value::as_f64).collect();
        for update in step["updates"].as_array().expect("updates") {
            let mut trainer = start(&file, Some(&update["optimizer"]));
            trainer.leaves.insert("trace.indices".into(), Array::new(&[examples.len()], examples.clone()));
            let before = trainer.leaves.clone();
            let program = nn::trace(&trainer.spec, &trainer.model, &trainer.layout, examples.len()).expect("a program");
            let seen = trainer.run(&program);
            assert_eq!(trainer.leaves, before, "tracing changes nothing");
            let check = |name: &str, want: &Value| assert_close(&format!("{examples:?} {name}"), &seen[name], &array(want), TOLERANCE);
            check("loss", &json!({ "shape": [], "data": [step["loss"]] }));
            for (layer, name) in ["z1", "a1", "z2"].iter().enumerate() {
                check(&format!("forward.{layer}"), &step["forward"][name]);
            }
            let gradients =
                [("0.output", "dz1"), ("1.output", "da1"), ("2.output", "dz2"), ("0.weight", "dW1"), ("0.bias", "db1"), ("2.weight", "dW2"), ("2.bias", "db2")];
            for (ours, theirs) in gradients {
                check(&format!("gradient.{ours}"), &step["gradients"][theirs]);
            }
            for (name, value) in update["params"].as_object().expect("params") {
                check(&format!("after.{name}"), value);
            }
        }
    }
}

/// Proves: a hundred epochs follow PyTorch's losses, and end at its parameters and probabilities.
#[test]
fn hundred_epochs() {
    let file = fixture("first_network.json");
    let epochs = &file["epochs"];
    let mut trainer = start(&file, None);
    let program = trainer.program();
    (0..100).for_each(|_| drop(trainer.run(&program)));
    let losses = Array::new(&[100], trainer.leaves["ring"].data[..100].to_vec());
    let want = Array::new(&[100], epochs["losses"].as_array().expect("losses").iter().take(100).filter_map(Value::as_f64).collect());
    assert_close("losses", &losses, &want, TOLERANCE);
    for (name, value) in epochs["params"].as_object().expect("params") {
        assert_close(name, &trainer.get(name), &array(value), 4.0 * TOLERANCE);
    }
    let x = trainer.leaves["train.x"].clone();
    let probabilities = trainer.predict(&x).remove("probabilities").expect("probabilities");
    assert_close("probabilities", &probabilities, &array(&epochs["probabilities"]), TOLERANCE);
    assert!((trainer.leaves["ring"].data[2 * nn::RING + 99] - 2.0 / 3.0).abs() < 1e-7);
}
