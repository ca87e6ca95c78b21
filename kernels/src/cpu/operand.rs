//! One factor of a contraction: what a block of the product needs of it is packed into panels. Imports plan, index.
//!
//! The place of an element is mostly a number for the lane (m or n) plus a number for k, so packing is copying by two tables. Where guards are in the way, as
//! at the rim of a padded image, the block's footprint is copied first, with the zeros written out: each element once, however many windows share it.

use crate::cpu::Buffer;
use crate::cpu::view::{BLOCK, Form, Lanes, View};
use crate::index::{Atom, Guard, Index};
use crate::plan::Load;
use std::cell::Cell;
use std::rc::Rc;

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
    /// A copy of the block itself, one k and all lanes at a time if `across`, else one lane and all k: views of any form.
    Block { view: View, across: bool },
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

impl Operand {
    /// `guards` are those of the load's that are not left to the choice of terms. `dims` are the kernel's.
    pub fn new(load: &Load, guards: &[Guard], own: &Rc<Lanes>, k: &Rc<Lanes>, dims: &[usize]) -> Operand {
        let plain = || guards.is_empty().then(|| Source::Buffer(Places::new(&load.index, own, k, Index::default())));
        let separable = separates(&load.index, own, k);
        let source = plain().filter(|_| separable).or_else(|| footprint(load, guards, own, k, dims)).unwrap_or_else(|| {
            let (across, along) = (View::new(&load.index, &load.guards, own), View::new(&load.index, &load.guards, k));
            let better = match (across.is_dense(), along.is_dense()) {
                (true, false) => true,
                (false, true) => false,
                _ => own.most() >= k.most(),
            };
            Source::Block { view: if better { across } else { along }, across: better }
        });
        Operand { slot: load.slot, source, own: own.clone(), k: k.clone() }
    }

    /// Counters needed beyond the kernel's, and words for copies.
    pub fn needs(&self) -> (usize, usize) {
        match &self.source {
            Source::Buffer(_) => (0, 0),
            Source::Footprint { lanes, .. } => (lanes.end - lanes.first, lanes.total()),
            Source::Block { .. } => (0, self.own.most() * self.k.most()),
        }
    }

    /// Packs the block at the counters into panels of `W` lanes by the k that are numbered in `terms`. What lanes beyond the last hold is not defined.
    pub fn pack<const W: usize>(&self, slots: &[Buffer], counters: &mut [i64], terms: &[usize], copy: &mut [u32], out: &mut [f32]) {
        let words = &slots[self.slot].words[..];
        let (len, depth) = (self.own.len(counters), self.k.len(counters));
        let (mut own_places, mut k_places) = ([0; BLOCK + 8], [0; BLOCK]);
        let (own_at, k_at) = (&mut own_places[..len.next_multiple_of(W)], &mut k_places[..depth]);
        let cells = match &self.source {
            Source::Buffer(places) | Source::Footprint { places, .. } => {
                places.own.values(&self.own, counters, &mut own_at[..len]);
                places.k.values(&self.k, counters, k_at);
                let origin = places.origin.eval(counters) as isize;
                k_at.iter_mut().for_each(|k| *k -= origin);
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
            Source::Block { view, across } => {
                let (outer, inner, steps, size) = if *across { (&self.k, len, depth, len) } else { (&self.own, depth, len, depth) };
                let start = outer.at(counters);
                for to in copy.chunks_exact_mut(size).take(steps) {
                    view.load(words, false, counters, None, &mut to[..inner]);
                    outer.step(counters);
                }
                outer.rewind(counters, start);
                let (own_stride, k_stride) = if *across { (1, len) } else { (depth, 1) };
                own_at[..len].iter_mut().enumerate().for_each(|(i, o)| *o = (i * own_stride) as isize);
                k_at.iter_mut().enumerate().for_each(|(i, k)| *k = (i * k_stride) as isize);
                cells(copy)
            }
        };
        let last = own_at[len - 1];
        own_at[len..].fill(last);
        for (n, term) in terms.iter().enumerate() {
            k_at[n] = k_at[*term];
        }
        gather::<W>(cells, own_at, &k_at[..terms.len()], out);
    }
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
    let extent = |d: usize| own.extent(d) * k.extent(d);
    let axis = |value: &Index, stride: i64, size: Option<i64>| {
        let (mut first, mut least, mut most) = (Index::constant(value.constant), 0, 0);
        for (atom, c) in &value.terms {
            let term = Index { constant: 0, terms: vec![(atom.clone(), *c)] };
            let (lo, hi) = match atom {
                Atom::Dim(d) => (0, c * (extent(*d) as i64 - 1)),
                Atom::Div(inner, _) | Atom::Mod(inner, _) if (0..dims.len()).any(|d| extent(d) > 1 && inner.uses(d)) => term.bounds(dims),
                Atom::Div(..) | Atom::Mod(..) => (0, 0),
            };
            least += lo.min(hi);
            most += lo.max(hi);
            if matches!(atom, Atom::Dim(_)) || (lo, hi) == (0, 0) {
                first = first.add(&term);
            }
        }
        Axis { first: first.plus(least), count: (most - least + 1) as usize, stride, value: value.clone(), size }
    };
    let mut rest = load.index.clone();
    let mut axes = Vec::new();
    for guard in guards {
        let (atom, c) = guard.index.terms.first()?;
        let stride = rest.terms.iter().find(|(a, _)| a == atom).map_or(0, |(_, r)| r / c);
        rest = rest.add(&guard.index.times(-stride));
        axes.push(axis(&guard.index, stride, Some(guard.size)));
    }
    for (atom, c) in &rest.terms {
        let Atom::Dim(d) = atom else { return None };
        // The last block may be smaller than the others.
        let cut = !dims[*d].is_multiple_of(extent(*d));
        axes.push(axis(&Index::dim(*d), *c, cut.then_some(dims[*d] as i64)));
    }
    // A box only if each counter has a part in one axis, and in no guard but that axis's own.
    let parts = |d: usize| {
        axes.iter().filter(|a| a.value.uses(d)).map(move |a| 1 + load.guards.iter().filter(|g| a.size.is_none() && g.index.uses(d)).count()).sum::<usize>()
    };
    if (0..dims.len()).any(|d| extent(d) > 1 && parts(d) > 1)
        || !axes.iter().all(|a| separates(&a.value, own, k))
        || 2 * axes.iter().map(|a| a.count).product::<usize>() > own.most() * k.most()
    {
        return None;
    }
    axes.sort_by_key(|a| -a.stride.abs());
    let first = dims.len();
    let mut all = dims.to_vec();
    all.extend(axes.iter().map(|a| a.count));
    let (mut from, mut checks) = (Index::constant(rest.constant), Vec::new());
    let (mut place, mut origin, mut step) = (Index::default(), Index::default(), 1);
    for (n, axis) in axes.iter().enumerate().rev() {
        let value = axis.first.add(&Index::dim(first + n));
        from = from.add(&value.times(axis.stride));
        checks.extend(axis.size.map(|size| Guard { index: value, size }));
        place = place.add(&axis.value.times(step));
        origin = origin.add(&axis.first.times(step));
        step *= axis.count as i64;
    }
    let lanes = Rc::new(Lanes::new(&all, first..all.len(), BLOCK));
    Some(Source::Footprint { view: View::new(&from, &checks, &lanes), lanes, places: Places::new(&place, own, k, origin) })
}

/// Copies the elements at (lane + k) to panels: four at a time where those of neighbouring lanes or of neighbouring k lie side by side.
fn gather<const W: usize>(cells: &[Cell<u32>], lanes: &[isize], ks: &[isize], out: &mut [f32]) {
    let row = |at: isize| -> [f32; 4] {
        let from = &cells[at as usize..at as usize + 4];
        std::array::from_fn(|i| f32::from_bits(from[i].get()))
    };
    let even = |places: &[isize; 4]| (1..4).all(|i| places[i] == places[0] + i as isize);
    let panels = out.as_chunks_mut::<W>().0.chunks_exact_mut(ks.len());
    for (lanes, panel) in lanes.as_chunks::<W>().0.iter().zip(panels) {
        for (q, lanes) in lanes.as_chunks::<4>().0.iter().enumerate() {
            if even(lanes) {
                for (to, k) in panel.iter_mut().zip(ks) {
                    to[4 * q..4 * q + 4].copy_from_slice(&row(lanes[0] + k));
                }
                continue;
            }
            for (to, ks) in panel.chunks_mut(4).zip(ks.chunks(4)) {
                if let Ok(ks) = <&[isize; 4]>::try_from(ks)
                    && even(ks)
                {
                    let rows = lanes.map(|lane| row(lane + ks[0]));
                    for (j, to) in to.iter_mut().enumerate() {
                        to[4 * q..4 * q + 4].copy_from_slice(&std::array::from_fn::<f32, 4, _>(|i| rows[i][j]));
                    }
                } else {
                    for (to, k) in to.iter_mut().zip(ks) {
                        let values = lanes.map(|lane| f32::from_bits(cells[(lane + k) as usize].get()));
                        to[4 * q..4 * q + 4].copy_from_slice(&values);
                    }
                }
            }
        }
    }
}
