//! Shapes as plain lists of sizes, row-major. Imports nothing of the crate.

/// Sizes of a tensor's axes, outermost first; `[]` is a single value.
pub type Shape = Vec<usize>;

/// Number of elements; `usize::MAX` where that is no number of wasm's 32 bits, which no memory can hold.
pub fn numel(shape: &[usize]) -> usize {
    if shape.contains(&0) { 0 } else { shape.iter().fold(1, |count: usize, size| count.saturating_mul(*size)) }
}

/// Elements to step over for one step along each axis, row-major.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1usize; shape.len()];
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1].saturating_mul(shape[axis + 1]);
    }
    strides
}

/// The shape two operands broadcast to (NumPy's rule: aligned at the last axis, sizes equal or 1).
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Shape> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing { 1 } else { shape[axis - missing] }
    };
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// Output length of a sliding window: how often `kernel` taps, `dilation` apart, fit into `size` at steps of `stride`.
pub fn windows(size: usize, kernel: usize, stride: usize, dilation: usize) -> Option<usize> {
    let reach = dilation * (kernel.checked_sub(1)?) + 1;
    Some(size.checked_sub(reach)? / stride.max(1) + 1)
}
