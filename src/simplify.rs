//! Rewrites tried when a node is made: constants fold, movements merge, and a sliding window's transpose moves into the contraction it follows.
//! Imports graph, op, dtype, shape.

use crate::dtype::{DType, Value};
use crate::graph::{Arena, Einsum, Id, Op, Window, fold};
use crate::list::List;
use crate::op::{Binary, Reduce, Unary};
use crate::shape::{Shape, numel};

/// Terms up to which a product of a matrix and a vector is taken for small.
const SMALL_PRODUCT: usize = 1 << 16;

/// An existing or simpler node equal to the one about to be made, if there is one.
pub fn simplify(g: &mut Arena, op: &Op, inputs: &[Id], shape: &Shape, dtype: DType) -> Option<Id> {
    if let Some(value) = empty(g, op, inputs, shape, dtype) {
        return Some(g.constant(value, shape));
    }
    match op {
        Op::Const(_) | Op::Leaf(_) | Op::Iota | Op::Gather | Op::Detach | Op::Along | Op::Function(_) | Op::Shear(_) | Op::Recurrent(_) => None,
        Op::Unary(_) | Op::Binary(_) | Op::Where | Op::Cast => elementwise(g, op, inputs, shape, dtype),
        Op::Reshape | Op::Permute(_) | Op::Expand | Op::Pad { .. } | Op::Flip(_) => movement(g, op, inputs[0], shape),
        Op::Slice { start } => movement(g, op, inputs[0], shape).or_else(|| slice_of_einsum(g, start, inputs[0], shape)),
        Op::Unshear(window) => unshear_of_einsum(g, *window, inputs[0], shape),
        // Leaves, and what is made from nothing, are there at any time.
        Op::After => (uniform(g, inputs[0]).is_some() || matches!(g.node(inputs[0]).op, Op::Leaf(_) | Op::Iota)).then(|| inputs[0]),
        Op::Reduce(reduce, axes) => reduction(g, *reduce, axes, inputs[0], shape, dtype),
        Op::Einsum(einsum) => plain_product(g, einsum, inputs, shape),
        Op::Cat(axis) => joined(g, *axis, inputs, shape, dtype),
    }
}

/// The value all elements have, if the node is a constant seen through movements.
fn uniform(g: &Arena, id: Id) -> Option<Value> {
    let node = g.node(id);
    match &node.op {
        Op::Const(value) => Some(*value),
        Op::Reshape | Op::Permute(_) | Op::Expand | Op::Slice { .. } | Op::Flip(_) | Op::Detach | Op::Along => uniform(g, node.inputs[0]),
        _ => None,
    }
}

/// A tensor without elements is a constant, and so is one padded from it: kernels need not know of them.
fn empty(g: &Arena, op: &Op, inputs: &[Id], shape: &Shape, dtype: DType) -> Option<Value> {
    match op {
        Op::Const(_) | Op::Leaf(_) => None,
        Op::Pad { value, .. } => (numel(g.shape(inputs[0])) == 0).then_some(*value),
        // Constants themselves are made by expanding one value.
        Op::Reshape | Op::Expand if uniform(g, inputs[0]).is_some() => None,
        _ => (numel(shape) == 0).then(|| Value::zero(dtype)),
    }
}

fn elementwise(g: &mut Arena, op: &Op, inputs: &[Id], shape: &Shape, dtype: DType) -> Option<Id> {
    let values: Vec<Option<Value>> = inputs.iter().map(|id| uniform(g, *id)).list();
    if let Some(values) = values.iter().copied().collect::<Option<Vec<Value>>>() {
        let value = fold(op, dtype, &values)?;
        return Some(g.constant(value, shape));
    }
    let is = |n: usize, x: f64| values[n] == Some(Value::of(g.node(inputs[n]).dtype, x));
    match op {
        Op::Unary(Unary::Neg) => match &g.node(inputs[0]).op {
            Op::Unary(Unary::Neg) => Some(g.node(inputs[0]).inputs[0]),
            _ => None,
        },
        Op::Binary(Binary::Add) if is(0, 0.0) => Some(inputs[1]),
        Op::Binary(Binary::Add | Binary::Sub) if is(1, 0.0) => Some(inputs[0]),
        Op::Binary(Binary::Mul) if is(0, 1.0) => Some(inputs[1]),
        Op::Binary(Binary::Mul | Binary::Div) if is(1, 1.0) => Some(inputs[0]),
        Op::Where => match values[0] {
            Some(c) => Some(if c.bits != 0 { inputs[1] } else { inputs[2] }),
            None => (inputs[1] == inputs[2]).then(|| inputs[1]),
        },
        Op::Cast if g.node(inputs[0]).dtype == dtype => Some(inputs[0]),
        Op::Cast if dtype == DType::F16 => halved(g, inputs[0]),
        Op::Binary(Binary::Add) => sum_of_parts(g, inputs[0], inputs[1], shape).or_else(|| sum_of_parts(g, inputs[1], inputs[0], shape)),
        _ => None,
    }
}

/// Values are rounded to halves before they are moved, so that only what they are made from is stored; halves that were f32 meanwhile are the same halves.
fn halved(g: &mut Arena, x: Id) -> Option<Id> {
    let node = g.node(x).clone();
    let operand = *node.inputs.first()?;
    let moves = match node.op {
        Op::Cast if g.node(operand).dtype == DType::F16 => return Some(operand),
        Op::Pad { before, value } => Op::Pad { before, value: Value::of(DType::F16, value.as_f64()) },
        Op::Reshape | Op::Permute(_) | Op::Expand | Op::Flip(_) | Op::Shear(_) | Op::Unshear(_) => node.op,
        _ => return None,
    };
    let shape = g.shape(operand).to_vec();
    let halves = g.add(Op::Cast, &[operand], shape, DType::F16);
    Some(g.add(moves, &[halves], node.shape, DType::F16))
}

/// Zeros around one part plus zeros around its neighbour are zeros around both: the gradient of a tensor that was taken apart is its parts' gradients, joined.
fn sum_of_parts(g: &mut Arena, sum: Id, part: Id, shape: &Shape) -> Option<Id> {
    let padded = |g: &Arena, id: Id| match &g.node(id).op {
        Op::Pad { before, value } if value.bits == 0 => Some((before.clone(), g.node(id).inputs[0])),
        _ => None,
    };
    let (place, part_inside) = padded(g, part)?;
    let dtype = g.node(part).dtype;
    if let Some((other_place, other)) = padded(g, sum) {
        let (sizes, other_sizes) = (g.shape(part_inside).to_vec(), g.shape(other).to_vec());
        let alike = |n: &usize| place[*n] == other_place[*n] && sizes[*n] == other_sizes[*n];
        let axis = (0..shape.len()).find(|n| !alike(n))?;
        let (first, second) = if place[axis] < other_place[axis] { (part_inside, other) } else { (other, part_inside) };
        let before: Vec<usize> = place.iter().zip(&other_place).map(|(a, b)| *a.min(b)).list();
        let mut joined = sizes.clone();
        joined[axis] += other_sizes[axis];
        let touch = before[axis] + g.shape(first)[axis] == place[axis].max(other_place[axis]);
        if !touch || !(axis + 1..shape.len()).all(|n| alike(&n)) {
            return None;
        }
        let both = g.add(Op::Cat(axis), &[first, second], joined, dtype);
        return Some(g.add(Op::Pad { before, value: Value::zero(dtype) }, &[both], shape.clone(), dtype));
    }
    let Op::Binary(Binary::Add) = g.node(sum).op else { return None };
    let operands = g.node(sum).inputs.clone();
    (0..2).find_map(|n| {
        let both = sum_of_parts(g, operands[n], part, shape)?;
        Some(g.add(Op::Binary(Binary::Add), &[operands[1 - n], both], shape.clone(), dtype))
    })
}

fn movement(g: &mut Arena, op: &Op, x: Id, shape: &Shape) -> Option<Id> {
    let idle = match op {
        Op::Permute(perm) => perm.iter().enumerate().all(|(n, p)| n == *p),
        Op::Flip(axes) => axes.is_empty(),
        _ => g.shape(x) == shape,
    };
    if idle {
        return Some(x);
    }
    if !matches!(op, Op::Pad { .. } | Op::Expand | Op::Reshape) && uniform(g, x).is_some() {
        let value = uniform(g, x)?;
        return Some(g.constant(value, shape));
    }
    let inner = g.node(x).clone();
    match (op, &inner.op) {
        (Op::Reshape, Op::Reshape) => Some(g.reshape(inner.inputs[0], shape)),
        (Op::Reshape, Op::Expand) if numel(g.shape(inner.inputs[0])) == 1 => {
            let one = g.reshape(inner.inputs[0], &[]);
            Some(g.expand(one, shape))
        }
        (Op::Expand, Op::Expand) => Some(g.expand(inner.inputs[0], shape)),
        (Op::Permute(outer), Op::Permute(perm)) => {
            let perm: Vec<usize> = outer.iter().map(|n| perm[*n]).list();
            Some(g.permute(inner.inputs[0], &perm))
        }
        // A contraction can write its result in any order.
        (Op::Permute(perm), Op::Einsum(einsum)) => {
            let out = perm.iter().map(|p| einsum.out[*p]).list();
            let einsum = Einsum { a: einsum.a.clone(), b: einsum.b.clone(), out };
            Some(g.add(Op::Einsum(einsum), &inner.inputs, shape.clone(), DType::F32))
        }
        _ => None,
    }
}

/// Parts of parts, along the same axis, are parts.
fn joined(g: &mut Arena, axis: usize, inputs: &[Id], shape: &Shape, dtype: DType) -> Option<Id> {
    if inputs.len() == 1 {
        return Some(inputs[0]);
    }
    let parts = |id: &Id| if g.node(*id).op == Op::Cat(axis) { g.node(*id).inputs.clone() } else { vec![*id] };
    let flat = inputs.iter().flat_map(parts).list();
    (flat.len() > inputs.len()).then(|| g.add(Op::Cat(axis), &flat, shape.clone(), dtype))
}

fn reduction(g: &mut Arena, reduce: Reduce, axes: &[usize], x: Id, shape: &Shape, dtype: DType) -> Option<Id> {
    let sizes: Vec<usize> = axes.iter().map(|a| g.shape(x)[*a]).list();
    if sizes.contains(&0) {
        return Some(g.constant(reduce.identity(dtype), shape));
    }
    if numel(&sizes) == 1 {
        return Some(g.reshape(x, shape));
    }
    if let Some(value) = uniform(g, x) {
        let value = match reduce {
            Reduce::Sum => Value::of(dtype, value.as_f64() * numel(&sizes) as f64),
            Reduce::Max | Reduce::MaxFirst => value,
        };
        return Some(g.constant(value, shape));
    }
    sum_of_einsum(g, reduce, axes, x, shape)
}

/// Summing over a label that both operands have is part of the contraction.
fn sum_of_einsum(g: &mut Arena, reduce: Reduce, axes: &[usize], x: Id, shape: &Shape) -> Option<Id> {
    let node = g.node(x).clone();
    let Op::Einsum(einsum) = &node.op else { return None };
    let shared = |axis: &usize| einsum.a.contains(&einsum.out[*axis]) && einsum.b.contains(&einsum.out[*axis]);
    if reduce != Reduce::Sum || !axes.iter().all(shared) {
        return None;
    }
    let out = (0..einsum.out.len()).filter(|n| !axes.contains(n)).map(|n| einsum.out[n]).list();
    let einsum = Einsum { a: einsum.a.clone(), b: einsum.b.clone(), out };
    Some(g.add(Op::Einsum(einsum), &node.inputs, shape.clone(), DType::F32))
}

/// `unshear(einsum(a, b))`, where the window's axis comes from one operand alone and its tap from the other: the first operand can be unsheared instead. With
/// `sum_of_einsum` this makes the input gradient of a convolution one contraction over a view of the output's gradient, its columns never stored.
fn unshear_of_einsum(g: &mut Arena, window: Window, x: Id, shape: &Shape) -> Option<Id> {
    let node = g.node(x).clone();
    let Op::Einsum(einsum) = &node.op else { return None };
    let (along, tap) = (einsum.out[window.axis], einsum.out[window.tap]);
    let only = |labels: &[u8], others: &[u8], label| labels.contains(&label) && !others.contains(&label);
    let first = if only(&einsum.a, &einsum.b, along) && only(&einsum.b, &einsum.a, tap) {
        0
    } else if only(&einsum.b, &einsum.a, along) && only(&einsum.a, &einsum.b, tap) {
        1
    } else {
        return None;
    };
    let mut labels = [einsum.a.clone(), einsum.b.clone()];
    let mut operands = node.inputs.clone();
    let position = labels[first].iter().position(|l| *l == along)?;
    labels[first].push(tap);
    let mut wide = g.shape(operands[first]).to_vec();
    wide.push(1);
    let column = g.reshape(operands[first], &wide);
    *wide.last_mut()? = shape[window.tap];
    let expanded = g.expand(column, &wide);
    let tap = wide.len() - 1;
    wide[position] = shape[window.axis];
    let dtype = g.node(expanded).dtype;
    operands[first] = g.add(Op::Unshear(Window { axis: position, tap, ..window }), &[expanded], wide, dtype);
    let [a, b] = labels;
    Some(g.add(Op::Einsum(Einsum { a, b, out: einsum.out.clone() }), &operands, shape.clone(), DType::F32))
}

/// A large part of a contraction is a contraction of parts, so that the rim a padded convolution throws away is never computed. For small parts
/// (one of several projections made by one product) one contraction is better.
fn slice_of_einsum(g: &mut Arena, start: &[usize], x: Id, shape: &Shape) -> Option<Id> {
    let node = g.node(x).clone();
    let Op::Einsum(einsum) = &node.op else { return None };
    if 2 * numel(shape) <= numel(&node.shape) {
        return None;
    }
    let mut part = |operand: Id, labels: &[u8]| {
        let mut sizes = g.shape(operand).to_vec();
        let mut from = vec![0; sizes.len()];
        for (n, label) in labels.iter().enumerate() {
            if let Some(axis) = einsum.out.iter().position(|l| l == label) {
                (from[n], sizes[n]) = (start[axis], shape[axis]);
            }
        }
        let dtype = g.node(operand).dtype;
        g.add(Op::Slice { start: from }, &[operand], sizes, dtype)
    };
    let operands = [part(node.inputs[0], &einsum.a), part(node.inputs[1], &einsum.b)];
    Some(g.add(node.op.clone(), &operands, shape.clone(), DType::F32))
}

/// A contraction over nothing is a product, and a small one with a vector is a sum of products, which can be computed together with what follows from it.
fn plain_product(g: &mut Arena, einsum: &Einsum, inputs: &[Id], shape: &Shape) -> Option<Id> {
    let contracted = einsum.a.iter().filter(|l| !einsum.out.contains(l)).copied().list();
    let size = |g: &Arena, label: &u8| einsum.a.iter().position(|l| l == label).map_or(1, |n| g.shape(inputs[0])[n]);
    let sizes = contracted.iter().map(|l| size(g, l)).list();
    if sizes.contains(&0) {
        return Some(g.constant(Value::f32(0.0), shape));
    }
    let vector =
        [&einsum.a, &einsum.b].into_iter().zip(inputs).any(|(labels, x)| labels.iter().zip(g.shape(*x)).all(|(l, size)| *size == 1 || contracted.contains(l)));
    if numel(&sizes) != 1 && !(vector && numel(&sizes) * numel(shape) <= SMALL_PRODUCT) {
        return None;
    }
    let labels = [&einsum.out[..], &contracted].concat();
    let full = [&shape[..], &sizes].concat();
    let mut spread = |x: Id, own: &[u8]| {
        let order = labels.iter().filter_map(|l| own.iter().position(|m| m == l)).list();
        let aligned = labels.iter().zip(&full).map(|(l, size)| if own.contains(l) { *size } else { 1 }).list();
        let x = g.permute(x, &order);
        let x = g.reshape(x, &aligned);
        let x = g.expand(x, &full);
        g.add(Op::Cast, &[x], full.clone(), DType::F32)
    };
    let operands = [spread(inputs[0], &einsum.a), spread(inputs[1], &einsum.b)];
    let product = g.add(Op::Binary(Binary::Mul), &operands, full.clone(), DType::F32);
    if numel(&sizes) == 1 {
        return Some(g.reshape(product, shape));
    }
    Some(g.add(Op::Reduce(Reduce::Sum, (shape.len()..full.len()).list()), &[product], shape.clone(), DType::F32))
}
