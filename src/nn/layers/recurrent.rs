//! RNN, GRU and LSTM. Imports as the parent module.
//!
//! What a step adds from its input is one product over the whole sequence before the recurrence, and the gradients of all weights are products over the whole
//! sequence after it: within the loop there is one product with the hidden state and one kernel for the gates.
//!
//! Places that only fill an example up are stepped over, as with PyTorch's `pack_padded_sequence`: the states stay as they are, and the output there is 0.
//!
//! Truncated backpropagation through time is what `stateful` layers do: the states go on from batch to batch as data, and gradients stop where a batch begins.

use super::{Module, agree, sequence};
use crate::dtype::Value;
use crate::error::Result;
use crate::list::List;
use crate::nn::forward::Forward;
use crate::nn::init::Init;
use crate::nn::model::Builder;
use crate::nn::read::{options, words};
use crate::op::Binary;
use crate::shape::Shape;
use crate::tensor::Tensor;

words! {
    /// What an RNN puts its sum through.
    Nonlinearity { Tanh = "tanh", Relu = "relu" }
}

/// What the three have in common.
struct Stack {
    cell: Cell,
    input: Option<usize>,
    hidden: usize,
    layers: usize,
    bias: bool,
    dropout: f64,
    both: bool,
    stateful: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Rnn(Nonlinearity),
    Gru,
    Lstm,
}

/// Declares the layers: what is their own besides the options that all have, and their cell.
macro_rules! layers {
    ($($(#[$doc:meta])* $layer:ident { $($own:ident: $type:ty [$range:ident] = $default:expr)? } $cell:expr;)*) => {
        options! { $(
            $(#[$doc])*
            $layer {
                hidden_size: usize [SIZE],
                input_size: Option<usize> [SIZE] = None,
                num_layers: usize [SIZE] = 1,
                $($own: $type [$range] = $default,)?
                bias: bool [ANY] = true,
                /// Probability that a number between two layers is left out in training.
                dropout: f64 [BELOW_ONE] = 0.0,
                /// A second recurrence from the end to the start, whose h stands beside the first one's.
                bidirectional: bool [ANY] = false,
                /// In training a batch begins with the states that the batch before has ended with, but for the first one of an epoch. The data must be a text,
                /// which is then read in order: row n of the batches goes through the n-th part of it.
                stateful: bool [ANY] = false,
            }
        )* }

        $(
            impl $layer {
                fn stack(&self) -> Stack {
                    let cell: fn(&$layer) -> Cell = $cell;
                    let $layer { hidden_size, input_size, num_layers, bias, dropout, bidirectional, stateful, .. } = *self;
                    Stack { cell: cell(self), input: input_size, hidden: hidden_size, layers: num_layers, bias, dropout, both: bidirectional, stateful }
                }
            }

            impl Module for $layer {
                fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
                    self.stack().build(input, model)
                }

                fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
                    self.stack().flops(input)
                }

                fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
                    self.stack().forward(x, run)
                }
            }
        )*
    };
}

layers! {
    /// h' = tanh(W_ih x + b_ih + W_hh h + b_hh) at each step of a sequence (Elman 1990); gives h of all steps. Begins with h = 0.
    RNN { nonlinearity: Nonlinearity [ANY] = Nonlinearity::Tanh } |rnn| Cell::Rnn(rnn.nonlinearity);
    /// Gated recurrent unit (Cho et al. 2014), in PyTorch's form: gates r, z and n, h' = (1 - z) n + z h.
    GRU {} |_| Cell::Gru;
    /// Long short-term memory (Hochreiter and Schmidhuber 1997): gates i, f, g and o, c' = f c + i g, h' = o tanh(c').
    LSTM {} |_| Cell::Lstm;
}

impl Stack {
    fn gates(&self) -> usize {
        match self.cell {
            Cell::Rnn(_) => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }

    /// Of a step: h, and c.
    fn states(&self) -> usize {
        if self.cell == Cell::Lstm { 2 } else { 1 }
    }

    fn directions(&self) -> &'static [bool] {
        if self.both { &[false, true] } else { &[false] }
    }

    fn build(&self, input: &[usize], model: &mut Builder) -> Result<Shape> {
        let [length, found] = sequence(input, model)?;
        if self.stateful && self.both {
            return Err(model.error("cannot be stateful in both directions", input).hint("leave out bidirectional: what comes after a batch is not known yet"));
        }
        let mut features = agree(self.input, "input_size", found, input, model)?;
        let (rows, init) = (self.gates() * self.hidden, Init::Uniform(1.0 / (self.hidden as f32).sqrt()));
        for layer in 0..self.layers {
            for reverse in self.directions() {
                model.weight(&name("weight_ih", layer, *reverse), &[rows, features], init)?;
                model.weight(&name("weight_hh", layer, *reverse), &[rows, self.hidden], init)?;
                for bias in ["bias_ih", "bias_hh"].into_iter().filter(|_| self.bias) {
                    model.param(&name(bias, layer, *reverse), &[rows], init)?;
                }
                // What is kept of each step for the gradient: the sums before the gates, and the states.
                model.computes(&[length, rows + 2 * self.hidden])?;
                if self.stateful {
                    model.state(&name("state", layer, *reverse), &[self.states(), model.batch_size, self.hidden]);
                }
            }
            features = self.hidden * self.directions().len();
        }
        Ok(vec![length, features])
    }

    fn flops(&self, input: &[usize]) -> f64 {
        let (directions, hidden) = (self.directions().len() as f64, self.hidden as f64);
        let products = |features: f64| 2.0 * self.gates() as f64 * hidden * (features + hidden);
        let above = (self.layers - 1) as f64 * products(directions * hidden);
        input[0] as f64 * directions * (products(input[1] as f64) + above)
    }

    fn forward(&self, x: &Tensor, run: &mut Forward) -> Tensor {
        let mut y = x.clone();
        for layer in 0..self.layers {
            if let Some(key) = run.key().filter(|_| layer > 0 && self.dropout > 0.0) {
                let key = key.binary(Binary::Threefry, key.constant(Value::u32(layer as u32)));
                y = y.dropout(self.dropout as f32, &key);
            }
            let ways: Vec<Tensor> = self.directions().iter().map(|reverse| self.recurrence(&y, layer, *reverse, run)).list();
            y = y.graph().cat(&ways, -1);
        }
        y
    }

    /// Hidden states `[batch, length, hidden]` of a layer in one direction.
    fn recurrence(&self, x: &Tensor, layer: usize, reverse: bool, run: &mut Forward) -> Tensor {
        let (batch, length, hidden) = (x.size(0), x.size(1), self.hidden);
        let param = |kind: &str| run.param(&name(kind, layer, reverse));
        let mut inputs = x.einsum(&param("weight_ih"), "ntI,GI->tnG");
        let mut own_bias = None;
        if self.bias {
            inputs = inputs + param("bias_ih");
            // A GRU's gate r acts on the bias, too.
            match self.cell {
                Cell::Gru => own_bias = Some(param("bias_hh")),
                Cell::Rnn(_) | Cell::Lstm => inputs = inputs + param("bias_hh"),
            }
        }
        let inputs = inputs.handed_on();
        let weight = param("weight_hh");
        let from_state = |h: &Tensor| {
            let product = h.einsum(&weight, "tnH,GH->tnG");
            if let Some(bias) = &own_bias { product + bias } else { product }
        };
        let gate = |all: &Tensor, n: usize| all.narrow(2, n * hidden, hidden);
        let graph = x.graph();
        let shape = [self.states(), batch, hidden];
        let none = graph.full(&shape, 0.0);
        let kept = name("state", layer, reverse);
        // Examples that are no batch, as in a trace, begin with none.
        let begins = run.begins().filter(|_| self.stateful && run.buffer(&kept).shape() == shape);
        let first = begins.as_ref().map_or(none.clone(), |begins| begins.select(&none, run.buffer(&kept)));
        // Of each step.
        let pads = run.padding.as_ref().map(|pads| pads.permute(&[1, 0]).reshape(&[length, 1, batch, 1]));
        let states = graph.recur(&first, length, reverse, &mut |states| {
            let state = |n: usize| states.narrow(1, n, 1).reshape(&[length, batch, hidden]);
            let h = state(0);
            let own = from_state(&h);
            let sum = |n: usize| gate(&inputs, n) + gate(&own, n);
            let next = match self.cell {
                Cell::Rnn(Nonlinearity::Tanh) => vec![sum(0).tanh()],
                Cell::Rnn(Nonlinearity::Relu) => vec![sum(0).relu()],
                Cell::Gru => {
                    let (r, z) = (sum(0).sigmoid(), sum(1).sigmoid());
                    let n = (gate(&inputs, 2) + r * gate(&own, 2)).tanh();
                    vec![&n + z * (h - &n)]
                }
                Cell::Lstm => {
                    let c = sum(1).sigmoid() * state(1) + sum(0).sigmoid() * sum(2).tanh();
                    vec![sum(3).sigmoid() * c.tanh(), c]
                }
            };
            let next = graph.stack(&next, 1);
            if let Some(pads) = &pads { pads.select(states, next) } else { next }
        });
        if begins.is_some() {
            run.update(&kept, states.narrow(0, length, 1).reshape(&shape));
        }
        let y = states.narrow(0, !reverse as usize, length).narrow(1, 0, 1).reshape(&[length, batch, hidden]).permute(&[1, 0, 2]);
        if let Some(pads) = &run.padding { pads.unsqueeze(-1).select(0.0, y) } else { y }
    }
}

/// PyTorch's name of a parameter.
fn name(kind: &str, layer: usize, reverse: bool) -> String {
    format!("{kind}_l{layer}{}", if reverse { "_reverse" } else { "" })
}
