//! Training: steps given to the device as fast as it takes them, and what they report. Imports the session, pace, ring, state, task.

use super::machine::{Machine, bytes, floats, words};
use super::order::Order;
use super::pace::{Pace, Rate};
use super::recover::EVERY_MS;
use super::ring::{Entry, Ring, Seen};
use super::task::{Task, all, poll};
use super::{Session, state};
use crate::error::{Code, Error, Result};
use crate::list::List;
use crate::shape::numel;
use std::collections::VecDeque;

/// Submits that may be under way.
const FLIGHTS: usize = 2;
/// The ring is read this often.
const READ_EVERY_MS: f64 = 100.0;

/// How much to train: so many steps, or so long, or whichever ends first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amount {
    /// Steps from where training is; None: as many as the time allows.
    pub steps: Option<usize>,
    /// Milliseconds after which no more steps are given to the device; None: no limit.
    pub budget_ms: Option<f64>,
    /// Waits until the device has done it all, and hands over all that it reports.
    pub sync: bool,
}

/// What training reports of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Counted from 0.
    pub step: usize,
    /// Mean over the step's examples, before the step changed the parameters.
    pub loss: f32,
    /// Euclidean norm of the gradient of loss and penalties by all parameters, before it is clipped; 0 of a step that was left out as it overflowed (F16).
    pub grad_norm: f32,
    /// Share of right verdicts in the step; None: there are no classes.
    pub accuracy: Option<f32>,
}

/// Whether training can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is wrong.
    Running,
    /// A number was not finite; see `problem`.
    NonFinite,
}

/// The first number that was not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// A parameter ("0.weight"), a layer's output ("2.output"), "loss", or a gradient ("0.weight.grad", "2.output.grad").
    pub tensor: String,
    /// The step that computed it, which is not done.
    pub step: usize,
}

/// What came of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// Steps given to the device by this call.
    pub steps_done: usize,
    /// Steps given to the device since the start of training.
    pub step: usize,
    /// The same in passes through the training examples.
    pub epoch: f64,
    /// What steps reported since the last call, in their order.
    pub points: Vec<Point>,
    /// Over the last second or so.
    pub steps_per_second: f64,
    /// Whether training can go on.
    pub status: Status,
    /// Why it cannot.
    pub problem: Option<Problem>,
}

/// How far training is, and what is under way.
pub struct Progress {
    /// Steps given to the device.
    pub step: usize,
    /// Why it cannot go on.
    pub problem: Option<Problem>,
    /// The device holds the order of the examples up to this step.
    ordered: usize,
    ring: Ring,
    read_at: f64,
    /// Submits under way, with their steps.
    flights: VecDeque<(usize, Task<()>)>,
    pace: Pace,
    rate: Rate,
    /// What steps reported to a machine that has given way to another, for the next call.
    pub unread: Vec<Point>,
}

impl Progress {
    /// At the start, or where a checkpoint was taken.
    pub fn new(step: usize, order: &Order, machine: &Machine) -> Progress {
        let (ordered, pace) = (order.filled(step), Pace::new(machine.is_gpu()));
        Progress { step, problem: None, ordered, ring: Ring::new(step), read_at: 0.0, flights: VecDeque::new(), pace, rate: Rate::default(), unread: vec![] }
    }
}

impl Session {
    /// Trains. On the GPU it returns while up to two submits are still under way, and what steps report comes a little later, each step once and in order.
    pub async fn train(&mut self, amount: Amount) -> Result<Trained> {
        let Amount { steps, budget_ms, sync } = amount;
        if steps.is_none() && budget_ms.is_none() {
            return Err(Error::new(Code::Protocol, "how long to train is not said").at("train").hint("Give steps or budget_ms."));
        }
        let (began, first) = ((self.now)(), self.step());
        let end = first.saturating_add(steps.unwrap_or(usize::MAX));
        let mut points = std::mem::take(&mut self.progress.unread);
        self.progress.pace.begin(began);
        self.progress.rate.at(began, first);
        self.look_after_backup()?;
        loop {
            self.land()?;
            let arrived = self.progress.ring.arrived()?;
            points.extend(arrived.into_iter().map(point));
            let out_of_time = budget_ms.is_some_and(|budget| (self.now)() - began >= budget);
            if self.stuck() || self.step() >= end || out_of_time {
                break;
            }
            if self.step() == self.progress.ordered {
                // The next order may not come before it is known that no step of this one went wrong.
                points.extend(self.wait_for_points().await?);
                if self.stuck() {
                    break;
                }
                self.refill()?;
            }
            if self.progress.flights.len() >= FLIGHTS {
                self.wait_for_flight().await?;
                continue;
            }
            self.give(end)?;
        }
        if sync && !self.stuck() {
            points.extend(self.wait_for_points().await?);
            self.secure().await?;
        }
        if self.stuck() {
            self.find_problem().await?;
        }
        let now = (self.now)();
        Ok(Trained {
            steps_done: self.step().saturating_sub(first),
            step: self.step(),
            epoch: self.epoch(),
            points,
            steps_per_second: self.progress.rate.at(now, self.step()),
            status: if self.progress.problem.is_some() { Status::NonFinite } else { Status::Running },
            problem: self.progress.problem.clone(),
        })
    }

    /// Waits until the device stands still, and tells at which step.
    pub(super) async fn settle(&mut self) -> Result<usize> {
        let counters = self.machine.read(state::COUNTERS).await?;
        Ok(words(&counters)[0] as usize)
    }

    /// Gives the device the next steps, no more than to `end`.
    fn give(&mut self, end: usize) -> Result<()> {
        let now = (self.now)();
        let progress = &mut self.progress;
        if progress.ring.room(progress.step) == 0 {
            self.read_ring();
        }
        let progress = &mut self.progress;
        let steps = progress.pace.steps().min(end.min(progress.ordered) - progress.step).min(progress.ring.room(progress.step));
        self.machine.run(&self.training, steps * self.spec.accumulate)?;
        progress.step += steps;
        // What is read goes to the device together with the steps.
        if now - self.progress.read_at >= READ_EVERY_MS {
            self.read_ring();
        }
        self.back_up(EVERY_MS)?;
        let mut idle = self.machine.idle();
        match poll(&mut idle) {
            Some(done) => {
                done?;
                self.progress.pace.ended(steps, (self.now)());
            }
            None => self.progress.flights.push_back((steps, idle)),
        }
        Ok(())
    }

    /// Takes note of the submits that have ended.
    fn land(&mut self) -> Result<()> {
        while let Some((steps, flight)) = self.progress.flights.front_mut() {
            let Some(done) = poll(flight) else { break };
            let steps = *steps;
            self.progress.flights.pop_front();
            done?;
            self.progress.pace.ended(steps, (self.now)());
        }
        Ok(())
    }

    async fn wait_for_flight(&mut self) -> Result<()> {
        if let Some((steps, flight)) = self.progress.flights.pop_front() {
            flight.await?;
            self.progress.pace.ended(steps, (self.now)());
        }
        Ok(())
    }

    /// Starts reading what the steps given so far report.
    fn read_ring(&mut self) {
        let parts = all(vec![self.machine.read(state::COUNTERS), self.machine.read("ring")]);
        let read: Task<Seen> = Box::pin(async move {
            let parts = parts.await?;
            Ok(Seen { step: words(&parts[0])[0] as usize, ring: floats(&parts[1]) })
        });
        self.progress.ring.start(self.progress.step, read);
        self.progress.read_at = (self.now)();
    }

    /// Waits until all steps given so far have reported.
    pub(super) async fn wait_for_points(&mut self) -> Result<Vec<Point>> {
        if !self.progress.ring.covers(self.progress.step) {
            self.read_ring();
        }
        let entries = self.progress.ring.wait().await?;
        while !self.progress.flights.is_empty() {
            self.wait_for_flight().await?;
        }
        Ok(entries.into_iter().map(point).list())
    }

    fn refill(&mut self) -> Result<()> {
        let step = self.progress.step;
        self.progress.ordered = self.order.filled(step);
        self.machine.write("order", 0, &bytes(&self.order.entries(step), i32::to_le_bytes))?;
        self.machine.write(state::COUNTERS, 1, &(self.order.cursor(step) as u32).to_le_bytes())
    }

    fn stuck(&self) -> bool {
        self.progress.ring.stuck().is_some() || self.progress.problem.is_some()
    }

    /// After a step that went wrong: finds the first tensor that was not finite, by doing its batch again in full view, and goes back to the step's beginning.
    async fn find_problem(&mut self) -> Result<()> {
        let (Some(step), None) = (self.progress.ring.stuck(), &self.progress.problem) else { return Ok(()) };
        self.machine.idle().await?;
        self.progress = Progress::new(step, &self.order, &self.machine);
        let batch = words(&self.machine.read(state::COUNTERS).await?)[3] as usize;
        let examples = self.order.batch(step);
        let tensor = self.first_non_finite(&examples[batch * self.spec.batch_size..][..self.spec.batch_size]).await?;
        self.count_from(step)?;
        self.progress.problem = Some(Problem { tensor, step });
        Ok(())
    }

    async fn first_non_finite(&mut self, batch: &[i32]) -> Result<String> {
        let finite = |bytes: &[u8]| floats(bytes).iter().all(|v| v.is_finite());
        for tensor in self.tensors().into_iter().filter(|t| matches!(t.role, state::Role::Param | state::Role::Buffer)) {
            if !finite(&self.machine.read_part(&tensor.leaf, tensor.start, numel(&tensor.shape)).await?) {
                return Ok(tensor.name);
            }
        }
        let trace = self.run_trace(batch)?;
        let forward = trace.outputs("forward.").map(|(name, output)| (format!("{name}.output"), output));
        let loss = trace.output("loss").map(|output| ("loss".to_string(), output));
        // Backwards, as they are computed.
        let mut gradients: Vec<_> = trace.outputs("gradient.").map(|(name, output)| (format!("{name}.grad"), output)).list();
        gradients.reverse();
        let after = trace.outputs("after.").map(|(name, output)| (name.to_string(), output));
        for (name, output) in forward.chain(loss).chain(gradients).chain(after) {
            if !finite(&self.machine.results(&[output]).await?[0]) {
                return Ok(name);
            }
        }
        Ok("the step, which is the learning rate times the gradient,".to_string())
    }
}

fn point(entry: Entry) -> Point {
    let Entry { step, loss, grad_norm, accuracy } = entry;
    Point { step, loss, grad_norm, accuracy }
}
