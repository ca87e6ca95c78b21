//! Memory: scratch buffers whose lifetimes do not overlap become one. Imports plan, dtype, sorted.

use super::plan::{Buffer, BufferKind, Plan};
use crate::dtype::DType;
use crate::sorted::Set;
use std::cmp::Reverse;

/// Lifetimes count in dispatches and include both ends, since a dispatch may not write what it reads. Large buffers are placed first, so that small ones fit into them.
pub fn share_memory(plan: Plan) -> Plan {
    let mut lifetimes: Vec<Option<(usize, usize)>> = vec![None; plan.buffers.len()];
    for (n, dispatch) in plan.dispatches.iter().enumerate() {
        for binding in dispatch.kernels.iter().flat_map(|k| &k.bindings) {
            let (start, _) = lifetimes[binding.buffer].unwrap_or((n, n));
            lifetimes[binding.buffer] = Some((start, n));
        }
    }
    // What a loop uses is in use from its first dispatch to its last.
    for l in plan.loops.iter().map(|l| &l.dispatches) {
        for (start, end) in lifetimes.iter_mut().flatten().filter(|(start, end)| *start < l.end && *end >= l.start) {
            (*start, *end) = ((*start).min(l.start), (*end).max(l.end - 1));
        }
    }
    let temps = (0..plan.buffers.len()).filter(|b| plan.buffers[*b].kind == BufferKind::Temp);
    let temps: Set<(Reverse<usize>, usize)> = temps.map(|b| (Reverse(plan.buffers[b].len), b)).collect();
    let mut buffers: Vec<Buffer> = vec![];
    let mut renamed = vec![usize::MAX; plan.buffers.len()];
    for (n, buffer) in plan.buffers.iter().enumerate().filter(|(_, b)| b.kind != BufferKind::Temp) {
        renamed[n] = buffers.len();
        buffers.push(buffer.clone());
    }
    // Each pool: its buffer and the lifetimes it serves.
    let mut pools: Vec<(usize, Vec<(usize, usize)>)> = vec![];
    for (_, temp) in temps {
        let Some((start, end)) = lifetimes[temp] else { continue };
        // A buffer of halves has no room for as many words.
        let halves = |buffer: &Buffer| buffer.dtype == DType::F16;
        let alike = |buffer: usize| halves(&buffers[buffer]) == halves(&plan.buffers[temp]);
        let free = pools.iter_mut().find(|(buffer, taken)| alike(*buffer) && taken.iter().all(|(s, e)| end < *s || *e < start));
        renamed[temp] = match free {
            Some((buffer, taken)) => {
                taken.push((start, end));
                *buffer
            }
            None => {
                buffers.push(plan.buffers[temp].clone());
                pools.push((buffers.len() - 1, vec![(start, end)]));
                buffers.len() - 1
            }
        };
    }
    let mut dispatches = plan.dispatches;
    for binding in dispatches.iter_mut().flat_map(|d| &mut d.kernels).flat_map(|k| &mut k.bindings) {
        binding.buffer = renamed[binding.buffer];
    }
    Plan { buffers, dispatches, loops: plan.loops }
}
