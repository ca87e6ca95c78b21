//! Reading a spec: JSON values with the place they stand at, so that each mistake names its place, what is known there, and what would be right.
//! Imports error, json.
//!
//! A description with options is declared once, by the `options!` macro: fields, allowed ranges and defaults; reading, writing and the messages come from it.

use crate::error::{Error, Result};
use crate::json::{Json, ToJson};
use crate::list::List;
use std::borrow::Cow;

/// A value and its place, as "layers[2].stride".
pub struct Place<'a> {
    pub value: &'a Json,
    pub at: String,
}

/// What numbers are allowed.
pub struct Range {
    has: fn(f64) -> bool,
    text: &'static str,
}

pub const ANY: Range = Range { has: |_| true, text: "a number" };
pub const SIZE: Range = Range { has: |x| x >= 1.0, text: "at least 1" };
pub const FROM_ZERO: Range = Range { has: |x| x >= 0.0, text: "0 or more" };
/// In f32, too, as devices compute.
pub const POSITIVE: Range = Range { has: |x| x as f32 > 0.0, text: "greater than 0" };
pub const POINTS: Range = Range { has: |x| (1.0..=100_000.0).contains(&x), text: "from 1 to 100000" };
pub const BELOW_ONE: Range = Range { has: |x| (0.0..1.0).contains(&x), text: "at least 0 and below 1" };
pub const UNIT: Range = Range { has: |x| (0.0..=1.0).contains(&x), text: "from 0 to 1" };
pub const HALF: Range = Range { has: |x| (0.0..=0.5).contains(&x), text: "from 0 to 0.5" };
pub const INSIDE_UNIT: Range = Range { has: |x| x > 0.0 && x < 1.0, text: "greater than 0 and below 1" };

/// The largest size or count that is read; more would be a slip of the finger, and products of a few stay within 64 bits.
const LARGEST: f64 = 16_777_216.0;

/// Made from a JSON value. Numbers in it must lie in `range`.
pub trait Read: Sized {
    fn read(place: &Place, range: &Range) -> Result<Self>;
}

impl<'a> Place<'a> {
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::spec(message).at(&self.at)
    }

    /// The last part of the place: the field's name.
    fn name(&self) -> &str {
        let name = self.at.rsplit('.').next().unwrap_or_default();
        if name.is_empty() { "the experiment" } else { name }
    }

    fn expected(&self, what: &str) -> Error {
        self.error(format!("{} must be {what}, not {}", self.name(), brief(self.value)))
    }

    fn object(&self) -> Result<&'a [(Cow<'static, str>, Json)]> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    fn field(&self, name: &str, value: &'a Json) -> Place<'a> {
        let at = if self.at.is_empty() { name.to_string() } else { format!("{}.{name}", self.at) };
        Place { value, at }
    }

    /// The object's fields, all of them known.
    pub fn fields(&'a self, owner: &'static str, known: &'static [&'static str]) -> Result<Fields<'a>> {
        if let Some((odd, _)) = self.object()?.iter().find(|(key, _)| key != "type" && !known.contains(&key.as_ref())) {
            let hint = if known.is_empty() { format!("{owner} has no options") } else { format!("known: {}", known.join(", ")) };
            return Err(self.error(format!("unknown field {odd}")).hint(hint));
        }
        Ok(Fields { place: self, owner })
    }

    /// The object's "type".
    pub fn kind(&self, what: &str) -> Result<&'a str> {
        self.object()?;
        match self.value.get("type") {
            Some(Json::Text(kind)) => Ok(kind),
            Some(other) => Err(self.error(format!("the type of a {what} must be a name, not {}", brief(other)))),
            None => Err(self.error(format!("a {what} needs a type")).hint("add \"type\": \"...\"")),
        }
    }
}

/// The fields of an object.
pub struct Fields<'a> {
    place: &'a Place<'a>,
    owner: &'static str,
}

impl Fields<'_> {
    pub fn required<T: Read>(&self, name: &str, range: &Range) -> Result<T> {
        match self.place.value.get(name) {
            Some(value) => T::read(&self.place.field(name, value), range),
            None => Err(self.place.error(format!("{} needs {name}", self.owner)).hint(format!("add \"{name}\": ..."))),
        }
    }

    pub fn or<T: Read>(&self, name: &str, range: &Range, default: T) -> Result<T> {
        self.place.value.get(name).map_or(Ok(default), |value| T::read(&self.place.field(name, value), range))
    }
}

/// A value in an error message, cut short.
fn brief(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { text.chars().take(37).chain("...".chars()).collect() } else { text }
}

impl Read for f64 {
    fn read(place: &Place, range: &Range) -> Result<f64> {
        let x = place.value.as_f64().ok_or_else(|| place.expected("a number"))?;
        // Devices compute in f32.
        if x.abs() > f32::MAX as f64 {
            return Err(place.expected("within 3.4e38, the range of single precision"));
        }
        if !(range.has)(x) {
            return Err(place.expected(range.text));
        }
        Ok(x)
    }
}

impl Read for f32 {
    fn read(place: &Place, range: &Range) -> Result<f32> {
        f64::read(place, range).map(|x| x as f32)
    }
}

fn whole(place: &Place, range: &Range, largest: f64) -> Result<f64> {
    let x = place.value.as_f64().filter(|x| x.fract() == 0.0).ok_or_else(|| place.expected("a whole number"))?;
    if !(range.has)(x) {
        return Err(place.expected(range.text));
    }
    if x.abs() > largest {
        return Err(place.expected(&format!("at most {}", largest as u64)));
    }
    Ok(x)
}

impl Read for usize {
    fn read(place: &Place, range: &Range) -> Result<usize> {
        whole(place, range, LARGEST).map(|x| x as usize)
    }
}

impl Read for isize {
    fn read(place: &Place, range: &Range) -> Result<isize> {
        whole(place, range, LARGEST).map(|x| x as isize)
    }
}

impl Read for u32 {
    fn read(place: &Place, range: &Range) -> Result<u32> {
        whole(place, range, u32::MAX as f64).map(|x| x as u32)
    }
}

impl Read for bool {
    fn read(place: &Place, _: &Range) -> Result<bool> {
        place.value.as_bool().ok_or_else(|| place.expected("true or false"))
    }
}

impl Read for String {
    fn read(place: &Place, _: &Range) -> Result<String> {
        place.value.as_str().map(str::to_string).ok_or_else(|| place.expected("a text"))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(place: &Place, range: &Range) -> Result<Option<T>> {
        if *place.value == Json::Null { Ok(None) } else { T::read(place, range).map(Some) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(place: &Place, range: &Range) -> Result<Vec<T>> {
        let list = place.value.as_list().ok_or_else(|| place.expected("a list"))?;
        list.iter().enumerate().map(|(n, value)| T::read(&Place { value, at: format!("{}[{n}]", place.at) }, range)).try_list()
    }
}

impl Read for [f64; 2] {
    fn read(place: &Place, range: &Range) -> Result<[f64; 2]> {
        let list = Vec::read(place, range)?;
        list.try_into().map_err(|_| place.expected("a list of two"))
    }
}

/// A number for both axes, or (height, width).
impl Read for [usize; 2] {
    fn read(place: &Place, range: &Range) -> Result<[usize; 2]> {
        if place.value.as_f64().is_some() {
            return usize::read(place, range).map(|n| [n, n]);
        }
        let list = Vec::read(place, range).map_err(|error| if place.value.as_list().is_some() { error } else { place.expected("a whole number or two") })?;
        list.try_into().map_err(|_| place.expected("one number or two"))
    }
}

/// Declares a description: `field: Type [RANGE] = default`; without a default the field is required.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $field:ident: $type:ty [$range:ident] $(= $default:expr)?),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $(
            $(#[$note])*
            #[doc = concat!("`", stringify!($field), "` in a spec" $(, ", by default `", stringify!($default), "`")?, ".")]
            pub $field: $type
        ),* }

        impl $crate::json::ToJson for $name {
            fn json(&self) -> $crate::json::Json {
                $crate::json::object! { $($field: self.$field),* }
            }
        }

        impl $crate::nn::read::Read for $name {
            fn read(place: &$crate::nn::read::Place, _: &$crate::nn::read::Range) -> $crate::error::Result<$name> {
                let _fields = place.fields(stringify!($name), &[$(stringify!($field)),*])?;
                Ok($name { $($field: options!(@get _fields, stringify!($field), &$crate::nn::read::$range $(, $default)?)?),* })
            }
        }
    )* };
    (@get $fields:ident, $name:expr, $range:expr) => { $fields.required($name, $range) };
    (@get $fields:ident, $name:expr, $range:expr, $default:expr) => { $fields.or($name, $range, $default) };
}
pub(crate) use options;

/// Declares an enum of descriptions, told apart by their "type".
macro_rules! tagged {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name { $(#[doc = concat!("As [`", stringify!($variant), "`] says.")] $variant($variant)),* }

        impl $name {
            /// Every type there is.
            pub const TYPES: &'static [&'static str] = &[$(stringify!($variant)),*];

            /// The type as it stands in a spec.
            pub fn type_name(&self) -> &'static str {
                match self { $($name::$variant(_) => stringify!($variant)),* }
            }
        }

        impl $crate::json::ToJson for $name {
            fn json(&self) -> $crate::json::Json {
                match self { $($name::$variant(options) => $crate::nn::read::with_type(stringify!($variant), options)),* }
            }
        }

        impl $crate::nn::read::Read for $name {
            fn read(place: &$crate::nn::read::Place, range: &$crate::nn::read::Range) -> $crate::error::Result<$name> {
                match place.kind($what)? {
                    $(stringify!($variant) => $variant::read(place, range).map($name::$variant),)*
                    other => Err(place.error(format!("unknown {} type {other}", $what)).hint(format!("known: {}", $name::TYPES.join(", ")))),
                }
            }
        }
    };
}
pub(crate) use tagged;

/// Options as they stand in a spec, with the type they are for.
pub fn with_type(name: &'static str, options: &dyn ToJson) -> Json {
    let Json::Object(mut fields) = options.json() else { return Json::Null };
    fields.insert(0, (Cow::Borrowed("type"), name.json()));
    Json::Object(fields)
}

/// Declares an enum of words; `or` gives a variant further words that are read.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal $(or $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$note])* #[doc = concat!("`", $word, "` in a spec.")] $variant),* }

        impl $crate::json::ToJson for $name {
            fn json(&self) -> $crate::json::Json {
                match self { $($name::$variant => $word.json()),* }
            }
        }

        impl $crate::nn::read::Read for $name {
            fn read(place: &$crate::nn::read::Place, range: &$crate::nn::read::Range) -> $crate::error::Result<$name> {
                match <String as $crate::nn::read::Read>::read(place, range)?.as_str() {
                    $($word $(| $alias)* => Ok($name::$variant),)*
                    other => Err(place.error(format!("unknown word \"{other}\"")).hint(concat!("known:" $(, " ", $word)*))),
                }
            }
        }
    };
}
pub(crate) use words;
