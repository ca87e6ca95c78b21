//! The cases of the operation tests, as data: programs with their inputs and how exactly a device must compute them. Native and browser tests run the same
//! ones. Imports tensor, graph, grad, compile's `Program`, and the oracle's arrays.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod attention;
mod contract;
mod elementwise;
pub mod half;
mod index;
mod large;
mod movement;
pub mod random_graph;
mod recurrent;
pub mod reduce;
pub mod rng;
pub mod tolerance;

use crate::oracle::Array;
use rng::Rng;
use std::collections::HashMap;
use tabgrad::compile::Program;
use tabgrad::dtype::DType;
use tabgrad::grad::grad;
use tabgrad::graph::{Graph, Op};
use tabgrad::tensor::Tensor;
pub use tolerance::Tolerance;

pub struct Case {
    pub name: String,
    pub program: Program,
    pub leaves: HashMap<String, Array>,
    pub tolerance: Tolerance,
    /// Whether its gradients exist and can be measured by finite differences.
    pub smooth: bool,
}

/// Every case but the large ones.
pub fn all() -> Vec<Case> {
    [elementwise::cases(), movement::cases(), reduce::cases(), contract::cases(), index::cases(), recurrent::cases(), half::cases(), attention::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// The gradients of every case that has any.
pub fn all_gradients() -> Vec<Case> {
    all().iter().filter_map(gradients).collect()
}

/// Reductions and their gradients.
pub fn rows() -> Vec<Case> {
    let cases = reduce::cases();
    let gradients: Vec<Case> = cases.iter().filter_map(gradients).collect();
    cases.into_iter().chain(gradients).collect()
}

/// Cases with more work than one dimension of a dispatch can hold (65,535 workgroups of 64 to 256).
pub fn large() -> Vec<Case> {
    large::cases()
}

/// A case that computes the gradients of a weighted sum of another case's float outputs, if that has any: outputs "gradient.<leaf>", first "loss".
pub fn gradients(case: &Case) -> Option<Case> {
    let graph = &case.program.graph;
    let mut leaves = case.leaves.clone();
    let mut rng = Rng::new(&case.name);
    let mut loss = graph.full(&[], 0.0);
    for (name, id) in &case.program.outputs {
        let y = graph.at(*id);
        if y.dtype() == DType::F32 {
            let weights = format!("weights.{name}");
            leaves.insert(weights.clone(), rng.array(DType::F32, &y.shape(), 0.5, 1.5));
            loss = loss + (&y * graph.leaf(&weights, DType::F32, &y.shape())).sum(&y.all_axes(), false);
        }
    }
    let mut names: Vec<&String> = case.leaves.keys().collect();
    names.sort();
    let wrt: Vec<(String, Tensor)> =
        names.into_iter().filter_map(|name| Some((name.clone(), leaf(graph, name)?))).filter(|(_, x)| x.dtype() == DType::F32).collect();
    let tensors: Vec<Tensor> = wrt.iter().map(|(_, x)| x.clone()).collect();
    let named = wrt.iter().zip(grad(&loss, &tensors)).map(|((name, _), g)| (format!("gradient.{name}"), g.id()));
    let outputs = std::iter::once(("loss".to_string(), loss.id())).chain(named).collect();
    let program = Program { graph: graph.clone(), outputs, updates: vec![] };
    (case.smooth && !wrt.is_empty()).then(|| Case {
        name: format!("gradient of {}", case.name),
        program,
        leaves,
        tolerance: case.tolerance.of_gradient(),
        smooth: true,
    })
}

fn leaf(graph: &Graph, name: &str) -> Option<Tensor> {
    (0..graph.len() as u32).map(tabgrad::graph::Id).find(|id| graph.node(*id).op == Op::Leaf(name.to_string())).map(|id| graph.at(id))
}

/// Makes a case's leaves, named "a", "b" ... in the order they are asked for.
pub struct Inputs {
    pub graph: Graph,
    leaves: HashMap<String, Array>,
    rng: Rng,
}

impl Inputs {
    /// A leaf with values drawn evenly from lo to hi (for whole numbers: both included).
    pub fn leaf(&mut self, dtype: DType, shape: &[usize], (lo, hi): (f64, f64)) -> Tensor {
        let values = self.rng.array(dtype, shape, lo, hi);
        self.given(dtype, values)
    }

    pub fn f32(&mut self, shape: &[usize]) -> Tensor {
        self.leaf(DType::F32, shape, (-2.0, 2.0))
    }

    /// A leaf with these values.
    pub fn given(&mut self, dtype: DType, values: Array) -> Tensor {
        let name = ((b'a' + self.leaves.len() as u8) as char).to_string();
        let tensor = self.graph.leaf(&name, dtype, &values.shape);
        self.leaves.insert(name, values);
        tensor
    }

    pub fn key(&mut self) -> Tensor {
        self.leaf(DType::U32, &[], (0.0, u32::MAX as f64))
    }
}

/// A case whose outputs are "0", "1" ... and whose inputs are drawn by its name.
pub fn build(name: &str, tolerance: Tolerance, smooth: bool, formula: impl FnOnce(&mut Inputs) -> Vec<Tensor>) -> Case {
    let mut inputs = Inputs { graph: Graph::new(), leaves: HashMap::new(), rng: Rng::new(name) };
    let outputs = formula(&mut inputs).iter().enumerate().map(|(n, y)| (n.to_string(), y.id())).collect();
    let Inputs { graph, leaves, .. } = inputs;
    Case { name: name.to_string(), program: Program { graph, outputs, updates: vec![] }, leaves, tolerance, smooth }
}

/// A case with gradients.
fn smooth(name: &str, tolerance: Tolerance, formula: impl FnOnce(&mut Inputs) -> Tensor) -> Case {
    build(name, tolerance, true, |inputs| vec![formula(inputs)])
}

/// A case without gradients: whole numbers, steps.
fn stepped(name: &str, tolerance: Tolerance, formula: impl FnOnce(&mut Inputs) -> Tensor) -> Case {
    build(name, tolerance, false, |inputs| vec![formula(inputs)])
}
