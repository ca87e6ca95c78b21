//! One factor of a contraction: what a block of the product needs of it is packed into panels. Imports plan, index.
//!
//! The place of an element is mostly a number for the lane (m or n) plus a number for k, so packing is copying by two tables. Where guards are in the way, as
//! at the rim of a padded image, the block's footprint is copied first, with the zeros written out: each element once, however many windows share it.

use crate::cpu::Buffer;
use crate::cpu::view::{BLOCK, Form, Lanes, View};
use crate::cpu::vm::Needs;
use crate::index::{Atom, Guard, Index};
use crate::plan::Load;
use std::cell::Cell;
use std::rc::Rc;

/// Lanes of a panel: a vector.
pub const PANEL: usize = 4;

pub struct Operand {
    slot: usize,
    source: Source,
    own: Rc<Lanes>,
    k: Rc<Lanes>,
}

/// Where elements are packed from.
enum Source {
    /// The buffer: every element exists.
    Buffer(Places),
    /// A copy of the part of the buffer that a block reaches.
    Footprint { lanes: Rc<Lanes>, view: View, places: Places },
    /// A copy of the block itself, all lanes for one k after another: views of any form.
    Block(View),
}

/// Where the element of a lane and a k lies: (the sum of both forms) - (their common value at the first lane and k) - origin.
struct Places {
    own: Form,
    k: Form,
    origin: Index,
}

impl Places {
    fn new(index: &Index, own: &Lanes, k: &Lanes, origin: Index) -> Places {
        Places { own: Form::new(index, own), k: Form::new(index, k), origin: origin.add(index) }
    }
}

/// A part of an index that takes consecutive values within a block.
struct Axis {
    /// Its value at the first of them, for the counters at which the block starts.
    first: Index,
    count: usize,
    /// Elements of the buffer for each step.
    stride: i64,
    value: Index,
    /// Where it is outside `0..size`, there is no element.
    size: Option<i64>,
}

impl Axis {
    /// `extents` says how many values each counter takes within a block.
    fn new(value: &Index, stride: i64, size: Option<i64>, extents: &[usize], dims: &[usize]) -> Axis {
        let (mut counters, mut parts) = (value.clone(), value.plus(-value.constant));
        counters.terms.retain(|(atom, _)| matches!(atom, Atom::Dim(_)));
        parts.terms.retain(|(atom, _)| !matches!(atom, Atom::Dim(_)));
        let ((least, most), (lo, hi)) = (counters.bounds(extents), parts.bounds(dims));
        let first = counters.plus(least - value.constant + lo);
        Axis { first, count: (most - least + hi - lo + 1) as usize, stride, value: value.clone(), size }
    }
}

impl Operand {
    /// `guards` are those of the load's that are not left to the choice of terms. `dims` are the kernel's.
    pub fn new(load: &Load, guards: &[Guard], own: &Rc<Lanes>, k: &Rc<Lanes>, dims: &[usize]) -> Operand {
        let plain = || guards.is_empty().then(|| Source::Buffer(Places::new(&load.index, own, k, Index::default())));
        let separable = separates(&load.index, own, k);
        let source = plain().filter(|_| separable).or_else(|| footprint(load, guards, own, k, dims));
        let source = source.unwrap_or_else(|| Source::Block(View::new(&load.index, &load.guards, own)));
        Operand { slot: load.slot, source, own: own.clone(), k: k.clone() }
    }

    /// Counters and words for copies.
    pub fn needs(&self) -> Needs {
        match &self.source {
            Source::Buffer(_) => Needs::default(),
            Source::Footprint { lanes, .. } => Needs { counters: lanes.end, copy: lanes.total(), ..Needs::default() },
            Source::Block(_) => Needs { copy: self.own.most() * self.k.most(), ..Needs::default() },
        }
    }

    /// The two numbers whose sum is the place of an element, for each lane and each k of the block at the counters.
    fn places(&self, places: &Places, counters: &[i64], own: &mut [isize], k: &mut [isize]) {
        places.own.values(&self.own, counters, own);
        places.k.values(&self.k, counters, k);
        let origin = places.origin.eval(counters) as isize;
        k.iter_mut().for_each(|k| *k -= origin);
    }

    /// Adds to each lane's sum the products of its elements with `x`, which has a number for each k of the block at the counters, without packing them. Where they do not lie
    /// side by side in the buffer, does nothing and says no. `sums` of lanes are `stride` apart.
    pub fn dot(&self, slots: &[Buffer], counters: &[i64], x: &[f32], sums: &mut [f32], stride: usize) -> bool {
        let Source::Buffer(places) = &self.source else { return false };
        let (mut own, mut k) = ([0; BLOCK], [0; BLOCK]);
        let (own, k) = (&mut own[..self.own.len(counters)], &mut k[..x.len()]);
        self.places(places, counters, own, k);
        if !k.is_sorted_by(|a, b| a + 1 == *b) {
            return false;
        }
        let words = &slots[self.slot].words[..];
        for (at, sum) in own.iter().zip(sums.iter_mut().step_by(stride)) {
            *sum += dot(&words[(at + k[0]) as usize..][..x.len()], x);
        }
        true
    }

    /// Packs the block at the counters into panels of `PANEL` lanes by the k that are numbered in `terms`, enough of them for a multiple of `lanes`. What lanes
    /// beyond the last hold is not defined.
    pub fn pack(&self, slots: &[Buffer], counters: &mut [i64], terms: &[usize], lanes: usize, copy: &mut [u32], out: &mut [f32]) {
        let words = &slots[self.slot].words[..];
        let (len, depth) = (self.own.len(counters), self.k.len(counters));
        let (mut own_places, mut k_places) = ([0; BLOCK + 8], [0; BLOCK]);
        let (own_at, k_at) = (&mut own_places[..len.next_multiple_of(lanes)], &mut k_places[..depth]);
        let cells = match &self.source {
            Source::Buffer(places) | Source::Footprint { places, .. } => {
                self.places(places, counters, &mut own_at[..len], k_at);
                if let Source::Footprint { lanes, view, .. } = &self.source {
                    let mut rest = &mut *copy;
                    loop {
                        let (to, after) = rest.split_at_mut(lanes.len(counters));
                        view.load(words, false, counters, None, to);
                        rest = after;
                        if !lanes.next_block(counters) {
                            break;
                        }
                    }
                    cells(copy)
                } else {
                    words
                }
            }
            Source::Block(view) => {
                let start = self.k.at(counters);
                for to in copy.chunks_exact_mut(len).take(depth) {
                    view.load(words, false, counters, None, to);
                    self.k.step(counters);
                }
                self.k.rewind(counters, start);
                own_at[..len].iter_mut().enumerate().for_each(|(i, o)| *o = i as isize);
                k_at.iter_mut().enumerate().for_each(|(i, k)| *k = (i * len) as isize);
                cells(copy)
            }
        };
        let last = own_at[len - 1];
        own_at[len..].fill(last);
        for (n, term) in terms.iter().enumerate() {
            k_at[n] = k_at[*term];
        }
        gather(cells, own_at, &k_at[..terms.len()], out);
    }
}

/// The sum of the products, in as many partial sums as keep the vector unit busy.
fn dot(a: &[Cell<u32>], x: &[f32]) -> f32 {
    const PARTS: usize = 4 * PANEL;
    let mut sums = [0.0; PARTS];
    let ((a, rest_a), (x, rest_x)) = (a.as_chunks::<PARTS>(), x.as_chunks::<PARTS>());
    for (a, x) in a.iter().zip(x) {
        (0..PARTS).for_each(|i| sums[i] += f32::from_bits(a[i].get()) * x[i]);
    }
    let rest: f32 = rest_a.iter().zip(rest_x).map(|(a, x)| f32::from_bits(a.get()) * x).sum();
    sums.iter().sum::<f32>() + rest
}

fn cells(words: &mut [u32]) -> &[Cell<u32>] {
    Cell::from_mut(words).as_slice_of_cells()
}

/// Whether the index is a part for the lanes plus a part for k.
fn separates(index: &Index, own: &Lanes, k: &Lanes) -> bool {
    let runs = |lanes: &Lanes, inner: &Index| (lanes.start..lanes.end).any(|d| inner.uses(d));
    index.terms.iter().all(|(atom, _)| match atom {
        Atom::Dim(_) => true,
        Atom::Div(inner, _) | Atom::Mod(inner, _) => !(runs(own, inner) && runs(k, inner)),
    })
}

/// The copy of what a block reaches, if it is a box that is clearly smaller than the block: an axis for the value of each guard and for each other counter.
fn footprint(load: &Load, guards: &[Guard], own: &Lanes, k: &Lanes, dims: &[usize]) -> Option<Source> {
    let extents: Vec<usize> = (0..dims.len()).map(|d| own.extent(d) * k.extent(d)).collect();
    let axis = |value: &Index, stride: i64, size: Option<i64>| Axis::new(value, stride, size, &extents, dims);
    let mut rest = load.index.clone();
    let mut axes = Vec::new();
    for guard in guards {
        let stride = guard.index.terms.first().and_then(|(atom, c)| rest.terms.iter().find(|(a, _)| a == atom).map(|(_, r)| r / c)).unwrap_or(0);
        rest = rest.add(&guard.index.times(-stride));
        axes.push(axis(&guard.index, stride, Some(guard.size)));
    }
    let mut fits = true;
    for (place, (atom, c)) in rest.terms.iter().enumerate() {
        match atom {
            Atom::Dim(d) => {
                // An element whose existence some other guard decides cannot be copied, and the last block may be smaller than the others.
                fits &= extents[*d] == 1 || !load.guards.iter().any(|g| g.index.uses(*d));
                let cut = !dims[*d].is_multiple_of(extents[*d]);
                // What is padded, or windows slide over, mostly comes last.
                axes.insert(place, axis(&Index::dim(*d), *c, cut.then_some(dims[*d] as i64)));
            }
            Atom::Div(..) | Atom::Mod(..) => fits = false,
        }
    }
    // A box only if each counter has a part in one axis.
    let shared = |d: usize| extents[d] > 1 && axes.iter().filter(|a| a.value.uses(d)).count() > 1;
    fits &= !(0..dims.len()).any(shared) && axes.iter().all(|a| separates(&a.value, own, k));
    if !fits || axes.iter().fold(2, |size: usize, a| size.saturating_mul(a.count)) > own.most() * k.most() {
        return None;
    }
    let (mut from, mut checks) = (Index::constant(rest.constant), Vec::new());
    let (mut place, mut origin, mut step) = (Index::default(), Index::default(), 1);
    // The copy's loop counters come after the kernel's.
    let mut all = dims.to_vec();
    all.extend(axes.iter().map(|a| a.count));
    for (n, axis) in axes.iter().enumerate().rev() {
        let value = axis.first.add(&Index::dim(dims.len() + n));
        from = from.add(&value.times(axis.stride));
        checks.extend(axis.size.map(|size| Guard { index: value, size }));
        place = place.add(&axis.value.times(step));
        origin = origin.add(&axis.first.times(step));
        step *= axis.count as i64;
    }
    let lanes = Rc::new(Lanes::new(&all, dims.len()..all.len(), BLOCK));
    Some(Source::Footprint { view: View::new(&from, &checks, &lanes), lanes, places: Places::new(&place, own, k, origin) })
}

/// Copies the elements at (lane + k) to panels: four at a time where those of neighbouring lanes or of neighbouring k lie side by side.
fn gather(cells: &[Cell<u32>], lanes: &[isize], ks: &[isize], out: &mut [f32]) {
    let row = |at: isize| -> [f32; PANEL] {
        let from = &cells[at as usize..at as usize + PANEL];
        std::array::from_fn(|i| f32::from_bits(from[i].get()))
    };
    let even = |places: &[isize; PANEL]| (1..PANEL).all(|i| places[i] == places[0] + i as isize);
    let panels = out.as_chunks_mut::<PANEL>().0.chunks_exact_mut(ks.len());
    for (lanes, panel) in lanes.as_chunks::<PANEL>().0.iter().zip(panels) {
        if even(lanes) {
            panel.iter_mut().zip(ks).for_each(|(to, k)| *to = row(lanes[0] + k));
            continue;
        }
        for (to, ks) in panel.chunks_mut(PANEL).zip(ks.chunks(PANEL)) {
            match <&[isize; PANEL]>::try_from(ks) {
                Ok(ks) if even(ks) => {
                    let rows = lanes.map(|lane| row(lane + ks[0]));
                    to.iter_mut().enumerate().for_each(|(j, to)| *to = std::array::from_fn(|i| rows[i][j]));
                }
                _ => to.iter_mut().zip(ks).for_each(|(to, k)| *to = lanes.map(|lane| f32::from_bits(cells[(lane + k) as usize].get()))),
            }
        }
    }
}
