//! Random numbers made on the host (initial weights, made-up data, shuffles): the same on every machine for the same seed. Imports math.

use crate::math::{log, threefry};

/// The numbers threefry(key, 1), threefry(key, 2), ...
#[derive(Clone, Debug)]
pub struct Random {
    key: u32,
    counter: u32,
}

impl Random {
    /// The sequence of this seed and this purpose (any number, so that different uses of one seed do not run along with each other).
    pub fn new(seed: u32, purpose: u32) -> Random {
        Random { key: threefry(seed, purpose), counter: 0 }
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.counter = self.counter.wrapping_add(1);
        threefry(self.key, self.counter)
    }

    /// Uniform in `low..high`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.bits() >> 8) as f32 / (1 << 24) as f32
    }

    /// Standard normal, by Marsaglia's polar method: it needs no sine or cosine, whose last bits differ between platforms.
    pub fn normal(&mut self) -> f32 {
        loop {
            let (u, v) = (self.uniform(-1.0, 1.0), self.uniform(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * log(s) / s).sqrt();
            }
        }
    }

    /// Uniform in `0..n`, for n up to 2^32; the bias is below n / 2^32.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.bits() as u64 * n as u64) >> 32) as usize
    }

    /// A random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: uniform and normal numbers have the mean and variance they should, within 5 standard errors.
    #[test]
    fn moments() {
        let n = 100_000;
        let mut random = Random::new(3, 0);
        let check = |name: &str, values: Vec<f32>, mean: f64, variance: f64| {
            let m = values.iter().map(|x| *x as f64).sum::<f64>() / n as f64;
            let v = values.iter().map(|x| (*x as f64 - m).powi(2)).sum::<f64>() / n as f64;
            assert!((m - mean).abs() < 5.0 * (variance / n as f64).sqrt(), "{name}: mean {m}");
            assert!((v / variance - 1.0).abs() < 0.03, "{name}: variance {v}");
        };
        check("uniform", (0..n).map(|_| random.uniform(-1.0, 3.0)).collect(), 1.0, 16.0 / 12.0);
        check("normal", (0..n).map(|_| random.normal()).collect(), 0.0, 1.0);
    }

    /// Proves: a shuffle keeps every item, and each item comes to each place about equally often.
    #[test]
    fn shuffle_is_fair() {
        let mut counts = [[0u32; 5]; 5];
        let mut random = Random::new(1, 2);
        for _ in 0..20_000 {
            let mut items = [0, 1, 2, 3, 4];
            random.shuffle(&mut items);
            items.iter().enumerate().for_each(|(place, item)| counts[*item][place] += 1);
        }
        let deviation = (20_000.0f64 * 0.2 * 0.8).sqrt();
        for (item, places) in counts.iter().enumerate() {
            assert_eq!(places.iter().sum::<u32>(), 20_000);
            assert!(places.iter().all(|c| (*c as f64 - 4000.0).abs() < 5.0 * deviation), "item {item}: {places:?}");
        }
    }
}
