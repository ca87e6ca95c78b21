//! Test data from a seed: splitmix64, so that a case's inputs depend on its name alone. Imports the oracle's arrays and dtype.

use crate::oracle::Array;
use tabgrad::dtype::DType;

pub struct Rng(u64);

impl Rng {
    pub fn new(name: &str) -> Rng {
        Rng(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ byte as u64).wrapping_mul(0x100_0000_01b3)))
    }

    pub fn seeded(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A whole number in 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// True once in n times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Evenly from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A value that `dtype` holds exactly, evenly from lo to hi; whole numbers include both.
    pub fn value(&mut self, dtype: DType, lo: f64, hi: f64) -> f64 {
        match dtype {
            DType::F32 | DType::F16 => (lo + self.unit() * (hi - lo)) as f32 as f64,
            DType::I32 | DType::U32 | DType::Bool | DType::U8 => (lo + self.unit() * (hi - lo + 1.0)).floor().min(hi),
        }
    }

    pub fn array(&mut self, dtype: DType, shape: &[usize], lo: f64, hi: f64) -> Array {
        let count = shape.iter().product();
        Array::new(shape, (0..count).map(|_| self.value(dtype, lo, hi)).collect())
    }
}
