//! The graph: an arena of operations, without any data. Imports error, dtype, shape, op, simplify, sorted.
//!
//! A node is made once (equal nodes are one node) and never changes, so a node's number is larger than those of its inputs. A mistake is kept rather
//! than returned, so that formulas can be written as formulas: the first one is reported by `Graph::check`, which compiling calls.

use crate::dtype::{DType, Value};
use crate::error::{Error, Result};
use crate::list::List;
use crate::op::{self, Binary, Reduce, Unary};
use crate::shape::{Shape, numel};
use crate::simplify::simplify;
use crate::sorted::Map;
use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

/// What a node computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// One value, shape `[]`.
    Const(Value),
    /// Data that lives outside the graph under this name: inputs, parameters, optimiser state, data sets.
    Leaf(String),
    /// 0, 1, 2 ... of type I32, shape `[n]`.
    Iota,
    /// A row of the op table.
    Unary(Unary),
    /// Operands of one shape and type.
    Binary(Binary),
    /// Condition (Bool), value where true, value where false; all of one shape.
    Where,
    /// To the node's type.
    Cast,
    /// The same elements, row-major, in another shape.
    Reshape,
    /// Axis `n` of the result is axis `perm[n]` of the operand.
    Permute(Vec<usize>),
    /// Axes of size 1 repeated.
    Expand,
    /// A constant around the operand.
    Pad {
        /// Places before each axis.
        before: Vec<usize>,
        /// What they hold.
        value: Value,
    },
    /// A contiguous part: starts here, the node's shape says how much.
    Slice {
        /// First place of each axis.
        start: Vec<usize>,
    },
    /// These axes reversed.
    Flip(Vec<usize>),
    /// Sliding windows: `y[.. o .. k ..] = x[.. o*stride + k*dilation .. k ..]`, o on `axis`, k on `tap`. All places exist.
    Shear(Window),
    /// Transpose of `Shear`: `y[.. i .. k ..] = x[.. (i - k*dilation)/stride .. k ..]`, 0 where that is no place of x.
    Unshear(Window),
    /// The axes (ascending) disappear.
    Reduce(Reduce, Vec<usize>),
    /// Sum of products of two operands, f32 also where those are F16.
    Einsum(Einsum),
    /// `y[i.., d..] = table[indices[i..], d..]`, operands table and integer indices; indices are clamped to the table.
    Gather,
    /// Operands one after the other along the axis.
    Cat(usize),
    /// The operand, as a constant for gradients.
    Detach,
    /// The first operand, no sooner than the second one is known.
    After,
    /// The first operand, computed step by step in the loop that the others are in.
    Along,
    /// The first operand, whose gradient is one of the others, written by the rule of this number (`Arena::rule`).
    Function(usize),
    /// All states of the recurrence of this number (`Arena::recurrence`), which says what they are computed from.
    Recurrent(usize),
}

/// Writes the gradients of operands from them, the result and the result's gradient.
pub type Rule = Rc<dyn Fn(&Graph, &[Id], Id, Id) -> Vec<Id>>;

/// States along axis 0, each computed from the one before: `states[0] = first`, `states[t + 1] = next[t]`, or backwards `states[steps] = first`,
/// `states[t] = next[t]`. `next` is a tensor over all steps, made from the states themselves; its row t may depend on no state that comes later.
#[derive(Clone, Copy, Debug)]
pub struct Recurrence {
    /// The node that stands for all states, one more than there are steps.
    pub states: Id,
    /// The state it begins with.
    pub first: Id,
    /// All others, along axis 0.
    pub next: Id,
    /// Number of steps.
    pub steps: usize,
    /// Whether it runs from the last place to the first.
    pub reverse: bool,
    /// Nodes made for it have numbers below this one.
    pub end: u32,
}

impl Recurrence {
    /// Where along axis 0 of the states the state before step 0 is (forwards) or after it (backwards): row t of what a step sees is `states[t + seen]`.
    pub fn seen(&self) -> usize {
        self.reverse as usize
    }

    /// Where along axis 0 of the states the first one is.
    pub fn place_of_first(&self) -> usize {
        if self.reverse { self.steps } else { 0 }
    }

    /// Whether a node is the state after the last step.
    pub fn is_last(&self, node: &Node) -> bool {
        let place = self.steps - self.place_of_first();
        matches!(&node.op, Op::Slice { start } if node.inputs[0] == self.states && node.shape[0] == 1 && start[0] == place)
    }
}

/// Parameters of a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Axis that counts windows.
    pub axis: usize,
    /// Axis that counts places within a window.
    pub tap: usize,
    /// From one window to the next.
    pub stride: usize,
    /// From one place of a window to the next.
    pub dilation: usize,
}

/// Axis labels of the operands and the result. Each label of an operand is one of the other operand or of the result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Einsum {
    /// One label per axis of the first operand.
    pub a: Vec<u8>,
    /// One label per axis of the second operand.
    pub b: Vec<u8>,
    /// One label per axis of the result.
    pub out: Vec<u8>,
}

#[derive(Clone, Debug)]
/// An operation, its operands and what is known of its result.
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Operands.
    pub inputs: Vec<Id>,
    /// Shape of the result.
    pub shape: Shape,
    /// Type of the result.
    pub dtype: DType,
    /// Where in the model it comes from ("3.layers.0"), for errors, profiles and export.
    pub scope: Rc<str>,
}

impl Node {
    /// The operands whose values it is computed from: where it stands for the first one, that one.
    pub fn values(&self) -> &[Id] {
        if matches!(self.op, Op::After | Op::Along | Op::Function(_)) { &self.inputs[..1] } else { &self.inputs }
    }
}

/// The nodes.
#[derive(Default)]
pub struct Arena {
    nodes: Vec<Node>,
    recurrences: Vec<Option<Recurrence>>,
    rules: Vec<Rule>,
    /// Nodes by fingerprint.
    known: Map<u64, Vec<Id>>,
    scope: Rc<str>,
    error: Option<Error>,
    /// Whether contractions round their operands to halves.
    pub autocast: bool,
}

impl Arena {
    /// A node.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A node's shape.
    pub fn shape(&self, id: Id) -> &[usize] {
        &self.node(id).shape
    }

    /// The node for this operation, which may be a simpler equal one. Shape and type have been inferred by the caller.
    pub fn add(&mut self, op: Op, inputs: &[Id], shape: Shape, dtype: DType) -> Id {
        if let Some(id) = simplify(self, &op, inputs, &shape, dtype) {
            return id;
        }
        if let Some(id) = self.find(&op, inputs, &shape, dtype) {
            return id;
        }
        let id = Id(self.nodes.len() as u32);
        self.known.get_or_insert_with(fingerprint(&op, inputs, &shape, dtype), Vec::new).push(id);
        self.nodes.push(Node { op, inputs: inputs.to_vec(), shape, dtype, scope: self.scope.clone() });
        id
    }

    /// The node for this operation, if it has been made as it is.
    fn find(&self, op: &Op, inputs: &[Id], shape: &Shape, dtype: DType) -> Option<Id> {
        let equal = |node: &Node| node.op == *op && node.inputs == inputs && node.shape == *shape && node.dtype == dtype;
        let alike = self.known.get(&fingerprint(op, inputs, shape, dtype))?;
        alike.iter().copied().find(|id| equal(self.node(*id)))
    }

    /// The node's values rounded to halves, if anybody has asked for them.
    pub fn halved(&self, id: Id) -> Option<Id> {
        self.find(&Op::Cast, &[id], &self.node(id).shape, DType::F16)
    }

    /// A node for the states of a new recurrence, to be defined by `define`: as many steps, each a state of this shape.
    pub fn recurrent(&mut self, steps: usize, state: &[usize], dtype: DType) -> Id {
        self.recurrences.push(None);
        self.add(Op::Recurrent(self.recurrences.len() - 1), &[], [&[steps + 1], state].concat(), dtype)
    }

    /// Says what the states are.
    pub fn define(&mut self, states: Id, first: Id, next: Id, reverse: bool) {
        let (steps, end) = (self.shape(states)[0] - 1, self.nodes.len() as u32);
        if let Op::Recurrent(number) = self.node(states).op {
            self.recurrences[number] = Some(Recurrence { states, first, next, steps, reverse, end });
        }
    }

    /// The recurrence whose states a node stands for.
    pub fn recurrence(&self, id: Id) -> Option<Recurrence> {
        if let Op::Recurrent(number) = self.node(id).op { self.recurrences[number] } else { None }
    }

    /// All recurrences.
    pub fn recurrences(&self) -> impl Iterator<Item = Recurrence> + '_ {
        self.recurrences.iter().flatten().copied()
    }

    /// Whether a recurrence is being defined.
    pub fn recurring(&self) -> bool {
        self.recurrences.iter().any(Option::is_none)
    }

    /// A node of the value of `y`, whose gradient this rule writes for the operands.
    pub fn function(&mut self, y: Id, operands: &[Id], rule: Rule) -> Id {
        self.rules.push(rule);
        let Node { shape, dtype, .. } = self.node(y).clone();
        self.add(Op::Function(self.rules.len() - 1), &[&[y], operands].concat(), shape, dtype)
    }

    /// The rule of a function of this number.
    pub fn rule(&self, number: usize) -> Rule {
        self.rules[number].clone()
    }

    /// The nodes a node is computed from; those of a recurrence have larger numbers than it has itself.
    pub fn operands(&self, id: Id) -> Vec<Id> {
        match self.joined(id) {
            Some((_, parts)) => parts,
            None => self.node(id).inputs.clone(),
        }
    }

    /// The axis and the parts of a node that is nothing but its parts, one after the other.
    pub fn joined(&self, id: Id) -> Option<(usize, Vec<Id>)> {
        match &self.node(id).op {
            Op::Cat(axis) => Some((*axis, self.node(id).inputs.clone())),
            Op::Recurrent(number) => {
                let Recurrence { first, next, reverse, .. } = self.recurrences[*number]?;
                Some((0, if reverse { vec![next, first] } else { vec![first, next] }))
            }
            _ => None,
        }
    }

    /// A constant of the given shape.
    pub fn constant(&mut self, value: Value, shape: &[usize]) -> Id {
        let id = self.add(Op::Const(value), &[], vec![], value.dtype);
        self.expand(id, shape)
    }

    /// Row-major in another shape of as many elements.
    pub fn reshape(&mut self, id: Id, shape: &[usize]) -> Id {
        debug_assert_eq!(numel(self.shape(id)), numel(shape));
        self.add(Op::Reshape, &[id], shape.to_vec(), self.node(id).dtype)
    }

    /// To a shape it broadcasts to.
    pub fn expand(&mut self, id: Id, shape: &[usize]) -> Id {
        let mut aligned = vec![1; shape.len() - self.shape(id).len()];
        aligned.extend_from_slice(self.shape(id));
        let id = self.reshape(id, &aligned);
        self.add(Op::Expand, &[id], shape.to_vec(), self.node(id).dtype)
    }

    /// Axes in another order.
    pub fn permute(&mut self, id: Id, perm: &[usize]) -> Id {
        let shape = perm.iter().map(|p| self.shape(id)[*p]).list();
        self.add(Op::Permute(perm.to_vec()), &[id], shape, self.node(id).dtype)
    }

    /// Records a mistake, with the current scope as its place; only the first counts. Gives a node so that the formula can go on.
    pub fn fail(&mut self, error: Error) -> Id {
        let error = error.at(&*self.scope);
        self.error.get_or_insert(error);
        self.constant(Value::f32(0.0), &[])
    }
}

fn fingerprint(op: &Op, inputs: &[Id], shape: &Shape, dtype: DType) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    (op, inputs, shape, dtype).hash(&mut hash);
    hash.finish()
}

/// The hash FNV-1a: small, and good enough for some thousands of nodes.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 ^ *byte as u64).wrapping_mul(0x100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A shared handle to an arena; clones refer to the same one.
#[derive(Clone, Default)]
pub struct Graph(pub(crate) Rc<RefCell<Arena>>);

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// Runs `build` with nodes labelled by `name`, below the current scope.
    pub fn scope<T>(&self, name: &str, build: impl FnOnce() -> T) -> T {
        let outer = self.0.borrow().scope.clone();
        let inner = if outer.is_empty() { name.into() } else { format!("{outer}.{name}").into() };
        self.0.borrow_mut().scope = inner;
        let result = build();
        self.0.borrow_mut().scope = outer;
        result
    }

    /// Runs `build` with nodes labelled by exactly this scope.
    pub(crate) fn scope_of<T>(&self, scope: &Rc<str>, build: impl FnOnce() -> T) -> T {
        let outer = std::mem::replace(&mut self.0.borrow_mut().scope, scope.clone());
        let result = build();
        self.0.borrow_mut().scope = outer;
        result
    }

    /// From now on contractions (but for those of a recurrence's steps) round their operands to F16, and `Tensor::handed_on` rounds, as under PyTorch's
    /// `torch.autocast`. Sums stay f32, and so does everything else.
    pub fn autocast(&self) {
        self.0.borrow_mut().autocast = true;
    }

    /// The first mistake made while building, if any.
    pub fn check(&self) -> Result<()> {
        match &self.0.borrow().error {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// A copy of a node.
    pub fn node(&self, id: Id) -> Node {
        self.0.borrow().node(id).clone()
    }

    /// The recurrence whose states a node stands for.
    pub fn recurrence(&self, id: Id) -> Option<Recurrence> {
        self.0.borrow().recurrence(id)
    }

    /// Number of nodes so far.
    pub fn len(&self) -> usize {
        self.0.borrow().nodes.len()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (n, node) in self.0.borrow().nodes.iter().enumerate() {
            let inputs: Vec<String> = node.inputs.iter().map(|i| format!("%{}", i.0)).list();
            writeln!(f, "%{n}: {}{:?} = {:?}({}) {}", node.dtype, node.shape, node.op, inputs.join(", "), node.scope)?;
        }
        Ok(())
    }
}

/// Evaluates an elementwise operation on constants.
pub(crate) fn fold(op: &Op, dtype: DType, operands: &[Value]) -> Option<Value> {
    let bits = match (op, operands) {
        (Op::Unary(u), [x]) => u.bits(dtype, x.bits),
        (Op::Binary(b), [x, y]) => b.bits(x.dtype, x.bits, y.bits),
        (Op::Where, [c, x, y]) => {
            if c.bits != 0 {
                x.bits
            } else {
                y.bits
            }
        }
        (Op::Cast, [x]) => op::cast(x.dtype, dtype, x.bits),
        _ => return None,
    };
    Some(Value { dtype, bits })
}
