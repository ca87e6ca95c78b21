//! Recurrences: states that are each computed from the one before. Imports graph, tensor.

use super::Tensor;
use crate::graph::Graph;

impl Graph {
    /// All states `[steps + 1, ..]` that follow from the state `first` `[..]` in so many steps, the first one included; with `reverse` from the last place to the
    /// first one, where the states then end.
    ///
    /// `next` is called once. It gets the state before each step, `[steps, ..]`, and gives the state after each step in the same shape: what it writes for all
    /// steps at once must, for a step, only use that step's state. Everything that does not depend on the states is computed before the first step, and
    /// everything that they do not depend on after the last one.
    pub fn recur(&self, first: &Tensor, steps: usize, reverse: bool, next: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
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
}
