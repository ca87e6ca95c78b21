//! Measuring how fast a device is, by three small programs. Imports machine, choose, compile, graph, tensor, list, dtype, error.

use super::Clock;
use super::choose::USUAL;
use super::machine::{Computation, Machine};
use crate::compile::Program;
use crate::dtype::DType;
use crate::error::Result;
use crate::graph::{Einsum, Graph};
use crate::list::List;

/// No measurement begins later than this, so that nobody waits long.
const LIMIT_MS: f64 = 200.0;

/// What a run takes: next to nothing, a product as large as those of the networks that are trained in browsers, and more memory than the nearest caches hold:
/// rows and columns of a matrix, with how often each is run on a CPU.
const TESTS: [(usize, usize); 3] = [(8, 256), (384, 2), (1024, 4)];

/// The programs of the tests, made ready and run once.
#[inline(never)]
fn programs(machine: &mut Machine) -> Result<Vec<Computation>> {
    let make = |(side, _): &(usize, usize)| {
        machine.leaf("x", DType::F32, side * side)?;
        let graph = Graph::new();
        let x = graph.leaf("x", DType::F32, &[*side, *side]);
        let y = if *side == TESTS[1].0 { x.contract(&x, Einsum { a: vec![0, 1], b: vec![1, 2], out: vec![0, 2] }) } else { x + 1.0 };
        let computation = machine.compile(&Program { graph, outputs: vec![("y".to_string(), y.id())], updates: vec![] }, "")?;
        machine.run(&computation, 1)?;
        Ok(computation)
    };
    TESTS.iter().map(make).try_list()
}

/// Adds the figures of a device that nothing else uses meanwhile to `ms`; what there is no time for is as usual.
pub async fn measure(mut machine: Machine, now: Clock, ms: &mut Vec<f64>) -> Result<()> {
    let began = now();
    let computations = programs(&mut machine)?;
    // By then a GPU has compiled its shaders. Its news take their time, also of nothing.
    timed(&machine, &computations[0], 0, now).await?;
    let news = timed(&machine, &computations[0], 0, now).await?;
    for (n, computation) in computations.iter().enumerate() {
        if now() - began > LIMIT_MS {
            ms.push(USUAL[ms.len()]);
            continue;
        }
        let times = TESTS[n].1 * if machine.is_gpu() { 4 } else { 1 };
        let took = timed(&machine, computation, times, now).await?;
        let work = computation.plan.work();
        let amount = [work.dispatches, work.flops / 1e9, work.bytes / 1e9][n] * times as f64;
        // A clock may be as coarse as what it measures.
        ms.push((took - news).max(took / 8.0).max(1e-3) / amount);
    }
    Ok(())
}

/// A measurement of less would be one of the clock.
const ENOUGH_MS: f64 = 10.0;

/// Milliseconds that a run of a computation takes.
pub async fn duration(machine: &Machine, computation: &Computation, now: Clock) -> Result<f64> {
    // The first run prepares what the others find.
    timed(machine, computation, 1, now).await?;
    let news = timed(machine, computation, 0, now).await?;
    let mut times = 1;
    loop {
        let took = timed(machine, computation, times, now).await?;
        if took > ENOUGH_MS || times == 1024 {
            return Ok((took - news).max(0.0) / times as f64);
        }
        times *= 4;
    }
}

/// Milliseconds until the device has run this so many times and told so.
async fn timed(machine: &Machine, computation: &Computation, times: usize, now: Clock) -> Result<f64> {
    let start = now();
    machine.run(computation, times)?;
    machine.idle().await?;
    Ok(now() - start)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::Devices;
    use super::*;
    use std::cell::Cell;

    thread_local!(static CLOCK: Cell<(f64, f64)> = const { Cell::new((0.0, 0.0)) });

    /// A clock that goes on by so many milliseconds at each look.
    fn look() -> f64 {
        let (now, step) = CLOCK.get();
        CLOCK.set((now + step, step));
        now
    }

    fn measured(step: f64) -> Vec<f64> {
        CLOCK.set((0.0, step));
        let (backend, info) = Devices::default().cpu("a test");
        let mut ms = vec![];
        pollster::block_on(measure(Machine::new(backend, info), look, &mut ms)).expect("the CPU is there");
        ms
    }

    /// Proves: the time beyond that of empty news, an eighth at least, goes by the test's own work; what comes too late is not measured.
    #[test]
    fn figures() {
        let expected = [1.0 / 256.0, 1.0 / (2.0 * 384f64.powi(3) / 1e9 * 2.0), 1.0 / (2.0 * 4.0 * 1024f64.powi(2) / 1e9 * 4.0)];
        let ms = measured(8.0);
        assert!(ms.len() == 3 && ms.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-9), "{ms:?} instead of {expected:?}");
        assert_eq!(measured(300.0), USUAL[..3]);
    }
}
