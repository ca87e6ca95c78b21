//! Networks: what an experiment is (`Spec`), the layers, losses, optimisers and schedules by PyTorch's names, and the graphs of training, evaluating,
//! predicting and tracing. Imports tensor, graph, grad, op, shape, dtype, error, math, random, and compile's `Program`.

mod forward;
mod init;
pub mod layers;
pub mod loss;
mod model;
pub mod optim;
mod program;
mod read;
mod report;
mod scaler;
pub mod schedule;
mod spec;

pub use forward::{Forward, Params};
pub use init::{Init, Scheme};
pub use layers::Layer;
pub use loss::Loss;
pub use model::{Buffer, Model, Param};
pub use optim::{Optimizer, optimizer_slots};
pub use program::{DataLayout, RING, evaluate, hyper, predict, reported, trace, train};
pub use report::{LayerReport, Memory, Report, check, report};
pub use scaler::SCALER;
pub use schedule::Schedule;
pub use spec::{Data, Feature, Images, Normalize, Points, PointsShape, Precision, Regularization, Rows, Spec, Table, Text};
