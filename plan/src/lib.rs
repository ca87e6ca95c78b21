//! What a compiled computation is: a `plan::Plan`, and the operations in it. Plain data, which the compiler writes and the backends read.

pub mod dtype;
pub mod error;
pub mod index;
pub mod math;
pub mod nest;
pub mod op;
pub mod plan;
