//! WGSL of contractions. Imports compile's data types, wgsl, tune.
//!
//! The operands are two functions of (batch, row, sum) and (batch, column, sum) numbers that read through their views, the epilogue a third function; around
//! them one of two schemes: tiles of both operands in workgroup memory, or each thread straight from the buffers.

use super::tune::{Tile, Tuning};
use super::wgsl::{Coder, Shader, counters, store_roots};
use crate::compile::plan::{Kernel, Load};
use crate::dtype::DType;
use crate::list::List;
use std::fmt::Write;
use std::ops::Range;

/// The groups of loop counters and their sizes.
struct Shape {
    batch: Range<usize>,
    m: Range<usize>,
    n: Range<usize>,
    k: Range<usize>,
    sizes: [usize; 4],
}

/// Adds a contraction to the shader: `counts` are the numbers of batch, m and n dims.
pub(super) fn generate(kernel: &Kernel, counts: [usize; 3], operands: [&Load; 2], tuning: &Tuning, shader: &mut Shader) {
    let [batch, m, n] = counts;
    let (i, j, k) = (batch, batch + m, batch + m + n);
    let size = |range: Range<usize>| kernel.dims[range].iter().product::<usize>();
    let fixed = shader.fixed;
    let shape =
        Shape { batch: fixed..i, m: i..j, n: j..k, k: k..kernel.dims.len(), sizes: [size(fixed..i), size(i..j), size(j..k), size(k..kernel.dims.len())] };
    let [z, m, n, _] = shape.sizes;
    if z * m * n == 0 {
        return;
    }
    let name = shader.next_name();
    let tile = tuning.tile(z, m, n);
    let tiles = z * m.div_ceil(tile.rows) * n.div_ceil(tile.cols);
    let mut coder = Coder::new(kernel, shader);
    let mut text = operand(&mut coder, &format!("{name}_a"), operands[0], &shape, shape.m.clone());
    text += &operand(&mut coder, &format!("{name}_b"), operands[1], &shape, shape.n.clone());
    text += &epilogue(&mut coder, &name, &shape);
    if tile.depth == 0 {
        text += &direct(&name, &shape, &tile, tiles, tuning.threads);
        shader.add(&text, &name, "", tiles.div_ceil(tuning.threads));
    } else {
        let along = [along_sum(kernel, operands[0], &shape, shape.m.clone()), along_sum(kernel, operands[1], &shape, shape.n.clone())];
        text += &tiled(&name, &shape, &tile, tuning.threads, along);
        shader.scratch_f32 = shader.scratch_f32.max(tile.depth * (tile.rows + tile.cols + 2));
        shader.add(&text, &name, "", tiles);
    }
}

/// The function that gives an operand's element.
fn operand(coder: &mut Coder, name: &str, load: &Load, shape: &Shape, own: Range<usize>) -> String {
    let kernel = coder.kernel;
    let mut text = format!("fn {name}(z: u32, i: u32, k: u32) -> f32 {{\n{}", coder.shader.outside());
    for (flat, range) in [("z", shape.batch.clone()), ("i", own), ("k", shape.k.clone())] {
        text += &counters(flat, &kernel.dims[range.clone()], range.start);
    }
    let roots: Vec<_> = load.dynamic.iter().map(|d| d.value).list();
    text += &coder.values(kernel.needed(&roots));
    text += &coder.load("x", load, DType::F32);
    text + "return x;\n}\n"
}

/// The function that finishes and stores one result.
fn epilogue(coder: &mut Coder, name: &str, shape: &Shape) -> String {
    let kernel = coder.kernel;
    let mut text = format!("fn {name}_out(z: u32, i: u32, j: u32, a0: f32) {{\n{}", coder.shader.outside());
    for (flat, range) in [("z", &shape.batch), ("i", &shape.m), ("j", &shape.n)] {
        text += &counters(flat, &kernel.dims[range.clone()], range.start);
    }
    text += &coder.values(kernel.needed(&store_roots(&kernel.stores)));
    kernel.stores.iter().for_each(|s| text += &coder.store(s));
    text + "}\n"
}

/// Whether an operand's neighbours in memory lie along the sum rather than along its rows or columns.
fn along_sum(kernel: &Kernel, load: &Load, shape: &Shape, own: Range<usize>) -> bool {
    let unit = |range: &Range<usize>| range.clone().rev().find(|d| kernel.dims[*d] > 1).is_some_and(|d| load.index.stride(d) == Some(1));
    unit(&shape.k) && !unit(&own)
}

/// Zeroed sums of one thread.
fn zero_sums((rows, cols): (usize, usize)) -> String {
    (0..rows * cols).map(|n| format!("var c{}_{} = 0.0;\n", n / cols, n % cols)).collect()
}

/// Adds the products of `x0..` and `y0..` to the sums.
fn add_products((rows, cols): (usize, usize)) -> String {
    (0..rows * cols).map(|n| (n / cols, n % cols)).map(|(r, c)| format!("c{r}_{c} += x{r} * y{c};\n")).collect()
}

/// Hands the sums on, skipping those outside the result.
fn finish(name: &str, shape: &Shape, tile: &Tile, row: impl Fn(usize) -> String, col: impl Fn(usize) -> String) -> String {
    let ([_, m, n, _], (rows, cols)) = (shape.sizes, tile.per_thread);
    let mut text = String::new();
    for (r, c) in (0..rows * cols).map(|n| (n / cols, n % cols)) {
        let inside = [inside(&row(r), m, tile.rows), inside(&col(c), n, tile.cols)].concat();
        let guard = if inside.is_empty() { String::new() } else { format!("if (true{inside}) ") };
        let _ = writeln!(text, "{guard}{{ {name}_out(z, {}, {}, c{r}_{c}); }}", row(r), col(c));
    }
    text
}

/// A condition to append, needed where tiles of `step` do not fill `size`.
fn inside(at: &str, size: usize, step: usize) -> String {
    if size.is_multiple_of(step) { String::new() } else { format!(" && {at} < {size}u") }
}

/// Where tile number `tile` lies: declares z, and the tile's first row and column.
fn origin(tile_number: &str, shape: &Shape, tile: &Tile) -> String {
    let [_, m, n, _] = shape.sizes;
    let (down, across) = (m.div_ceil(tile.rows), n.div_ceil(tile.cols));
    format!(
        "let z = {tile_number} / {}u;\nlet top = {tile_number} / {across}u % {down}u * {}u;\nlet left = {tile_number} % {across}u * {}u;\n",
        down * across,
        tile.rows,
        tile.cols
    )
}

/// Each thread makes a tile of its own, straight from the buffers.
fn direct(name: &str, shape: &Shape, tile: &Tile, tiles: usize, threads: usize) -> String {
    let [_, m, n, k] = shape.sizes;
    let (rows, cols) = tile.per_thread;
    let mut text = format!("fn {name}(wg: u32, t: u32) {{\nlet p = wg * {threads}u + t;\nif (p >= {tiles}u) {{ return; }}\n{}", origin("p", shape, tile));
    text += &zero_sums(tile.per_thread);
    let _ = writeln!(text, "for (var k = 0u; k < {k}u; k++) {{");
    for r in 0..rows {
        let _ = writeln!(text, "let x{r} = {name}_a(z, min(top + {r}u, {}u), k);", m - 1);
    }
    for c in 0..cols {
        let _ = writeln!(text, "let y{c} = {name}_b(z, min(left + {c}u, {}u), k);", n - 1);
    }
    text += &add_products(tile.per_thread);
    text += "}\n";
    text += &finish(name, shape, tile, |r| format!("(top + {r}u)"), |c| format!("(left + {c}u)"));
    text + "}\n"
}

/// A workgroup makes a tile, slice by slice of the sum through workgroup memory. A slice is stored sum-major with one element of padding, so that
/// neighbouring threads touch different memory banks when they fill it and when they read it; for the same reason a thread's rows and columns are
/// interleaved with those of its neighbours.
fn tiled(name: &str, shape: &Shape, tile: &Tile, threads: usize, along: [bool; 2]) -> String {
    let [_, m, n, k] = shape.sizes;
    let (rows, cols) = tile.per_thread;
    let (down, across) = (tile.rows / rows, tile.cols / cols);
    let half = tile.depth * (tile.rows + 1);
    let mut text = format!("fn {name}(wg: u32, t: u32) {{\n{}let ty = t / {across}u;\nlet tx = t % {across}u;\n", origin("wg", shape, tile));
    text += &zero_sums(tile.per_thread);
    let _ = writeln!(text, "for (var k = 0u; k < {k}u; k += {}u) {{", tile.depth);
    for (which, size, step, base, first, along) in [("a", m, tile.rows, "top", 0, along[0]), ("b", n, tile.cols, "left", half, along[1])] {
        let (i, d) = if along { (format!("e / {}u", tile.depth), format!("e % {}u", tile.depth)) } else { (format!("e % {step}u"), format!("e / {step}u")) };
        let inside = [inside("i", size, step), inside("(k + d)", k, tile.depth)].concat();
        let _ = write!(
            text,
            "for (var e = t; e < {}u; e += {threads}u) {{\n\
             let d = {d};\nlet i = {base} + {i};\nvar x = 0.0;\n\
             if (true{inside}) {{ x = {name}_{which}(z, i, k + d); }}\n\
             sf[{first}u + d * {}u + i - {base}] = x;\n}}\n",
            step * tile.depth,
            step + 1
        );
    }
    let _ = writeln!(text, "workgroupBarrier();\nfor (var d = 0u; d < {}u; d++) {{", tile.depth);
    for r in 0..rows {
        let _ = writeln!(text, "let x{r} = sf[d * {}u + ty + {}u];", tile.rows + 1, r * down);
    }
    for c in 0..cols {
        let _ = writeln!(text, "let y{c} = sf[{half}u + d * {}u + tx + {}u];", tile.cols + 1, c * across);
    }
    text += &add_products(tile.per_thread);
    text += "}\nworkgroupBarrier();\n}\n";
    text += &finish(name, shape, tile, |r| format!("(top + ty + {}u)", r * down), |c| format!("(left + tx + {}u)", c * across));
    text + "}\n"
}
