//! Taking a part over: claim it, read what its last owner left, and write what is under way under the own epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::{Bus, Delivery, Record, Sequence};
use bytes::Bytes;
use emco::CompositeApp;
use model::{AppId, InstanceId, Stream, Timestamp};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::follow::{Follower, Watched};
use super::keys::About;
use super::on_bus::Slot;
use super::{At, Found, JournalError, OnBus, Onlooker, VERSION, Value, json, keys};
use crate::fence::Heritage;
use crate::names::Names;
use crate::parcel::Parcel;
use crate::{StartError, clock};

/// A part that was taken over.
pub(crate) struct Claim {
    pub journal: OnBus,
    pub found: Found,
}

/// What a claim says. Its position is what counts.
#[derive(Serialize)]
struct Claimed {
    version: u32,
    part: u16,
    parts: u16,
    owner: Uuid,
    at: Timestamp,
}

/// Claims a part and takes over what stands in it. `stop` is cancelled once the claim is over.
pub(crate) async fn claim(
    bus: Arc<dyn Bus>,
    parcel: Parcel,
    onlooker: Arc<dyn Onlooker>,
    stop: CancellationToken,
    tasks: &TaskTracker,
) -> Result<Claim, StartError> {
    let epoch = publish(bus.as_ref(), parcel).await?;
    let (latest, at) = bus.latest(Stream::Sagas).await?;
    let mut left = Left::default();
    for delivery in &latest {
        left.add(delivery);
    }
    if left.claims.get(&parcel.part) != Some(&epoch) || at < epoch {
        let reason = "another replica has claimed it since".to_owned();
        return Err(StartError::Part { part: parcel.part, reason });
    }
    let watched = Watched::new(at);
    let follower = Follower {
        bus: Arc::clone(&bus),
        parcel,
        onlooker: Arc::clone(&onlooker),
        watched: watched.clone(),
        stop: stop.clone(),
        began: at,
        whole_since: at.0 + 1,
        after: at,
    };
    let journal = OnBus::new(bus, epoch.0, watched, stop);
    let mut found = Found { names: left.names, ..Found::default() };
    for ((app, instance), heritage) in left.instances {
        let Some(((epoch, data), epochs)) = heritage.take() else { continue };
        let key = format!("{app}/{instance}");
        let ours = parcel.holds(&key);
        match Value::read(&data) {
            Ok(value) if ours => {
                found.logs.extend(value.sagas.iter().cloned());
                found.facts.extend(value.fact.clone());
                found.leftovers.extend(value.leftovers.iter().cloned());
                journal.inherit(&app, &instance, Slot::inherited(value, epochs));
            }
            Ok(value) => {
                // It stands before everything that we shall write.
                let at = At { at: 0, epoch, began: 0, whole_since: u64::MAX };
                onlooker.instance(&app, &instance, at, &value);
            }
            Err(reason) if ours => return Err(StartError::Log { saga: key, reason }),
            Err(reason) => tracing::debug!(key, reason, "not understood"),
        }
    }
    tasks.spawn(follower.run());
    // Nothing is done about an instance before its value stands under our epoch.
    journal.settle().await.map_err(|error| refused(parcel, error))?;
    tracing::info!(
        part = parcel.part,
        parts = parcel.parts,
        epoch = epoch.0,
        instances = found.facts.len(),
        open = found.logs.len(),
        "a part of the instances is taken over"
    );
    Ok(Claim { journal, found })
}

async fn publish(bus: &dyn Bus, parcel: Parcel) -> Result<Sequence, StartError> {
    let owner = Uuid::new_v4();
    let Parcel { part, parts } = parcel;
    let claimed = Claimed { version: VERSION, part, parts, owner, at: clock::now() };
    let key = keys::claim(part);
    // A claim whose fate is unknown fences us if it comes later: its owner is then another one.
    let record =
        Record { id: Some(format!("{key}/{owner}").into()), key: key.into(), data: json(&claimed).into() };
    let at = bus.publish(Stream::Sagas, vec![record]).await?;
    at.first()
        .copied()
        .ok_or_else(|| StartError::Part { part, reason: "the bus gave no position".to_owned() })
}

fn refused(parcel: Parcel, error: JournalError) -> StartError {
    match error {
        JournalError::Bus(error) => StartError::Bus(error),
        error @ (JournalError::Store(_) | JournalError::Fenced | JournalError::Unsure(_)) => {
            StartError::Part { part: parcel.part, reason: error.to_string() }
        }
    }
}

/// What stands on the stream.
#[derive(Default)]
struct Left {
    claims: BTreeMap<u16, Sequence>,
    names: BTreeMap<CompositeApp, Names>,
    instances: BTreeMap<(AppId, InstanceId), Heritage<(u64, Bytes)>>,
}

impl Left {
    fn add(&mut self, delivery: &Delivery) {
        match About::of(&delivery.key) {
            Some(About::Claim(part)) => {
                self.claims.insert(part, delivery.sequence);
            }
            Some(About::Names(app)) => {
                self.names.insert(app, Names::from_bytes(&delivery.data));
            }
            Some(About::Instance { app, instance, epoch }) if !delivery.data.is_empty() => {
                let heritage = self.instances.entry((app, instance)).or_default();
                heritage.add(epoch, (epoch, delivery.data.clone()));
            }
            Some(About::Instance { .. }) => {}
            None => {
                tracing::warn!(key = %delivery.key, "a record of stream `sagas` has a key that is none of ours")
            }
        }
    }
}
