//! The sessions of a page and the messages to them. Imports the session, protocol, task, nn, data, error.
//!
//! A message may come while another waits for the GPU: each session answers one at a time, in the order of asking, and no table is borrowed while waiting.

use super::protocol::{Answer, ImageFile, Opened, Reply, Request, TensorInfo};
use super::recover::Recovered;
use super::task::Turn;
use super::{Amount, Clock, Devices, Session};
use crate::data::{Images, Source};
use crate::error::{Code, Error, Result};
use crate::nn::{self, Spec};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Answers messages.
pub struct Engine {
    devices: Devices,
    now: Clock,
    slots: RefCell<HashMap<u32, Rc<Slot>>>,
}

/// The place of one session, which may be empty.
#[derive(Default)]
struct Slot {
    turn: Turn,
    session: RefCell<Option<Session>>,
}

impl Engine {
    /// No sessions yet.
    pub fn new(now: Clock) -> Engine {
        Engine { devices: Devices::default(), now, slots: RefCell::new(HashMap::new()) }
    }

    /// Answers one message. A session whose GPU is lost on the way goes on on another device, and the message is tried again.
    pub async fn handle(&self, request: Request) -> Answer {
        let mut recovered = None;
        let result = self.answer(request, &mut recovered).await.map_err(|error| error.into());
        Answer { result, recovered }
    }

    async fn answer(&self, request: Request, recovered: &mut Option<Recovered>) -> Result<Reply> {
        match request {
            Request::Devices {} => {
                let (devices, recommended) = self.devices.list().await;
                Ok(Reply::Devices { devices, recommended: recommended.kind, why: recommended.why })
            }
            Request::Check { spec } => Ok(Reply::Report { report: nn::check(&experiment(&spec)?)? }),
            Request::Create { session, spec, device, train, test } => {
                let (spec, choice, source) = (experiment(&spec)?, device.unwrap_or_default(), source(train, test));
                self.open(session, Session::create(&self.devices, self.now, spec, choice, source)).await
            }
            Request::Load { session, bytes, device, train, test } => {
                let (choice, source) = (device.unwrap_or_default(), source(train, test));
                self.open(session, Session::load(&self.devices, self.now, &bytes.0, choice, source)).await
            }
            Request::Close { session } => {
                let slot = self.slot(session);
                let _turn = slot.turn.take().await;
                slot.session.borrow_mut().take();
                Ok(Reply::Done {})
            }
            Request::LoseDevice {} => {
                self.devices.lose();
                Ok(Reply::Done {})
            }
            Request::Data { session: n, .. }
            | Request::Train { session: n, .. }
            | Request::Evaluate { session: n, .. }
            | Request::Predict { session: n, .. }
            | Request::Trace { session: n, .. }
            | Request::Tensors { session: n }
            | Request::Read { session: n, .. }
            | Request::Write { session: n, .. }
            | Request::Set { session: n, .. }
            | Request::Save { session: n }
            | Request::Plan { session: n } => {
                let slot = self.slot(n);
                let _turn = slot.turn.take().await;
                let mut session = slot.take(n)?;
                let result = self.ask(&mut session, &request, recovered).await;
                *slot.session.borrow_mut() = Some(session);
                result
            }
        }
    }

    /// Puts a new session in place of the one of this number, which lives on if there is none.
    async fn open(&self, number: u32, opening: impl Future<Output = Result<Session>>) -> Result<Reply> {
        let slot = self.slot(number);
        let _turn = slot.turn.take().await;
        let session = opening.await?;
        let opened = Opened::of(&session);
        *slot.session.borrow_mut() = Some(session);
        Ok(Reply::Opened(opened))
    }

    fn slot(&self, number: u32) -> Rc<Slot> {
        self.slots.borrow_mut().entry(number).or_default().clone()
    }

    async fn ask(&self, session: &mut Session, request: &Request, recovered: &mut Option<Recovered>) -> Result<Reply> {
        let lost = |reply: &Result<Reply>| reply.as_ref().is_err_and(|error| error.code == Code::DeviceLost);
        let mut reply = answer(session, request).await;
        if lost(&reply) {
            *recovered = Some(session.recover(&self.devices).await?);
            reply = answer(session, request).await;
        }
        reply
    }
}

impl Slot {
    fn take(&self, number: u32) -> Result<Session> {
        let missing = || Error::new(Code::Session, format!("there is no session {number}")).hint("Create it first.");
        self.session.borrow_mut().take().ok_or_else(missing)
    }
}

/// One message to a session.
async fn answer(session: &mut Session, request: &Request) -> Result<Reply> {
    Ok(match request {
        Request::Data { split, start, count, indices, .. } => {
            let numbers = match indices {
                Some(indices) => indices.clone(),
                None => {
                    let start = start.unwrap_or(0);
                    // One beyond the end is enough to be told so.
                    (start..start.saturating_add(count.unwrap_or(1)).min(session.split(*split).count.max(start) + 1)).collect()
                }
            };
            session.examples(*split, &numbers)?.into()
        }
        Request::Train { steps, budget_ms, sync, .. } => {
            Reply::Trained(session.train(Amount { steps: *steps, budget_ms: *budget_ms, sync: sync.unwrap_or(false) }).await?)
        }
        Request::Evaluate { split, details, start, count, .. } => {
            let range = (start.is_some() || count.is_some()).then(|| {
                let start = start.unwrap_or(0);
                start..count.map_or(session.split(*split).count, |n| start.saturating_add(n))
            });
            session.evaluate(*split, range, details.unwrap_or(false)).await?.into()
        }
        Request::Predict { inputs, count, layers, .. } => session.predict(&inputs.0, *count, layers.unwrap_or(false)).await?.into(),
        Request::Trace { start, count, .. } => session.trace(*start..start.saturating_add(*count)).await?.into(),
        Request::Tensors { .. } => {
            let info = |t: super::Named| TensorInfo { name: t.name, shape: t.shape, dtype: t.dtype.to_string(), role: t.role };
            Reply::Tensors { tensors: session.tensors().into_iter().map(info).collect() }
        }
        Request::Read { name, .. } => {
            let tensor = session.read(name).await?;
            Reply::Tensor { shape: tensor.shape, dtype: "f32", data: super::protocol::Floats(tensor.data) }
        }
        Request::Write { name, data, .. } => {
            session.write(name, &data.0)?;
            Reply::Done {}
        }
        Request::Set { spec, .. } => {
            let kept = session.set(experiment(spec)?).await?;
            Reply::Opened(Opened { kept: Some(kept), ..Opened::of(session) })
        }
        Request::Save { .. } => Reply::Saved { bytes: super::protocol::Bytes(session.save().await?) },
        Request::Plan { .. } => Reply::Text { text: session.plan().to_string() },
        Request::Devices {} | Request::Check { .. } | Request::Create { .. } | Request::Load { .. } | Request::Close { .. } | Request::LoseDevice {} => {
            return Err(Error::new(Code::Protocol, "this message is not for a session"));
        }
    })
}

/// The experiment of a message. JavaScript's NaN and infinities arrive as null: in the data they get the error they deserve.
fn experiment(value: &Value) -> Result<Spec> {
    for field in ["x", "y"] {
        let rows = value["data"][field].as_array().into_iter().flatten().enumerate();
        for (n, row) in rows {
            let place = match row.as_array() {
                Some(row) => row.iter().position(Value::is_null).map(|k| format!("{field}[{n}][{k}]")),
                None => row.is_null().then(|| format!("{field}[{n}]")),
            };
            if let Some(place) = place {
                let hint = "Correct the number or leave the row out.";
                return Err(Error::data(format!("{place} is NaN, infinite or missing")).at(format!("data.{place}")).hint(hint));
            }
        }
    }
    Spec::parse(value)
}

fn source(train: Option<ImageFile>, test: Option<ImageFile>) -> Source {
    let images = |file: ImageFile| Images { images: file.images.0, labels: file.labels.0 };
    match (train, test) {
        (Some(train), Some(test)) => Source::Files(images(train), images(test)),
        _ => Source::None,
    }
}
