//! The computations of a model beyond what PyTorch's trajectories show: the gate, the rings, dropout, evaluation, tracing, initial values.
//! Imports the crate, the oracle and the trainer.
#![cfg(not(target_arch = "wasm32"))]

mod oracle;
mod trainer;

use oracle::Array;
use serde_json::{Value, json};
use tabgrad::compile::Program;
use tabgrad::dtype::DType;
use tabgrad::graph::{Id, Op};
use tabgrad::nn::loss::CrossEntropyLoss;
use tabgrad::nn::{self, Loss, Model, Spec};
use tabgrad::shape::numel;
use trainer::{Trainer, assert_close};

fn spec(input: &[usize], layers: Value, loss: &str) -> Spec {
    let data = json!({ "type": "Table", "x": [], "y": [] });
    let optimizer = json!({ "type": "Adam", "lr": 0.01 });
    let spec = json!({ "input": input, "layers": layers, "loss": { "type": loss }, "optimizer": optimizer, "batch_size": 4, "data": data });
    Spec::parse(&spec).expect("a spec")
}

/// Numbers that look random, from -1 to 1.
fn numbers(shape: &[usize]) -> Array {
    Array::new(shape, (0..numel(shape)).map(|n| (1.7 * n as f64 + 0.3).sin()).collect())
}

fn classes(count: usize, of: usize) -> Array {
    Array::new(&[count], (0..count).map(|n| (n * 7 % of) as f64).collect())
}

fn mlp(loss: &str) -> Spec {
    spec(&[3], json!([{ "type": "Linear", "out_features": 5 }, { "type": "Tanh" }, { "type": "Linear", "out_features": 1 }]), loss)
}

/// Proves: after a loss that is not a number, or a gradient too large for f32, parameters, optimiser and counters stay as they were, and the rings tell of it.
#[test]
fn gate() {
    let order: Vec<usize> = (0..8).collect();
    let mut trainer = Trainer::new(&mlp("L1Loss"), numbers(&[8, 3]), numbers(&[8, 1]), &order);
    let program = trainer.program();
    trainer.run(&program);
    let good = trainer.leaves.clone();
    assert!(good["ring"].data[nn::RING] > 0.0 && good["counters"].data[..2] == [1.0, 4.0]);
    // The second step's first example is not a number; or the last layer's weights make a gradient whose square overflows, beside a finite loss.
    for (x, weight, loss_is_finite) in [(f64::NAN, 1.0, false), (0.5, 1e30, true)] {
        trainer.leaves = good.clone();
        trainer.leaves.get_mut("train.x").expect("data").data[4 * 3] = x;
        trainer.set("2.weight", &Array::new(&[1, 5], vec![weight; 5]));
        let before = trainer.leaves.clone();
        trainer.run(&program);
        for leaf in ["params", "optimizer.exp_avg", "optimizer.exp_avg_sq", "counters"] {
            assert_eq!(trainer.leaves[leaf], before[leaf], "{leaf}");
        }
        let (loss, norm) = (trainer.leaves["ring"].data[1], trainer.leaves["ring"].data[nn::RING + 1]);
        assert_eq!(loss.is_finite(), loss_is_finite, "loss {loss}");
        assert!(norm.is_nan() || norm > 1e19, "gradient norm {norm}");
    }
}

/// Proves: of a step of three batches the first two change nothing but the counters, the mean gradient and the rings, and the third learns; a second one that is
/// not a number changes none of these either, however often it runs.
#[test]
fn batches_of_a_step() {
    let order: Vec<usize> = (0..12).collect();
    let mut trainer = Trainer::new(&Spec { accumulate: 3, ..mlp("MSELoss") }, numbers(&[12, 3]), numbers(&[12, 1]), &order);
    let program = trainer.program();
    let start = trainer.leaves.clone();
    trainer.run(&program);
    let first = trainer.leaves.clone();
    trainer.leaves.get_mut("train.x").expect("data").data[4 * 3] = f64::NAN;
    (0..2).for_each(|_| drop(trainer.run(&program)));
    for leaf in ["counters", "gradient", "params", "optimizer.exp_avg"] {
        assert_eq!(trainer.leaves[leaf], first[leaf], "{leaf}");
    }
    trainer.leaves = first.clone();
    for (batch, counters) in [(1, [0.0, 8.0, 0.0, 2.0]), (2, [1.0, 12.0, 0.0, 0.0])] {
        assert_eq!((&trainer.leaves["params"], &trainer.leaves["optimizer.exp_avg"]), (&start["params"], &start["optimizer.exp_avg"]));
        let before = trainer.leaves["gradient"].clone();
        trainer.run(&program);
        assert_eq!(trainer.leaves["counters"].data, counters, "after batch {batch}");
        assert_ne!(trainer.leaves["gradient"], before);
    }
    assert_ne!(trainer.leaves["params"], start["params"]);
    assert_eq!((first["counters"].data[..].to_vec(), trainer.leaves["ring"].data[1]), (vec![0.0, 4.0, 0.0, 1.0], 0.0));
}

/// Proves: the gradient of a stateful layer is that of its own windows, with the states they begin with held fixed (finite differences), though the loss depends on those;
/// and the first batch of an epoch begins without any, as batches of another size do.
#[test]
fn truncated_backpropagation() {
    let layers = json!([{ "type": "Embedding", "num_embeddings": 5, "embedding_dim": 3 }, { "type": "LSTM", "hidden_size": 4, "stateful": true },
        { "type": "Linear", "out_features": 5 }]);
    let spec = json!({ "input": [6], "layers": layers, "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "Adam" }, "batch_size": 2,
        "data": { "type": "Text", "name": "text" } });
    let spec = Spec::parse(&spec).expect("a spec");
    let tokens = |salt: usize| Array::new(&[4, 6], classes(24, 5).data.iter().enumerate().map(|(n, c)| (c + (n * salt % 3) as f64) % 5.0).collect());
    let mut trainer = Trainer::new(&spec, tokens(1), tokens(2), &[0, 2, 1, 3]);
    let trace = |count: usize| nn::trace(&spec, &trainer.model, &trainer.layout, count).expect("a program");
    let (program, one) = (trace(2), trace(1));
    trainer.leaves.insert("trace.indices".into(), Array::new(&[2], vec![1.0, 3.0]));
    trainer.leaves.insert("counters".into(), Array::new(&[4], vec![1.0, 2.0, 0.0, 0.0]));
    trainer.leaves.insert("1.state_l0".into(), numbers(&[2, 2, 4]));
    let loss = |trainer: &mut Trainer, name: &str, at: usize, by: f64| {
        let before = trainer.get(name);
        let mut moved = before.clone();
        moved.data[at] += by;
        trainer.set(name, &moved);
        let result = trainer.run(&program);
        trainer.set(name, &before);
        (result["loss"].data[0], result)
    };
    for name in ["1.weight_hh_l0", "1.weight_ih_l0", "0.weight"] {
        for at in [0, 5, 11] {
            let difference = (loss(&mut trainer, name, at, 1e-5).0 - loss(&mut trainer, name, at, -1e-5).0) / 2e-5;
            let gradient = loss(&mut trainer, name, at, 0.0).1[&format!("gradient.{name}")].data[at];
            assert!((gradient - difference).abs() < 1e-7, "{name}[{at}]: {gradient} instead of {difference}");
        }
    }
    let states = loss(&mut trainer, "1.state_l0", 0, 0.0).0;
    assert!((loss(&mut trainer, "1.state_l0", 0, 0.1).0 - states).abs() > 1e-4);
    trainer.leaves.insert("counters".into(), Array::new(&[4], vec![2.0, 4.0, 0.0, 0.0]));
    let begun = loss(&mut trainer, "1.state_l0", 0, 0.0).0;
    assert_eq!(loss(&mut trainer, "1.state_l0", 0, 0.1).0, begun);
    assert!((begun - states).abs() > 1e-4);
    trainer.leaves.insert("counters".into(), Array::new(&[4], vec![1.0, 2.0, 0.0, 0.0]));
    let mut alone = |index: f64| {
        trainer.leaves.insert("trace.indices".into(), Array::new(&[1], vec![index]));
        trainer.run(&one)["loss"].data[0]
    };
    assert!((alone(1.0) + alone(3.0) - 2.0 * begun).abs() < 1e-9);
}

/// Proves: gradients that compute blocks again are the same in every bit, through dropout, running statistics, shortcuts and recurrences; and they do not read what they
/// compute again.
#[test]
fn recomputed_gradients() {
    let (linear, drop) = (json!({ "type": "Linear", "out_features": 4 }), json!({ "type": "Dropout", "p": 0.3 }));
    let attention = json!({ "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 6, "dropout": 0.2, "activation": "gelu" });
    let layers = json!([linear, { "type": "Residual", "layers": [linear, { "type": "BatchNorm1d" }, { "type": "Tanh" }, drop] }, attention,
        { "type": "EncoderDecoder", "source_length": 2, "encoder": [linear], "decoder": [{ "type": "TransformerDecoderLayer", "nhead": 2, "dim_feedforward": 5 }] },
        { "type": "Activation", "formula": "x*tanh(softplus(x))" },
        { "type": "Sequential", "layers": [{ "type": "LSTM", "hidden_size": 4 }, { "type": "Residual", "layers": [linear, { "type": "SiLU" }] }, { "type": "Flatten" }] },
        { "type": "Linear", "out_features": 3 }]);
    let spec = spec(&[5, 4], layers, "MSELoss");
    let run = |recompute: bool| {
        let mut trainer = Trainer::new(&Spec { recompute, ..spec.clone() }, numbers(&[8, 5, 4]), numbers(&[8, 3]), &[0, 1, 2, 3]);
        trainer.leaves.insert("trace.indices".into(), Array::new(&[3], vec![1.0, 5.0, 2.0]));
        let program = nn::trace(&trainer.spec, &trainer.model, &trainer.layout, 3).expect("a program");
        let again = (0..program.graph.len()).filter(|n| program.graph.node(Id(*n as u32)).op == Op::After).count();
        (again > 3, trainer.run(&program))
    };
    let (plain, again) = (run(false), run(true));
    assert_eq!((plain.0, again.0), (false, true));
    assert!(plain.1 == again.1);
}

/// Proves: a filled up sequence has the loss and the gradients (by finite differences, too) of the sequence alone, whatever the row that fills it up holds, also through blocks
/// that are computed again.
#[test]
fn padding_is_not_looked_at() {
    let experiment = |length: usize, padding: Value, recompute: bool| {
        let attention = json!({ "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 6, "dropout": 0.0 });
        let rotary = json!({ "type": "Residual", "layers": [{ "type": "MultiheadAttention", "num_heads": 2, "rope": true }] });
        let layers = json!([{ "type": "Embedding", "num_embeddings": 5, "embedding_dim": 4, "padding_idx": padding }, attention, rotary,
            { "type": "Linear", "out_features": 3 }]);
        let mut spec = spec(&[length], layers, "CrossEntropyLoss");
        spec.recompute = recompute;
        spec.loss = Loss::CrossEntropyLoss(CrossEntropyLoss { label_smoothing: 0.0, ignore_index: Some(-100) });
        let fill = |row: &[f64], with: f64| [row, &[with; 3]].concat()[..length].to_vec();
        let x = [[1.0, 3.0, 4.0], [3.0, 0.0, 1.0]].iter().flat_map(|row| fill(row, 2.0)).collect();
        let y = [[0.0, 2.0, 1.0], [1.0, 1.0, 0.0]].iter().flat_map(|row| fill(row, -100.0)).collect();
        let order: Vec<usize> = [0, 1].repeat(2);
        let mut trainer = Trainer::new(&spec, Array::new(&[2, length], x), Array::new(&[2, length], y), &order);
        let params = numbers(&[trainer.model.flat_len()]);
        trainer.leaves.insert("params".into(), params);
        trainer.leaves.insert("trace.indices".into(), Array::new(&[2], vec![0.0, 1.0]));
        trainer
    };
    let traced = |trainer: &mut Trainer| {
        let program = nn::trace(&trainer.spec, &trainer.model, &trainer.layout, 2).expect("a program");
        trainer.run(&program)
    };
    let short = traced(&mut experiment(3, Value::Null, false));
    let blind = traced(&mut experiment(6, Value::Null, false));
    assert!((short["loss"].data[0] - blind["loss"].data[0]).abs() > 1e-3, "without padding_idx the rest is looked at");
    for recompute in [false, true] {
        let mut trainer = experiment(6, json!(2), recompute);
        let long = traced(&mut trainer);
        assert!((short["loss"].data[0] - long["loss"].data[0]).abs() < 1e-12);
        for name in trainer.names() {
            let name = format!("gradient.{name}");
            assert_close(&name, &long[&name], &short[&name], 1e-12);
        }
        assert!(long["gradient.0.weight"].data[8..12].iter().all(|g| *g == 0.0));
        for at in [0, 7, 13] {
            let mut loss = |by: f64| {
                trainer.leaves.get_mut("params").expect("params").data[at] += by;
                let loss = traced(&mut trainer)["loss"].data[0];
                trainer.leaves.get_mut("params").expect("params").data[at] -= by;
                loss
            };
            let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
            let gradient = long["gradient.0.weight"].data[at];
            assert!((gradient - difference).abs() < 1e-7, "0.weight[{at}]: {gradient} instead of {difference}");
        }
    }
}

/// Proves: recurrent layers step over padding wherever it is: outputs at real places are those of the sequence without it, in both directions and through two layers,
/// and 0 elsewhere.
#[test]
fn padding_is_stepped_over() {
    for kind in ["RNN", "GRU", "LSTM"] {
        let outputs = |row: &[f64]| {
            let layers = json!([{ "type": "Embedding", "num_embeddings": 5, "embedding_dim": 3, "padding_idx": 4 },
                { "type": kind, "hidden_size": 2, "num_layers": 2, "bidirectional": true }]);
            let spec = spec(&[row.len()], layers, "MSELoss");
            let mut trainer = Trainer::new(&spec, Array::new(&[1, row.len()], row.to_vec()), numbers(&[1, row.len(), 4]), &[0; 4]);
            let params = numbers(&[trainer.model.flat_len()]);
            trainer.leaves.insert("params".into(), params);
            trainer.predict(&Array::new(&[1, row.len()], row.to_vec())).remove("output").expect("output").data
        };
        let short = outputs(&[2.0, 0.0, 3.0]);
        for row in [[2.0, 0.0, 3.0, 4.0, 4.0], [4.0, 2.0, 4.0, 0.0, 3.0]] {
            let long = outputs(&row);
            let (pads, real): (Vec<usize>, Vec<usize>) = (0..5).partition(|place| row[*place] == 4.0);
            let of = |places: &[usize]| places.iter().flat_map(|place| long[4 * place..][..4].to_vec()).collect::<Vec<f64>>();
            assert_close(&format!("{kind} of {row:?}"), &Array::new(&[12], of(&real)), &Array::new(&[12], short.clone()), 1e-12);
            assert_eq!(of(&pads), [0.0; 8], "{kind} of {row:?}");
        }
        assert!(outputs(&[4.0, 4.0]).iter().all(|y| *y == 0.0));
    }
}

/// Proves: a causal decoder sees of the target what is before a place and of the source everything; its memory is the encoder's, whose parameters are trained through it.
#[test]
fn decoder_looks_where_it_may() {
    let experiment = |causal: bool, norm_first: bool| {
        let layer = json!({ "type": "TransformerDecoderLayer", "nhead": 2, "dim_feedforward": 6, "dropout": 0.0, "causal": causal, "norm_first": norm_first });
        let layers = json!([{ "type": "Linear", "out_features": 4 },
            { "type": "EncoderDecoder", "source_length": 2, "encoder": [{ "type": "GRU", "hidden_size": 4 }], "decoder": [layer, layer] }]);
        spec(&[5, 2], layers, "MSELoss")
    };
    for (causal, norm_first) in [(true, false), (true, true), (false, false)] {
        let spec = experiment(causal, norm_first);
        let mut trainer = Trainer::new(&spec, numbers(&[1, 5, 2]), numbers(&[1, 3, 4]), &[0; 4]);
        let mut outputs = |changed: Option<usize>| {
            let mut x = numbers(&[1, 5, 2]);
            changed.iter().for_each(|place| x.data[2 * place] += 0.5);
            trainer.predict(&x).remove("output").expect("output").data
        };
        let before = outputs(None);
        assert_eq!(before.len(), 12);
        for place in 0..5 {
            let after = outputs(Some(place));
            let moved: Vec<bool> = (0..3).map(|n| before[4 * n..][..4] != after[4 * n..][..4]).collect();
            let sees = |n: usize| place < 2 || !causal || n + 2 >= place;
            assert_eq!(moved, [sees(0), sees(1), sees(2)], "place {place}");
        }
        trainer.leaves.insert("trace.indices".into(), Array::new(&[1], vec![0.0]));
        let program = nn::trace(&trainer.spec, &trainer.model, &trainer.layout, 1).expect("a program");
        let traced = trainer.run(&program);
        for name in trainer.names() {
            let gradient = &traced[&format!("gradient.{name}")].data;
            // A key's bias moves all scores of a query alike.
            assert!(gradient.iter().any(|g| g.abs() > 1e-9), "{name}: {gradient:?}");
        }
    }
}

/// Proves: step n writes slot n mod 256 of the rings, and leaves the others.
#[test]
fn rings_wrap() {
    let order: Vec<usize> = (0..8 * 257).map(|n| n % 8).collect();
    let mut trainer = Trainer::new(&mlp("MSELoss"), numbers(&[8, 3]), numbers(&[8, 1]), &order);
    let program = trainer.program();
    (0..256).for_each(|_| drop(trainer.run(&program)));
    let before = trainer.leaves["ring"].clone();
    assert!(before.data.iter().all(|reported| *reported > 0.0));
    trainer.run(&program);
    let after = &trainer.leaves["ring"];
    assert!((0..2 * nn::RING).all(|n| (after.data[n] != before.data[n]) == (n % nn::RING == 0)));
    assert_eq!(after.data.len(), 2 * nn::RING, "regression has no accuracy");
}

/// Proves: dropout drops its share and scales the rest; masks differ between steps, layers and seeds, are repeated for the same counters, and are absent when
/// the model is used.
#[test]
fn dropout() {
    let drop = json!({ "type": "Dropout", "p": 0.25 });
    let spec = spec(&[500], json!([drop, drop, { "type": "Linear", "out_features": 1 }]), "MSELoss");
    let mut trainer = Trainer::new(&spec, Array::new(&[4, 500], vec![1.0; 2000]), numbers(&[4, 1]), &[0, 1, 2, 3]);
    trainer.leaves.insert("trace.indices".into(), Array::new(&[4], vec![0.0, 1.0, 2.0, 3.0]));
    let program = nn::trace(&spec, &trainer.model, &trainer.layout, 4).expect("a program");
    let mut masks = |step: f64, seed: f64| {
        trainer.leaves.insert("counters".into(), Array::new(&[4], vec![step, 0.0, seed, 0.0]));
        let seen = trainer.run(&program);
        let first = seen["forward.0"].clone();
        // Where the first layer has dropped, the second says nothing.
        let kept_by_both = first.data.iter().zip(&seen["forward.1"].data).filter(|(a, b)| **a > 0.0 && **b > 0.0).count();
        (first, kept_by_both as f64 / 2000.0)
    };
    let (first, both) = masks(3.0, 7.0);
    let kept = first.data.iter().filter(|x| **x != 0.0).count() as f64 / 2000.0;
    assert!(first.data.iter().all(|x| *x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-6));
    // Five standard errors.
    assert!((kept - 0.75).abs() < 0.05, "kept {kept}");
    assert!((both - 0.5625).abs() < 0.06, "kept by both {both}: the layers' masks must not be the same");
    assert_eq!(masks(3.0, 7.0).0, first);
    assert_ne!(masks(4.0, 7.0).0, first);
    assert_ne!(masks(3.0, 8.0).0, first);
    let x = trainer.leaves["train.x"].clone();
    assert_eq!(trainer.predict(&x)["layer.1"], x);
}

fn evaluated(trainer: &mut Trainer, chunk: usize) -> Program {
    let count = trainer.layout.count;
    for leaf in ["eval.loss", "eval.predicted", "eval.probability"] {
        trainer.leaves.insert(leaf.into(), Array::new(&[count], vec![-1.0; count]));
    }
    trainer.leaves.insert("eval.cursor".into(), Array::new(&[1], vec![0.0]));
    let program = nn::evaluate(&trainer.spec, &trainer.model, &trainer.layout, "train", chunk).expect("a program");
    (0..count.div_ceil(chunk)).for_each(|_| drop(trainer.run(&program)));
    program
}

/// Proves: evaluating in chunks, the last of them short, gives each example the loss, class and probability that predicting its pixels gives; the bytes of the
/// data set are scaled and normalised as the pixels are, and batch norm takes its running statistics.
#[test]
fn evaluate_images() {
    let layers = json!([{ "type": "Conv2d", "out_channels": 2, "kernel_size": 3 }, { "type": "BatchNorm2d" }, { "type": "Flatten" }, { "type": "Linear", "out_features": 3 }]);
    let mut spec = spec(&[1, 4, 4], layers, "CrossEntropyLoss");
    spec.data = nn::Data::Images(nn::Images { name: "mnist".into(), normalize: nn::Normalize { mean: 0.13, std: 0.31 } });
    let bytes = Array::new(&[10, 1, 4, 4], numbers(&[160]).data.iter().map(|x| (127.5 * (x + 1.0)).floor()).collect());
    let mut trainer = Trainer::new(&spec, bytes.clone(), classes(10, 3), &[0, 1, 2, 3]);
    trainer.layout.x = DType::U8;
    trainer.layout.scale = Some((0.13, 0.31));
    let step = trainer.program();
    trainer.run(&step);
    evaluated(&mut trainer, 4);
    let pixels = Array::new(&bytes.shape, bytes.data.iter().map(|x| x / 255.0).collect());
    let p = trainer.predict(&pixels).remove("probabilities").expect("probabilities");
    for n in 0..10 {
        let row = &p.data[3 * n..][..3];
        let best = (0..3).fold(0, |best, c| if row[c] > row[best] { c } else { best });
        let label = n * 7 % 3;
        for (leaf, want) in [("eval.loss", -row[label].ln()), ("eval.predicted", best as f64), ("eval.probability", row[best])] {
            let got = trainer.leaves[leaf].data[n];
            assert!((got - want).abs() < 1e-6, "{leaf}[{n}] is {got}, expected {want}");
        }
    }
}

/// Proves: with one logit the class is whether p > 1/2 and the probability is that of the class; regression is evaluated by its loss alone.
#[test]
fn evaluate_other_losses() {
    let y = Array::new(&[6, 1], vec![0.0, 1.0, 1.0, 0.0, 1.0, 0.0]);
    let mut trainer = Trainer::new(&mlp("BCEWithLogitsLoss"), numbers(&[6, 3]), y.clone(), &[0, 1, 2, 3]);
    evaluated(&mut trainer, 6);
    let x = trainer.leaves["train.x"].clone();
    let p = trainer.predict(&x).remove("probabilities").expect("probabilities");
    for (n, p) in p.data.iter().enumerate() {
        let loss = if y.data[n] == 1.0 { -p.ln() } else { -(1.0 - p).ln() };
        for (leaf, want) in [("eval.loss", loss), ("eval.predicted", (*p > 0.5) as u32 as f64), ("eval.probability", p.max(1.0 - p))] {
            let got = trainer.leaves[leaf].data[n];
            assert!((got - want).abs() < 1e-9, "{leaf}[{n}] is {got}, expected {want}");
        }
    }
    let mut trainer = Trainer::new(&mlp("MSELoss"), numbers(&[6, 3]), y, &[0, 1, 2, 3]);
    let program = evaluated(&mut trainer, 4);
    let leaves: Vec<&str> = program.updates.iter().map(|u| u.leaf.as_str()).collect();
    assert_eq!(leaves, ["eval.cursor", "eval.loss"]);
    assert!(!trainer.predict(&x).contains_key("probabilities"));
}

/// Proves: a traced layer's gradient is found also where its output is only a reshape, which the layer after it merges with its own.
#[test]
fn trace_through_reshapes() {
    let layers =
        json!([{ "type": "Conv2d", "out_channels": 2, "kernel_size": 2, "bias": false }, { "type": "Flatten" }, { "type": "Linear", "out_features": 3 }]);
    let spec = spec(&[1, 3, 3], layers, "CrossEntropyLoss");
    let mut trainer = Trainer::new(&spec, numbers(&[4, 1, 3, 3]), classes(4, 3), &[0, 1, 2, 3]);
    trainer.leaves.insert("trace.indices".into(), Array::new(&[2], vec![3.0, 1.0]));
    let program = nn::trace(&spec, &trainer.model, &trainer.layout, 2).expect("a program");
    let seen = trainer.run(&program);
    let (dz, weight) = (&seen["gradient.2.output"], trainer.get("2.weight"));
    let want = (0..16).map(|n| (0..3).map(|o| dz.data[n / 8 * 3 + o] * weight.data[o * 8 + n % 8]).sum()).collect();
    let want = Array::new(&[2, 8], want);
    assert!(want.data.iter().all(|g| *g != 0.0));
    assert_close("gradient of Flatten", &seen["gradient.1.output"], &want, 1e-12);
    assert_close("gradient of Conv2d", &seen["gradient.0.output"], &want, 1e-12);
    assert_eq!(seen["gradient.0.output"].shape, [2, 2, 2, 2]);
}

/// Proves: a traced layer's gradient is found also where the layer is a recurrence, which is never the same node twice.
#[test]
fn trace_through_recurrences() {
    let layers = json!([{ "type": "LSTM", "hidden_size": 3 }, { "type": "Linear", "out_features": 2 }]);
    let spec = spec(&[5, 4], layers, "MSELoss");
    let mut trainer = Trainer::new(&spec, numbers(&[4, 5, 4]), numbers(&[4, 5, 2]), &[0, 1, 2, 3]);
    trainer.leaves.insert("trace.indices".into(), Array::new(&[1], vec![2.0]));
    let program = nn::trace(&spec, &trainer.model, &trainer.layout, 1).expect("a program");
    let seen = trainer.run(&program);
    let (dz, weight) = (&seen["gradient.1.output"], trainer.get("1.weight"));
    let want = (0..15).map(|n| (0..2).map(|o| dz.data[n / 3 * 2 + o] * weight.data[o * 3 + n % 3]).sum()).collect();
    assert_close("gradient of LSTM", &seen["gradient.0.output"], &Array::new(&[1, 5, 3], want), 1e-12);
    assert!(dz.data.iter().all(|g| *g != 0.0));
}

/// Proves: initialisations count a weight's inputs and outputs as PyTorch does, kernels included, and He's go by either name.
#[test]
fn initial_values_by_shape() {
    // Layer, number of inputs and of outputs that each weight of it has a part in, by PyTorch's `_calculate_fan_in_and_fan_out`.
    let layers = [
        (vec![100], json!({ "type": "Linear", "out_features": 400 }), 100.0, 400.0),
        (vec![8, 6, 6], json!({ "type": "Conv2d", "out_channels": 64, "kernel_size": [3, 5] }), 120.0, 960.0),
        (vec![8, 6, 6], json!({ "type": "ConvTranspose2d", "out_channels": 32, "kernel_size": 3 }), 288.0, 72.0),
    ];
    for (input, layer, fan_in, fan_out) in layers {
        let kinds: [(&str, f64); 5] = [
            ("default", 1.0 / 3.0 / fan_in),
            ("xavier_uniform", 2.0 / (fan_in + fan_out)),
            ("xavier_normal", 2.0 / (fan_in + fan_out)),
            ("he_uniform", 2.0 / fan_in),
            ("he_normal", 2.0 / fan_in),
        ];
        for (kind, variance) in kinds {
            let mut layer = layer.clone();
            layer["init"] = json!(kind);
            let model = Model::new(&spec(&input, json!([layer]), "MSELoss")).expect("a model");
            let values = &model.initial_params(5)[..numel(&model.params[0].shape)];
            let found = values.iter().map(|x| (*x as f64).powi(2)).sum::<f64>() / values.len() as f64;
            // At least 2,300 numbers; the fans differ by a factor of 4 and more.
            assert!((found / variance - 1.0).abs() < 0.2, "{kind} of {:?}: variance {found}, expected {variance}", model.params[0].shape);
        }
    }
}

/// Proves: each initialisation has PyTorch's bound or deviation, depends on the seed alone, and no two parameters share their numbers.
#[test]
fn initial_values() {
    let linear = |init: &str| json!({ "type": "Linear", "out_features": 200, "init": init });
    let kinds = ["default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"];
    let layers: Vec<Value> = kinds.iter().map(|k| linear(k)).chain([json!({ "type": "LayerNorm" })]).collect();
    let model = Model::new(&spec(&[200], layers.into(), "MSELoss")).expect("a model");
    let start = model.initial_params(5);
    assert_eq!(start.len(), model.flat_len());
    let part = |name: &str| {
        let p = model.params.iter().find(|p| p.name == name).expect("a parameter");
        start[p.offset..][..numel(&p.shape)].to_vec()
    };
    // Fan in and fan out are 200; a uniform distribution's deviation is its bound / sqrt 3.
    let deviations = [(1.0f64 / 600.0).sqrt(), (1.0f64 / 200.0).sqrt(), (1.0f64 / 200.0).sqrt(), (1.0f64 / 100.0).sqrt(), (1.0f64 / 100.0).sqrt()];
    for (n, (kind, want)) in kinds.iter().zip(deviations).enumerate() {
        let values = part(&format!("{n}.weight"));
        let deviation = (values.iter().map(|x| (*x as f64).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        // 40,000 numbers: five standard errors are below 2 %.
        assert!((deviation / want - 1.0).abs() < 0.02, "{kind}: deviation {deviation}, expected {want}");
        let largest = values.iter().fold(0.0, |m: f32, x| m.max(x.abs())) as f64;
        let bounded = largest <= want * 3f64.sqrt() * 1.000_001;
        assert_eq!(bounded, !kind.ends_with("normal"), "{kind}: largest {largest}");
        assert!(part(&format!("{n}.bias")).iter().all(|x| x.abs() <= 1.0 / 200f32.sqrt()), "{kind}: bias");
    }
    assert_eq!((part("5.weight"), part("5.bias")), (vec![1.0; 200], vec![0.0; 200]));
    assert_eq!(model.initial_params(5), start);
    let same = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| a == b).count();
    assert!(same(&model.initial_params(6)[..1000], &start[..1000]) < 10);
    assert!(same(&part("0.bias"), &part("1.bias")) < 10);
}
