//! Mistakes in an experiment: each is an error that names the place, says what is wrong, and what to do. Imports the crate.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

use serde_json::{Value, json};
use tabgrad::dtype::DType;
use tabgrad::error::{Code, Error};
use tabgrad::json::ToJson;
use tabgrad::nn::{self, DataLayout, Model, Spec};

/// A small experiment that is right.
fn small() -> Value {
    json!({
        "input": [2],
        "layers": [{ "type": "Linear", "out_features": 3 }, { "type": "Tanh" }, { "type": "Linear", "out_features": 1 }],
        "loss": { "type": "BCEWithLogitsLoss" },
        "optimizer": { "type": "Adam" },
        "data": { "type": "Points", "shape": "xor" },
    })
}

/// An image network of these layers, its output of three classes.
fn images(layers: Value) -> Value {
    json!({
        "input": [1, 8, 8],
        "layers": layers,
        "loss": { "type": "CrossEntropyLoss" },
        "optimizer": { "type": "SGD", "lr": 0.1 },
        "batch_size": 4,
        "data": { "type": "Images", "name": "mnist" },
    })
}

/// The experiment with one field (a JSON pointer) replaced or added.
fn with(mut spec: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = spec.pointer_mut(parent).expect("a place");
    match parent {
        Value::Object(map) => drop(map.insert(field.to_string(), value)),
        Value::Array(list) => list[field.parse::<usize>().expect("an index")] = value,
        _ => panic!("nothing at {pointer}"),
    }
    spec
}

fn error(spec: &Value) -> Error {
    match Spec::parse(spec).and_then(|spec| Model::new(&spec)) {
        Ok(_) => panic!("accepted: {spec}"),
        Err(error) => error,
    }
}

/// Asserts a mistake's place and parts of its message and hint.
fn mistake(spec: Value, at: &str, message: &str, hint: &str) {
    let error = error(&spec);
    assert_eq!(error.code, Code::Spec, "{error}");
    assert_eq!(error.at, at, "{error}");
    assert!(error.message.contains(message), "message of: {error}\nexpected: {message}");
    assert!(error.hint.contains(hint), "hint of: {error}\nexpected: {hint}");
}

/// Proves: a minimal experiment is complete, and what is written reads back as the same.
#[test]
fn minimal_and_round_trip() {
    let spec = Spec::parse(&small()).expect("a minimal experiment");
    assert_eq!((spec.batch_size, spec.seed, spec.warmup_steps), (32, 0, 0));
    assert_eq!((spec.optimizer.lr(), spec.clip_grad_norm), (0.001, None));
    let text = serde_json::to_string(&spec).expect("text");
    assert_eq!(serde_json::from_str::<Spec>(&text).expect("the same"), spec);

    let every = json!([
        { "type": "Conv2d", "out_channels": 4, "kernel_size": [3, 2], "padding": 1, "init": "kaiming_normal" },
        { "type": "BatchNorm2d" }, { "type": "ReLU" }, { "type": "MaxPool2d", "kernel_size": 2 }, { "type": "Dropout", "p": 0.1 },
        { "type": "Residual", "layers": [{ "type": "Conv2d", "out_channels": 4, "kernel_size": 1 }, { "type": "GELU" }] },
        { "type": "AvgPool2d", "kernel_size": 1, "stride": 1 }, { "type": "ConvTranspose2d", "out_channels": 2, "kernel_size": 2 },
        { "type": "AdaptiveAvgPool2d", "output_size": 2 }, { "type": "GroupNorm", "num_groups": 2 }, { "type": "LayerNorm", "normalized_shape": 2 },
        { "type": "Flatten" }, { "type": "Sequential", "layers": [{ "type": "ELU" }, { "type": "LeakyReLU" }, { "type": "SiLU" }] },
        { "type": "Linear", "out_features": 3, "bias": false }
    ]);
    let spec = Spec::parse(&images(every)).expect("every family of layers");
    let text = serde_json::to_string(&spec).expect("text");
    assert_eq!(serde_json::from_str::<Spec>(&text).expect("the same"), spec);
    assert_eq!(Model::new(&spec).expect("a model").output, [3]);
}

/// Proves: unknown names are refused wherever they stand, with what is known there.
#[test]
fn unknown_names() {
    mistake(with(small(), "/layers/1", json!({ "type": "Conv3d" })), "layers[1]", "unknown layer type Conv3d", "known: Linear, Conv2d,");
    mistake(
        with(small(), "/layers/0/out_feature", json!(1)),
        "layers[0]",
        "unknown field out_feature",
        "known: out_features, in_features, bias, init, tied_to",
    );
    mistake(with(small(), "/layers/1/p", json!(1)), "layers[1]", "unknown field p", "Tanh has no options");
    mistake(with(small(), "/layers/0/init", json!("he")), "layers[0].init", "unknown word \"he\"", "known: default xavier_uniform");
    mistake(with(small(), "/layer", json!([])), "", "unknown field layer", "known: name, input, layers");
    mistake(with(small(), "/loss/type", json!("Hinge")), "loss", "unknown loss type Hinge", "BCELoss");
    mistake(with(small(), "/optimizer/type", json!("Lion")), "optimizer", "unknown optimizer type Lion", "SGD, Adam");
    mistake(with(small(), "/optimizer/momentum", json!(0.9)), "optimizer", "unknown field momentum", "known: lr, betas, eps, weight_decay");
    mistake(with(small(), "/schedule", json!({ "type": "ExponentialLR" })), "schedule", "unknown schedule type ExponentialLR", "StepLR");
    mistake(with(small(), "/data/type", json!("Csv")), "data", "unknown data type Csv", "known: Table, Points, Images, Text");
    mistake(with(small(), "/data/shape", json!("moons")), "data.shape", "unknown word \"moons\"", "circle xor gauss spiral");
    mistake(with(small(), "/data/features", json!(["x1", "x3"])), "data.features[1]", "unknown word \"x3\"", "x1^2");
    let nested = json!({ "type": "Residual", "layers": [{ "type": "Tanh" }, { "type": "Sequential", "layers": [{ "type": "Relu" }] }] });
    mistake(with(small(), "/layers/1", nested), "layers[1].layers[1].layers[0]", "unknown layer type Relu", "ReLU");
}

/// Proves: values of the wrong type, missing ones and those out of range are refused with their place.
#[test]
fn wrong_values() {
    for (pointer, value, at, message) in [
        ("/layers/0/out_features", json!("3"), "layers[0].out_features", "out_features must be a whole number, not \"3\""),
        ("/layers/0/out_features", json!(2.5), "layers[0].out_features", "must be a whole number, not 2.5"),
        ("/layers/0/out_features", json!(0), "layers[0].out_features", "must be at least 1, not 0"),
        ("/layers/0/out_features", json!(-4), "layers[0].out_features", "must be at least 1, not -4"),
        ("/layers/0/out_features", json!(1e12), "layers[0].out_features", "must be at most 16777216"),
        ("/layers/0/out_features", Value::Null, "layers[0].out_features", "must be a whole number, not null"),
        ("/layers/0/bias", json!(1), "layers[0].bias", "must be true or false"),
        ("/layers/1", json!({ "type": "Dropout", "p": 1.0 }), "layers[1].p", "p must be at least 0 and below 1, not 1"),
        ("/layers/1", json!({ "type": "Dropout", "p": -0.1 }), "layers[1].p", "at least 0 and below 1"),
        ("/layers/1", json!({ "type": 7 }), "layers[1]", "the type of a layer must be a name, not 7"),
        ("/layers/1", json!({}), "layers[1]", "a layer needs a type"),
        ("/layers/1", json!("Tanh"), "layers[1]", "must be an object, not \"Tanh\""),
        ("/layers/0", json!({ "type": "Linear" }), "layers[0]", "Linear needs out_features"),
        ("/layers", json!([]), "layers", "at least one layer"),
        ("/layers", json!({}), "layers", "layers must be a list"),
        ("/layers", json!([{ "type": "Tanh" }]), "layers", "no parameters to train"),
        ("/input", json!([]), "input", "at least one size"),
        ("/input", json!([0]), "input[0]", "must be at least 1, not 0"),
        ("/input", json!(2), "input", "must be a list"),
        ("/batch_size", json!(0), "batch_size", "must be at least 1, not 0"),
        ("/batch_size", json!(-1), "batch_size", "must be at least 1, not -1"),
        ("/seed", json!(-1), "seed", "must be 0 or more"),
        ("/seed", json!(5_000_000_000u64), "seed", "must be at most 4294967295"),
        ("/clip_grad_norm", json!(0), "clip_grad_norm", "must be greater than 0"),
        ("/regularization", json!({ "l1": -1 }), "regularization.l1", "must be 0 or more"),
        ("/optimizer/lr", json!(0), "optimizer.lr", "must be greater than 0, not 0"),
        ("/optimizer/lr", json!(1e300), "optimizer.lr", "within 3.4e38"),
        ("/optimizer/lr", Value::Null, "optimizer.lr", "must be a number, not null"),
        ("/optimizer/betas", json!([0.9]), "optimizer.betas", "must be a list of two"),
        ("/optimizer/betas", json!([0.9, 1.0]), "optimizer.betas[1]", "below 1"),
        ("/optimizer", json!({ "type": "SGD", "nesterov": true }), "optimizer.nesterov", "needs a momentum and no dampening"),
        ("/schedule", json!({ "type": "StepLR", "step_size": 0 }), "schedule.step_size", "at least 1"),
        ("/schedule", json!({ "type": "StepLR" }), "schedule", "StepLR needs step_size"),
        ("/data/noise", json!(0.6), "data.noise", "from 0 to 0.5"),
        ("/data/train_fraction", json!(1), "data.train_fraction", "below 1"),
        ("/data/samples", json!(0), "data.samples", "from 1 to 100000"),
        ("/data/features", json!([]), "data.features", "at least one feature"),
        ("/data", json!({ "type": "Table", "x": [[1, "a"]], "y": [1] }), "data.x[0][1]", "must be a number"),
        ("/data", json!({ "type": "Table", "x": [[1, 2]], "y": 1 }), "data.y", "list"),
    ] {
        mistake(with(small(), pointer, value), at, message, "");
    }
    mistake(json!([1, 2]), "", "the experiment must be an object, not [1,2]", "");
    let halves = with(with(small(), "/precision", json!("f16")), "/accumulate", json!(2));
    mistake(halves, "accumulate", "in half precision a step takes one batch", "a larger batch_size");
}

/// Proves: a value that JSON cannot hold, in an experiment made in Rust, is refused as well.
#[test]
fn not_a_number_from_rust() {
    let mut spec = Spec::parse(&small()).expect("right");
    spec.regularization.l2 = f64::NAN;
    let error = Model::new(&spec).expect_err("NaN");
    assert_eq!((error.code, error.at.as_str()), (Code::Spec, "regularization.l2"));
}

/// Proves: shapes that do not fit are refused with the layer, the shapes and what to do.
#[test]
fn shapes_that_do_not_fit() {
    let linear = |n: usize| json!({ "type": "Linear", "out_features": n });
    let conv = |n: usize, k: usize| json!({ "type": "Conv2d", "out_channels": n, "kernel_size": k });
    let flat = || json!({ "type": "Flatten" });
    for (layers, at, message, hint) in [
        (
            json!([{ "type": "Linear", "in_features": 64, "out_features": 3 }]),
            "layers[0]",
            "in_features 64, but its input has 8: its input is [1, 8, 8]",
            "insert Flatten",
        ),
        (
            json!([flat(), { "type": "Linear", "in_features": 60, "out_features": 3 }]),
            "layers[1]",
            "in_features 60, but its input has 64",
            "set in_features to 64",
        ),
        (json!([conv(2, 3), linear(3)]), "loss", "one logit per class, but the output is [2, 6, 3]", "insert Flatten"),
        (json!([flat(), linear(1)]), "loss", "at least two classes", "BCEWithLogitsLoss"),
        (json!([flat(), conv(2, 3)]), "layers[1]", "Conv2d needs an input [channels, height, width]: its input is [64]", "before Flatten"),
        (json!([conv(2, 9), flat(), linear(3)]), "layers[0]", "larger than its input: its input is [1, 8, 8]", "smaller kernel_size"),
        (json!([{ "type": "MaxPool2d", "kernel_size": 4 }, { "type": "MaxPool2d", "kernel_size": 4 }]), "layers[1]", "its input is [1, 2, 2]", "fewer pooling"),
        (json!([{ "type": "MaxPool2d", "kernel_size": 2, "padding": 2 }]), "layers[0]", "padding [2, 2]", "at most half"),
        (json!([{ "type": "Conv2d", "out_channels": 3, "kernel_size": 1, "groups": 2 }]), "layers[0]", "among 2 groups", "divide both"),
        (
            json!([{ "type": "Conv2d", "out_channels": 3, "kernel_size": 1, "in_channels": 3 }]),
            "layers[0]",
            "in_channels 3, but its input has 1",
            "set in_channels to 1",
        ),
        (
            json!([{ "type": "ConvTranspose2d", "out_channels": 1, "kernel_size": 2, "output_padding": 1 }]),
            "layers[0]",
            "output_padding 1",
            "smaller than stride",
        ),
        (json!([{ "type": "ConvTranspose2d", "out_channels": 1, "kernel_size": 2, "padding": 9 }]), "layers[0]", "leaves nothing", "less padding"),
        (json!([flat(), { "type": "BatchNorm2d" }]), "layers[1]", "its input is [64]", "BatchNorm1d"),
        (json!([{ "type": "BatchNorm1d" }]), "layers[0]", "its input is [1, 8, 8]", "BatchNorm2d"),
        (json!([conv(4, 3), { "type": "GroupNorm", "num_groups": 3 }]), "layers[1]", "4 channels among 3 groups", "divide"),
        (json!([{ "type": "LayerNorm", "normalized_shape": [7] }]), "layers[0]", "normalized_shape [7]", "as [8]"),
        (json!([{ "type": "Softmax", "dim": 0 }]), "layers[0]", "no axis 0", "use 1 to 3"),
        (json!([flat(), linear(4), { "type": "Embedding", "num_embeddings": 4, "embedding_dim": 2 }]), "layers[2]", "whole numbers", "first place"),
        (
            json!([flat(), { "type": "Residual", "layers": [{ "type": "ReLU" }, linear(3)] }]),
            "layers[1]",
            "output [3] and its shortcut's [64]: its input is [64]",
            "give a shortcut",
        ),
        (
            json!([{ "type": "Sequential", "layers": [{ "type": "Residual", "layers": [conv(2, 3)], "shortcut": [conv(3, 3), conv(3, 9)] }] }]),
            "layers[0].layers[0].shortcut[1]",
            "its input is [3, 6, 6]",
            "smaller kernel_size",
        ),
        (json!([flat(), linear(16_000_000), linear(3)]), "layers[1]", "larger than 256 million", "smaller layers"),
        (json!([{ "type": "MultiheadAttention", "num_heads": 2 }]), "layers[0]", "needs an input [length, features]: its input is [1, 8, 8]", "Embedding"),
        (json!([flat(), { "type": "Linear", "out_features": 3, "tied_to": "1" }]), "layers[1]", "no such layer with a weight stands before it", "by its place"),
        (json!([conv(16_000_000, 1), linear(3)]), "layers[0]", "larger than 256 million numbers", "smaller batch_size"),
    ] {
        mistake(images(layers), at, message, hint);
    }
    mistake(with(small(), "/input", json!([3])), "input", "[3], but data.features has 2", "set input to [2]");
    let table = json!({ "type": "Table", "x": [[1, 2], [1]], "y": [0, 1] });
    mistake(with(small(), "/data", table), "input", "data.x[1] has 1 numbers", "set input to [1]");
    mistake(with(small(), "/loss/type", json!("BCELoss")), "loss", "needs probabilities", "end with Sigmoid, or use BCEWithLogitsLoss");
    let alone = with(with(small(), "/batch_size", json!(1)), "/layers/1", json!({ "type": "BatchNorm1d" }));
    mistake(alone, "layers[1]", "more than one value per feature", "batch_size of at least 2");
}

/// A network for sequences of six numbers, below 5 each, its output of five classes at each place.
fn sequences(layers: &[Value]) -> Value {
    let embedding = json!({ "type": "Embedding", "num_embeddings": 5, "embedding_dim": 6 });
    let layers: Vec<Value> = [embedding].iter().chain(layers).cloned().chain([json!({ "type": "Linear", "out_features": 5 })]).collect();
    json!({ "input": [6], "layers": layers, "loss": { "type": "CrossEntropyLoss" }, "optimizer": { "type": "AdamW" }, "batch_size": 2,
        "data": { "type": "Text", "name": "text" } })
}

/// Proves: mistakes in the layers of a language model are refused with the layer, the shapes and what to do.
#[test]
fn sequences_that_do_not_fit() {
    for (layer, at, message, hint) in [
        (json!({ "type": "MultiheadAttention", "num_heads": 4 }), "layers[1]", "cannot share 6 features among 4 heads: its input is [6, 6]", "must divide"),
        (json!({ "type": "MultiheadAttention", "num_heads": 2, "embed_dim": 8 }), "layers[1]", "embed_dim 8, but its input has 6", "set embed_dim to 6"),
        (json!({ "type": "MultiheadAttention", "num_heads": 2, "rope": true }), "layers[1]", "turns pairs of features, but a head has 3", "rope"),
        (json!({ "type": "MultiheadAttention" }), "layers[1]", "MultiheadAttention needs num_heads", ""),
        (json!({ "type": "TransformerEncoderLayer", "nhead": 5 }), "layers[1]", "TransformerEncoderLayer cannot share 6 features among 5 heads", "must divide"),
        (json!({ "type": "TransformerEncoderLayer", "nhead": 2, "d_model": 5 }), "layers[1]", "d_model 5, but its input has 6", "set d_model to 6"),
        (json!({ "type": "TransformerEncoderLayer", "nhead": 2, "activation": "tanh" }), "layers[1].activation", "unknown word \"tanh\"", "relu gelu"),
        (json!({ "type": "TransformerEncoderLayer", "nhead": 2, "dropout": 1 }), "layers[1].dropout", "below 1", ""),
        (json!({ "type": "PositionalEmbedding", "num_embeddings": 5 }), "layers[1]", "has 5 positions, but a sequence of its input is 6 long", "at least 6"),
        (json!({ "type": "RMSNorm", "normalized_shape": 5 }), "layers[1]", "normalized_shape [5]", "as [6]"),
    ] {
        mistake(sequences(&[layer]), at, message, hint);
    }
    let odd = with(sequences(&[json!({ "type": "SinusoidalPositions" })]), "/layers/0/embedding_dim", json!(5));
    mistake(odd, "layers[1]", "needs an even number of features", "embedding_dim");
    let tied = with(sequences(&[]), "/layers/1/tied_to", json!("0"));
    assert_eq!(Model::new(&Spec::parse(&tied).expect("right")).expect("right").params.len(), 2, "a weight, and the bias of the last layer");
    mistake(
        with(tied, "/layers/1/out_features", json!(4)),
        "layers[1]",
        "needs a weight [4, 6], but is tied to layer 0, whose weight is [5, 6]",
        "as the weight has rows",
    );
    mistake(with(sequences(&[]), "/input", json!([2, 3])), "input", "those of a text are rows of characters", "one size");
    mistake(with(sequences(&[]), "/data/stride", json!(0)), "data.stride", "at least 1", "");
    let huge = |dropout: f64, length: usize| {
        with(sequences(&[json!({ "type": "MultiheadAttention", "num_heads": 1, "dropout": dropout })]), "/input", json!([length]))
    };
    mistake(huge(0.0, 1_000_000), "layers[1]", "what it computes for a batch, 2 x [2, 1, 1000000, 256], is larger than 256 million", "smaller batch_size");
    mistake(huge(0.1, 100_000), "layers[1]", "what dropout numbers for a batch, 2 x [1, 100000, 100000], is larger than 256 million", "smaller batch_size");
}

/// Proves: mistakes in recurrent layers are refused with the option or the layer, the shapes and what to do.
#[test]
fn recurrent_layers_that_do_not_fit() {
    for kind in ["RNN", "GRU", "LSTM"] {
        let layer = |field: &str, value: Value| with(json!({ "type": kind, "hidden_size": 4 }), &format!("/{field}"), value);
        for (layer, at, message, hint) in [
            (json!({ "type": kind }), "layers[1]", format!("{kind} needs hidden_size"), ""),
            (layer("hidden_size", json!(0)), "layers[1].hidden_size", "must be at least 1, not 0".into(), ""),
            (layer("num_layers", json!(0)), "layers[1].num_layers", "must be at least 1, not 0".into(), ""),
            (layer("dropout", json!(1.0)), "layers[1].dropout", "at least 0 and below 1, not 1".into(), ""),
            (layer("bidirectional", json!(2)), "layers[1].bidirectional", "must be true or false".into(), ""),
            (layer("batch_first", json!(true)), "layers[1]", "unknown field batch_first".into(), "known: hidden_size, input_size, num_layers,"),
            (layer("input_size", json!(8)), "layers[1]", format!("{kind} has input_size 8, but its input has 6: its input is [6, 6]"), "set input_size to 6"),
        ] {
            mistake(sequences(&[layer]), at, &message, hint);
        }
        let image = images(json!([layer("num_layers", json!(2))]));
        mistake(image, "layers[0]", &format!("{kind} needs an input [length, features]: its input is [1, 8, 8]"), "begin with an Embedding");
    }
    let word = json!({ "type": "RNN", "hidden_size": 4, "nonlinearity": "sigmoid" });
    mistake(sequences(&[word]), "layers[1].nonlinearity", "unknown word \"sigmoid\"", "tanh relu");
    let stateful = |both: bool| sequences(&[json!({ "type": "LSTM", "hidden_size": 4, "bidirectional": both, "stateful": true })]);
    mistake(stateful(true), "layers[1]", "cannot be stateful in both directions", "leave out bidirectional");
    let table = with(stateful(false), "/data", json!({ "type": "Table", "x": [], "y": [] }));
    mistake(table, "data", "reads examples in order, and only those of a text have one", "use a Text");
    let strided = with(stateful(false), "/data", json!({ "type": "Text", "name": "text", "stride": 1 }));
    mistake(strided, "data.stride", "with this stride no window begins there", "leave out stride");
    mistake(sequences(&[json!({ "type": "LSTM", "hidden_size": 4, "nonlinearity": "tanh" })]), "layers[1]", "unknown field nonlinearity", "known: hidden_size");
}

/// Proves: a transformer's parameters have PyTorch's names, shapes and initial distributions, and the report counts what attention computes on its way.
#[test]
fn transformer() {
    let layer = json!({ "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 100 });
    let model = Model::new(&Spec::parse(&sequences(&[layer])).expect("right")).expect("right");
    let params: Vec<(&str, &[usize])> = model.params[1..13].iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
    let expected: [(&str, &[usize]); 12] = [
        ("1.self_attn.in_proj_weight", &[18, 6]),
        ("1.self_attn.in_proj_bias", &[18]),
        ("1.self_attn.out_proj.weight", &[6, 6]),
        ("1.self_attn.out_proj.bias", &[6]),
        ("1.linear1.weight", &[100, 6]),
        ("1.linear1.bias", &[100]),
        ("1.linear2.weight", &[6, 100]),
        ("1.linear2.bias", &[6]),
        ("1.norm1.weight", &[6]),
        ("1.norm1.bias", &[6]),
        ("1.norm2.weight", &[6]),
        ("1.norm2.bias", &[6]),
    ];
    assert_eq!(params, expected);
    let init = |n: usize| model.params[n + 1].init;
    // Xavier counts six inputs and eighteen outputs; Linear's default is 1 / sqrt(inputs).
    assert_eq!((init(0), init(1)), (nn::Init::Uniform(0.5), nn::Init::Constant(0.0)));
    assert_eq!((init(2), init(3)), (nn::Init::Uniform(1.0 / 6f32.sqrt()), nn::Init::Constant(0.0)));
    assert_eq!((init(6), init(8), init(9)), (nn::Init::Uniform(0.1), nn::Init::Constant(1.0), nn::Init::Constant(0.0)));
    // Queries, keys and values, their mixture, scores, weights and those that dropout leaves; what the parts give: attention, two layers, two norms; the activation, its
    // slope, and what dropout leaves of it and of the two parts that are added; the sum.
    assert_eq!(model.layers[1].activations, 6 * 24 + 3 * 2 * 36 + 36 + 600 + 36 + 36 + 36 + 3 * 600 + 2 * 36 + 36);
    // Products of the projections, of queries with keys and of weights with values, exponentials; two linear layers with bias, norms, activation, sums.
    let attention = 6.0 * (8.0 * 36.0 + 4.0 * 36.0 + 5.0 * 2.0 * 6.0);
    let feed = 6.0 * (2.0 * 600.0 + 100.0 + 2.0 * 600.0 + 6.0) + 600.0;
    assert_eq!(model.layers[1].flops, attention + feed + 2.0 * 7.0 * 36.0 + 2.0 * 36.0);
}

/// Proves: a decoder layer is an encoder layer with attention to the memory and a norm for it, by PyTorch's names; mistakes in what stands around it are refused.
#[test]
fn encoder_and_decoder() {
    let linear = |n: usize| json!({ "type": "Linear", "out_features": n });
    let layer = json!({ "type": "TransformerDecoderLayer", "nhead": 2, "dim_feedforward": 10, "dropout": 0.0 });
    let both =
        |source: usize, encoder: Value, decoder: Value| json!({ "type": "EncoderDecoder", "source_length": source, "encoder": encoder, "decoder": decoder });
    let right = sequences(&[both(2, json!([linear(6)]), json!([layer]))]);
    let spec = Spec::parse(&right).expect("right");
    assert_eq!(Spec::parse(spec.json()).expect("the same"), spec);
    let model = Model::new(&spec).expect("right");
    assert_eq!(model.output, [4, 5]);
    let names: Vec<&str> = model.params.iter().filter_map(|p| p.name.strip_prefix("1.decoder.0.")).collect();
    let attention = |name: &str| ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map(|part| format!("{name}.{part}"));
    let pair = |name: &str| ["weight", "bias"].map(|part| format!("{name}.{part}"));
    let parts = ["linear1", "linear2", "norm1", "norm2", "norm3"].map(pair);
    assert_eq!(names, [&attention("self_attn")[..], &attention("multihead_attn"), parts.as_flattened()].concat());
    // Four places look at each other and at two: projections of eight queries, mixtures, keys and values and of four and two others, products and exponentials; two linear
    // layers with bias, three norms, activation, sums.
    let row = model.layers.iter().find(|row| row.name == "1.decoder.0").expect("a row");
    let attention = (4.0 * 36.0) * (8.0 + 6.0) + 4.0 * (4.0 * 6.0 + 10.0) * (4.0 + 2.0);
    let feed = 4.0 * (2.0 * 60.0 + 10.0 + 2.0 * 60.0 + 6.0) + 40.0;
    assert_eq!(row.flops, attention + feed + 3.0 * 7.0 * 24.0 + 3.0 * 24.0);

    let (encoder, decoder) = (json!([linear(6)]), json!([layer]));
    for (layer, at, message, hint) in [
        (layer.clone(), "layers[1]", "TransformerDecoderLayer has no memory to look at: its input is [6, 6]", "into the decoder of an EncoderDecoder"),
        (both(2, decoder.clone(), decoder.clone()), "layers[1].encoder[0]", "has no memory to look at: its input is [2, 6]", "into the decoder"),
        (both(6, encoder.clone(), decoder.clone()), "layers[1]", "EncoderDecoder takes the first 6 places as its source, and needs some after them", "smaller"),
        (both(0, encoder.clone(), decoder.clone()), "layers[1].source_length", "must be at least 1, not 0", ""),
        (both(2, json!([linear(4)]), decoder.clone()), "layers[1].decoder[0]", "looks at a memory of 4 features from places of 6", "the same number"),
        (
            both(2, json!([{ "type": "Flatten" }]), decoder.clone()),
            "layers[1]",
            "needs an encoder that gives [length, features], not [12]",
            "leave out Flatten",
        ),
        (both(2, encoder.clone(), json!([{ "type": "TransformerDecoderLayer", "nhead": 4 }])), "layers[1].decoder[0]", "cannot share 6 features among 4", ""),
        (json!({ "type": "EncoderDecoder", "source_length": 2, "encoder": [] }), "layers[1]", "EncoderDecoder needs decoder", ""),
    ] {
        mistake(sequences(&[layer]), at, message, hint);
    }
    let within = both(1, json!([]), json!([both(1, json!([]), decoder.clone())]));
    assert_eq!(Model::new(&Spec::parse(&sequences(&[within])).expect("reads")).expect("a decoder within another").output, [4, 5]);
}

/// Proves: data that does not fit the network is refused when a computation is made.
#[test]
fn data_that_does_not_fit() {
    let spec = Spec::parse(&small()).expect("right");
    let model = Model::new(&spec).expect("right");
    let layout = DataLayout { count: 100, x: DType::F32, x_shape: vec![2], y: DType::F32, y_shape: vec![1], stride: None, scale: None, order_len: 96 };
    let fails = |layout: DataLayout| match nn::train(&spec, &model, &layout) {
        Ok(_) => panic!("accepted: {layout:?}"),
        Err(error) => error,
    };
    nn::train(&spec, &model, &layout).expect("right");
    let error = fails(DataLayout { count: 31, ..layout.clone() });
    assert_eq!((error.at.as_str(), error.message.as_str()), ("batch_size", "with batch_size 32 a step takes 32 examples, but there are 31 to train on"));
    assert_eq!(error.hint, "Set batch_size to at most 31.");
    assert_eq!(fails(DataLayout { x_shape: vec![3], ..layout.clone() }).at, "input");
    let error = fails(DataLayout { y_shape: vec![2], ..layout.clone() });
    assert_eq!((error.at.as_str(), error.message.as_str()), ("layers[2]", "BCEWithLogitsLoss compares outputs [1] with targets [2]"));

    assert_eq!(spec.loss.check_targets(&[1], [0.0, 1.0]), Ok(()));
    let error = spec.loss.check_targets(&[1], [0.0, 1.5]).expect_err("1.5 is no probability");
    assert_eq!((error.code, error.at.as_str()), (Code::Data, "target 1"));
    let classes = Spec::parse(&with(small(), "/loss/type", json!("CrossEntropyLoss"))).expect("reads").loss;
    assert_eq!(classes.check_targets(&[3], [0.0, 2.0]), Ok(()));
    for wrong in [3.0, -1.0, 0.5, f32::NAN] {
        let error = classes.check_targets(&[3], [wrong]).expect_err("no class");
        assert!(error.message.contains("a class from 0 to 2"), "{error}");
    }
    let ignoring = Spec::parse(&with(small(), "/loss", json!({ "type": "CrossEntropyLoss", "ignore_index": -1 }))).expect("reads").loss;
    assert_eq!(ignoring.check_targets(&[3], [0.0, -1.0]), Ok(()));
    assert_eq!(ignoring.check_targets(&[3], [-1.0, 3.0]).expect_err("no class").at, "target 1");
}

/// Proves: an Embedding is padded by one of its rows.
#[test]
fn padding_idx() {
    let padded = |row: Value| {
        let layers = json!([{ "type": "Embedding", "num_embeddings": 5, "embedding_dim": 3, "padding_idx": row }, { "type": "Flatten" },
            { "type": "Linear", "out_features": 1 }]);
        with(small(), "/layers", layers)
    };
    mistake(padded(json!(5)), "layers[0]", "has padding_idx 5, but its rows are 0 to 4", "set padding_idx to one of the rows");
    mistake(padded(json!(-1)), "layers[0].padding_idx", "must be 0 or more, not -1", "");
    let spec = Spec::parse(&padded(json!(3))).expect("right");
    assert_eq!(Spec::parse(spec.json()).expect("the same"), spec);
    let start = Model::new(&spec).expect("right").initial_params(5);
    let zeros: Vec<usize> = (0..15).filter(|n| start[*n] == 0.0).collect();
    assert_eq!(zeros, [9, 10, 11]);
    assert_eq!(start[..9], Model::new(&Spec::parse(&padded(Value::Null)).expect("right")).expect("right").initial_params(5)[..9]);
}

/// Proves: the report has each layer's place, shapes and parameters, and the memory of a training run.
#[test]
fn report() {
    let spec = Spec::parse(&images(json!([
        { "type": "Conv2d", "out_channels": 2, "kernel_size": 3 },
        { "type": "Residual", "layers": [{ "type": "Conv2d", "out_channels": 2, "kernel_size": 1, "bias": false }] },
        { "type": "Flatten" },
        { "type": "Linear", "out_features": 3 }
    ])));
    let report = nn::check(&spec.expect("right")).expect("right");
    let rows: Vec<(&str, &str, usize)> = report.layers.iter().map(|l| (l.path.as_str(), l.name.as_str(), l.params)).collect();
    assert_eq!(rows, [("layers[0]", "0", 20), ("layers[1]", "1", 4), ("layers[1].layers[0]", "1.layers.0", 4), ("layers[2]", "2", 0), ("layers[3]", "3", 219)]);
    assert_eq!((report.params, report.output.as_slice()), (243, [3].as_slice()));
    assert_eq!((report.layers[0].input.as_slice(), report.layers[0].output.as_slice()), ([1, 8, 8].as_slice(), [2, 6, 6].as_slice()));
    // Nine taps of one channel, multiplied and added, and the bias, for each of 72 outputs.
    assert_eq!(report.layers[0].flops, 72.0 * 19.0);
    assert_eq!(report.layers[1].flops, 72.0 * 4.0 + 72.0);
    assert_eq!(report.memory.parameters, 4 * 243);
    let memory = &report.memory;
    assert_eq!(memory.total, memory.parameters + memory.gradients + memory.optimizer + memory.activations + memory.data);
    assert_eq!(memory.optimizer, 0, "plain SGD keeps nothing");
    let json = serde_json::to_value(report.json()).expect("JSON");
    assert_eq!(json["layers"][0]["type"], "Conv2d");
}

/// Proves: experiments that differ only in numbers of the leaf "hyper" have one structure, others do not.
#[test]
fn structure() {
    let read = |pointer: &str, value: Value| Spec::parse(&with(small(), pointer, value)).expect("right").structure();
    let base = Spec::parse(&small()).expect("right").structure();
    assert_eq!(read("/optimizer/lr", json!(0.5)), base);
    assert_eq!(read("/name", json!("other")), base);
    assert_eq!(read("/data/noise", json!(0.3)), base);
    assert_eq!(read("/optimizer/weight_decay", json!(0.5)), read("/optimizer/weight_decay", json!(0.1)));
    assert_ne!(read("/optimizer/weight_decay", json!(0.5)), base);
    assert_ne!(read("/regularization", json!({ "l1": 0.1 })), base);
    assert_ne!(read("/batch_size", json!(3)), base);
    assert_ne!(read("/optimizer", json!({ "type": "SGD" })), base);
}
