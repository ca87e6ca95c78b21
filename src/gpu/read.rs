//! Giving work to the GPU, waiting for it and reading what comes of it. Imports error and the module's Device.
//!
//! Work is recorded until somebody waits for its results or writes to the device's memory; then all of it is one submit.

use super::{Buffer, Device, Owned, lost};
use crate::error::Result;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Staging buffers are kept for the next read of their size, as many as fit into this; more are given back.
const KEPT_BYTES: u64 = 64 << 20;

/// The way to the GPU.
pub(super) struct Queue {
    device: wgpu::Device,
    pub raw: wgpu::Queue,
    recorded: RefCell<Recorded>,
}

/// Work that the GPU has not been given yet.
#[derive(Default)]
struct Recorded {
    encoder: Option<wgpu::CommandEncoder>,
    /// Copies made by it, to be mapped, and who is told.
    copies: Vec<(wgpu::Buffer, Setter<bool>)>,
}

/// Part of a buffer on its way to us. Its memory is given back even if nobody waits for it.
pub struct Copy {
    staging: Owned,
    mapped: Signal<bool>,
}

/// A value that a callback sets and one task awaits; `None` if the callback is dropped without having been called.
struct Signal<T>(Arc<Mutex<State<T>>>);

/// The callback's end of a signal.
struct Setter<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    closed: bool,
    waker: Option<Waker>,
}

fn signal<T>() -> (Setter<T>, Signal<T>) {
    let state = Arc::new(Mutex::new(State { value: None, closed: false, waker: None }));
    (Setter(state.clone()), Signal(state))
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Setter<T> {
    fn set(self, value: T) {
        lock(&self.0).value = Some(value);
    }
}

impl<T> Drop for Setter<T> {
    fn drop(&mut self) {
        let waker = {
            let mut state = lock(&self.0);
            state.closed = true;
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Future for Signal<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<T>> {
        let mut state = lock(&self.0);
        if state.closed {
            return Poll::Ready(state.value.take());
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Queue {
    pub fn new(device: &wgpu::Device, raw: wgpu::Queue) -> Queue {
        Queue { device: device.clone(), raw, recorded: Default::default() }
    }

    /// Records work.
    pub fn record(&self, work: impl FnOnce(&mut wgpu::CommandEncoder)) {
        let mut recorded = self.recorded.borrow_mut();
        work(recorded.encoder.get_or_insert_with(|| self.device.create_command_encoder(&Default::default())));
    }

    /// Gives the GPU all that is recorded.
    pub fn flush(&self) {
        let Recorded { encoder: Some(encoder), copies } = self.recorded.take() else { return };
        self.raw.submit([encoder.finish()]);
        for (staging, setter) in copies {
            staging.map_async(wgpu::MapMode::Read, .., move |result| setter.set(result.is_ok()));
        }
    }
}

impl Device {
    /// Waits until the GPU has done all work so far.
    pub async fn wait(&self) -> Result<()> {
        self.check()?;
        self.queue.flush();
        let (setter, done) = signal();
        self.queue.raw.on_submitted_work_done(move || setter.set(()));
        self.pump()?;
        done.await;
        self.check()
    }

    /// Copies part of a buffer as it is after all work so far. Offset and length are multiples of 4, the latter not 0.
    pub fn copy(&self, buffer: &Buffer, offset_bytes: usize, bytes: usize) -> Copy {
        let staging = self.staging(bytes as u64);
        self.queue.record(|encoder| encoder.copy_buffer_to_buffer(&buffer.raw.raw, offset_bytes as u64, &staging.raw, 0, bytes as u64));
        let (setter, mapped) = signal();
        self.queue.recorded.borrow_mut().copies.push((staging.raw.clone(), setter));
        Copy { staging, mapped }
    }

    /// Waits for a copy.
    pub async fn fetch(&self, copy: Copy) -> Result<Vec<u8>> {
        self.check()?;
        self.queue.flush();
        self.pump()?;
        let Copy { staging, mapped } = copy;
        let mapped = mapped.await;
        self.check()?;
        let view = if mapped == Some(true) { staging.raw.get_mapped_range(..).ok() } else { None };
        // A device in good health maps its buffers: the news of its loss is still on the way.
        let Some(data) = view.map(|view| view.to_vec()) else { return Err(lost("its memory could not be read")) };
        staging.raw.unmap();
        let mut kept = self.staging.borrow_mut();
        if kept.iter().map(|kept| kept.raw.size()).sum::<u64>() + staging.raw.size() <= KEPT_BYTES {
            kept.push(staging);
        }
        Ok(data)
    }

    /// Part of a buffer, once all work so far is done. Offset and length are multiples of 4.
    pub async fn read(&self, buffer: &Buffer, offset_bytes: usize, bytes: usize) -> Result<Vec<u8>> {
        if bytes == 0 {
            return self.check().map(|_| Vec::new());
        }
        let copy = self.copy(buffer, offset_bytes, bytes);
        self.fetch(copy).await
    }

    /// A buffer to copy to: one kept from an earlier read, or new.
    fn staging(&self, bytes: u64) -> Owned {
        let mut kept = self.staging.borrow_mut();
        if let Some(n) = kept.iter().position(|b| b.raw.size() == bytes) {
            return kept.swap_remove(n);
        }
        let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ;
        let raw = self.raw.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes, usage, mapped_at_creation: false });
        Owned { raw, queue: self.queue.clone() }
    }

    /// Natively callbacks run only while somebody asks for them. On the web this does nothing.
    fn pump(&self) -> Result<()> {
        match self.raw.poll(wgpu::PollType::wait_indefinitely()) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.check()?;
                Err(lost(&error.to_string()))
            }
        }
    }
}
