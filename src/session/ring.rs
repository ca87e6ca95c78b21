//! The ring on the device into which every training step writes what it reports: read now and then without waiting, and no step lost. Imports task, nn, error.
//!
//! The ring has room for the last `SIZE` steps. A read sees the steps that were given to the device before it, so no more than `SIZE` steps may follow the
//! start of a read before the next one starts; `room` says how many are left.
//!
//! After a step that went wrong (a loss or gradient that is not finite) the device changes nothing any more and counts no further: a read that finds it
//! at an earlier step than it should be at tells so.

use super::task::{Task, poll};
use crate::error::Result;
use crate::list::List;
use crate::nn::RING as SIZE;
use std::collections::VecDeque;

/// What a step reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub step: usize,
    pub loss: f32,
    pub grad_norm: f32,
    /// None: there are no classes.
    pub accuracy: Option<f32>,
}

/// What one read brings.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Steps the device has done.
    pub step: usize,
    /// Losses, gradient norms and, if there are classes, accuracies.
    pub ring: Vec<f32>,
}

/// Which steps have been handed out, and the reads under way.
pub struct Ring {
    delivered: usize,
    covered: usize,
    reads: VecDeque<(usize, Task<Seen>)>,
    stuck: Option<usize>,
}

impl Ring {
    /// A ring whose first entry will be that of `step`.
    pub fn new(step: usize) -> Ring {
        Ring { delivered: step, covered: step, reads: VecDeque::new(), stuck: None }
    }

    /// Steps that may be given to the device before another read must start, when it has been given `submitted`.
    pub fn room(&self, submitted: usize) -> usize {
        SIZE - (submitted - self.covered)
    }

    /// Whether steps up to `submitted` are on their way or handed out.
    pub fn covers(&self, submitted: usize) -> bool {
        self.covered == submitted
    }

    /// Takes note of a read of the steps before `submitted`.
    pub fn start(&mut self, submitted: usize, read: Task<Seen>) {
        self.covered = submitted;
        self.reads.push_back((submitted, read));
    }

    /// The entries that have arrived, in order.
    pub fn arrived(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        while let Some((upto, read)) = self.reads.front_mut() {
            let Some(seen) = poll(read) else { break };
            let upto = *upto;
            self.reads.pop_front();
            entries.extend(self.deliver(upto, &seen?));
        }
        Ok(entries)
    }

    /// Waits for the reads under way.
    pub async fn wait(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        while let Some((upto, read)) = self.reads.pop_front() {
            let seen = read.await?;
            entries.extend(self.deliver(upto, &seen));
        }
        Ok(entries)
    }

    /// The step that went wrong, once a read has told.
    pub fn stuck(&self) -> Option<usize> {
        self.stuck
    }

    fn deliver(&mut self, upto: usize, seen: &Seen) -> Vec<Entry> {
        if seen.step < upto {
            self.stuck.get_or_insert(seen.step);
        }
        let upto = upto.min(seen.step).max(self.delivered);
        let first = std::mem::replace(&mut self.delivered, upto);
        let entry = |step: usize| {
            let slot = step % SIZE;
            Entry { step, loss: seen.ring[slot], grad_norm: seen.ring[SIZE + slot], accuracy: seen.ring.get(2 * SIZE + slot).copied() }
        };
        (first..upto).map(entry).list()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::Poll;

    /// A device that writes `step` as loss and as gradient's norm, and whose reads end when it is told to.
    #[derive(Default)]
    struct Device {
        losses: Vec<f32>,
        step: usize,
        /// Goes wrong at this step.
        wrong: Option<usize>,
        finished: Rc<RefCell<usize>>,
        started: usize,
    }

    impl Device {
        fn new() -> Device {
            Device { losses: vec![-1.0; SIZE], ..Default::default() }
        }

        fn run(&mut self, steps: usize) {
            for _ in 0..steps {
                let bad = self.wrong == Some(self.step);
                self.losses[self.step % SIZE] = if bad { f32::NAN } else { self.step as f32 };
                self.step += !bad as usize;
            }
        }

        fn read(&mut self) -> Task<Seen> {
            self.started += 1;
            let (ticket, finished) = (self.started, self.finished.clone());
            let seen = Seen { step: self.step, ring: self.losses.repeat(2) };
            Box::pin(poll_fn(move |_| if *finished.borrow() >= ticket { Poll::Ready(Ok(seen.clone())) } else { Poll::Pending }))
        }
    }

    /// Proves: with reads that arrive late and runs of random length as large as `room` allows, what each step reports is handed out once and in order.
    #[test]
    fn every_step_once() {
        let (mut device, mut ring, mut random) = (Device::new(), Ring::new(0), crate::random::Random::new(1, 1));
        let (mut submitted, mut got) = (0, Vec::new());
        for _ in 0..2000 {
            if ring.room(submitted) == 0 || random.below(3) == 0 {
                let read = device.read();
                ring.start(submitted, read);
            }
            let steps = random.below(ring.room(submitted) + 1);
            device.run(steps);
            submitted += steps;
            let behind = random.below(3);
            *device.finished.borrow_mut() = device.started.saturating_sub(behind);
            got.extend(ring.arrived().unwrap());
        }
        let read = device.read();
        ring.start(submitted, read);
        assert!(ring.covers(submitted));
        *device.finished.borrow_mut() = device.started;
        got.extend(pollster::block_on(ring.wait()).unwrap());
        assert_eq!(got.len(), submitted);
        assert!(got.iter().enumerate().all(|(n, entry)| (entry.step, entry.loss, entry.grad_norm) == (n, n as f32, n as f32)));
        assert!(submitted > 10 * SIZE);
    }

    /// Proves: it goes on from a step in the middle.
    #[test]
    fn from_a_checkpoint() {
        let (mut device, mut ring) = (Device { step: 1000, ..Device::new() }, Ring::new(1000));
        device.run(3);
        let read = device.read();
        ring.start(1003, read);
        *device.finished.borrow_mut() = 1;
        let losses: Vec<f32> = ring.arrived().unwrap().iter().map(|e| e.loss).collect();
        assert_eq!(losses, [1000.0, 1001.0, 1002.0]);
        assert_eq!(ring.room(1003), SIZE);
    }

    /// Proves: of a device that goes wrong at a step all steps before it are handed out, none after, and the step is told.
    #[test]
    fn stuck_at_a_step() {
        let (mut device, mut ring) = (Device { wrong: Some(7), ..Device::new() }, Ring::new(0));
        for upto in [5, 10, 15] {
            device.run(5);
            let read = device.read();
            ring.start(upto, read);
        }
        *device.finished.borrow_mut() = 1;
        assert_eq!((ring.arrived().unwrap().len(), ring.stuck()), (5, None));
        *device.finished.borrow_mut() = 3;
        let steps: Vec<usize> = ring.arrived().unwrap().iter().map(|e| e.step).collect();
        assert_eq!((steps, ring.stuck()), (vec![5, 6], Some(7)));
    }
}
