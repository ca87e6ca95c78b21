//! Contractions: products of matrices, convolutions, gathered operands, and the choice of tiles.

use super::compare::*;
use super::maker::*;
use tabgrad::compile::index::{Guard, Index};
use tabgrad::compile::plan::*;
use tabgrad::dtype::DType;
use tabgrad::gpu::{Tile, Tuning};
use tabgrad::op::{Binary, Unary};

/// A contraction with an epilogue: relu(sum + bias of the column).
fn contract(m: &mut Maker, dims: &[usize], counts: [usize; 3], buffers: [usize; 2], operands: [Load; 2]) {
    let [batch, rows, cols] = counts;
    let outer = batch + rows + cols;
    let out = &dims[..outer];
    let columns: usize = dims[batch + rows..outer].iter().product();
    let (bias, y) = (m.floats(columns), m.output(DType::F32, out.iter().product::<usize>().max(1)));
    let mut bias_at = Index::default();
    for n in batch + rows..outer {
        bias_at = bias_at.add(&Index::dim(n).times(dims[n + 1..outer].iter().product::<usize>() as i64));
    }
    let code = vec![float(Op::Acc(0)), float(get(2, bias_at)), float(Op::Binary(Binary::Add, 0, 1)), float(Op::Unary(Unary::Relu, 2))];
    let [a, b] = operands;
    let body = Body::Contract { batch, m: rows, n: cols, a, b };
    m.dispatch([m.kernel(dims, &[buffers[0], buffers[1], bias, y], code, vec![store(3, rowmajor(out), 3)], body)]);
}

/// Of two buffers made by `operand`, `a` is [batch, m, k] or, transposed, [batch, k, m]; `b` the same with n.
fn matmul(m: &mut Maker, [z, i, j, k]: [usize; 4], transpose: [bool; 2], operand: fn(&mut Maker, usize) -> usize) {
    let buffers = [operand(m, (z * i * k).max(1)), operand(m, (z * j * k).max(1))];
    let at = |own: usize, dim: usize, transposed: bool| {
        let (row, sum) = if transposed { (1, own as i64) } else { (k as i64, 1) };
        Index::dim(0).times((own * k) as i64).add(&Index::dim(dim).times(row)).add(&Index::dim(3).times(sum))
    };
    let operands = [load(0, at(i, 1, transpose[0])), load(1, at(j, 2, transpose[1]))];
    contract(m, &[z, i, j, k], [1, 1, 1], buffers, operands);
}

/// Proves: products of matrices of odd sizes, single rows, columns and terms, whole tiles, several batches, no terms at all, with operands laid out either
/// way, are right with every tile of both schemes.
#[test]
fn matrix_products() {
    let mut m = Maker::new();
    for sizes in [[1, 1, 1, 1], [1, 5, 3, 7], [1, 1, 40, 33], [1, 70, 1, 9], [3, 17, 19, 23], [1, 128, 128, 32], [1, 130, 67, 18], [2, 4, 6, 0]] {
        matmul(&mut m, sizes, [false, true], Maker::floats);
        matmul(&mut m, sizes, [true, false], Maker::floats);
    }
    compare_tiles(&m);
}

/// Scratch memory of halves, rounded from floats by a dispatch before.
fn halves(m: &mut Maker, len: usize) -> usize {
    let (x, y) = (m.floats(len), m.buffer(BufferKind::Temp, DType::F16, vec![0; len]));
    let code = vec![float(get(0, Index::dim(0))), instr(Op::Cast(0), DType::F16)];
    m.dispatch([m.map(&[len], &[x, y], code, vec![store(1, Index::dim(0), 1)])]);
    y
}

/// Proves: with operands of halves all tiles agree as they do with floats: only the operands are rounded, the sums are of f32.
#[test]
fn products_of_halves() {
    let mut m = Maker::new();
    for sizes in [[1, 1, 1, 1], [3, 17, 19, 23], [1, 130, 67, 18]] {
        matmul(&mut m, sizes, [false, true], halves);
        matmul(&mut m, sizes, [true, false], halves);
    }
    compare_tiles(&m);
}

/// Proves: a convolution is a contraction whose operand is a view with stride, dilation and padding: indices outside the image are never read and count as 0.
#[test]
fn convolution_as_contraction() {
    let mut m = Maker::new();
    let [n, c, h, w, o, kh, kw, stride, dilation, padding] = [2, 3, 9, 8, 5, 3, 2, 2, 2, 2i64];
    let (oh, ow) = ((h + 2 * padding - dilation * (kh - 1) - 1) / stride + 1, (w + 2 * padding - dilation * (kw - 1) - 1) / stride + 1);
    // m: n, oh, ow; n: o; k: c, kh, kw
    let dims: Vec<usize> = [n, oh, ow, o, c, kh, kw].iter().map(|d| *d as usize).collect();
    let y = Index::dim(1).times(stride).add(&Index::dim(5).times(dilation)).plus(-padding);
    let x = Index::dim(2).times(stride).add(&Index::dim(6).times(dilation)).plus(-padding);
    let guards: Vec<Guard> = [Guard::needed(y.clone(), h, &dims), Guard::needed(x.clone(), w, &dims)].into_iter().flatten().collect();
    assert_eq!(guards.len(), 2);
    let image = Index::dim(0).times(c * h * w).add(&Index::dim(4).times(h * w)).add(&y.times(w)).add(&x);
    let weight = Index::dim(3).times(c * kh * kw).add(&Index::dim(4).times(kh * kw)).add(&Index::dim(5).times(kw)).add(&Index::dim(6));
    let buffers = [m.floats((n * c * h * w) as usize), m.floats((o * c * kh * kw) as usize)];
    contract(&mut m, &dims, [0, 3, 1], buffers, [Load { guards, ..load(0, image) }, load(1, weight)]);
    compare_tiles(&m);
}

/// Proves: operands may be packed bytes and gathered rows (a batch picked from a data set by the order's numbers).
#[test]
fn contraction_of_gathered_bytes() {
    let mut m = Maker::new();
    let [count, i, j, k] = [50usize, 7, 9, 12];
    let images: Vec<u32> = (0..count * k).map(|_| m.random() & 255).collect();
    let (x, w) = (m.leaf(DType::U8, images), m.floats(j * k));
    let order = m.leaf(DType::I32, vec![49, 3, 17, 0, 3, 60, -2i32 as u32]);
    let y = m.output(DType::F32, i * j);
    let code = vec![instr(get(2, Index::dim(0)), DType::I32), float(Op::Acc(0))];
    let a = Load { dynamic: Some(Dynamic { value: 0, size: count, stride: k }), ..load(0, Index::dim(2)) };
    let body = Body::Contract { batch: 0, m: 1, n: 1, a, b: load(1, strided(&[0, k as i64, 1])) };
    m.dispatch([m.kernel(&[i, j, k], &[x, w, order, y], code, vec![store(3, rowmajor(&[i, j]), 1)], body)]);
    compare_tiles(&m);
}

/// Proves: by its estimate, the table gives large products large tiles and small ones small tiles.
#[test]
fn tiles_fit_the_product() {
    let tile = |m, n| Tuning::HARDWARE.tile(1, m, n);
    let area = |tile: Tile| tile.rows * tile.cols;
    assert_eq!(area(tile(4096, 4096)), 128 * 128);
    assert_eq!(area(tile(16, 16)), 16 * 16);
    assert!(tile(65536, 10).cols <= 32 && tile(10, 65536).rows <= 32);
}
