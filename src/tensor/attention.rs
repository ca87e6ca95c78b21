//! Scaled dot product attention, over all keys at once or, where there are many, over tiles of them. Imports graph, tensor.
//!
//! Over tiles, a recurrence carries for each query the largest score so far, and relative to it the sums of the exponentials and of the values (Milakov and
//! Gimelshein 2018, "Online normalizer calculation for softmax"). What is kept for the gradient is the result and the logarithm of the sum of exponentials:
//! the scores are computed again, tile by tile (Dao et al. 2022, "FlashAttention"). So memory grows with the number of queries and keys, not with their product.

use super::Tensor;
use crate::list::List;

/// What a key that may not be looked at scores. Finite, as shaders need not know infinities, and its exponential is 0 beside any other score.
const HIDDEN: f32 = -1e30;
/// What a key scores that is not there: its exponential is 0 beside hidden ones, too.
const ABSENT: f32 = 2.0 * HIDDEN;
/// Most keys that are looked at at once.
const TILE: usize = 256;

/// What attention takes besides queries, keys and values.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    /// Whether query n looks at keys up to n only.
    pub causal: bool,
    /// Keys nobody looks at, Bool `[batch, keys]`. A query that has no other keys gets numbers without meaning.
    pub padding: Option<&'a Tensor>,
    /// Probability that a weight is left out, and the key (U32, `[]`) of the random numbers that decide it.
    pub dropout: Option<(f32, &'a Tensor)>,
    /// More keys than this are looked at in tiles of at most so many.
    pub tile: usize,
}

impl Default for Attention<'_> {
    fn default() -> Self {
        Attention { causal: false, padding: None, dropout: None, tile: TILE }
    }
}

impl Tensor {
    /// For each query the mean of the values, weighted by the softmax of its products with the keys over the root of their size (PyTorch's function of
    /// this name). Queries `[batch, heads, queries, size]`, keys and values `[batch, heads, keys, size]`, f32.
    pub fn scaled_dot_product_attention(&self, key: &Tensor, value: &Tensor, attention: &Attention) -> Tensor {
        let mut inputs = vec![self.clone(), key.clone(), value.clone()];
        let fits = inputs.iter().all(|x| x.rank() == 4) && key.size(2) == value.size(2);
        if !fits || attention.padding.is_some_and(|p| p.shape() != [key.size(0), key.size(2)]) {
            return self.fail(
                format!("attention of {:?} to {:?} and {:?}", self.shape(), key.shape(), value.shape()),
                "give [batch, heads, length, size], as many values as keys, and the padding as [batch, keys]",
            );
        }
        attention.padding.iter().for_each(|padding| inputs.push((*padding).clone()));
        let tiles = key.size(2).div_ceil(attention.tile.max(1)).max(1);
        let mut formula = Formula { causal: attention.causal, padded: attention.padding.is_some(), p: 0.0, tiles };
        if let Some((p, key)) = attention.dropout {
            formula.p = p;
            inputs.push(key.clone());
        }
        if tiles == 1 {
            return formula.at_once(&inputs);
        }
        let y = self.graph().function(&inputs, |inputs| formula.forward(inputs), move |inputs, y, g| formula.backward(inputs, y, g));
        parts(&y).0
    }
}

/// An attention without its tensors. These are `inputs`: queries, keys, values, then the padding and the key of random numbers, if there are such; and `xs`,
/// what there is for each key. Over tiles, `xs` and all that is made from them have the tiles as an axis before the others.
#[derive(Clone, Copy)]
struct Formula {
    causal: bool,
    padded: bool,
    /// Probability that a weight is left out.
    p: f32,
    tiles: usize,
}

impl Formula {
    /// Keys, values, the keys' places, their padding, and the places of the weights in the matrix of all.
    fn xs(&self, inputs: &[Tensor]) -> Vec<Tensor> {
        let (graph, keys) = (inputs[0].graph(), inputs[1].size(2));
        let place = graph.iota(keys.next_multiple_of(self.tiles));
        let mut xs = vec![self.tiled(&inputs[1], 2), self.tiled(&inputs[2], 2), self.tiled(&place, 0)];
        if self.padded {
            xs.push(self.tiled(&inputs[3], 1));
        }
        if self.p > 0.0 {
            let mut shape = inputs[0].shape();
            shape[3] = keys;
            xs.push(self.tiled(&graph.places(&shape), 3));
        }
        xs
    }

    /// `[.., keys, ..]` as `[tiles, .., keys of a tile, ..]`, filled up with zeros.
    fn tiled(&self, x: &Tensor, axis: usize) -> Tensor {
        if self.tiles == 1 {
            return x.clone();
        }
        let mut shape = x.shape();
        let size = shape[axis].div_ceil(self.tiles);
        let mut pads = vec![(0, 0); shape.len()];
        pads[axis].1 = self.tiles * size - shape[axis];
        shape[axis] = size;
        shape.insert(axis, self.tiles);
        let mut order: Vec<usize> = (0..shape.len()).list();
        order.remove(axis);
        order.insert(0, axis);
        x.pad(&pads, 0.0).reshape(&shape).permute(&order)
    }

    /// The same for all tiles.
    fn each(&self, x: &Tensor) -> Tensor {
        let mut shape = x.shape();
        shape.insert(0, self.tiles);
        x.expand(&shape)
    }

    fn scale(&self, inputs: &[Tensor]) -> f32 {
        1.0 / (inputs[0].size(3) as f32).sqrt()
    }

    /// `[.., batch, heads, queries, keys]`
    fn scores(&self, inputs: &[Tensor], xs: &[Tensor]) -> Tensor {
        let (queries, keys) = (inputs[0].size(2), inputs[1].size(2));
        let products = match self.tiles {
            1 => inputs[0].einsum(&xs[0], "nhqs,nhks->nhqk"),
            _ => self.each(&inputs[0]).einsum(&xs[0], "tnhqs,tnhks->tnhqk"),
        };
        let mut scores = products * self.scale(inputs);
        // Beside batch, heads and queries.
        let place = xs[2].unsqueeze(-2).unsqueeze(-2).unsqueeze(-2);
        if self.causal {
            scores = inputs[0].graph().iota(queries).unsqueeze(-1).lt(&place).select(HIDDEN, scores);
        }
        if self.padded {
            scores = xs[3].unsqueeze(-2).unsqueeze(-2).select(HIDDEN, scores);
        }
        if !keys.is_multiple_of(self.tiles) {
            scores = place.lt(keys as f32).select(scores, ABSENT);
        }
        scores
    }

    /// Weights, or their gradients, with those left out that dropout chooses.
    fn dropout(&self, x: &Tensor, inputs: &[Tensor], xs: &[Tensor]) -> Tensor {
        match (inputs.last(), xs.last()) {
            (Some(key), Some(places)) if self.p > 0.0 => x.dropout_at(self.p, key, places),
            _ => x.clone(),
        }
    }

    fn at_once(&self, inputs: &[Tensor]) -> Tensor {
        let xs = self.xs(inputs);
        let weights = self.scores(inputs, &xs).softmax(-1);
        self.dropout(&weights, inputs, &xs).einsum(&xs[1], "nhqk,nhks->nhqs")
    }

    /// Beside the mean the logarithm of the sum of the scores' exponentials, for the gradient: `[batch, heads, queries, size + 1]`.
    fn forward(&self, inputs: &[Tensor]) -> Tensor {
        let (graph, size) = (inputs[0].graph(), inputs[2].size(3));
        let mut shape = inputs[0].shape();
        shape[3] = size + 1;
        let nothing = graph.full(&shape, 0.0);
        shape[3] = 1;
        let first = graph.cat(&[nothing, graph.full(&shape, HIDDEN)], 3);
        // A state is the mean times the sum of exponentials, that sum, and the largest score, which was subtracted from the exponents.
        let (last, _) = graph.scan(&first, &self.xs(inputs), &mut |state, xs| {
            let (sums, most) = parts(state);
            let (mean, sum) = parts(&sums);
            let scores = self.scores(inputs, xs);
            let higher = most.maximum(scores.max(&[-1], true));
            let (weights, factor) = ((scores - &higher).exp(), (most - &higher).exp());
            let sum = sum * &factor + weights.sum(&[-1], true);
            let mean = mean * factor + self.dropout(&weights, inputs, xs).einsum(&xs[1], "tnhqk,tnhks->tnhqs");
            (graph.cat(&[mean, sum, higher], 4), vec![])
        });
        let (sums, most) = parts(&last);
        let (mean, sum) = parts(&sums);
        graph.cat(&[mean / &sum, most + sum.log()], 3)
    }

    /// Gradients of queries, keys and values.
    fn backward(&self, inputs: &[Tensor], y: &Tensor, g: &Tensor) -> Vec<Tensor> {
        let ((mean, log), (of_mean, of_log)) = (parts(y), parts(g));
        let (shift, of_mean) = ((&of_mean * mean).sum(&[-1], true) - of_log, self.each(&of_mean));
        let first = y.graph().full(&inputs[0].shape(), 0.0);
        let (of_query, others) = y.graph().scan(&first, &self.xs(inputs), &mut |sum, xs| {
            let weights = (self.scores(inputs, xs) - &log).exp();
            let of_weights = of_mean.einsum(&xs[1], "tnhqs,tnhks->tnhqk");
            let of_scores = &weights * (self.dropout(&of_weights, inputs, xs) - &shift) * self.scale(inputs);
            let of_key = of_scores.einsum(&self.each(&inputs[0]), "tnhqk,tnhqs->tnhks");
            let of_value = self.dropout(&weights, inputs, xs).einsum(&of_mean, "tnhqk,tnhqs->tnhks");
            (sum + of_scores.einsum(&xs[0], "tnhqk,tnhks->tnhqs"), vec![of_key, of_value])
        });
        // Tiles beside each other again.
        let joined = |x: &Tensor, like: &Tensor| {
            let mut shape = like.shape();
            shape[2] = self.tiles * x.size(3);
            x.permute(&[1, 2, 0, 3, 4]).reshape(&shape).narrow(2, 0, like.size(2))
        };
        vec![of_query, joined(&others[0], &inputs[1]), joined(&others[1], &inputs[2])]
    }
}

/// All but the last place of the last axis, and the last.
fn parts(x: &Tensor) -> (Tensor, Tensor) {
    let rest = x.size(-1) - 1;
    (x.narrow(-1, 0, rest), x.narrow(-1, rest, 1))
}
