//! The sessions of a page and the messages to them. Imports the session, protocol, task, nn, data, error.
//!
//! A message may come while another waits for the GPU: each session answers one at a time, in the order of asking, and no table is borrowed while waiting.

use super::protocol::{self, Answer, ImageFile, Request};
use super::recover::Recovered;
use super::task::Turn;
use super::{Amount, Clock, Devices, Session};
use crate::data::{Images, Source};
use crate::error::{Code, Error, Result};
use crate::json::{Bytes, Json, ToJson, object};
use crate::list::List;
use crate::nn::{self, Spec};
use crate::sorted::Map;
use std::cell::RefCell;
use std::rc::Rc;

/// Answers messages.
pub struct Engine {
    devices: Devices,
    now: Clock,
    slots: RefCell<Map<u32, Rc<Slot>>>,
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
        Engine { devices: Devices::default(), now, slots: RefCell::default() }
    }

    /// Answers one message. A session whose GPU is lost on the way goes on on another device, and the message is tried again.
    pub async fn handle(&self, request: Request) -> Answer {
        let mut recovered = None;
        let result = self.answer(request, &mut recovered).await;
        Answer { result, recovered }
    }

    async fn answer(&self, request: Request, recovered: &mut Option<Recovered>) -> Result<Json> {
        match request {
            Request::Devices {} => Ok(object! { devices: self.devices.list().await }),
            Request::Probe { known } => Ok(object! { probe: self.devices.probe(&known, self.now).await? }),
            Request::Check { spec } => Ok(object! { report: nn::check(&experiment(&spec)?)? }),
            Request::Create { session, spec, device, train, test, text } => {
                let (spec, choice, source) = (experiment(&spec)?, device.unwrap_or_default(), source(train, test, text));
                self.open(session, Session::create(&self.devices, self.now, spec, choice, source)).await
            }
            Request::Load { session, bytes, device, train, test, text } => {
                let (choice, source) = (device.unwrap_or_default(), source(train, test, text));
                self.open(session, Session::load(&self.devices, self.now, &bytes.0, choice, source)).await
            }
            Request::Close { session } => {
                let slot = self.slot(session);
                let _turn = slot.turn.take().await;
                slot.session.borrow_mut().take();
                Ok(object! {})
            }
            Request::LoseDevice {} => {
                self.devices.lose();
                Ok(object! {})
            }
            Request::Data { session: n, .. }
            | Request::Train { session: n, .. }
            | Request::Evaluate { session: n, .. }
            | Request::Predict { session: n, .. }
            | Request::Encode { session: n, .. }
            | Request::Trace { session: n, .. }
            | Request::Tensors { session: n }
            | Request::Read { session: n, .. }
            | Request::Write { session: n, .. }
            | Request::Set { session: n, .. }
            | Request::Save { session: n }
            | Request::Plan { session: n }
            | Request::Dispatch { session: n, .. } => {
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
    async fn open(&self, number: u32, opening: impl Future<Output = Result<Session>>) -> Result<Json> {
        let slot = self.slot(number);
        let _turn = slot.turn.take().await;
        let session = opening.await?;
        let opened = protocol::opened(&session, None);
        *slot.session.borrow_mut() = Some(session);
        Ok(opened)
    }

    fn slot(&self, number: u32) -> Rc<Slot> {
        self.slots.borrow_mut().get_or_insert_with(number, Rc::default).clone()
    }

    async fn ask(&self, session: &mut Session, request: &Request, recovered: &mut Option<Recovered>) -> Result<Json> {
        let lost = |reply: &Result<Json>| reply.as_ref().is_err_and(|error| error.code == Code::DeviceLost);
        let mut reply = answer(session, &self.devices, request).await;
        if lost(&reply) {
            *recovered = Some(session.recover(&self.devices).await?);
            reply = answer(session, &self.devices, request).await;
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
async fn answer(session: &mut Session, devices: &Devices, request: &Request) -> Result<Json> {
    Ok(match request {
        Request::Data { split, start, count, indices, .. } => {
            let numbers = match indices {
                Some(indices) => indices.clone(),
                None => {
                    let start = start.unwrap_or(0);
                    // One beyond the end is enough to be told so.
                    (start..start.saturating_add(count.unwrap_or(1)).min(session.split(*split).count.max(start) + 1)).list()
                }
            };
            session.examples(*split, &numbers)?.json()
        }
        Request::Train { steps, budget_ms, sync, .. } => {
            session.train(Amount { steps: *steps, budget_ms: *budget_ms, sync: sync.unwrap_or(false) }).await?.json()
        }
        Request::Evaluate { split, details, start, count, .. } => {
            let range = (start.is_some() || count.is_some()).then(|| {
                let start = start.unwrap_or(0);
                start..count.map_or(session.split(*split).count, |n| start.saturating_add(n))
            });
            session.evaluate(*split, range, details.unwrap_or(false)).await?.json()
        }
        Request::Predict { inputs, count, layers, .. } => session.predict(&inputs.0, *count, layers.unwrap_or(false)).await?.json(),
        Request::Encode { text, .. } => protocol::ids(session.encode(text)?),
        Request::Trace { start, count, .. } => session.trace(*start..start.saturating_add(*count)).await?.json(),
        Request::Tensors { .. } => object! { tensors: session.tensors() },
        Request::Read { name, .. } => protocol::tensor(&session.read(name).await?),
        Request::Write { name, data, .. } => {
            session.write(name, &data.0).await?;
            object! {}
        }
        Request::Set { spec, .. } => {
            let kept = session.set(devices, experiment(spec)?).await?;
            protocol::opened(session, Some(kept))
        }
        Request::Save { .. } => protocol::bytes(session.save().await?),
        Request::Plan { .. } => object! { text: session.plan().to_string() },
        Request::Dispatch { dispatch, measure, .. } => {
            let (wgsl, ms) = session.dispatch(*dispatch, measure.unwrap_or(false)).await?;
            object! { wgsl: wgsl, ms: ms }
        }
        Request::Devices {}
        | Request::Probe { .. }
        | Request::Check { .. }
        | Request::Create { .. }
        | Request::Load { .. }
        | Request::Close { .. }
        | Request::LoseDevice {} => {
            return Err(Error::new(Code::Protocol, "this message is not for a session"));
        }
    })
}

/// The experiment of a message. JavaScript's NaN and infinities arrive as null: in the data they get the error they deserve.
fn experiment(json: &Json) -> Result<Spec> {
    for field in ["x", "y"] {
        let rows = json.get("data").and_then(|data| data.get(field)).and_then(Json::as_list).into_iter().flatten().enumerate();
        for (n, row) in rows {
            let odd = |x: &Json| *x == Json::Null || x.as_f64().is_some_and(|x| !x.is_finite());
            let place = match row.as_list() {
                Some(row) => row.iter().position(odd).map(|k| format!("{field}[{n}][{k}]")),
                None => odd(row).then(|| format!("{field}[{n}]")),
            };
            if let Some(place) = place {
                let hint = "Correct the number or leave the row out.";
                return Err(Error::data(format!("{place} is NaN, infinite or missing")).at(format!("data.{place}")).hint(hint));
            }
        }
    }
    Spec::parse(json)
}

fn source(train: Option<ImageFile>, test: Option<ImageFile>, text: Option<Bytes>) -> Source {
    let images = |file: ImageFile| Images { images: file.images.0, labels: file.labels.0 };
    match (train, test, text) {
        (Some(train), Some(test), None) => Source::Files(images(train), images(test)),
        (None, None, Some(text)) => Source::Text(text.0),
        _ => Source::None,
    }
}
