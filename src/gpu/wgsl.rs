//! WGSL text of what kernels have in common: index arithmetic, values, loads and stores. Imports compile's data types, op, dtype.
//!
//! Names in the text: `b0..` the buffers of the dispatch, `step` the turn of the loop it is in, `i0..` loop counters (i32), `v0..` values, `a0..` results of phases and contractions, `k0..`
//! kernels. No name of a tensor and nothing that differs between equal kernels, so that equal kernels have equal text and share a pipeline.

use crate::compile::index::{Atom, Guard, Index};
use crate::compile::plan::{Access, Binding, Dynamic, Instr, Kernel, Load, Op, Store, Val};
use crate::dtype::{DType, Value};
use crate::list::List;
use crate::op::{Binary, Unary};
use crate::sorted::Set;
use std::fmt::Write;

/// The shader of one dispatch as it grows.
#[derive(Default)]
pub(super) struct Shader {
    /// How many loop counters come from outside: 1 within a loop of the plan, which counts steps, else none.
    pub fixed: usize,
    /// Whether kernels use subgroups; those are given their size.
    pub subgroups: bool,
    /// Whether halves lie in memory as such.
    pub f16: bool,
    /// The buffers it uses, by binding number.
    pub slots: Vec<Binding>,
    /// Elements of workgroup memory wanted for floats (`sf`) and for whole numbers (`su`).
    pub scratch_f32: usize,
    pub scratch_u32: usize,
    helpers: Set<&'static str>,
    functions: String,
    switch: String,
    kernels: usize,
    groups: usize,
}

impl Shader {
    /// Adds a kernel: `functions` must define the one called `name`, taking the workgroup's number within the kernel, the thread's within the workgroup, and
    /// then what `more` says.
    pub fn add(&mut self, functions: &str, name: &str, more: &str, groups: usize) {
        let (first, end) = (self.groups, self.groups + groups);
        let orelse = if self.kernels == 0 { "" } else { " else " };
        let _ = write!(self.switch, "{orelse}if (wg < {end}u) {{ {name}(wg - {first}u, t{more}); }}");
        self.functions += functions;
        self.kernels += 1;
        self.groups = end;
    }

    /// Declares the counters that come from outside.
    pub fn outside(&self) -> &'static str {
        if self.fixed > 0 { "let i0 = step;\n" } else { "" }
    }

    /// Workgroups of all kernels together.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Name for the next kernel's function.
    pub fn next_name(&self) -> String {
        format!("k{}", self.kernels)
    }

    /// The binding number of a kernel's buffer: one per buffer, written if any kernel writes it.
    fn slot(&mut self, binding: &Binding) -> usize {
        let n = self.slots.iter().position(|s| s.buffer == binding.buffer).unwrap_or_else(|| {
            self.slots.push(binding.clone());
            self.slots.len() - 1
        });
        if binding.access == Access::Write {
            self.slots[n].access = Access::Write;
        }
        n
    }

    /// The whole text. Workgroups are numbered over `width` columns of the grid.
    pub fn text(&self, threads: usize, width: usize) -> String {
        // Natively subgroups are there without a word.
        let enable = if self.subgroups && cfg!(target_arch = "wasm32") { "enable subgroups;\n" } else { "" };
        let width_of_subgroup = if self.subgroups { ", @builtin(subgroup_size) width: u32" } else { "" };
        let mut text = enable.to_string();
        if self.f16 && self.slots.iter().any(|slot| slot.dtype == DType::F16) {
            text += "enable f16;\n";
        }
        for (n, slot) in self.slots.iter().enumerate() {
            let access = if slot.access == Access::Write { "read_write" } else { "read" };
            let _ = writeln!(text, "@group(0) @binding({n}) var<storage, {access}> b{n}: array<{}>;", self.stored(slot.dtype));
        }
        if self.fixed > 0 {
            text += "@group(1) @binding(0) var<uniform> step: i32;\n";
        }
        for (name, ty, len) in [("sf", "f32", self.scratch_f32), ("su", "u32", self.scratch_u32)] {
            if len > 0 {
                let _ = writeln!(text, "var<workgroup> {name}: array<{ty}, {len}>;");
            }
        }
        self.helpers.iter().for_each(|h| text += h);
        text += &self.functions;
        let _ = writeln!(
            text,
            "@compute @workgroup_size({threads}) fn main(@builtin(workgroup_id) g: vec3<u32>, @builtin(local_invocation_index) t: u32{width_of_subgroup}) {{\n\
             let wg = g.x + g.y * {width}u;\n{}\n}}",
            self.switch
        );
        text
    }

    /// WGSL's name of an element type in memory.
    fn stored(&self, dtype: DType) -> &'static str {
        if dtype == DType::F16 && self.f16 { "f16" } else { type_name(dtype) }
    }

    fn helper(&mut self, name: &str) {
        for (_, text) in HELPERS.iter().filter(|(n, _)| *n == name) {
            self.helpers.insert(text);
        }
    }
}

/// WGSL's name of the type of values.
pub(super) fn type_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 | DType::F16 => "f32",
        DType::I32 => "i32",
        DType::U32 | DType::Bool | DType::U8 => "u32",
    }
}

/// A literal. What WGSL's constant evaluation refuses (infinities and NaN) passes through a variable.
pub(super) fn literal(shader: &mut Shader, value: Value) -> String {
    match value.dtype {
        DType::F32 | DType::F16 if value.bits == 0 || (1e-30..1e30).contains(&value.as_f32().abs()) => format!("({value}f)"),
        // Decimals of the extremes are rounded differently by different compilers, out of range at worst.
        DType::F32 | DType::F16 if value.as_f32().is_finite() => format!("bitcast<f32>({}u)", value.bits),
        DType::F32 | DType::F16 => {
            shader.helper("zero");
            format!("bitcast<f32>({}u | zero)", value.bits)
        }
        DType::I32 if value.bits as i32 == i32::MIN => "i32(-2147483648)".to_string(),
        DType::I32 => format!("({}i)", value.bits as i32),
        DType::U32 | DType::Bool | DType::U8 => format!("{}u", value.bits),
    }
}

/// Declares counters `first..` of `dims` from the row-major number `flat` (u32), which must lie within their product.
pub(super) fn counters(flat: &str, dims: &[usize], first: usize) -> String {
    let mut text = String::new();
    let mut below: usize = dims.iter().product();
    for (n, size) in dims.iter().enumerate() {
        if below == 0 {
            let _ = writeln!(text, "let i{} = 0;", first + n); // never reached
            continue;
        }
        let whole = below;
        below /= size;
        let quotient = if below == 1 { flat.to_string() } else { format!("{flat} / {below}u") };
        let value = match *size {
            1 => "0".to_string(),
            _ if below * size == whole && n == 0 => format!("i32({quotient})"),
            _ => format!("i32({quotient} % {size}u)"),
        };
        let _ = writeln!(text, "let i{} = {value};", first + n);
    }
    text
}

/// Writes one kernel's expressions.
pub(super) struct Coder<'a> {
    pub kernel: &'a Kernel,
    pub shader: &'a mut Shader,
    slots: Vec<usize>,
}

impl<'a> Coder<'a> {
    pub fn new(kernel: &'a Kernel, shader: &'a mut Shader) -> Coder<'a> {
        let slots = kernel.bindings.iter().map(|b| shader.slot(b)).list();
        Coder { kernel, shader, slots }
    }

    /// An index as an i32 expression in brackets.
    fn index(&mut self, index: &Index) -> String {
        let mut text = String::new();
        for (atom, c) in &index.terms {
            let atom = match atom {
                Atom::Dim(n) => format!("i{n}"),
                Atom::Div(x, d) => self.divide(x, *d, "/", ">>", d.trailing_zeros() as i64, "floor_div"),
                Atom::Mod(x, d) => self.divide(x, *d, "%", "&", d - 1, "floor_mod"),
            };
            text += if text.is_empty() { "" } else { " + " };
            text += &if *c == 1 { atom } else { format!("{atom} * {}", integer(*c)) };
        }
        match (text.is_empty(), index.constant) {
            (true, c) => integer(c),
            (false, 0) => format!("({text})"),
            (false, c) => format!("({text} + {})", integer(c)),
        }
    }

    /// `x / d` or `x % d`, rounded down: by shift or mask for powers of two (right for negative numbers too), unsigned where x cannot be negative.
    fn divide(&mut self, x: &Index, d: i64, op: &str, bits_op: &str, bits: i64, floor: &str) -> String {
        let negative = x.bounds(&self.kernel.dims).0 < 0;
        let x = self.index(x);
        if d & (d - 1) == 0 {
            let unit = if bits_op == ">>" { "u" } else { "" };
            format!("({x} {bits_op} {bits}{unit})")
        } else if negative {
            self.shader.helper(floor);
            format!("{floor}({x}, {d})")
        } else {
            format!("i32(u32({x}) {op} {d}u)")
        }
    }

    /// All guards hold. A negative index is a huge unsigned one, so that one comparison does.
    fn guards(&mut self, guards: &[Guard]) -> String {
        let each: Vec<String> = guards.iter().map(|g| format!("u32{} < {}u", bracketed(self.index(&g.index)), g.size)).list();
        each.join(" && ")
    }

    /// Where in the buffer: the index, plus the gathered part. As u32.
    fn place(&mut self, index: &Index, dynamic: &Option<Dynamic>) -> String {
        let index = self.index(index);
        match dynamic {
            None => format!("u32{}", bracketed(index)),
            Some(d) => {
                let last = d.size.max(1) - 1;
                let at = match self.kernel.code[d.value].dtype {
                    DType::I32 => format!("u32(clamp(v{}, 0, {last}))", d.value),
                    _ => format!("min(v{}, {last}u)", d.value),
                };
                format!("u32({index} + i32({at} * {}u))", d.stride)
            }
        }
    }

    /// Declares `name` as the element of a load, as `dtype`. The buffer is not touched where a guard fails.
    pub fn load(&mut self, name: &str, load: &Load, dtype: DType) -> String {
        let slot = self.slots[load.slot];
        let (stored, declared) = (self.kernel.bindings[load.slot].dtype, self.shader.slots[slot].dtype);
        let place = self.place(&load.index, &load.dynamic);
        let element = if stored == DType::U8 {
            let byte = format!("((b{slot}[({place}) >> 2u] >> ((({place}) & 3u) * 8u)) & 255u)");
            format!("{}({byte})", type_name(dtype))
        } else if stored == DType::F16 {
            format!("f32(b{slot}[{place}])")
        } else {
            reinterpret(format!("b{slot}[{place}]"), declared, dtype)
        };
        if load.guards.is_empty() {
            return format!("let {name} = {element};\n");
        }
        let guards = self.guards(&load.guards);
        // Set to zero by hand: in a loop, SwiftShader keeps the value of the round before in a variable without an initial value.
        let ty = type_name(dtype);
        format!("var {name} = {ty}(0); if ({guards}) {{ {name} = {element}; }}\n")
    }

    /// Declarations of these values, in order.
    pub fn values(&mut self, vals: impl IntoIterator<Item = Val>) -> String {
        vals.into_iter().map(|v| self.value(v)).collect()
    }

    fn value(&mut self, v: Val) -> String {
        let kernel = self.kernel;
        let Instr { op, dtype } = &kernel.code[v];
        let of = |v: &Val| kernel.code[*v].dtype;
        let text = match op {
            Op::Const(value) => literal(self.shader, *value),
            Op::Index(index) => format!("{}{}", type_name(*dtype), bracketed(self.index(index))),
            Op::Load(load) => return self.load(&format!("v{v}"), load, *dtype),
            Op::Unary(op, x) => self.unary(*op, *dtype, &format!("v{x}")),
            Op::Binary(op, x, y) => self.binary(*op, of(x), &format!("v{x}"), &format!("v{y}")),
            Op::Where(c, x, y) => format!("select(v{y}, v{x}, v{c} != 0u)"),
            Op::Cast(x) => self.cast(of(x), *dtype, &format!("v{x}")),
            Op::Guarded(guards, x, other) => {
                let other = literal(self.shader, *other);
                if guards.is_empty() { format!("v{x}") } else { format!("select({other}, v{x}, {})", self.guards(guards)) }
            }
            Op::Acc(n) => format!("a{n}"),
        };
        format!("let v{v} = {text};\n")
    }

    fn unary(&mut self, op: Unary, dtype: DType, a: &str) -> String {
        match (op, dtype) {
            (Unary::Neg, DType::U32) => return format!("(0u - {a})"),
            (Unary::Relu, _) => return format!("select({a}, 0.0, {a} < 0.0)"), // so that a NaN stays one
            (Unary::Erf, _) => self.shader.helper("erf_"),
            _ => {}
        }
        filled(op.row().wgsl, a, "")
    }

    /// An operation on operands of type `dtype`.
    pub fn binary(&mut self, op: Binary, dtype: DType, a: &str, b: &str) -> String {
        match (op, dtype) {
            // So that a NaN on either side stays one.
            (Binary::Max | Binary::Min, DType::F32) => {
                self.shader.helper("is_nan");
                let compare = if op == Binary::Max { ">" } else { "<" };
                return format!("select({b}, {a}, {a} {compare} {b} || is_nan({a}))");
            }
            (Binary::Div | Binary::Rem, DType::I32 | DType::U32 | DType::Bool) => {
                let (ty, sign) = (type_name(dtype), if op == Binary::Div { "/" } else { "%" });
                return format!("select({a} {sign} select({b}, {ty}(1), {b} == {ty}(0)), {ty}(0), {b} == {ty}(0))");
            }
            (Binary::Threefry, _) => self.shader.helper("threefry"),
            _ => {}
        }
        filled(op.row().wgsl, a, b)
    }

    fn cast(&mut self, from: DType, to: DType, x: &str) -> String {
        match (from, to) {
            (from, to) if from == to => x.to_string(),
            // By its bits: NaN is not zero, but a comparison may say otherwise.
            (DType::F32, DType::Bool) => format!("u32((bitcast<u32>({x}) & 0x7fffffffu) != 0u)"),
            (from, DType::Bool) => format!("u32({x} != {}(0))", type_name(from)),
            (DType::F32, DType::F16) => self.call("to_f16", x),
            (DType::F32, DType::I32) => self.call("to_i32", x),
            (DType::F32, _) => self.call("to_u32", x),
            (_, DType::F32) => format!("f32({x})"),
            (from, to) => reinterpret(x.to_string(), from, to),
        }
    }

    fn call(&mut self, helper: &'static str, x: &str) -> String {
        self.shader.helper(helper);
        self.shader.helper("is_nan");
        format!("{helper}({x})")
    }

    /// The statement of a store.
    pub fn store(&mut self, store: &Store) -> String {
        let slot = self.slots[store.slot];
        let place = self.place(&store.index, &store.dynamic);
        let (from, to) = (self.kernel.code[store.value].dtype, self.shader.slots[slot].dtype);
        let value = format!("v{}", store.value);
        let value = if to == DType::F16 { format!("{}({value})", self.shader.stored(to)) } else { reinterpret(value, from, to) };
        format!("b{slot}[{place}] = {value};\n")
    }
}

/// The values that stores need: what they write and where.
pub(super) fn store_roots<'a>(stores: impl IntoIterator<Item = &'a Store>) -> Vec<Val> {
    stores.into_iter().flat_map(|s| std::iter::once(s.value).chain(s.dynamic.as_ref().map(|d| d.value))).list()
}

/// A row's expression with operands in the places of `{a}` and `{b}`.
fn filled(wgsl: &str, a: &str, b: &str) -> String {
    wgsl.split(['{', '}']).fold(String::new(), |text, part| {
        text + if part == "a" {
            a
        } else if part == "b" {
            b
        } else {
            part
        }
    })
}

fn bracketed(text: String) -> String {
    if text.starts_with('(') { text } else { format!("({text})") }
}

/// A whole number as an operand. A negative one is typed, since it may be about to become a u32.
fn integer(x: i64) -> String {
    if x < 0 { format!("i32({x})") } else { x.to_string() }
}

/// The same bits as another type.
fn reinterpret(text: String, from: DType, to: DType) -> String {
    let (from, to) = (type_name(from), type_name(to));
    if from == to { text } else { format!("bitcast<{to}>({text})") }
}

/// Functions and variables a shader contains only when it uses them. NaN is recognised by its bits: compilers may take comparisons for those of numbers.
const HELPERS: &[(&str, &str)] = &[
    ("zero", "var<private> zero: u32;\n"),
    ("is_nan", "fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }\n"),
    ("floor_div", "fn floor_div(x: i32, d: i32) -> i32 { return (x - select(0, d - 1, x < 0)) / d; }\n"),
    ("floor_mod", "fn floor_mod(x: i32, d: i32) -> i32 { let r = x % d; return select(r, r + d, r < 0); }\n"),
    (
        // As math::half, bit by bit: WGSL does not say which way its own conversion rounds.
        "to_f16",
        "fn to_f16(x: f32) -> f32 {\n\
         let bits = bitcast<u32>(x);\n\
         let size = bits & 0x7fffffffu;\n\
         let normal = (size + 0xfffu + ((size >> 13u) & 1u)) & 0xffffe000u;\n\
         let small = bitcast<u32>(round(abs(x) * 16777216.0) * 5.9604644775390625e-8);\n\
         let rounded = select(normal, small, size < 0x38800000u);\n\
         let held = select(rounded, 0x7f800000u, rounded >= 0x47800000u);\n\
         return select(bitcast<f32>((bits & 0x80000000u) | held), x, is_nan(x));\n}\n",
    ),
    (
        "to_i32",
        "fn to_i32(x: f32) -> i32 {\n\
         let inside = i32(clamp(x, -2147483648.0, 2147483520.0));\n\
         return select(select(inside, 2147483647, x >= 2147483648.0), 0, is_nan(x));\n}\n",
    ),
    (
        "to_u32",
        "fn to_u32(x: f32) -> u32 {\n\
         let inside = u32(clamp(x, 0.0, 4294967040.0));\n\
         return select(select(inside, 4294967295u, x >= 4294967296.0), 0u, is_nan(x));\n}\n",
    ),
    (
        // As math::erf.
        "erf_",
        "fn erf_(x: f32) -> f32 {\n\
         let a = abs(x);\n\
         let t = 1.0 / (1.0 + 0.3275911 * a);\n\
         let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;\n\
         let big = sign(x) * (1.0 - p * exp(-a * a));\n\
         let z = x * x;\n\
         let s = (((0.004629630 * z - 0.023809524) * z + 0.1) * z - 0.33333333) * z + 1.0;\n\
         return select(big, 1.1283791671 * x * s, a < 0.3);\n}\n",
    ),
    (
        // As math::threefry.
        "threefry",
        "fn threefry(key: u32, counter: u32) -> u32 {\n\
         var keys = array<u32, 3>(key, 0x9E3779B9u, key ^ 0x9E3779B9u ^ 0x1BD11BDAu);\n\
         var turns = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);\n\
         var x = counter + keys[0];\n\
         var y = keys[1];\n\
         for (var group = 0u; group < 5u; group++) {\n\
         for (var r = 0u; r < 4u; r++) {\n\
         let turn = turns[(group & 1u) * 4u + r];\n\
         x += y;\n\
         y = ((y << turn) | (y >> (32u - turn))) ^ x;\n\
         }\n\
         x += keys[(group + 1u) % 3u];\n\
         y += keys[(group + 2u) % 3u] + group + 1u;\n\
         }\n\
         return x;\n}\n",
    ),
];
