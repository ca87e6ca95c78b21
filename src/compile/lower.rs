//! Lowering: from a group of nodes to one kernel. Movements become index expressions, elementwise operations become straight-line code. Imports graph, op, shape, dtype.

use super::index::{Guard, Index};
use super::plan::{Body, Dynamic, Instr, Load, Op as Code, Phase, Store, Val};
use crate::dtype::{DType, Value};
use crate::graph::{Arena, Einsum, Id, Node, Op};
use crate::list::List;
use crate::shape::{Shape, numel, strides};
use crate::sorted::Map;

/// What a kernel reads or writes, before buffers are known: a leaf, or the stored value of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    Leaf(String),
    Node(Id),
}

/// Nodes computed together. The seed gives the loop nest; all members are computed at its points.
#[derive(Clone, Debug)]
pub struct Group {
    pub seed: Id,
    /// Ascending, so that operands come first.
    pub members: Vec<Id>,
}

/// A kernel whose slots are bases.
#[derive(Clone, Debug)]
pub struct Proto {
    pub dims: Vec<usize>,
    pub bases: Vec<Base>,
    pub code: Vec<Instr>,
    /// For each stored member: the node, and its store with the flat row-major index.
    pub stores: Vec<(Id, Store)>,
    pub body: Body,
}

/// The group cannot be one kernel: a member is needed at another place than where it is computed, or an operand is no plain view.
#[derive(Debug)]
pub struct Conflict;

/// The loop nest of a group.
pub struct Space {
    pub dims: Vec<usize>,
    /// The shape that all loop counters together run over, and the counter of each axis.
    full_shape: Shape,
    full: Vec<Index>,
    /// For a row kernel: the same without the reduced axes.
    rows: Option<(Shape, Vec<Index>)>,
    counts: Counts,
}

enum Counts {
    Row { outer: usize },
    Contract { batch: usize, m: usize, n: usize, labels: Map<u8, Index> },
}

/// Number of points of the loop nest's shape and, for a row kernel, of its rows.
pub struct Extent {
    pub full: usize,
    pub rows: Option<usize>,
}

/// Loop counters for the axes in the given order; axes of size 1 need none.
fn counters(sizes: impl Iterator<Item = usize>, dims: &mut Vec<usize>) -> Vec<Index> {
    let counter = |size| match size {
        1 => Index::default(),
        _ => {
            dims.push(size);
            Index::dim(dims.len() - 1)
        }
    };
    sizes.map(counter).list()
}

impl Space {
    pub fn of(arena: &Arena, seed: Id) -> Space {
        let node = arena.node(seed);
        let mut dims = vec![];
        match &node.op {
            Op::Reduce(_, axes) => {
                let shape = arena.shape(node.inputs[0]).to_vec();
                let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).list();
                let rows = counters(kept.iter().map(|a| shape[*a]), &mut dims);
                let outer = dims.len();
                let inner = counters(axes.iter().map(|a| shape[*a]), &mut dims);
                let mut full = vec![Index::default(); shape.len()];
                kept.iter().zip(&rows).chain(axes.iter().zip(&inner)).for_each(|(a, i)| full[*a] = i.clone());
                Space { dims, full_shape: shape, full, rows: Some((node.shape.clone(), rows)), counts: Counts::Row { outer } }
            }
            Op::Einsum(einsum) => Space::of_einsum(arena, node, einsum),
            _ => {
                let full = counters(node.shape.iter().copied(), &mut dims);
                let outer = dims.len();
                Space { dims, full_shape: node.shape.clone(), full, rows: None, counts: Counts::Row { outer } }
            }
        }
    }

    fn of_einsum(arena: &Arena, node: &Node, einsum: &Einsum) -> Space {
        let size = |l: &u8| match einsum.a.iter().position(|m| m == l) {
            Some(n) => arena.shape(node.inputs[0])[n],
            None => einsum.b.iter().position(|m| m == l).map_or(1, |n| arena.shape(node.inputs[1])[n]),
        };
        let (in_a, in_b) = (|l: &&u8| einsum.a.contains(l), |l: &&u8| einsum.b.contains(l));
        let pick = |a: bool, b: bool| -> Vec<u8> { einsum.out.iter().filter(|l| in_a(l) == a && in_b(l) == b).copied().list() };
        let k: Vec<u8> = einsum.a.iter().filter(|l| !einsum.out.contains(l)).copied().list();
        let mut dims = vec![];
        let mut labels = Map::new();
        let mut ends = vec![];
        for group in [pick(true, true), pick(true, false), pick(false, true), k] {
            let own = counters(group.iter().map(size), &mut dims);
            group.into_iter().zip(own).for_each(|(label, index)| labels.insert(label, index));
            ends.push(dims.len());
        }
        let full = einsum.out.iter().map(|l| labels.get(l).cloned().unwrap_or_default()).list();
        let counts = Counts::Contract { batch: ends[0], m: ends[1] - ends[0], n: ends[2] - ends[1], labels };
        Space { dims, full_shape: node.shape.clone(), full, rows: None, counts }
    }

    pub fn extent(&self) -> Extent {
        Extent { full: numel(&self.full_shape), rows: self.rows.as_ref().map(|(shape, _)| numel(shape)) }
    }

    /// The place in a tensor of this shape that belongs to a point of the loop nest, and whether it is the same for a whole row.
    fn place(&self, shape: &[usize]) -> Option<(Vec<Index>, bool)> {
        let (count, extent) = (numel(shape), self.extent());
        let of = |from: &[usize], at: &[Index]| reshaped(at, from, shape, &self.dims);
        match &self.rows {
            _ if shape == self.full_shape => Some((self.full.clone(), false)),
            Some((rows, at)) if extent.rows == Some(count) => Some((of(rows, at), true)),
            _ if extent.full == count => Some((of(&self.full_shape, &self.full), false)),
            _ => None,
        }
    }
}

/// Row-major offset of a place.
fn flatten(at: &[Index], shape: &[usize]) -> Index {
    at.iter().zip(strides(shape)).fold(Index::default(), |sum, (i, s)| sum.add(&i.times(s as i64)))
}

/// The place with the given row-major offset.
fn unflatten(flat: &Index, shape: &[usize], dims: &[usize]) -> Vec<Index> {
    let whole = numel(shape);
    let axis = |(stride, size): (usize, &usize)| {
        if *size <= 1 || whole == 0 {
            return Index::default();
        }
        let index = flat.div(stride as i64, dims);
        if stride * size >= whole { index } else { index.modulo(*size as i64, dims) }
    };
    strides(shape).into_iter().zip(shape).map(axis).list()
}

/// The place in shape `to` of a place in shape `from` of as many elements. Runs of axes with equal products are treated apart, so that an axis that stays
/// as it is keeps its index, also where a guard is needed because that may lie outside.
fn reshaped(at: &[Index], from: &[usize], to: &[usize], dims: &[usize]) -> Vec<Index> {
    let (mut i, mut j) = (0, 0);
    let mut place = vec![];
    while i < from.len() || j < to.len() {
        let (start_i, start_j) = (i, j);
        let (mut p, mut q) = (1, 1);
        // At least one axis of either side, if there is one, then until the products agree.
        loop {
            if i < from.len() && (p <= q || j == to.len()) {
                p *= from[i];
                i += 1;
            } else if j < to.len() {
                q *= to[j];
                j += 1;
            }
            if (p == q && (i > start_i || i == from.len()) && (j > start_j || j == to.len())) || (i == from.len() && j == to.len()) {
                break;
            }
        }
        place.extend(unflatten(&flatten(&at[start_i..i], &from[start_i..i]), &to[start_j..j], dims));
    }
    place
}

/// One movement operation seen from its result: the operand's place for a place of the result, and where there is none, the value there.
struct Step {
    at: Vec<Index>,
    guards: Vec<Guard>,
    fill: Value,
}

fn step(arena: &Arena, node: &Node, at: &[Index], dims: &[usize]) -> Option<Step> {
    let operand = *node.inputs.first()?;
    let shape = arena.shape(operand);
    let mut fill = Value::zero(node.dtype);
    let mut guards = vec![];
    let mut moved = at.to_vec();
    match &node.op {
        Op::Reshape => moved = reshaped(at, &node.shape, shape, dims),
        Op::Permute(perm) => {
            moved = vec![Index::default(); perm.len()];
            perm.iter().zip(at).for_each(|(p, i)| moved[*p] = i.clone());
        }
        Op::Expand => moved.iter_mut().zip(shape).for_each(|(i, size)| {
            if *size == 1 {
                *i = Index::default()
            }
        }),
        Op::Pad { before, value } => {
            fill = *value;
            for axis in 0..moved.len() {
                moved[axis] = at[axis].plus(-(before[axis] as i64));
                guards.extend(Guard::needed(moved[axis].clone(), shape[axis] as i64, dims));
            }
        }
        Op::Slice { start } => moved.iter_mut().zip(start).for_each(|(i, s)| *i = i.plus(*s as i64)),
        Op::Flip(axes) => axes.iter().for_each(|a| moved[*a] = at[*a].times(-1).plus(shape[*a] as i64 - 1)),
        Op::Shear(w) => moved[w.axis] = at[w.axis].times(w.stride as i64).add(&at[w.tap].times(w.dilation as i64)),
        Op::Unshear(w) => {
            let offset = at[w.axis].add(&at[w.tap].times(-(w.dilation as i64)));
            guards.extend(Guard::needed(offset.modulo(w.stride as i64, dims), 1, dims));
            moved[w.axis] = offset.div(w.stride as i64, dims);
            guards.extend(Guard::needed(moved[w.axis].clone(), shape[w.axis] as i64, dims));
        }
        Op::Detach | Op::After | Op::Along | Op::Function(_) => {}
        Op::Const(_)
        | Op::Leaf(_)
        | Op::Iota
        | Op::Unary(_)
        | Op::Binary(_)
        | Op::Where
        | Op::Cast
        | Op::Reduce(..)
        | Op::Einsum(_)
        | Op::Gather
        | Op::Cat(_)
        | Op::Recurrent(_) => {
            return None;
        }
    }
    Some(Step { at: moved, guards, fill })
}

/// Whether a row of the table, whose number only the device knows, is one load: the row's places are a fixed step apart, and all exist.
pub fn gathers(arena: &Arena, anchors: &[bool], table: Id) -> bool {
    let shape = arena.shape(table);
    // Nothing is assumed of the other axes: their places may be any expressions.
    let dims: Vec<usize> = (0..shape.len()).map(|axis| if axis == 0 { shape[0] } else { 1 << 24 }).list();
    let mut at: Vec<Index> = (0..shape.len()).map(Index::dim).list();
    let mut id = table;
    while let Some(step) = step(arena, arena.node(id), &at, &dims).filter(|_| !anchors[id.0 as usize]) {
        if step.guards.iter().any(|g| g.index.uses(0)) {
            return false;
        }
        (id, at) = (arena.node(id).inputs[0], step.at);
    }
    flatten(&at, arena.shape(id)).recombined(&dims).stride(0).is_some_and(|s| s >= 0)
}

/// Whether the node only moves its operand.
pub fn moves(op: &Op) -> bool {
    match op {
        Op::Reshape | Op::Permute(_) | Op::Expand | Op::Pad { .. } | Op::Slice { .. } | Op::Flip(_) | Op::Shear(_) | Op::Unshear(_) => true,
        Op::Detach | Op::After | Op::Along | Op::Function(_) => true,
        Op::Const(_)
        | Op::Leaf(_)
        | Op::Iota
        | Op::Unary(_)
        | Op::Binary(_)
        | Op::Where
        | Op::Cast
        | Op::Reduce(..)
        | Op::Einsum(_)
        | Op::Gather
        | Op::Cat(_)
        | Op::Recurrent(_) => false,
    }
}

/// Turns a group into a kernel. `stored` are the members whose values others need; `anchors` are the nodes that are never computed inline.
pub fn lower(arena: &Arena, anchors: &[bool], group: &Group, stored: &[Id]) -> Result<Proto, Conflict> {
    let space = Space::of(arena, group.seed);
    let mut lowering = Lowering { arena, anchors, group, space: &space, accs: Map::new(), bases: vec![], code: vec![], values: vec![] };
    let body = lowering.body()?;
    let mut stores = vec![];
    for id in stored {
        let shape = arena.shape(*id);
        let (at, per_row) = space.place(shape).ok_or(Conflict)?;
        let value = lowering.member(*id, &at)?;
        let slot = lowering.slot(Base::Node(*id));
        stores.push((*id, Store { slot, index: flatten(&at, shape).recombined(&space.dims), value, per_row, dynamic: None }));
    }
    Ok(Proto { dims: space.dims.clone(), bases: lowering.bases, code: lowering.code, stores, body })
}

struct Lowering<'a> {
    arena: &'a Arena,
    anchors: &'a [bool],
    group: &'a Group,
    space: &'a Space,
    /// Number of the accumulator that holds a reduction or contraction of the group.
    accs: Map<Id, usize>,
    bases: Vec<Base>,
    /// Equal instructions are one.
    code: Vec<Instr>,
    /// What has been computed, at which place and where.
    values: Vec<(Id, Vec<Index>, Vec<Guard>, Val)>,
}

impl Lowering<'_> {
    fn body(&mut self) -> Result<Body, Conflict> {
        match &self.space.counts {
            Counts::Row { outer } => {
                let mut phases = vec![];
                for id in &self.group.members {
                    let node = self.arena.node(*id);
                    let Op::Reduce(reduce, _) = &node.op else { continue };
                    let value = self.value(node.inputs[0], &self.space.full, &[])?;
                    self.accs.insert(*id, phases.len());
                    phases.push(Phase { reduce: *reduce, value, dtype: node.dtype });
                }
                Ok(Body::Row { outer: *outer, phases })
            }
            Counts::Contract { batch, m, n, labels } => {
                let node = self.arena.node(self.group.seed);
                let Op::Einsum(einsum) = &node.op else { return Err(Conflict) };
                let at = |own: &[u8]| -> Vec<Index> { own.iter().map(|l| labels.get(l).cloned().unwrap_or_default()).list() };
                let (a, b) = (self.view(node.inputs[0], &at(&einsum.a))?, self.view(node.inputs[1], &at(&einsum.b))?);
                self.accs.insert(self.group.seed, 0);
                Ok(Body::Contract { batch: *batch, m: *m, n: *n, a, b })
            }
        }
    }

    /// The value of a member at the place it is computed at.
    fn member(&mut self, id: Id, at: &[Index]) -> Result<Val, Conflict> {
        let node = self.arena.node(id);
        match (&node.op, self.accs.get(&id)) {
            (_, Some(acc)) => Ok(self.push(Code::Acc(*acc), node.dtype)),
            (Op::Reduce(..) | Op::Einsum(_), None) => Err(Conflict),
            _ => self.compute(id, at, &[]),
        }
    }

    /// The value of any node at a place, where the guards hold.
    fn value(&mut self, id: Id, at: &[Index], guards: &[Guard]) -> Result<Val, Conflict> {
        if let Some((.., val)) = self.values.iter().find(|(i, a, g, _)| *i == id && a == at && g == guards) {
            return Ok(*val);
        }
        let node = self.arena.node(id);
        let val = if self.group.members.contains(&id) {
            let (own, _) = self.space.place(&node.shape).ok_or(Conflict)?;
            if own != at {
                return Err(Conflict);
            }
            self.member(id, at)?
        } else if self.anchors[id.0 as usize] || matches!(node.op, Op::Leaf(_)) {
            let load = self.load(id, at, guards, &self.space.dims);
            self.push_load(load, node)
        } else {
            self.compute(id, at, guards)?
        };
        self.values.push((id, at.to_vec(), guards.to_vec(), val));
        Ok(val)
    }

    fn compute(&mut self, id: Id, at: &[Index], guards: &[Guard]) -> Result<Val, Conflict> {
        let node = self.arena.node(id);
        if let Some(step) = step(self.arena, node, at, &self.space.dims) {
            let mut all = guards.to_vec();
            all.extend(step.guards.iter().filter(|g| !guards.contains(g)).cloned());
            let inner = self.value(node.inputs[0], &step.at, &all)?;
            let plain = step.fill.bits == 0 && matches!(&self.code[inner].op, Code::Load(load) if step.guards.iter().all(|g| load.guards.contains(g)));
            if step.guards.is_empty() || plain {
                return Ok(inner);
            }
            return Ok(self.push(Code::Guarded(step.guards, inner, step.fill), node.dtype));
        }
        let mut operand = |n: usize| self.value(node.inputs[n], at, guards);
        let op = match &node.op {
            Op::Const(value) => Code::Const(*value),
            Op::Iota => Code::Index(at[0].clone()),
            Op::Unary(op) => Code::Unary(*op, operand(0)?),
            Op::Binary(op) => Code::Binary(*op, operand(0)?, operand(1)?),
            Op::Where => Code::Where(operand(0)?, operand(1)?, operand(2)?),
            Op::Cast => {
                let value = operand(0)?;
                // Halves are read as f32.
                if self.code[value].dtype == node.dtype {
                    return Ok(value);
                }
                Code::Cast(value)
            }
            Op::Gather => return self.gather(node, at, guards),
            Op::Leaf(_) => {
                let load = self.load(id, at, guards, &self.space.dims);
                return Ok(self.push_load(load, node));
            }
            _ => return Err(Conflict),
        };
        Ok(self.push(op, node.dtype))
    }

    fn gather(&mut self, node: &Node, at: &[Index], guards: &[Guard]) -> Result<Val, Conflict> {
        let (table, indices) = (node.inputs[0], node.inputs[1]);
        let rank = self.arena.shape(indices).len();
        let value = self.value(indices, &at[..rank], guards)?;
        let size = self.arena.shape(table)[0];
        // The row is a counter of its own while the table's view is worked out; what it is multiplied by is the stride of the gather.
        let row = self.space.dims.len();
        let mut dims = self.space.dims.clone();
        dims.push(size);
        let place: Vec<Index> = std::iter::once(Index::dim(row)).chain(at[rank..].iter().cloned()).list();
        let mut load = self.view_in(table, &place, guards, &dims)?;
        let stride = load.index.stride(row).filter(|s| *s >= 0).ok_or(Conflict)?;
        if load.guards.iter().any(|g| g.index.uses(row)) {
            return Err(Conflict);
        }
        load.index = load.index.add(&Index::dim(row).times(-stride));
        load.dynamic = Some(Dynamic { value, size, stride: stride as usize });
        Ok(self.push_load(load, node))
    }

    /// An operand that must be one load: a leaf or a stored node behind movements.
    fn view(&mut self, id: Id, at: &[Index]) -> Result<Load, Conflict> {
        let dims = self.space.dims.clone();
        self.view_in(id, at, &[], &dims)
    }

    fn view_in(&mut self, id: Id, at: &[Index], guards: &[Guard], dims: &[usize]) -> Result<Load, Conflict> {
        let node = self.arena.node(id);
        if self.group.members.contains(&id) {
            return Err(Conflict);
        }
        if self.anchors[id.0 as usize] || matches!(node.op, Op::Leaf(_)) {
            return Ok(self.load(id, at, guards, dims));
        }
        let step = step(self.arena, node, at, dims).ok_or(Conflict)?;
        if !step.guards.is_empty() && step.fill.bits != 0 {
            return Err(Conflict);
        }
        let mut all = guards.to_vec();
        all.extend(step.guards.into_iter().filter(|g| !guards.contains(g)));
        self.view_in(node.inputs[0], &step.at, &all, dims)
    }

    fn load(&mut self, id: Id, at: &[Index], guards: &[Guard], dims: &[usize]) -> Load {
        let node = self.arena.node(id);
        let base = match &node.op {
            Op::Leaf(name) => Base::Leaf(name.clone()),
            _ => Base::Node(id),
        };
        Load { slot: self.slot(base), index: flatten(at, &node.shape).recombined(dims), guards: guards.to_vec(), dynamic: None }
    }

    fn push_load(&mut self, load: Load, node: &Node) -> Val {
        self.push(Code::Load(load), node.dtype.read())
    }

    fn slot(&mut self, base: Base) -> usize {
        match self.bases.iter().position(|b| *b == base) {
            Some(slot) => slot,
            None => {
                self.bases.push(base);
                self.bases.len() - 1
            }
        }
    }

    fn push(&mut self, op: Code, dtype: DType) -> Val {
        let instr = Instr { op, dtype };
        self.code.iter().position(|known| *known == instr).unwrap_or_else(|| {
            self.code.push(instr);
            self.code.len() - 1
        })
    }
}
