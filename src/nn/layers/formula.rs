//! Activation: a formula that people write, on each number. Imports as the parent module, and graph, op, json.
//!
//! The formula becomes operations of the op table, so it is differentiated, fused and run as the built-in layers are. PyTorch has no such layer: there one
//! writes a Module in Python.

use super::Module;
use crate::dtype::Value;
use crate::error::{Error, Result};
use crate::graph::Op;
use crate::json::{Json, ToJson};
use crate::nn::forward::Forward;
use crate::nn::model::Builder;
use crate::nn::read::{Place, Range, Read, options};
use crate::op::{Binary, Unary};
use crate::shape::{Shape, numel};
use crate::tensor::Tensor;
use std::f32::consts::{E, PI};

options! {
    /// A formula of `x` on each number of an input of any shape, as `x*sigmoid(x)`: numbers, `pi`, `e`, parentheses, `+ - * / ^`, and functions: `abs`, `exp`,
    /// `log`, `sqrt`, `sin`, `cos`, `tanh`, `sigmoid`, `relu`, `erf`, `floor`, `softplus`, and `max` and `min` of two values. As in Python, `^` goes before a minus
    /// in front of it and from the right: `-x^2` is `-(x^2)`. Whole powers up to 64 are products; others need a value that is not negative.
    Activation { formula: Formula [ANY] }
}

/// The most characters of a formula, which bounds how deep its parentheses go and how large a kernel becomes.
const LONGEST: usize = 300;

/// A formula that has been read: its text, and what to do with a stack of values, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    X,
    Number(f32),
    Unary(Unary),
    Softplus,
    Binary(Binary),
}

/// What can stand for a value, by name, and how many arguments it takes.
const NAMES: [(&str, Step, usize); 17] = [
    ("x", Step::X, 0),
    ("pi", Step::Number(PI), 0),
    ("e", Step::Number(E), 0),
    ("abs", Step::Unary(Unary::Abs), 1),
    ("exp", Step::Unary(Unary::Exp), 1),
    ("log", Step::Unary(Unary::Log), 1),
    ("sqrt", Step::Unary(Unary::Sqrt), 1),
    ("sin", Step::Unary(Unary::Sin), 1),
    ("cos", Step::Unary(Unary::Cos), 1),
    ("tanh", Step::Unary(Unary::Tanh), 1),
    ("sigmoid", Step::Unary(Unary::Sigmoid), 1),
    ("relu", Step::Unary(Unary::Relu), 1),
    ("erf", Step::Unary(Unary::Erf), 1),
    ("floor", Step::Unary(Unary::Floor), 1),
    ("softplus", Step::Softplus, 1),
    ("max", Step::Binary(Binary::Max), 2),
    ("min", Step::Binary(Binary::Min), 2),
];

/// How tightly a minus in front of a value binds: more than a product, less than a power.
const MINUS: u8 = 3;

/// An operator, and how tightly it binds.
fn operator(byte: u8) -> Option<(Binary, u8)> {
    Some(match byte {
        b'+' => (Binary::Add, 1),
        b'-' => (Binary::Sub, 1),
        b'*' => (Binary::Mul, 2),
        b'/' => (Binary::Div, 2),
        b'^' => (Binary::Pow, 4),
        _ => return None,
    })
}

impl ToJson for Formula {
    fn json(&self) -> Json {
        self.text.json()
    }
}

impl Read for Formula {
    fn read(place: &Place, range: &Range) -> Result<Formula> {
        Formula::new(&String::read(place, range)?).map_err(|error| error.at(&place.at))
    }
}

/// Reads a formula by the precedence of its operators, and writes down the steps.
struct Reader<'a> {
    text: &'a str,
    /// All before it is ASCII.
    at: usize,
    steps: Vec<Step>,
}

impl Reader<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.skip(|byte| byte == b' ');
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on while bytes are such; gives what it passes.
    fn skip(&mut self, such: fn(u8) -> bool) -> &str {
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(|byte| such(*byte)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn expected(&self, what: &str) -> Error {
        let found = self.text[self.at..].chars().next().map_or("the end".to_string(), |found| format!("\"{found}\""));
        Error::spec(format!("at column {} there must be {what}, not {found}", self.at + 1))
    }

    fn pass(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(self.expected(&format!("\"{}\"", byte as char)));
        }
        self.at += 1;
        Ok(())
    }

    /// A value and what operators that bind at least this tightly do with it.
    fn values(&mut self, least: u8) -> Result<()> {
        self.value()?;
        while let Some((op, binds)) = self.peek().and_then(operator).filter(|(_, binds)| *binds >= least) {
            self.at += 1;
            // Powers go from the right: what follows may be one.
            self.values(if op == Binary::Pow { binds } else { binds + 1 })?;
            self.steps.push(Step::Binary(op));
        }
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'-') => {
                self.at += 1;
                self.values(MINUS)?;
                self.steps.push(Step::Unary(Unary::Neg));
                Ok(())
            }
            Some(b'(') => self.arguments(1),
            Some(byte) if byte.is_ascii_digit() || byte == b'.' => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() => self.name(),
            _ => Err(self.expected("a value").hint(known())),
        }
    }

    /// So many values in parentheses.
    fn arguments(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            self.pass(if n == 0 { b'(' } else { b',' })?;
            self.values(0)?;
        }
        self.pass(b')')
    }

    fn name(&mut self) -> Result<()> {
        let start = self.at;
        let name = self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let Some((_, step, count)) = NAMES.iter().find(|(known, ..)| *known == name) else {
            let message = format!("unknown name {name} at column {}", start + 1);
            return Err(Error::spec(message).hint(known()));
        };
        if *count > 0 {
            self.arguments(*count)?;
        }
        self.steps.push(*step);
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        let start = self.at;
        let digits = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        self.skip(digits);
        // An exponent, unless no digits follow: then it is the number e.
        let power = self.at;
        if self.skip(|byte| byte == b'e' || byte == b'E').len() == 1 {
            self.skip(|byte| byte == b'+' || byte == b'-');
            if self.skip(|byte| byte.is_ascii_digit()).is_empty() {
                self.at = power;
            }
        }
        let text = &self.text[start..self.at];
        // JSON wants a digit before the point.
        let whole = if text.starts_with('.') { format!("0{text}") } else { text.to_string() };
        let number = Json::parse(whole.as_bytes()).ok().and_then(|number| number.as_f64()).map(|number| number as f32).filter(|number| number.is_finite());
        let wrong = || Error::spec(format!("{text} at column {} is not a number of single precision", start + 1)).hint("write it as 2, 0.5 or 1e-3");
        self.steps.push(Step::Number(number.ok_or_else(wrong)?));
        Ok(())
    }
}

fn known() -> String {
    format!("known: numbers, {}", NAMES.map(|(name, ..)| name).join(", "))
}

impl Formula {
    /// Reads a text; an error says at which of its columns, counted from 1, is what should be something else.
    pub fn new(text: &str) -> Result<Formula> {
        let length = text.chars().count();
        if length > LONGEST {
            let message = format!("a formula has at most {LONGEST} characters, not {length}");
            return Err(Error::spec(message).hint("divide it among several Activation layers"));
        }
        let mut reader = Reader { text, at: 0, steps: vec![] };
        reader.values(0)?;
        if reader.peek().is_some() {
            return Err(reader.expected("an operator").hint("known: + - * / ^; a product needs its *, as in 2*x"));
        }
        let steps = reader.steps;
        if !steps.contains(&Step::X) {
            return Err(Error::spec("the formula has no x").hint("x is the number that goes in, as in x*sigmoid(x)"));
        }
        Ok(Formula { text: text.to_string(), steps })
    }

    /// Its value for each number of x.
    pub fn of(&self, x: &Tensor) -> Tensor {
        let mut stack: Vec<Tensor> = vec![];
        for step in &self.steps {
            let mut pop = || stack.pop().expect("a formula that was read has all operands");
            let y = match *step {
                Step::X => x.clone(),
                Step::Number(number) => x.constant(Value::f32(number)),
                Step::Unary(op) => pop().unary(op),
                Step::Softplus => {
                    let x = pop();
                    // No exponential overflows, and at 0 the gradient is a half: that of a maximum.
                    x.maximum(0.0) + ((-x.abs()).exp() + 1.0).log()
                }
                Step::Binary(op) => {
                    let (b, a) = (pop(), pop());
                    if op == Binary::Pow { power(&a, &b) } else { a.binary(op, b) }
                }
            };
            stack.push(y);
        }
        stack.pop().expect("a formula that was read has a value").expand(&x.shape())
    }
}

/// a^b; where b is a whole number up to 64, by products, which negative numbers have, too.
fn power(a: &Tensor, b: &Tensor) -> Tensor {
    let whole = match a.graph().node(b.id()).op {
        Op::Const(value) => Some(f32::from_bits(value.bits)).filter(|n| n.fract() == 0.0 && n.abs() <= 64.0),
        _ => None,
    };
    let Some(n) = whole else { return a.pow(b) };
    let (mut rest, mut square, mut product) = (n.abs() as u32, a.clone(), a.constant(Value::f32(1.0)));
    while rest > 0 {
        if rest % 2 == 1 {
            product = product * &square;
        }
        square = square.square();
        rest /= 2;
    }
    if n < 0.0 { 1.0 / product } else { product }
}

impl Module for Activation {
    fn build(&self, input: &[usize], _: &mut Builder) -> Result<Shape> {
        Ok(input.to_vec())
    }

    fn flops(&self, input: &[usize], _: &[usize]) -> f64 {
        (numel(input) * self.formula.steps.iter().filter(|step| !matches!(step, Step::X | Step::Number(_))).count()) as f64
    }

    fn forward(&self, x: &Tensor, _: &mut Forward) -> Tensor {
        self.formula.of(x)
    }
}
