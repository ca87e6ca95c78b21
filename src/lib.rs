//! tabgrad trains neural networks inside a browser tab; this crate is its engine, which runs natively as well.
//!
//! A network and its training are a [`nn::Spec`], with PyTorch's names; a [`session::Session`] trains it on a GPU or on the CPU:
//!
//! ```
//! use tabgrad::data::Source;
//! use tabgrad::nn::Spec;
//! use tabgrad::session::{Amount, Choice, Devices, Session};
//!
//! # fn milliseconds() -> f64 { std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64() * 1000.0 }
//! # pollster::block_on(async {
//! let spec = Spec::parse(&serde_json::json!({
//!     "input": [2],
//!     "layers": [{ "type": "Linear", "out_features": 8 }, { "type": "Tanh" }, { "type": "Linear", "out_features": 1 }],
//!     "loss": { "type": "BCEWithLogitsLoss" },
//!     "optimizer": { "type": "Adam", "lr": 0.02 },
//!     "data": { "type": "Points", "shape": "xor" }
//! }))?;
//! let mut session = Session::create(&Devices::default(), milliseconds, spec, Choice::Cpu, Source::None).await?;
//! let trained = session.train(Amount { steps: Some(300), sync: true, ..Amount::default() }).await?;
//! let (first, last) = (trained.points[0], trained.points[299]);
//! assert!(last.loss < 0.5 * first.loss);
//! # Ok::<(), tabgrad::error::Error>(())
//! # }).unwrap();
//! ```
//!
//! Below it, [`tensor`], [`grad`] and [`compile`] can be used by themselves.

pub mod compile;
pub mod data;
pub mod formats;
pub mod gpu;
pub mod grad;
pub mod graph;
pub mod json;
mod list;
pub mod nn;
pub mod random;
pub mod session;
pub mod shape;
mod simplify;
pub mod sorted;
pub mod tensor;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use tabgrad_kernels::{cpu, pool};
pub use tabgrad_plan::{dtype, error, math, op};
