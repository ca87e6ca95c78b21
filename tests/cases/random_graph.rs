//! Random programs from a seed: elementwise, movements, reductions, products and gathers, joined at random; nodes used several times, several outputs, and
//! leaves that are updated: from themselves, from each other, through views, while others still read them. Imports tensor, compile's `Program`.
//!
//! Values are kept near 1 and every function used is continuous in its float operands, so that rounding stays small and only a wrong program shows.

use super::rng::Rng;
use super::{Case, Tolerance};
use crate::oracle::{self, Array};
use std::collections::HashMap;
use tabgrad::compile::{Program, Update};
use tabgrad::dtype::DType;
use tabgrad::graph::Graph;
use tabgrad::op::Binary;
use tabgrad::shape::{broadcast, numel};
use tabgrad::tensor::{Conv, Tensor};

/// Largest tensor made.
const LIMIT: usize = 3000;

pub fn case(seed: u64) -> Case {
    build(seed, |_, y| y)
}

/// The same computation with the value of each step computed at once and put in as a leaf, so that nothing is rewritten across steps.
pub fn stepwise(seed: u64) -> Case {
    build(seed, |leaves, y| {
        let value = oracle::eval(y.graph(), &[y.id()], leaves).remove(0);
        let name = format!("value {}", leaves.len());
        let leaf = y.graph().leaf(&name, y.dtype(), &value.shape);
        leaves.insert(name, value);
        leaf
    })
}

fn build(seed: u64, mut settle: impl FnMut(&mut HashMap<String, Array>, Tensor) -> Tensor) -> Case {
    let mut rng = Rng::seeded(seed);
    let graph = Graph::new();
    let mut leaves = HashMap::new();
    let mut pool = vec![];
    for n in 0..2 + rng.below(3) {
        let shape = shape(&mut rng);
        pool.push(leaf(&graph, &mut leaves, &mut rng, &format!("x{n}"), DType::F32, &shape));
    }
    for n in 0..rng.below(3) {
        let shape = shape(&mut rng);
        pool.push(leaf(&graph, &mut leaves, &mut rng, &format!("i{n}"), DType::I32, &shape));
    }
    // State: two leaves share a shape, so that one can be updated from the other.
    let shared = shape(&mut rng);
    let states: Vec<Tensor> = (0..1 + rng.below(3))
        .map(|n| {
            let shape = if n < 2 { shared.clone() } else { shape(&mut rng) };
            leaf(&graph, &mut leaves, &mut rng, &format!("s{n}"), DType::F32, &shape)
        })
        .collect();
    pool.extend(states.iter().cloned());
    for _ in 0..3 + rng.below(28) {
        // Mostly of recent values, so that chains grow long; sometimes of any.
        let first = if rng.one_in(3) { 0 } else { pool.len().saturating_sub(5) };
        let x = pool[first + rng.below(pool.len() - first)].clone();
        let y = step(&mut rng, &x, &pool);
        if numel(&y.shape()) <= LIMIT && y.rank() <= 5 {
            pool.push(settle(&mut leaves, y));
        }
    }
    let updates = states.iter().enumerate().filter_map(|(n, state)| update(&mut rng, n, state, &states, &pool)).collect();
    let outputs = (0..1 + rng.below(4))
        .map(|n| {
            let last = if rng.one_in(3) { pool.len() } else { pool.len().min(6) };
            (format!("y{n}"), pool[pool.len() - 1 - rng.below(last)].id())
        })
        .collect();
    let tolerance = Tolerance { relative: 1e-4, absolute: 2e-4, gpu: 2e-3 };
    Case { name: format!("random graph {seed}"), program: Program { graph, outputs, updates }, leaves, tolerance, smooth: false }
}

fn shape(rng: &mut Rng) -> Vec<usize> {
    let rank = rng.below(4);
    (0..rank).map(|_| if rng.one_in(40) { 0 } else { rng.pick(&[1, 2, 3, 4, 5, 7, 9]) }).collect()
}

fn leaf(graph: &Graph, leaves: &mut HashMap<String, Array>, rng: &mut Rng, name: &str, dtype: DType, shape: &[usize]) -> Tensor {
    let (lo, hi) = if dtype == DType::F32 { (-1.5, 1.5) } else { (-5.0, 12.0) };
    leaves.insert(name.to_string(), rng.array(dtype, shape, lo, hi));
    graph.leaf(name, dtype, shape)
}

/// A value for a state leaf: itself decayed, another's old value, its own through a view, or anything that fits.
fn update(rng: &mut Rng, n: usize, state: &Tensor, states: &[Tensor], pool: &[Tensor]) -> Option<Update> {
    let shape = state.shape();
    let fitting: Vec<Tensor> = pool.iter().filter(|t| t.dtype() == DType::F32 && t.shape() == shape).cloned().collect();
    let other = states[(n + 1) % states.len()].clone();
    let value = match rng.below(7) {
        0 => return None,
        1 if other.shape() == shape => other,
        2 if other.shape() == shape => state * 0.5 - other * 0.25,
        3 if !shape.is_empty() => state.flip(&[0]) * 0.5 + state * 0.25,
        4 if !shape.is_empty() => roll(state),
        5 => state * 0.9 + squeeze(&pool[rng.below(pool.len())]) * 0.1,
        _ => fitting[rng.below(fitting.len())].tanh(),
    };
    Some(Update { leaf: format!("s{n}"), value: value.id() })
}

/// The first place moved to the end.
fn roll(x: &Tensor) -> Tensor {
    let n = x.size(0);
    if n < 2 { x.clone() } else { x.graph().cat(&[x.narrow(0, 1, n - 1), x.narrow(0, 0, 1)], 0) }
}

/// One value between -1 and 1 that depends on all of x.
fn squeeze(x: &Tensor) -> Tensor {
    x.cast(DType::F32).sum(&x.all_axes(), false).tanh()
}

/// One random operation on x, with operands from the pool.
fn step(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    match x.dtype() {
        DType::F32 => match rng.below(10) {
            0..3 => unary(rng, x),
            3..5 => binary(rng, x, pool),
            5..8 => movement(rng, x, pool),
            8 => reduction(rng, x),
            _ => product(rng, x, pool),
        },
        _ => match rng.below(5) {
            0 => (x.rem(7.0)).cast(DType::F32) * 0.25,
            1 => reduction(rng, x).rem(13.0),
            2 => movement(rng, x, pool),
            3 => gather(rng, x, pool),
            _ => integer(rng, x, pool),
        },
    }
}

fn unary(rng: &mut Rng, x: &Tensor) -> Tensor {
    match rng.below(9) {
        0 => x.tanh(),
        1 => x.sigmoid(),
        2 => x.relu(),
        3 => -x,
        4 => x.abs(),
        5 => (x.square() + 0.25).sqrt(),
        6 => x.tanh().exp(),
        7 => (x.abs() + 0.5).log(),
        _ => (x * 0.5).sin() + rng.pick(&[0.0, 0.5, -1.25]),
    }
}

/// Another of the pool that broadcasts with x, or x itself.
fn partner(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    let fits = |t: &&Tensor| t.dtype() == x.dtype() && broadcast(&x.shape(), &t.shape()).is_some_and(|s| numel(&s) <= LIMIT);
    let fitting: Vec<Tensor> = pool.iter().filter(fits).cloned().collect();
    if fitting.is_empty() { x.clone() } else { rng.pick(&fitting) }
}

fn binary(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    let y = partner(rng, x, pool);
    match rng.below(7) {
        0 => (x + &y) * 0.5,
        1 => (x - &y) * 0.5,
        2 => x.tanh() * y.tanh(),
        3 => x / (y.abs() + 1.0),
        4 => x.maximum(&y),
        5 => x.minimum(&y),
        // A condition on whole numbers is exact.
        _ => {
            let shape = broadcast(&x.shape(), &y.shape()).unwrap_or_default();
            let even = x.graph().iota(numel(&shape)).rem(rng.pick(&[2.0, 3.0])).eq(0.0);
            even.reshape(&shape).select(x, &y)
        }
    }
}

fn movement(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    let shape = x.shape();
    let rank = shape.len();
    if rank == 0 {
        return x.expand(&[rng.pick(&[1, 3, 5])]);
    }
    let axis = rng.below(rank);
    let size = shape[axis];
    match rng.below(10) {
        0 => {
            let mut perm: Vec<usize> = (0..rank).collect();
            (1..rank).for_each(|n| perm.swap(n, rng.below(n + 1)));
            x.permute(&perm)
        }
        1 => x.flip(&[axis as isize]),
        2 => {
            let pads: Vec<(usize, usize)> = (0..rank).map(|_| if rng.one_in(2) { (rng.below(3), rng.below(3)) } else { (0, 0) }).collect();
            x.pad(&pads, rng.pick(&[0.0, 1.0, -0.5]))
        }
        3 => {
            let start = rng.below(size + 1);
            x.narrow(axis as isize, start, if start < size { 1 + rng.below(size - start) } else { 0 })
        }
        4 => x.reshape(&[numel(&shape)]),
        5 => {
            let divisor = (2..=size).find(|d| size.is_multiple_of(*d)).unwrap_or(1);
            let mut split = shape.clone();
            split.splice(axis..=axis, [divisor, size / divisor]);
            x.reshape(&split)
        }
        6 => x.unsqueeze(axis as isize).expand(&[&shape[..axis], &[rng.pick(&[1, 2, 3])], &shape[axis..]].concat()),
        7 if size > 0 => {
            let window = 1 + rng.below(size.min(3));
            let dilation = if window > 1 && (window - 1) * 2 < size { 1 + rng.below(2) } else { 1 };
            let windows = x.unfold(axis, window, 1 + rng.below(2), dilation);
            if rng.one_in(2) { windows } else { windows.sum(&[axis as isize + 1], false) * 0.4 }
        }
        8 => {
            let fits = |t: &&Tensor| t.dtype() == x.dtype() && t.rank() == rank && (0..rank).all(|n| n == axis || t.shape()[n] == shape[n]);
            let mut parts: Vec<Tensor> = pool.iter().filter(fits).take(3).cloned().collect();
            parts.push(x.clone());
            x.graph().cat(&parts, axis as isize)
        }
        // The two last axes taken for windows and summed where they overlap.
        9 if rank > 1 && x.dtype() == DType::F32 && shape[rank - 1] > 0 && shape[rank - 2] > 0 => {
            let stride = 1 + rng.below(2);
            x.fold(rank - 2, (shape[rank - 2] - 1) * stride + shape[rank - 1] + rng.below(2), stride, 1) * 0.4
        }
        _ => x.step(axis as isize, 2),
    }
}

fn reduction(rng: &mut Rng, x: &Tensor) -> Tensor {
    let axes: Vec<isize> = x.all_axes().into_iter().filter(|_| rng.one_in(2)).collect();
    let keep = rng.one_in(2);
    let empty = axes.iter().any(|a| x.size(*a) == 0);
    match rng.below(4) {
        0 if x.dtype() == DType::F32 && !empty => x.mean(&axes, keep),
        // The largest of nothing is minus infinity: keep to finite values.
        1 if !empty => x.max(&axes, keep),
        2 if x.dtype() == DType::F32 && x.rank() > 0 && !x.shape().contains(&0) => x.softmax(-1),
        _ if x.dtype() == DType::F32 => x.sum(&axes, keep).tanh(),
        _ => x.sum(&axes, keep),
    }
}

/// Matrix products and convolutions, scaled so that values stay near 1.
fn product(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    let shape = x.shape();
    if shape.is_empty() || shape.contains(&0) {
        return x.tanh();
    }
    let k = shape[shape.len() - 1];
    let scale = 1.0 / k as f32;
    let matrix = |t: &Tensor| t.reshape(&[numel(&t.shape()) / k, k]);
    let rows: Vec<Tensor> = pool.iter().filter(|t| t.dtype() == DType::F32 && t.rank() >= 1 && t.size(-1) == k && !t.shape().contains(&0)).cloned().collect();
    let other = rng.pick(&rows);
    match rng.below(4) {
        0 => matrix(x).einsum(&(matrix(&other) * scale), "ik,jk->ij"),
        1 => matrix(x).einsum(&(matrix(&other) * scale), "ik,jk->ji"),
        2 => {
            let y = x.einsum(x, &format!("{0},{0}->{1}", &"abcde"[..shape.len()], &"abcde"[..shape.len() - 1]));
            (y * scale).tanh()
        }
        _ => {
            let side = k.min(3);
            let image = x.reshape(&[1, 1, numel(&shape) / k, k]);
            let kernel = matrix(&other).narrow(0, 0, 1).narrow(1, 0, side).reshape(&[1, 1, 1, side]) * (1.0 / side as f32);
            let conv = Conv { stride: [1, 1 + rng.below(2)], padding: [0, rng.below(2)], ..Conv::default() };
            image.conv2d(&kernel, &conv)
        }
    }
}

/// Rows of a tensor of the pool by whole numbers, some of them outside of it.
fn gather(rng: &mut Rng, indices: &Tensor, pool: &[Tensor]) -> Tensor {
    let fits = |t: &&Tensor| t.rank() > 0 && t.size(0) > 0 && numel(&t.shape()[1..]) * numel(&indices.shape()) <= LIMIT;
    let tables: Vec<Tensor> = pool.iter().filter(fits).cloned().collect();
    if tables.is_empty() { indices.clone() } else { rng.pick(&tables).gather(indices) }
}

fn integer(rng: &mut Rng, x: &Tensor, pool: &[Tensor]) -> Tensor {
    let y = partner(rng, x, pool);
    match rng.below(5) {
        0 => (x + &y).rem(17.0),
        1 => (x * &y).rem(11.0),
        2 => x.binary(Binary::Xor, &y),
        3 => x.maximum(-y),
        _ => x.lt(&y).cast(DType::I32),
    }
}
