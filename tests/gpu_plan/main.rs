//! The GPU backend on hand-made plans, against a plain interpreter of the Plan that visits every point by itself. Needs a GPU adapter (Mesa's lavapipe will do)
//! and fails without one. Every plan runs under several tunings: what suits GPUs, what suits software adapters, and the extremes of both.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod compare;
mod contractions;
mod devices;
mod dispatches;
#[path = "../interpreter/mod.rs"]
mod interpreter;
mod loops;
mod maker;
mod maps;
mod operations;
mod rows;
