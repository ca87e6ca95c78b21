//! Recurrences: states that are each computed from the one before. Imports graph, tensor.

use super::Tensor;
use crate::graph::{Graph, Op};
use crate::list::List;

/// From the state before a step and what there is for the step to the state after it and further results.
pub type Step<'a> = &'a mut dyn FnMut(&Tensor, &[Tensor]) -> (Tensor, Vec<Tensor>);

impl Graph {
    /// All states `[steps + 1, ..]` that follow from the state `first` `[..]` in so many steps, the first one included; with `reverse` from the last place to the
    /// first one, where the states then end.
    ///
    /// `next` is called once. It gets the state before each step, `[steps, ..]`, and gives the state after each step in the same shape: what it writes for all
    /// steps at once must, for a step, only use that step's state. Everything that does not depend on the states is computed before the first step, and
    /// everything that they do not depend on after the last one.
    pub fn recur(&self, first: &Tensor, steps: usize, reverse: bool, next: &mut dyn FnMut(&Tensor) -> Tensor) -> Tensor {
        if self.0.borrow().recurring() {
            return first.fail("a recurrence within another one".into(), "compute one of them before the other");
        }
        if steps < 2 {
            let mut all = vec![first.unsqueeze(0)];
            if steps == 1 {
                all.insert(!reverse as usize, next(&all[0]));
            }
            return self.cat(&all, 0);
        }
        let (shape, dtype) = (first.shape(), first.dtype());
        let states = self.0.borrow_mut().recurrent(steps, &shape, dtype);
        let states = self.at(states);
        let seen = states.narrow(0, reverse as usize, steps);
        let mut next = next(&seen);
        if next.shape() != seen.shape() || next.dtype() != seen.dtype() {
            let message = format!("a step of a recurrence makes {}{:?} of {}{:?}", next.dtype(), next.shape(), seen.dtype(), seen.shape());
            next = next.fail(message, "make it give the shape and type it gets").expand(&seen.shape()).cast(seen.dtype());
        }
        self.0.borrow_mut().define(states.id(), first.id(), next.id(), reverse);
        states
    }

    /// The last state that follows from the state `first` `[..]`, one step for each place of `xs` `[steps, ..]` (at least one tensor), and what the steps give
    /// besides, `[steps, ..]` each.
    ///
    /// `step` is called once, as for `recur`, with the state before each step and with `xs`; it gives the state after each step and further results. All that it
    /// computes from these is computed step by step, and only its results are kept.
    pub fn scan(&self, first: &Tensor, xs: &[Tensor], step: Step) -> (Tensor, Vec<Tensor>) {
        let steps = xs[0].size(0);
        let mut results = vec![];
        let states = self.recur(first, steps, false, &mut |state| {
            let in_loop = |x: &Tensor| x.along(std::slice::from_ref(state));
            let (next, ys) = step(state, &xs.iter().map(in_loop).list());
            results = ys.iter().map(in_loop).list();
            next.along(&results)
        });
        (states.narrow(0, steps, 1).reshape(&first.shape()), results)
    }
}

impl Tensor {
    /// The same, computed in the loop of the others.
    fn along(&self, others: &[Tensor]) -> Tensor {
        let mut ids = vec![self.id];
        others.iter().for_each(|other| ids.push(other.id));
        self.make(Op::Along, &ids, self.shape(), self.dtype())
    }
}
