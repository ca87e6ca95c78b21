//! Where the elements of a block of lanes lie: indices and guards turned into offset tables and runs, worked out once. Imports plan, index.
//!
//! A block is a box of loop counters: the first lane dim in chunks, those after it whole; all other counters are fixed while a block runs.
//! The offset of a lane is mostly (value at the first lane) + (a number that is the same for all blocks); the latter are the tables.

use crate::index::{Atom, Guard, Index};
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// Most lanes in a block: registers stay in the first-level cache, and the work on them is much more than finding out what it is.
pub const BLOCK: usize = 512;

/// The place of a lane whose guards fail: so far below 0, as all such places are, that adding the place of a block changes nothing.
const NOWHERE: isize = isize::MIN / 2;

/// Which counters run within a block.
#[derive(Debug)]
pub struct Lanes {
    /// Dims of the group that are fixed while a block runs; the lane dims follow up to `end`.
    pub first: usize,
    pub start: usize,
    pub end: usize,
    /// Most of dim `start` that a block covers, and lanes for each step of it.
    chunk: usize,
    rest: usize,
    dims: Vec<usize>,
    /// Counter of each lane dim at each lane.
    counters: Vec<Vec<isize>>,
}

impl Lanes {
    /// Blocks of up to `limit` lanes over a group of dims.
    pub fn new(dims: &[usize], group: Range<usize>, limit: usize) -> Lanes {
        let (mut start, mut rest) = (group.end, 1);
        while start > group.start && dims[start - 1] <= limit / rest {
            start -= 1;
            rest *= dims[start];
        }
        let mut chunk = 1;
        if start > group.start && limit / rest >= 2 {
            start -= 1;
            let pieces = dims[start].div_ceil(limit / rest);
            chunk = dims[start].div_ceil(pieces);
        } else if start < group.end {
            chunk = dims[start];
            rest /= chunk.max(1);
        }
        let mut lanes = Lanes { first: group.start, start, end: group.end, chunk, rest, dims: dims.to_vec(), counters: Vec::new() };
        let mut at = vec![0; dims.len()];
        lanes.counters = vec![Vec::new(); group.end - start];
        for _ in 0..lanes.most() {
            (start..group.end).for_each(|d| lanes.counters[d - start].push(at[d] as isize));
            lanes.step(&mut at);
        }
        lanes
    }

    /// No lane dims: blocks of one lane, all counters fixed.
    pub fn none(dims: &[usize]) -> Lanes {
        Lanes::new(dims, 0..0, 1)
    }

    /// Lanes of the largest block.
    pub fn most(&self) -> usize {
        self.chunk * self.rest
    }

    /// Lanes of the block that starts at the counters.
    pub fn len(&self, counters: &[i64]) -> usize {
        if self.start == self.end { 1 } else { self.chunk.min(self.dims[self.start] - counters[self.start] as usize) * self.rest }
    }

    /// Lanes of all blocks that differ in the group's counters.
    pub fn total(&self) -> usize {
        self.dims[self.first..self.end].iter().product()
    }

    /// How many values counter `d` takes within a block.
    pub fn extent(&self, d: usize) -> usize {
        match d {
            d if !(self.start..self.end).contains(&d) => 1,
            d if d == self.start => self.chunk,
            d => self.dims[d],
        }
    }

    pub fn is_one_block(&self) -> bool {
        self.first == self.start && (self.start == self.end || self.chunk == self.dims[self.start])
    }

    /// Blocks that differ in the group's counters.
    pub fn blocks(&self) -> usize {
        let along = if self.start < self.end { self.dims[self.start].div_ceil(self.chunk.max(1)) } else { 1 };
        along * self.dims[self.first..self.start].iter().product::<usize>()
    }

    /// Moves the counters to the block of this number.
    pub fn seek(&self, counters: &mut [i64], mut block: usize) {
        for d in (self.first..self.end.min(self.start + 1)).rev() {
            let step = if d == self.start { self.chunk } else { 1 };
            let count = self.dims[d].div_ceil(step);
            counters[d] = (block % count * step) as i64;
            block /= count;
        }
    }

    /// Moves the counters to the next block; at the end back to the first one, and says no.
    pub fn next_block(&self, counters: &mut [i64]) -> bool {
        for d in (self.first..self.end.min(self.start + 1)).rev() {
            counters[d] += if d == self.start { self.chunk as i64 } else { 1 };
            if counters[d] < self.dims[d] as i64 {
                return true;
            }
            counters[d] = 0;
        }
        false
    }

    /// Moves the counters to the next lane of a block.
    pub fn step(&self, counters: &mut [i64]) {
        for d in (self.start..self.end).rev() {
            counters[d] += 1;
            if d == self.start || counters[d] < self.dims[d] as i64 {
                return;
            }
            counters[d] = 0;
        }
    }

    /// Where the block is along the first lane dim, for `rewind`.
    pub fn at(&self, counters: &[i64]) -> i64 {
        if self.start == self.end { 0 } else { counters[self.start] }
    }

    /// Moves the counters back from any lane of a block to its first.
    pub fn rewind(&self, counters: &mut [i64], at: i64) {
        counters[self.start..self.end].fill(0);
        if self.start < self.end {
            counters[self.start] = at;
        }
    }

    /// Value of the index at each lane of a block, for indices of any form.
    fn values(&self, index: &Index, counters: &[i64], out: &mut [isize]) {
        let dims = index.terms.iter().map(|(atom, c)| if let Atom::Dim(n) = atom { c * counters[*n] } else { 0 });
        out.fill((index.constant + dims.sum::<i64>()) as isize);
        for (atom, c) in &index.terms {
            let c = *c as isize;
            match atom {
                Atom::Dim(n) => {
                    if (self.start..self.end).contains(n) {
                        out.iter_mut().zip(&self.counters[n - self.start]).for_each(|(o, x)| *o += c * x);
                    }
                }
                Atom::Div(inner, d) | Atom::Mod(inner, d) => {
                    let (mut part, d) = ([0; BLOCK], *d as isize);
                    let part = &mut part[..out.len()];
                    self.values(inner, counters, part);
                    if matches!(atom, Atom::Div(..)) {
                        out.iter_mut().zip(part).for_each(|(o, x)| *o += c * x.div_euclid(d));
                    } else {
                        out.iter_mut().zip(part).for_each(|(o, x)| *o += c * x.rem_euclid(d));
                    }
                }
            }
        }
    }

    /// Whether the index is a part that depends on fixed counters only plus a part that is the same in all blocks.
    fn separates(&self, index: &Index) -> bool {
        index.terms.iter().all(|(atom, _)| match atom {
            Atom::Dim(_) => true,
            Atom::Div(inner, _) | Atom::Mod(inner, _) => {
                let lanes = (self.start..self.end).any(|d| inner.uses(d));
                let fixed = (0..self.dims.len()).any(|d| inner.uses(d) && !(self.start..self.end).contains(&d));
                let cut = self.start < self.end && self.chunk < self.dims[self.start] && inner.uses(self.start);
                !lanes || !(fixed || cut)
            }
        })
    }

    /// Whether the index has the same values in all blocks.
    fn repeats(&self, index: &Index) -> bool {
        let lane = |d: usize| (self.start..self.end).contains(&d) && self.extent(d) == self.dims[d];
        (0..self.dims.len()).all(|d| lane(d) || !index.uses(d))
    }

    /// The innermost dims over which all the indices grow evenly, as a number of lanes (`usize::MAX`: the whole block), and the growth of each.
    fn run(&self, indices: &[&Index]) -> Option<(usize, Vec<isize>)> {
        if self.start == self.end {
            return Some((usize::MAX, vec![0; indices.len()]));
        }
        let strides = |d: usize| -> Option<Vec<i64>> { indices.iter().map(|i| i.stride(d)).collect() };
        let step = strides(self.end - 1)?;
        let (mut d, mut run) = (self.end - 1, self.dims[self.end - 1]);
        while d > self.start && strides(d - 1).is_some_and(|s| s.iter().zip(&step).all(|(s, t)| *s == t * run as i64)) {
            d -= 1;
            run *= self.dims[d];
        }
        Some((if d == self.start { usize::MAX } else { run }, step.into_iter().map(|s| s as isize).collect()))
    }
}

/// An index over a block.
#[derive(Debug)]
pub struct Form {
    index: Index,
    /// Of each lane, relative to the first; `None` when that differs between blocks.
    table: Option<Vec<isize>>,
    /// Growth from lane to lane within a run.
    stride: isize,
}

impl Form {
    pub fn new(index: &Index, lanes: &Lanes) -> Form {
        let table = lanes.separates(index).then(|| {
            let mut table = vec![0; lanes.most()];
            lanes.values(index, &vec![0; lanes.dims.len()], &mut table);
            let first = table.first().copied().unwrap_or(0);
            table.iter_mut().for_each(|x| *x -= first);
            table
        });
        Form { index: index.clone(), table, stride: 0 }
    }

    pub fn values(&self, lanes: &Lanes, counters: &[i64], out: &mut [isize]) {
        match &self.table {
            Some(table) => {
                let base = self.index.eval(counters) as isize;
                out.iter_mut().zip(table).for_each(|(o, x)| *o = base + x);
            }
            None => lanes.values(&self.index, counters, out),
        }
    }
}

/// The places of a block's elements, and which exist.
#[derive(Debug)]
pub struct View {
    lanes: Rc<Lanes>,
    offset: Form,
    /// Those that the tables do not know of.
    guards: Vec<(Form, isize)>,
    /// Lanes of a run: places and guards grow evenly within one, so its valid lanes are an interval.
    run: Option<usize>,
}

/// Runs are mostly short (a row of a small image). What a loop over them becomes is a call, wasm's `memory.copy` or `memory.fill`, which takes as long as
/// some dozen words; so up to 32 words go in pieces of four, the last of which may overlap the one before.
const SHORT: usize = 32;

#[inline(always)]
fn pieces(len: usize, mut piece: impl FnMut(usize)) {
    if len > 16 {
        piece(0);
        piece(4);
        piece(8);
        piece(12);
        piece(len - 16);
    } else {
        piece(0);
    }
    if len > 12 {
        piece(len - 12);
    }
    if len > 8 {
        piece(len - 8);
    }
    piece(len - 4);
}

#[inline(always)]
fn copy(from: &[Cell<u32>], out: &mut [u32]) {
    let len = out.len();
    if !(4..=SHORT).contains(&len) {
        out.iter_mut().zip(from).for_each(|(o, x)| *o = x.get());
        return;
    }
    pieces(len, |at| {
        let words: [u32; 4] = std::array::from_fn(|i| from[at + i].get());
        out[at..at + 4].copy_from_slice(&words);
    });
}

fn fill(out: &mut [u32], value: u32) {
    let len = out.len();
    if len > SHORT {
        out.fill(value);
    } else if len >= 4 {
        pieces(len, |at| out[at..at + 4].copy_from_slice(&[value; 4]));
    } else if len > 0 {
        (out[0], out[len / 2], out[len - 1]) = (value, value, value);
    }
}

/// Lanes `i` of a run with `0 <= value + stride * i < size`, among `0..len`.
fn interval(value: isize, stride: isize, size: isize, len: usize) -> (usize, usize) {
    let len = len as isize;
    let up = |x: isize, d: isize| -(-x).div_euclid(d);
    let (lo, hi) = match stride {
        0 if (0..size).contains(&value) => (0, len),
        0 => (0, 0),
        1 => (-value, size - value),
        s if s > 0 => (up(-value, s), up(size - value, s)),
        s => ((value - size).div_euclid(-s) + 1, value.div_euclid(-s) + 1),
    };
    let hi = hi.clamp(0, len);
    (lo.clamp(0, hi) as usize, hi as usize)
}

/// Gather and scatter: an integer per lane, clamped to `0..size`, times `stride`, is added to the place.
pub struct Shift<'a> {
    pub values: &'a [u32],
    pub unsigned: bool,
    pub size: usize,
    pub stride: usize,
}

impl View {
    pub fn new(index: &Index, guards: &[Guard], lanes: &Rc<Lanes>) -> View {
        let mut view = View {
            offset: Form::new(index, lanes),
            guards: guards.iter().map(|g| (Form::new(&g.index, lanes), g.size as isize)).collect(),
            lanes: lanes.clone(),
            run: None,
        };
        let indices: Vec<&Index> = std::iter::once(index).chain(guards.iter().map(|g| &g.index)).collect();
        let separate = view.offset.table.is_some() && view.guards.iter().all(|(g, _)| g.table.is_some());
        // Runs of a few lanes are slower than the tables, and so are longer ones whose elements lie apart.
        let long = |(run, strides): &(usize, Vec<isize>)| *run >= if matches!(strides[0], 0 | 1) { 8 } else { 64 };
        if separate && let Some((run, strides)) = lanes.run(&indices).filter(long) {
            view.run = Some(run);
            view.offset.stride = strides[0];
            view.guards.iter_mut().zip(&strides[1..]).for_each(|((form, _), s)| form.stride = *s);
        } else if let Some(table) = &mut view.offset.table {
            // What is the same in all blocks is decided now.
            let start = vec![0; lanes.dims.len()];
            view.guards.retain(|(form, size)| {
                let own = form.table.as_ref().filter(|_| lanes.repeats(&form.index));
                let base = form.index.eval(&start) as isize;
                own.into_iter().flatten().zip(&mut *table).filter(|(x, _)| !(0..*size).contains(&(base + **x))).for_each(|(_, place)| *place = NOWHERE);
                own.is_none()
            });
        }
        view
    }

    /// The places of all lanes, below 0 where a guard fails.
    fn places(&self, counters: &[i64], shift: Option<Shift>, out: &mut [isize]) {
        self.offset.values(&self.lanes, counters, out);
        if let Some(Shift { values, unsigned, size, stride }) = shift {
            let (last, stride) = (size.saturating_sub(1).min(i32::MAX as usize) as i32, stride as isize);
            if unsigned {
                out.iter_mut().zip(values).for_each(|(o, v)| *o += (*v).min(last as u32) as isize * stride);
            } else {
                out.iter_mut().zip(values).for_each(|(o, v)| *o += (*v as i32).clamp(0, last) as isize * stride);
            }
        }
        for (form, size) in &self.guards {
            match &form.table {
                Some(table) => {
                    let base = form.index.eval(counters) as isize;
                    out.iter_mut().zip(table).for_each(|(o, x)| *o = if (0..*size).contains(&(base + x)) { *o } else { NOWHERE });
                }
                None => {
                    let mut values = [0; BLOCK];
                    let values = &mut values[..out.len()];
                    self.lanes.values(&form.index, counters, values);
                    out.iter_mut().zip(values).for_each(|(o, x)| *o = if (0..*size).contains(x) { *o } else { NOWHERE });
                }
            }
        }
    }

    /// Calls `each` with the lanes of each run, its first place and its valid interval.
    #[inline(always)]
    fn runs(&self, run: usize, counters: &[i64], len: usize, mut each: impl FnMut(Range<usize>, isize, usize, usize)) {
        let base = self.offset.index.eval(counters) as isize;
        let mut bases = [0; 8];
        for (b, (form, _)) in bases.iter_mut().zip(&self.guards) {
            *b = form.index.eval(counters) as isize;
        }
        let at = |form: &Form, lane: usize| form.table.as_ref().map_or(0, |t| t[lane]);
        let mut lane = 0;
        while lane < len {
            let run = run.min(len - lane);
            let (mut lo, mut hi) = (0, run);
            for (n, (form, size)) in self.guards.iter().enumerate() {
                let base = if n < bases.len() { bases[n] } else { form.index.eval(counters) as isize };
                let (l, h) = interval(base + at(form, lane), form.stride, *size, run);
                (lo, hi) = (lo.max(l), hi.min(h));
            }
            each(lane..lane + run, base + at(&self.offset, lane), lo.min(hi), hi);
            lane += run;
        }
    }

    /// The block's elements, words or packed bytes, 0 where a guard fails.
    pub fn load(&self, words: &[Cell<u32>], bytes: bool, counters: &[i64], shift: Option<Shift>, out: &mut [u32]) {
        let plain = !bytes && shift.is_none();
        if let (Some(run), true) = (self.run, plain) {
            let stride = self.offset.stride;
            self.runs(run, counters, out.len(), |lanes, place, lo, hi| {
                let out = &mut out[lanes];
                if lo > 0 {
                    fill(&mut out[..lo], 0);
                }
                if hi < out.len() {
                    fill(&mut out[hi..], 0);
                }
                if lo < hi {
                    let (at, out) = (place + stride * lo as isize, &mut out[lo..hi]);
                    match stride {
                        0 => fill(out, words[at as usize].get()),
                        1 => copy(&words[at as usize..at as usize + out.len()], out),
                        _ => out.iter_mut().enumerate().for_each(|(i, o)| *o = words[(at + stride * i as isize) as usize].get()),
                    }
                }
            });
        } else if let (Some(table), true) = (&self.offset.table, plain && self.guards.is_empty()) {
            let base = self.offset.index.eval(counters) as isize;
            out.iter_mut().zip(table).for_each(|(o, x)| *o = if base + x < 0 { 0 } else { words[(base + x) as usize].get() });
        } else {
            let mut places = [0; BLOCK];
            let places = &mut places[..out.len()];
            self.places(counters, shift, places);
            let (shift, mask) = if bytes { (2, 0xff) } else { (0, u32::MAX) };
            for (o, p) in out.iter_mut().zip(places) {
                let (word, byte) = (*p as usize >> shift, *p as usize & ((1 << shift) - 1));
                *o = if *p < 0 { 0 } else { (words[word].get() >> (8 * byte)) & mask };
            }
        }
    }

    pub fn store(&self, words: &[Cell<u32>], counters: &[i64], shift: Option<Shift>, values: &[u32]) {
        if let (Some(run), None, 1) = (self.run, &shift, self.offset.stride) {
            self.runs(run, counters, values.len(), |lanes, place, _, _| {
                let to = &words[place as usize..place as usize + lanes.len()];
                to.iter().zip(&values[lanes]).for_each(|(w, v)| w.set(*v));
            });
        } else {
            let mut places = [0; BLOCK];
            let places = &mut places[..values.len()];
            self.places(counters, shift, places);
            places.iter().zip(values).for_each(|(p, v)| words[*p as usize].set(*v));
        }
    }

    /// The value of the index itself.
    pub fn index(&self, counters: &[i64], out: &mut [u32]) {
        let mut places = [0; BLOCK];
        let places = &mut places[..out.len()];
        self.offset.values(&self.lanes, counters, places);
        out.iter_mut().zip(places).for_each(|(o, p)| *o = *p as u32);
    }

    /// `values` where the guards hold, else `other`.
    pub fn select(&self, counters: &[i64], values: &[u32], other: u32, out: &mut [u32]) {
        let mut places = [0; BLOCK];
        let places = &mut places[..out.len()];
        self.places(counters, None, places);
        out.iter_mut().zip(values).zip(places).for_each(|((o, v), p)| *o = if *p < 0 { other } else { *v });
    }
}
