//! Golden Plans: the compiled training step of each example network and of the benchmark's, so that a change in kernels, fusion or memory is seen in review.
//! `UPDATE_PLANS=1 cargo test --test plans` writes them anew.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use tabgrad::compile::plan::{BufferKind, Plan};
use tabgrad::compile::{Options, Program, compile};
use tabgrad::dtype::DType;
use tabgrad::graph::{Id, Op};
use tabgrad::nn::{DataLayout, Model, Precision, Spec, optimizer_slots, report, train};
use tabgrad::shape::numel;

/// The benchmark's networks, with the types of their inputs and targets. The experiments are those of `bench/workloads.js`, which `tests/scripts/bench.test.mjs` sees to.
const BENCHMARK: [(&str, &str, DType, DType); 6] = [
    ("W1", include_str!("plans/specs/W1.json"), DType::F32, DType::F32),
    ("W2", include_str!("plans/specs/W2.json"), DType::U8, DType::U8),
    ("W3", include_str!("plans/specs/W3.json"), DType::U8, DType::U8),
    ("W4", include_str!("plans/specs/W4.json"), DType::U8, DType::U8),
    ("W5", include_str!("plans/specs/W5.json"), DType::I32, DType::I32),
    ("W6", include_str!("plans/specs/W6.json"), DType::I32, DType::I32),
];

/// How many examples those of this type are.
fn examples(x: DType) -> usize {
    if x == DType::U8 { 60_000 } else { 1000 }
}

fn spec(text: &str) -> Spec {
    serde_json::from_str(text).expect("a valid spec")
}

/// The Plan of a training step on `count` examples, whose inputs and targets are of these types.
fn plan(text: &str, count: usize, x: DType, y: DType) -> Plan {
    compile(&program(&spec(text), count, x, y), &Options::default()).expect("a plan")
}

/// The training step itself.
fn program(spec: &Spec, count: usize, x: DType, y: DType) -> Program {
    let model = Model::new(spec).expect("a valid model");
    let (x_shape, y_shape) = (model.input.clone(), spec.loss.target_shape(&model.output).to_vec());
    let scale = (x == DType::U8).then_some((0.1307, 0.3081));
    let data = DataLayout { count, x, x_shape, y, y_shape, stride: None, scale, order_len: count };
    train(spec, &model, &data).expect("a program")
}

/// Compares with the committed text.
fn golden(name: &str, plan: &Plan, most_dispatches: f64) {
    let kernels: usize = plan.dispatches.iter().map(|d| d.kernels.len()).sum();
    let temp: usize = plan.buffers.iter().filter(|b| b.kind == BufferKind::Temp).map(|b| b.dtype.bytes(b.len)).sum();
    let text = format!("{} dispatches, {kernels} kernels, {temp} bytes of scratch\n{plan}", plan.dispatches.len());
    let path = format!("{}/tests/plans/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_PLANS").is_some() {
        fs::write(&path, &text).expect("the plan can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let line = known.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(known == text, "{path} differs (first at line {:?}); UPDATE_PLANS=1 writes it anew", line.map(|n| n + 1));
    let dispatches = plan.work().dispatches;
    assert!(dispatches <= most_dispatches, "{name}: {dispatches} dispatches, loops with all their steps");
}

/// Proves: the first network's step is the committed Plan, of at most 12 dispatches.
#[test]
fn first_network() {
    let spec = include_str!("../www/examples/first.json");
    golden("first", &plan(spec, 3, DType::F32, DType::F32), 12.0);
}

/// Proves: the playground's step is the committed Plan, of at most 12 dispatches.
#[test]
fn playground() {
    let spec = include_str!("../www/examples/playground.json");
    golden("playground", &plan(spec, 250, DType::F32, DType::F32), 12.0);
}

/// Proves: the digits CNN's step is the committed Plan, of at most 40 dispatches.
#[test]
fn digits() {
    let spec = include_str!("../www/examples/digits.json");
    golden("digits", &plan(spec, 60_000, DType::U8, DType::U8), 40.0);
}

/// Proves: the steps of the benchmark's networks are the committed Plans, of at most so many dispatches with the eight buffers that every WebGPU has.
#[test]
fn benchmark() {
    for ((name, text, x, y), most_dispatches) in BENCHMARK.into_iter().zip([8.0, 12.0, 20.0, 60.0, 400.0, 130.0]) {
        golden(name, &plan(text, examples(x), x, y), most_dispatches);
    }
}

/// Proves: a GPT that computes its blocks again needs less than half the scratch, and a deeper one less than a third: each further block
/// adds less than a fourth, its input and the gradient of its parameters above all.
#[test]
fn recompute() {
    let scratch = |layers: usize, recompute: bool| {
        let mut spec = Spec { recompute, ..spec(BENCHMARK[5].1) };
        let block = spec.layers[2].clone();
        spec.layers.splice(2..6, std::iter::repeat_n(block, layers));
        compile(&program(&spec, 1000, DType::I32, DType::I32), &Options::default()).expect("a plan").temp_bytes()
    };
    assert!(2 * scratch(4, true) < scratch(4, false));
    assert!(3 * scratch(12, true) < scratch(12, false));
    let further = |recompute: bool| scratch(12, recompute) - scratch(4, recompute);
    assert!(4 * further(true) < further(false), "{} instead of {}", further(true), further(false));
}

/// Bytes of what the gradients need of the forward pass: one f32 tensor for each of its nodes that the rest of the step reads, saved once. Movements are views, and
/// leaves and constants lie outside.
fn activations(program: &Program) -> usize {
    let graph = &program.graph;
    let node = |id: Id| graph.node(id);
    let ancestors = |ids: Vec<Id>| {
        let (mut seen, mut open) = (vec![false; graph.len()], ids);
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut seen[id.0 as usize], true) {
                open.extend(node(id).inputs);
                open.extend(graph.recurrence(id).into_iter().flat_map(|r| [r.first, r.next]));
            }
        }
        seen
    };
    let source = |mut id: Id| {
        while matches!(
            node(id).op,
            Op::Reshape
                | Op::Permute(_)
                | Op::Expand
                | Op::Slice { .. }
                | Op::Pad { .. }
                | Op::Flip(_)
                | Op::Shear(_)
                | Op::Unshear(_)
                | Op::Detach
                | Op::After
        ) {
            id = node(id).inputs[0];
        }
        id
    };
    // The new ring is a choice between the step's facts, of which the loss is the first, and the old one.
    let ring = program.updates.iter().find(|update| update.leaf == "ring").expect("a ring").value;
    let forward = ancestors(vec![node(source(node(ring).inputs[1])).inputs[0]]);
    let all = ancestors(program.updates.iter().map(|update| update.value).collect());
    let mut saved: Vec<Id> = (0..graph.len())
        .filter(|n| all[*n] && !forward[*n])
        .flat_map(|n| node(Id(n as u32)).inputs)
        .filter(|id| forward[id.0 as usize])
        .map(source)
        .filter(|id| !matches!(node(*id).op, Op::Leaf(_) | Op::Const(_) | Op::Iota))
        .collect();
    saved.sort();
    saved.dedup();
    saved.iter().map(|id| 4 * numel(&node(*id).shape)).sum()
}

/// Proves: what the benchmark's training steps allocate beside data and rings is at most 1.5 times what must be there (parameters, gradients, the optimiser's state and the
/// activations), and what the report says is that, or up to three eighths more.
#[test]
fn memory() {
    let again = ("W6 recomputed", BENCHMARK[5].1, DType::I32, DType::I32);
    for (name, text, x, y) in BENCHMARK.into_iter().chain([again]) {
        let spec = Spec { recompute: name == again.0, ..spec(text) };
        let (program, model) = (program(&spec, 1000, x, y), Model::new(&spec).expect("a model"));
        let plan = compile(&program, &Options::default()).expect("a plan");
        let (params, slots) = (4 * model.flat_len(), optimizer_slots(&spec).len());
        let needed = (2 + slots) * params + activations(&program);
        let allocated = (1 + slots) * params + plan.temp_bytes();
        assert!(2 * allocated <= 3 * needed, "{name}: {allocated} bytes where {needed} are needed");
        let memory = report(&spec, &model).memory;
        let said = memory.total - memory.data;
        assert!(allocated <= said && 8 * said <= 11 * allocated, "{name}: {allocated} bytes, but {said} by the report");
    }
}

/// Proves: halves take about half the memory of what layers hand on (that of gradients of parameters and of copies of weights apart), at most this share of it
/// where norms, softmax or pools add what stays f32 (a recurrence gains nothing), and a few dispatches more; the first of the steps is the committed Plan.
#[test]
fn halves() {
    for ((name, text, x, y), most) in BENCHMARK[1..].iter().copied().zip([0.5, 0.6, 0.75, 1.1, 0.75]) {
        let plan = |precision: Precision| {
            let program = program(&Spec { precision, ..spec(text) }, examples(x), x, y);
            compile(&program, &Options::default()).expect("a plan")
        };
        let (whole, half) = (plan(Precision::F32), plan(Precision::F16));
        let params = whole.buffers.iter().find(|b| b.kind == BufferKind::Leaf("params".into())).expect("parameters").len;
        let share = (half.temp_bytes() - 6 * params) as f64 / (whole.temp_bytes() - 4 * params) as f64;
        let found = format!("{name}: {share:.3} of {} bytes, {} dispatches instead of {}", whole.temp_bytes(), half.dispatches.len(), whole.dispatches.len());
        assert!(share <= most && half.dispatches.len() <= whole.dispatches.len() * 5 / 4, "{found}");
        if name == "W2" {
            golden("W2-f16", &half, 16.0);
        }
    }
}
