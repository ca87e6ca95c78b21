//! One element of each elementwise operation, in f64, written without the engine's own scalar functions. Imports the engine's names of operations only.
//!
//! Whole numbers are held exactly in f64; arithmetic on them wraps at 32 bits as the engine's does.

use tabgrad::dtype::DType;
use tabgrad::op::{Binary, Unary};

pub fn unary(op: Unary, dtype: DType, x: f64) -> f64 {
    match op {
        Unary::Neg => wrap(dtype, -x),
        Unary::Abs => wrap(dtype, x.abs()),
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Sqrt => x.sqrt(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::Erf => erf(x),
        Unary::Floor => x.floor(),
        Unary::Not => 1.0 - x,
    }
}

/// `dtype` is the operands'; comparisons give 0 or 1.
pub fn binary(op: Binary, dtype: DType, a: f64, b: f64) -> f64 {
    let float = dtype == DType::F32;
    let word = |x: f64| x as i64 as u32;
    let bits = |f: fn(u32, u32) -> u32| wrap(dtype, f(word(a), word(b)) as f64);
    match op {
        Binary::Add => wrap(dtype, a + b),
        Binary::Sub => wrap(dtype, a - b),
        Binary::Mul if float => a * b,
        // A product of two 32-bit numbers does not fit f64.
        Binary::Mul => bits(|a, b| (a as u64 * b as u64) as u32),
        Binary::Div if float => a / b,
        Binary::Div => {
            if b == 0.0 {
                0.0
            } else {
                wrap(dtype, (a / b).trunc())
            }
        }
        Binary::Rem => {
            if b == 0.0 {
                0.0
            } else {
                a - b * (a / b).trunc()
            }
        }
        Binary::Pow => a.powf(b),
        Binary::Max => {
            if a.is_nan() || b.is_nan() {
                f64::NAN
            } else {
                a.max(b)
            }
        }
        Binary::Min => {
            if a.is_nan() || b.is_nan() {
                f64::NAN
            } else {
                a.min(b)
            }
        }
        Binary::Lt => (a < b) as u32 as f64,
        Binary::Eq => (a == b) as u32 as f64,
        Binary::And => bits(|a, b| a & b),
        Binary::Or => bits(|a, b| a | b),
        Binary::Xor => bits(|a, b| a ^ b),
        Binary::Shl => bits(|a, b| a << (b % 32)),
        Binary::Shr => bits(|a, b| a >> (b % 32)),
        Binary::Threefry => threefry([word(a), 0x9E37_79B9], [word(b), 0])[0] as f64,
    }
}

/// Conversion: to whole numbers by truncation, held within the type's range when it comes from a float, else by keeping the 32 bits.
pub fn cast(from: DType, to: DType, x: f64) -> f64 {
    match (from, to) {
        (_, DType::F32) => x,
        (_, DType::F16) => half(x),
        (_, DType::Bool) => (x != 0.0) as u32 as f64,
        (DType::F32, DType::I32) => x as i32 as f64,
        (DType::F32, DType::U32) => x as u32 as f64,
        (_, DType::I32 | DType::U32) => wrap(to, x),
        (_, DType::U8) => (x as i64 as u8) as f64,
    }
}

/// A whole result brought back into 32 bits; floats as they are.
fn wrap(dtype: DType, x: f64) -> f64 {
    match dtype {
        DType::F32 | DType::F16 => x,
        DType::I32 => x as i64 as i32 as f64,
        DType::U32 | DType::Bool | DType::U8 => x as i64 as u32 as f64,
    }
}

/// The nearest number of half precision: ten binary digits behind the first one, which stands for 2^-14 at least.
pub fn half(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let step = 2f64.powi((x.abs().log2().floor() as i32).max(-14) - 10);
    let y = (x / step).round_ties_even() * step;
    if y.abs() > 65504.0 { f64::INFINITY.copysign(x) } else { y }
}

/// Error function by the series 2/sqrt(pi) e^(-x^2) (x + 2x^3/3 + 4x^5/15 + ...), whose terms all have one sign.
pub fn erf(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 6.0 {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-18 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// Threefry-2x32-20 as its paper describes it: twenty mixes, with a word of the extended key added to each half before every fourth and after the last.
fn threefry(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
    const ROTATIONS: [u32; 8] = [13, 15, 26, 6, 17, 29, 16, 24];
    let extended = [key[0], key[1], 0x1BD1_1BDA ^ key[0] ^ key[1]];
    let mut state = counter;
    for round in 0..=20usize {
        if round % 4 == 0 {
            let s = round / 4;
            state[0] = state[0].wrapping_add(extended[s % 3]);
            state[1] = state[1].wrapping_add(extended[(s + 1) % 3]).wrapping_add(s as u32);
        }
        if round < 20 {
            state[0] = state[0].wrapping_add(state[1]);
            state[1] = state[1].rotate_left(ROTATIONS[round % 8]) ^ state[0];
        }
    }
    state
}

/// Proves: the oracle's generator gives the known answers published with the algorithm, and its erf the tabulated values.
pub fn check_known_answers() {
    assert_eq!(threefry([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
    assert_eq!(threefry([!0, !0], [!0, !0]), [0x1cb9_96fc, 0xbb00_2be7]);
    assert_eq!(threefry([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]), [0xc492_3a9c, 0x483d_f7a0]);
    for (x, y) in [(0.5, 0.5204998778130465), (1.0, 0.8427007929497149), (2.0, 0.9953222650189527), (3.5, 0.9999992569016276)] {
        assert!((erf(x) - y).abs() < 1e-14 && (erf(-x) + y).abs() < 1e-14, "erf({x}) = {}", erf(x));
    }
}
