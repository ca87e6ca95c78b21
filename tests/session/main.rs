//! Sessions by the messages of the page: training, looking, changing, saving, refusing, and the loss of a device.
#![cfg(not(target_arch = "wasm32"))]

mod change;
mod checkpoint;
mod gpu;
mod helpers;
mod look;
mod refuse;
mod train;
