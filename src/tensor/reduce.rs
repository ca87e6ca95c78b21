//! Reductions and what is made from them: sum, mean, max, min, var, softmax, argmax, top-k.

use super::{Tensor, axis_of};
use crate::dtype::{DType, Value};
use crate::graph::Op;
use crate::list::List;
use crate::op::{Binary, Reduce};
use crate::shape::numel;

impl Tensor {
    pub(super) fn reduce(&self, reduce: Reduce, axes: &[isize], keepdim: bool) -> Tensor {
        let shape = self.shape();
        let Some(axes) = axes.iter().map(|a| axis_of(*a, shape.len())).collect::<Option<Vec<usize>>>() else {
            return self.fail(format!("no axes {axes:?} in {shape:?}"), "there are no such axes");
        };
        if matches!(self.dtype(), DType::Bool | DType::U8 | DType::F16) {
            return self.fail(format!("cannot reduce {}", self.dtype()), "convert with cast first");
        }
        let axes: Vec<usize> = (0..shape.len()).filter(|a| axes.contains(a)).list();
        let kept = (0..shape.len()).filter(|a| !axes.contains(a)).map(|a| shape[a]).list();
        let ones: Vec<usize> = (0..shape.len()).map(|a| if axes.contains(&a) { 1 } else { shape[a] }).list();
        let y = if axes.is_empty() { self.clone() } else { self.make(Op::Reduce(reduce, axes), &[self.id], kept, self.dtype()) };
        if keepdim { y.reshape(&ones) } else { y }
    }

    /// All axes, as the other reductions take them.
    pub fn all_axes(&self) -> Vec<isize> {
        (0..self.rank() as isize).list()
    }

    /// Sum along the axes, which disappear or, with `keepdim`, become of size 1.
    pub fn sum(&self, axes: &[isize], keepdim: bool) -> Tensor {
        self.reduce(Reduce::Sum, axes, keepdim)
    }

    /// Largest along the axes; the lowest value of the type where there is none. Equal maxima share the gradient.
    pub fn max(&self, axes: &[isize], keepdim: bool) -> Tensor {
        self.reduce(Reduce::Max, axes, keepdim)
    }

    /// Smallest along the axes.
    pub fn min(&self, axes: &[isize], keepdim: bool) -> Tensor {
        // What reverses the order of all values of the type: whole numbers are inverted, for -x wraps at the ends of their range.
        let reversed = |x: &Tensor| match x.dtype() {
            DType::I32 | DType::U32 => x.binary(Binary::Xor, x.constant(Value { dtype: x.dtype(), bits: u32::MAX })),
            DType::F32 | DType::F16 | DType::Bool | DType::U8 => -x,
        };
        reversed(&reversed(self).max(axes, keepdim))
    }

    /// Mean along the axes; NaN where there is nothing.
    pub fn mean(&self, axes: &[isize], keepdim: bool) -> Tensor {
        let sum = self.sum(axes, keepdim);
        let count = numel(&self.shape()) as f32 / numel(&sum.shape()) as f32;
        sum * (1.0 / count)
    }

    /// Mean squared distance from the mean; `correction` 1 divides by n - 1 (PyTorch's default), 0 by n. NaN, without a derivative, where nothing is left to
    /// divide by and nothing to be divided: of one number with correction 1, of none.
    pub fn var(&self, axes: &[isize], correction: usize, keepdim: bool) -> Tensor {
        let sum = (self - self.mean(axes, true)).square().sum(axes, keepdim);
        let count = numel(&self.shape()) as f32 / numel(&sum.shape()) as f32;
        if count <= correction.min(1) as f32 {
            // By its name: a GPU may compute 0 times infinity, or times NaN, as 0.
            return self.constant(Value::f32(f32::NAN)).expand(&sum.shape());
        }
        sum * (1.0 / (count - correction as f32).max(0.0))
    }

    /// Logarithm of `softmax`, without overflow.
    pub fn log_softmax(&self, axis: isize) -> Tensor {
        let shifted = self - self.max(&[axis], true).detach();
        &shifted - shifted.exp().sum(&[axis], true).log()
    }

    /// e^x divided by its sum along the axis.
    pub fn softmax(&self, axis: isize) -> Tensor {
        let e = (self - self.max(&[axis], true).detach()).exp();
        &e / e.sum(&[axis], true)
    }

    /// Place of the first largest along the axis, I32; of a NaN some place of the axis, too.
    pub fn argmax(&self, axis: isize) -> Tensor {
        let Some(n) = axis_of(axis, self.rank()) else {
            return self.fail(format!("no axis {axis} in {:?}", self.shape()), "there is no such axis");
        };
        let last = self.constant(Value::i32(self.size(axis) as i32 - 1));
        self.first_match(&self.max(&[axis], true), &[n]).minimum(last)
    }

    /// Place (row-major over the axes) of the first element equal to `value`, I32.
    pub(crate) fn first_match(&self, value: &Tensor, axes: &[usize]) -> Tensor {
        let shape = self.shape();
        let sizes: Vec<usize> = axes.iter().map(|a| shape[*a]).list();
        let ones: Vec<usize> = (0..shape.len()).map(|a| if axes.contains(&a) { shape[a] } else { 1 }).list();
        let count = numel(&sizes) as i32;
        // Counting down, so that the largest is the first.
        let left = count_down(self, count).reshape(&ones);
        let none = self.constant(Value::i32(0));
        let axes: Vec<isize> = axes.iter().map(|a| *a as isize).list();
        let found = self.eq(value.expand_like(self)).select(left, none).reduce(Reduce::Max, &axes, false);
        self.constant(Value::i32(count)) - found
    }

    fn expand_like(&self, other: &Tensor) -> Tensor {
        self.expand(&other.shape())
    }

    /// The `k` largest along the last axis, in falling order, and their places: for display, not for gradients.
    pub fn top_k(&self, k: usize) -> (Tensor, Tensor) {
        let n = self.size(-1);
        if k > n {
            let failed = self.fail(format!("top {k} of {n}"), "k must be at most the size of the last axis");
            return (failed.clone(), failed);
        }
        let lowest = self.constant(self.dtype().lowest());
        let mut rest = self.detach();
        let (mut values, mut places) = (vec![], vec![]);
        for _ in 0..k {
            let place = rest.argmax(-1);
            values.push(rest.max(&[-1], false));
            let taken = place.unsqueeze(-1).eq(self.graph.iota(n));
            rest = taken.select(&lowest, &rest);
            places.push(place);
        }
        (self.graph.stack(&values, -1), self.graph.stack(&places, -1))
    }
}

/// n, n-1, ... 1.
fn count_down(x: &Tensor, n: i32) -> Tensor {
    x.constant(Value::i32(n)) - x.graph().iota(n as usize)
}
