//! Loops: which nodes are computed step by step because the states of a recurrence depend on them and they on the states. Imports graph, error, sorted.
//!
//! They are kept apart from the others: a kernel belongs to one loop or to none, and what comes before a loop does not share a kernel with what comes after.

use crate::error::{Code, Error, Result};
use crate::graph::{Arena, Id, Op, Recurrence};
use crate::list::List;

/// Where in the course of a program a node is computed. Nodes of one kernel have equal stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Number of the loop (in `Loops::all`) that computes it step by step.
    pub within: Option<usize>,
    /// How many loops come before, one after the other.
    depth: usize,
}

/// The loops of a program.
#[derive(Default)]
pub struct Loops {
    pub all: Vec<Recurrence>,
    /// Of each live node.
    stages: Vec<Stage>,
    /// Which axis counts the steps, of each node that a loop computes.
    axes: Vec<usize>,
}

impl Loops {
    pub fn of(arena: &Arena, live: &[bool]) -> Result<Loops> {
        let all = arena.recurrences().filter(|r| live.get(r.states.0 as usize) == Some(&true)).list();
        let mut loops = Loops { all, stages: vec![Stage::default(); live.len()], axes: vec![0; live.len()] };
        for number in 0..loops.all.len() {
            loops.find(arena, number)?;
        }
        loops.depths(arena, live);
        Ok(loops)
    }

    pub fn stage(&self, id: Id) -> Stage {
        self.stages[id.0 as usize]
    }

    /// Which axis of a node that a loop computes counts its steps.
    pub fn axis(&self, id: Id) -> usize {
        self.axes[id.0 as usize]
    }

    /// The loop that computes the node step by step.
    pub fn within(&self, id: Id) -> Option<&Recurrence> {
        self.stage(id).within.map(|n| &self.all[n])
    }

    /// Marks the nodes of a loop: those that depend on its states and that its states depend on.
    fn find(&mut self, arena: &Arena, number: usize) -> Result<()> {
        let Recurrence { states, next, .. } = self.all[number];
        let count = self.stages.len();
        // Where steps are along each node that depends on the states; nodes are numbered after what they are made from.
        let mut along: Vec<Option<Option<usize>>> = vec![None; count];
        for n in states.0 as usize + 1..count {
            let inputs = &arena.node(Id(n as u32)).inputs;
            if inputs.iter().any(|i| *i == states || along[i.0 as usize].is_some()) {
                along[n] = Some(axis_of_steps(arena, Id(n as u32), &self.all[number], &along));
            }
        }
        self.stages[states.0 as usize].within = Some(number);
        let mut needed = vec![next];
        while let Some(id) = needed.pop() {
            let n = id.0 as usize;
            let Some(axis) = along[n].filter(|_| self.stages[n].within != Some(number)) else { continue };
            let Some(axis) = axis.filter(|_| self.stages[n].within.is_none()) else {
                let node = arena.node(id);
                let message = format!("{:?} of shape {:?} in a recurrence uses other steps than its own", node.op, node.shape);
                return Err(Error::new(Code::Shape, message).at(&*node.scope).hint("within a step, use that step's state only"));
            };
            self.stages[n].within = Some(number);
            self.axes[n] = axis;
            needed.extend(&arena.node(id).inputs);
        }
        Ok(())
    }

    /// Counts for each node the loops before it.
    fn depths(&mut self, arena: &Arena, live: &[bool]) {
        let mut more = !self.all.is_empty();
        while more {
            more = false;
            for n in (0..live.len()).filter(|n| live[*n]) {
                let own = self.stages[n];
                let after = |id: &Id| {
                    let other = self.stages[id.0 as usize];
                    if other.within == own.within { other.depth } else { other.depth + other.within.is_some() as usize }
                };
                let depth = arena.operands(Id(n as u32)).iter().map(after).max().unwrap_or(0).max(own.depth);
                if depth > own.depth {
                    more = true;
                    // A loop comes as a whole after all that one of its nodes needs.
                    let same = |stage: &&mut Stage| own.within.is_some() && stage.within == own.within;
                    self.stages.iter_mut().filter(same).for_each(|stage| stage.depth = depth);
                    self.stages[n].depth = depth;
                }
            }
        }
    }
}

/// Which axis of a node counts the steps, if each of its rows along that axis depends on that step alone.
fn axis_of_steps(arena: &Arena, id: Id, of: &Recurrence, along: &[Option<Option<usize>>]) -> Option<usize> {
    let node = arena.node(id);
    let steps = |n: usize| along[node.inputs[n].0 as usize];
    match &node.op {
        Op::Slice { start } if node.inputs[0] == of.states => (node.shape[0] == of.steps && start[0] == of.seen()).then_some(0),
        _ if node.inputs.contains(&of.states) => None,
        Op::Const(_) | Op::Leaf(_) | Op::Iota | Op::Recurrent(_) => None,
        Op::Unary(_) | Op::Binary(_) | Op::Where | Op::Cast | Op::Detach => {
            let all = (0..node.inputs.len()).filter_map(steps).list();
            all[0].filter(|axis| all.iter().all(|other| *other == Some(*axis)))
        }
        Op::Along => Some(0),
        Op::Function(_) => steps(0)?,
        Op::Reshape => {
            // Its axis stays an axis of its own, behind as many elements as before.
            let (from, axis) = (arena.shape(node.inputs[0]), steps(0)??);
            let before: usize = from[..axis].iter().product();
            (0..node.shape.len()).find(|n| node.shape[*n] == of.steps && node.shape[..*n].iter().product::<usize>() == before)
        }
        Op::Permute(perm) => perm.iter().position(|p| Some(Some(*p)) == steps(0)),
        Op::Expand | Op::After => steps(0)?,
        Op::Pad { .. } | Op::Slice { .. } => steps(0)?.filter(|axis| node.shape[*axis] == of.steps),
        Op::Flip(axes) => steps(0)?.filter(|axis| !axes.contains(axis)),
        Op::Shear(w) | Op::Unshear(w) => steps(0)?.filter(|axis| *axis != w.axis && *axis != w.tap),
        Op::Reduce(_, axes) => {
            let axis = steps(0)?.filter(|axis| !axes.contains(axis))?;
            Some(axis - axes.iter().filter(|a| **a < axis).count())
        }
        Op::Einsum(einsum) => {
            let label = |n: usize, labels: &[u8]| steps(n).map(|axis| axis.map(|a| labels[a]));
            let label = match (label(0, &einsum.a), label(1, &einsum.b)) {
                (Some(a), Some(b)) => a.filter(|_| a == b),
                (a, b) => a.or(b)?,
            }?;
            einsum.out.iter().position(|l| *l == label)
        }
        Op::Gather => {
            let rank = arena.shape(node.inputs[1]).len();
            match (steps(0), steps(1)) {
                (None, Some(axis)) => axis,
                (Some(Some(axis)), None) if axis > 0 => Some(rank + axis - 1),
                _ => None,
            }
        }
        Op::Cat(joined) => {
            let all = (0..node.inputs.len()).filter_map(steps).list();
            all[0].filter(|axis| axis != joined && all.iter().all(|other| *other == Some(*axis)))
        }
    }
}
