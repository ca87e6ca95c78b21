//! A network being trained: its experiment, its data and its state on a device. The only user of both backends.
//! Imports nn, data, formats, compile, cpu, gpu and all below them; nothing of JavaScript.

mod backend;
mod checkpoint;
mod choose;
mod engine;
mod evaluate;
mod look;
mod machine;
mod order;
mod pace;
mod probe;
pub mod protocol;
mod recover;
mod ring;
mod state;
mod task;
mod train;

pub use backend::{Choice, DeviceInfo, Devices, Kind, Offer};
pub use engine::Engine;
pub use evaluate::{Confusion, Evaluation, Mistake};
pub use look::{LayerOutput, Prediction, Tensor, Trace};
pub use state::{Named, Role};
pub use train::{Amount, Point, Problem, Trained};

use crate::compile::{self, plan::Plan};
use crate::data::{self, Column, Dataset, Source, Split};
use crate::dtype::DType;
use crate::error::Result;
use crate::nn::{self, Data, DataLayout, Model, Report, Spec};
use crate::shape::numel;
use backend::Opened;
use machine::{Computation, Machine, bytes};
use order::Order;
use recover::Backup;
use std::rc::Rc;
use train::Progress;

/// Milliseconds since some moment. The session has no clock of its own, as the browser's belongs to JavaScript.
pub type Clock = fn() -> f64;

/// Computations other than training that are kept ready.
const KEPT: usize = 8;

/// A network being trained.
pub struct Session {
    spec: Spec,
    model: Model,
    dataset: Rc<Dataset>,
    order: Order,
    choice: Choice,
    now: Clock,
    machine: Machine,
    training: Computation,
    /// Other computations, the last used last. The key is also the scope of the leaves that are theirs alone.
    kept: Vec<(String, Rc<Computation>)>,
    progress: Progress,
    backup: Option<Backup>,
}

impl Session {
    /// A new network on a device, its weights drawn from the spec's seed.
    pub async fn create(devices: &Devices, now: Clock, spec: Spec, choice: Choice, source: Source) -> Result<Session> {
        let model = Model::new(&spec)?;
        let dataset = data::load(&spec, &model, source)?;
        let order = order(&spec, &model, &dataset)?;
        let program = step(&spec, &model, &dataset, &order)?;
        let (opened, plan) = devices.open(choice, &program, None).await?;
        let (machine, training) = build(opened, plan, &program, &spec, &model, &dataset, &order)?;
        let progress = Progress::new(0, &order, &machine);
        Ok(Session { spec, model, dataset, order, choice, now, machine, training, kept: vec![], progress, backup: None })
    }

    /// Goes on with a changed experiment. What only changes numbers (a learning rate) takes effect at once. Otherwise the network is built anew beside the
    /// old one, which lives on if that fails; parameters that agree in name and shape are carried over, and if all of the state agrees, so is that
    /// of the optimiser, and the steps go on (then true). The scale of a loss that was not scaled before begins anew. Another network may be faster on another device: then
    /// it moves there.
    pub async fn set(&mut self, devices: &Devices, spec: Spec) -> Result<bool> {
        let model = Model::new(&spec)?;
        let same_files = match (&spec.data, &self.spec.data) {
            (Data::Images(new), Data::Images(old)) => new.name == old.name,
            (Data::Text(new), Data::Text(old)) => new.name == old.name,
            _ => false,
        };
        let dataset = data::load(&spec, &model, if same_files { Source::Kept(self.dataset.clone()) } else { Source::None })?;
        let same_data = Rc::ptr_eq(&dataset, &self.dataset) || dataset == self.dataset;
        if same_data && spec.structure() == self.spec.structure() && scale(&spec) == scale(&self.spec) {
            self.machine.write("hyper", 0, &bytes(&nn::hyper(&spec), f32::to_le_bytes))?;
            self.spec = spec;
            self.progress.problem = None;
            return Ok(true);
        }
        let order = order(&spec, &model, &dataset)?;
        let program = step(&spec, &model, &dataset, &order)?;
        let (opened, plan) = devices.open(self.choice, &program, Some(self.machine.info.kind)).await?;
        let (machine, training) = build(opened, plan, &program, &spec, &model, &dataset, &order)?;
        let (old, new) = (state::tensors(&self.spec, &self.model), state::tensors(&spec, &model));
        let found = |tensor: &Named| old.iter().find(|o| (&o.name, &o.shape) == (&tensor.name, &tensor.shape));
        let kept = new.iter().all(|tensor| tensor.role == Role::State || found(tensor).is_some());
        let carried = new.iter().filter(|tensor| tensor.leaf != state::COUNTERS && (kept || tensor.role == Role::Param));
        for (tensor, from) in carried.filter_map(|tensor| Some((tensor, found(tensor)?))) {
            let values = self.machine.read_part(&from.leaf, from.start, numel(&from.shape)).await?;
            machine.write(&tensor.leaf, tensor.start, &values)?;
        }
        let (step, unread) = if kept { (self.settle().await?, self.wait_for_points().await?) } else { (0, vec![]) };
        (self.machine, self.training) = (machine, training);
        (self.spec, self.model, self.dataset, self.order) = (spec, model, dataset, order);
        self.backup = None;
        self.go_on_from(step)?;
        self.progress.unread = unread;
        self.secure().await?;
        Ok(kept)
    }

    /// The experiment.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The device, and why this one.
    pub fn device(&self) -> &DeviceInfo {
        &self.machine.info
    }

    /// The network's layers, sizes and needs.
    pub fn report(&self) -> Report {
        report(&self.spec, &self.model, &self.dataset)
    }

    /// The compiled training step.
    pub fn plan(&self) -> &Plan {
        &self.training.plan
    }

    /// The examples.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Steps given to the device so far.
    pub fn step(&self) -> usize {
        self.progress.step
    }

    /// Steps in an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.order.steps_per_epoch()
    }

    /// Epochs done, in fractions.
    pub fn epoch(&self) -> f64 {
        self.step() as f64 / self.steps_per_epoch() as f64
    }

    /// A split by its name.
    fn split(&self, name: Which) -> &Split {
        match name {
            Which::Train => &self.dataset.train,
            Which::Test => self.dataset.test(),
        }
    }

    /// Puts the counters and the order of examples to a step, and forgets what was under way.
    fn go_on_from(&mut self, step: usize) -> Result<()> {
        self.kept.clear();
        self.progress = Progress::new(step, &self.order, &self.machine);
        self.count_from(step)?;
        self.machine.write("order", 0, &bytes(&self.order.entries(step), i32::to_le_bytes))
    }

    /// Puts the counters to the first batch of a step.
    fn count_from(&self, step: usize) -> Result<()> {
        let counters = [step as u32, self.order.cursor(step) as u32, self.spec.seed, 0];
        self.machine.write(state::COUNTERS, 0, &bytes(&counters, u32::to_le_bytes))
    }

    /// A computation made at its first use and kept; `leaves` are its own.
    fn computation(
        &mut self,
        key: &str,
        leaves: &[(&str, DType, usize)],
        program: &dyn Fn(&Spec, &Model, &Dataset) -> Result<compile::Program>,
    ) -> Result<Rc<Computation>> {
        if let Some(n) = self.kept.iter().position(|(k, _)| k == key) {
            let found = self.kept.remove(n);
            self.kept.push(found.clone());
            return Ok(found.1);
        }
        if self.kept.len() == KEPT {
            let (oldest, _) = self.kept.remove(0);
            self.machine.forget(&oldest);
        }
        for (name, dtype, len) in leaves {
            self.machine.leaf(&format!("{key}/{name}"), *dtype, *len)?;
        }
        let made = Rc::new(self.machine.compile(&program(&self.spec, &self.model, &self.dataset)?, key)?);
        self.kept.push((key.to_string(), made.clone()));
        Ok(made)
    }
}

/// One of the two parts of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What the network is trained on.
    Train,
    /// What it never sees in training.
    Test,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Which::Train => "train",
            Which::Test => "test",
        }
    }
}

fn order(spec: &Spec, model: &Model, dataset: &Dataset) -> Result<Order> {
    spec.check_count(dataset.train.count)?;
    let order = Order::new(dataset.train.count, spec.step_size(), spec.seed);
    Ok(if model.stateful { order.in_order(spec.batch_size) } else { order })
}

/// How bytes become the network's input.
fn scale(spec: &Spec) -> Option<(f32, f32)> {
    match &spec.data {
        Data::Images(images) => Some((images.normalize.mean as f32, images.normalize.std as f32)),
        Data::Table(_) | Data::Points(_) | Data::Text(_) => None,
    }
}

fn layout(spec: &Spec, split: &Split, order_len: usize) -> DataLayout {
    let Split { count, x, y, .. } = split;
    let (x_shape, y_shape) = (x.shape.clone(), y.shape.clone());
    let stride = (x.stride != numel(&x_shape)).then_some(x.stride);
    DataLayout { count: *count, x: x.dtype, x_shape, y: y.dtype, y_shape, stride, scale: scale(spec), order_len }
}

fn report(spec: &Spec, model: &Model, dataset: &Dataset) -> Report {
    let mut report = nn::report(spec, model);
    let columns = |split: &Split| split.x.bytes.len() + split.y.bytes.len();
    report.memory = report.memory.with_data(columns(&dataset.train) + dataset.test.as_ref().map_or(0, columns));
    report
}

/// The program of a training step.
fn step(spec: &Spec, model: &Model, dataset: &Dataset, order: &Order) -> Result<compile::Program> {
    nn::train(spec, model, &layout(spec, &dataset.train, order.len()))
}

/// A machine with everything on it to train from step 0. `plan`: that of the program, if there is one already.
fn build(
    (backend, info): Opened,
    plan: Option<Plan>,
    program: &compile::Program,
    spec: &Spec,
    model: &Model,
    dataset: &Dataset,
    order: &Order,
) -> Result<(Machine, Computation)> {
    let mut machine = Machine::new(backend, info);
    machine.holds(report(spec, model, dataset).memory.total)?;
    for (name, dtype, len) in state::leaves(spec, model) {
        machine.leaf(&name, dtype, len)?;
    }
    machine.write("params", 0, &bytes(&model.initial_params(spec.seed), f32::to_le_bytes))?;
    if state::scales(spec) {
        machine.write("scaler", 0, &bytes(&nn::SCALER, f32::to_le_bytes))?;
    }
    for buffer in &model.buffers {
        machine.write(&buffer.name, 0, &bytes(&vec![buffer.initial; numel(&buffer.shape)], f32::to_le_bytes))?;
    }
    machine.write(state::COUNTERS, 0, &bytes(&[0, 0, spec.seed, 0], u32::to_le_bytes))?;
    machine.filled("hyper", DType::F32, 8, &bytes(&nn::hyper(spec), f32::to_le_bytes))?;
    machine.filled("order", DType::I32, order.len(), &bytes(&order.entries(0), i32::to_le_bytes))?;
    if spec.accumulate > 1 {
        machine.leaf("gradient", DType::F32, model.flat_len())?;
    }
    machine.leaf("ring", DType::F32, nn::RING * nn::reported(spec, model))?;
    upload(&mut machine, &dataset.train, "train")?;
    match &dataset.test {
        Some(test) => upload(&mut machine, test, "test")?,
        None => {
            machine.alias("test.x", "train.x")?;
            machine.alias("test.y", "train.y")?;
        }
    }
    let training = machine.prepare(program, plan, "train")?;
    Ok((machine, training))
}

fn upload(machine: &mut Machine, split: &Split, name: &str) -> Result<()> {
    let mut column = |field: &str, column: &Column| {
        let len = (split.count - 1) * column.stride + numel(&column.shape);
        machine.filled(&format!("{name}.{field}"), column.dtype, len, &column.bytes)
    };
    column("x", &split.x)?;
    column("y", &split.y)
}
