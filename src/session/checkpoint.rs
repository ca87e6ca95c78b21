//! Training as a file: a safetensors file with every tensor under its name, and the experiment itself. Imports the session, formats, nn, state.

use super::state::{self, Named};
use super::{Choice, Clock, Devices, Session};
use crate::data::Source;
use crate::error::{Error, Result};
use crate::formats::safetensors::{File, Tensor};
use crate::json::{Json, ToJson};
use crate::list::List;
use crate::nn::{Model, Spec};
use crate::shape::numel;
use std::borrow::Cow;

/// Changes when older versions could no longer read what is written.
const VERSION: u32 = 1;

impl Session {
    /// The checkpoint of this moment.
    pub async fn save(&mut self) -> Result<Vec<u8>> {
        let leaves = self.state().await?;
        let names = state::leaves(&self.spec, &self.model);
        let mut file = File::default();
        for tensor in state::tensors(&self.spec, &self.model) {
            let Some(leaf) = names.iter().position(|(name, ..)| *name == tensor.leaf) else { continue };
            let place = 4 * tensor.start..4 * (tensor.start + numel(&tensor.shape));
            file.tensors.insert(tensor.name, Tensor { dtype: tensor.dtype, shape: tensor.shape, bytes: Cow::Borrowed(&leaves[leaf][place]) });
        }
        let spec = self.spec.json().to_string();
        let facts = [("format", "tabgrad"), ("format_version", &VERSION.to_string()), ("tabgrad", env!("CARGO_PKG_VERSION")), ("spec", &spec)];
        facts.into_iter().for_each(|(key, value)| file.metadata.insert(key.to_string(), value.to_string()));
        file.metadata.insert("checksum".to_string(), checksum(&file));
        Ok(file.write())
    }

    /// A session that goes on from a checkpoint. The data is made or handed over anew.
    pub async fn load(devices: &Devices, now: Clock, file: &[u8], choice: Choice, source: Source) -> Result<Session> {
        let file = File::read(file)?;
        let spec = experiment(&file)?;
        let model = Model::new(&spec)?;
        let leaves = contents(&file, &spec, &model)?;
        let mut session = Session::create(devices, now, spec, choice, source).await?;
        session.restore(&leaves)?;
        session.secure().await?;
        Ok(session)
    }
}

/// The experiment a file holds, once the file is known to be whole.
fn experiment(file: &File) -> Result<Spec> {
    let fact = |key: &str| file.metadata.get(key).map(String::as_str);
    if fact("format") != Some("tabgrad") {
        return Err(Error::checkpoint("this is a safetensors file, but not a checkpoint of tabgrad").hint("Choose a file that was saved here."));
    }
    let version = fact("format_version").unwrap_or_default();
    if version.parse::<u32>().is_ok_and(|v| v > VERSION) {
        let message =
            format!("the checkpoint has format {version}, written by tabgrad {}; this version reads up to {VERSION}", fact("tabgrad").unwrap_or("unknown"));
        return Err(Error::checkpoint(message).hint("Reload the page to get the newest version."));
    }
    if fact("checksum") != Some(&checksum(file)) {
        return Err(Error::checkpoint("the checkpoint is damaged: its checksum does not agree with what it holds").hint("Take another copy of the file."));
    }
    let bad = |what: String| Error::checkpoint(format!("the experiment in the checkpoint cannot be used: {what}")).at("spec");
    let json = Json::parse(fact("spec").unwrap_or_default().as_bytes()).map_err(bad)?;
    Spec::parse(json).map_err(|e| bad(e.to_string()))
}

/// The file's tensors as leaves, each present in the shape the experiment gives it.
fn contents(file: &File, spec: &Spec, model: &Model) -> Result<Vec<Vec<u8>>> {
    let mut leaves: Vec<(String, Vec<u8>)> = state::leaves(spec, model).into_iter().map(|(name, dtype, len)| (name, vec![0; dtype.bytes(len)])).list();
    let tensors = state::tensors(spec, model);
    if let Some(name) = file.tensors.iter().map(|(name, _)| name).find(|name| !tensors.iter().any(|t| t.name == **name)) {
        return Err(Error::checkpoint(format!("the checkpoint holds {name}, which its network does not have")).at(name));
    }
    for Named { name, shape, dtype, leaf, start, .. } in tensors {
        let found = file.tensors.get(name.as_str()).ok_or_else(|| Error::checkpoint(format!("the checkpoint lacks {name}")).at(&name))?;
        if (found.dtype, &found.shape) != (dtype, &shape) {
            let message = format!("{name} is {}{:?} in the checkpoint, but its network has {dtype}{shape:?}", found.dtype, found.shape);
            return Err(Error::checkpoint(message).at(&name));
        }
        if let Some((_, leaf)) = leaves.iter_mut().find(|(name, _)| *name == leaf) {
            leaf[4 * start..4 * (start + numel(&shape))].copy_from_slice(&found.bytes);
        }
    }
    Ok(leaves.into_iter().map(|(_, bytes)| bytes).list())
}

/// FNV-1a over all a file holds but the checksum itself.
fn checksum(file: &File) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |bytes: &[u8]| bytes.iter().for_each(|byte| hash = (hash ^ *byte as u64).wrapping_mul(0x100_0000_01b3));
    for (key, value) in file.metadata.iter().filter(|(key, _)| *key != "checksum") {
        add(key.as_bytes());
        add(value.as_bytes());
    }
    for (name, tensor) in file.tensors.iter() {
        add(format!("{name}{}{:?}", tensor.dtype, tensor.shape).as_bytes());
        add(&tensor.bytes);
    }
    format!("{hash:016x}")
}
