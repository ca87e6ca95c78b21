//! tabgrad trains neural networks inside a browser tab.

pub mod compile;
pub mod cpu;
pub mod data;
pub mod dtype;
pub mod error;
pub mod formats;
pub mod gpu;
pub mod grad;
pub mod graph;
pub mod json;
pub mod math;
pub mod nn;
pub mod op;
pub mod random;
pub mod session;
pub mod shape;
mod simplify;
pub mod sorted;
pub mod tensor;
#[cfg(target_arch = "wasm32")]
pub mod web;
