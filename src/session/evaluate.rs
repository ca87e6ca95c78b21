//! How well the network does on a split: all examples on the device, their losses and verdicts read once. Imports the session, machine, nn.

use super::machine::{floats, words};
use super::{Session, Which, layout};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::list::List;
use crate::nn;
use std::ops::Range;

/// Memory that the layers' outputs of the examples of one run may take.
const CHUNK_BYTES: usize = 64 << 20;
/// Examples of one run, at most: more would not make it faster, only longer.
const CHUNK: usize = 1024;
/// Mistakes shown.
const WORST: usize = 24;
/// With more classes than this nobody reads which was taken for which, and the table of all pairs grows with their square.
const MOST_CLASSES: usize = 1000;

/// Figures over examples; where the loss has an `ignore_index`, over their targets that count.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss, without penalties.
    pub loss: f64,
    /// Share of right verdicts, of those on all places of a sequence; None: there are no classes.
    pub accuracy: Option<f64>,
    /// Examples they are over.
    pub count: usize,
    /// The step the network was at.
    pub step: usize,
    /// If details are asked for and an example has one class, of not too many.
    pub confusion: Option<Confusion>,
    /// The mistakes with the largest losses, largest first; under the same conditions.
    pub worst: Option<Vec<Mistake>>,
}

/// How often a class was taken for another.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Rows, and columns.
    pub classes: usize,
    /// Row by row; row: the true class, column: the verdict.
    pub counts: Vec<u32>,
}

/// An example taken for another class.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The example's number in its split.
    pub index: usize,
    /// The true class.
    pub label: u32,
    /// The verdict.
    pub predicted: u32,
    /// Of this example alone.
    pub loss: f32,
    /// What the network gave its verdict.
    pub probability: f32,
}

impl Session {
    /// Loss and accuracy over examples of a split (`range`, or all), and in `details` which classes are taken for which, and the worst mistakes.
    pub async fn evaluate(&mut self, which: Which, range: Option<Range<usize>>, details: bool) -> Result<Evaluation> {
        let count = self.split(which).count;
        let range = range.unwrap_or(0..count);
        if range.is_empty() || range.end > count {
            let message = format!("examples {} to {} are asked for, but there are {count}", range.start, range.end);
            return Err(Error::data(message).at("evaluate").hint("Ask for examples that exist."));
        }
        let activations = nn::report(&self.spec, &self.model).memory.activations / self.spec.batch_size;
        let chunk = (CHUNK_BYTES / activations.max(1)).clamp(1, CHUNK).min(count);
        let (key, order_len) = (format!("evaluate {}", which.name()), self.order.len());
        let one_class = self.spec.loss.target_shape(&self.model.output).is_empty() || !self.spec.loss.takes_classes();
        let mut leaves = vec![("eval.cursor", DType::U32, 1), ("eval.loss", DType::F32, count)];
        match one_class {
            true => leaves.extend([("eval.predicted", DType::I32, count), ("eval.probability", DType::F32, count)]),
            false => leaves.push(("eval.accuracy", DType::F32, count)),
        }
        let evaluation = self.computation(&key, &leaves, &|spec, model, dataset| {
            let split = if which == Which::Train { &dataset.train } else { dataset.test() };
            nn::evaluate(spec, model, &layout(spec, split, order_len), which.name(), chunk)
        })?;
        self.machine.write(&format!("{key}/eval.cursor"), 0, &(range.start as u32).to_le_bytes())?;
        self.machine.run(&evaluation, range.len().div_ceil(chunk))?;
        let step = self.step();
        let read = |name: &str| self.machine.read_part(&format!("{key}/eval.{name}"), range.start, range.len());
        let names: &[&str] = if one_class { &["loss", "predicted", "probability"] } else { &["loss", "accuracy"] };
        let parts = super::task::all(names.iter().map(|name| read(name)).list()).await?;
        let losses = floats(&parts[0]);
        let counted: Vec<f64> = range.clone().map(|n| self.split(which).counted(n, &self.spec.loss) as f64).list();
        let all = counted.iter().sum::<f64>().max(1.0);
        let mean = |values: &[f32]| values.iter().zip(&counted).map(|(x, counted)| *x as f64 * counted).sum::<f64>() / all;
        let mut result = Evaluation { loss: mean(&losses), accuracy: None, count: range.len(), step, confusion: None, worst: None };
        if !one_class {
            result.accuracy = Some(mean(&floats(&parts[1])));
        }
        if !one_class || !self.spec.classifies(&self.model.output) {
            return Ok(result);
        }
        let classes = if self.spec.loss.takes_classes() { self.model.output[0] } else { 2 };
        let label = |y: f32| if self.spec.loss.takes_classes() { y as u32 } else { (y > 0.5) as u32 };
        let labels: Vec<u32> = range.clone().map(|n| label(self.split(which).y.example(n)[0])).list();
        let (verdicts, probabilities) = (words(&parts[1]), floats(&parts[2]));
        let right = |n: usize| labels[n] == verdicts[n];
        let those_that_count = || (0..labels.len()).filter(|n| counted[*n] > 0.0);
        result.accuracy = Some(those_that_count().filter(|n| right(*n)).count() as f64 / all);
        if details && classes <= MOST_CLASSES {
            let mut counts = vec![0; classes * classes];
            for n in those_that_count() {
                counts[labels[n] as usize * classes + (verdicts[n] as usize).min(classes - 1)] += 1;
            }
            result.confusion = Some(Confusion { classes, counts });
            let mut mistakes: Vec<usize> = vec![];
            for n in those_that_count().filter(|n| !right(*n)) {
                let place = mistakes.partition_point(|m| losses[*m] >= losses[n]);
                if place < WORST {
                    mistakes.insert(place, n);
                    mistakes.truncate(WORST);
                }
            }
            let mistake =
                |n: usize| Mistake { index: range.start + n, label: labels[n], predicted: verdicts[n], loss: losses[n], probability: probabilities[n] };
            result.worst = Some(mistakes.into_iter().map(mistake).list());
        }
        Ok(result)
    }
}
