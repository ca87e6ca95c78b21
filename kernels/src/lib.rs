//! The replay of a `plan::Plan` on the CPU.
//!
//! A crate of its own because it is compiled for speed, and the rest of tabgrad for size: a browser downloads all of it, but spends its time here.

pub mod cpu;
pub mod pool;

pub(crate) use tabgrad_plan::{dtype, error, index, nest, op, plan};
