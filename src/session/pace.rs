//! How many steps to give the device at a time, and how fast training goes. Imports nothing of the crate.
//!
//! A submit should take 8 to 16 ms: shorter, and the overhead of each counts; longer, and the page waits. What a submit takes is known only from when the
//! news of its end arrives, and some browsers bring such news only every 100 ms or so. Long submits are therefore tried at double length once: if that
//! brings more steps per second, it was the waiting that took the time, not the work.

const SHORT_MS: f64 = 8.0;
const AIM_MS: f64 = 12.0;
const LONG_MS: f64 = 16.0;
const MOST: usize = 256;
/// Figures are taken over at least this long.
const WINDOW_MS: f64 = 40.0;

/// Steps per submit.
#[derive(Clone, Debug)]
pub struct Pace {
    steps: usize,
    /// Steps per ms before the double length was tried, and that it may be tried at all.
    trial: Option<f64>,
    may_try: bool,
    /// The window: when it began (None: with the next submit), and what has been done in it.
    began: Option<f64>,
    submits: usize,
    done: usize,
}

impl Pace {
    /// `late`: whether the news of a submit's end may come late, as from a GPU.
    pub fn new(late: bool) -> Pace {
        Pace { steps: 1, trial: None, may_try: late, began: None, submits: 0, done: 0 }
    }

    /// Steps for the next submit.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The device may have stood still: what follows is measured from here.
    pub fn begin(&mut self, now: f64) {
        (self.began, self.submits, self.done) = (Some(now), 0, 0);
    }

    /// A submit of so many steps has ended.
    pub fn ended(&mut self, steps: usize, now: f64) {
        let Some(began) = self.began else { return self.begin(now) };
        self.submits += 1;
        self.done += steps;
        let passed = now - began;
        if self.submits < 2 || (passed < WINDOW_MS && self.submits < 8) {
            return;
        }
        let (each, rate) = (passed / self.submits as f64, self.done as f64 / passed.max(1e-3));
        // Only full submits tell what a longer one would do.
        if self.done == self.submits * self.steps {
            self.adapt(each, rate);
        }
        self.begin(now);
    }

    fn adapt(&mut self, each: f64, rate: f64) {
        if let Some(before) = self.trial.take()
            && rate < 1.4 * before
        {
            self.may_try = false;
        }
        if each < SHORT_MS {
            self.steps = (self.steps * 2).min(MOST);
        } else if each > LONG_MS && self.may_try && self.steps < MOST {
            self.trial = Some(rate);
            self.steps = (self.steps * 2).min(MOST);
        } else if each > LONG_MS && !self.may_try {
            self.steps = ((self.steps as f64 * AIM_MS / each) as usize).max(1);
        }
    }
}

/// Steps per second, over the last second or so.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    began: f64,
    from: usize,
    seen: f64,
    value: f64,
}

impl Rate {
    /// The rate when at `now` (ms) the training is at `step`.
    pub fn at(&mut self, now: f64, step: usize) -> f64 {
        if now - self.seen > 1000.0 || step < self.from {
            *self = Rate { began: now, from: step, seen: now, value: 0.0 };
        }
        self.seen = now;
        let passed = now - self.began;
        if passed >= 500.0 || self.value == 0.0 {
            self.value = if passed > 0.0 { 1000.0 * (step - self.from) as f64 / passed } else { 0.0 };
        }
        if passed >= 500.0 {
            (self.began, self.from) = (now, step);
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Submits one after the other, two under way, on a device that takes `step_ms` for a step and brings news every `news_ms`; the steps per submit at the end.
    fn settle(mut pace: Pace, step_ms: f64, news_ms: f64) -> usize {
        let (mut free, mut now) = (0.0f64, 0.0f64);
        let mut flights = std::collections::VecDeque::new();
        pace.begin(0.0);
        for _ in 0..2000 {
            if flights.len() == 2 {
                let (steps, end): (usize, f64) = flights.pop_front().unwrap();
                now = f64::max(now, (end / news_ms).ceil() * news_ms);
                pace.ended(steps, now);
            }
            let steps = pace.steps();
            free = free.max(now) + 0.2 + step_ms * steps as f64;
            flights.push_back((steps, free));
        }
        pace.steps()
    }

    /// Proves: submits come to 8 to 16 ms on fast and slow devices, to single steps where a step takes longer, and to long ones where only the news is slow.
    #[test]
    fn settles() {
        for step_ms in [0.08, 0.3, 1.0, 3.0] {
            let steps = settle(Pace::new(true), step_ms, 0.1);
            assert!((7.0..=17.0).contains(&(steps as f64 * step_ms)), "{step_ms} ms: {steps} steps");
        }
        assert_eq!(settle(Pace::new(true), 0.001, 0.1), 256);
        assert_eq!(settle(Pace::new(true), 60.0, 0.1), 1);
        assert_eq!(settle(Pace::new(false), 60.0, 0.1), 1);
        assert!(settle(Pace::new(true), 0.1, 100.0) >= 128, "slow news must not slow training down");
    }

    /// Proves: the rate follows what happens, and a pause is not counted.
    #[test]
    fn rate() {
        let mut rate = Rate::default();
        let mut step = 0;
        for n in 0..30 {
            step += 5;
            rate.at(5000.0 + 100.0 * n as f64, step);
        }
        assert_eq!(rate.at(8000.0, step + 5), 50.0);
        rate.at(20_000.0, step + 5);
        assert_eq!(rate.at(20_100.0, step + 6), 10.0);
    }
}
