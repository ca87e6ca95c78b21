//! Tensors: handles to nodes of a graph, with the operations people write. Nothing is computed here. Imports graph, op, dtype, shape, error.
//!
//! Methods do not return `Result`: the first mistake (with the shapes and the scope it arose in) is kept by the graph and reported when it is compiled.

mod attention;
mod contract;
mod function;
mod movement;
mod random;
mod recurrent;
mod reduce;

use crate::dtype::{DType, Value};
use crate::error::Error;
use crate::graph::{Graph, Id, Op};
use crate::op::{Binary, Unary};
use crate::shape::{Shape, broadcast};
pub use attention::Attention;
pub use contract::Conv;

/// A node of a graph. Cloning copies the handle.
#[derive(Clone)]
pub struct Tensor {
    graph: Graph,
    id: Id,
}

/// What elementwise operations take beside a tensor: another tensor, or a number of its type.
pub trait Operand {
    /// It as a tensor in the graph of `like`, a number in the type of `like`.
    fn tensor(&self, like: &Tensor) -> Tensor;
}

impl Operand for Tensor {
    fn tensor(&self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl Operand for &Tensor {
    fn tensor(&self, _: &Tensor) -> Tensor {
        (*self).clone()
    }
}

impl Operand for f32 {
    fn tensor(&self, like: &Tensor) -> Tensor {
        like.constant(Value::of(like.dtype(), *self as f64))
    }
}

impl Graph {
    /// Data from outside: an input, a parameter, state. Shape and type must agree wherever the name is used.
    pub fn leaf(&self, name: &str, dtype: DType, shape: &[usize]) -> Tensor {
        if dtype == DType::F16 {
            self.0.borrow_mut().fail(Error::shape(format!("leaf {name:?} of f16")).hint("make it f32, and cast what is made of it"));
        }
        self.tensor(Op::Leaf(name.to_string()), &[], shape.to_vec(), dtype)
    }

    /// A single value, shape `[]`.
    pub fn constant(&self, value: Value) -> Tensor {
        let id = self.0.borrow_mut().constant(value, &[]);
        Tensor { graph: self.clone(), id }
    }

    /// All elements `value`.
    pub fn full(&self, shape: &[usize], value: f32) -> Tensor {
        self.constant(Value::f32(value)).expand(shape)
    }

    /// 0, 1, ... n-1, of type I32, shape `[n]`.
    pub fn iota(&self, n: usize) -> Tensor {
        self.tensor(Op::Iota, &[], vec![n], DType::I32)
    }

    /// The handle of a node.
    pub fn at(&self, id: Id) -> Tensor {
        Tensor { graph: self.clone(), id }
    }

    pub(crate) fn tensor(&self, op: Op, inputs: &[Id], shape: Shape, dtype: DType) -> Tensor {
        let id = self.0.borrow_mut().add(op, inputs, shape, dtype);
        Tensor { graph: self.clone(), id }
    }
}

impl Tensor {
    /// Number of its node.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The graph it is in.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        self.graph.0.borrow().shape(self.id).to_vec()
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.graph.0.borrow().shape(self.id).len()
    }

    /// Type of its elements.
    pub fn dtype(&self) -> DType {
        self.graph.0.borrow().node(self.id).dtype
    }

    /// Size of an axis; negative axes count from the end.
    pub fn size(&self, axis: isize) -> usize {
        let shape = self.shape();
        axis_of(axis, shape.len()).map_or(1, |axis| shape[axis])
    }

    /// A constant in this tensor's graph.
    pub fn constant(&self, value: Value) -> Tensor {
        self.graph.constant(value)
    }

    fn make(&self, op: Op, inputs: &[Id], shape: Shape, dtype: DType) -> Tensor {
        self.graph.tensor(op, inputs, shape, dtype)
    }

    /// Records a mistake; what is returned only serves to go on.
    fn fail(&self, message: String, hint: &str) -> Tensor {
        let id = self.graph.0.borrow_mut().fail(Error::shape(message).hint(hint));
        Tensor { graph: self.graph.clone(), id }
    }

    /// The same tensor, but a constant for gradients.
    pub fn detach(&self) -> Tensor {
        self.make(Op::Detach, &[self.id], self.shape(), self.dtype())
    }

    /// Converted to another type (float to whole number truncates and saturates).
    pub fn cast(&self, dtype: DType) -> Tensor {
        if dtype == DType::U8 {
            return self.fail("cannot convert to u8".into(), "u8 is for data sets only; use i32 or u32");
        }
        if self.dtype() != DType::F32 && dtype != DType::F32 && [self.dtype(), dtype].contains(&DType::F16) {
            return self.cast(DType::F32).cast(dtype);
        }
        self.make(Op::Cast, &[self.id], self.shape(), dtype)
    }

    /// The result of a layer that contracts, as others see it: rounded to F16 under `Graph::autocast`, in which type it is stored.
    pub fn handed_on(&self) -> Tensor {
        if self.graph.0.borrow().autocast { self.cast(DType::F16).cast(DType::F32) } else { self.clone() }
    }

    /// A row of the op table on each element.
    pub fn unary(&self, op: Unary) -> Tensor {
        let row = op.row();
        if !row.types.has(self.dtype()) {
            return self.fail(format!("{} does not take {}", row.name, self.dtype()), "convert with cast first");
        }
        self.make(Op::Unary(op), &[self.id], self.shape(), self.dtype())
    }

    /// Elementwise, after broadcasting both to a common shape.
    pub fn binary(&self, op: Binary, other: impl Operand) -> Tensor {
        self.combined(op, &other.tensor(self))
    }

    fn combined(&self, op: Binary, other: &Tensor) -> Tensor {
        let row = op.row();
        if self.dtype() != other.dtype() || !row.types.has(self.dtype()) {
            return self.fail(format!("{} does not take {} and {}", row.name, self.dtype(), other.dtype()), "convert with cast first");
        }
        let Some(shape) = broadcast(&self.shape(), &other.shape()) else {
            return self
                .fail(format!("{} of shapes {:?} and {:?}", row.name, self.shape(), other.shape()), "sizes must be equal or 1, aligned at the last axis");
        };
        let dtype = if op.compares() { DType::Bool } else { self.dtype() };
        let (a, b) = (self.expand(&shape), other.expand(&shape));
        self.make(Op::Binary(op), &[a.id, b.id], shape, dtype)
    }

    /// Of a condition (Bool): `yes` where it holds, else `no`.
    pub fn select(&self, yes: impl Operand, no: impl Operand) -> Tensor {
        let yes = yes.tensor(&self.constant(Value::f32(0.0)));
        self.either(&yes, &no.tensor(&yes))
    }

    fn either(&self, yes: &Tensor, no: &Tensor) -> Tensor {
        let shape = broadcast(&yes.shape(), &no.shape()).and_then(|s| broadcast(&s, &self.shape()));
        let Some(shape) = shape.filter(|_| self.dtype() == DType::Bool && yes.dtype() == no.dtype()) else {
            return self.fail(
                format!("select by {}{:?} between {}{:?} and {}{:?}", self.dtype(), self.shape(), yes.dtype(), yes.shape(), no.dtype(), no.shape()),
                "the condition must be bool, the values of one type, and the shapes must broadcast",
            );
        };
        let ids = [self.expand(&shape).id, yes.expand(&shape).id, no.expand(&shape).id];
        self.make(Op::Where, &ids, shape, yes.dtype())
    }

    /// x * x.
    pub fn square(&self) -> Tensor {
        self * self
    }

    /// self > other.
    pub fn gt(&self, other: impl Operand) -> Tensor {
        other.tensor(self).binary(Binary::Lt, self)
    }

    /// self != other.
    pub fn ne(&self, other: impl Operand) -> Tensor {
        self.eq(other).not()
    }

    /// self <= other; false where one is NaN.
    pub fn le(&self, other: impl Operand) -> Tensor {
        let other = other.tensor(self);
        self.lt(&other).or(self.eq(&other))
    }

    /// self >= other; false where one is NaN.
    pub fn ge(&self, other: impl Operand) -> Tensor {
        other.tensor(self).le(self)
    }
}

macro_rules! methods {
    (unary $($method:ident $op:ident $doc:literal;)*) => {
        impl Tensor { $(#[doc = $doc] pub fn $method(&self) -> Tensor { self.unary(Unary::$op) })* }
    };
    (binary $($method:ident $op:ident $doc:literal;)*) => {
        impl Tensor { $(#[doc = $doc] pub fn $method(&self, other: impl Operand) -> Tensor { self.binary(Binary::$op, other) })* }
    };
}

methods! { unary
    exp Exp "e^x.";
    log Log "Natural logarithm.";
    sqrt Sqrt "Square root.";
    abs Abs "Absolute value.";
    sin Sin "Sine.";
    cos Cos "Cosine.";
    tanh Tanh "Hyperbolic tangent.";
    sigmoid Sigmoid "1 / (1 + e^-x).";
    relu Relu "max(x, 0).";
    erf Erf "Error function.";
    floor Floor "Largest whole number not above x.";
    not Not "Logical negation.";
}

methods! { binary
    maximum Max "The larger; on a tie each gets half of the gradient.";
    minimum Min "The smaller; on a tie each gets half of the gradient.";
    pow Pow "self^other, for self >= 0.";
    rem Rem "Remainder of whole numbers.";
    and And "Logical or bitwise and.";
    or Or "Logical or bitwise or.";
    lt Lt "self < other.";
    eq Eq "self == other.";
}

/// An axis counted from the start or, negative, from the end.
fn axis_of(axis: isize, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { axis + rank as isize } else { axis };
    usize::try_from(axis).ok().filter(|axis| *axis < rank)
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident;)*) => { $(
        impl<T: Operand> std::ops::$trait<T> for &Tensor {
            type Output = Tensor;
            fn $method(self, other: T) -> Tensor { self.binary(Binary::$op, other) }
        }
        impl<T: Operand> std::ops::$trait<T> for Tensor {
            type Output = Tensor;
            fn $method(self, other: T) -> Tensor { self.binary(Binary::$op, other) }
        }
        impl std::ops::$trait<&Tensor> for f32 {
            type Output = Tensor;
            fn $method(self, other: &Tensor) -> Tensor { self.tensor(other).binary(Binary::$op, other) }
        }
        impl std::ops::$trait<Tensor> for f32 {
            type Output = Tensor;
            fn $method(self, other: Tensor) -> Tensor { self.tensor(&other).binary(Binary::$op, other) }
        }
    )* };
}

operators! { Add add Add; Sub sub Sub; Mul mul Mul; Div div Div; }

impl std::ops::Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.unary(Unary::Neg)
    }
}

impl std::ops::Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.unary(Unary::Neg)
    }
}
