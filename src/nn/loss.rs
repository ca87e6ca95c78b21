//! Losses: one number per example from the network's output and the target, in forms that neither overflow nor lose digits.
//! Imports tensor, layers, spec, dtype, error, read.

use super::layers::Layer;
use super::read::{options, tagged};
use super::spec::{Data, Spec};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::json::number;
use crate::list::List;
use crate::tensor::Tensor;

tagged! {
    /// What training makes small: the mean of this over the batch.
    Loss, "loss" { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, MSELoss, L1Loss, HuberLoss }
}

options! {
    /// Binary cross entropy of probabilities.
    BCELoss {}
    /// Binary cross entropy of logits.
    BCEWithLogitsLoss {}
    /// Of logits and the number of the right class; for a sequence, the mean over its places. The classes are the output's last axis, where PyTorch has
    /// them before the places.
    CrossEntropyLoss {
        label_smoothing: f64 [UNIT] = 0.0,
        /// Targets of this number do not count: losses and accuracies are means over the others. Where none of a batch counts, they are 0. (PyTorch's is -100
        /// where none is given.)
        ignore_index: Option<isize> [ANY] = None,
    }
    /// Squared difference.
    MSELoss {}
    /// Absolute difference.
    L1Loss {}
    /// Squared near 0, linear further than `delta` away.
    HuberLoss { delta: f64 [POSITIVE] = 1.0 }
}

impl Loss {
    /// Whether targets are class numbers rather than numbers beside each output.
    pub fn takes_classes(&self) -> bool {
        matches!(self, Loss::CrossEntropyLoss(_))
    }

    /// Shape of what an output is compared with: a class number for each place of a sequence (none: for the example), or numbers beside the output's.
    pub fn target_shape<'a>(&self, output: &'a [usize]) -> &'a [usize] {
        if self.takes_classes() { &output[..output.len() - 1] } else { output }
    }

    /// Whether the network's output fits this loss.
    pub fn check(&self, spec: &Spec, output: &[usize]) -> Result<()> {
        let one_label = matches!(spec.data, Data::Points(_) | Data::Images(_));
        let fail = |message: String, hint: &str| Err(Error::spec(message).at("loss").hint(hint));
        match self {
            Loss::CrossEntropyLoss(_) if output.len() > if one_label { 1 } else { 2 } => fail(
                format!("CrossEntropyLoss needs one logit per class, but the output is {output:?}"),
                "insert Flatten and a Linear layer with one output per class",
            ),
            Loss::CrossEntropyLoss(_) if output.ends_with(&[1]) => {
                fail(format!("CrossEntropyLoss needs at least two classes, but the output is {output:?}"), "use BCEWithLogitsLoss, or one output per class")
            }
            Loss::BCELoss(_) if !ends_in_probabilities(&spec.layers) => {
                fail("BCELoss needs probabilities, but the last layer may give any number".into(), "end with Sigmoid, or use BCEWithLogitsLoss")
            }
            _ => Ok(()),
        }
    }

    /// Whether these targets are ones this loss can learn from, for a network with this output.
    pub fn check_targets(&self, output: &[usize], targets: impl IntoIterator<Item = f32>) -> Result<()> {
        let classes = *output.last().unwrap_or(&1);
        let ignored = self.ignored();
        for (n, y) in targets.into_iter().enumerate() {
            let (fits, what) = match self {
                Loss::CrossEntropyLoss(_) => {
                    (Some(y) == ignored || y >= 0.0 && y < classes as f32 && y.fract() == 0.0, format!("a class from 0 to {} or the ignore_index", classes - 1))
                }
                Loss::BCELoss(_) | Loss::BCEWithLogitsLoss(_) => ((0.0..=1.0).contains(&y), "from 0 to 1".into()),
                Loss::MSELoss(_) | Loss::L1Loss(_) | Loss::HuberLoss(_) => (y.is_finite(), "a finite number".into()),
            };
            if !fits {
                let at = format!("target {n}");
                return Err(Error::data(format!("{} is not {what}, as {} needs", number(y), self.type_name()))
                    .at(at)
                    .hint("change the data, the loss, or the number of outputs"));
            }
        }
        Ok(())
    }

    /// The target that does not count.
    pub fn ignored(&self) -> Option<f32> {
        match self {
            Loss::CrossEntropyLoss(o) => o.ignore_index.map(|class| class as f32),
            _ => None,
        }
    }

    /// The mean along axes of what there is for each target, over those that count.
    pub fn mean(&self, values: &Tensor, target: &Tensor, axes: &[isize]) -> Tensor {
        let Some(ignored) = self.ignored() else { return values.mean(axes, false) };
        let counts = target.ne(ignored);
        counts.select(values, 0.0).sum(axes, false) / counts.cast(DType::F32).sum(axes, false).maximum(1.0)
    }

    /// The loss of a batch: the mean of its examples', or of all its targets that count.
    pub fn of_batch(&self, output: &Tensor, target: &Tensor) -> Tensor {
        match self.ignored() {
            Some(_) => self.mean(&self.terms(output, target), target, &target.all_axes()),
            None => self.per_example(output, target).mean(&[0], false),
        }
    }

    /// The loss of each example, shape `[batch]`. Targets are whole numbers for classes, else f32, in the batch's `target_shape`.
    pub fn per_example(&self, output: &Tensor, target: &Tensor) -> Tensor {
        let terms = self.terms(output, target);
        let axes: Vec<isize> = (1..terms.rank() as isize).list();
        self.mean(&terms, target, &axes)
    }

    /// The loss of each number that is compared with a target.
    fn terms(&self, output: &Tensor, target: &Tensor) -> Tensor {
        match self {
            Loss::BCELoss(_) => binary_cross_entropy(output, target),
            Loss::BCEWithLogitsLoss(_) => binary_cross_entropy_with_logits(output, target),
            Loss::CrossEntropyLoss(o) => cross_entropy(output, target, o.label_smoothing),
            Loss::MSELoss(_) => (output - target).square(),
            Loss::L1Loss(_) => (output - target).abs(),
            Loss::HuberLoss(o) => huber(&(output - target), o.delta as f32),
        }
    }

    /// What the output says about each class or event; none for regression.
    pub fn probabilities(&self, output: &Tensor) -> Option<Tensor> {
        match self {
            Loss::BCELoss(_) => Some(output.clone()),
            Loss::BCEWithLogitsLoss(_) => Some(output.sigmoid()),
            Loss::CrossEntropyLoss(_) => Some(output.softmax(-1)),
            Loss::MSELoss(_) | Loss::L1Loss(_) | Loss::HuberLoss(_) => None,
        }
    }
}

fn ends_in_probabilities(layers: &[Layer]) -> bool {
    match layers.last() {
        Some(Layer::Sigmoid(_) | Layer::Softmax(_)) => true,
        Some(Layer::Sequential(inner)) => ends_in_probabilities(&inner.layers),
        Some(Layer::Flatten(_)) => ends_in_probabilities(&layers[..layers.len() - 1]),
        _ => false,
    }
}

/// Logarithms are held at -100 and the gradient's denominator at 1e-12, as PyTorch does: so the value comes from one formula and the gradient from another.
fn binary_cross_entropy(p: &Tensor, y: &Tensor) -> Tensor {
    let log = |x: &Tensor| x.gt(0.0).select(x.log(), -100.0).maximum(-100.0);
    let value = -(y * log(p) + (1.0 - y) * log(&(1.0 - p)));
    let slope = (p - y) / (p * (1.0 - p)).maximum(1e-12);
    // p minus itself is 0, with gradient 1; where p is NaN, so is the loss.
    value.detach() + slope.detach() * (p - p.detach())
}

/// max(z, 0) - z y + log(1 + e^-|z|), whose exponential cannot overflow. `maximum` shares its gradient at 0, which makes it 1/2 - y there.
fn binary_cross_entropy_with_logits(z: &Tensor, y: &Tensor) -> Tensor {
    z.maximum(0.0) - z * y + ((-z.abs()).exp() + 1.0).log()
}

fn cross_entropy(logits: &Tensor, class: &Tensor, smoothing: f64) -> Tensor {
    let classes = logits.size(-1);
    let hot = class.one_hot(classes);
    let share = if smoothing > 0.0 { hot * (1.0 - smoothing) as f32 + (smoothing / classes as f64) as f32 } else { hot };
    -(share * logits.log_softmax(-1)).sum(&[-1], false)
}

fn huber(difference: &Tensor, delta: f32) -> Tensor {
    let size = difference.abs();
    size.le(delta).select(difference.square() * 0.5, (size - 0.5 * delta) * delta)
}
