//! Scalar functions written without branches, so that loops over them vectorise (wasm has no vector `exp`). Imports nothing of the crate.
//!
//! Each states its error against f64. They give the same bits natively and in wasm.

/// e^x, within 2 ulp. Range reduction x = n ln2 + r, |r| <= ln2/2, and the Taylor polynomial of degree 7 in r.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let clamped = x.clamp(-104.0, 89.0);
    // Adding 1.5 * 2^23 rounds to the nearest integer, and the low bits are that integer: there is no vector instruction that converts as fast.
    let shifted = clamped * std::f32::consts::LOG2_E + 12582912.0;
    let n = shifted - 12582912.0;
    let exponent = (shifted.to_bits() as i32).wrapping_sub(0x4b40_0000);
    let r = clamped - n * 0.693_359_4 + n * 2.121_944_4e-4; // ln2 in two parts
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    // 2^n in two factors, so that results below the normal range and just under infinity come out right.
    let half = exponent >> 1;
    let rest = exponent.wrapping_sub(half);
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) << 23) as u32);
    let y = p * power(half) * power(rest);
    let y = if x > 88.722_84 { f32::INFINITY } else { y };
    if x.is_nan() { x } else { y }
}

/// Natural logarithm, within 2 ulp. x = 2^e m with m in [sqrt(1/2), sqrt 2); log m = 2 atanh((m-1)/(m+1)) as a series.
#[inline(always)]
pub fn log(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = if tiny { x * 8_388_608.0 } else { x };
    let bits = scaled.to_bits() as i32;
    // Below 0 there is no logarithm, and lanes that nobody reads may hold anything.
    let e = bits.wrapping_sub(0x3f35_04f3) >> 23;
    let m = f32::from_bits(bits.wrapping_sub(e << 23) as u32);
    let e = e as f32 - if tiny { 23.0 } else { 0.0 };
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let p = 2.0 / 9.0;
    let p = p * z + 2.0 / 7.0;
    let p = p * z + 0.4;
    let p = p * z + 2.0 / 3.0;
    let half_square = 0.5 * f * f;
    // log(1+f) = f - f^2/2 + s (f^2/2 + z p), fdlibm's arrangement, which keeps the leading digits of f.
    let y = e * 0.693_359_4 + ((f - half_square + s * (half_square + z * p)) - e * 2.121_944_4e-4);
    let y = if x > 0.0 { y } else { f32::NAN };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    if x == f32::INFINITY { x } else { y }
}

/// The nearest half-precision number, of two equally near the even one: exact. From 65520 on it is infinite, below 2^-14 a multiple of 2^-24.
#[inline(always)]
pub fn half(x: f32) -> f32 {
    let (sign, size) = (x.to_bits() & 0x8000_0000, x.to_bits() & 0x7fff_ffff);
    // Of the 23 bits of the fraction 10 stay. Just above 1/2 the numbers of f32 are 2^-24 apart, so that adding it rounds the small ones.
    let normal = size.wrapping_add(0xfff + (size >> 13 & 1)) & 0xffff_e000;
    let small = ((f32::from_bits(size) + 0.5) - 0.5).to_bits();
    let rounded = if size < 0x3880_0000 { small } else { normal };
    let rounded = if rounded >= 0x4780_0000 { f32::INFINITY.to_bits() } else { rounded };
    let y = f32::from_bits(sign | rounded);
    if x.is_nan() { x } else { y }
}

/// Hyperbolic tangent: its Taylor polynomial of degree 13 near 0, where 1 - 2/(e^2x + 1) would cancel, else that formula.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let z = x * x;
    let p = 21844.0 / 6_081_075.0;
    let p = p * z - 1382.0 / 155_925.0;
    let p = p * z + 62.0 / 2835.0;
    let p = p * z - 17.0 / 315.0;
    let p = p * z + 2.0 / 15.0;
    let p = p * z - 1.0 / 3.0;
    let small = x + x * z * p;
    let a = x.abs();
    let big = (1.0 - 2.0 / (exp(2.0 * a.min(20.0)) + 1.0)).copysign(x);
    let y = if a < 0.5 { small } else { big };
    if x.is_nan() { x } else { y }
}

/// Sine, absolute error under 1e-7 up to |x| = 1e8.
#[inline(always)]
pub fn sin(x: f32) -> f32 {
    turned(x, 0)
}

/// Cosine, absolute error under 1e-7 up to |x| = 1e8.
#[inline(always)]
pub fn cos(x: f32) -> f32 {
    turned(x, 1)
}

/// sin(x + quarters pi/2): x = n pi/2 + r, |r| <= pi/4, in double precision, whose product n pi/2 is as good as one in several parts; then the Taylor polynomials.
#[inline(always)]
fn turned(x: f32, quarters: u64) -> f32 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // adding 1.5 * 2^52 rounds to the nearest integer, and its low bits are that integer
    let x = x as f64;
    let n = x * std::f64::consts::FRAC_2_PI + ROUND;
    let r = x - (n - ROUND) * std::f64::consts::FRAC_PI_2;
    let z = r * r;
    let sin = r + r * z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362_880.0))));
    let cos = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40_320.0 - z * (1.0 / 3_628_800.0)))));
    let quarter = n.to_bits() + quarters;
    let y = if quarter & 1 == 0 { sin } else { cos };
    (if quarter & 2 == 0 { y } else { -y }) as f32
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Error function, absolute error under 1.5e-7 (Abramowitz and Stegun 7.1.26) away from 0 and its Taylor series near 0.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    let big = (1.0 - p * t * exp(-a * a)).copysign(x);
    let z = x * x;
    let s = 1.0 / 216.0;
    let s = s * z - 1.0 / 42.0;
    let s = s * z + 0.1;
    let s = s * z - 1.0 / 3.0;
    let s = s * z + 1.0;
    let small = std::f32::consts::FRAC_2_SQRT_PI * x * s;
    if a < 0.3 { small } else { big }
}

/// Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), first output word, for the key
/// (key, 0x9E3779B9) and the counter (counter, 0).
#[inline(always)]
pub fn threefry(key: u32, counter: u32) -> u32 {
    let keys = [key, 0x9E37_79B9, key ^ 0x9E37_79B9 ^ 0x1BD1_1BDA];
    let (mut x, mut y) = (counter.wrapping_add(keys[0]), keys[1]);
    for group in 0..5u32 {
        let rotations = if group % 2 == 0 { [13, 15, 26, 6] } else { [17, 29, 16, 24] };
        for r in rotations {
            x = x.wrapping_add(y);
            y = y.rotate_left(r) ^ x;
        }
        x = x.wrapping_add(keys[(group as usize + 1) % 3]);
        y = y.wrapping_add(keys[(group as usize + 2) % 3]).wrapping_add(group + 1);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: each function stays within its stated error of the f64 one over its whole range.
    #[test]
    fn close_to_f64() {
        let worst = |f: fn(f32) -> f32, g: fn(f64) -> f64, lo: f32, hi: f32| {
            (0..=200_000)
                .map(|i| lo + (hi - lo) * i as f32 / 200_000.0)
                .map(|x| ((f(x) as f64 - g(x as f64)).abs() / g(x as f64).abs().max(1e-30), x))
                .fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
        };
        for (name, f, g, lo, hi, bound) in [
            ("exp", exp as fn(f32) -> f32, f64::exp as fn(f64) -> f64, -87.0, 88.7, 3e-7),
            ("log", log, f64::ln, 1e-6, 0.99, 4e-7),
            ("log", log, f64::ln, 1.01, 1e6, 4e-7),
            ("tanh", tanh, f64::tanh, -12.0, 12.0, 6e-7),
        ] {
            let (error, x) = worst(f, g, lo, hi);
            assert!(error < bound, "{name}: relative error {error:e} at {x}");
        }
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan() && log(-1.0).is_nan() && tanh(f32::NAN).is_nan() && log(f32::NAN).is_nan());
        assert_eq!((log(0.0), log(f32::INFINITY)), (f32::NEG_INFINITY, f32::INFINITY));
        assert!((log(1e-41) as f64 - 1e-41f32.ln() as f64).abs() < 1e-4);
        assert_eq!((tanh(50.0), tanh(-50.0), sigmoid(-200.0)), (1.0, -1.0, 0.0));
    }

    /// Proves: sine and cosine stay within their stated error, for large arguments and all quarters too.
    #[test]
    fn sine_and_cosine() {
        for i in -200_000..=200_000i32 {
            for x in [i as f32 * 1e-4, i as f32 * 7.3, i as f32 * 499.7] {
                assert!((sin(x) as f64 - (x as f64).sin()).abs() < 1e-7 && (cos(x) as f64 - (x as f64).cos()).abs() < 1e-7, "at {x}");
            }
        }
        assert!(sin(f32::INFINITY).is_nan() && cos(f32::NAN).is_nan());
        assert_eq!((sin(0.0), cos(0.0), sin(1e-30)), (0.0, 1.0, 1e-30));
    }

    /// Proves: erf meets the bound at points of the tables of Abramowitz and Stegun.
    #[test]
    fn erf_table() {
        for (x, y) in [(0.0f32, 0.0f64), (0.1, 0.112462916), (0.3, 0.328626759), (0.5, 0.520499878), (1.0, 0.842700793), (2.0, 0.995322265)] {
            assert!((erf(x) as f64 - y).abs() < 3e-7 && (erf(-x) as f64 + y).abs() < 3e-7, "erf({x})");
        }
    }

    /// Proves: each bit of successive counters is set half of the time, within 4.5 standard deviations.
    #[test]
    fn threefry_is_uniform() {
        let n = 1 << 16;
        let mut ones = [0u32; 32];
        for i in 0..n {
            let x = threefry(7, i);
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += (x >> bit) & 1;
            }
        }
        for (bit, count) in ones.iter().enumerate() {
            let z = (*count as f64 - n as f64 / 2.0) / (n as f64 / 4.0).sqrt();
            assert!(z.abs() < 4.5, "bit {bit}: z = {z}");
        }
    }
}
