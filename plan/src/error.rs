//! The one error type: what is wrong, where, and what to do about it. Imports nothing of the crate.

use std::fmt;
use std::ops::Deref;

/// What kind of mistake it is; the page decides by this where to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The experiment's description is wrong (unknown layer, bad option, shapes that do not fit).
    Spec,
    /// Tensor shapes or types do not fit an operation.
    Shape,
    /// The data set is wrong: counts, labels out of range, NaN, a truncated file.
    Data,
    /// A checkpoint file is damaged or belongs to another model.
    Checkpoint,
    /// No device can do what was asked.
    Device,
    /// The GPU went away.
    DeviceLost,
    /// Training produced a NaN or an infinity.
    NonFinite,
    /// No such session, or it is in the wrong state for the request.
    Session,
    /// A message the engine does not understand.
    Protocol,
    /// A mistake in tabgrad itself.
    Internal,
}

impl Code {
    /// The code as it appears in the worker protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Spec => "spec",
            Code::Shape => "shape",
            Code::Data => "data",
            Code::Checkpoint => "checkpoint",
            Code::Device => "device",
            Code::DeviceLost => "device_lost",
            Code::NonFinite => "non_finite",
            Code::Session => "session",
            Code::Protocol => "protocol",
            Code::Internal => "internal",
        }
    }
}

/// An error for a person: message (what), place (where) and hint (what to do). A pointer wide, so that every `Result` is small.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Report>);

/// What an error says.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What kind of mistake it is.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Where it arose: a path in the spec (`layers[2]`), a tensor's name, or empty.
    pub at: String,
    /// What to do about it, or empty.
    pub hint: String,
}

/// What can go wrong with an `Error`.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Without a place or a remedy yet.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Report { code, message: message.into(), at: String::new(), hint: String::new() }))
    }

    /// A mistake in the description.
    pub fn spec(message: impl Into<String>) -> Error {
        Error::new(Code::Spec, message)
    }

    /// Shapes or types that do not fit.
    pub fn shape(message: impl Into<String>) -> Error {
        Error::new(Code::Shape, message)
    }

    /// A mistake in the data.
    pub fn data(message: impl Into<String>) -> Error {
        Error::new(Code::Data, message)
    }

    /// A damaged or foreign checkpoint.
    pub fn checkpoint(message: impl Into<String>) -> Error {
        Error::new(Code::Checkpoint, message)
    }

    /// Something no device can do.
    pub fn device(message: impl Into<String>) -> Error {
        Error::new(Code::Device, message)
    }

    /// Sets the place, unless a more precise one is known already.
    pub fn at(mut self, at: impl Into<String>) -> Error {
        if self.at.is_empty() {
            self.0.at = at.into();
        }
        self
    }

    /// Puts the message in a wider place, its own becoming part of the message.
    pub fn within(mut self, at: impl Into<String>) -> Error {
        let inner = std::mem::replace(&mut self.0.at, at.into());
        self.0.message = format!("{inner}: {}", self.message);
        self
    }

    /// Sets the remedy.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = hint.into();
        self
    }
}

impl Deref for Error {
    type Target = Report;

    fn deref(&self) -> &Report {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        write!(f, "{}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
