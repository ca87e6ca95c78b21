//! Rows: of a scratch buffer that only one loop uses, the rows of those steps are kept that are still read, instead of all. Imports plan, index.

use super::index::Index;
use super::plan::{Body, BufferKind, Kernel, Loop, Op as Code, Plan};
use crate::list::List;

/// An access to a buffer.
struct Access {
    /// Number of its dispatch.
    dispatch: usize,
    dims: Vec<usize>,
    index: Index,
    store: bool,
    /// Whether the index is all there is to say where.
    plain: bool,
}

/// Makes buffers of loops as small as they can be.
pub fn keep_rows(plan: &mut Plan) {
    for n in 0..plan.loops.len() {
        for buffer in 0..plan.buffers.len() {
            shrink(plan, n, buffer);
        }
    }
}

/// A step that only uses the rows from `counter + first` to `counter + last` needs as many rows of memory as those are, taken in turns. What is written before the loop
/// must be among those of its first step.
fn shrink(plan: &mut Plan, number: usize, buffer: usize) -> Option<()> {
    let Loop { dispatches, steps, reverse } = plan.loops[number].clone();
    if plan.buffers[buffer].kind != BufferKind::Temp {
        return None;
    }
    let mut all: Vec<Access> = vec![];
    visit(plan, buffer, &mut |access, _| all.push(access));
    let row = all.iter().find(|access| dispatches.contains(&access.dispatch))?.index.stride(0).filter(|row| *row > 0)?;
    let begin = if reverse { steps as i64 - 1 } else { 0 };
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    // For each access: what its index is beside the row, and the row, in terms of the counter of steps if there is one.
    let mut places = vec![];
    for Access { dispatch, dims, index, store, plain } in &all {
        let inside = dispatches.contains(dispatch);
        let counter = if inside { Index::dim(0) } else { Index::default() };
        let rest = index.add(&counter.times(-row));
        let (low, high) = rest.bounds(dims);
        let step = low.div_euclid(row);
        let known = if inside { index.stride(0) == Some(row) } else { *store && *dispatch < dispatches.start };
        if !plain || !known || high.div_euclid(row) != step {
            return None;
        }
        let from_begin = if inside { step } else { step - begin };
        (first, last) = (first.min(from_begin), last.max(from_begin));
        places.push((rest.plus(-row * step), counter.plus(step)));
    }
    let inside = all.iter().zip(&places).filter(|(access, _)| dispatches.contains(&access.dispatch));
    let used = |step: i64| inside.clone().any(|(_, (_, at))| at.constant == step);
    let rows = last - first + 1;
    if !used(first) || !used(last) || rows as usize * row as usize >= plan.buffers[buffer].len {
        return None;
    }
    let mut places = places.into_iter();
    visit(plan, buffer, &mut |access, index| {
        if let Some((rest, at)) = places.next() {
            *index = rest.add(&at.modulo(rows, &access.dims).times(row));
        }
    });
    plan.buffers[buffer].len = rows as usize * row as usize;
    Some(())
}

/// Goes through the accesses to a buffer, each with its index in the plan.
fn visit(plan: &mut Plan, buffer: usize, see: &mut dyn FnMut(Access, &mut Index)) {
    for (dispatch, kernels) in plan.dispatches.iter_mut().map(|d| &mut d.kernels).enumerate() {
        for Kernel { dims, bindings, code, stores, body, .. } in kernels {
            let Some(slot) = bindings.iter().position(|b| b.buffer == buffer) else { continue };
            let mut loads = code.iter_mut().filter_map(|i| if let Code::Load(load) = &mut i.op { Some(load) } else { None }).list();
            if let Body::Contract { a, b, .. } = body {
                loads.extend([a, b]);
            }
            let mut seen = |index: &mut Index, store, plain| see(Access { dispatch, dims: dims.clone(), index: index.clone(), store, plain }, index);
            for load in loads.into_iter().filter(|load| load.slot == slot) {
                seen(&mut load.index, false, load.guards.is_empty() && load.dynamic.is_none());
            }
            for store in stores.iter_mut().filter(|store| store.slot == slot) {
                seen(&mut store.index, true, store.dynamic.is_none());
            }
        }
    }
}
