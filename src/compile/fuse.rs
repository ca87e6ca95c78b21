//! Fusion: which nodes are stored (anchors), and which of them are computed by one kernel (groups). Imports graph, op, dtype, shape, lower.
//!
//! Everything that is not an anchor is recomputed where it is used, so an anchor costs memory traffic and saves work. An anchor whose readers all
//! land in its own group is not stored after all.

use super::loops::Loops;
use super::lower::{Base, Extent, Group, Proto, Space, gathers, lower, moves};
use super::{Options, Program};
use crate::dtype::DType;
use crate::error::Result;
use crate::graph::{Arena, Id, Op};
use crate::list::List;
use crate::op::{Binary, Unary};
use crate::shape::numel;
use crate::sorted::{Map, Set};

/// A row kernel with fewer rows than this leaves a GPU mostly idle ...
const FEW_ROWS: usize = 32;
/// ... which only matters when its rows are longer than this.
const SHORT_ROW: usize = 4096;

/// Values of more elements than this have a buffer of their own, as the size of a buffer is limited too.
const TOGETHER: usize = 1 << 22;

/// The nodes a program needs, who reads whom, and the groups.
pub struct Fusion {
    pub anchors: Vec<bool>,
    pub groups: Vec<Group>,
    pub loops: Loops,
    /// Group of each anchor that is computed (one that is joined from parts is not: the parts are).
    pub group_of: Vec<Option<usize>>,
    /// For each node, the anchors that read it directly (through inlined nodes).
    pub readers: Vec<Set<Id>>,
    /// Anchors and leaves each anchor reads directly.
    pub sources: Vec<Set<Id>>,
    /// Nodes whose value leaves the program or is updated.
    results: Set<Id>,
    /// These, and the parts of joined ones.
    pub wanted: Set<Id>,
    /// New values of leaves that are expected to be stored in place.
    in_place: Map<Id, Base>,
}

/// `in_place` says whether to expect that leaves are updated in place, which needs fewer buffers in a kernel.
pub fn fuse(arena: &Arena, program: &Program, options: &Options, in_place: bool) -> Result<Fusion> {
    let results: Set<Id> = program.outputs.iter().map(|(_, id)| *id).chain(program.updates.iter().map(|u| u.value)).map(|id| stored_as(arena, id)).collect();
    let wanted = wanted(arena, &results);
    let mut updated = Map::new();
    program.updates.iter().filter(|_| in_place).for_each(|u| updated.insert(stored_as(arena, u.value), Base::Leaf(u.leaf.clone())));
    let live = live(arena, &wanted);
    let anchors = anchors(arena, &wanted, &live, options);
    let count = live.len();
    let mut fusion = Fusion {
        anchors,
        loops: Loops::of(arena, &live)?,
        groups: vec![],
        group_of: vec![None; count],
        readers: vec![Set::new(); count],
        sources: vec![Set::new(); count],
        results,
        wanted,
        in_place: updated,
    };
    let order: Vec<Id> = (0..count as u32).map(Id).filter(|id| live[id.0 as usize] && fusion.anchors[id.0 as usize]).list();
    for id in &order {
        let mut sources = Set::new();
        let mut seen = Set::new();
        arena.operands(*id).iter().for_each(|i| fusion.collect_sources(arena, *i, &mut sources, &mut seen));
        sources.iter().for_each(|s| {
            fusion.readers[s.0 as usize].insert(*id);
        });
        fusion.sources[id.0 as usize] = sources;
    }
    for id in order {
        if arena.joined(id).is_some() {
            continue;
        }
        let home = if options.fuse { fusion.candidates(arena, id).into_iter().find(|g| fusion.fits(arena, *g, id, options)) } else { None };
        let home = home.unwrap_or_else(|| {
            fusion.groups.push(Group { seed: id, members: vec![] });
            fusion.groups.len() - 1
        });
        fusion.groups[home].members.push(id);
        fusion.group_of[id.0 as usize] = Some(home);
    }
    Ok(fusion)
}

/// Results, new values of leaves, and the parts of joined tensors, all without the reshapes around them: those do not change the order in memory.
fn wanted(arena: &Arena, results: &Set<Id>) -> Set<Id> {
    let mut wanted = results.clone();
    let mut open: Vec<Id> = wanted.iter().collect();
    let mut seen = Set::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let parts = arena.joined(id).map(|(_, parts)| parts).unwrap_or_default();
        if !parts.is_empty() {
            wanted.insert(id);
        }
        for part in parts {
            wanted.insert(cat_part(arena, id, part));
        }
        open.extend(arena.operands(id));
    }
    wanted
}

/// The node whose memory holds this one's elements in row-major order.
pub fn stored_as(arena: &Arena, id: Id) -> Id {
    match &arena.node(id).op {
        Op::Reshape | Op::Detach | Op::After | Op::Along | Op::Function(_) => stored_as(arena, arena.node(id).inputs[0]),
        _ => id,
    }
}

/// Whether the parts of a joined tensor are one contiguous piece each.
pub fn contiguous_cat(arena: &Arena, cat: Id) -> bool {
    arena.joined(cat).is_some_and(|(axis, _)| numel(&arena.shape(cat)[..axis]) == 1)
}

/// The node that is stored into the joined tensor's memory for this part of it.
pub fn cat_part(arena: &Arena, cat: Id, part: Id) -> Id {
    if contiguous_cat(arena, cat) { stored_as(arena, part) } else { part }
}

fn live(arena: &Arena, wanted: &Set<Id>) -> Vec<bool> {
    let mut live = vec![];
    let mut open = wanted.iter().list();
    while let Some(id) = open.pop() {
        let n = id.0 as usize;
        live.resize(live.len().max(n + 1), false);
        if !std::mem::replace(&mut live[n], true) {
            open.extend(arena.operands(id));
        }
    }
    live
}

/// Roughly how many simple operations one element takes.
fn weight(op: &Op) -> usize {
    match op {
        Op::Unary(Unary::Exp | Unary::Log | Unary::Sin | Unary::Cos | Unary::Tanh | Unary::Sigmoid | Unary::Erf) | Op::Binary(Binary::Pow) => 4,
        Op::Unary(Unary::Sqrt) | Op::Binary(Binary::Div | Binary::Rem) => 2,
        Op::Binary(Binary::Threefry) => 20,
        Op::Gather => 2,
        Op::Unary(_) | Op::Binary(_) | Op::Where | Op::Cast => 1,
        _ => 0,
    }
}

/// Decides which live nodes are anchors.
fn anchors(arena: &Arena, wanted: &Set<Id>, live: &[bool], options: &Options) -> Vec<bool> {
    let count = live.len();
    // Readers that are not movements, and how many elements they read per element at most.
    let mut reads = vec![(0usize, 1usize); count];
    for n in (0..count).rev().filter(|n| live[*n]) {
        let node = arena.node(Id(n as u32));
        for input in node.values() {
            let i = input.0 as usize;
            if moves(&node.op) {
                let ratio = numel(&node.shape) / numel(arena.shape(*input)).max(1);
                reads[i] = (reads[i].0 + reads[n].0, reads[i].1.max(reads[n].1 * ratio.max(1)));
            } else {
                reads[i].0 += 1;
            }
        }
    }
    let mut anchors = vec![false; count];
    let mut cost = vec![0usize; count];
    let mut bases: Vec<Set<Id>> = vec![Set::new(); count];
    for n in (0..count).filter(|n| live[*n]) {
        let id = Id(n as u32);
        let node = arena.node(id);
        if matches!(node.op, Op::Leaf(_)) {
            bases[n].insert(id);
        }
        // Operands that must be plain views.
        let views = match &node.op {
            Op::Einsum(_) => &node.inputs[..],
            Op::Gather => &node.inputs[..1],
            // What is kept for later is one tensor, not those it is the sum of.
            Op::After if node.dtype == DType::F32 => node.values(),
            _ => &[],
        };
        for operand in views {
            if let Some(stop) = not_a_view(arena, *operand) {
                anchors[stop.0 as usize] = true;
            }
        }
        if node.op == Op::Gather && !gathers(arena, &anchors, node.inputs[0]) {
            anchors[node.inputs[0].0 as usize] = true;
        }
        // What is rounded to halves is rounded to be stored.
        let halved = node.op == Op::Cast && node.dtype == DType::F16;
        if halved || matches!(node.op, Op::Reduce(..) | Op::Einsum(_) | Op::Cat(_) | Op::Recurrent(_)) || wanted.contains(id) {
            anchors[n] = true;
        }
        // One kernel can use only so many buffers: the operand that needs most is stored. One stays free for the result.
        let room = options.max_bindings.saturating_sub(1);
        let union = |bases: &[Set<Id>]| node.values().iter().flat_map(|i| bases[i.0 as usize].iter()).collect::<Set<Id>>();
        if !matches!(node.op, Op::Cat(_)) {
            while union(&bases).len() > room {
                let Some(worst) = node.values().iter().map(|i| i.0 as usize).max_by_key(|i| bases[*i].len()).filter(|i| bases[*i].len() > 1) else { break };
                anchors[worst] = true;
                bases[worst] = Set::from_iter([Id(worst as u32)]);
            }
        }
        let own = weight(&node.op);
        cost[n] = own + node.values().iter().map(|i| cost[i.0 as usize]).sum::<usize>();
        let (readers, ratio) = reads[n];
        let elementwise = own > 0;
        anchors[n] |= elementwise && (!options.fuse || (readers > 1 && cost[n] > 5) || (ratio >= 8 && cost[n] > 3));
        if anchors[n] {
            cost[n] = 0;
            bases[n] = Set::from_iter([id]);
        } else {
            let all = union(&bases);
            bases[n].add_all(&all);
        }
    }
    // A node made an anchor for a later reader's sake may be one that was thought inline: nothing depends on that but the estimates above.
    anchors
}

/// The first node on the way to the operand's data that keeps it from being a plain view of something stored.
fn not_a_view(arena: &Arena, operand: Id) -> Option<Id> {
    let node = arena.node(operand);
    match &node.op {
        Op::Leaf(_) => None,
        Op::Pad { value, .. } if value.bits != 0 => Some(operand),
        op if moves(op) => not_a_view(arena, node.inputs[0]),
        _ => Some(operand),
    }
}

impl Fusion {
    fn collect_sources(&self, arena: &Arena, id: Id, sources: &mut Set<Id>, seen: &mut Set<Id>) {
        if !seen.insert(id) {
            return;
        }
        let node = arena.node(id);
        if self.anchors[id.0 as usize] || matches!(node.op, Op::Leaf(_)) {
            sources.insert(id);
        } else {
            // What is taken through `After` waits for both operands.
            let operands = if node.op == Op::After { &node.inputs } else { node.values() };
            operands.iter().for_each(|i| self.collect_sources(arena, *i, sources, seen));
        }
    }

    /// Groups that compute an anchor: one, or for a joined tensor those of its parts.
    pub fn producers(&self, arena: &Arena, id: Id) -> Set<usize> {
        match &arena.node(id).op {
            Op::Leaf(_) if self.group_of[id.0 as usize].is_none() => Set::new(),
            Op::Cat(_) | Op::Recurrent(_) => arena.operands(id).iter().flat_map(|i| self.producers(arena, cat_part(arena, id, *i))).collect(),
            _ => self.group_of[id.0 as usize].into_iter().collect(),
        }
    }

    /// Groups whose results a group reads.
    pub fn dependencies(&self, arena: &Arena, group: usize) -> Set<usize> {
        let members = &self.groups[group].members;
        let mut groups = Set::new();
        for source in members.iter().flat_map(|m| self.sources[m.0 as usize].iter()) {
            if !members.contains(&source) && !matches!(arena.node(source).op, Op::Leaf(_)) {
                groups.add_all(&self.before(arena, self.groups[group].seed, source));
            }
        }
        groups.remove(group);
        groups
    }

    /// Groups that come before a node that reads this source. What the steps of a loop see of its states was made by the steps before, or before the loop.
    fn before(&self, arena: &Arena, reader: Id, source: Id) -> Set<usize> {
        let own = self.loops.within(reader).filter(|r| r.states == source);
        self.producers(arena, own.map_or(source, |r| cat_part(arena, source, r.first)))
    }

    /// Whether group `from` needs, directly or not, results of group `on`.
    fn depends(&self, arena: &Arena, from: usize, on: usize) -> bool {
        let mut open = vec![from];
        let mut seen = Set::new();
        while let Some(group) = open.pop() {
            if group == on {
                return true;
            }
            if seen.insert(group) {
                open.extend(self.dependencies(arena, group));
            }
        }
        false
    }

    /// Groups that might take the anchor in, best first: those it reads from, then those that read the same things.
    fn candidates(&self, arena: &Arena, id: Id) -> Vec<usize> {
        let node = arena.node(id);
        if matches!(node.op, Op::Einsum(_)) {
            return vec![];
        }
        let sources = &self.sources[id.0 as usize];
        let mut own = Set::new();
        let mut siblings = Set::new();
        for source in sources.iter() {
            self.group_of[source.0 as usize].into_iter().for_each(|group| {
                own.insert(group);
            });
            for reader in self.readers[source.0 as usize].iter() {
                self.group_of[reader.0 as usize].into_iter().for_each(|group| {
                    siblings.insert(group);
                });
            }
        }
        let size = numel(&node.shape);
        let suits = |group: usize| {
            let seed = self.groups[group].seed;
            let same_seed = match (&node.op, &arena.node(seed).op) {
                (Op::Reduce(_, axes), Op::Reduce(_, others)) => axes == others && arena.shape(node.inputs[0]) == arena.shape(arena.node(seed).inputs[0]),
                (Op::Reduce(..), _) => false,
                _ => true,
            };
            self.loops.stage(seed) == self.loops.stage(id) && same_seed && (matches!(node.op, Op::Reduce(..)) || takes(&Space::of(arena, seed).extent(), size))
        };
        // A contraction takes in what follows from it, not what merely reads the same.
        let mapped = |group: usize| !matches!(arena.node(self.groups[group].seed).op, Op::Einsum(_));
        let mut all: Vec<usize> = own.iter().rev().list();
        all.extend(siblings.iter().rev().filter(|group| !own.contains(*group) && mapped(*group)));
        all.retain(|group| suits(*group));
        all
    }

    /// Whether the group with the anchor added is one valid kernel and no group would come to depend on itself.
    fn fits(&self, arena: &Arena, group: usize, id: Id, options: &Options) -> bool {
        let members = &self.groups[group].members;
        let outside = |s: Id| !members.contains(&s) && !matches!(arena.node(s).op, Op::Leaf(_));
        let waits = |s: Id| self.before(arena, id, s).iter().any(|g| g != group && self.depends(arena, g, group));
        if self.sources[id.0 as usize].iter().any(|s| outside(s) && waits(s)) || self.producers_inside_cat(arena, group, id) {
            return false;
        }
        let mut joined = self.groups[group].clone();
        joined.members.push(id);
        let stored = self.stored(&joined);
        lower(arena, &self.anchors, &joined, &stored).is_ok_and(|proto| self.buffers(arena, group, &proto) <= options.max_bindings)
    }

    /// How many buffers a group's kernel will use.
    fn buffers(&self, arena: &Arena, group: usize, proto: &Proto) -> usize {
        let place = |base| match base {
            Base::Node(id) if self.together(arena, id) => (None, Some((self.group_of[id.0 as usize].unwrap_or(group), arena.node(id).dtype))),
            Base::Node(id) => (Some(self.in_place.get(&id).cloned().unwrap_or(base)), None),
            Base::Leaf(_) => (Some(base), None),
        };
        let mut places = vec![];
        for place in proto.bases.iter().cloned().map(place) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.len()
    }

    /// Whether a stored value lies in one buffer with those of its type that the same kernel stores: a kernel may use so few buffers.
    pub fn together(&self, arena: &Arena, id: Id) -> bool {
        let node = arena.node(id);
        let own = arena.joined(id).is_some() || matches!(node.op, Op::Leaf(_)) || self.wanted.contains(id) || numel(&node.shape) > TOGETHER;
        // A ring is taken modulo its own length.
        !own && self.kept(arena, id).is_none()
    }

    /// Whether the anchor reads a joined tensor that the group itself writes a part of.
    fn producers_inside_cat(&self, arena: &Arena, group: usize, id: Id) -> bool {
        self.sources[id.0 as usize].iter().any(|s| arena.joined(s).is_some() && self.before(arena, id, s).contains(group))
    }

    /// How many steps of what a loop computes have to be in memory at once, if not all: one of what only the step itself reads, two of states of which
    /// others read the last one alone.
    pub fn kept(&self, arena: &Arena, id: Id) -> Option<usize> {
        let number = self.loops.stage(id).within?;
        let states = arena.recurrence(id);
        let all = || (0..self.anchors.len() as u32).map(Id);
        let last: Set<Id> = states.map_or_else(Set::new, |r| all().filter(|n| r.is_last(arena.node(*n))).collect());
        let needs_all = |reader: Id| {
            let (mut sources, mut seen) = (Set::new(), last.clone());
            arena.operands(reader).iter().for_each(|i| self.collect_sources(arena, *i, &mut sources, &mut seen));
            self.loops.stage(reader).within != Some(number) && !last.contains(reader) && sources.contains(id)
        };
        let readers = |id: Id| &self.readers[id.0 as usize];
        // A part that is joined from others lies in the same memory.
        let shared = |part: &Id| arena.joined(*part).is_some() && readers(*part).len() > 1;
        let parts = arena.joined(id).map(|(_, parts)| parts).unwrap_or_default();
        let stays = self.results.contains(id)
            || numel(&arena.shape(id)[..self.loops.axis(id)]) != 1
            || readers(id).iter().any(needs_all)
            || parts.iter().any(|part| shared(&cat_part(arena, id, *part)));
        (!stays).then_some(1 + states.is_some() as usize)
    }

    /// Members that someone outside the group needs.
    pub fn stored(&self, group: &Group) -> Vec<Id> {
        let outside = |id: &Id| self.readers[id.0 as usize].iter().any(|r| !group.members.contains(&r));
        group.members.iter().filter(|id| self.wanted.contains(**id) || outside(id)).copied().list()
    }
}

/// Whether a loop nest has a place for each of so many elements, and is parallel enough to be worth joining.
fn takes(extent: &Extent, size: usize) -> bool {
    match extent.rows {
        Some(rows) => size == rows || (size == extent.full && (rows >= FEW_ROWS || extent.full / rows.max(1) <= SHORT_ROW)),
        None => size == extent.full,
    }
}
