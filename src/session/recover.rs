//! Surviving the loss of a GPU: a copy of the training's state is taken every few seconds, and training goes on from it on another device.
//! Imports the session, machine, backend, state, task.

use super::backend::{Choice, DeviceInfo, Devices};
use super::machine::words;
use super::task::{Task, all, poll};
use super::{Session, build, state, step};
use crate::error::{Code, Result};
use crate::list::List;

/// A copy is taken this often while a GPU trains.
pub const EVERY_MS: f64 = 3000.0;

/// Copies of the state, leaf by leaf.
pub struct Backup {
    /// The last complete one.
    state: Option<Leaves>,
    pending: Option<Task<Leaves>>,
    taken_at: f64,
}

type Leaves = Vec<Vec<u8>>;

/// What a session that lost its device went on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The step training goes on from: that of the last copy, or 0.
    pub step: usize,
    /// The device it goes on on.
    pub device: DeviceInfo,
}

impl Session {
    /// Everything training changes, as it is now.
    pub(super) fn state(&self) -> Task<Leaves> {
        all(state::leaves(&self.spec, &self.model).iter().map(|(name, ..)| self.machine.read(name)).list())
    }

    /// Goes on from such a state.
    pub(super) fn restore(&mut self, leaves: &Leaves) -> Result<()> {
        for ((name, ..), bytes) in state::leaves(&self.spec, &self.model).iter().zip(leaves) {
            self.machine.write(name, 0, bytes)?;
        }
        // The counters come first.
        self.go_on_from(words(&leaves[0])[0] as usize)
    }

    /// Begins a copy if the last one is older than this, on a device that can be lost. Training goes on meanwhile.
    pub(super) fn back_up(&mut self, older_than_ms: f64) -> Result<()> {
        let now = (self.now)();
        let due = self.backup.as_ref().is_none_or(|b| b.pending.is_none() && now - b.taken_at >= older_than_ms);
        if !self.machine.is_gpu() || !due {
            return Ok(());
        }
        let pending = Some(self.state());
        let state = self.backup.take().and_then(|backup| backup.state);
        self.backup = Some(Backup { state, pending, taken_at: now });
        Ok(())
    }

    /// Takes a copy and waits for it, on a device that can be lost: what was changed by hand or has just been trained must not be lost.
    pub(super) async fn secure(&mut self) -> Result<()> {
        if self.machine.is_gpu() {
            // The one under way comes first, and gives its memory to the new one.
            if let Some(backup) = &mut self.backup
                && let Some(pending) = backup.pending.take()
            {
                backup.state = Some(pending.await?);
            }
            let state = Some(self.state().await?);
            self.backup = Some(Backup { state, pending: None, taken_at: (self.now)() });
        }
        Ok(())
    }

    /// Looks whether the copy under way is complete.
    pub(super) fn look_after_backup(&mut self) -> Result<()> {
        if let Some(backup) = &mut self.backup
            && let Some(done) = backup.pending.as_mut().and_then(poll)
        {
            backup.pending = None;
            backup.state = Some(done?);
        }
        Ok(())
    }

    /// After the loss of the device: builds everything again on a new one, on the CPU if there is none, and goes on from the last copy of the state,
    /// or from the start if there is none yet.
    pub async fn recover(&mut self, devices: &Devices) -> Result<Recovered> {
        let program = step(&self.spec, &self.model, &self.dataset, &self.order)?;
        let (opened, plan) = match devices.open(self.choice, &program, None).await {
            Ok(opened) => opened,
            Err(_) => (devices.cpu("the GPU was lost and there is no other"), None),
        };
        let built = match build(opened, plan, &program, &self.spec, &self.model, &self.dataset, &self.order) {
            Err(error) if matches!(error.code, Code::DeviceLost | Code::Device) => {
                self.choice = Choice::Cpu;
                let opened = devices.cpu("the GPU was lost, and again while training was to go on");
                build(opened, None, &program, &self.spec, &self.model, &self.dataset, &self.order)
            }
            built => built,
        };
        (self.machine, self.training) = built?;
        // What was under way belongs to the lost device.
        let last = self.backup.take().and_then(|backup| backup.state);
        match last {
            Some(leaves) => {
                self.restore(&leaves)?;
                self.backup = Some(Backup { state: Some(leaves), pending: None, taken_at: (self.now)() });
            }
            None => self.go_on_from(0)?,
        }
        Ok(Recovered { step: self.step(), device: self.machine.info.clone() })
    }
}
