//! Blocks of which only the inputs are kept: what the gradients need of the rest is computed once more (Chen et al. 2016, "Training Deep Nets with Sublinear Memory
//! Cost"). Imports graph, tensor.
//!
//! Where the sweep comes to a block, it reads copies of the block's nodes instead of the nodes themselves. A copy begins with `After`: the block's inputs as they are
//! once the gradient of its output is known. Random numbers are a function of a key, so they are the same again. What a recurrence computes is kept.

use crate::graph::{Graph, Id, Op};
use crate::list::List;
use crate::sorted::Map;
use crate::tensor::Tensor;
use std::ops::Range;

/// What the sweep reads.
pub struct Recompute {
    graph: Graph,
    /// The blocks' numbers of nodes; the next one last.
    ahead: Vec<Range<u32>>,
    /// The block the sweep is in, the first gradient it met there, and the copies so far.
    within: Option<(Range<u32>, Id, Map<Id, Id>)>,
}

impl Recompute {
    /// Blocks do not overlap and are in the order of their nodes.
    pub fn of(graph: &Graph, blocks: &[Range<u32>]) -> Recompute {
        Recompute { graph: graph.clone(), ahead: blocks.to_vec(), within: None }
    }

    /// When the sweep has come to a node with this gradient.
    pub fn enter(&mut self, id: Id, gradient: &Tensor) {
        self.within.take_if(|(block, ..)| id.0 < block.start);
        while let Some(block) = self.ahead.pop_if(|block| id.0 < block.end) {
            self.within = block.contains(&id.0).then(|| (block, gradient.id(), Map::new()));
        }
    }

    /// The tensor to read for a node at or before the one that the sweep has come to.
    pub fn read(&mut self, id: Id) -> Tensor {
        let graph = self.graph.clone();
        let Some((block, gradient, copies)) = &mut self.within else { return graph.at(id) };
        if let Some(copy) = copies.get(&id) {
            return graph.at(*copy);
        }
        let node = graph.node(id);
        let copy = if block.contains(&id.0) && !matches!(node.op, Op::Recurrent(_)) {
            let inputs = node.inputs.iter().map(|input| self.read(*input).id()).list();
            graph.scope_of(&node.scope, || graph.tensor(node.op, &inputs, node.shape, node.dtype))
        } else {
            graph.tensor(Op::After, &[id, *gradient], node.shape, node.dtype)
        };
        if let Some((.., copies)) = &mut self.within {
            copies.insert(id, copy.id());
        }
        copy
    }
}
