//! The ring on the device into which every training step writes its loss: read now and then without waiting, and no step lost. Imports task, error.
//!
//! The ring has room for the last `SIZE` steps. A read sees the steps that were given to the device before it, so no more than `SIZE` steps may follow the
//! start of a read before the next one starts; `room` says how many are left.

use super::task::{Task, poll};
use crate::error::Result;
use std::collections::VecDeque;

/// Steps the ring holds.
pub const SIZE: usize = 256;

/// What a step reported. A number that is not finite tells of the first step that went wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub step: usize,
    pub loss: f32,
    pub accuracy: f32,
    pub grad_norm: f32,
}

/// The three rings as read: losses, accuracies, gradient norms.
pub type Rings = Vec<Vec<f32>>;

/// Which steps have been handed out, and the reads under way.
pub struct Ring {
    delivered: usize,
    covered: usize,
    reads: VecDeque<(usize, Task<Rings>)>,
}

impl Ring {
    /// A ring whose first entry will be that of `step`.
    pub fn new(step: usize) -> Ring {
        Ring { delivered: step, covered: step, reads: VecDeque::new() }
    }

    /// Steps that may be given to the device before another read must start, when it has been given `submitted`.
    pub fn room(&self, submitted: usize) -> usize {
        SIZE - (submitted - self.covered)
    }

    /// Whether steps up to `submitted` are on their way or handed out.
    pub fn covers(&self, submitted: usize) -> bool {
        self.covered == submitted
    }

    /// Takes note of a read of the steps before `submitted`, and starts it.
    pub fn start(&mut self, submitted: usize, mut read: Task<Rings>) {
        self.covered = submitted;
        // What is ready at once (on the CPU) is kept for the next look.
        let read = match poll(&mut read) {
            Some(result) => Box::pin(async { result }),
            None => read,
        };
        self.reads.push_back((submitted, read));
    }

    /// The entries that have arrived, in order.
    pub fn arrived(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        while let Some((upto, read)) = self.reads.front_mut() {
            let Some(rings) = poll(read) else { break };
            let upto = *upto;
            self.reads.pop_front();
            entries.extend(self.deliver(upto, &rings?));
        }
        Ok(entries)
    }

    /// Waits for the reads under way.
    pub async fn wait(&mut self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        while let Some((upto, read)) = self.reads.pop_front() {
            let rings = read.await?;
            entries.extend(self.deliver(upto, &rings));
        }
        Ok(entries)
    }

    fn deliver(&mut self, upto: usize, rings: &Rings) -> Vec<Entry> {
        let first = std::mem::replace(&mut self.delivered, upto);
        let entry = |step: usize| Entry { step, loss: rings[0][step % SIZE], accuracy: rings[1][step % SIZE], grad_norm: rings[2][step % SIZE] };
        (first..upto).map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::Poll;

    /// A device that writes `step` as loss, and whose reads end when it is told to.
    #[derive(Default)]
    struct Device {
        losses: Vec<f32>,
        finished: Rc<RefCell<usize>>,
        started: usize,
    }

    impl Device {
        fn new() -> Device {
            Device { losses: vec![-1.0; SIZE], ..Default::default() }
        }

        fn run(&mut self, from: usize, steps: usize) {
            (from..from + steps).for_each(|step| self.losses[step % SIZE] = step as f32);
        }

        fn read(&mut self) -> Task<Rings> {
            self.started += 1;
            let (ticket, finished, rings) = (self.started, self.finished.clone(), vec![self.losses.clone(); 3]);
            Box::pin(poll_fn(move |_| if *finished.borrow() >= ticket { Poll::Ready(Ok(rings.clone())) } else { Poll::Pending }))
        }
    }

    /// Proves: with reads that arrive late and runs of random length as large as `room` allows, each step's loss is handed out once and in order.
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
            device.run(submitted, steps);
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
        assert!(got.iter().enumerate().all(|(n, entry)| entry.step == n && entry.loss == n as f32));
        assert!(submitted > 10 * SIZE);
    }

    /// Proves: it goes on from a step in the middle.
    #[test]
    fn from_a_checkpoint() {
        let (mut device, mut ring) = (Device::new(), Ring::new(1000));
        device.run(1000, 3);
        let read = device.read();
        ring.start(1003, read);
        *device.finished.borrow_mut() = 1;
        let losses: Vec<f32> = ring.arrived().unwrap().iter().map(|e| e.loss).collect();
        assert_eq!(losses, [1000.0, 1001.0, 1002.0]);
        assert_eq!(ring.room(1003), SIZE);
    }
}
