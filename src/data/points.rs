//! Points in the plane with a label (0 or 1) or a value (-1..1): the data sets of the playground. Imports nn's spec, random, error.

use super::{Column, Dataset, Split, targets};
use crate::error::{Error, Result};
use crate::json::number;
use crate::list::List;
use crate::math::{cos, sin};
use crate::nn::{Feature, Model, Points, PointsShape as Pattern, Spec};
use crate::random::Random;

/// Points lie within this distance of the origin along each axis.
const EXTENT: f32 = 6.0;

/// Centres of the hills (+1) and hollows (-1) of `Bumps`.
const BUMPS: [(f32, f32, f32); 6] = [(-4.0, 2.5, 1.0), (0.0, 2.5, -1.0), (4.0, 2.5, 1.0), (-4.0, -2.5, -1.0), (0.0, -2.5, 1.0), (4.0, -2.5, -1.0)];

/// `samples` points in random order: coordinates [x1, x2] and what is to be learned of each. `noise` moves the points, not the labels.
fn generate(pattern: Pattern, samples: usize, noise: f32, seed: u32) -> (Vec<[f32; 2]>, Vec<f32>) {
    let mut random = Random::new(seed, 0x706f_696e);
    let mut order: Vec<usize> = (0..samples).list();
    random.shuffle(&mut order);
    order
        .into_iter()
        .map(|n| {
            let (x, y) = clean(pattern, n, samples, &mut random);
            let spread = noise * spread(pattern);
            let moved = [x, y].map(|v| (v + spread * random.normal()).clamp(-EXTENT, EXTENT));
            (moved, label(pattern, n, x, y))
        })
        .unzip()
}

/// The data set a spec describes: the first points are trained on, the others tested on.
pub fn load(points: &Points, spec: &Spec, model: &Model) -> Result<Dataset> {
    let train = (points.samples as f64 * points.train_fraction).round() as usize;
    if train == 0 || train == points.samples {
        let side = if train == 0 { "train" } else { "test" };
        let message = format!("of {} points at train_fraction {} none is left to {side} on", points.samples, number(points.train_fraction as f32));
        return Err(Error::data(message).at("data.samples").hint("Use more samples, or a train_fraction nearer to 0.5."));
    }
    let (places, labels) = generate(points.shape, points.samples, points.noise as f32, points.seed);
    let split = |range: std::ops::Range<usize>| -> Result<Split> {
        let (places, labels) = (&places[range.clone()], &labels[range]);
        let y = targets(labels, spec, model).map_err(|e| e.at("data.shape"))?;
        Ok(Split {
            count: places.len(),
            x: Column::f32(&model.input, &inputs(&points.features, places)),
            y,
            raw: Some(Column::f32(&[2], places.as_flattened())),
        })
    };
    Ok(Dataset { train: split(0..train)?, test: Some(split(train..points.samples)?), text: None })
}

/// What the network sees of points: their features.
pub fn inputs(features: &[Feature], points: &[[f32; 2]]) -> Vec<f32> {
    points.iter().flat_map(|point| features.iter().map(|f| feature(*f, *point))).list()
}

/// The value of a feature at a point.
fn feature(feature: Feature, [x1, x2]: [f32; 2]) -> f32 {
    match feature {
        Feature::X1 => x1,
        Feature::X2 => x2,
        Feature::X1Squared => x1 * x1,
        Feature::X2Squared => x2 * x2,
        Feature::X1TimesX2 => x1 * x2,
        Feature::SinX1 => sin(x1),
        Feature::SinX2 => sin(x2),
    }
}

/// Where point number n lies without noise; even numbers are of class 0, odd ones of class 1.
fn clean(pattern: Pattern, n: usize, samples: usize, random: &mut Random) -> (f32, f32) {
    let odd = n % 2 == 1;
    match pattern {
        Pattern::Circle => {
            let radius = if odd { random.uniform(0.0, 2.5) } else { random.uniform(3.5, 5.0) };
            let angle = random.uniform(0.0, std::f32::consts::TAU);
            (radius * cos(angle), radius * sin(angle))
        }
        Pattern::Xor => {
            // Two opposite quadrants each, a little off the axes.
            let (x, y) = (random.uniform(0.3, 5.0), random.uniform(0.3, 5.0));
            let flip = if random.bits().is_multiple_of(2) { 1.0 } else { -1.0 };
            if odd { (flip * x, flip * y) } else { (flip * x, -flip * y) }
        }
        Pattern::Gauss => {
            let centre = if odd { 2.0 } else { -2.0 };
            (centre + 0.7 * random.normal(), centre + 0.7 * random.normal())
        }
        Pattern::Spiral => {
            // Two arms of 1.75 turns, half a turn apart, evenly filled; neither begins at the centre, which would belong to both.
            let along = (n / 2 + 1) as f32 / samples.div_ceil(2) as f32;
            let angle = 1.75 * std::f32::consts::TAU * along + if odd { 0.0 } else { std::f32::consts::PI };
            (5.0 * along * sin(angle), 5.0 * along * cos(angle))
        }
        Pattern::Plane | Pattern::Bumps => (random.uniform(-EXTENT, EXTENT), random.uniform(-EXTENT, EXTENT)),
    }
}

/// Standard deviation of a point's place at noise 1, chosen so that noise 0.5 blurs the pattern without hiding it.
fn spread(pattern: Pattern) -> f32 {
    match pattern {
        Pattern::Circle | Pattern::Xor | Pattern::Plane | Pattern::Bumps => 2.0,
        Pattern::Gauss => 4.0,
        Pattern::Spiral => 0.8,
    }
}

fn label(pattern: Pattern, n: usize, x: f32, y: f32) -> f32 {
    match pattern {
        Pattern::Circle | Pattern::Xor | Pattern::Gauss | Pattern::Spiral => (n % 2) as f32,
        Pattern::Plane => (x + y) / (2.0 * EXTENT),
        // Cones of radius 2.2, so that they do not touch.
        Pattern::Bumps => BUMPS.iter().map(|(cx, cy, sign)| sign * (1.0 - (x - cx).hypot(y - cy) / 2.2).max(0.0)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Pattern; 6] = [Pattern::Circle, Pattern::Xor, Pattern::Gauss, Pattern::Spiral, Pattern::Plane, Pattern::Bumps];

    /// Proves: the same seed gives the same points, another seed others.
    #[test]
    fn deterministic() {
        for pattern in ALL {
            assert_eq!(generate(pattern, 100, 0.2, 5), generate(pattern, 100, 0.2, 5));
            assert_ne!(generate(pattern, 100, 0.2, 5), generate(pattern, 100, 0.2, 6));
        }
    }

    /// Proves: points stay on the plane at any noise, classes are balanced over every stretch of the list, values within -1..1 and centred.
    #[test]
    fn ranges_and_balance() {
        for pattern in ALL {
            for noise in [0.0, 0.5] {
                let (points, labels) = generate(pattern, 2000, noise, 1);
                assert!(points.iter().flatten().all(|v| v.abs() <= EXTENT));
                let half = &labels[..1000];
                let mean = half.iter().sum::<f32>() / 1000.0;
                if pattern.is_regression() {
                    assert!(labels.iter().all(|y| y.abs() <= 1.0) && mean.abs() < 0.08, "{pattern:?}: mean {mean}");
                    assert!(labels.iter().any(|y| *y > 0.8) && labels.iter().any(|y| *y < -0.8));
                } else {
                    assert!(labels.iter().all(|y| *y == 0.0 || *y == 1.0));
                    assert_eq!(labels.iter().sum::<f32>(), 1000.0);
                    assert!((mean - 0.5).abs() < 0.06, "{pattern:?}: mean {mean}");
                }
            }
        }
    }

    /// Proves: without noise each pattern follows its rule, so the class can be told from the place.
    #[test]
    fn patterns_without_noise() {
        let each = |pattern, rule: &dyn Fn(f32, f32) -> f32| {
            let (points, labels) = generate(pattern, 400, 0.0, 9);
            let wrong = points.iter().zip(&labels).filter(|([x, y], label)| (rule(*x, *y) - **label).abs() > 1e-5).count();
            assert_eq!(wrong, 0, "{pattern:?}");
        };
        let class = |yes: bool| yes as u8 as f32;
        each(Pattern::Circle, &|x, y| class(x.hypot(y) < 3.0));
        each(Pattern::Xor, &|x, y| class(x * y > 0.0));
        each(Pattern::Gauss, &|x, y| class(x + y > 0.0));
        each(Pattern::Plane, &|x, y| (x + y) / 12.0);
        // Along an arm the angle tells the distance from the centre.
        each(Pattern::Spiral, &|x, y| {
            let turns = x.hypot(y) / 5.0 * 1.75;
            let ahead = (x.atan2(y) / std::f32::consts::TAU - turns).rem_euclid(1.0);
            class(!(0.25..0.75).contains(&ahead))
        });
    }

    /// Proves: noise moves points by about what it says, and leaves labels alone.
    #[test]
    fn noise_moves_points() {
        let (still, labels) = generate(Pattern::Xor, 1000, 0.0, 4);
        let (moved, same) = generate(Pattern::Xor, 1000, 0.25, 4);
        assert_eq!(labels, same);
        let distance = |n: usize| (still[n][0] - moved[n][0]).powi(2) + (still[n][1] - moved[n][1]).powi(2);
        let mean = (0..1000).map(distance).sum::<f32>() / 1000.0;
        assert!((0.35..0.65).contains(&mean), "mean squared distance {mean}, expected about 2 * 0.5^2");
    }

    /// Proves: features are the functions they are named after.
    #[test]
    fn features() {
        let all = [Feature::X1, Feature::X2, Feature::X1Squared, Feature::X2Squared, Feature::X1TimesX2, Feature::SinX1, Feature::SinX2];
        assert_eq!(all.map(|f| feature(f, [2.0, -3.0])), [2.0, -3.0, 4.0, 9.0, -6.0, 2.0f32.sin(), (-3.0f32).sin()]);
    }
}
