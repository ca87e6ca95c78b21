//! Files of checkpoints: what is in them, and what happens to damaged ones.

use super::helpers::*;
use serde_json::{Value, json};
use tabgrad::formats::safetensors::{File, Tensor};

fn saved() -> Vec<u8> {
    let engine = engine();
    create(&engine, &stateful());
    train(&engine, 4);
    save(&engine)
}

/// Proves: the file holds every tensor under PyTorch's name in its shape, the state of the optimiser, the counters and the experiment.
#[test]
fn holds_everything() {
    let bytes = saved();
    let file = File::read(&bytes).unwrap();
    for (name, shape) in [("0.weight", &[8usize, 3][..]), ("1.running_var", &[8]), ("optimizer.exp_avg_sq/4.weight", &[2, 8]), ("counters", &[4])] {
        assert_eq!(file.tensors[name].shape, shape, "{name}");
    }
    assert_eq!(file.tensors.iter().len(), 6 + 2 + 2 * 6 + 1);
    assert_eq!(file.tensors["counters"].bytes[..8], [4, 0, 0, 0, 40, 0, 0, 0]);
    let spec: Value = serde_json::from_str(&file.metadata["spec"]).unwrap();
    assert_eq!(spec["layers"][3], stateful()["layers"][3]);
}

/// Proves: a file cut off or changed anywhere is refused as such, and the running session goes on as if nothing had been.
#[test]
fn damaged_anywhere() {
    let good = saved();
    let engine = engine();
    create(&engine, &linear());
    train(&engine, 2);
    for n in 0..150 {
        let place = n * good.len() / 150;
        let mut flipped = good.clone();
        flipped[place] ^= 1 << (n % 8);
        for bytes in [&good[..place], &flipped[..]] {
            let (code, _, message) = refusal(load(&engine, bytes));
            assert_eq!(code, "checkpoint", "byte {place}: {message}");
        }
    }
    assert_eq!(step(&engine), 2);
}

/// Proves: files of others, of newer versions, and of other networks than they say are each refused with what is wrong with them.
#[test]
fn not_ours() {
    let good = saved();
    let edited = |edit: &dyn Fn(&mut File)| {
        let mut file = File::read(&good).unwrap();
        edit(&mut file);
        file.write()
    };
    let engine = engine();
    for (bytes, words) in [
        (File::default().write(), "not a checkpoint of tabgrad"),
        (edited(&|file| file.metadata.insert("format_version".into(), "2".into())), "has format 2"),
        (edited(&|file| drop(file.tensors.remove("0.bias"))), "checksum"),
    ] {
        let (code, _, message) = refusal(load(&engine, &bytes));
        assert!(code == "checkpoint" && message.contains(words), "{message}");
    }
    // With a checksum that agrees, the contents are still held against the experiment.
    for (bytes, at, words) in [
        (signed(&good, &|file| drop(file.tensors.remove("0.bias"))), "0.bias", "lacks 0.bias"),
        (signed(&good, &|file| file.tensors.insert("9.bias".into(), Tensor::f32(&[1], &[0.0]))), "9.bias", "does not have"),
        (signed(&good, &|file| file.tensors.insert("0.bias".into(), Tensor::f32(&[2, 4], &[0.0; 8]))), "0.bias", "[2, 4]"),
        (signed(&good, &|file| file.metadata.insert("spec".into(), "{}".into())), "spec", "cannot be used"),
    ] {
        let problem = load(&engine, &bytes).unwrap_err();
        assert!(problem["code"] == "checkpoint" && problem["at"] == at && problem["message"].as_str().unwrap().contains(words), "{problem}");
    }
}

/// The file with a change, and a checksum (FNV-1a over metadata and tensors) that agrees with it.
fn signed(good: &[u8], edit: &dyn Fn(&mut File)) -> Vec<u8> {
    let mut file = File::read(good).unwrap();
    edit(&mut file);
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |bytes: &[u8]| bytes.iter().for_each(|byte| hash = (hash ^ *byte as u64).wrapping_mul(0x100_0000_01b3));
    for (key, value) in file.metadata.iter().filter(|(key, _)| *key != "checksum") {
        add(key.as_bytes());
        add(value.as_bytes());
    }
    for (name, tensor) in file.tensors.iter() {
        add(format!("{name}{}{:?}", tensor.dtype, tensor.shape).as_bytes());
        add(&tensor.bytes);
    }
    file.metadata.insert("checksum".into(), format!("{hash:016x}"));
    file.write()
}

/// Proves: images are handed over again with the file, and training goes on.
#[test]
fn images_again() {
    let engine = engine();
    let files = json!({ "train": images(40, 0), "test": images(10, 1) });
    let message = |kind: &str, field: &str, value: Value| json!({ "type": kind, "session": 1, "device": "cpu", field: value, "train": files["train"], "test": files["test"] });
    ask(&engine, message("create", "spec", image_spec())).unwrap();
    train(&engine, 3);
    let bytes = save(&engine);
    assert_eq!(refusal(load(&engine, &bytes)).0, "data");
    assert_eq!(ask(&engine, message("load", "bytes", json!(bytes))).unwrap()["step"], 3);
    assert_eq!(train(&engine, 2)["step"], 5);
}
