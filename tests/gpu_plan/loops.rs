//! Loops: kernels of each kind that read what the step before them wrote, forwards and backwards, on both backends.

use super::compare::*;
use super::maker::*;
use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::gpu::Tuning;
use tabgrad::op::{Binary, Reduce, Unary};

/// A recurrence: h' = tanh(x + h W / size) + mean(h) * rate, where `rate` changes every other step. The first state comes before the loop, and becomes half the last
/// one after it, so that another run is not the same.
fn recurrence(steps: usize, batch: usize, size: usize, reverse: bool) -> Maker {
    let mut m = Maker::new();
    let state = batch * size;
    let (x, w, first, rate) = (m.floats(steps * state), m.floats(size * size), m.floats(state), m.floats(steps.div_ceil(2)));
    let (states, products, sums) = (m.output(DType::F32, (steps + 1) * state), m.output(DType::F32, steps * state), m.output(DType::F32, steps * batch));
    let place = |n: usize| (n * state) as i64;
    let (start, end) = if reverse { (place(steps), 0) } else { (0, place(steps)) };
    let (seen, next) = if reverse { (place(1), 0) } else { (0, place(1)) };
    let constant = |x: f32| float(Op::Const(Value::f32(x)));
    let flat = Index::dim(0);

    m.dispatch([m.map(&[state], &[first, states], vec![float(get(0, flat.clone()))], vec![store(1, flat.plus(start), 0)])]);

    let [t, b] = [state as i64, size as i64];
    let body = Body::Contract { batch: 1, m: 1, n: 1, a: load(0, strided(&[t, b, 0, 1]).plus(seen)), b: load(1, strided(&[0, 0, 1, b])) };
    let code = vec![float(Op::Acc(0)), constant(1.0 / size as f32), float(Op::Binary(Binary::Mul, 0, 1))];
    let product = m.kernel(&[steps, batch, size, size], &[states, w, products], code, vec![store(2, strided(&[t, b, 1]), 2)], body);
    let code = vec![float(get(0, strided(&[t, b, 1]).plus(seen))), float(Op::Acc(0))];
    let sum = m.row(&[steps, batch, size], 2, &[states, sums], code, vec![phase(Reduce::Sum, 0)], vec![store_row(1, rowmajor(&[steps, batch]), 1)]);
    m.dispatch([product, sum]);

    let dims = [steps, batch, size];
    let code = vec![
        float(get(0, rowmajor(&dims))),
        float(get(1, rowmajor(&dims))),
        float(get(2, strided(&[batch as i64, 1]))),
        float(get(3, Index::dim(0).div(2, &dims))),
        float(Op::Binary(Binary::Add, 0, 1)),
        float(Op::Unary(Unary::Tanh, 4)),
        constant(0.2 / size as f32),
        float(Op::Binary(Binary::Mul, 2, 6)),
        float(Op::Binary(Binary::Mul, 7, 3)),
        float(Op::Binary(Binary::Add, 5, 8)),
        // In place, but for a step: from the buffer it writes to.
        float(get(4, rowmajor(&dims).plus(seen))),
        float(Op::Binary(Binary::Mul, 10, 6)),
        float(Op::Binary(Binary::Add, 9, 11)),
    ];
    m.dispatch([m.map(&dims, &[x, products, sums, rate, states], code, vec![store(4, rowmajor(&dims).plus(next), 12)])]);
    m.plan.loops.push(Loop { dispatches: 1..3, steps, reverse });

    let code = vec![float(get(0, flat.plus(end))), constant(0.5), float(Op::Binary(Binary::Mul, 0, 1))];
    m.dispatch([m.map(&[state], &[states, first], code, vec![store(1, flat, 2)])]);
    m
}

fn recurrences() -> impl Iterator<Item = Maker> {
    let sizes = [(1, 2, 3), (2, 1, 1), (6, 3, 4), (5, 1, 33), (4, 40, 9), (8, 20, 1)];
    sizes.into_iter().flat_map(|(steps, batch, size)| [false, true].map(|reverse| recurrence(steps, batch, size, reverse)))
}

/// Proves: the CPU runs a loop step by step, in its direction, as often as it is asked to: products, rows and maps see the state before, whatever their other sizes.
#[test]
fn on_the_cpu() {
    recurrences().for_each(|m| check_on_cpu(&m, 2));
}

/// Proves: the GPU does so, too, with every tile of both schemes and with rows shared by many threads.
#[test]
fn on_the_gpu() {
    recurrences().for_each(|m| compare_on(&m, tunings(), 2));
}

/// Proves: a plan may have several loops, one at once after another, of different lengths and directions.
#[test]
fn one_after_another() {
    let mut all = Maker::new();
    let (mut before, mut within, mut after) = (vec![], vec![], vec![]);
    for (steps, reverse) in [(3, false), (7, true), (2, false)] {
        let m = recurrence(steps, 2, 4, reverse);
        let first = all.memory.len();
        for (buffer, words) in m.plan.buffers.into_iter().zip(m.memory) {
            let name = format!("buffer{}", all.memory.len());
            let kind = if matches!(buffer.kind, BufferKind::Leaf(_)) { BufferKind::Leaf(name) } else { BufferKind::Output(name) };
            all.buffer(kind, buffer.dtype, words);
        }
        let mut dispatches = m.plan.dispatches;
        dispatches.iter_mut().flat_map(|d| &mut d.kernels).flat_map(|k| &mut k.bindings).for_each(|b| b.buffer += first);
        after.extend(dispatches.pop());
        within.extend(dispatches.drain(1..));
        before.extend(dispatches);
        let start = 1 + within.len();
        all.plan.loops.push(Loop { dispatches: start..start + 2, steps, reverse });
    }
    all.plan.dispatches = [before, within, after].concat();
    check_on_cpu(&all, 2);
    compare_on(&all, vec![Tuning::SOFTWARE, Tuning::HARDWARE], 2);
}
