//! Attention over all keys at once and over tiles of them: causal, padded, of other keys than queries, with dropout. Imports tensor, dtype.

use super::{Case, Inputs, build, tolerance};
use crate::oracle::Array;
use tabgrad::dtype::DType;
use tabgrad::tensor::{Attention, Tensor};

/// An attention, at random: sizes [batch, heads, queries, keys, size].
pub struct Shape {
    pub name: &'static str,
    pub sizes: [usize; 5],
    pub causal: bool,
    pub padded: bool,
    pub p: f32,
}

const fn shape(name: &'static str, sizes: [usize; 5], causal: bool, padded: bool, p: f32) -> Shape {
    Shape { name, sizes, causal, padded, p }
}

pub const SHAPES: [Shape; 6] = [
    shape("plain", [2, 2, 8, 8, 4], false, false, 0.0),
    shape("causal", [1, 2, 7, 7, 3], true, false, 0.0),
    shape("cross", [2, 1, 3, 10, 4], false, false, 0.0),
    shape("padded", [3, 2, 5, 5, 2], false, true, 0.0),
    shape("all at once", [2, 3, 7, 5, 2], true, true, 0.3),
    shape("of one", [1, 1, 1, 3, 1], false, false, 0.0),
];

pub fn cases() -> Vec<Case> {
    let case = |shape: &'static Shape, tile: usize| {
        build(&format!("{} attention, tiles of {tile}", shape.name), tolerance::SUMMED, true, move |i| vec![attention(i, shape, tile)])
    };
    SHAPES.iter().flat_map(|shape| [2, 3, 16].map(|tile| case(shape, tile))).collect()
}

pub fn attention(i: &mut Inputs, shape: &Shape, tile: usize) -> Tensor {
    let [batch, heads, queries, keys, size] = shape.sizes;
    let (query, key) = (i.f32(&[batch, heads, queries, size]), i.f32(&[batch, heads, keys, size]));
    let value = i.f32(&[batch, heads, keys, size + 1]);
    // Sequence n has n places less; the first key is always there.
    let there = (0..batch * keys).map(|n| (n % keys > 0 && n % keys + n / keys >= keys) as u8 as f64);
    let padding = shape.padded.then(|| i.given(DType::I32, Array::new(&[batch, keys], there.collect())).eq(1.0));
    let random = (shape.p > 0.0).then(|| i.key());
    let options = Attention { causal: shape.causal, padding: padding.as_ref(), dropout: random.as_ref().map(|key| (shape.p, key)), tile };
    query.scaled_dot_product_attention(&key, &value, &options)
}
