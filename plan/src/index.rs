//! Whole-number expressions over a kernel's loop counters: where an operand's element lies, and whether it exists. Imports nothing of the crate.
//!
//! Movement operations (reshape, permute, pad, windows ...) never run: they become such expressions. An `Index` is kept in a normal form,
//! a constant plus multiples of atoms, so that equal expressions are equal values and most divisions vanish at compile time.

use std::fmt;

/// `constant + sum of coefficient * atom`, atoms sorted and distinct, coefficients not zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Index {
    /// What is added to the terms.
    pub constant: i64,
    /// Atoms and their coefficients.
    pub terms: Vec<(Atom, i64)>,
}

/// What an index is made of. Division rounds down, and the remainder is never negative.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// Loop counter number `n` of the kernel.
    Dim(usize),
    /// Quotient of an index and a positive constant.
    Div(Box<Index>, i64),
    /// Remainder of an index by a positive constant.
    Mod(Box<Index>, i64),
}

/// A condition on the loop counters: `0 <= index < size`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guard {
    /// What must lie in the range.
    pub index: Index,
    /// The range's excluded end.
    pub size: i64,
}

impl Index {
    /// The same everywhere.
    pub fn constant(constant: i64) -> Index {
        Index { constant, terms: Vec::new() }
    }

    /// Loop counter number `n`.
    pub fn dim(n: usize) -> Index {
        Index { constant: 0, terms: vec![(Atom::Dim(n), 1)] }
    }

    /// Sum of two.
    pub fn add(&self, other: &Index) -> Index {
        let mut terms = self.terms.clone();
        for (atom, c) in &other.terms {
            match terms.binary_search_by(|(a, _)| a.cmp(atom)) {
                Ok(place) => terms[place].1 += c,
                Err(place) => terms.insert(place, (atom.clone(), *c)),
            }
        }
        terms.retain(|(_, c)| *c != 0);
        Index { constant: self.constant + other.constant, terms }
    }

    /// Sum with a constant.
    pub fn plus(&self, constant: i64) -> Index {
        Index { constant: self.constant + constant, terms: self.terms.clone() }
    }

    /// Product with a constant.
    pub fn times(&self, factor: i64) -> Index {
        if factor == 0 {
            return Index::default();
        }
        let terms = self.terms.iter().map(|(a, c)| (a.clone(), c * factor)).collect();
        Index { constant: self.constant * factor, terms }
    }

    /// Smallest and largest value, for loop counters that run over `dims`.
    pub fn bounds(&self, dims: &[usize]) -> (i64, i64) {
        let mut bounds = (self.constant, self.constant);
        for (atom, c) in &self.terms {
            let (lo, hi) = match atom {
                Atom::Dim(n) => (0, (dims[*n] as i64 - 1).max(0)),
                Atom::Div(index, d) => {
                    let (lo, hi) = index.bounds(dims);
                    (lo.div_euclid(*d), hi.div_euclid(*d))
                }
                Atom::Mod(_, d) => (0, d - 1),
            };
            bounds.0 += (c * lo).min(c * hi);
            bounds.1 += (c * lo).max(c * hi);
        }
        bounds
    }

    /// Splits into (multiples of `d` divided by `d`, the rest with its constant in `0..d`).
    fn split(&self, d: i64) -> (Index, Index) {
        let (mut quotient, mut rest) = (Index::constant(self.constant.div_euclid(d)), Index::constant(self.constant.rem_euclid(d)));
        for (atom, c) in &self.terms {
            for (target, c) in [(&mut quotient, c / d), (&mut rest, c % d)] {
                if c != 0 {
                    target.terms.push((atom.clone(), c));
                }
            }
        }
        (quotient, rest)
    }

    /// Splits into (x, y, g) with `self = g x + y`, `0 <= y < g` and g a divisor of `d`, other than 1 and `d`.
    fn digits(&self, d: i64, dims: &[usize]) -> Option<(Index, Index, i64)> {
        let candidates = self.terms.iter().map(|(_, c)| c.abs()).filter(|g| *g > 1 && *g < d && d % g == 0);
        candidates.into_iter().find_map(|g| {
            let (high, low) = self.split(g);
            let (lo, hi) = low.bounds(dims);
            (lo >= 0 && hi < g).then_some((high, low, g))
        })
    }

    /// `self / d`, rounded down.
    pub fn div(&self, d: i64, dims: &[usize]) -> Index {
        if d == 1 {
            return self.clone();
        }
        let (quotient, rest) = self.split(d);
        let (lo, hi) = rest.bounds(dims);
        if lo.div_euclid(d) == hi.div_euclid(d) {
            return quotient.plus(lo.div_euclid(d));
        }
        if let [(Atom::Div(inner, e), 1)] = &rest.terms[..]
            && rest.constant == 0
        {
            return quotient.add(&inner.div(e * d, dims)); // (x / e) / d = x / (e d)
        }
        if let Some((high, _, g)) = rest.digits(d, dims) {
            return quotient.add(&high.div(d / g, dims));
        }
        quotient.add(&Index { constant: 0, terms: vec![(Atom::Div(Box::new(rest), d), 1)] })
    }

    /// `self mod d`.
    pub fn modulo(&self, d: i64, dims: &[usize]) -> Index {
        if d == 1 {
            return Index::default();
        }
        let (_, rest) = self.split(d);
        let (lo, hi) = rest.bounds(dims);
        if lo.div_euclid(d) == hi.div_euclid(d) {
            return rest.plus(-lo.div_euclid(d) * d);
        }
        if let [(Atom::Mod(inner, e), 1)] = &rest.terms[..]
            && rest.constant == 0
            && e % d == 0
        {
            return inner.modulo(d, dims);
        }
        if let Some((high, low, g)) = rest.digits(d, dims) {
            return high.modulo(d / g, dims).times(g).add(&low);
        }
        Index { constant: 0, terms: vec![(Atom::Mod(Box::new(rest), d), 1)] }
    }

    /// The same with quotients and remainders that belong together replaced: `c d (x / d) + c (x mod d) = c x`.
    pub fn recombined(&self, dims: &[usize]) -> Index {
        for (atom, c) in &self.terms {
            let Atom::Mod(x, d) = atom else { continue };
            let quotient = x.div(*d, dims);
            let [(other, 1)] = &quotient.terms[..] else { continue };
            if quotient.constant == 0 && self.terms.contains(&(other.clone(), c * d)) {
                let rest = self.terms.iter().filter(|(a, _)| a != atom && a != other).cloned().collect();
                return Index { constant: self.constant, terms: rest }.add(&x.times(*c)).recombined(dims);
            }
        }
        self.clone()
    }

    /// The value for given loop counters.
    pub fn eval(&self, counters: &[i64]) -> i64 {
        let atom = |atom: &Atom| match atom {
            Atom::Dim(n) => counters[*n],
            Atom::Div(index, d) => index.eval(counters).div_euclid(*d),
            Atom::Mod(index, d) => index.eval(counters).rem_euclid(*d),
        };
        self.constant + self.terms.iter().map(|(a, c)| c * atom(a)).sum::<i64>()
    }

    /// The factor of loop counter `n` when the index is affine in it (no division or remainder involves it), else `None`.
    pub fn stride(&self, n: usize) -> Option<i64> {
        let mut stride = 0;
        for (atom, c) in &self.terms {
            match atom {
                Atom::Dim(m) if *m == n => stride = *c,
                Atom::Dim(_) => {}
                Atom::Div(index, _) | Atom::Mod(index, _) => {
                    if index.uses(n) {
                        return None;
                    }
                }
            }
        }
        Some(stride)
    }

    /// Whether loop counter `n` occurs.
    pub fn uses(&self, n: usize) -> bool {
        self.terms.iter().any(|(atom, _)| match atom {
            Atom::Dim(m) => *m == n,
            Atom::Div(index, _) | Atom::Mod(index, _) => index.uses(n),
        })
    }
}

impl Guard {
    /// `None` when it always holds.
    pub fn needed(index: Index, size: i64, dims: &[usize]) -> Option<Guard> {
        let (lo, hi) = index.bounds(dims);
        (lo < 0 || hi >= size).then_some(Guard { index, size })
    }

    /// Whether it is met for given loop counters.
    pub fn holds(&self, counters: &[i64]) -> bool {
        (0..self.size).contains(&self.index.eval(counters))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut first = true;
        for (atom, c) in &self.terms {
            let sign = if first {
                if *c < 0 { "-" } else { "" }
            } else if *c < 0 {
                " - "
            } else {
                " + "
            };
            first = false;
            f.write_str(sign)?;
            if c.abs() != 1 {
                write!(f, "{}*", c.abs())?;
            }
            match atom {
                Atom::Dim(n) => write!(f, "i{n}")?,
                Atom::Div(index, d) => write!(f, "(({index})/{d})")?,
                Atom::Mod(index, d) => write!(f, "(({index})%{d})")?,
            }
        }
        if first {
            write!(f, "{}", self.constant)
        } else if self.constant != 0 {
            write!(f, " {} {}", if self.constant < 0 { '-' } else { '+' }, self.constant.abs())
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "0<={}<{}", self.index, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: simplified divisions and remainders have the value of the plain ones at every point.
    #[test]
    fn simplification_keeps_values() {
        let dims = [3, 4, 5];
        let flat = Index::dim(0).times(20).add(&Index::dim(1).times(5)).add(&Index::dim(2));
        let shifted = flat.plus(-7);
        for index in [&flat, &shifted, &flat.div(5, &dims), &flat.modulo(10, &dims)] {
            for d in [1, 2, 3, 4, 5, 10, 20, 60] {
                let (q, r) = (index.div(d, &dims), index.modulo(d, &dims));
                for i in 0..60 {
                    let at = [i / 20, i / 5 % 4, i % 5];
                    assert_eq!(q.eval(&at), index.eval(&at).div_euclid(d), "({index})/{d} = {q}");
                    assert_eq!(r.eval(&at), index.eval(&at).rem_euclid(d), "({index})%{d} = {r}");
                }
            }
        }
    }

    /// Proves: splitting a row-major offset gives its counters back, without a division.
    #[test]
    fn row_major_offsets_split_cleanly() {
        let dims = [3, 4, 5];
        let flat = Index::dim(0).times(20).add(&Index::dim(1).times(5)).add(&Index::dim(2));
        assert_eq!(flat.div(20, &dims), Index::dim(0));
        assert_eq!(flat.modulo(20, &dims).div(5, &dims), Index::dim(1));
        assert_eq!(flat.modulo(5, &dims), Index::dim(2));
    }

    /// Proves: a counter taken apart and put together again is the counter.
    #[test]
    fn digits_recombine() {
        let (dims, i) = ([400], Index::dim(0));
        let digits = i.div(25, &dims).times(25).add(&i.div(5, &dims).modulo(5, &dims).times(5)).add(&i.modulo(5, &dims));
        assert_ne!(digits, i);
        assert_eq!(digits.recombined(&dims), i);
    }
}
