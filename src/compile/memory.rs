//! Memory: scratch buffers whose lifetimes do not overlap become one. Imports plan.

use super::plan::{Buffer, BufferKind, Plan};

/// Lifetimes count in dispatches and include both ends, since a dispatch may not write what it reads. Large buffers are placed first, so that small ones fit into them.
pub fn share_memory(plan: Plan) -> Plan {
    let mut lifetimes: Vec<Option<(usize, usize)>> = vec![None; plan.buffers.len()];
    for (n, dispatch) in plan.dispatches.iter().enumerate() {
        for binding in dispatch.kernels.iter().flat_map(|k| &k.bindings) {
            let (start, _) = lifetimes[binding.buffer].unwrap_or((n, n));
            lifetimes[binding.buffer] = Some((start, n));
        }
    }
    let mut temps: Vec<usize> = (0..plan.buffers.len()).filter(|b| plan.buffers[*b].kind == BufferKind::Temp).collect();
    temps.sort_by_key(|b| (std::cmp::Reverse(plan.buffers[*b].len), *b));
    let mut buffers: Vec<Buffer> = vec![];
    let mut renamed = vec![usize::MAX; plan.buffers.len()];
    for (n, buffer) in plan.buffers.iter().enumerate().filter(|(_, b)| b.kind != BufferKind::Temp) {
        renamed[n] = buffers.len();
        buffers.push(buffer.clone());
    }
    // Each pool: its buffer and the lifetimes it serves.
    let mut pools: Vec<(usize, Vec<(usize, usize)>)> = vec![];
    for temp in temps {
        let Some((start, end)) = lifetimes[temp] else { continue };
        let free = pools.iter_mut().find(|(_, taken)| taken.iter().all(|(s, e)| end < *s || *e < start));
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
    Plan { buffers, dispatches }
}
