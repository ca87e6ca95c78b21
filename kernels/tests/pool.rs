//! Threads that share work. One test, as they are the same for the whole process and the last thing it does is to break one.

#![allow(unsafe_code, reason = "what is tested asks for it")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;
use tabgrad_kernels::pool;

/// Proves: each part is done exactly once and before `share` returns, by few threads or many, by sleepers too, and where two share work at the same time; a thread that
/// breaks down in the middle of its work is an error for the one whose work it was, not a wait for ever.
#[test]
fn parts() {
    share_many();
    for _ in 0..3 {
        thread::spawn(|| pool::join());
    }
    while pool::threads() < 4 {
        thread::yield_now();
    }
    share_many();
    thread::sleep(Duration::from_millis(50));
    thread::scope(|scope| {
        scope.spawn(share_many);
        share_many();
    });

    let (here, broken) = (thread::current().id(), AtomicBool::new(false));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the parts touch atomics only.
        unsafe {
            pool::share(1000, 1, &|_| {
                if thread::current().id() != here {
                    broken.store(true, SeqCst);
                    std::panic::panic_any("broken on purpose");
                }
                // The others are to get a part.
                while !broken.load(SeqCst) {
                    thread::yield_now();
                }
            });
        }
    }));
    assert!(outcome.is_err());
}

fn share_many() {
    for parts in (0..200).chain([10_000]) {
        let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
        // SAFETY: the parts touch atomics only.
        unsafe {
            pool::share(parts, 3, &|range| {
                assert!(range.len() >= 3 || range.end == parts, "{range:?} of {parts}");
                for count in &done[range] {
                    count.fetch_add(1, SeqCst);
                }
            });
        }
        assert!(done.iter().all(|count| count.load(SeqCst) == 1), "{parts} parts");
    }
}
