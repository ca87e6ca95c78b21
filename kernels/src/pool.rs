//! Threads that share the work of a computation. Imports nothing.
//!
//! A thread joins in once and for all with `join`: in a browser a worker on the same memory, natively a thread. Whoever has work calls `share`, and whoever is free takes
//! a range of its parts, ever shorter ones, so that all are done at the same time. While a network trains there is work every few microseconds, so threads look out for
//! it for a while before they sleep.

#![allow(unsafe_code, reason = "work is lent to threads that outlive it")]

use std::hint::spin_loop;
use std::ops::Range;
use std::ptr::{from_ref, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*};
use std::sync::{Condvar, Mutex, PoisonError};

/// How often a thread looks for work before it sleeps: longer than what lies between two dispatches.
const LOOKS: usize = 20_000;

static POOL: Pool = Pool {
    members: AtomicUsize::new(0),
    taken: AtomicBool::new(false),
    job: AtomicPtr::new(null_mut()),
    door: AtomicUsize::new(SHUT),
    jobs: AtomicUsize::new(0),
    sleepers: AtomicUsize::new(0),
    bed: Mutex::new(()),
    alarm: Condvar::new(),
    broken: AtomicBool::new(false),
};

struct Pool {
    /// Threads that have joined.
    members: AtomicUsize,
    /// Whether somebody shares work.
    taken: AtomicBool,
    /// The work, while the door is open or somebody is inside.
    job: AtomicPtr<Job<'static>>,
    /// `OPEN` or not, and `ONE` for each member that is at work.
    door: AtomicUsize,
    /// How many there have been.
    jobs: AtomicUsize,
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    alarm: Condvar,
    broken: AtomicBool,
}

const SHUT: usize = 0;
const OPEN: usize = 1;
const ONE: usize = 2;

struct Job<'a> {
    work: &'a dyn Fn(Range<usize>),
    next: AtomicUsize,
    parts: usize,
    least: usize,
    threads: usize,
}

impl Job<'_> {
    /// Works until there is nothing left to take.
    fn run(&self) {
        let count = |from: usize| ((self.parts - from) / (2 * self.threads)).max(self.least).min(self.parts - from);
        while let Ok(from) = self.next.fetch_update(Relaxed, Relaxed, |from| (from < self.parts).then(|| from + count(from))) {
            (self.work)(from..from + count(from));
        }
    }
}

/// How many threads work: the one that shares its work, and those that have joined.
pub fn threads() -> usize {
    1 + POOL.members.load(Relaxed)
}

/// Calls `work` with ranges that together are `0..parts`, each but the last of at least `least`, on this thread and on those that have joined. All of it is done when
/// this returns. Where somebody else shares work at the moment, this thread does all of it.
///
/// # Safety
/// Calls of `work` with ranges that do not overlap may run at the same time.
///
/// # Panics
/// When another thread has broken down in the middle of its work.
pub unsafe fn share(parts: usize, least: usize, work: &dyn Fn(Range<usize>)) {
    let pool = &POOL;
    if parts <= least || pool.members.load(Relaxed) == 0 || pool.taken.swap(true, Acquire) {
        return work(0..parts);
    }
    let job = Job { work, next: AtomicUsize::new(0), parts, least, threads: threads() };
    pool.job.store(from_ref(&job).cast_mut().cast(), Relaxed);
    pool.door.store(OPEN, Release);
    pool.jobs.fetch_add(1, SeqCst);
    if pool.sleepers.load(SeqCst) > 0 {
        // Who is about to sleep holds the bed until it does.
        drop(pool.bed.lock());
        pool.alarm.notify_all();
    }
    job.run();
    // From here on nobody enters, and who is inside comes out.
    pool.door.fetch_sub(OPEN, Relaxed);
    while pool.door.load(Acquire) != SHUT && !pool.broken.load(Relaxed) {
        spin_loop();
    }
    assert!(!pool.broken.load(Relaxed), "a thread that shares the work has broken down");
    pool.taken.store(false, Release);
}

/// Takes a share of all work from now on; never returns.
pub fn join() -> ! {
    let pool = &POOL;
    let mut seen = pool.jobs.load(SeqCst);
    pool.members.fetch_add(1, SeqCst);
    loop {
        seen = pool.news(seen);
        let entered = pool.door.fetch_update(Acquire, Relaxed, |door| (door & OPEN != 0).then_some(door + ONE));
        if entered.is_ok() {
            let inside = Inside(pool);
            // SAFETY: who shares the job does not return while a member is inside, and lets its work run on several threads.
            unsafe { &*pool.job.load(Relaxed) }.run();
            drop(inside);
        }
    }
}

/// Says that a thread that had joined is no more: what it had taken will never be done.
pub fn broke() {
    POOL.broken.store(true, Relaxed);
}

impl Pool {
    /// Waits until there have been other than `seen` jobs.
    fn news(&self, seen: usize) -> usize {
        for _ in 0..LOOKS {
            let jobs = self.jobs.load(SeqCst);
            if jobs != seen {
                return jobs;
            }
            spin_loop();
        }
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, SeqCst);
        while self.jobs.load(SeqCst) == seen {
            bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
        self.jobs.load(SeqCst)
    }
}

/// A member at work.
struct Inside(&'static Pool);

impl Drop for Inside {
    fn drop(&mut self) {
        if std::thread::panicking() {
            broke();
        }
        self.0.door.fetch_sub(ONE, Release);
    }
}
