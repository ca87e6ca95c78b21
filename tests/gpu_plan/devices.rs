//! A device by itself: its memory, its limits, its loss, its description.

use super::compare::*;
use super::maker::Maker;
use super::rows::softmax;
use pollster::block_on;
use tabgrad::dtype::DType;
use tabgrad::error::Code;
use tabgrad::gpu::{Device, Request, Tuning};

/// Proves: parts of buffers are read and written at offsets, whatever was read before; new buffers are zero; waiting works.
#[test]
fn read_and_write_parts() {
    let device = device(Tuning::SOFTWARE);
    let buffer = device.buffer(DType::U32, 10).unwrap();
    device.write(&buffer, 8, &bytes(DType::U32, &[7, 8, 9]));
    block_on(device.wait()).unwrap();
    let read = |offset, len| words(&block_on(device.read(&buffer, offset, len)).unwrap());
    assert_eq!(read(0, 40), [0, 0, 7, 8, 9, 0, 0, 0, 0, 0]);
    assert_eq!(read(12, 8), [8, 9]);
    assert_eq!(read(16, 8), [9, 0]);
    assert!(read(0, 0).is_empty());
}

/// Proves: a buffer beyond the adapter's limits is an error with its size, and the device works on; so is a mistake the GPU finds (a write past the end).
#[test]
fn refusals_are_errors() {
    let device = device(Tuning::SOFTWARE);
    let huge = device.info().max_buffer_bytes / 4 + 1;
    let error = device.buffer(DType::F32, huge).err().unwrap();
    assert!(error.code == Code::Device && error.message.contains(&(huge * 4).to_string()), "{error}");
    let buffer = device.buffer(DType::F32, 4).unwrap();
    device.write(&buffer, 12, &[0; 8]);
    let error = block_on(device.read(&buffer, 0, 4)).err().unwrap();
    assert_eq!(error.code, Code::Device, "{error}");
    assert_eq!(block_on(device.read(&buffer, 0, 4)), Ok(vec![0; 4]));
}

/// Proves: after a loss of the device every call says so, and none hangs or panics.
#[test]
fn a_lost_device_says_so() {
    let device = device(Tuning::SOFTWARE);
    let mut m = Maker::new();
    softmax(&mut m, 4, 4, false);
    let leaves = leaves(&device, &m);
    let program = device.prepare(&m.plan, &find(&leaves)).unwrap();
    device.run(&program, 1).unwrap();
    device.destroy();
    let (_, leaf) = &leaves[0];
    device.write(leaf, 0, &[0; 4]);
    let errors = [
        device.run(&program, 1).err(),
        device.buffer(DType::F32, 1).err(),
        device.prepare(&m.plan, &find(&leaves)).err(),
        block_on(device.read(leaf, 0, 4)).err(),
        block_on(device.wait()).err(),
    ];
    for error in errors {
        assert_eq!(error.map(|e| e.code), Some(Code::DeviceLost));
    }
}

/// Proves: the adapter is described, and a software one is recognised as such.
#[test]
fn the_adapter_is_described() {
    let device = block_on(Device::new(Request::default())).unwrap();
    let info = device.info();
    assert!(!info.name.is_empty() && info.max_bindings >= 8 && info.max_buffer_bytes >= 1 << 27, "{info:?}");
    if info.name.contains("llvmpipe") {
        assert!(info.software);
    }
}
