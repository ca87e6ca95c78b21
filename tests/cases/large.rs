//! Cases that one dimension of a dispatch cannot hold: more than 65,535 workgroups of 256 elements, rows, batches or tiles. Made from iota, so that they need
//! little data. And products with a vector that are not small. Imports tensor.

use super::{Case, stepped, tolerance};
use tabgrad::dtype::DType;
use tabgrad::graph::Graph;
use tabgrad::tensor::Tensor;

/// More than 65,535 * 256.
const MANY: usize = 16_900_003;

/// Small numbers that differ from place to place.
fn ramp(graph: &Graph, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let x = graph.iota(count).rem(1021.0).cast(DType::F32) * (1.0 / 512.0) - 1.0;
    x.reshape(shape)
}

pub fn cases() -> Vec<Case> {
    // A GPU adds up each of the sums one term after another.
    let one_by_one = super::Tolerance { absolute: 1e-4, ..tolerance::SUMMED };
    vec![
        stepped("large: matrix and vector", one_by_one, |i| i.f32(&[301, 517]).matmul(&i.f32(&[517]))),
        stepped("large: vector and matrix", one_by_one, |i| i.f32(&[1, 517]).matmul(&i.f32(&[517, 301])) + i.f32(&[301])),
        stepped("large: vector and transposed matrix", one_by_one, |i| i.f32(&[1, 517]).matmul(&i.f32(&[301, 517]).transpose(0, 1))),
        stepped("large: half of a matrix, and vector", one_by_one, |i| i.f32(&[301, 1034]).slice(&[(0, 301), (258, 775)]).matmul(&i.f32(&[517]))),
        stepped("large: every third row of a matrix, and vector", one_by_one, |i| {
            let rows = i.f32(&[301, 3, 517]).slice(&[(0, 301), (1, 2), (0, 517)]);
            rows.reshape(&[301, 517]).matmul(&i.f32(&[517]))
        }),
        stepped("large: matrices and vectors", one_by_one, |i| i.f32(&[3, 1, 401]).matmul(&i.f32(&[3, 601, 401]).transpose(1, 2))),
        stepped("large: elementwise", tolerance::ROUNDED, |i| ramp(&i.graph, &[MANY]) + i.f32(&[])),
        stepped("large: rows", tolerance::SUMMED, |i| (ramp(&i.graph, &[70_001, 3]) * i.f32(&[3])).sum(&[1], false)),
        stepped("large: long rows, softmax", tolerance::COMPOSED, |i| (ramp(&i.graph, &[66_000, 9]) * i.f32(&[9])).softmax(-1)),
        stepped("large: one sum of everything", super::Tolerance { relative: 2e-5, absolute: 1.0, gpu: 0.0 }, |i| {
            let x = ramp(&i.graph, &[3_000_017]);
            (x * i.f32(&[]) + 1.0).sum(&[0], false)
        }),
        stepped("large: maximum of everything", tolerance::ROUNDED, |i| (ramp(&i.graph, &[3_000_017]) * i.f32(&[])).max(&[0], false)),
        stepped("large: columns", tolerance::ROUNDED, |i| (ramp(&i.graph, &[2, 1_000_003]) * i.f32(&[])).max(&[0], false)),
        stepped("large: batch of products", tolerance::SUMMED, |i| ramp(&i.graph, &[66_001, 2, 2]).matmul(&i.f32(&[2, 3]).expand(&[66_001, 2, 3]))),
        stepped("large: tall product", tolerance::SUMMED, |i| ramp(&i.graph, &[1_100_001, 3]).matmul(&i.f32(&[3, 2]))),
        stepped("large: gather", tolerance::EXACT, |i| i.f32(&[11, 4]).gather(&i.graph.iota(1_200_000).rem(11.0))),
        stepped("large: permutation", tolerance::ROUNDED, |i| (ramp(&i.graph, &[1501, 2003]) * i.f32(&[])).transpose(0, 1)),
    ]
}
