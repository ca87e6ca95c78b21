//! The computations of a model as graphs: a training step, evaluation, prediction, and one step traced for looking at.
//! Imports model, forward, spec, loss, optim, scaler, schedule, grad, tensor, graph, dtype, shape, error, and compile's `Program` and `Update`.
//!
//! What changes from step to step lives in leaves that the programs update themselves: replaying a program is all there is to training.

use super::forward::{Forward, Params, Training};
use super::model::Model;
use super::optim::{Step, optimizer_slots};
use super::scaler::Scaler;
use super::schedule::warmup;
use super::spec::{Data, Precision, Spec};
use crate::compile::{Program, Update};
use crate::dtype::{DType, Value};
use crate::error::{Error, Result};
use crate::grad::grad_recomputing;
use crate::graph::{Graph, Id, Op};
use crate::list::List;
use crate::op::Binary;
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;

/// Steps whose loss, gradient norm and accuracy, if there are classes, are kept on the device until they are read: in the leaf "ring", one after the other.
pub const RING: usize = 256;
/// Just below the largest f32. A comparison with it is false for NaN; comparing x - x with 0 is not, on some GPUs.
const FINITE: f32 = 3.4e38;
/// Far beyond any useful step, and so many steps of it stay finite.
const FARTHEST: f32 = 1e30;

/// How a split's examples lie in the leaves `<split>.x` and `<split>.y`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataLayout {
    /// Number of examples.
    pub count: usize,
    /// U8, I32 or F32.
    pub x: DType,
    /// Shape of one example.
    pub x_shape: Shape,
    /// U8, I32 or F32.
    pub y: DType,
    /// Shape of one target; `[]` for a class number.
    pub y_shape: Shape,
    /// Elements from one example to the next, the same of inputs and targets, where they do not lie side by side.
    pub stride: Option<usize>,
    /// For U8 images: an example is (x / 255 - mean) / std.
    pub scale: Option<(f32, f32)>,
    /// Length of the leaf "order".
    pub order_len: usize,
}

/// The numbers of the leaf "hyper", which can be changed between steps.
pub fn hyper(spec: &Spec) -> [f32; 8] {
    let penalty = &spec.regularization;
    let numbers = [spec.optimizer.lr(), penalty.l1, penalty.l2, spec.clip_grad_norm.unwrap_or(0.0), spec.optimizer.weight_decay()];
    std::array::from_fn(|n| numbers.get(n).map_or(0.0, |x| *x as f32))
}

/// Numbers of a step that the leaf "ring" keeps: loss, gradient norm and, if there are classes, accuracy.
pub fn reported(spec: &Spec, model: &Model) -> usize {
    if spec.classifies(&model.output) { 3 } else { 2 }
}

/// One step of training on the next batch of "order". A step whose loss or gradient is not finite, or that would carry parameters out of the range of f32, changes
/// nothing but the ring, and so do those after it. With F16, a step whose gradient overflows is left out and halves the scale of the loss.
///
/// Where a step has several batches (`accumulate`), a run takes one of them: it adds its share to the mean gradient in the leaf "gradient" and to the means in the ring,
/// and the run of the last batch is the one that learns.
pub fn train(spec: &Spec, model: &Model, data: &DataLayout) -> Result<Program> {
    let graph = graph_of(spec);
    spec.check_count(data.count)?;
    let order = graph.leaf("order", DType::I32, &[data.order_len]);
    let counters = Counters::new(&graph, spec);
    let indices = order.gather(&(counters.cursor.cast(DType::I32) + graph.iota(spec.batch_size)));
    let learned = Learned::new(&graph, spec, model, data, &counters, &indices, false)?;
    let so_far = || graph.leaf("gradient", DType::F32, &[model.flat_len()]);
    let gradient = counters.mean(&so_far, &learned.gradient);
    let stepped = Stepped::new(spec, model, &learned, &counters, &gradient);

    let norm = stepped.squares.sqrt();
    // No optimiser moves a parameter by more than some times this.
    let reach = &stepped.lr * (&norm + 1.0);
    let (finite_loss, finite) = (learned.loss.abs().lt(FINITE), stepped.squares.lt(FINITE));
    let ok = finite_loss.and(&finite).and(reach.lt(FARTHEST));
    let overflow = learned.scaler.as_ref().map(|scaler| finite_loss.and(finite.not()).and(scaler.can_shrink()));
    let norm = overflow.as_ref().map_or(norm.clone(), |overflow| overflow.select(0.0, norm));
    let rings = reported(spec, model);
    let ring = graph.leaf("ring", DType::F32, &[rings * RING]).reshape(&[rings, RING]);
    let slot = counters.step.rem(RING as f32);
    let mean = |n: usize, value: &Tensor| counters.mean(&|| ring.narrow(0, n, 1).reshape(&[RING]).gather(&slot.cast(DType::I32)), value);
    let mut facts = vec![mean(0, &learned.loss), norm];
    if let Some(verdict) = verdict(spec, model, &learned.output) {
        let right = verdict.right(spec, &learned.target);
        facts.push(mean(2, &spec.loss.mean(&right, &learned.target, &right.all_axes())));
    }
    facts.extend([ok.cast(DType::F32), slot.cast(DType::F32)]);
    facts.extend(overflow.iter().map(|overflow| overflow.cast(DType::F32)));
    // All that the updates need to know lies in one buffer, as a dispatch may use few.
    let facts = graph.cat(&facts.iter().map(|fact| fact.reshape(&[1])).list(), 0);
    let (ok, slot) = (element(&facts, rings).gt(0.5), element(&facts, rings + 1).cast(DType::I32));
    let mut updates = vec![];
    let mut update = |leaf: &str, value: Tensor| updates.push(Update { leaf: leaf.to_string(), value: value.id() });
    let mut done = ok.clone();
    if let Some(scaler) = &learned.scaler {
        let overflow = element(&facts, rings + 2).gt(0.5);
        update("scaler", scaler.next(&ok, &overflow));
        done = ok.or(&overflow);
    }
    let learns = if spec.accumulate > 1 { ok.and(counters.last()) } else { ok.clone() };
    update("params", learns.select(&stepped.params, &learned.params.flat));
    for ((slot, old), new) in optimizer_slots(spec).iter().zip(&stepped.old_slots).zip(&stepped.slots) {
        update(&slot_leaf(slot), learns.select(new, old));
    }
    let mut advance = |leaf: &str, new: &Tensor, old: &Tensor| update(leaf, ok.select(new, old));
    if spec.accumulate > 1 {
        advance("gradient", &gradient, &so_far());
    }
    for (name, new) in &learned.forward.updates {
        // One by one: a sum over them would cost a kernel for each layer.
        let old = graph.leaf(name, DType::F32, &new.shape());
        advance(name, &new.abs().lt(FINITE).select(new, &old), &old);
    }
    update("counters", done.select(counters.next(spec.batch_size), &counters.all));

    update("ring", graph.iota(RING).eq(slot).select(facts.narrow(0, 0, rings).reshape(&[rings, 1]), ring));
    finish(graph, vec![], updates)
}

/// Loss, and for classifiers the predicted class and its probability (for those of sequences the share of right places), of the next `chunk` examples of a split, written into the leaves "eval.*".
pub fn evaluate(spec: &Spec, model: &Model, data: &DataLayout, split: &str, chunk: usize) -> Result<Program> {
    let graph = graph_of(spec);
    let cursor = graph.leaf("eval.cursor", DType::U32, &[1]);
    let start = cursor.reshape(&[]).cast(DType::I32);
    let (x, target) = load(&graph, spec, model, data, split, &(&start + graph.iota(chunk)))?;
    let mut forward = Forward::new(&graph, model, &Params::new(&graph, model), None);
    let output = forward.sequence(&spec.layers, "", &x);

    let place = graph.iota(data.count) - &start;
    let inside = place.ge(0.0).and(place.lt(chunk as f32));
    let mut updates = vec![Update { leaf: "eval.cursor".into(), value: (&cursor + chunk as f32).id() }];
    let mut write = |leaf: &str, values: &Tensor| {
        let old = graph.leaf(leaf, values.dtype(), &[data.count]);
        updates.push(Update { leaf: leaf.into(), value: inside.select(values.gather(&place), old).id() });
    };
    write("eval.loss", &spec.loss.per_example(&output, &target));
    if let Some(verdict) = verdict(spec, model, &output) {
        if verdict.class.rank() > 1 {
            write("eval.accuracy", &spec.loss.mean(&verdict.right(spec, &target), &target, &[1]));
            return finish(graph, vec![], updates);
        }
        write("eval.predicted", &verdict.class);
        write("eval.probability", &verdict.probability);
    }
    finish(graph, vec![], updates)
}

/// Outputs for `count` inputs in the leaf "predict.x": features as the network takes them; pixels from 0 to 1. `layers`: also what each layer gives.
pub fn predict(spec: &Spec, model: &Model, count: usize, layers: bool) -> Result<Program> {
    let graph = graph_of(spec);
    let mut x = graph.leaf("predict.x", DType::F32, &batched(count, &model.input));
    if let Data::Images(images) = &spec.data {
        x = (x - images.normalize.mean as f32) * (1.0 / images.normalize.std) as f32;
    }
    let mut forward = Forward::new(&graph, model, &Params::new(&graph, model), None);
    let output = forward.sequence(&spec.layers, "", &x);
    let mut outputs = vec![("output".to_string(), output.id())];
    outputs.extend(spec.loss.probabilities(&output).map(|p| ("probabilities".to_string(), p.id())));
    if layers {
        outputs.extend(forward.outputs.iter().map(|(name, y)| (format!("layer.{name}"), y.id())));
    }
    finish(graph, outputs, vec![])
}

/// One training step on the `count` examples numbered in "trace.indices", changing nothing: the loss, each layer's output and its gradient, each parameter's
/// gradient (as PyTorch's `.grad` after `backward`: with penalties, before clipping) and its value after the step. These examples are all of the step.
pub fn trace(spec: &Spec, model: &Model, data: &DataLayout, count: usize) -> Result<Program> {
    let graph = graph_of(spec);
    let counters = Counters::new(&graph, spec);
    let indices = graph.leaf("trace.indices", DType::I32, &[count]);
    let learned = Learned::new(&graph, spec, model, data, &counters, &indices, true)?;
    let stepped = Stepped::new(spec, model, &learned, &counters, &learned.gradient);
    let seen = &learned.forward.outputs;

    let mut outputs = vec![("loss".to_string(), learned.loss.id())];
    outputs.extend(seen.iter().map(|(name, y)| (format!("forward.{name}"), y.id())));
    let of_outputs = learned.gradients_of.iter().zip(seen);
    outputs.extend(of_outputs.map(|(g, (name, y))| (format!("gradient.{name}.output"), g.reshape(&y.shape()).id())));
    for (param, gradient) in model.params.iter().zip(&learned.gradients) {
        let after = stepped.params.narrow(0, param.offset, numel(&param.shape));
        outputs.push((format!("gradient.{}", param.name), gradient.reshape(&param.shape).id()));
        outputs.push((format!("after.{}", param.name), after.reshape(&param.shape).id()));
    }
    finish(graph, outputs, vec![])
}

fn finish(graph: Graph, outputs: Vec<(String, Id)>, updates: Vec<Update>) -> Result<Program> {
    graph.check()?;
    Ok(Program { graph, outputs, updates })
}

fn batched(count: usize, shape: &[usize]) -> Shape {
    [&[count], shape].concat()
}

fn hyper_leaf(graph: &Graph) -> Tensor {
    graph.leaf("hyper", DType::F32, &[8])
}

fn slot_leaf(slot: &str) -> String {
    format!("optimizer.{slot}")
}

/// The node whose gradient is that of a layer's output: a reshape may be passed by, because reshapes merge.
fn source(y: &Tensor) -> Tensor {
    let node = y.graph().node(y.id());
    if node.op == Op::Reshape { source(&y.graph().at(node.inputs[0])) } else { y.clone() }
}

/// Element `n` of a vector, as a single number.
fn element(vector: &Tensor, n: usize) -> Tensor {
    vector.narrow(0, n, 1).reshape(&[])
}

/// An empty graph for an experiment's computation.
fn graph_of(spec: &Spec) -> Graph {
    let graph = Graph::new();
    if spec.precision == Precision::F16 {
        graph.autocast();
    }
    graph
}

/// The leaf "counters": what each step advances.
struct Counters {
    all: Tensor,
    step: Tensor,
    cursor: Tensor,
    seed: Tensor,
    /// Number of the batch within its step, and how many a step has.
    batch: Tensor,
    batches: usize,
}

impl Counters {
    fn new(graph: &Graph, spec: &Spec) -> Counters {
        let all = graph.leaf("counters", DType::U32, &[4]);
        let [step, cursor, seed, batch] = std::array::from_fn(|n| element(&all, n));
        Counters { all, step, cursor, seed, batch, batches: spec.accumulate }
    }

    /// Whether the batch is its step's last one.
    fn last(&self) -> Tensor {
        self.batch.eq((self.batches - 1) as f32)
    }

    /// Mean over a step's batches of a value that each of them has: what the batches before have left of it, and the share of this one.
    fn mean(&self, so_far: &dyn Fn() -> Tensor, value: &Tensor) -> Tensor {
        if self.batches == 1 { value.clone() } else { self.batch.eq(0.0).select(0.0, so_far()) + value * (1.0 / self.batches as f32) }
    }

    /// After a batch of this many examples.
    fn next(&self, examples: usize) -> Tensor {
        let place = self.all.graph().iota(4);
        let counted = |number: f32| &self.all + place.eq(1.0).select(examples as f32, place.eq(number).select(1.0, 0.0)).cast(DType::U32);
        let next = counted(0.0);
        if self.batches == 1 { next } else { self.last().select(place.lt(3.0).select(next, 0.0), counted(3.0)) }
    }

    /// Key of the batch's random numbers.
    fn key(&self) -> Tensor {
        let number = if self.batches == 1 { self.step.clone() } else { &self.step * self.batches as f32 + &self.batch };
        self.seed.binary(Binary::Threefry, number)
    }
}

/// Examples and targets of these numbers, as the network and the loss take them.
fn load(graph: &Graph, spec: &Spec, model: &Model, data: &DataLayout, split: &str, indices: &Tensor) -> Result<(Tensor, Tensor)> {
    if numel(&data.x_shape) != numel(&model.input) {
        let message = format!("examples have the shape {:?}, but those of the data are {:?}", model.input, data.x_shape);
        return Err(Error::spec(message).at("input").hint(format!("set input to {:?}", data.x_shape)));
    }
    let wanted = spec.loss.target_shape(&model.output);
    if numel(&data.y_shape) != numel(wanted) {
        let at = format!("layers[{}]", spec.layers.len() - 1);
        let message = format!("{} compares outputs {:?} with targets {:?}", spec.loss.type_name(), model.output, data.y_shape);
        return Err(Error::spec(message).at(at).hint("change the last layer's number of outputs, or the loss"));
    }
    let count = indices.size(0);
    let rows = |name: &str, dtype: DType, shape: &[usize]| {
        let name = format!("{split}.{name}");
        let Some(stride) = data.stride else { return graph.leaf(&name, dtype, &batched(data.count, shape)).gather(indices) };
        let places = indices.reshape(&[count, 1]) * stride as f32 + graph.iota(numel(shape));
        graph.leaf(&name, dtype, &[(data.count - 1) * stride + numel(shape)]).gather(&places)
    };
    let mut x = rows("x", data.x, &data.x_shape).cast(DType::F32);
    if let Some((mean, std)) = data.scale {
        x = x * (1.0 / (255.0 * std)) - mean / std;
    }
    let y = rows("y", data.y, &data.y_shape).cast(if spec.loss.takes_classes() { DType::I32 } else { DType::F32 });
    Ok((x.reshape(&batched(count, &model.input)), y.reshape(&batched(count, wanted))))
}

/// What a classifier says of each example of a batch.
struct Verdict {
    class: Tensor,
    /// Of that class.
    probability: Tensor,
}

impl Verdict {
    /// 1 where the class is the target's, else 0.
    fn right(&self, spec: &Spec, target: &Tensor) -> Tensor {
        let right = match spec.loss.takes_classes() {
            true => self.class.eq(target),
            false => self.class.eq(target.reshape(&self.class.shape()).gt(0.5).cast(DType::I32)),
        };
        right.cast(DType::F32)
    }
}

fn verdict(spec: &Spec, model: &Model, output: &Tensor) -> Option<Verdict> {
    if !spec.classifies(&model.output) {
        return None;
    }
    let p = spec.loss.probabilities(output)?;
    if spec.loss.takes_classes() {
        return Some(Verdict { class: output.argmax(-1), probability: p.max(&[-1], false) });
    }
    let p = p.reshape(&[output.size(0)]);
    let yes = p.gt(0.5);
    Some(Verdict { class: yes.cast(DType::I32), probability: yes.select(&p, 1.0 - &p) })
}

/// What a batch says: from examples to gradients.
struct Learned {
    params: Params,
    forward: Forward,
    output: Tensor,
    target: Tensor,
    /// Mean over the batch, without penalties.
    loss: Tensor,
    /// Of the loss with penalties, by the model's parameters; and, if asked for, by the layers' outputs.
    gradients: Vec<Tensor>,
    gradients_of: Vec<Tensor>,
    /// Those of the parameters, flat.
    gradient: Tensor,
    /// With F16.
    scaler: Option<Scaler>,
}

impl Learned {
    fn new(graph: &Graph, spec: &Spec, model: &Model, data: &DataLayout, counters: &Counters, indices: &Tensor, traced: bool) -> Result<Learned> {
        let (x, target) = load(graph, spec, model, data, "train", indices)?;
        let params = Params::new(graph, model);
        let epoch = data.count / spec.step_size() * spec.step_size();
        let begins = counters.cursor.rem(counters.cursor.constant(Value::u32(epoch as u32))).eq(0.0);
        let mut forward = Forward::new(graph, model, &params, Some(Training { key: counters.key(), begins }));
        let output = forward.sequence(&spec.layers, "", &x);
        let loss = spec.loss.of_batch(&output, &target);

        let numbers = hyper_leaf(graph);
        let mut wrt = params.parts.clone();
        if traced {
            forward.outputs.iter().for_each(|(_, y)| wrt.push(source(y)));
        }
        let blocks = if spec.recompute { &forward.blocks[..] } else { &[] };
        let scaler = (spec.precision == Precision::F16).then(|| Scaler::new(graph));
        let penalised = penalised(spec, model, &params, &loss, &numbers);
        let mut gradients = match &scaler {
            Some(Scaler { scale, .. }) => grad_recomputing(&(penalised * scale), &wrt, blocks).iter().map(|g| g / scale).list(),
            None => grad_recomputing(&penalised, &wrt, blocks),
        };
        let gradients_of = gradients.split_off(params.parts.len());
        let gradient = graph.cat(&gradients, 0);
        Ok(Learned { params, forward, output, target, loss, gradients, gradients_of, gradient, scaler })
    }
}

/// What the optimiser makes of a gradient.
struct Stepped {
    /// Learning rate of the step.
    lr: Tensor,
    /// Sum of all squared gradients.
    squares: Tensor,
    /// All parameters after the step, flat.
    params: Tensor,
    /// The optimiser's state before and after the step.
    old_slots: Vec<Tensor>,
    slots: Vec<Tensor>,
}

impl Stepped {
    fn new(spec: &Spec, model: &Model, learned: &Learned, counters: &Counters, gradient: &Tensor) -> Stepped {
        let (graph, params, scaler) = (gradient.graph(), &learned.params, &learned.scaler);
        let numbers = hyper_leaf(graph);
        let squares = gradient.square().sum(&[0], false);
        let clipped = match spec.clip_grad_norm {
            Some(_) => gradient * (element(&numbers, 3) / (squares.sqrt() + 1e-6)).minimum(1.0),
            None => gradient.clone(),
        };

        let rate = spec.schedule.rate(&element(&numbers, 0), &counters.step);
        let lr = if spec.warmup_steps > 0 { rate * warmup(spec.warmup_steps, &counters.step) } else { rate };
        let number = scaler.as_ref().map_or(counters.step.clone(), |scaler| &counters.step - scaler.left_out.cast(DType::U32));
        let step = Step { params: params.flat.clone(), gradient: clipped, lr: lr.clone(), weight_decay: element(&numbers, 4), number };
        let old_slots: Vec<Tensor> = optimizer_slots(spec).iter().map(|slot| graph.leaf(&slot_leaf(slot), DType::F32, &[model.flat_len()])).list();
        let (params, slots) = spec.optimizer.step(&step, &old_slots);
        Stepped { lr, squares, params, old_slots, slots }
    }
}

/// The loss with the penalties on weights.
fn penalised(spec: &Spec, model: &Model, params: &Params, loss: &Tensor, hyper: &Tensor) -> Tensor {
    let weights = || model.params.iter().zip(&params.parts).filter(|(param, _)| param.weight).map(|(_, part)| part);
    let mut sum = loss.clone();
    if spec.regularization.l1 > 0.0 {
        sum = weights().fold(sum, |sum, w| sum + w.abs().sum(&[0], false) * element(hyper, 1));
    }
    if spec.regularization.l2 > 0.0 {
        sum = weights().fold(sum, |sum, w| sum + w.square().sum(&[0], false) * element(hyper, 2) * 0.5);
    }
    sum
}
