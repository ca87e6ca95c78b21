//! Products of two n x n matrices on the CPU, natively with 128-bit vectors, as the benchmark measures them in a browser (bench/peers/tabgrad-specs.js,
//! `productSpec`): the evaluation of eight Linear layers and a cross entropy, which is products and little else. Prints GFLOP/s as "256:33.1 512:35.0 1024:36.2".
//!
//!   cargo run --release --example products      (`./build.sh bench products` does so and measures the same in Chromium)
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tabgrad::data::{Images, Source};
use tabgrad::error::{Error, Result};
use tabgrad::nn::Spec;
use tabgrad::session::{Choice, Devices, Session, Which};

/// Products, each of which takes the one before it.
const CHAIN: usize = 8;

/// A size is measured in so many windows of so long, of which the best counts: others use the machine too.
const WINDOWS: usize = 7;
const SECONDS: f64 = 0.15;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    for n in [256, 512, 1024] {
        print!("{n}:{:.1} ", gflops(n).map_err(|error| error.to_string())?);
    }
    println!();
    Ok(())
}

fn gflops(n: usize) -> Result<f64> {
    let layers = vec![format!(r#"{{"type":"Linear","out_features":{n},"bias":false}}"#); CHAIN].join(",");
    let spec = format!(
        r#"{{"input":[{n}],"layers":[{layers}],"loss":{{"type":"CrossEntropyLoss"}},
        "optimizer":{{"type":"SGD"}},"batch_size":{n},"data":{{"type":"Images","name":"matrix"}}}}"#
    );
    let spec: Spec = serde_json::from_str(&spec).map_err(|error| Error::spec(error.to_string()))?;
    let file = || Images { images: (0..n * n).map(|i| (i * 7 % 256) as u8).collect(), labels: vec![0; n] };
    let mut session = at_once(Session::create(&Devices::default(), || 0.0, spec, Choice::Cpu, Source::Files(file(), file())))?;
    let mut best = 0.0f64;
    for _ in 0..WINDOWS {
        let (start, mut runs) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < SECONDS {
            at_once(session.evaluate(Which::Train, None, false))?;
            runs += CHAIN;
        }
        best = best.max(2e-9 * (n as f64).powi(3) * runs as f64 / start.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// What the CPU is asked is done at the first look.
fn at_once<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::device("the CPU keeps us waiting")),
    }
}
