//! A plain interpreter of the Plan, which shares nothing with the backends but the table's scalar functions. Imports compile's data types, op, dtype.

use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::DType;
use tabgrad::op::{Reduce, cast};

/// Buffers as one word per element (also of U8).
pub type Memory = Vec<Vec<u32>>;

/// Runs a plan: each point by itself, indices by `Index::eval`, f32 sums in f64.
pub fn interpret(plan: &Plan, memory: &mut Memory) {
    for (dispatches, repeat) in plan.stretches() {
        let mut steps = repeat.map_or(vec![None], |l| (0..l.steps as i64).map(Some).collect());
        if repeat.is_some_and(|l| l.reverse) {
            steps.reverse();
        }
        for step in steps {
            plan.dispatches[dispatches.clone()].iter().flat_map(|d| &d.kernels).for_each(|kernel| run(kernel, step, memory));
        }
    }
}

/// Runs a kernel, of a loop only those rows whose first counter is that of the step.
fn run(kernel: &Kernel, step: Option<i64>, memory: &mut Memory) {
    let outer = kernel.outer();
    for row in points(&kernel.dims[..outer]).filter(|row| step.is_none_or(|step| row[0] == step)) {
        let inner: Vec<Vec<i64>> = points(&kernel.dims[outer..]).map(|p| [row.clone(), p].concat()).collect();
        let mut accs: Vec<u32> = Vec::new();
        match &kernel.body {
            Body::Row { phases, .. } => {
                for phase in phases {
                    let values = inner.iter().map(|at| eval(kernel, memory, at, &accs, phase.value));
                    accs.push(match (phase.reduce, phase.dtype) {
                        (Reduce::Sum, DType::F32) => (values.map(|x| f32::from_bits(x) as f64).sum::<f64>() as f32).to_bits(),
                        (reduce, dtype) => values.fold(reduce.identity(dtype).bits, |all, x| reduce.binary().bits(dtype, all, x)),
                    });
                }
            }
            Body::Contract { a, b, .. } => {
                let element = |load: &Load, at: &[i64]| f32::from_bits(eval_load(kernel, memory, at, &[], load, DType::F32));
                let sum: f64 = inner.iter().map(|at| element(a, at) as f64 * element(b, at) as f64).sum();
                accs.push((sum as f32).to_bits());
            }
        }
        let once = [[row.clone(), vec![0; kernel.dims.len() - outer]].concat()];
        let contract = matches!(kernel.body, Body::Contract { .. });
        let mut writes = Vec::new();
        for store in &kernel.stores {
            for at in if store.per_row || contract { &once[..] } else { &inner[..] } {
                let place = place(kernel, memory, at, &accs, &store.index, &store.dynamic);
                writes.push((kernel.bindings[store.slot].buffer, place, eval(kernel, memory, at, &accs, store.value)));
            }
        }
        writes.into_iter().for_each(|(buffer, place, value)| memory[buffer][place] = value);
    }
}

fn points(dims: &[usize]) -> impl Iterator<Item = Vec<i64>> + use<> {
    let dims = dims.to_vec();
    (0..dims.iter().product::<usize>()).map(move |flat| {
        let mut rest = flat;
        let mut point: Vec<i64> = dims
            .iter()
            .rev()
            .map(|d| {
                let i = rest % d;
                rest /= d;
                i as i64
            })
            .collect();
        point.reverse();
        point
    })
}

fn place(kernel: &Kernel, memory: &Memory, at: &[i64], accs: &[u32], index: &Index, dynamic: &Option<Dynamic>) -> usize {
    let gathered = dynamic.as_ref().map_or(0, |d| {
        let value = eval(kernel, memory, at, accs, d.value);
        let value = if kernel.code[d.value].dtype == DType::I32 { value as i32 as i64 } else { value as i64 };
        value.clamp(0, d.size as i64 - 1) * d.stride as i64
    });
    usize::try_from(index.eval(at) + gathered).expect("a plan's index is not negative")
}

fn eval_load(kernel: &Kernel, memory: &Memory, at: &[i64], accs: &[u32], load: &Load, dtype: DType) -> u32 {
    if !load.guards.iter().all(|g| g.holds(at)) {
        return 0;
    }
    let binding = &kernel.bindings[load.slot];
    let element = memory[binding.buffer][place(kernel, memory, at, accs, &load.index, &load.dynamic)];
    if binding.dtype == DType::U8 { cast(DType::U8, dtype, element) } else { element }
}

fn eval(kernel: &Kernel, memory: &Memory, at: &[i64], accs: &[u32], v: Val) -> u32 {
    let of = |v: &Val| eval(kernel, memory, at, accs, *v);
    let type_of = |v: &Val| kernel.code[*v].dtype;
    let Instr { op, dtype } = &kernel.code[v];
    match op {
        Op::Const(value) => value.bits,
        Op::Index(index) => index.eval(at) as u32,
        Op::Load(load) => eval_load(kernel, memory, at, accs, load, *dtype),
        Op::Unary(op, x) => op.bits(*dtype, of(x)),
        Op::Binary(op, x, y) => op.bits(type_of(x), of(x), of(y)),
        Op::Where(c, x, y) => {
            if of(c) != 0 {
                of(x)
            } else {
                of(y)
            }
        }
        Op::Cast(x) => cast(type_of(x), *dtype, of(x)),
        Op::Guarded(guards, x, other) => {
            if guards.iter().all(|g| g.holds(at)) {
                of(x)
            } else {
                other.bits
            }
        }
        Op::Acc(n) => accs[*n],
    }
}
