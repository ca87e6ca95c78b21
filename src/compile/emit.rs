//! Emission: kernels get buffers. Decides where each stored value lives, updates leaves in place where nobody still needs the old value (else through a
//! copy at the end), and hands everything to ordering and the memory planner. Imports graph, shape, fuse, lower, order, memory, plan.

use super::fuse::{Fusion, cat_part, contiguous_cat, fuse, stored_as};
use super::index::Index;
use super::lower::{Base, Proto, lower};
use super::memory::share_memory;
use super::order::{Task, order};
use super::plan::{Access, Binding, Body, Buffer, BufferKind, Dispatch, Instr, Kernel, Load, Loop, Op as Code, Plan, Store};
use super::{Options, Program};
use crate::dtype::DType;
use crate::error::{Code as ErrorCode, Error, Result};
use crate::graph::{Arena, Id, Op, Recurrence};
use crate::list::List;
use crate::shape::numel;
use crate::sorted::{Map, Set};
use std::ops::Range;

/// A contiguous, row-major place in a buffer.
#[derive(Clone, Copy, Debug)]
struct Place {
    buffer: usize,
    offset: usize,
}

/// A further place a value is stored to: element `i` of its row-major order goes to the index made from `i`.
#[derive(Clone, Debug)]
struct Target {
    buffer: usize,
    offset: usize,
    /// For a part of a tensor joined along an inner axis: (elements of the part, elements of the whole) per step of the outer axes.
    blocks: Option<(usize, usize)>,
}

/// A kernel with its buffers (numbers in `Emitter::buffers`) and what must run before it.
struct Job {
    name: String,
    proto: Proto,
    /// Place of each base of the proto.
    places: Vec<Place>,
    stores: Vec<(usize, Store)>,
    /// Parts of buffers that the bases and the stores are within.
    reads: Vec<Part>,
    writes: Vec<Part>,
    after: Set<usize>,
    /// Number of the loop it is in.
    within: Option<usize>,
}

/// Part of a buffer.
#[derive(Clone, Debug)]
struct Part {
    buffer: usize,
    range: Range<usize>,
    /// The loop that reads states of its own steps before.
    own: Option<usize>,
}

impl Part {
    fn meets(&self, other: &Part) -> bool {
        self.buffer == other.buffer && self.range.start < other.range.end && other.range.start < self.range.end
    }
}

/// The place of what is stored as part of something else only.
const NOWHERE: Place = Place { buffer: usize::MAX, offset: 0 };

struct Emitter<'a> {
    arena: &'a Arena,
    fusion: Fusion,
    options: Options,
    buffers: Vec<Buffer>,
    /// Buffers that hold fewer steps of a loop than there are: what is beyond their end is at their start again.
    rings: Set<usize>,
    leaves: Map<String, usize>,
    homes: Map<Id, Place>,
    extra: Map<Id, Vec<Target>>,
    jobs: Vec<Job>,
}

pub fn emit(arena: &Arena, program: &Program, options: &Options) -> Result<Plan> {
    let plan = attempt(arena, program, options, true)?;
    // An update that could not be made in place after all costs its kernel one more buffer.
    let most = plan.dispatches.iter().flat_map(|d| &d.kernels).map(|k| k.bindings.len()).max();
    if most <= Some(options.max_bindings) { Ok(plan) } else { attempt(arena, program, options, false) }
}

fn attempt(arena: &Arena, program: &Program, options: &Options, in_place: bool) -> Result<Plan> {
    let fusion = fuse(arena, program, options, in_place)?;
    let mut emitter = Emitter {
        arena,
        fusion,
        options: *options,
        buffers: vec![],
        rings: Set::new(),
        leaves: Map::new(),
        homes: Map::new(),
        extra: Map::new(),
        jobs: vec![],
    };
    let protos = emitter.protos()?;
    emitter.outputs(program);
    emitter.cats();
    let deferred = emitter.updates(program, &protos)?;
    emitter.kernels(protos)?;
    emitter.copies(deferred)?;
    emitter.finish()
}

impl Emitter<'_> {
    fn protos(&mut self) -> Result<Vec<Proto>> {
        let make = |group| {
            let stored = self.fusion.stored(group);
            let proto = lower(self.arena, &self.fusion.anchors, group, &stored).ok();
            let proto = proto.and_then(|proto| match self.fusion.loops.within(group.seed) {
                Some(recurrence) => by_steps(proto, recurrence.steps),
                None => Some(proto),
            });
            proto.ok_or_else(|| self.stuck(group.seed, "cannot be lowered to a kernel"))
        };
        self.fusion.groups.iter().map(make).try_list()
    }

    fn stuck(&self, id: Id, why: &str) -> Error {
        let node = self.arena.node(id);
        Error::new(ErrorCode::Shape, format!("{:?} of shape {:?} {why}", node.op, node.shape))
            .at(&*node.scope)
            .hint("this is a bug in tabgrad: please report it")
    }

    fn buffer(&mut self, kind: BufferKind, dtype: DType, len: usize) -> usize {
        self.buffers.push(Buffer { kind, dtype, len: len.max(1) });
        self.buffers.len() - 1
    }

    fn temp(&mut self, id: Id) -> Place {
        let node = self.arena.node(id);
        let dtype = if node.dtype == DType::U8 { DType::I32 } else { node.dtype };
        let kept = self.fusion.kept(self.arena, id);
        let len = kept.map_or(numel(&node.shape), |steps| numel(&node.shape) / node.shape[self.fusion.loops.axis(id)] * steps);
        let buffer = self.buffer(BufferKind::Temp, dtype, len);
        if kept.is_some() {
            self.rings.insert(buffer);
        }
        Place { buffer, offset: 0 }
    }

    /// A place in that of these buffers that has the value's type, or in a new one.
    fn beside(&mut self, id: Id, buffers: &mut Vec<usize>) -> Place {
        let place = self.temp(id);
        let Buffer { dtype, len, .. } = self.buffers[place.buffer];
        let Some(buffer) = buffers.iter().copied().find(|b| self.buffers[*b].dtype == dtype) else {
            buffers.push(place.buffer);
            return place;
        };
        self.buffers.pop();
        let offset = self.buffers[buffer].len;
        self.buffers[buffer].len += len;
        Place { buffer, offset }
    }

    fn leaf(&mut self, name: &str, dtype: DType, len: usize) -> usize {
        if let Some(buffer) = self.leaves.get(name) {
            return *buffer;
        }
        let buffer = self.buffer(BufferKind::Leaf(name.to_string()), dtype, len);
        self.leaves.insert(name.to_string(), buffer);
        buffer
    }

    /// Results live in output buffers.
    fn outputs(&mut self, program: &Program) {
        for (name, id) in &program.outputs {
            let node = self.arena.node(*id);
            let dtype = node.dtype.read();
            let (stored, len) = (stored_as(self.arena, *id), numel(&node.shape));
            let buffer = self.buffer(BufferKind::Output(name.clone()), dtype, len);
            self.place(stored, Target { buffer, offset: 0, blocks: None });
        }
    }

    /// A place for a value: its home if it is the first, contiguous, and not to be overwritten by a later step's, else a further store.
    fn place(&mut self, id: Id, target: Target) {
        let stays = self.arena.joined(id).is_some() || !self.rings.contains(target.buffer);
        if stays && target.blocks.is_none() && self.homes.get(&id).is_none() {
            self.homes.insert(id, Place { buffer: target.buffer, offset: target.offset });
        } else {
            self.extra.get_or_insert_with(id, Vec::new).push(target);
        }
    }

    /// Joined tensors, outermost first, so that parts are stored where they end up.
    fn cats(&mut self) {
        // The states of a recurrence have smaller numbers than the parts they are joined from.
        let (states, others): (Vec<Id>, Vec<Id>) = self.fusion.wanted.iter().rev().partition(|id| self.arena.recurrence(*id).is_some());
        for cat in states.into_iter().chain(others) {
            let node = self.arena.node(cat);
            let Some((axis, parts)) = self.arena.joined(cat) else { continue };
            let home = match self.homes.get(&cat) {
                Some(home) => *home,
                None => self.temp(cat),
            };
            self.homes.insert(cat, home);
            let inner = numel(&node.shape[axis + 1..]);
            let whole = node.shape[axis] * inner;
            let mut offset = home.offset;
            for part in parts {
                let size = numel(self.arena.shape(part)) / numel(&node.shape[..axis]);
                let blocks = (!contiguous_cat(self.arena, cat)).then_some((size, whole));
                self.place(cat_part(self.arena, cat, part), Target { buffer: home.buffer, offset, blocks });
                offset += size;
            }
        }
    }

    /// Jobs are numbered as groups are. In place where possible; gives the updates that need a copy at the end: (leaf's buffer, value, readers of the old value).
    fn updates(&mut self, program: &Program, protos: &[Proto]) -> Result<Vec<(usize, Id, Set<usize>)>> {
        let mut after: Vec<Set<usize>> = (0..protos.len()).map(|g| self.fusion.dependencies(self.arena, g)).list();
        let within = self.fusion.groups.iter().map(|g| self.fusion.loops.stage(g.seed).within).list();
        // All of a loop comes after what any part of it needs from outside.
        for number in 0..self.fusion.loops.all.len() {
            let own = (0..after.len()).filter(|g| within[*g] == Some(number)).list();
            let outside: Set<usize> = own.iter().flat_map(|g| after[*g].iter()).filter(|g| within[*g] != Some(number)).collect();
            own.into_iter().for_each(|g| after[g].add_all(&outside));
        }
        let reads = |proto: &Proto, name: &str| proto.bases.contains(&Base::Leaf(name.to_string()));
        let mut deferred = vec![];
        for (n, update) in program.updates.iter().enumerate() {
            let node = self.arena.node(update.value);
            if program.updates[..n].iter().any(|other| other.leaf == update.leaf) {
                return Err(Error::shape(format!("leaf {:?} is updated twice", update.leaf)));
            }
            let buffer = self.leaf(&update.leaf, node.dtype.read(), numel(&node.shape));
            let value = stored_as(self.arena, update.value);
            let readers: Set<usize> = (0..protos.len()).filter(|g| reads(&protos[*g], &update.leaf)).collect();
            let in_place = self.fusion.group_of[value.0 as usize].filter(|group| {
                let free = readers.iter().all(|r| r == *group || !reaches(&after, r, *group));
                within[*group].is_none() && free && (!readers.contains(*group) || same_place(&protos[*group], value, &update.leaf))
            });
            match in_place {
                Some(group) => {
                    after[group].add_all(&readers);
                    after[group].remove(group);
                    self.place(value, Target { buffer, offset: 0, blocks: None });
                }
                None => deferred.push((buffer, value, readers)),
            }
        }
        self.jobs = after
            .into_iter()
            .zip(&self.fusion.groups)
            .zip(protos)
            .zip(within)
            .map(|(((after, group), proto), within)| Job {
                name: name(self.arena, group.seed),
                proto: proto.clone(),
                places: vec![],
                stores: vec![],
                reads: vec![],
                writes: vec![],
                after,
                within,
            })
            .list();
        Ok(deferred)
    }

    fn kernels(&mut self, protos: Vec<Proto>) -> Result<()> {
        // Everything that is stored has a home before anybody reads it. What only others are joined from needs none.
        let read: Set<Id> = protos.iter().flat_map(loaded).collect();
        for proto in &protos {
            let mut own = vec![];
            for (id, _) in &proto.stores {
                if self.homes.get(id).is_none() && (read.contains(*id) || self.extra.get(id).is_none()) {
                    let place = if self.fusion.together(self.arena, *id) { self.beside(*id, &mut own) } else { self.temp(*id) };
                    self.homes.insert(*id, place);
                }
            }
        }
        for (group, proto) in protos.into_iter().enumerate() {
            let (mut places, mut reads, mut writes) = (vec![], vec![], vec![]);
            for base in &proto.bases {
                places.push(match base {
                    Base::Node(id) => {
                        let Some(home) = self.homes.get(id).copied().or(self.extra.get(id).is_some().then_some(NOWHERE)) else {
                            return Err(self.stuck(*id, "is read but never stored"));
                        };
                        let own = self.jobs[group].within.filter(|n| self.fusion.loops.all[*n].states == *id);
                        reads.push(Part { own, ..self.part(home, *id) });
                        home
                    }
                    Base::Leaf(name) => {
                        let (dtype, len) = self.leaf_type(name);
                        Place { buffer: self.leaf(name, dtype, len), offset: 0 }
                    }
                });
            }
            let mut stores: Vec<(usize, Store)> = vec![];
            let mut used: Set<usize> = places.iter().map(|p| p.buffer).filter(|b| *b != NOWHERE.buffer).collect();
            for (id, store) in &proto.stores {
                let targets = self.extra.remove(id).unwrap_or_default();
                if self.homes.get(id).is_none() && used.len() + targets.len() > self.options.max_bindings {
                    // There is no room for all: they are copied from a home.
                    let place = self.temp(*id);
                    self.homes.insert(*id, place);
                }
                if let Some(home) = self.homes.get(id).copied() {
                    used.insert(home.buffer);
                    writes.push(self.part(home, *id));
                    stores.push((home.buffer, Store { index: store.index.plus(home.offset as i64), ..store.clone() }));
                }
                for target in targets {
                    if used.len() < self.options.max_bindings || used.contains(target.buffer) {
                        used.insert(target.buffer);
                        writes.push(target.part(numel(self.arena.shape(*id))));
                        stores.push((target.buffer, Store { index: target.index(&store.index, &proto.dims), ..store.clone() }));
                    } else {
                        self.extra.get_or_insert_with(*id, Vec::new).push(target);
                    }
                }
            }
            let job = &mut self.jobs[group];
            (job.places, job.stores, job.reads, job.writes) = (places, stores, reads, writes);
        }
        Ok(())
    }

    /// What a value takes of its home.
    fn part(&self, home: Place, id: Id) -> Part {
        Part { buffer: home.buffer, range: home.offset..home.offset + numel(self.arena.shape(id)), own: None }
    }

    fn leaf_type(&self, name: &str) -> (DType, usize) {
        let leaf = (0..self.fusion.anchors.len() as u32).map(|n| self.arena.node(Id(n))).find(|n| matches!(&n.op, Op::Leaf(l) if l == name));
        leaf.map_or((DType::F32, 1), |node| (node.dtype, numel(&node.shape)))
    }

    /// Copies for what could not be stored directly: further places, and leaves whose old value was still needed.
    fn copies(&mut self, deferred: Vec<(usize, Id, Set<usize>)>) -> Result<()> {
        for (id, targets) in self.extra.take() {
            for target in targets {
                self.copy(id, target, Set::new());
            }
        }
        for (buffer, id, readers) in deferred {
            self.copy(id, Target { buffer, offset: 0, blocks: None }, readers);
        }
        Ok(())
    }

    fn copy(&mut self, id: Id, target: Target, mut after: Set<usize>) {
        let node = self.arena.node(id);
        let home = match self.homes.get(&id) {
            Some(home) => *home,
            None => {
                let place = self.temp(id);
                self.homes.insert(id, place);
                place
            }
        };
        let dtype = node.dtype.read();
        let len = numel(&node.shape);
        let within = self.fusion.loops.stage(id).within;
        let (dims, flat) = match self.fusion.loops.within(id).map(|r| r.steps) {
            Some(steps) => (vec![steps, len / steps], Index::dim(0).times((len / steps) as i64).add(&Index::dim(1))),
            None => (vec![len], Index::dim(0)),
        };
        let load = Load { slot: 0, index: flat.clone(), guards: vec![], dynamic: None };
        let store = Store { slot: 1, index: target.index(&flat, &dims), value: 0, per_row: false, dynamic: None };
        let code = vec![Instr { op: Code::Load(load), dtype }];
        let (read, write) = (self.part(home, id), target.part(len));
        after.add_all(&self.fusion.producers(self.arena, id));
        // A copy of something that was itself copied together comes after those copies.
        after.add_all(&(0..self.jobs.len()).filter(|j| self.jobs[*j].writes.iter().any(|w| w.meets(&read))).collect());
        let proto = Proto { bases: vec![Base::Node(id)], code, stores: vec![], body: Body::Row { outer: dims.len(), phases: vec![] }, dims };
        // Whoever reads the joined tensor comes after the copy into it.
        let copy = self.jobs.len();
        if !matches!(self.buffers[target.buffer].kind, BufferKind::Leaf(_)) {
            let waits = |r: &Part| r.meets(&write) && (within.is_none() || r.own != within);
            self.jobs.iter_mut().filter(|job| job.reads.iter().any(waits)).for_each(|job| {
                job.after.insert(copy);
            });
        }
        let name = format!("copy {}", name(self.arena, id));
        let stores = vec![(target.buffer, store)];
        self.jobs.push(Job { name, proto, places: vec![home], stores, reads: vec![read], writes: vec![write], after, within });
    }

    fn finish(self) -> Result<Plan> {
        let kernels: Vec<Kernel> = self.jobs.iter().map(|job| job.kernel(&self.buffers, &self.rings)).list();
        // A loop is ordered among the others as a whole: units are the jobs outside of loops, and the loops.
        let mut units: Vec<Vec<usize>> =
            (0..self.fusion.loops.all.len()).map(|n| (0..self.jobs.len()).filter(|j| self.jobs[*j].within == Some(n)).list()).list();
        units.retain(|jobs| !jobs.is_empty());
        units.extend((0..self.jobs.len()).filter(|j| self.jobs[*j].within.is_none()).map(|j| vec![j]));
        let unit_of = |job: usize| units.iter().position(|jobs| jobs.contains(&job));
        let whole = units.iter().enumerate().map(|(n, jobs)| Task {
            after: jobs.iter().flat_map(|j| self.jobs[*j].after.iter()).filter_map(unit_of).filter(|unit| *unit != n).collect(),
            buffers: jobs.iter().flat_map(|j| &kernels[*j].bindings).map(|b| b.buffer).collect(),
            work: if self.jobs[jobs[0]].within.is_some() { usize::MAX } else { numel(&kernels[jobs[0]].dims) },
        });
        let mut plan = Plan { buffers: self.buffers, dispatches: vec![], loops: vec![] };
        let mut left: Vec<Option<Kernel>> = kernels.iter().cloned().map(Some).list();
        let mut dispatch = |jobs: Vec<usize>| Dispatch { kernels: jobs.into_iter().filter_map(|j| left[j].take()).list() };
        for chosen in order(&whole.list(), self.options.max_bindings, self.options.fuse) {
            let jobs: Vec<usize> = chosen.iter().flat_map(|unit| units[*unit].iter().copied()).list();
            let Some(number) = self.jobs[jobs[0]].within else {
                plan.dispatches.push(dispatch(jobs));
                continue;
            };
            let own = jobs.iter().map(|j| Task {
                after: self.jobs[*j].after.iter().filter_map(|a| jobs.iter().position(|j| *j == a)).collect(),
                buffers: kernels[*j].bindings.iter().map(|b| b.buffer).collect(),
                work: numel(&kernels[*j].dims[1..]),
            });
            let start = plan.dispatches.len();
            for chosen in order(&own.list(), self.options.max_bindings, self.options.fuse) {
                plan.dispatches.push(dispatch(chosen.into_iter().map(|n| jobs[n]).list()));
            }
            let Recurrence { steps, reverse, .. } = self.fusion.loops.all[number];
            plan.loops.push(Loop { dispatches: start..plan.dispatches.len(), steps, reverse });
        }
        Ok(share_memory(plan))
    }
}

impl Target {
    /// What a value of so many elements takes of the buffer, gaps included.
    fn part(&self, len: usize) -> Part {
        let reach = match self.blocks {
            Some((part, whole)) if len > 0 => (len / part - 1) * whole + part,
            _ => len,
        };
        Part { buffer: self.buffer, range: self.offset..self.offset + reach, own: None }
    }

    /// The index for the element with this row-major index.
    fn index(&self, flat: &Index, dims: &[usize]) -> Index {
        let index = match self.blocks {
            None => flat.clone(),
            Some((part, whole)) => flat.div(part as i64, dims).times(whole as i64).add(&flat.modulo(part as i64, dims)),
        };
        index.plus(self.offset as i64)
    }
}

impl Job {
    /// The kernel with one slot per buffer.
    fn kernel(&self, buffers: &[Buffer], rings: &Set<usize>) -> Kernel {
        let within = |buffer: usize, index: Index| if rings.contains(buffer) { index.modulo(buffers[buffer].len as i64, &self.proto.dims) } else { index };
        let mut bindings: Vec<Binding> = vec![];
        let mut slot = |buffer: usize, access: Access| {
            let slot = bindings.iter().position(|b| b.buffer == buffer).unwrap_or_else(|| {
                bindings.push(Binding { buffer, dtype: buffers[buffer].dtype, access });
                bindings.len() - 1
            });
            if access == Access::Write {
                bindings[slot].access = access;
            }
            slot
        };
        let mut moved = |load: &Load| {
            let place = self.places[load.slot];
            Load { slot: slot(place.buffer, Access::Read), index: within(place.buffer, load.index.plus(place.offset as i64)), ..load.clone() }
        };
        let body = match &self.proto.body {
            Body::Row { outer, phases } => Body::Row { outer: *outer, phases: phases.clone() },
            Body::Contract { batch, m, n, a, b } => Body::Contract { batch: *batch, m: *m, n: *n, a: moved(a), b: moved(b) },
        };
        let code = self
            .proto
            .code
            .iter()
            .map(|instr| match &instr.op {
                Code::Load(load) => Instr { op: Code::Load(moved(load)), dtype: instr.dtype },
                _ => instr.clone(),
            })
            .list();
        let stores = self
            .stores
            .iter()
            .map(|(buffer, store)| Store { slot: slot(*buffer, Access::Write), index: within(*buffer, store.index.clone()), ..store.clone() })
            .list();
        Kernel { name: self.name.clone(), dims: self.proto.dims.clone(), bindings, code, stores, body }
    }
}

/// The nodes whose stored values a kernel loads.
fn loaded(proto: &Proto) -> Vec<Id> {
    let own = proto.code.iter().filter_map(|i| if let Code::Load(load) = &i.op { Some(load) } else { None });
    let operands = if let Body::Contract { a, b, .. } = &proto.body { vec![a, b] } else { vec![] };
    own.chain(operands).filter_map(|load| if let Base::Node(id) = &proto.bases[load.slot] { Some(*id) } else { None }).list()
}

/// Whether job `from` has to wait for job `on`, directly or not.
fn reaches(after: &[Set<usize>], from: usize, on: usize) -> bool {
    let mut open = vec![from];
    let mut seen = Set::new();
    while let Some(job) = open.pop() {
        if job == on {
            return true;
        }
        if seen.insert(job) {
            open.extend(after[job].iter());
        }
    }
    false
}

/// Whether the kernel reads the leaf only at the place where it stores the value, so that it can be overwritten as it goes.
fn same_place(proto: &Proto, value: Id, leaf: &str) -> bool {
    let Some((_, store)) = proto.stores.iter().find(|(id, _)| *id == value) else { return false };
    let is_leaf = |load: &Load| matches!(&proto.bases[load.slot], Base::Leaf(name) if name == leaf);
    let same = |load: &Load| load.index == store.index && load.guards.is_empty() && load.dynamic.is_none();
    let operands = match &proto.body {
        Body::Contract { a, b, .. } => is_leaf(a) || is_leaf(b),
        Body::Row { .. } => false,
    };
    !operands && proto.code.iter().all(|instr| !matches!(&instr.op, Code::Load(load) if is_leaf(load) && !same(load)))
}

/// A kernel of a loop: its first counter counts the steps, and is one that both operands of a contraction have.
fn by_steps(proto: Proto, steps: usize) -> Option<Proto> {
    if proto.dims.first() != Some(&steps) {
        return None;
    }
    let body = match proto.body {
        Body::Contract { batch: 0, m, n, a, b } => Body::Contract { batch: 1, m: m.checked_sub(1)?, n, a, b },
        body => body,
    };
    Some(Proto { body, ..proto })
}

fn name(arena: &Arena, id: Id) -> String {
    let node = arena.node(id);
    let op = match &node.op {
        Op::Unary(op) => format!("{op:?}"),
        Op::Binary(op) => format!("{op:?}"),
        Op::Reduce(op, _) => format!("{op:?}"),
        Op::Einsum(_) => "Einsum".to_string(),
        Op::Leaf(name) => name.clone(),
        op => format!("{op:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
    };
    if node.scope.is_empty() { op } else { format!("{}.{op}", node.scope) }
}
