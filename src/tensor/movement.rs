//! Shapes: reshape, permute, expand, pad, slice, flip, windows, cat, stack, gather. They move nothing; they become index expressions.

use super::{Tensor, axis_of};
use crate::dtype::{DType, Value};
use crate::graph::{Graph, Op, Window};
use crate::list::List;
use crate::shape::{numel, windows};

impl Graph {
    /// Tensors one after the other along an axis; the other axes must agree.
    pub fn cat(&self, tensors: &[Tensor], axis: isize) -> Tensor {
        let Some(first) = tensors.first() else { return self.full(&[0], 0.0).fail("cat of no tensors".into(), "give at least one") };
        let mut shape = first.shape();
        let Some(axis) = axis_of(axis, shape.len()) else {
            return first.fail(format!("no axis {axis} in {shape:?}"), "there is no such axis");
        };
        let fits = |t: &Tensor| {
            let other = t.shape();
            t.dtype() == first.dtype() && other.len() == shape.len() && (0..shape.len()).all(|n| n == axis || other[n] == shape[n])
        };
        if let Some(odd) = tensors.iter().find(|t| !fits(t)) {
            return first.fail(format!("cannot join {:?} and {:?} along axis {axis}", shape, odd.shape()), "all other sizes and the types must agree");
        }
        shape[axis] = tensors.iter().map(|t| t.shape()[axis]).sum();
        let ids: Vec<_> = tensors.iter().filter(|t| t.shape()[axis] > 0).map(|t| t.id).list();
        if ids.is_empty() {
            return first.clone();
        }
        first.make(Op::Cat(axis), &ids, shape, first.dtype())
    }

    /// Tensors of one shape along a new axis.
    pub fn stack(&self, tensors: &[Tensor], axis: isize) -> Tensor {
        let tensors: Vec<Tensor> = tensors.iter().map(|t| t.unsqueeze(axis)).list();
        self.cat(&tensors, axis)
    }
}

impl Tensor {
    /// The same elements, row-major, in another shape.
    pub fn reshape(&self, shape: &[usize]) -> Tensor {
        if numel(shape) != numel(&self.shape()) {
            return self.fail(format!("cannot reshape {:?} to {shape:?}", self.shape()), "both must have the same number of elements");
        }
        let id = self.graph.0.borrow_mut().reshape(self.id, shape);
        self.graph.at(id)
    }

    /// Axis n of the result is axis `perm[n]`.
    pub fn permute(&self, perm: &[usize]) -> Tensor {
        let rank = self.rank();
        if perm.len() != rank || !(0..rank).all(|axis| perm.contains(&axis)) {
            return self.fail(format!("cannot permute {:?} by {perm:?}", self.shape()), "name each axis once");
        }
        let id = self.graph.0.borrow_mut().permute(self.id, perm);
        self.graph.at(id)
    }

    /// Two axes exchanged.
    pub fn transpose(&self, a: isize, b: isize) -> Tensor {
        let rank = self.rank();
        let (Some(a), Some(b)) = (axis_of(a, rank), axis_of(b, rank)) else {
            return self.fail(format!("cannot transpose axes {a} and {b} of {:?}", self.shape()), "there are no such axes");
        };
        let mut perm: Vec<usize> = (0..rank).list();
        perm.swap(a, b);
        self.permute(&perm)
    }

    /// Repeats axes of size 1 (and missing leading axes) to a shape it broadcasts to.
    pub fn expand(&self, shape: &[usize]) -> Tensor {
        let own = self.shape();
        let fits = own.len() <= shape.len() && own.iter().rev().zip(shape.iter().rev()).all(|(a, b)| a == b || *a == 1);
        if !fits {
            return self.fail(format!("cannot expand {own:?} to {shape:?}"), "only axes of size 1 can be repeated");
        }
        let id = self.graph.0.borrow_mut().expand(self.id, shape);
        self.graph.at(id)
    }

    /// An axis of size 1 inserted at `axis` of the result.
    pub fn unsqueeze(&self, axis: isize) -> Tensor {
        let mut shape = self.shape();
        let Some(axis) = axis_of(axis, shape.len() + 1) else {
            return self.fail(format!("cannot insert axis {axis} into {shape:?}"), "there is no such place");
        };
        shape.insert(axis, 1);
        self.reshape(&shape)
    }

    /// `value` added before and after, one pair per axis.
    pub fn pad(&self, pads: &[(usize, usize)], value: f32) -> Tensor {
        let shape = self.shape();
        if pads.len() != shape.len() {
            return self.fail(format!("{} pads for shape {shape:?}", pads.len()), "give one pair per axis");
        }
        let padded = shape.iter().zip(pads).map(|(n, (before, after))| n + before + after).list();
        let before = pads.iter().map(|p| p.0).list();
        let value = Value::of(self.dtype(), value as f64);
        self.make(Op::Pad { before, value }, &[self.id], padded, self.dtype())
    }

    /// The part `start..end` of each axis.
    pub fn slice(&self, ranges: &[(usize, usize)]) -> Tensor {
        let shape = self.shape();
        if ranges.len() != shape.len() || ranges.iter().zip(&shape).any(|((from, to), n)| from > to || to > n) {
            return self.fail(format!("cannot slice {ranges:?} of shape {shape:?}"), "give start <= end <= size for each axis");
        }
        let start = ranges.iter().map(|r| r.0).list();
        let sizes = ranges.iter().map(|r| r.1 - r.0).list();
        self.make(Op::Slice { start }, &[self.id], sizes, self.dtype())
    }

    /// `len` places of one axis from `start` on (PyTorch's `narrow`).
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Tensor {
        let shape = self.shape();
        let Some(axis) = axis_of(axis, shape.len()) else {
            return self.fail(format!("no axis {axis} in {shape:?}"), "there is no such axis");
        };
        let mut ranges: Vec<(usize, usize)> = shape.iter().map(|n| (0, *n)).list();
        ranges[axis] = (start, start + len);
        self.slice(&ranges)
    }

    /// Every `step`-th place of an axis, from the first on.
    pub fn step(&self, axis: isize, step: usize) -> Tensor {
        let shape = self.shape();
        let Some(axis) = axis_of(axis, shape.len()).filter(|_| step > 0) else {
            return self.fail(format!("cannot step axis {axis} of {shape:?} by {step}"), "there is no such axis, or the step is 0");
        };
        let count = shape[axis].div_ceil(step);
        let mut pads = vec![(0, 0); shape.len()];
        pads[axis].1 = count * step - shape[axis];
        let mut split = shape.clone();
        split.splice(axis..=axis, [count, step]);
        let x = self.pad(&pads, 0.0).reshape(&split).narrow(axis as isize + 1, 0, 1);
        split.remove(axis + 1);
        x.reshape(&split)
    }

    /// The axes reversed.
    pub fn flip(&self, axes: &[isize]) -> Tensor {
        let rank = self.rank();
        let Some(axes) = axes.iter().map(|a| axis_of(*a, rank)).collect::<Option<Vec<usize>>>() else {
            return self.fail(format!("cannot flip axes {axes:?} of {:?}", self.shape()), "there are no such axes");
        };
        let axes = (0..rank).filter(|a| axes.contains(a)).list();
        self.make(Op::Flip(axes), &[self.id], self.shape(), self.dtype())
    }

    /// Sliding windows along an axis: it becomes two, (window, place within the window). Places left over at the end belong to no window.
    pub fn unfold(&self, axis: usize, size: usize, stride: usize, dilation: usize) -> Tensor {
        let mut shape = self.shape();
        let count = shape.get(axis).and_then(|n| windows(*n, size, stride, dilation));
        let Some(count) = count.filter(|_| stride > 0 && dilation > 0) else {
            return self.fail(
                format!("windows of {size} (stride {stride}, dilation {dilation}) along axis {axis} of {shape:?}"),
                "the window must fit, and stride and dilation be at least 1",
            );
        };
        if size == 1 || (dilation == 1 && stride == size) {
            // Windows side by side are a reshape.
            let x = if stride == 1 {
                self.clone()
            } else if size == 1 {
                self.step(axis as isize, stride)
            } else {
                self.narrow(axis as isize, 0, count * size)
            };
            let x = x.narrow(axis as isize, 0, count * size);
            shape.splice(axis..=axis, [count, size]);
            return x.reshape(&shape);
        }
        shape.insert(axis + 1, size);
        let taps = self.unsqueeze(axis as isize + 1).expand(&shape);
        shape[axis] = count;
        self.make(Op::Shear(Window { axis, tap: axis + 1, stride, dilation }), &[taps.id], shape, self.dtype())
    }

    /// Transpose of `unfold`: the windows (axes `axis` and `axis + 1`) summed into one axis of size `n`.
    pub fn fold(&self, axis: usize, n: usize, stride: usize, dilation: usize) -> Tensor {
        let mut shape = self.shape();
        if axis + 1 >= shape.len() || stride == 0 || dilation == 0 {
            return self.fail(
                format!("fold of axes {axis} and {} (stride {stride}, dilation {dilation}) of {shape:?}", axis + 1),
                "give the axis of the windows, as unfold makes it",
            );
        }
        shape[axis] = n;
        let window = Window { axis, tap: axis + 1, stride, dilation };
        self.make(Op::Unshear(window), &[self.id], shape, self.dtype()).sum(&[axis as isize + 1], false)
    }

    /// Rows of this table: `y[i.., d..] = self[indices[i..], d..]`. Integer indices; those outside are clamped. A table of `U8` gives `I32`.
    pub fn gather(&self, indices: &Tensor) -> Tensor {
        let table = self.shape();
        if table.is_empty() || table[0] == 0 || !indices.dtype().is_int() {
            return self
                .fail(format!("gather from {table:?} by {}{:?}", indices.dtype(), indices.shape()), "the table needs rows and the indices whole numbers");
        }
        let mut shape = indices.shape();
        shape.extend_from_slice(&table[1..]);
        let dtype = self.dtype().read();
        self.make(Op::Gather, &[self.id, indices.id], shape, dtype)
    }

    /// Of whole numbers: a new last axis of size `classes`, 1 at the number and 0 elsewhere, as f32. Numbers outside give zeros only.
    pub fn one_hot(&self, classes: usize) -> Tensor {
        let iota = self.graph.iota(classes).cast(self.dtype());
        self.unsqueeze(-1).eq(iota).cast(DType::F32)
    }
}
