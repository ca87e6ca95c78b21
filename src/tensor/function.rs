//! Compositions with gradients of their own. Imports graph, tensor.

use super::Tensor;
use crate::graph::{Graph, Id};
use crate::list::List;
use std::rc::Rc;

impl Graph {
    /// `forward` of these tensors, whose gradient is not that of its formula (PyTorch's `autograd.Function`): `backward` writes the gradients of the first
    /// inputs, in their shapes, from all inputs, the result and the gradient of the result.
    ///
    /// The graph keeps `backward`, which therefore must not hold tensors itself.
    pub fn function(
        &self,
        inputs: &[Tensor],
        forward: impl FnOnce(&[Tensor]) -> Tensor,
        backward: impl Fn(&[Tensor], &Tensor, &Tensor) -> Vec<Tensor> + 'static,
    ) -> Tensor {
        let y = forward(&inputs.iter().map(Tensor::detach).list());
        let rule = move |graph: &Graph, inputs: &[Id], y: Id, g: Id| {
            let inputs: Vec<Tensor> = inputs.iter().map(|id| graph.at(*id)).list();
            backward(&inputs, &graph.at(y), &graph.at(g)).iter().map(Tensor::id).list()
        };
        let ids: Vec<Id> = inputs.iter().map(Tensor::id).list();
        let id = self.0.borrow_mut().function(y.id(), &ids, Rc::new(rule));
        self.at(id)
    }
}
