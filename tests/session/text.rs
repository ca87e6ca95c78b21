//! Language models of characters: opened with its text, trained, judged, asked, changed and saved.

use super::helpers::*;
use serde_json::{Value, json};

/// Counts up and down, over and over: what comes next follows from two characters.
fn text() -> String {
    "abcdéfédcb".repeat(60)
}

fn gpt() -> Value {
    json!({ "input": [8], "layers": [
            { "type": "Embedding", "num_embeddings": 6, "embedding_dim": 16, "std": 0.1 },
            { "type": "PositionalEmbedding", "std": 0.1 },
            { "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 32, "dropout": 0.1, "norm_first": true, "causal": true },
            { "type": "Residual", "layers": [{ "type": "RMSNorm" }, { "type": "MultiheadAttention", "num_heads": 2, "causal": true, "rope": true }] },
            { "type": "LayerNorm" },
            { "type": "Linear", "out_features": 6, "bias": false, "tied_to": "0" }],
        "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "AdamW", "lr": 0.01 }, "batch_size": 8, "seed": 3,
        "data": { "type": "Text", "name": "steps", "stride": 4, "train_fraction": 0.75 } })
}

/// A recurrent network of two layers for the same text.
fn recurrent(kind: &str) -> Value {
    let mut spec = gpt();
    spec["layers"] = json!([{ "type": "Embedding", "num_embeddings": 6, "embedding_dim": 8 },
        { "type": kind, "hidden_size": 24, "num_layers": 2, "dropout": 0.1 }, { "type": "Linear", "out_features": 6 }]);
    spec
}

fn open(engine: &Engine, device: &str, spec: &Value) -> Result<Value, Value> {
    ask(engine, json!({ "type": "create", "session": 1, "spec": spec, "device": device, "text": text().into_bytes() }))
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn predict(engine: &Engine, ids: &[f64]) -> Value {
    ask(engine, json!({ "type": "predict", "session": 1, "inputs": ids, "count": 1 })).unwrap()
}

/// Proves: a GPT learns its text on the CPU; the evaluation of windows is what predicting each of them says; and of a prompt the right character follows.
#[test]
fn learns() {
    let engine = engine();
    let opened = open(&engine, "cpu", &gpt()).unwrap();
    assert_eq!(opened["vocabulary"], "abcdfé");
    // 450 characters to train on, 150 to test on: (n - 9) / 4 + 1 windows.
    assert_eq!((&opened["train_count"], &opened["test_count"]), (&json!(111), &json!(36)));
    let points = train(&engine, 200)["points"].clone();
    let (first, last) = (points[0]["loss"].as_f64().unwrap(), points[199]["loss"].as_f64().unwrap());
    // The first character of a window leaves open which way it goes: 8 of 10 times one bit in one of eight places, 0.07 at best.
    assert!(first > 1.5 && last < 0.2, "loss from {first} to {last}");
    assert!(points[199]["accuracy"].as_f64().unwrap() > 0.9, "{}", points[199]);

    let evaluation = ask(&engine, json!({ "type": "evaluate", "session": 1, "split": "test", "details": true })).unwrap();
    assert!(evaluation.get("confusion").is_none() && evaluation.get("worst").is_none());
    let examples = ask(&engine, json!({ "type": "data", "session": 1, "split": "test", "start": 0, "count": 36 })).unwrap();
    assert_eq!(examples["shape"], json!([36, 8]));
    let (x, y) = (numbers(&examples["x"]), numbers(&examples["y"]));
    assert_eq!(x[1..8], y[..7], "targets are one character further");
    let said = ask(&engine, json!({ "type": "predict", "session": 1, "inputs": x, "count": 36 })).unwrap();
    assert_eq!(said["shape"], json!([36, 8, 6]));
    let p = numbers(&said["probabilities"]);
    let of = |place: usize, class: usize| p[6 * place + class];
    let loss = y.iter().enumerate().map(|(n, class)| -of(n, *class as usize).ln()).sum::<f64>() / y.len() as f64;
    let right = y.iter().enumerate().filter(|(n, class)| (0..6).all(|other| of(*n, other) <= of(*n, **class as usize))).count();
    assert!((evaluation["loss"].as_f64().unwrap() - loss).abs() < 1e-4 * loss, "{evaluation} instead of {loss}");
    assert!((evaluation["accuracy"].as_f64().unwrap() - right as f64 / y.len() as f64).abs() < 1e-6);

    let ids = numbers(&ask(&engine, json!({ "type": "encode", "session": 1, "text": "abcdéféd" })).unwrap()["ids"]);
    assert_eq!(ids, [0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0, 3.0]);
    let next = numbers(&predict(&engine, &ids)["output"])[7 * 6..].to_vec();
    assert_eq!((0..6).max_by(|a, b| next[*a].total_cmp(&next[*b])), Some(2), "{next:?}");
}

/// Proves: recurrent networks learn the text; what goes on from a saved file, its weights and its dropout are those of the session that went on itself, bit for bit.
#[test]
fn recurrent_networks_learn_and_resume() {
    for kind in ["RNN", "GRU", "LSTM"] {
        let engine = engine();
        open(&engine, "cpu", &recurrent(kind)).unwrap();
        let points = train(&engine, 120)["points"].clone();
        let loss = |n: usize| points[n]["loss"].as_f64().unwrap();
        // ln 6 at first. As above, 0.07 is the best there is.
        assert!(loss(0) > 1.6 && loss(119) < 0.4, "{kind}: loss from {} to {}", loss(0), loss(119));
        let bytes = save(&engine);
        let go_on = |engine: &Engine| (train(engine, 7)["points"].clone(), read(engine, "1.weight_hh_l1"), read(engine, "1.weight_ih_l0"));
        let expected = go_on(&engine);
        let other = self::engine();
        ask(&other, json!({ "type": "load", "session": 1, "bytes": bytes, "device": "cpu", "text": text().into_bytes() })).unwrap();
        assert_eq!(go_on(&other), expected, "{kind}");
    }
}

/// A recurrent network that reads the text in order: 56 windows in 8 rows, 7 steps an epoch.
fn stateful_lstm() -> Value {
    let mut spec = recurrent("LSTM");
    spec["layers"][1] = json!({ "type": "LSTM", "hidden_size": 24, "stateful": true });
    spec["data"] = json!({ "type": "Text", "name": "steps", "train_fraction": 0.75 });
    spec
}

/// Proves: what a window leaves open, a stateful layer knows from the window before, but for the first windows of an epoch; evaluation and prediction begin without states,
/// so that a window says the same wherever it comes from.
#[test]
fn states_go_on() {
    let run = |stateful: bool, device: &str| {
        let engine = engine();
        let mut spec = stateful_lstm();
        spec["layers"][1]["stateful"] = json!(stateful);
        assert_eq!(open(&engine, device, &spec).unwrap()["steps_per_epoch"], 7);
        let points = train(&engine, 210)["points"].clone();
        let losses = points.as_array().unwrap().iter().map(|point| point["loss"].as_f64().unwrap()).collect::<Vec<f64>>();
        let evaluated = ask(&engine, json!({ "type": "evaluate", "session": 1, "split": "test" })).unwrap()["loss"].as_f64().unwrap();
        (losses, evaluated, predict(&engine, &[0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0, 3.0]), engine)
    };
    let (with, evaluated, predicted, engine) = run(true, "cpu");
    let (without, ..) = run(false, "cpu");
    let last = |losses: &[f64]| losses[204..].iter().fold(0.0, |most: f64, loss| most.max(*loss));
    assert!(last(&with) < 0.02 && with[203] > 0.05, "{:?}", &with[203..]);
    assert!(without[203..].iter().sum::<f64>() / 7.0 > 0.05, "{:?}", &without[203..]);
    assert!(evaluated > 0.04, "{evaluated}");
    let states = read(&engine, "1.state_l0");
    assert!(states.len() == 2 * 8 * 24 && states.iter().any(|state| state.abs() > 0.1));
    write(&engine, "1.state_l0", &json!(vec![0.0; 384]));
    assert_eq!(predict(&engine, &[0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0, 3.0]), predicted);
    let (gpu, ..) = run(true, "webgpu");
    assert!(gpu.iter().zip(&with).take(30).all(|(a, b)| (a - b).abs() < 1e-3));
}

/// Proves: in the middle of an epoch, a saved file holds the states and goes on from them bit for bit; a changed option keeps them; and with another
/// number of rows training begins anew.
#[test]
fn states_are_saved() {
    let engine = engine();
    open(&engine, "cpu", &stateful_lstm()).unwrap();
    train(&engine, 10);
    let (bytes, states) = (save(&engine), read(&engine, "1.state_l0"));
    let mut spec = stateful_lstm();
    spec["clip_grad_norm"] = json!(1.0);
    assert_eq!(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap()["kept"], true);
    assert_eq!(read(&engine, "1.state_l0"), states);
    open(&engine, "cpu", &stateful_lstm()).unwrap();
    let whole = train(&engine, 20)["points"].as_array().unwrap()[10..].to_vec();
    ask(&engine, json!({ "type": "load", "session": 1, "bytes": bytes, "device": "cpu", "text": text().into_bytes() })).unwrap();
    assert_eq!(train(&engine, 10)["points"], json!(whole));
    let mut spec = stateful_lstm();
    spec["batch_size"] = json!(4);
    let reply = ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap();
    assert_eq!((&reply["kept"], &reply["step"]), (&json!(false), &json!(0)), "rows of another number have other states");
}

/// Proves: a GPT with dropout, and LSTMs within blocks, that compute their blocks again learn the same in every bit on each device.
#[test]
fn recomputes() {
    let mut blocks = recurrent("LSTM");
    let lstm = blocks["layers"][1].clone();
    blocks["layers"][1] =
        json!({ "type": "Sequential", "layers": [lstm, { "type": "Residual", "layers": [{ "type": "Linear", "out_features": 24 }, { "type": "SiLU" }] }] });
    for spec in [gpt(), blocks] {
        for device in ["cpu", "webgpu"] {
            let run = |recompute: bool| {
                let (engine, mut spec) = (engine(), spec.clone());
                spec["recompute"] = json!(recompute);
                open(&engine, device, &spec).unwrap();
                (train(&engine, 10)["points"].clone(), read(&engine, "0.weight"), read(&engine, "optimizer.exp_avg_sq/0.weight"))
            };
            assert!(run(false) == run(true), "{} on {device}", spec["layers"][1]["type"]);
        }
    }
}

/// Proves: a step in full view shows the layers of a language model and the gradient of a tied weight; those of the logits cancel at each place.
#[test]
fn trace() {
    let engine = engine();
    open(&engine, "cpu", &gpt()).unwrap();
    let trace = ask(&engine, json!({ "type": "trace", "session": 1, "start": 4, "count": 3 })).unwrap();
    let tensor = |list: &str, name: &str| trace[list].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap().clone();
    assert_eq!((&tensor("forward", "2")["shape"], &tensor("gradients", "0.weight")["shape"]), (&json!([3, 8, 16]), &json!([6, 16])));
    let logits = numbers(&tensor("gradients", "5.output")["data"]);
    for place in logits.chunks(6) {
        let size = place.iter().map(|g| g.abs()).sum::<f64>();
        assert!(size > 1e-3 && place.iter().sum::<f64>().abs() < 1e-5 * size, "{place:?}");
    }
}

/// Proves: no place of the output depends on a later character.
#[test]
fn causal() {
    let engine = engine();
    open(&engine, "cpu", &gpt()).unwrap();
    train(&engine, 5);
    let output = |ids: [f64; 8]| numbers(&predict(&engine, &ids)["output"]);
    let (one, other) = (output([0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0, 3.0]), output([0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0, 0.0]));
    for place in 0..8 {
        let differ = one[6 * place..][..6].iter().zip(&other[6 * place..][..6]).any(|(a, b)| (a - b).abs() > 1e-6);
        assert_eq!(differ, place >= 4, "place {place}");
    }
}

/// Proves: the GPU trains as the CPU does, dropout, windows that overlap and loops included.
#[test]
fn on_the_gpu() {
    for spec in [gpt(), recurrent("LSTM")] {
        let losses = |device: &str| {
            let engine = engine();
            open(&engine, device, &spec).unwrap();
            train(&engine, 30)["points"].as_array().unwrap().iter().map(|p| p["loss"].as_f64().unwrap()).collect::<Vec<f64>>()
        };
        for (n, (cpu, gpu)) in losses("cpu").into_iter().zip(losses("webgpu")).enumerate() {
            assert!((cpu - gpu).abs() < 1e-3 * cpu, "step {n}: {cpu} on the CPU, {gpu} on the GPU");
        }
    }
}

/// Proves: a checkpoint holds a tied weight once and goes on exactly; and a change of the windows needs no new file, but keeps the weights.
#[test]
fn saves_and_changes() {
    let engine = engine();
    open(&engine, "cpu", &gpt()).unwrap();
    train(&engine, 10);
    let tensors = ask(&engine, json!({ "type": "tensors", "session": 1 })).unwrap();
    let named = |name: &str| tensors["tensors"].as_array().unwrap().iter().filter(|t| t["name"] == name).count();
    assert_eq!((named("0.weight"), named("5.weight"), named("2.self_attn.in_proj_weight")), (1, 0, 1));
    let bytes = save(&engine);
    let losses = |points: Value| points["points"].clone();
    let going_on = losses(train(&engine, 5));
    let reply = ask(&engine, json!({ "type": "load", "session": 1, "bytes": bytes, "device": "cpu", "text": text().into_bytes() })).unwrap();
    assert_eq!((&reply["step"], &reply["vocabulary"]), (&json!(10), &json!("abcdfé")));
    assert_eq!(losses(train(&engine, 5)), going_on);

    let weight = read(&engine, "0.weight");
    let mut spec = gpt();
    spec["layers"][5]["out_features"] = json!(5);
    spec["layers"][5]["tied_to"] = json!(null);
    let (_, at, message) = refusal(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })));
    assert!(at == "layers" && message.contains("one logit for each of 6 characters"), "{message}");
    let mut spec = gpt();
    spec["batch_size"] = json!(4);
    assert_eq!(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap()["kept"], true);
    spec["data"]["stride"] = json!(2);
    let reply = ask(&engine, json!({ "type": "set", "session": 1, "spec": spec })).unwrap();
    assert_eq!((&reply["kept"], &reply["train_count"]), (&json!(true), &json!(221)));
    assert_eq!(read(&engine, "0.weight"), weight);
    spec["data"]["name"] = json!("another");
    assert_eq!(refusal(ask(&engine, json!({ "type": "set", "session": 1, "spec": spec }))).2, "the text is missing");
}

/// Proves: a text that does not fit, a character that is not known, and numbers that are none are refused by name.
#[test]
fn refuses() {
    let engine = engine();
    let with = |path: &str, value: Value| {
        let mut spec = gpt();
        *spec.pointer_mut(path).unwrap() = value;
        spec
    };
    for (spec, code, at, words) in [
        (with("/layers/0/num_embeddings", json!(5)), "spec", "layers[5]", "tied to layer 0, whose weight is [5, 16]"),
        (with("/data/train_fraction", json!(0.01)), "data", "data.train_fraction", "6 characters to train on, but a window and what follows take 9"),
        (with("/input", json!([8, 1])), "spec", "layers[1]", "needs an input [length, features]"),
    ] {
        let (found, place, message) = refusal(open(&engine, "cpu", &spec));
        assert!(found == code && place == at && message.contains(words), "{found} at {place}: {message}");
    }
    let bytes = json!({ "type": "create", "session": 1, "spec": gpt(), "device": "cpu", "text": [97, 98, 200] });
    assert!(refusal(ask(&engine, bytes)).2.contains("not UTF-8: its byte 2"));
    assert_eq!(refusal(ask(&engine, json!({ "type": "create", "session": 1, "spec": gpt(), "device": "cpu" }))).2, "the text is missing");
    open(&engine, "cpu", &gpt()).unwrap();
    let (code, at, message) = refusal(ask(&engine, json!({ "type": "encode", "session": 1, "text": "abc?" })));
    assert_eq!((code.as_str(), at.as_str(), message.as_str()), ("data", "encode", "character 3 of the text, '?', is not in the vocabulary"));
    for (ids, words) in [(json!([0, 1, 2, 3, 4, 5, 6, 0]), "number 6 of the inputs is 6"), (json!([0, 0.5, 0, 0, 0, 0, 0, 0]), "number 1 of the inputs is 0.5")]
    {
        let (code, at, message) = refusal(ask(&engine, json!({ "type": "predict", "session": 1, "inputs": ids, "count": 1 })));
        assert!(code == "data" && at == "predict" && message.contains(words), "{message}");
    }
    create(&engine, &linear());
    assert_eq!(refusal(ask(&engine, json!({ "type": "encode", "session": 1, "text": "a" }))).2, "the experiment is not about a text");
}

/// Proves: what attention looks at is told as the softmax of what queries and keys say, by heads, computed here from the weights; that it is told of every
/// attention within other layers; and that the output is the same whether layers are asked for or not.
#[test]
fn tells_what_it_looks_at() {
    let (length, width, heads) = (8, 16, 2);
    let ids = [0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0, 3.0];
    let engine = engine();
    let mut spec = gpt();
    spec["layers"] = json!([{ "type": "Embedding", "num_embeddings": 6, "embedding_dim": width },
        { "type": "MultiheadAttention", "num_heads": heads, "causal": true }, { "type": "Linear", "out_features": 6 }]);
    open(&engine, "cpu", &spec).unwrap();
    train(&engine, 20);
    let looked = ask(&engine, json!({ "type": "predict", "session": 1, "inputs": ids, "count": 1, "layers": true })).unwrap();
    let layers = looked["layers"].as_array().unwrap();
    let told = layers.iter().find(|layer| layer["type"] == "attn_output_weights").unwrap();
    assert_eq!((&told["name"], &told["shape"]), (&json!("1.attn_output_weights"), &json!([1, heads, length, length])));
    assert_eq!(looked["output"], predict(&engine, &ids)["output"]);

    let read = |name: &str| numbers(&ask(&engine, json!({ "type": "read", "session": 1, "name": name })).unwrap()["data"]);
    let (x, weight, bias) = (numbers(&layers[0]["data"]), read("1.in_proj_weight"), read("1.in_proj_bias"));
    let projected = |place: usize, feature: usize| (0..width).map(|n| x[place * width + n] * weight[feature * width + n]).sum::<f64>() + bias[feature];
    let size = width / heads;
    let score = |head: usize, query: usize, key: usize| {
        let product = (0..size).map(|n| projected(query, head * size + n) * projected(key, width + head * size + n)).sum::<f64>();
        (product / (size as f64).sqrt()).exp()
    };
    let told = numbers(&told["data"]);
    for (n, told) in told.iter().enumerate() {
        let (head, query, key) = (n / length / length, n / length % length, n % length);
        let want = if key > query { 0.0 } else { score(head, query, key) / (0..=query).map(|key| score(head, query, key)).sum::<f64>() };
        assert!((told - want).abs() < 1e-5, "head {head}, place {query} at {key}: {told}, but the weights say {want}");
    }

    ask(&engine, json!({ "type": "set", "session": 1, "spec": gpt() })).unwrap();
    let looked = ask(&engine, json!({ "type": "predict", "session": 1, "inputs": ids, "count": 1, "layers": true })).unwrap();
    let all = looked["layers"].as_array().unwrap().iter();
    let names: Vec<&str> = all.filter(|layer| layer["type"] == "attn_output_weights").map(|layer| layer["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["2.self_attn.attn_output_weights", "3.layers.1.attn_output_weights"]);
}
