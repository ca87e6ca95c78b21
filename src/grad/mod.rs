//! Gradients: a reverse sweep over the graph that writes the derivative as more graph. Imports graph, op, tensor, dtype.

mod recompute;
mod recurrent;
mod rows;

use crate::dtype::{DType, Value};
use crate::graph::{Einsum, Graph, Id, Node, Op};
use crate::list::List;
use crate::op::Reduce;
use crate::shape::numel;
use crate::sorted::Map;
use crate::tensor::Tensor;
use recompute::Recompute;
use recurrent::Recurrences;
use std::ops::Range;

/// d loss / d x for each x of `wrt`, in their shapes; zeros where the loss does not depend on x. `loss` is f32 of shape `[]`, and all gradients are f32.
pub fn grad(loss: &Tensor, wrt: &[Tensor]) -> Vec<Tensor> {
    grad_recomputing(loss, wrt, &[])
}

/// The same, for which of the nodes in each block (a range of node numbers; blocks do not overlap and are in order) only what goes in is kept: the rest is computed again.
pub fn grad_recomputing(loss: &Tensor, wrt: &[Tensor], blocks: &[Range<u32>]) -> Vec<Tensor> {
    let graph = loss.graph().clone();
    let relevant = ancestors_of(&graph, loss.id(), wrt);
    let mut grads = Grads(Map::new());
    grads.0.insert(loss.id(), graph.full(&loss.shape(), 1.0));
    let mut recurrences = Recurrences::of(&graph, &relevant);
    let mut recompute = Recompute::of(&graph, blocks);
    for n in (0..=loss.id().0).rev() {
        let id = Id(n);
        recurrences.enter(id, &mut grads);
        if recurrences.leave(id, &grads) {
            continue;
        }
        if !relevant[n as usize] || wrt.iter().any(|x| x.id() == id && is_leaf(&graph, id)) {
            continue;
        }
        let Some(g) = grads.0.get(&id).cloned() else { continue };
        let node = graph.node(id);
        let wanted: Vec<bool> = node.inputs.iter().map(|i| relevant[i.0 as usize]).list();
        if !wanted.contains(&true) {
            continue;
        }
        recompute.enter(id, &g);
        let (inputs, y) = (node.inputs.iter().map(|input| recompute.read(*input)).list(), recompute.read(id));
        let parts = graph.scope_of(&node.scope, || vjp(&node, &inputs, &y, &g, &wanted));
        for (input, part) in node.inputs.iter().zip(parts) {
            if let Some(part) = part.filter(|_| relevant[input.0 as usize]) {
                grads.add(*input, part);
            }
        }
    }
    wrt.iter().map(|x| grads.of(x)).list()
}

/// The gradients found so far, by node.
struct Grads(Map<Id, Tensor>);

impl Grads {
    fn add(&mut self, id: Id, part: Tensor) {
        let sum = match self.0.get(&id) {
            Some(other) => other + part,
            None => part,
        };
        self.0.insert(id, sum);
    }

    /// That of a tensor; zeros where the loss does not depend on it.
    fn of(&self, x: &Tensor) -> Tensor {
        self.0.get(&x.id()).cloned().unwrap_or_else(|| x.graph().full(&x.shape(), 0.0))
    }
}

fn is_leaf(graph: &Graph, id: Id) -> bool {
    matches!(graph.0.borrow().node(id).op, Op::Leaf(_))
}

/// For each node up to `loss`, whether it depends on one of `wrt`.
fn ancestors_of(graph: &Graph, loss: Id, wrt: &[Tensor]) -> Vec<bool> {
    let arena = graph.0.borrow();
    let mut relevant = vec![false; loss.0 as usize + 1];
    // Where there are recurrences, until nothing is found any more: their states come before what they are computed from.
    let (mut more, again) = (true, arena.recurrences().next().is_some());
    while more {
        more = false;
        for n in 0..relevant.len() {
            let id = Id(n as u32);
            let known = |id: &Id| relevant.get(id.0 as usize) == Some(&true);
            let now = arena.node(id).dtype.is_float() && (wrt.iter().any(|x| x.id() == id) || arena.operands(id).iter().any(known));
            more |= again && now && !relevant[n];
            relevant[n] |= now;
        }
    }
    relevant
}

/// Gradients of a node's operands `inputs` (those `wanted`) from its result `y` and the gradient `g` of that; `None` where the operand gets none.
fn vjp(node: &Node, inputs: &[Tensor], y: &Tensor, g: &Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
    let graph = g.graph();
    let x = |n: usize| inputs[n].clone();
    // A value that is stored in halves is read from there, so that it need not be stored as f32 as well.
    let halved = graph.0.borrow().halved(y.id());
    let stored = halved.map_or(y.clone(), |halves| graph.at(halves).cast(DType::F32));
    let made = |op: Op, of: &Tensor, shape: Vec<usize>| Some(graph.tensor(op, &[of.id()], shape, DType::F32));
    match &node.op {
        Op::Const(_) | Op::Leaf(_) | Op::Iota | Op::Recurrent(_) => vec![],
        Op::Unary(u) => vec![rows::unary(*u).map(|f| f(&x(0), &stored, g))],
        Op::Binary(b) => match rows::binary(*b) {
            Some(f) => {
                let (da, db) = f(&x(0), &x(1), &stored, g);
                vec![Some(da), Some(db)]
            }
            None => vec![None, None],
        },
        Op::Where => vec![None, Some(x(0).select(g, 0.0)), Some(x(0).select(0.0, g))],
        // Where a value is rounded to halves, so is its gradient.
        Op::Cast if x(0).dtype().is_float() && node.dtype.is_float() => vec![Some(g.cast(DType::F16).cast(DType::F32))],
        Op::Cast | Op::Detach => vec![None],
        Op::Along => vec![Some(g.clone())],
        Op::Function(number) => {
            let rule = graph.0.borrow().rule(*number);
            let mut parts = vec![None];
            rule(graph, &inputs[1..].iter().map(Tensor::id).list(), y.id(), g.id()).iter().for_each(|part| parts.push(Some(graph.at(*part))));
            parts
        }
        Op::Reshape => vec![Some(g.reshape(&x(0).shape()))],
        Op::After => vec![Some(g.clone()), None],
        Op::Permute(perm) => {
            let mut inverse = vec![0; perm.len()];
            perm.iter().enumerate().for_each(|(n, p)| inverse[*p] = n);
            vec![Some(g.permute(&inverse))]
        }
        Op::Expand => {
            let (from, to) = (x(0).shape(), &node.shape);
            let axes: Vec<isize> = (0..to.len()).filter(|n| from[*n] != to[*n]).map(|n| n as isize).list();
            vec![Some(g.sum(&axes, true))]
        }
        Op::Pad { before, .. } => {
            let ranges: Vec<_> = before.iter().zip(x(0).shape()).map(|(b, n)| (*b, b + n)).list();
            vec![Some(g.slice(&ranges))]
        }
        Op::Slice { start } => {
            let pads: Vec<_> = (0..start.len()).map(|n| (start[n], x(0).shape()[n] - start[n] - node.shape[n])).list();
            vec![Some(g.pad(&pads, 0.0))]
        }
        Op::Flip(axes) => vec![made(Op::Flip(axes.clone()), g, node.shape.clone())],
        Op::Shear(window) => vec![made(Op::Unshear(*window), g, x(0).shape())],
        Op::Unshear(window) => {
            // A place of x that no place of y reads gets no gradient: the windows may reach over the end of g.
            let shape = x(0).shape();
            let reach = (shape[window.axis].max(1) - 1) * window.stride + (shape[window.tap].max(1) - 1) * window.dilation + 1;
            let mut pads = vec![(0, 0); shape.len()];
            pads[window.axis].1 = reach.saturating_sub(node.shape[window.axis]);
            vec![made(Op::Shear(*window), &g.pad(&pads, 0.0), shape)]
        }
        Op::Reduce(reduce, axes) => {
            let keep: Vec<usize> = (0..x(0).rank()).map(|n| if axes.contains(&n) { 1 } else { x(0).shape()[n] }).list();
            let spread = |t: &Tensor| t.reshape(&keep).expand(&x(0).shape());
            vec![Some(match reduce {
                Reduce::Sum => spread(g),
                Reduce::Max => {
                    let best = x(0).eq(spread(y));
                    let all: Vec<isize> = axes.iter().map(|a| *a as isize).list();
                    let count = best.cast(DType::F32).sum(&all, true);
                    best.select(spread(g) / count, 0.0)
                }
                Reduce::MaxFirst => {
                    let place = x(0).first_match(&y.reshape(&keep), axes);
                    let shape = x(0).shape();
                    let sizes: Vec<usize> = axes.iter().map(|a| shape[*a]).list();
                    let ones: Vec<usize> = (0..shape.len()).map(|n| if axes.contains(&n) { shape[n] } else { 1 }).list();
                    let places = graph.iota(numel(&sizes)).reshape(&ones);
                    places.expand(&shape).eq(spread(&place)).select(spread(g), 0.0)
                }
            })]
        }
        Op::Einsum(e) => {
            // Beside halves, gradients are halves.
            let g = |b: &Tensor| if b.dtype() == DType::F16 { g.cast(DType::F16) } else { g.clone() };
            let other = |mine: &[u8], b: &Tensor, its: &[u8]| Some(g(b).contract(b, Einsum { a: e.out.clone(), b: its.to_vec(), out: mine.to_vec() }));
            vec![if wanted[0] { other(&e.a, &x(1), &e.b) } else { None }, if wanted[1] { other(&e.b, &x(0), &e.a) } else { None }]
        }
        Op::Gather => {
            // Without atomics: row v of the table gets the sum over the places whose index is v.
            let (table, indices) = (x(0).shape(), x(1));
            let (count, row) = (numel(&indices.shape()), numel(&table[1..]));
            let last = indices.constant(Value::of(indices.dtype(), table[0] as f64 - 1.0));
            let clamped = indices.maximum(0.0).minimum(last);
            let hot = clamped.reshape(&[count]).one_hot(table[0]);
            let sum = hot.einsum(&g.reshape(&[count, row]), "iv,id->vd");
            vec![Some(sum.reshape(&table)), None]
        }
        Op::Cat(axis) => {
            let mut start = 0;
            (0..node.inputs.len())
                .map(|n| {
                    let size = x(n).shape()[*axis];
                    start += size;
                    Some(g.narrow(*axis as isize, start - size, size))
                })
                .list()
        }
    }
}
