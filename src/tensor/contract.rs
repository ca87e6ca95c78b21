//! Products: einsum, matmul, convolutions, and the pools that share their windows.

use super::Tensor;
use crate::dtype::DType;
use crate::graph::{Einsum, Op};
use crate::list::List;
use crate::op::Reduce;

/// Parameters of a two-dimensional convolution, (height, width) each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv {
    /// From one window to the next.
    pub stride: [usize; 2],
    /// Zeros added on either side.
    pub padding: [usize; 2],
    /// From one tap to the next.
    pub dilation: [usize; 2],
    /// Parts the channels are split into.
    pub groups: usize,
}

impl Default for Conv {
    fn default() -> Conv {
        Conv { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }
    }
}

impl Tensor {
    /// Sum of products over axes named by letters, as `"bij,bjk->bik"`. A letter may not repeat within one operand.
    pub fn einsum(&self, other: &Tensor, formula: &str) -> Tensor {
        // By characters: a search for texts is a large function.
        let parsed = formula.split_once('>').and_then(|(inputs, out)| inputs.strip_suffix('-')?.split_once(',').map(|(a, b)| (a.trim(), b.trim(), out.trim())));
        let Some((a, b, out)) = parsed else {
            return self.fail(format!("einsum formula {formula:?}"), "write two operands and a result, as \"ij,jk->ik\"");
        };
        let sizes = |x: &Tensor, labels: &str| -> Option<Vec<(u8, usize)>> {
            let shape = x.shape();
            (shape.len() == labels.len()).then(|| labels.bytes().zip(shape).list())
        };
        let unique = |labels: &str| labels.bytes().enumerate().all(|(n, l)| !labels.as_bytes()[..n].contains(&l));
        let (Some(sa), Some(sb)) = (sizes(self, a), sizes(other, b)) else {
            return self.fail(format!("einsum {formula:?} of {:?} and {:?}", self.shape(), other.shape()), "give one letter per axis");
        };
        let agree = sa.iter().all(|(l, n)| sb.iter().all(|(m, k)| l != m || n == k));
        let known = out.bytes().all(|l| a.as_bytes().contains(&l) || b.as_bytes().contains(&l));
        let float = self.dtype().is_float() && other.dtype().is_float();
        if !(agree && known && float && unique(a) && unique(b) && unique(out)) {
            return self.fail(
                format!("einsum {formula:?} of {}{:?} and {}{:?}", self.dtype(), self.shape(), other.dtype(), other.shape()),
                "equal letters need equal sizes, no letter may repeat in one place, and both operands must be floats",
            );
        }
        // A letter of one operand alone is summed beforehand.
        let reduce = |x: &Tensor, own: &str, others: &str| -> (Tensor, Vec<u8>) {
            let lone = |l: &u8| !others.as_bytes().contains(l) && !out.as_bytes().contains(l);
            let axes: Vec<isize> = own.bytes().enumerate().filter(|(_, l)| lone(l)).map(|(n, _)| n as isize).list();
            (x.sum(&axes, false), own.bytes().filter(|l| !lone(l)).list())
        };
        let (x, a) = reduce(self, a, b);
        let (y, b) = reduce(other, b, formula.split(',').next().unwrap_or(""));
        x.operand().contract(&y.operand(), Einsum { a, b, out: out.bytes().list() })
    }

    /// It as the operand of a contraction. Those of a recurrence's steps stay as they are: rounding the states would be one more dispatch in each.
    fn operand(&self) -> Tensor {
        let (autocast, recurring) = (self.graph.0.borrow().autocast, self.graph.0.borrow().recurring());
        if autocast && !recurring { self.cast(DType::F16) } else { self.clone() }
    }

    /// An einsum whose labels are known to fit; they are renumbered so that equal contractions are equal nodes.
    pub(crate) fn contract(&self, other: &Tensor, einsum: Einsum) -> Tensor {
        let mut order: Vec<u8> = vec![];
        einsum.a.iter().chain(&einsum.b).for_each(|l| {
            if !order.contains(l) {
                order.push(*l)
            }
        });
        let number = |labels: &[u8]| labels.iter().map(|l| order.iter().position(|o| o == l).unwrap_or(0) as u8).list();
        let size = |l: &u8| match einsum.a.iter().position(|m| m == l) {
            Some(n) => self.shape()[n],
            None => einsum.b.iter().position(|m| m == l).map_or(1, |n| other.shape()[n]),
        };
        let shape = einsum.out.iter().map(size).list();
        let einsum = Einsum { a: number(&einsum.a), b: number(&einsum.b), out: number(&einsum.out) };
        self.make(Op::Einsum(einsum), &[self.id, other.id], shape, DType::F32)
    }

    /// Matrix product over the last two axes; leading axes broadcast; a vector on either side is taken as a row or column (as PyTorch's `matmul`).
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        let (a, b) = (self.rank(), other.rank());
        if a == 0 || b == 0 {
            return self.fail(format!("matmul of {:?} and {:?}", self.shape(), other.shape()), "both need at least one axis");
        }
        if a == 1 || b == 1 {
            let x = if a == 1 { self.unsqueeze(0) } else { self.clone() };
            let y = if b == 1 { other.unsqueeze(-1) } else { other.clone() };
            let product = x.matmul(&y);
            let mut shape = product.shape();
            if b == 1 && !shape.is_empty() {
                shape.pop();
            }
            if a == 1 && !shape.is_empty() {
                shape.remove(shape.len() - if b == 1 { 1 } else { 2 });
            }
            return product.reshape(&shape);
        }
        let (x, y) = (self.shape(), other.shape());
        let batch = crate::shape::broadcast(&x[..a - 2], &y[..b - 2]);
        let (Some(batch), true) = (batch, x[a - 1] == y[b - 2]) else {
            return self.fail(format!("matmul of {x:?} and {y:?}"), "the last size of the first must be the second last of the second");
        };
        let letters: Vec<u8> = (3..3 + batch.len() as u8).list();
        // Leading axes of one operand alone belong to its rows (or columns): nothing is repeated in memory.
        let labels = |x: &[usize], last: [u8; 2]| -> (Vec<usize>, Vec<u8>) {
            let lead = &x[..x.len() - 2];
            let own = &letters[batch.len() - lead.len()..];
            let kept: Vec<usize> = (0..lead.len()).filter(|n| !(lead[*n] == 1 && batch[batch.len() - lead.len() + n] != 1)).list();
            let mut shape: Vec<usize> = kept.iter().map(|n| lead[*n]).list();
            shape.extend_from_slice(&x[x.len() - 2..]);
            (shape, kept.iter().map(|n| own[*n]).chain(last).list())
        };
        let ((sx, lx), (sy, ly)) = (labels(&x, [0, 1]), labels(&y, [1, 2]));
        let out = letters.iter().copied().chain([0, 2]).list();
        self.reshape(&sx).operand().contract(&other.reshape(&sy).operand(), Einsum { a: lx, b: ly, out })
    }

    /// `x[n,c,h,w] * weight[o, c/groups, kh, kw] -> y[n,o,oh,ow]`, as PyTorch's `conv2d`. An einsum over windows; columns are never stored.
    pub fn conv2d(&self, weight: &Tensor, conv: &Conv) -> Tensor {
        let (x, w) = (self.shape(), weight.shape());
        let g = conv.groups;
        if x.len() != 4 || w.len() != 4 || g == 0 || !x[1].is_multiple_of(g) || !w[0].is_multiple_of(g) || w[1] != x[1] / g {
            return self.fail(format!("conv2d of input {x:?} by weight {w:?} in {g} groups"), "input [n,c,h,w] needs weight [o,c/groups,kh,kw]");
        }
        let [ph, pw] = conv.padding;
        let grouped = self.reshape(&[x[0], g, x[1] / g, x[2], x[3]]);
        let padded = grouped.pad(&[(0, 0), (0, 0), (0, 0), (ph, ph), (pw, pw)], 0.0);
        let columns = padded.unfold(3, w[2], conv.stride[0], conv.dilation[0]).unfold(5, w[3], conv.stride[1], conv.dilation[1]);
        let s = columns.shape();
        if s.len() != 7 {
            return columns; // the failure recorded by unfold
        }
        let weight = weight.reshape(&[g, w[0] / g, w[1], w[2], w[3]]);
        columns.einsum(&weight, "ngchiwj,gocij->ngohw").reshape(&[s[0], w[0], s[3], s[5]])
    }

    /// `x[n,c,h,w] * weight[c, o/groups, kh, kw] -> y[n,o,oh,ow]`, the transpose of `conv2d` (PyTorch's `conv_transpose2d`).
    pub fn conv_transpose2d(&self, weight: &Tensor, conv: &Conv, output_padding: [usize; 2]) -> Tensor {
        let (x, w) = (self.shape(), weight.shape());
        let g = conv.groups;
        let sizes = x.len() == 4 && w.len() == 4 && w[0] == x[1] && !w[2..].contains(&0);
        if !sizes || conv.stride.contains(&0) || conv.dilation.contains(&0) || g == 0 || !x[1].is_multiple_of(g) {
            return self.fail(format!("conv_transpose2d of input {x:?} by weight {w:?} in {g} groups"), "input [n,c,h,w] needs weight [c,o/groups,kh,kw]");
        }
        let full = |axis: usize| (x[axis + 2].max(1) - 1) * conv.stride[axis] + conv.dilation[axis] * (w[axis + 2] - 1) + 1 + output_padding[axis];
        let size = [full(0), full(1)];
        if (0..2).any(|n| 2 * conv.padding[n] >= size[n]) {
            return self.fail(format!("conv_transpose2d of input {x:?}: padding {:?} leaves nothing of {size:?}", conv.padding), "use less padding");
        }
        let input = self.reshape(&[x[0], g, x[1] / g, x[2], x[3]]);
        let weight = weight.reshape(&[g, w[0] / g, w[1], w[2], w[3]]);
        let columns = input.einsum(&weight, "ngchw,gcoij->ngohiwj");
        let y = columns.fold(5, size[1], conv.stride[1], conv.dilation[1]).fold(3, size[0], conv.stride[0], conv.dilation[0]);
        let y = y.reshape(&[x[0], g * w[1], size[0], size[1]]);
        let [ph, pw] = conv.padding;
        y.slice(&[(0, x[0]), (0, g * w[1]), (ph, size[0] - ph), (pw, size[1] - pw)])
    }

    /// Windows of x[n,c,h,w] as [n,c,oh,ow,kh,kw].
    fn windows2d(&self, kernel: [usize; 2], conv: &Conv, fill: f32) -> Tensor {
        if self.rank() != 4 {
            return self.fail(format!("pooling of {:?}", self.shape()), "the input must be [n,c,h,w]");
        }
        let [ph, pw] = conv.padding;
        let padded = self.pad(&[(0, 0), (0, 0), (ph, ph), (pw, pw)], fill);
        let windows = padded.unfold(2, kernel[0], conv.stride[0], conv.dilation[0]).unfold(4, kernel[1], conv.stride[1], conv.dilation[1]);
        if windows.rank() != 6 { windows } else { windows.permute(&[0, 1, 2, 4, 3, 5]) }
    }

    /// Largest of each window; the first of equal ones gets the gradient (PyTorch's `max_pool2d`).
    pub fn max_pool2d(&self, kernel: [usize; 2], conv: &Conv) -> Tensor {
        self.windows2d(kernel, conv, f32::NEG_INFINITY).reduce(Reduce::MaxFirst, &[-2, -1], false)
    }

    /// Mean of each window, padding counted as zeros (PyTorch's `avg_pool2d`).
    pub fn avg_pool2d(&self, kernel: [usize; 2], conv: &Conv) -> Tensor {
        self.windows2d(kernel, conv, 0.0).mean(&[-2, -1], false)
    }

    /// Means over parts that cover the input, `output` of them: part i is floor(i n / output) .. ceil((i + 1) n / output).
    pub fn adaptive_avg_pool2d(&self, output: [usize; 2]) -> Tensor {
        let x = self.shape();
        if x.len() != 4 || output.contains(&0) {
            return self.fail(format!("adaptive_avg_pool2d of {x:?} to {output:?}"), "the input must be [n,c,h,w] and the output at least 1 x 1");
        }
        if x[2].is_multiple_of(output[0]) && x[3].is_multiple_of(output[1]) {
            let kernel = [x[2] / output[0], x[3] / output[1]];
            return self.avg_pool2d(kernel, &Conv { stride: kernel, ..Conv::default() });
        }
        self.einsum(&self.parts(x[2], output[0]), "nchw,ph->ncpw").einsum(&self.parts(x[3], output[1]), "ncpw,qw->ncpq")
    }

    /// Matrix [parts, n] whose row i averages part i.
    fn parts(&self, n: usize, parts: usize) -> Tensor {
        let place = self.graph.iota(n).reshape(&[1, n]);
        let part = self.graph.iota(parts).reshape(&[parts, 1]);
        let (size, count) = (n as f32, parts as f32);
        let start = (&part * size) / count;
        let end = ((part + 1.0) * size + (count - 1.0)) / count;
        let inside = place.ge(&start).and(place.lt(&end)).cast(DType::F32);
        inside / (end - start).cast(DType::F32)
    }
}
