//! Waiting for the GPU and reading from it. Imports error and the module's Device.

use super::{Buffer, Device, lost};
use crate::error::Result;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Staging buffers up to this size are kept for the next read of that size: the many small ones, while the rare large one is given back.
const KEPT_BYTES: usize = 1 << 16;

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

impl Device {
    /// Waits until the GPU has done all work submitted so far.
    pub async fn wait(&self) -> Result<()> {
        self.check()?;
        let (setter, done) = signal();
        self.queue.on_submitted_work_done(move || setter.set(()));
        self.pump()?;
        done.await;
        self.check()
    }

    /// Part of a buffer, once all work submitted so far is done. Offset and length are multiples of 4.
    pub async fn read(&self, buffer: &Buffer, offset_bytes: usize, bytes: usize) -> Result<Vec<u8>> {
        self.check()?;
        if bytes == 0 {
            return Ok(Vec::new());
        }
        let staging = self.staging(bytes);
        let mut encoder = self.raw.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&buffer.raw.0, offset_bytes as u64, &staging, 0, bytes as u64);
        self.queue.submit([encoder.finish()]);
        self.check()?;
        let (setter, mapped) = signal();
        staging.map_async(wgpu::MapMode::Read, .., move |result| setter.set(result.is_ok()));
        self.pump()?;
        let mapped = mapped.await;
        self.check()?;
        let view = if mapped == Some(true) { staging.get_mapped_range(..).ok() } else { None };
        // A device in good health maps its buffers: the news of its loss is still on the way.
        let Some(data) = view.map(|view| view.to_vec()) else { return Err(lost("its memory could not be read")) };
        staging.unmap();
        if bytes <= KEPT_BYTES {
            self.staging.borrow_mut().push(staging);
        } else {
            staging.destroy();
        }
        Ok(data)
    }

    /// A buffer to copy to: one kept from an earlier read, or new.
    fn staging(&self, bytes: usize) -> wgpu::Buffer {
        let mut kept = self.staging.borrow_mut();
        if let Some(n) = kept.iter().position(|b| b.size() == bytes as u64) {
            return kept.swap_remove(n);
        }
        let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ;
        self.raw.create_buffer(&wgpu::BufferDescriptor { label: None, size: bytes as u64, usage, mapped_at_creation: false })
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
