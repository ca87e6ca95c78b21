//! Loop nests brought into the form that runs fastest, without changing what they compute: dims are split where that removes divisions, joined where all
//! indices allow it; in a contraction, counters that decide which terms there are become those of the batch, and the sides are swapped where its results then
//! lie in a row. For the CPU; here because it need not be fast, and the CPU's crate is compiled for speed. Imports plan, index.

use crate::index::{Atom, Guard, Index};
use crate::plan::{Body, Kernel, Load, Op};

/// The kernel with as few, as long and as simple loops as its indices allow. The first `fixed` dims stay as they are.
pub fn normalise(kernel: &Kernel, fixed: usize) -> Kernel {
    let mut kernel = kernel.clone();
    if kernel.dims.contains(&0) {
        return kernel;
    }
    while let Some((dim, inner)) = indices(&kernel).into_iter().find_map(|i| divided(i, &kernel.dims, fixed)) {
        kernel = split(&kernel, dim, inner);
    }
    let mut dim = fixed;
    while dim < kernel.dims.len() {
        if kernel.dims[dim] == 1 {
            kernel = squeeze(&kernel, dim);
        } else {
            dim += 1;
        }
    }
    while let Some(dim) = deciding(&kernel) {
        kernel = promote(&kernel, dim);
    }
    for dim in (fixed + 1..kernel.dims.len()).rev() {
        if !groups(&kernel).contains(&dim) && indices(&kernel).into_iter().all(|i| joins(i, dim, kernel.dims[dim])) {
            kernel = join(&kernel, dim);
        }
    }
    if prefers_swap(&kernel) { swap(&kernel) } else { kernel }
}

/// Where each group of dims (rows and inner; or batch, m, n and k) ends.
pub fn groups(kernel: &Kernel) -> Vec<usize> {
    match &kernel.body {
        Body::Row { outer, .. } => vec![*outer, kernel.dims.len()],
        Body::Contract { batch, m, n, .. } => vec![*batch, batch + m, batch + m + n, kernel.dims.len()],
    }
}

/// Every index of the kernel, those of guards too.
fn indices(kernel: &Kernel) -> Vec<&Index> {
    fn add<'a>(load: &'a Load, all: &mut Vec<&'a Index>) {
        all.push(&load.index);
        all.extend(load.guards.iter().map(|g| &g.index));
    }
    let mut all: Vec<&Index> = kernel.stores.iter().map(|s| &s.index).collect();
    for instr in &kernel.code {
        match &instr.op {
            Op::Index(index) => all.push(index),
            Op::Load(load) => add(load, &mut all),
            Op::Guarded(guards, ..) => all.extend(guards.iter().map(|g| &g.index)),
            Op::Const(_) | Op::Unary(..) | Op::Binary(..) | Op::Where(..) | Op::Cast(_) | Op::Acc(_) => {}
        }
    }
    if let Body::Contract { a, b, .. } = &kernel.body {
        add(a, &mut all);
        add(b, &mut all);
    }
    all
}

/// A dim that a division or remainder in the index takes apart, and the size of its inner part.
fn divided(index: &Index, dims: &[usize], fixed: usize) -> Option<(usize, usize)> {
    index.terms.iter().find_map(|(atom, _)| {
        let (Atom::Div(inner, d) | Atom::Mod(inner, d)) = atom else { return None };
        let own = inner.terms.iter().find_map(|(atom, c)| match atom {
            Atom::Dim(n) if *c > 0 && d % c == 0 => {
                let part = (d / c) as usize;
                (*n >= fixed && part > 1 && part < dims[*n] && dims[*n].is_multiple_of(part)).then_some((*n, part))
            }
            Atom::Dim(_) | Atom::Div(..) | Atom::Mod(..) => None,
        });
        own.or_else(|| divided(inner, dims, fixed))
    })
}

/// Whether counters `dim - 1` and `dim` (of `size`) occur only as the one counter `(dim - 1) * size + dim`.
fn joins(index: &Index, dim: usize, size: usize) -> bool {
    let factor = |n: usize| index.terms.iter().find_map(|(a, c)| (*a == Atom::Dim(n)).then_some(*c)).unwrap_or(0);
    factor(dim - 1) == factor(dim) * size as i64
        && index.terms.iter().all(|(atom, _)| match atom {
            Atom::Dim(_) => true,
            Atom::Div(inner, _) | Atom::Mod(inner, _) => joins(inner, dim, size),
        })
}

fn split(kernel: &Kernel, dim: usize, inner: usize) -> Kernel {
    let mut dims = kernel.dims.clone();
    dims.splice(dim..=dim, [kernel.dims[dim] / inner, inner]);
    let counter = |n: usize| match n {
        n if n == dim => Index::dim(dim).times(inner as i64).add(&Index::dim(dim + 1)),
        n => Index::dim(if n > dim { n + 1 } else { n }),
    };
    relabel(kernel, dims, dim, 1, &counter)
}

/// Drops a dim of size 1.
fn squeeze(kernel: &Kernel, dim: usize) -> Kernel {
    let mut dims = kernel.dims.clone();
    dims.remove(dim);
    let counter = |n: usize| match n {
        n if n == dim => Index::default(),
        n => Index::dim(if n > dim { n - 1 } else { n }),
    };
    relabel(kernel, dims, dim, -1, &counter)
}

/// Makes dims `dim - 1` and `dim` one.
fn join(kernel: &Kernel, dim: usize) -> Kernel {
    let mut dims = kernel.dims.clone();
    let size = dims.remove(dim);
    dims[dim - 1] *= size;
    // Where both occur they do so as (dim - 1) * size + dim, so the outer one may be taken for 0.
    let counter = |n: usize| match n {
        n if n == dim - 1 => Index::default(),
        n => Index::dim(if n >= dim { n - 1 } else { n }),
    };
    relabel(kernel, dims, dim, -1, &counter)
}

/// Values of a counter up to which each may get a product of its own.
const FEW: usize = 8;

/// A counter of m or n that decides together with those of k, by a quotient or a remainder, whether there is a term: the parity of a pixel, where a window's
/// transpose has a stride. In the batch it is fixed while a block runs, so the terms that are left can be listed, and their places are a sum again.
fn deciding(kernel: &Kernel) -> Option<usize> {
    let Body::Contract { batch, m, n, a, b } = &kernel.body else { return None };
    let end = batch + m + n;
    let decides = |dim: usize, index: &Index| (end..kernel.dims.len()).any(|k| index.uses(dim) && index.uses(k));
    let parts = || a.guards.iter().chain(&b.guards).flat_map(|g| &g.index.terms);
    (*batch..end).find(|dim| kernel.dims[*dim] <= FEW && parts().any(|(atom, _)| matches!(atom, Atom::Div(i, _) | Atom::Mod(i, _) if decides(*dim, i))))
}

/// Makes a counter of m or n the last one of the batch.
fn promote(kernel: &Kernel, dim: usize) -> Kernel {
    let Body::Contract { batch, m, .. } = kernel.body else { return kernel.clone() };
    let mut dims = kernel.dims.clone();
    dims[batch..=dim].rotate_right(1);
    let counter = |d: usize| {
        Index::dim(match d {
            d if d == dim => batch,
            d if (batch..dim).contains(&d) => d + 1,
            d => d,
        })
    };
    let mut promoted = relabel(kernel, dims, 0, 0, &counter);
    if let Body::Contract { batch: count, m: ms, n: ns, .. } = &mut promoted.body {
        *count += 1;
        *(if dim < batch + m { ms } else { ns }) -= 1;
    }
    promoted
}

/// Whether exchanging m and n lets the results of a contraction be stored closer together, or fills vectors that would stay almost empty.
fn prefers_swap(kernel: &Kernel) -> bool {
    let Body::Contract { batch, m, n, .. } = &kernel.body else { return false };
    let (ms, ns) = (*batch..batch + m, batch + m..batch + m + n);
    let size = |range: &std::ops::Range<usize>| kernel.dims[range.clone()].iter().product::<usize>();
    let apart = |range: &std::ops::Range<usize>| {
        let step = |last: usize| kernel.stores.iter().map(|s| s.index.stride(last).map_or(i64::MAX, i64::abs)).max();
        range.clone().next_back().and_then(step).unwrap_or(i64::MAX)
    };
    if size(&ns).min(size(&ms)) < 8 { size(&ns) < size(&ms) } else { apart(&ms) < apart(&ns) }
}

/// The contraction with a and b, m and n exchanged.
fn swap(kernel: &Kernel) -> Kernel {
    let Body::Contract { batch, m, n, .. } = kernel.body else { return kernel.clone() };
    let mut dims = kernel.dims.clone();
    dims[batch..batch + m + n].rotate_left(m);
    let counter = |d: usize| {
        Index::dim(match d {
            d if d < batch || d >= batch + m + n => d,
            d if d < batch + m => d + n,
            d => d - m,
        })
    };
    let mut swapped = relabel(kernel, dims, 0, 0, &counter);
    if let Body::Contract { m, n, a, b, .. } = &mut swapped.body {
        std::mem::swap(m, n);
        std::mem::swap(a, b);
    }
    swapped
}

/// The kernel over `dims`, each old counter written in terms of the new ones; the group of the old `dim` grows by `change` dims.
fn relabel(kernel: &Kernel, dims: Vec<usize>, dim: usize, change: isize, counter: &dyn Fn(usize) -> Index) -> Kernel {
    let index = |i: &Index| rewrite(i, counter, &dims);
    let guards = |guards: &[Guard]| -> Vec<Guard> { guards.iter().filter_map(|g| Guard::needed(index(&g.index), g.size, &dims)).collect() };
    let load = |l: &Load| Load { index: index(&l.index), guards: guards(&l.guards), ..l.clone() };
    let mut new = kernel.clone();
    for instr in &mut new.code {
        match &mut instr.op {
            Op::Index(i) => *i = index(i),
            Op::Load(l) => *l = load(l),
            Op::Guarded(g, ..) => *g = guards(g),
            Op::Const(_) | Op::Unary(..) | Op::Binary(..) | Op::Where(..) | Op::Cast(_) | Op::Acc(_) => {}
        }
    }
    new.stores.iter_mut().for_each(|s| s.index = index(&s.index));
    let group = groups(kernel).iter().position(|end| dim < *end).unwrap_or(0);
    let grow = |count: &mut usize, own: usize| *count = if own == group { count.wrapping_add_signed(change) } else { *count };
    match &mut new.body {
        Body::Row { outer, .. } => grow(outer, 0),
        Body::Contract { batch, m, n, a, b } => {
            (*a, *b) = (load(a), load(b));
            [batch, m, n].into_iter().enumerate().for_each(|(own, count)| grow(count, own));
        }
    }
    new.dims = dims;
    new
}

fn rewrite(index: &Index, counter: &dyn Fn(usize) -> Index, dims: &[usize]) -> Index {
    index.terms.iter().fold(Index::constant(index.constant), |sum, (atom, c)| {
        let atom = match atom {
            Atom::Dim(n) => counter(*n),
            Atom::Div(inner, d) => rewrite(inner, counter, dims).div(*d, dims),
            Atom::Mod(inner, d) => rewrite(inner, counter, dims).modulo(*d, dims),
        };
        sum.add(&atom.times(*c))
    })
}
