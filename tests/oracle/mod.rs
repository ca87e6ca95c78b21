//! The oracle: a plain f64 evaluator of the Graph, the measure of both backends. It shares no scheduler, planner or scalar function with the engine; it
//! computes every node whole, in the order of their numbers. Imports graph, dtype, op (names only).
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

pub mod scalar;

use std::collections::{BTreeMap, HashMap};
use tabgrad::dtype::DType;
use tabgrad::graph::{Einsum, Graph, Id, Node, Op, Window};
use tabgrad::op::Reduce;

/// Values of a tensor, row-major; whole numbers and truth values held exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

impl Array {
    pub fn new(shape: &[usize], data: Vec<f64>) -> Array {
        assert_eq!(data.len(), shape.iter().product::<usize>(), "data of shape {shape:?}");
        Array { shape: shape.to_vec(), data }
    }

    pub fn scalar(x: f64) -> Array {
        Array::new(&[], vec![x])
    }

    /// The array whose element at each place is `element(place)`.
    fn build(shape: &[usize], mut element: impl FnMut(&[usize]) -> f64) -> Array {
        let mut data = Vec::with_capacity(shape.iter().product());
        each_place(shape, |place| data.push(element(place)));
        Array::new(shape, data)
    }

    /// The element at a place.
    pub fn at(&self, place: &[usize]) -> f64 {
        self.data[place.iter().zip(&self.shape).fold(0, |n, (p, size)| n * size + p)]
    }

    fn map2(&self, other: &Array, f: impl Fn(f64, f64) -> f64) -> Array {
        assert_eq!(self.shape, other.shape, "operands of one shape");
        Array::new(&self.shape, self.data.iter().zip(&other.data).map(|(a, b)| f(*a, *b)).collect())
    }
}

/// Values of the `wanted` nodes, where the graph's leaves have these values.
pub fn eval(graph: &Graph, wanted: &[Id], leaves: &HashMap<String, Array>) -> Vec<Array> {
    if let Err(error) = graph.check() {
        panic!("the graph has a mistake: {error}");
    }
    eval_with(graph, wanted, leaves, &mut HashMap::new())
}

/// `states`: those of recurrences, by node, finished or so far.
fn eval_with(graph: &Graph, wanted: &[Id], leaves: &HashMap<String, Array>, states: &mut HashMap<Id, Array>) -> Vec<Array> {
    solve(graph, wanted, leaves, states);
    // How often each node's value is still to be read; a node's number is larger than its inputs', so one sweep down finds all that are needed.
    let mut uses: BTreeMap<Id, usize> = BTreeMap::new();
    wanted.iter().for_each(|id| *uses.entry(*id).or_default() += 1);
    let mut next = uses.keys().next_back().copied();
    while let Some(id) = next {
        graph.node(id).inputs.iter().for_each(|input| *uses.entry(*input).or_default() += 1);
        next = uses.range(..id).next_back().map(|(id, _)| *id);
    }
    let mut values: HashMap<Id, Array> = HashMap::new();
    for id in uses.keys().copied().collect::<Vec<Id>>() {
        let node = graph.node(id);
        let inputs: Vec<(&Array, DType)> = node.inputs.iter().map(|i| (&values[i], graph.node(*i).dtype)).collect();
        let value = if let Op::Recurrent(_) = node.op { states[&id].clone() } else { compute(&node, &inputs, leaves) };
        assert_eq!(value.shape, node.shape, "shape of {node:?}");
        for input in &node.inputs {
            let left = uses.get_mut(input).expect("inputs are counted");
            *left -= 1;
            if *left == 0 {
                values.remove(input);
            }
        }
        values.insert(id, value);
    }
    wanted.iter().map(|id| values[id].clone()).collect()
}

/// Fills in the states of all recurrences that `wanted` needs: for each step everything is computed anew from the states so far, and one row of it is kept.
fn solve(graph: &Graph, wanted: &[Id], leaves: &HashMap<String, Array>, states: &mut HashMap<Id, Array>) {
    let mut open = wanted.to_vec();
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = graph.node(id);
        open.extend(&node.inputs);
        let Some(recurrence) = graph.recurrence(id).filter(|_| !states.contains_key(&id)) else { continue };
        let (row, steps) = (node.shape[1..].iter().product::<usize>(), recurrence.steps);
        let first = eval_with(graph, &[recurrence.first], leaves, states).remove(0);
        let mut all = Array::new(&node.shape, vec![0.0; (steps + 1) * row]);
        let begin = if recurrence.reverse { steps } else { 0 };
        all.data[begin * row..][..row].copy_from_slice(&first.data);
        for step in 0..steps {
            let t = if recurrence.reverse { steps - 1 - step } else { step };
            states.insert(id, all.clone());
            let next = eval_with(graph, &[recurrence.next], leaves, &mut states.clone()).remove(0);
            let place = if recurrence.reverse { t } else { t + 1 };
            all.data[place * row..][..row].copy_from_slice(&next.data[t * row..][..row]);
        }
        states.insert(id, all);
    }
}

fn compute(node: &Node, inputs: &[(&Array, DType)], leaves: &HashMap<String, Array>) -> Array {
    let shape = &node.shape;
    let x = |n: usize| inputs[n].0;
    match &node.op {
        Op::Const(value) => Array::scalar(value.as_f64()),
        Op::Leaf(name) => {
            let leaf = leaves.get(name).unwrap_or_else(|| panic!("no value for leaf {name}"));
            Array::new(shape, leaf.data.clone())
        }
        Op::Recurrent(_) => unreachable!("solved before"),
        Op::Iota => Array::new(shape, (0..shape[0]).map(|n| n as f64).collect()),
        Op::Unary(op) => Array::new(shape, x(0).data.iter().map(|v| scalar::unary(*op, node.dtype, *v)).collect()),
        Op::Binary(op) => x(0).map2(x(1), |a, b| scalar::binary(*op, inputs[0].1, a, b)),
        Op::Where => Array::new(shape, (0..x(0).data.len()).map(|n| if x(0).data[n] != 0.0 { x(1).data[n] } else { x(2).data[n] }).collect()),
        Op::Cast => Array::new(shape, x(0).data.iter().map(|v| scalar::cast(inputs[0].1, node.dtype, *v)).collect()),
        Op::Reshape => Array::new(shape, x(0).data.clone()),
        Op::Detach | Op::After | Op::Along | Op::Function(_) => x(0).clone(),
        Op::Permute(perm) => moved(
            shape,
            x(0),
            |to, from| {
                (0..to.len()).for_each(|n| from[perm[n]] = to[n]);
                true
            },
            0.0,
        ),
        Op::Expand if x(0).data.len() == 1 => Array::new(shape, vec![x(0).data[0]; shape.iter().product()]),
        Op::Expand => {
            let sizes = x(0).shape.clone();
            moved(
                shape,
                x(0),
                |to, from| {
                    (0..to.len()).for_each(|n| from[n] = if sizes[n] == 1 { 0 } else { to[n] });
                    true
                },
                0.0,
            )
        }
        Op::Pad { before, value } => {
            let sizes = x(0).shape.clone();
            moved(
                shape,
                x(0),
                |to, from| {
                    (0..to.len()).all(|n| {
                        from[n] = to[n].wrapping_sub(before[n]);
                        from[n] < sizes[n]
                    })
                },
                value.as_f64(),
            )
        }
        Op::Slice { start } => moved(
            shape,
            x(0),
            |to, from| {
                (0..to.len()).for_each(|n| from[n] = to[n] + start[n]);
                true
            },
            0.0,
        ),
        Op::Flip(axes) => moved(
            shape,
            x(0),
            |to, from| {
                (0..to.len()).for_each(|n| from[n] = if axes.contains(&n) { shape[n] - 1 - to[n] } else { to[n] });
                true
            },
            0.0,
        ),
        Op::Shear(Window { axis, tap, stride, dilation }) => moved(
            shape,
            x(0),
            |to, from| {
                from.copy_from_slice(to);
                from[*axis] = to[*axis] * stride + to[*tap] * dilation;
                true
            },
            0.0,
        ),
        Op::Unshear(Window { axis, tap, stride, dilation }) => {
            let size = x(0).shape[*axis];
            moved(
                shape,
                x(0),
                |to, from| {
                    from.copy_from_slice(to);
                    let Some(distance) = to[*axis].checked_sub(to[*tap] * dilation) else { return false };
                    from[*axis] = distance / stride;
                    distance % stride == 0 && from[*axis] < size
                },
                0.0,
            )
        }
        Op::Reduce(reduce, axes) => reduction(*reduce, axes, x(0), node),
        Op::Einsum(labels) => einsum(labels, x(0), x(1), shape),
        Op::Gather => {
            let (table, indices) = (x(0), x(1));
            let row: usize = table.shape[1..].iter().product();
            let last = table.shape[0] as f64 - 1.0;
            let rows = indices.data.iter().map(|i| i.clamp(0.0, last) as usize);
            Array::new(shape, rows.flat_map(|i| table.data[i * row..(i + 1) * row].iter().copied()).collect())
        }
        Op::Cat(axis) => Array::build(shape, |place| {
            let mut place = place.to_vec();
            let part = inputs.iter().find(|(part, _)| {
                let here = place[*axis] < part.shape[*axis];
                place[*axis] -= if here { 0 } else { part.shape[*axis] };
                here
            });
            part.expect("the parts fill the axis").0.at(&place)
        }),
    }
}

/// Each element taken from the place `source` writes, or `other` where it says there is none.
fn moved(shape: &[usize], x: &Array, source: impl Fn(&[usize], &mut [usize]) -> bool, other: f64) -> Array {
    let mut from = vec![0; x.shape.len()];
    Array::build(shape, |to| if source(to, &mut from) { x.at(&from) } else { other })
}

fn reduction(reduce: Reduce, axes: &[usize], x: &Array, node: &Node) -> Array {
    let start = match reduce {
        Reduce::Sum => 0.0,
        Reduce::Max | Reduce::MaxFirst => match node.dtype {
            DType::F32 | DType::F16 => f64::NEG_INFINITY,
            DType::I32 => i32::MIN as f64,
            DType::U32 | DType::Bool | DType::U8 => 0.0,
        },
    };
    let op = match reduce {
        Reduce::Sum => tabgrad::op::Binary::Add,
        Reduce::Max | Reduce::MaxFirst => tabgrad::op::Binary::Max,
    };
    let mut data = vec![start; node.shape.iter().product()];
    let mut n = 0;
    each_place(&x.shape, |place| {
        let kept = (0..place.len()).filter(|a| !axes.contains(a));
        let to = kept.fold(0, |sum, a| sum * x.shape[a] + place[a]);
        data[to] = scalar::binary(op, node.dtype, data[to], x.data[n]);
        n += 1;
    });
    Array::new(&node.shape, data)
}

fn einsum(labels: &Einsum, a: &Array, b: &Array, shape: &[usize]) -> Array {
    let mut all: Vec<(u8, usize)> = labels.out.iter().copied().zip(shape.iter().copied()).collect();
    for (label, size) in labels.a.iter().zip(&a.shape).chain(labels.b.iter().zip(&b.shape)) {
        match all.iter().find(|(known, _)| known == label) {
            Some((_, known)) => assert_eq!(known, size, "label {label} of {labels:?}"),
            None => all.push((*label, *size)),
        }
    }
    let sizes: Vec<usize> = all.iter().map(|(_, size)| *size).collect();
    let steps = |of: &[u8], shape: &[usize]| -> Vec<usize> {
        let step = |label: &u8| of.iter().position(|l| l == label).map_or(0, |axis| shape[axis + 1..].iter().product());
        all.iter().map(|(label, _)| step(label)).collect()
    };
    let (in_a, in_b, in_out) = (steps(&labels.a, &a.shape), steps(&labels.b, &b.shape), steps(&labels.out, shape));
    let offset = |place: &[usize], steps: &[usize]| place.iter().zip(steps).map(|(p, s)| p * s).sum::<usize>();
    let mut data = vec![0.0; shape.iter().product()];
    each_place(&sizes, |place| data[offset(place, &in_out)] += a.data[offset(place, &in_a)] * b.data[offset(place, &in_b)]);
    Array::new(shape, data)
}

/// Calls `visit` with every place of the shape, row-major.
fn each_place(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut place = vec![0; shape.len()];
    for _ in 0..shape.iter().product() {
        visit(&place);
        for axis in (0..shape.len()).rev() {
            place[axis] += 1;
            if place[axis] < shape[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
}
