//! Recurrences: forwards and backwards, of one state and of several, one after the other, with what is read of them from outside. Imports tensor.

use super::{Case, Inputs, build, tolerance};
use tabgrad::tensor::Tensor;

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for (steps, batch, size) in [(1, 2, 3), (2, 1, 1), (5, 3, 4), (7, 1, 6), (4, 5, 1), (3, 4, 33)] {
        for reverse in [false, true] {
            let name = |what: &str| format!("{what}, {steps} steps of [{batch}, {size}]{}", if reverse { ", backwards" } else { "" });
            cases.push(build(&name("plain recurrence"), tolerance::SUMMED, true, |i| vec![plain(i, steps, batch, size, reverse)]));
            cases.push(build(&name("two states"), tolerance::SUMMED, true, |i| two_states(i, steps, batch, size, reverse)));
        }
    }
    cases.extend([sums(), powers(), deep(), both_ways(), rows(), read_from_outside(), no_recurrence(), scanned(), given_by_steps()]);
    cases.extend([false, true].map(last_state_only));
    cases.extend([false, true].map(forgotten));
    cases
}

/// h' = tanh(x + h W).
fn plain(i: &mut Inputs, steps: usize, batch: usize, size: usize, reverse: bool) -> Tensor {
    let (x, w, h) = (i.f32(&[steps, batch, size]), i.f32(&[size, size]), i.f32(&[batch, size]));
    layer(&x, &w, &h, reverse)
}

fn layer(x: &Tensor, w: &Tensor, first: &Tensor, reverse: bool) -> Tensor {
    x.graph().recur(first, x.shape()[0], reverse, &mut |h| (x + h.einsum(&(w * 0.5), "tbi,ij->tbj")).tanh())
}

/// A cell with a gate and a memory, as in an LSTM: both states lie side by side.
fn two_states(i: &mut Inputs, steps: usize, batch: usize, size: usize, reverse: bool) -> Vec<Tensor> {
    let (x, w, first) = (i.f32(&[steps, batch, 2 * size]), i.f32(&[2 * size, size]), i.f32(&[2, batch, size]));
    let graph = x.graph().clone();
    let states = graph.recur(&first, steps, reverse, &mut |states| {
        let (h, c) = (states.narrow(1, 0, 1).reshape(&[steps, batch, size]), states.narrow(1, 1, 1).reshape(&[steps, batch, size]));
        let z = &x + h.einsum(&(&w * 0.5), "tbi,ji->tbj");
        let (gate, new) = (z.narrow(2, 0, size).sigmoid(), z.narrow(2, size, size).tanh());
        let c = &gate * &c + (1.0 - &gate) * new;
        graph.stack(&[c.tanh() * &gate, c], 1)
    });
    let seen = if reverse { 0 } else { 1 };
    vec![states.narrow(0, seen, steps).narrow(1, 0, 1), states.narrow(0, if reverse { 0 } else { steps }, 1)]
}

/// Only what a step makes of the state before it is read afterwards, so that two states are kept at a time: the product reads one and writes the other.
fn forgotten(reverse: bool) -> Case {
    build(if reverse { "forgotten states, backwards" } else { "forgotten states" }, tolerance::SUMMED, true, |i| {
        let (x, w, first) = (i.f32(&[5, 9, 70]), i.f32(&[70, 70]), i.f32(&[9, 70]));
        let mut product = None;
        x.graph().recur(&first, 5, reverse, &mut |h| {
            let z = h.einsum(&(&w * 0.2), "tbi,ij->tbj");
            product = Some(z.clone());
            (z + &x).tanh()
        });
        product.into_iter().collect()
    })
}

/// Running sums: no product, so that only maps run.
fn sums() -> Case {
    build("running sums", tolerance::SUMMED, true, |i| {
        let x = i.f32(&[9, 5]);
        vec![x.graph().recur(&x.graph().full(&[5], 0.0), 9, false, &mut |s| s + &x)]
    })
}

/// No input at all, and a state that is one number.
fn powers() -> Case {
    build("powers of one number", tolerance::SUMMED, true, |i| {
        let x = i.leaf(tabgrad::dtype::DType::F32, &[], (0.5, 1.2));
        vec![x.graph().recur(&x.graph().full(&[], 1.0), 8, false, &mut |p| p * &x)]
    })
}

/// One recurrence on the states of another.
fn deep() -> Case {
    build("three layers of recurrences", tolerance::SUMMED, true, |i| {
        let (x, h) = (i.f32(&[4, 2, 5]), i.f32(&[2, 5]));
        let mut y = x;
        for reverse in [false, true, false] {
            let w = i.f32(&[5, 5]);
            y = layer(&y, &w, &h, reverse).narrow(0, !reverse as usize, 4);
        }
        vec![y]
    })
}

/// Two independent recurrences whose states are joined.
fn both_ways() -> Case {
    build("a recurrence each way", tolerance::SUMMED, true, |i| {
        let (x, a, b, h) = (i.f32(&[4, 2, 3]), i.f32(&[3, 3]), i.f32(&[3, 3]), i.f32(&[2, 3]));
        let (ahead, back) = (layer(&x, &a, &h, false).narrow(0, 1, 4), layer(&x, &b, &h, true).narrow(0, 0, 4));
        vec![x.graph().cat(&[ahead, back], -1)]
    })
}

/// Rows are reduced within a step: a softmax and a mean over the state.
fn rows() -> Case {
    build("a recurrence with a softmax", tolerance::SUMMED, true, |i| {
        let (x, first) = (i.f32(&[6, 3, 40]), i.f32(&[3, 40]));
        vec![x.graph().recur(&first, 6, false, &mut |s| (s + &x).softmax(-1) * 3.0 + s.mean(&[2], true))]
    })
}

/// What is computed within a step is read by others too, and the states by two.
fn read_from_outside() -> Case {
    build("a recurrence read inside and out", tolerance::SUMMED, true, |i| {
        let (x, w, h) = (i.f32(&[5, 2, 4]), i.f32(&[4, 4]), i.f32(&[2, 4]));
        let mut inside = None;
        let states = x.graph().recur(&h, 5, false, &mut |h| {
            let z = &x + h.einsum(&w, "tbi,ij->tbj") * 0.3;
            inside = Some(z.clone());
            z.tanh()
        });
        let z = inside.expect("it was called");
        vec![&z * states.narrow(0, 1, 5), states.square().mean(&[0], false), states.narrow(0, 2, 1) * x.narrow(0, 0, 1)]
    })
}

/// Steps that do not depend on the state before.
fn no_recurrence() -> Case {
    build("steps without memory", tolerance::SUMMED, true, |i| {
        let (x, first) = (i.f32(&[3, 4]), i.f32(&[4]));
        vec![x.graph().recur(&first, 3, false, &mut |_| x.tanh())]
    })
}

/// A loss on the last state alone.
fn last_state_only(reverse: bool) -> Case {
    let name = format!("the last state of a recurrence{}", if reverse { ", backwards" } else { "" });
    build(&name, tolerance::SUMMED, true, |i| vec![plain(i, 6, 2, 3, reverse).narrow(0, if reverse { 0 } else { 6 }, 1)])
}

/// A state of two parts of which the steps keep nothing: products that do not depend on it are made within the steps, too.
fn scanned() -> Case {
    build("the last state of a scan", tolerance::SUMMED, true, |i| {
        let (x, w, first) = (i.f32(&[5, 3, 4]), i.f32(&[4, 6]), i.f32(&[36]));
        let (last, _) = x.graph().scan(&first, std::slice::from_ref(&x), &mut |state, xs| {
            let part = |n: usize| state.narrow(1, 18 * n, 18).reshape(&[5, 3, 6]);
            let y = xs[0].matmul(&w).softmax(-1);
            let next = [(part(0) * &y + part(1)).tanh(), part(1) * 0.5 + y].map(|x| x.reshape(&[5, 18]));
            (x.graph().cat(&next, 1), vec![])
        });
        vec![last]
    })
}

/// What the steps give besides the last state, read in another order.
fn given_by_steps() -> Case {
    build("results of a scan's steps", tolerance::SUMMED, true, |i| {
        let (x, w) = (i.f32(&[4, 2, 3]), i.f32(&[4, 3, 5]));
        let (last, given) = x.graph().scan(&x.graph().full(&[2, 5], 0.0), &[x.clone(), w], &mut |sum, xs| {
            let y = xs[0].matmul(&xs[1]);
            (sum + &y, vec![y.tanh(), &y * sum])
        });
        vec![last, given[0].permute(&[1, 0, 2]), given[1].clone()]
    })
}
