//! WGSL of maps and row kernels. Imports compile's data types, op, dtype, wgsl, tune.
//!
//! A row is shared by `lanes` threads of one workgroup. With one lane a thread walks its row alone; with more, each takes every lanes-th element and a tree
//! joins their results, in a fixed order: in workgroup memory, or by exchange within subgroups as far as they reach. A map is rows of one element.

use super::tune::Tuning;
use super::wgsl::{Coder, Shader, counters, literal, store_roots, type_name};
use crate::compile::plan::{Kernel, Load, Op, Phase, Store, Val};
use crate::dtype::DType;
use std::fmt::Write;

/// Adds a map or row kernel to the shader.
pub(super) fn generate(kernel: &Kernel, outer: usize, phases: &[Phase], tuning: &Tuning, shader: &mut Shader) {
    let fixed = shader.fixed;
    let rows: usize = kernel.dims[fixed..outer].iter().product();
    if rows == 0 {
        return;
    }
    let inner: usize = kernel.dims[outer..].iter().product();
    let neighbours = neighbours(kernel, fixed..outer);
    let lanes = tuning.lanes(rows, inner, neighbours);
    let name = shader.next_name();
    let per_group = tuning.threads / lanes;
    // Neighbouring threads work on what are neighbours in memory: rows, or elements of a row.
    let (row, lane, step) =
        if neighbours { (format!("t % {per_group}u"), format!("t / {per_group}u"), per_group) } else { (format!("t / {lanes}u"), format!("t % {lanes}u"), 1) };
    let subgroups = tuning.subgroups && lanes > 1 && !phases.is_empty();
    shader.subgroups |= subgroups;
    let (parameter, argument) = if subgroups { (", width: u32", ", width") } else { ("", "") };
    let mut text = format!("fn {name}(wg: u32, t: u32{parameter}) {{\n");
    if lanes == 1 {
        let _ = write!(text, "let r = wg * {}u + t;\nif (r >= {rows}u) {{ return; }}\n", tuning.threads);
    } else {
        // Threads beyond the last row repeat it without storing: all must reach the barriers.
        let _ = write!(text, "let lane = {lane};\nlet at = wg * {per_group}u + {row};\nlet live = at < {rows}u;\nlet r = min(at, {}u);\n", rows - 1);
    }
    text += shader.outside();
    text += &counters("r", &kernel.dims[fixed..outer], fixed);

    let mut writer = RowWriter {
        coder: Coder::new(kernel, shader),
        outer,
        lanes,
        step,
        subgroups,
        varies: kernel.varies_within_row(),
        declared: vec![false; kernel.code.len()],
    };
    for (n, phase) in phases.iter().enumerate() {
        text += &writer.phase(n, phase, n + 1 == phases.len(), tuning.threads);
    }
    text += &writer.stores();
    text += "}\n";
    shader.add(&text, &name, argument, rows.div_ceil(per_group));
}

/// Whether the buffers' neighbouring elements lie in neighbouring rows rather than along a row, by vote of the loads.
fn neighbours(kernel: &Kernel, rows: std::ops::Range<usize>) -> bool {
    let last = |dims: std::ops::Range<usize>| dims.rev().find(|n| kernel.dims[*n] > 1);
    let (row, inner) = (last(rows.clone()), last(rows.end..kernel.dims.len()));
    let votes = |dim: Option<usize>| {
        let unit = |load: &Load| dim.is_some_and(|n| load.index.stride(n) == Some(1));
        kernel.code.iter().filter(|i| matches!(&i.op, Op::Load(load) if unit(load))).count()
    };
    votes(row) > votes(inner)
}

struct RowWriter<'a> {
    coder: Coder<'a>,
    outer: usize,
    lanes: usize,
    /// Distance between the lanes of a row among the threads.
    step: usize,
    subgroups: bool,
    varies: Vec<bool>,
    /// Values declared at the level of the row, once for all loops.
    declared: Vec<bool>,
}

impl RowWriter<'_> {
    /// Declares what `roots` need and is the same in the whole row; gives the rest, which belongs into a loop over the row.
    fn hoist(&mut self, roots: &[Val], text: &mut String) -> Vec<Val> {
        let (inside, outside): (Vec<Val>, Vec<Val>) = self.coder.kernel.needed(roots).into_iter().partition(|v| self.varies[*v]);
        for v in outside {
            if !std::mem::replace(&mut self.declared[v], true) {
                *text += &self.coder.values([v]);
            }
        }
        inside
    }

    /// A loop of this thread over its elements of the row.
    fn each(&self, body: &str) -> String {
        let dims = &self.coder.kernel.dims[self.outer..];
        if self.lanes > 1 {
            let inner: usize = dims.iter().product();
            let at = counters("q", dims, self.outer);
            return format!("for (var q = lane; q < {inner}u; q += {}u) {{\n{at}{body}}}\n", self.lanes);
        }
        let heads: String =
            dims.iter().enumerate().map(|(n, d)| (n + self.outer, d)).map(|(n, d)| format!("for (var i{n} = 0; i{n} < {d}; i{n}++) {{\n")).collect();
        format!("{heads}{body}{}\n", "}".repeat(dims.len()))
    }

    fn phase(&mut self, n: usize, phase: &Phase, last: bool, threads: usize) -> String {
        let mut text = String::new();
        let inside = self.hoist(&[phase.value], &mut text);
        let (ty, op) = (type_name(phase.dtype), phase.reduce.binary());
        let identity = literal(self.coder.shader, phase.reduce.identity(phase.dtype));
        let combine = self.coder.binary(op, phase.dtype, &format!("c{n}"), &format!("v{}", phase.value));
        let body = format!("{}c{n} = {combine};\n", self.coder.values(inside));
        let _ = write!(text, "var c{n}: {ty} = {identity};\n{}", self.each(&body));
        if self.lanes == 1 {
            let _ = writeln!(text, "let a{n} = c{n};");
            return text;
        }
        let float = phase.dtype.is_float();
        let scratch = if float { &mut self.coder.shader.scratch_f32 } else { &mut self.coder.shader.scratch_u32 };
        *scratch = threads.max(*scratch);
        let (memory, from, to) = match phase.dtype {
            DType::F32 | DType::F16 => ("sf", "", ""),
            DType::I32 => ("su", "bitcast<i32>", "bitcast<u32>"),
            DType::U32 | DType::Bool | DType::U8 => ("su", "", ""),
        };
        let step = self.step;
        let combine = self.coder.binary(op, phase.dtype, "x", "y");
        let again = if last { "" } else { "workgroupBarrier();\n" };
        if self.subgroups {
            // Threads are numbered subgroup by subgroup. The lanes in one, `joined`, come to have the same result; the rest goes through memory.
            let span = self.lanes * step;
            let _ = write!(
                text,
                "for (var s = {step}u; s < min(width, {span}u); s <<= 1u) {{ let x = c{n}; let y = subgroupShuffleXor(x, s); c{n} = {combine}; }}\n\
                 var a{n} = c{n};\n\
                 if (width < {span}u) {{\n\
                 {memory}[t] = {to}(c{n});\n\
                 workgroupBarrier();\n\
                 let joined = max(width, {step}u);\n\
                 let first = t - lane * {step}u;\n\
                 a{n} = {from}({memory}[first]);\n\
                 for (var s = joined; s < {span}u; s += joined) {{ let x = a{n}; let y = {from}({memory}[first + s]); a{n} = {combine}; }}\n\
                 {again}}}\n"
            );
            return text;
        }
        let _ = write!(
            text,
            "{memory}[t] = {to}(c{n});\n\
             for (var s = {}u; s > 0u; s >>= 1u) {{\n\
             workgroupBarrier();\n\
             if (lane < s) {{ let x = {from}({memory}[t]); let y = {from}({memory}[t + s * {step}u]); {memory}[t] = {to}({combine}); }}\n\
             }}\n\
             workgroupBarrier();\n\
             let a{n} = {from}({memory}[t - lane * {step}u]);\n\
             {again}",
            self.lanes / 2
        );
        text
    }

    fn stores(&mut self) -> String {
        let mut text = String::new();
        let kernel = self.coder.kernel;
        let is_map = kernel.dims.len() == self.outer;
        let (per_row, per_element): (Vec<&Store>, Vec<&Store>) = kernel.stores.iter().partition(|s| s.per_row || is_map);
        // All that is the same in the row is read before anything is written.
        self.hoist(&store_roots(per_row.iter().copied()), &mut text);
        let inside = self.hoist(&store_roots(per_element.iter().copied()), &mut text);
        let live = if self.lanes > 1 { "if (live) " } else { "" };
        if !per_element.is_empty() {
            let mut body = self.coder.values(inside);
            per_element.iter().for_each(|s| body += &self.coder.store(s));
            let _ = write!(text, "{live}{{\n{}}}\n", self.each(&body));
        }
        if !per_row.is_empty() {
            let loaded = |slot: usize| kernel.code.iter().any(|i| matches!(&i.op, Op::Load(load) if load.slot == slot));
            if self.lanes > 1 && per_row.iter().any(|s| loaded(s.slot)) {
                text += "storageBarrier();\n"; // in place: every lane has read before one writes
            }
            let first = if self.lanes > 1 { "if (live && lane == 0u) " } else { "" };
            let stores: String = per_row.iter().map(|s| self.coder.store(s)).collect();
            let _ = write!(text, "{first}{{\n{stores}}}\n");
        }
        text
    }
}
