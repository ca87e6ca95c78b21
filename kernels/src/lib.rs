//! What a compiled computation is (a `plan::Plan`), the operations in it, and its replay on the CPU.
//!
//! A crate of its own because it is compiled for speed, and the rest of tabgrad for size: a browser downloads all of it, but spends its time here.

pub mod cpu;
pub mod dtype;
pub mod error;
pub mod index;
pub mod math;
pub mod op;
pub mod plan;
