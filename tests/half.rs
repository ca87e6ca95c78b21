//! Half precision, number by number and in training. Imports the crate, the oracle, the trainer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod oracle;
mod trainer;

use oracle::Array;
use oracle::scalar::half;
use pollster::block_on;
use serde_json::{Value, json};
use tabgrad::compile::{Options, Program, compile};
use tabgrad::dtype::DType;
use tabgrad::graph::Graph;
use tabgrad::nn::{SCALER, Spec};
use tabgrad::{cpu, gpu, math};
use trainer::{Trainer, array, assert_close, fixture};

/// The value of every half, in order from 0 to infinity, by the definition of the format: 5 bits of exponent, 10 of fraction.
fn table() -> Vec<f32> {
    let value = |bits: u32| {
        let (exponent, fraction) = (bits >> 10, (bits & 1023) as f32);
        if exponent == 0 { fraction * 2f32.powi(-24) } else { (1.0 + fraction / 1024.0) * 2f32.powi(exponent as i32 - 15) }
    };
    (0..31 << 10).map(value).chain([f32::INFINITY]).collect()
}

/// Numbers and the halves nearest to them: each half itself; between two neighbours the middle, which goes to the even one, and the f32 numbers beside it.
fn roundings() -> Vec<(f32, f32)> {
    let table = table();
    let mut all = vec![(f32::NAN, f32::NAN), (f32::MAX, f32::INFINITY), (f32::MIN_POSITIVE / 8.0, 0.0)];
    for (n, below) in table[..table.len() - 1].iter().copied().enumerate() {
        // Infinity begins where the next number would be.
        let (above, next) = (table[n + 1], if table[n + 1].is_finite() { table[n + 1] } else { 65536.0 });
        let middle = ((below as f64 + next as f64) / 2.0) as f32;
        all.extend([(below, below), (middle, if n % 2 == 0 { below } else { above }), (middle.next_down(), below), (middle.next_up(), above)]);
    }
    all.push((f32::INFINITY, f32::INFINITY));
    let negative: Vec<(f32, f32)> = all.iter().map(|(x, y)| (-x, -y)).collect();
    all.extend(negative);
    all
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// Proves: rounding to halves is exact for all 65,536 of them and around every boundary between two: to nearest, ties to even, subnormals, overflow. So is the oracle's.
#[test]
fn all_halves() {
    let all = roundings();
    assert!(all.len() > 4 * 63488);
    for (x, y) in all {
        assert!(same(math::half(x), y), "{x:e} becomes {:e}, not {y:e}", math::half(x));
        assert!(same(half(x as f64) as f32, y), "the oracle makes {:e} of {x:e}, not {y:e}", half(x as f64));
    }
}

/// Proves: all devices round so, in registers and on the way through memory, where that is of two bytes a number and where it is not.
#[test]
fn all_halves_on_devices() {
    let all = roundings();
    let graph = Graph::new();
    let x = graph.leaf("x", DType::F32, &[all.len()]);
    let y = x.cast(DType::F16).cast(DType::F32);
    let program = Program { graph, outputs: vec![("y".into(), y.id())], updates: vec![] };
    let bytes: Vec<u8> = all.iter().flat_map(|(x, _)| x.to_le_bytes()).collect();
    let check = |what: &str, bytes: Vec<u8>| {
        for ((x, y), got) in all.iter().zip(bytes.chunks(4)) {
            let got = f32::from_le_bytes(got.try_into().unwrap());
            assert!(same(got, *y), "{what}: {x:e} becomes {got:e}, not {y:e}");
        }
    };
    for fuse in [true, false] {
        let plan = compile(&program, &Options { fuse, ..Options::default() }).unwrap();
        assert_ne!(plan.buffers.iter().any(|b| b.dtype == DType::F16), fuse);
        let device = cpu::Device::new();
        let leaf = device.buffer(DType::F32, all.len()).unwrap();
        device.write(&leaf, 0, &bytes);
        let made = device.prepare(&plan, &|_| Some(leaf.clone())).unwrap();
        device.run(&made, 1).unwrap();
        check("CPU", device.read(&made.output("y").unwrap(), 0, bytes.len()).unwrap());
        for wide_halves in [false, true] {
            let device = block_on(gpu::Device::new(gpu::Request { wide_halves, ..Default::default() })).unwrap();
            assert_eq!(device.info().f16, !wide_halves, "{:?}", device.info());
            let leaf = device.buffer(DType::F32, all.len()).unwrap();
            device.write(&leaf, 0, &bytes);
            let made = device.prepare(&plan, &|_| Some(leaf.clone())).unwrap();
            device.run(&made, 1).unwrap();
            check(&format!("GPU, fuse {fuse}, wide halves {wide_halves}"), block_on(device.read(&made.output("y").unwrap(), 0, bytes.len())).unwrap());
        }
    }
}

/// Proves: fifty steps under PyTorch's autocast and GradScaler have these losses and lead to this scale, steps that overflow included. Sums in another order end
/// at the half beside the right one now and then, so that the losses agree as halves do, not as f32.
#[test]
fn as_pytorch() {
    let file = fixture("half.json");
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.iter().any(|case| case["scale"].as_f64() < Some(SCALER[0] as f64)), "no case overflows");
    for case in cases {
        let mut spec = case["spec"].clone();
        spec["data"] = json!({ "type": "Table", "x": [], "y": [] });
        let batches: Vec<Vec<usize>> = serde_json::from_value(case["batches"].clone()).unwrap();
        let mut trainer = Trainer::new(&Spec::parse(&spec).unwrap(), array(&case["x"]), array(&case["y"]), &batches.concat());
        case["params"].as_object().unwrap().iter().for_each(|(name, value)| trainer.set(name, &array(value)));
        let program = trainer.program();
        batches.iter().for_each(|_| drop(trainer.run(&program)));
        let want = array(&json!({ "shape": [batches.len()], "data": case["losses"] }));
        let got = Array::new(&want.shape, trainer.leaves["ring"].data[..batches.len()].to_vec());
        assert_close(&trainer.spec.name, &got, &want, 1e-3);
        assert_eq!(trainer.leaves["scaler"].data[0], case["scale"].as_f64().unwrap(), "{}: scale", trainer.spec.name);
    }
}

fn spec(layers: Value, precision: &str) -> Spec {
    let parsed = Spec::parse(&json!({ "input": [3], "layers": layers, "loss": { "type": "MSELoss" }, "optimizer": { "type": "Adam", "lr": 0.01 },
        "precision": precision, "batch_size": 4, "data": { "type": "Table", "x": [], "y": [] } }));
    parsed.unwrap()
}

fn numbers(shape: &[usize]) -> Array {
    Array::new(shape, (0..shape.iter().product()).map(|n| ((1.7 * n as f64 + 0.3).sin() as f32) as f64).collect())
}

/// Proves: a gradient that overflows halves the scale and leaves the step out, which counts, with everything else as it was; good steps then train as if it had
/// not been, and enough of them double the scale; a loss that is not finite stops training as ever.
#[test]
fn the_scale_of_the_loss() {
    let layers = json!([{ "type": "Linear", "out_features": 5 }, { "type": "Tanh" }, { "type": "Linear", "out_features": 1 }]);
    let order: Vec<usize> = (0..16).map(|n| n % 8).collect();
    let start = || Trainer::new(&spec(layers.clone(), "f16"), numbers(&[8, 3]), numbers(&[8, 1]), &order);
    let (mut trainer, mut unhurt) = (start(), start());
    let program = trainer.program();
    let set = |trainer: &mut Trainer, scaler: [f32; 3]| drop(trainer.leaves.insert("scaler".into(), Array::new(&[3], scaler.map(f64::from).to_vec())));
    let scaler = |trainer: &Trainer| trainer.leaves["scaler"].data.clone();
    let huge = 2f32.powi(40);

    set(&mut trainer, [huge, 17.0, 0.0]);
    let before = trainer.leaves.clone();
    trainer.run(&program);
    for leaf in ["params", "optimizer.exp_avg", "optimizer.exp_avg_sq"] {
        assert_eq!(trainer.leaves[leaf], before[leaf], "{leaf}");
    }
    assert_eq!(scaler(&trainer), [huge as f64 / 2.0, 0.0, 1.0]);
    assert_eq!(trainer.leaves["counters"].data[..2], [1.0, 4.0]);
    assert!(trainer.leaves["ring"].data[0] > 0.0 && trainer.leaves["ring"].data[tabgrad::nn::RING] == 0.0);

    // The same batch as the first one of a network that nothing has happened to.
    set(&mut trainer, [SCALER[0], 1999.0, 1.0]);
    trainer.leaves.get_mut("counters").unwrap().data[1] = 0.0;
    trainer.run(&program);
    unhurt.run(&program);
    assert_eq!(scaler(&trainer), [2.0 * SCALER[0] as f64, 0.0, 1.0]);
    assert_eq!(scaler(&unhurt), [SCALER[0] as f64, 1.0, 0.0]);
    assert_eq!(trainer.leaves["params"], unhurt.leaves["params"]);
    assert_ne!(trainer.leaves["params"], before["params"]);

    let before = trainer.leaves.clone();
    trainer.leaves.get_mut("train.x").unwrap().data.fill(f64::NAN);
    trainer.run(&program);
    for leaf in ["params", "counters", "scaler"] {
        assert_eq!(trainer.leaves[leaf], before[leaf], "{leaf}");
    }
}
