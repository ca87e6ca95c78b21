//! tabgrad trains neural networks inside a browser tab.

pub mod compile;
pub mod data;
pub mod formats;
pub mod gpu;
pub mod grad;
pub mod graph;
pub mod json;
pub mod nn;
pub mod random;
pub mod session;
pub mod shape;
mod simplify;
pub mod sorted;
pub mod tensor;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use tabgrad_kernels::{cpu, dtype, error, math, op};
