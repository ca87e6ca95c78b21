//! Order: kernels into dispatches, so that everything comes after what it needs, and small independent kernels share a dispatch. Imports sorted.

use crate::list::List;
use crate::sorted::Set;
use std::cmp::Reverse;

/// What ordering needs to know of a kernel.
pub struct Task {
    /// Tasks that must be done in an earlier dispatch.
    pub after: Set<usize>,
    /// Buffers it uses.
    pub buffers: Set<usize>,
    /// Points of its loop nest, the innermost included.
    pub work: usize,
}

/// Work up to which a kernel does not fill a GPU (a product of 512 x 512 x 128 is 64 of its larger tiles), so that running it beside others saves time.
const SMALL: usize = 1 << 25;

/// Dispatches as lists of tasks. `max_buffers` limits what one dispatch uses. The tasks' needs must not be circular.
pub fn order(tasks: &[Task], max_buffers: usize, share: bool) -> Vec<Vec<usize>> {
    let urgency = urgency(tasks);
    let mut done = vec![false; tasks.len()];
    let mut dispatches = vec![];
    while dispatches.iter().map(Vec::len).sum::<usize>() < tasks.len() {
        let ready = || (0..tasks.len()).filter(|t| !done[*t] && tasks[*t].after.iter().all(|a| done[a]));
        let large = ready().find(|t| tasks[*t].work > SMALL);
        let dispatch = match large {
            Some(task) => Set::from_iter([task]),
            None => {
                let (mut buffers, mut chosen) = (Set::new(), Set::new());
                loop {
                    // The most urgent first, and of these what needs the fewest further buffers.
                    let mut best = None;
                    for task in ready().filter(|t| !chosen.contains(*t)) {
                        let mut union: Set<usize> = buffers.clone();
                        union.add_all(&tasks[task].buffers);
                        let rank = (Reverse(urgency[task]), union.len(), task);
                        let fits = chosen.len() == 0 || (share && union.len() <= max_buffers);
                        if fits && best.as_ref().is_none_or(|(other, _)| rank < *other) {
                            best = Some((rank, union));
                        }
                    }
                    let Some(((.., task), union)) = best else { break };
                    buffers = union;
                    chosen.insert(task);
                }
                chosen
            }
        };
        assert!(dispatch.len() > 0, "kernels that wait for each other");
        dispatch.iter().for_each(|t| done[t] = true);
        dispatches.push(dispatch.into_iter().list());
    }
    dispatches
}

/// Length of the longest chain of tasks that wait for this one.
fn urgency(tasks: &[Task]) -> Vec<usize> {
    let mut urgency = vec![0; tasks.len()];
    // Chains are at most as long as there are tasks; each pass settles at least one more link.
    for _ in 0..tasks.len() {
        for task in (0..tasks.len()).rev() {
            for before in tasks[task].after.iter() {
                urgency[before] = urgency[before].max(urgency[task] + 1);
            }
        }
    }
    urgency
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(after: &[usize], buffers: &[usize], work: usize) -> Task {
        Task { after: after.iter().copied().collect(), buffers: buffers.iter().copied().collect(), work }
    }

    /// Proves: a chain stays a chain, independent small tasks share a dispatch as buffers permit, those first that use the same, and a large one runs alone.
    #[test]
    fn dispatches() {
        let chain = [task(&[], &[0, 1], 1), task(&[0], &[1, 2], 1), task(&[0], &[1, 3], 1), task(&[1, 2], &[2, 3, 4], 1)];
        assert_eq!(order(&chain, 8, true), [vec![0], vec![1, 2], vec![3]]);
        assert_eq!(order(&chain, 2, true), [vec![0], vec![1], vec![2], vec![3]]);
        assert_eq!(order(&chain, 8, false).len(), 4);
        let large = [task(&[], &[0], 1), task(&[], &[1], SMALL + 1), task(&[], &[2], 1)];
        assert_eq!(order(&large, 8, true), [vec![1], vec![0, 2]]);
        let crowd = [task(&[], &[0, 1], 1), task(&[], &[2, 3, 4], 1), task(&[], &[0, 2], 1), task(&[], &[1, 2], 1)];
        assert_eq!(order(&crowd, 3, true), [vec![0, 2, 3], vec![1]]);
    }
}
