//! Operations, activations and losses, and their gradients, against PyTorch's numbers (tests/fixtures/ops.json, made by make.py). Imports the crate and the oracle.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod oracle;

use oracle::Array;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use tabgrad::dtype::DType;
use tabgrad::grad::grad;
use tabgrad::graph::{Graph, Id};
use tabgrad::nn::{Forward, Model, Params, Spec};
use tabgrad::tensor::{Attention, Conv, Tensor};

/// A case of the file.
struct Fixture<'a> {
    op: &'a str,
    args: &'a Json,
    inputs: Vec<Tensor>,
}

/// Proves: each operation and its gradients, computed exactly (by the oracle), are PyTorch's.
#[test]
fn operations_agree_with_pytorch() {
    let file: Json = serde_json::from_str(include_str!("fixtures/ops.json")).expect("ops.json is JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() >= 84, "only {} cases", cases.len());
    cases.iter().for_each(check);
}

fn check(case: &Json) {
    let name = case["name"].as_str().expect("a name");
    let graph = Graph::new();
    let mut leaves = HashMap::new();
    let inputs = list(&case["inputs"]).iter().enumerate().map(|(n, input)| {
        let (value, dtype) = array(input);
        let leaf = graph.leaf(&n.to_string(), dtype, &value.shape);
        leaves.insert(n.to_string(), value);
        leaf
    });
    let inputs: Vec<Tensor> = inputs.collect();
    let fixture = Fixture { op: case["op"].as_str().expect("an op"), args: &case["args"], inputs: inputs.clone() };
    let output = fixture.apply().expect("an operation and arguments that are known");
    compare(name, "output", &evaluate(&output, &leaves), &case["output"]);
    if case["cotangent"].is_null() {
        return;
    }
    let (cotangent, _) = array(&case["cotangent"]);
    let weights = graph.leaf("cotangent", DType::F32, &cotangent.shape);
    leaves.insert("cotangent".to_string(), cotangent);
    let loss = (&output * weights).sum(&output.all_axes(), false);
    for (n, (gradient, want)) in grad(&loss, &inputs).iter().zip(list(&case["grads"])).enumerate() {
        if !want.is_null() {
            compare(name, &format!("gradient {n}"), &evaluate(gradient, &leaves), want);
        }
    }
}

impl Fixture<'_> {
    fn apply(&self) -> Option<Tensor> {
        let x = &self.inputs[0];
        let y = self.inputs.get(1);
        let pool = || Conv { stride: self.pair("stride").unwrap_or(self.kernel()), ..self.conv() };
        let dims = || self.numbers("dim");
        let dim = || dims()[0];
        let keepdim = self.args["keepdim"].as_bool().unwrap_or(false);
        Some(match self.op {
            "max_pool2d" => x.max_pool2d(self.kernel(), &pool()),
            "avg_pool2d" => x.avg_pool2d(self.kernel(), &pool()),
            "adaptive_avg_pool2d" => x.adaptive_avg_pool2d(self.pair("output_size")?),
            "conv2d" => x.conv2d(y?, &self.conv()) + self.bias(),
            "conv_transpose2d" => x.conv_transpose2d(y?, &self.conv(), self.pair("output_padding").unwrap_or([0, 0])) + self.bias(),
            "amax" => x.max(&dims(), keepdim),
            "amin" => x.min(&dims(), keepdim),
            "mean" => x.mean(&dims(), keepdim),
            "var" => x.var(&dims(), self.args["unbiased"].as_bool()? as usize, keepdim),
            "argmax" => x.argmax(dim()),
            "softmax" => x.softmax(dim()),
            "log_softmax" => x.log_softmax(dim()),
            "maximum" => x.maximum(y?),
            "minimum" => x.minimum(y?),
            "erf" => x.erf(),
            "sigmoid" => x.sigmoid(),
            "tanh" => x.tanh(),
            "relu" => x.relu(),
            "abs" => x.abs(),
            "where" => x.ne(0.0).select(y?, &self.inputs[2]),
            "einsum" => x.einsum(y?, self.args["equation"].as_str()?),
            "matmul" => x.matmul(y?),
            "embedding" => y?.gather(x),
            "index_select" => x.transpose(0, dim()).gather(y?).transpose(0, dim()),
            "gather" => x.pick(y?, dim()),
            "one_hot" => x.one_hot(self.args["num_classes"].as_u64()? as usize),
            "gelu" => self.layer("GELU"),
            "silu" => self.layer("SiLU"),
            "leaky_relu" => self.layer("LeakyReLU"),
            "elu" => self.layer("ELU"),
            "multihead_attention" => self.attention(),
            "scaled_dot_product_attention" => {
                let padding = self.inputs.get(3).map(|p| p.eq(1.0));
                let causal = self.args["is_causal"] == true;
                let options = Attention { causal, padding: padding.as_ref(), tile: self.args["tile"].as_u64()? as usize, ..Attention::default() };
                x.scaled_dot_product_attention(y?, &self.inputs[2], &options)
            }
            "cross_entropy" => self.loss("CrossEntropyLoss"),
            "binary_cross_entropy" => self.loss("BCELoss"),
            "binary_cross_entropy_with_logits" => self.loss("BCEWithLogitsLoss"),
            "mse_loss" => self.loss("MSELoss"),
            "l1_loss" => self.loss("L1Loss"),
            "huber_loss" => self.loss("HuberLoss"),
            _ => return None,
        })
    }

    /// The arguments as an entry of a spec.
    fn entry(&self, kind: &str) -> Json {
        let mut entry = self.args.clone();
        entry["type"] = kind.into();
        entry
    }

    /// The operation as a layer.
    fn layer(&self, kind: &str) -> Tensor {
        let spec = spec(&[1], self.entry(kind), json!({ "type": "MSELoss" }));
        let model = Model::new(&spec).expect("a model");
        let x = &self.inputs[0];
        let mut forward = Forward::new(x.graph(), &model, &Params::new(x.graph(), &model), None);
        forward.sequence(&spec.layers[..1], "", x)
    }

    /// The layer whose input and parameters are the case's inputs.
    fn attention(&self) -> Tensor {
        let x = &self.inputs[0];
        let spec = spec(&x.shape()[1..], self.entry("MultiheadAttention"), json!({ "type": "MSELoss" }));
        let model = Model::new(&spec).expect("a model");
        let mut params = Params::new(x.graph(), &model);
        self.inputs[1..].iter().zip(&mut params.parts).for_each(|(given, part)| *part = given.reshape(&part.shape()));
        Forward::new(x.graph(), &model, &params, None).sequence(&spec.layers[..1], "", x)
    }

    /// The operation as a loss.
    fn loss(&self, kind: &str) -> Tensor {
        let spec = spec(&[1], json!({ "type": "Tanh" }), self.entry(kind));
        spec.loss.per_example(&self.inputs[0], &self.inputs[1]).mean(&[0], false)
    }

    fn numbers(&self, name: &str) -> Vec<isize> {
        match &self.args[name] {
            Json::Array(list) => list.iter().filter_map(|n| n.as_i64()).map(|n| n as isize).collect(),
            other => other.as_i64().map(|n| n as isize).into_iter().collect(),
        }
    }

    fn pair(&self, name: &str) -> Option<[usize; 2]> {
        match self.numbers(name)[..] {
            [] => None,
            [both] => Some([both as usize; 2]),
            [height, width, ..] => Some([height as usize, width as usize]),
        }
    }

    fn kernel(&self) -> [usize; 2] {
        self.pair("kernel_size").expect("kernel_size")
    }

    fn conv(&self) -> Conv {
        let usual = Conv::default();
        Conv {
            stride: self.pair("stride").unwrap_or(usual.stride),
            padding: self.pair("padding").unwrap_or(usual.padding),
            dilation: self.pair("dilation").unwrap_or(usual.dilation),
            groups: self.args["groups"].as_u64().unwrap_or(1) as usize,
        }
    }

    fn bias(&self) -> Tensor {
        let bias = &self.inputs[2];
        bias.reshape(&[bias.size(0), 1, 1])
    }
}

/// An experiment that begins with this layer.
fn spec(input: &[usize], layer: Json, loss: Json) -> Spec {
    let layers = [layer, json!({ "type": "Linear", "out_features": 1 })];
    let data = json!({ "type": "Table", "x": [], "y": [] });
    let spec = json!({ "input": input, "layers": layers, "loss": loss, "optimizer": { "type": "SGD" }, "data": data });
    Spec::parse(&spec).expect("a spec")
}

trait Pick {
    fn pick(&self, indices: &Tensor, axis: isize) -> Tensor;
}

impl Pick for Tensor {
    /// PyTorch's `gather`, written with one-hot rows.
    fn pick(&self, indices: &Tensor, axis: isize) -> Tensor {
        let (x, places) = (self.transpose(axis, -1), indices.transpose(axis, -1));
        places.one_hot(x.size(-1)).einsum(&x, "nkj,nj->nk").transpose(axis, -1)
    }
}

fn evaluate(x: &Tensor, leaves: &HashMap<String, Array>) -> Array {
    let ids: [Id; 1] = [x.id()];
    oracle::eval(x.graph(), &ids, leaves).remove(0)
}

/// The fixtures hold exact answers rounded once to f32; the graph holds factors such as 1/6 as f32.
fn compare(name: &str, what: &str, got: &Array, want: &Json) {
    let (want, _) = array(want);
    assert_eq!(got.shape, want.shape, "{name}: shape of {what}");
    for (n, (g, w)) in got.data.iter().zip(&want.data).enumerate() {
        assert!((g - w).abs() <= 1e-6 * w.abs().max(1.0), "{name}: {what}[{n}] is {g}, PyTorch has {w}");
    }
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], |list| list)
}

fn array(json: &Json) -> (Array, DType) {
    let shape: Vec<usize> = list(&json["shape"]).iter().map(|n| n.as_u64().expect("a size") as usize).collect();
    let data = list(&json["data"]).iter().map(|x| x.as_f64().expect("a number") as f32 as f64).collect();
    (Array::new(&shape, data), if json["dtype"] == "int64" { DType::I32 } else { DType::F32 })
}
