//! From graph to Plan: pure and device-free. Imports graph, op, shape, dtype, error.

mod emit;
mod fuse;
mod loops;
mod lower;
mod memory;
mod order;

use crate::error::Result;
use crate::graph::{Graph, Id};
use plan::Plan;
pub use tabgrad_plan::{index, plan};

/// A computation to compile: what to give out, and what to change.
#[derive(Clone, Default)]
pub struct Program {
    /// Where the nodes are.
    pub graph: Graph,
    /// Results, by name.
    pub outputs: Vec<(String, Id)>,
    /// Leaves to change.
    pub updates: Vec<Update>,
}

/// The named leaf takes this value when the run ends; everything in the run reads its old value.
#[derive(Clone, Debug)]
pub struct Update {
    /// Name of the leaf.
    pub leaf: String,
    /// What it becomes; of the leaf's size.
    pub value: Id,
}

/// What the target allows.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Buffers one dispatch may use.
    pub max_bindings: usize,
    /// Whether operations are joined into kernels; without, each runs by itself (for tests).
    pub fuse: bool,
}

impl Default for Options {
    fn default() -> Options {
        // WebGPU guarantees eight storage buffers per shader stage.
        Options { max_bindings: 8, fuse: true }
    }
}

/// Compiles a program to a plan.
pub fn compile(program: &Program, options: &Options) -> Result<Plan> {
    program.graph.check()?;
    emit::emit(&program.graph.0.borrow(), program, options)
}
