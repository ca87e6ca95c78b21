//! The gradient of a recurrence is a recurrence that runs the other way. Imports graph, tensor.
//!
//! Let g(t) be the gradient of state t from all that reads the states when they are finished, and e(t) that from the step after it, which the sweep over
//! the step's nodes writes in terms of the gradients of the later states. Then d(t) = g(t) + e(t): states again, whose `next` is e + g. All other gradients,
//! those of weights above all, are written by the same sweep over all steps at once and need no recurrence.

use super::Grads;
use crate::dtype::DType;
use crate::graph::{Graph, Id, Op, Recurrence};
use crate::list::List;
use crate::tensor::Tensor;

/// The recurrences that the sweep meets.
pub struct Recurrences {
    graph: Graph,
    /// The next one last.
    ahead: Vec<Recurrence>,
    /// Those whose steps the sweep is in.
    within: Vec<Within>,
}

struct Within {
    recurrence: Recurrence,
    /// The gradients of the states, to be defined.
    d: Tensor,
    /// e, for the states that a step sees, once the sweep has come to them.
    steps: Option<Tensor>,
}

impl Recurrences {
    pub fn of(graph: &Graph, relevant: &[bool]) -> Recurrences {
        let mut ahead = graph.0.borrow().recurrences().filter(|r| relevant.get(r.states.0 as usize) == Some(&true)).list();
        ahead.sort_by_key(|r| r.end);
        Recurrences { graph: graph.clone(), ahead, within: vec![] }
    }

    /// Before the sweep comes to the last of a recurrence's nodes: all that reads the finished steps has been seen.
    pub fn enter(&mut self, id: Id, grads: &mut Grads) {
        while let Some(recurrence) = self.ahead.pop_if(|r| id.0 < r.end) {
            let node = self.graph.node(recurrence.states);
            let state = &node.shape[1..];
            let d = self.graph.scope_of(&node.scope, || {
                let d = self.graph.0.borrow_mut().recurrent(recurrence.steps, state, DType::F32);
                let d = self.graph.at(d);
                grads.add(recurrence.first, d.narrow(0, recurrence.place_of_first(), 1).reshape(state));
                grads.add(recurrence.next, d.narrow(0, 1 - recurrence.seen(), recurrence.steps));
                d
            });
            self.within.push(Within { recurrence, d, steps: None });
        }
    }

    /// When the sweep has come to what a step sees of the states, or to the states themselves, whose gradient is known then. Says whether it is such a node.
    pub fn leave(&mut self, id: Id, grads: &Grads) -> bool {
        let node = self.graph.node(id);
        let sees = |r: &Recurrence| matches!(&node.op, Op::Slice { start } if node.inputs[0] == r.states && node.shape[0] == r.steps && start[0] == r.seen());
        if let Some(within) = self.within.iter_mut().find(|w| sees(&w.recurrence)) {
            within.steps = grads.0.get(&id).cloned();
            return true;
        }
        let Some(Within { recurrence, d, steps }) = self.within.pop_if(|w| w.recurrence.states == id) else { return false };
        let outside = grads.of(&self.graph.at(id));
        self.graph.scope_of(&node.scope, || {
            let first = outside.narrow(0, recurrence.steps - recurrence.place_of_first(), 1).reshape(&node.shape[1..]);
            let own = outside.narrow(0, recurrence.seen(), recurrence.steps);
            let next = steps.map_or(own.clone(), |steps| steps + own);
            self.graph.0.borrow_mut().define(d.id(), first.id(), next.id(), !recurrence.reverse);
        });
        true
    }
}
