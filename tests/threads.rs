//! The CPU on several threads. A file of its own, as threads that have joined are there for the whole process.
#![cfg(not(target_arch = "wasm32"))]

use pollster::block_on;
use std::thread;
use tabgrad::data::{Images, Source};
use tabgrad::error::Result;
use tabgrad::nn::Spec;
use tabgrad::pool;
use tabgrad::session::{Amount, Choice, Devices, Session};

/// Of the benchmark's networks, those with work enough to share.
const SPECS: [&str; 5] = [
    include_str!("plans/specs/W2.json"),
    include_str!("plans/specs/W3.json"),
    include_str!("plans/specs/W4.json"),
    include_str!("plans/specs/W5.json"),
    include_str!("plans/specs/W6.json"),
];

/// Proves: networks with convolutions, norms, recurrences and attention train on four threads to the same bits as on one, and say the same of one example.
#[test]
fn as_one() {
    let train = |spec| block_on(trained(spec)).expect("it trains");
    let alone = SPECS.map(train);
    for _ in 0..3 {
        thread::spawn(|| pool::join());
    }
    while pool::threads() < 4 {
        thread::yield_now();
    }
    for (spec, alone) in SPECS.iter().zip(alone) {
        assert!(train(spec) == alone, "{spec}");
    }
}

/// The parameters and the optimiser's state after some steps on data without sense, and what the network says then.
async fn trained(spec: &str) -> Result<(Vec<u8>, Vec<f32>)> {
    let spec: Spec = serde_json::from_str(spec).expect("a valid spec");
    let bytes = |count: usize, below: usize| (0..count).map(|n| (n * n / 7 % below) as u8).collect::<Vec<u8>>();
    let (batch, pixels) = (spec.batch_size, spec.input.iter().product::<usize>());
    let source = if spec.input.len() == 1 && pixels < 100 {
        Source::Text(bytes(2 * batch * pixels, 64).iter().map(|b| b' ' + b).collect())
    } else {
        let images = || Images { images: bytes(batch * pixels, 256), labels: bytes(batch, 10) };
        Source::Files(images(), images())
    };
    let mut session = Session::create(&Devices::default(), || 0.0, spec, Choice::Cpu, source).await?;
    session.train(Amount { steps: Some(3), sync: true, ..Amount::default() }).await?;
    let output = session.predict(&vec![1.0; pixels], 1, false).await;
    Ok((session.save().await?, output?.output.data))
}
