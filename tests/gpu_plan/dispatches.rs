//! From a plan to dispatches: kernels that share one, pipelines that are shared, plans that are refused.

use super::compare::*;
use super::maker::*;
use super::rows::softmax;
use tabgrad::compile::index::Index;
use tabgrad::compile::plan::*;
use tabgrad::dtype::{DType, Value};
use tabgrad::error::Code;
use tabgrad::gpu::Tuning;
use tabgrad::op::Binary;

/// Proves: kernels of different kinds, among them one with barriers and one that does nothing, share a dispatch, and a buffer several of them read.
#[test]
fn several_kernels_in_one_dispatch() {
    let mut m = Maker::new();
    softmax(&mut m, 20, 100, false);
    let Some(Dispatch { kernels }) = m.plan.dispatches.pop() else { unreachable!() };
    let x = kernels[0].bindings[0].buffer;
    let (double, nothing, product) = (m.output(DType::F32, 2000), m.output(DType::F32, 1), m.output(DType::F32, 400));
    let map = m.map(&[2000], &[x, double], vec![float(get(0, Index::dim(0))), float(Op::Binary(Binary::Add, 0, 0))], vec![store(1, Index::dim(0), 1)]);
    let idle = m.map(&[0], &[nothing], vec![float(Op::Const(Value::f32(1.0)))], vec![store(0, Index::dim(0), 0)]);
    let body = Body::Contract { batch: 0, m: 1, n: 1, a: load(0, strided(&[100, 0, 1])), b: load(0, strided(&[0, 100, 1])) };
    let gram = m.kernel(&[20, 20, 100], &[x, product], vec![float(Op::Acc(0))], vec![store(1, rowmajor(&[20, 20]), 0)], body);
    m.dispatch(kernels.into_iter().chain([map, idle, gram]));
    compare_tiles(&m);
}

/// Proves: kernels that compute the same on other buffers, under other names, share one pipeline; different ones do not.
#[test]
fn equal_kernels_share_a_pipeline() {
    let mut m = Maker::new();
    for name in ["first", "second", "third"] {
        softmax(&mut m, 6, 8, false);
        m.plan.dispatches.last_mut().unwrap().kernels[0].name = name.to_string();
    }
    let device = device(Tuning::HARDWARE);
    check(&m, &expected(&m, 1), &device, 1);
    assert_eq!(device.pipelines(), 1);
    softmax(&mut m, 6, 9, false);
    check(&m, &expected(&m, 1), &device, 1);
    assert_eq!(device.pipelines(), 2);
}

/// Proves: the pipelines of programs that are gone go when the next program is made, and those that a program still uses stay.
#[test]
fn pipelines_go_with_their_programs() {
    let device = device(Tuning::SOFTWARE);
    let network = |sizes: &[usize]| {
        let mut m = Maker::new();
        sizes.iter().for_each(|inner| softmax(&mut m, 6, *inner, false));
        let leaves = leaves(&device, &m);
        device.prepare(&m.plan, &find(&leaves)).unwrap()
    };
    let first = network(&[1, 2]);
    let second = network(&[2, 3]);
    assert_eq!(device.pipelines(), 3);
    drop(first);
    let third = network(&[4]);
    assert_eq!(device.pipelines(), 3, "the first network's own pipeline is gone, the one it shared is not");
    drop((second, third));
    for size in 5..10 {
        network(&[size]);
        assert_eq!(device.pipelines(), 1);
    }
}

/// Proves: a leaf that is missing, or not as the plan wants it, is an error that names it.
#[test]
fn wrong_leaves_are_named() {
    let mut m = Maker::new();
    softmax(&mut m, 2, 3, false);
    let device = device(Tuning::SOFTWARE);
    let missing = device.prepare(&m.plan, &|_| None).err().unwrap();
    assert_eq!((missing.code, missing.at.as_str()), (Code::Session, "leaf0"));
    let short = device.buffer(DType::F32, 5).unwrap();
    let wrong = device.prepare(&m.plan, &|_| Some(short.clone())).err().unwrap();
    assert_eq!((wrong.code, wrong.at.as_str()), (Code::Shape, "leaf0"));
    assert!(wrong.message.contains("f32[6]") && wrong.message.contains("f32[5]"), "{wrong}");
}

/// Proves: a dispatch that binds more buffers than the adapter allows is an error that names the kernel.
#[test]
fn too_many_buffers_are_refused() {
    let device = device(Tuning::SOFTWARE);
    let mut m = Maker::new();
    let count = device.info().max_bindings + 1;
    let outputs: Vec<usize> = (0..count).map(|_| m.output(DType::F32, 1)).collect();
    let stores = (0..count).map(|slot| store(slot, Index::default(), 0)).collect();
    m.dispatch([m.map(&[], &outputs, vec![float(Op::Const(Value::f32(1.0)))], stores)]);
    let error = device.prepare(&m.plan, &|_| None).err().unwrap();
    assert!(error.code == Code::Device && error.at == "test", "{error}");
}
