//! Sessions by the messages of the page: training, looking, changing, saving, refusing, and the loss of a device.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod change;
mod checkpoint;
mod gpu;
mod half;
mod helpers;
mod look;
mod padding;
mod refuse;
mod text;
mod train;
