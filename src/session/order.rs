//! In which order examples are trained on: every epoch in its own shuffled order, or each in that of the text they are windows of. All of it follows from seed and
//! step alone, so that training can go on from any step. Imports random.

use crate::list::List;
use crate::random::Random;

/// The device holds the order of as many whole epochs as fit this many entries, at least of one.
const ENTRIES: usize = 65_536;

/// The batches of a training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    examples: usize,
    batch: usize,
    seed: u32,
    /// In order: rows of a batch.
    rows: Option<usize>,
}

impl Order {
    /// Of so many examples, at least one step's; `batch` is what a step takes.
    pub fn new(examples: usize, batch: usize, seed: u32) -> Order {
        Order { examples, batch, seed, rows: None }
    }

    /// Not shuffled: of so many rows of a batch, each goes through its own part of the examples, one after another.
    pub fn in_order(self, rows: usize) -> Order {
        Order { rows: Some(rows), ..self }
    }

    /// Whole batches in an epoch; what is left over is dropped.
    pub fn steps_per_epoch(&self) -> usize {
        (self.examples / self.batch).max(1)
    }

    /// Steps whose examples the device holds at a time.
    pub fn steps_at_a_time(&self) -> usize {
        let epoch = self.steps_per_epoch() * self.batch;
        self.steps_per_epoch() * (ENTRIES / epoch).max(1)
    }

    /// The step behind the last one whose examples the device holds when it is at this step.
    pub fn filled(&self, step: usize) -> usize {
        (step / self.steps_at_a_time() + 1) * self.steps_at_a_time()
    }

    /// Entries that the device holds.
    pub fn len(&self) -> usize {
        self.steps_at_a_time() * self.batch
    }

    /// Place of a step's first entry among those the device holds.
    pub fn cursor(&self, step: usize) -> usize {
        step % self.steps_at_a_time() * self.batch
    }

    /// The entries the device holds when it is at this step.
    pub fn entries(&self, step: usize) -> Vec<i32> {
        let epochs = self.steps_at_a_time() / self.steps_per_epoch();
        let first = step / self.steps_at_a_time() * epochs;
        (first..first + epochs).flat_map(|epoch| self.epoch(epoch)).list()
    }

    /// The examples of one step.
    pub fn batch(&self, step: usize) -> Vec<i32> {
        let epoch = self.epoch(step / self.steps_per_epoch());
        let start = step % self.steps_per_epoch() * self.batch;
        epoch[start..start + self.batch].to_vec()
    }

    fn epoch(&self, epoch: usize) -> Vec<i32> {
        let len = self.steps_per_epoch() * self.batch;
        if let Some(rows) = self.rows {
            return (0..len).map(|n| (n % rows * (len / rows) + n / rows) as i32).list();
        }
        let mut order: Vec<i32> = (0..self.examples as i32).list();
        Random::new(self.seed, epoch as u32).shuffle(&mut order);
        order.truncate(len);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: every epoch visits each example at most once and whole batches of them, and no two epochs alike.
    #[test]
    fn epochs() {
        let order = Order::new(23, 5, 1);
        assert_eq!((order.steps_per_epoch(), order.len() % 20), (4, 0));
        let entries = order.entries(0);
        assert_eq!(entries.len(), order.len());
        let epochs: Vec<&[i32]> = entries.chunks(20).collect();
        for epoch in &epochs {
            let mut sorted = epoch.to_vec();
            sorted.sort();
            sorted.dedup();
            assert!(sorted.len() == 20 && sorted.iter().all(|n| (0..23).contains(n)));
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_ne!(entries, Order::new(23, 5, 2).entries(0));
    }

    /// Proves: in order, row r of a batch goes on where it was in the batch before, also within a step of several batches, and begins anew with each epoch.
    #[test]
    fn rows_in_order() {
        // 23 examples in steps of two batches of three rows: 6 batches an epoch, each row through 6 examples.
        let order = Order::new(23, 6, 1).in_order(3);
        let entries: Vec<i32> = (0..6).flat_map(|step| order.batch(step)).collect();
        for (n, batch) in entries.chunks(3).enumerate() {
            let at = n as i32 % 6;
            assert_eq!(batch, [at, 6 + at, 12 + at]);
        }
        assert_eq!(order.entries(0)[..36], entries);
    }

    /// Proves: what the device holds at a step, read at the cursor, is that step's batch, also beyond the first filling.
    #[test]
    fn cursor_meets_the_batch() {
        for order in [Order::new(3, 3, 0), Order::new(23, 5, 1), Order::new(70_000, 64, 2)] {
            let filling = order.steps_at_a_time();
            for step in [0, 1, filling - 1, filling, filling + 1, 3 * filling + filling / 2] {
                let (entries, cursor) = (order.entries(step), order.cursor(step));
                assert_eq!(entries[cursor..cursor + order.batch], order.batch(step), "step {step} of {order:?}");
            }
        }
    }

    /// Proves: as many whole epochs as fit are held, and a large epoch as a whole.
    #[test]
    fn held_entries() {
        assert_eq!(Order::new(60_000, 64, 0).len(), 937 * 64);
        assert_eq!(Order::new(250, 10, 0).len(), 65_500);
        assert_eq!(Order::new(100_000, 32, 0).len(), 100_000);
    }
}
