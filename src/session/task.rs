//! Work that goes on while something else is done, and turns taken one after another. Imports error.
//!
//! No executor is needed: a task is looked at when its owner comes by, and awaited when its result is wanted.

use crate::error::Result;
use crate::list::List;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A result that is under way.
pub type Task<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Looks whether the task is done, without waiting. The first look starts it.
pub fn poll<T>(task: &mut Task<T>) -> Option<Result<T>> {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// All tasks side by side, in one: their results in order, or the first error.
pub fn all<T: 'static>(tasks: Vec<Task<T>>) -> Task<Vec<T>> {
    let mut slots: Vec<(Task<T>, Option<T>)> = tasks.into_iter().map(|task| (task, None)).list();
    Box::pin(poll_fn(move |context| {
        for (task, result) in slots.iter_mut().filter(|(_, result)| result.is_none()) {
            match task.as_mut().poll(context) {
                Poll::Ready(Ok(value)) => *result = Some(value),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        if slots.iter().any(|(_, result)| result.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(slots.drain(..).filter_map(|(_, result)| result).list()))
    }))
}

/// Lets one in at a time, in the order of asking.
#[derive(Default)]
pub struct Turn {
    state: RefCell<Queue>,
}

#[derive(Default)]
struct Queue {
    next_ticket: u64,
    serving: u64,
    waiting: VecDeque<Waker>,
}

/// Holds the turn until dropped.
pub struct Held<'a>(&'a Turn);

impl Turn {
    /// Waits for the turn.
    pub async fn take(&self) -> Held<'_> {
        let ticket = {
            let mut queue = self.state.borrow_mut();
            queue.next_ticket += 1;
            queue.next_ticket - 1
        };
        poll_fn(|context| {
            let mut queue = self.state.borrow_mut();
            if queue.serving == ticket {
                return Poll::Ready(());
            }
            queue.waiting.push_back(context.waker().clone());
            Poll::Pending
        })
        .await;
        Held(self)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // All look again: who is next finds out, the others wait on.
        let waiting = {
            let mut queue = self.0.state.borrow_mut();
            queue.serving += 1;
            std::mem::take(&mut queue.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::cell::Cell;
    use std::rc::Rc;

    /// A task that is done when the cell holds a value.
    fn when(cell: &Rc<Cell<Option<i32>>>) -> Task<i32> {
        let cell = cell.clone();
        Box::pin(poll_fn(move |_| cell.get().map_or(Poll::Pending, |v| Poll::Ready(Ok(v)))))
    }

    /// Proves: `all` waits for each, keeps the order of the tasks whatever the order of their ends, and passes on an error.
    #[test]
    fn all_in_order() {
        let (a, b) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(None)));
        let mut both = all(vec![when(&a), when(&b)]);
        assert!(poll(&mut both).is_none());
        b.set(Some(2));
        assert!(poll(&mut both).is_none());
        a.set(Some(1));
        assert_eq!(poll(&mut both), Some(Ok(vec![1, 2])));
        let mut failing = all(vec![when(&Rc::new(Cell::new(None))), Box::pin(async { Err(Error::device("gone")) })]);
        assert_eq!(poll(&mut failing), Some(Err(Error::device("gone"))));
    }

    /// Proves: turns are given in the order of asking, also when one that waits is looked at again and again.
    #[test]
    fn turns_in_order() {
        let turn = Rc::new(Turn::default());
        let log = Rc::new(RefCell::new(Vec::new()));
        let gate = Rc::new(Cell::new(None));
        let mut tasks: Vec<Task<i32>> = (0..3)
            .map(|n| {
                let (turn, log, gate) = (turn.clone(), log.clone(), when(&gate));
                let task: Task<i32> = Box::pin(async move {
                    let _held = turn.take().await;
                    log.borrow_mut().push(n);
                    gate.await
                });
                task
            })
            .collect();
        for n in [0, 2, 1, 2, 1] {
            assert!(poll(&mut tasks[n]).is_none());
        }
        assert_eq!(*log.borrow(), [0]);
        gate.set(Some(7));
        assert!(poll(&mut tasks[0]).is_some());
        assert!(poll(&mut tasks[1]).is_none(), "the second to ask comes first");
        assert!(poll(&mut tasks[2]).is_some());
        assert!(poll(&mut tasks[1]).is_some());
        assert_eq!(*log.borrow(), [0, 2, 1]);
    }
}
