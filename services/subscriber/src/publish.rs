//! From sightings to the bus: what is told comes first, what is known advances after.

mod gate;
mod qos;
mod unsure;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bus::{Bus, BusError, Record, Sequence};
use model::{Stream, Supi, Timestamp, UeChange, UeEvent, UeSource};

use crate::clock;
use crate::metrics::{Ignored, Metrics};
use crate::parts::Parts;
use crate::track::{AmfSlot, Epoch, Footprint, Saved, Seen, Track, Verdict};
use crate::translate::{Sighting, Sightings};
use gate::Gate;
use unsure::Unsure;

/// How many UEs are judged under one lock, and published in one batch.
const BATCH: usize = 512;

/// Bytes of an event with room to spare, so that one is written without growing its buffer.
const TYPICAL: usize = 384;

/// Compares sightings with what is known and puts the differences on the bus.
///
/// Events of one UE are published one after the other, in the order in which they were judged. What is known
/// changes only after the bus has the event, so an event that could not be published is found again. Where a
/// publication failed or was given up half-way nobody knows whether the bus has the event: those UEs are in doubt, and
/// what is seen of them next is told in any case.
pub(crate) struct Publisher {
    bus: Arc<dyn Bus>,
    track: Mutex<Track>,
    gate: Gate,
    parts: Arc<Parts>,
    metrics: Metrics,
}

impl Publisher {
    pub(crate) fn new(bus: Arc<dyn Bus>, track: Track, parts: Arc<Parts>, metrics: Metrics) -> Self {
        Self { bus, track: Mutex::new(track), gate: Gate::new(), parts, metrics }
    }

    /// Which UEs are told of.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Tells of the UEs of this part from now on. Nobody knows what was told of them: whoever is there is told again
    /// when it is next seen, and whoever left not long ago is told to be gone.
    ///
    /// # Errors
    /// [`BusError`]; those that left are then in doubt, and found to be missing again.
    pub(crate) async fn gain(&self, part: u16) -> Result<(), BusError> {
        let gone = {
            let _turns = self.gate.pass_everybody().await;
            let gone = self.track().take_over(|supi| self.parts.of(supi) == part);
            self.parts.set(part, true);
            gone
        };
        for batch in gone.chunks(BATCH) {
            let _turn = self.gate.pass_all(batch.iter()).await;
            let gone: Vec<&Supi> = {
                let track = self.track();
                batch.iter().filter(|supi| track.is_gone(supi)).collect()
            };
            self.publish_gone(&gone, AmfSlot::UNKNOWN, Epoch(0), clock::now()).await?;
        }
        Ok(())
    }

    /// Tells of the UEs of this part no more; nothing is under way when this returns.
    pub(crate) async fn lose(&self, part: u16) {
        let _turns = self.gate.pass_everybody().await;
        self.parts.set(part, false);
    }

    /// A copy of what is known, with the position on the bus up to which it is the outcome of what was told.
    ///
    /// # Errors
    /// [`BusError`] where the bus does not tell the position.
    pub(crate) async fn save(&self) -> Result<(Sequence, Saved), BusError> {
        // Nobody is between telling and keeping while all turns are held.
        let _turns = self.gate.pass_everybody().await;
        let position = self.bus.newest(Stream::UeEvents).await?;
        Ok((position, self.track().save()))
    }

    /// Numbers a poll that is about to be asked.
    pub(crate) fn begin_poll(&self) -> Epoch {
        self.track().begin_poll()
    }

    /// The memory that the table of UEs takes.
    pub(crate) fn footprint(&self) -> Footprint {
        self.track().footprint()
    }

    /// Takes in a notification; returns when the bus has what is new in it.
    ///
    /// # Errors
    /// [`BusError`]; nothing of what could not be published is kept.
    pub(crate) async fn push(
        &self,
        amf: AmfSlot,
        sightings: &Sightings,
        observed_at: Timestamp,
    ) -> Result<(), BusError> {
        self.count_unreadable(sightings);
        let epoch = self.track().after_polls();
        let seen = Seen { amf, epoch, source: UeSource::Push };
        for batch in sightings.seen.chunks(BATCH) {
            self.tell(batch, seen, observed_at).await?;
        }
        Ok(())
    }

    /// Takes in the answer to a poll. One that is `complete` since a poll tells which of the UEs that were seen since
    /// then are missing. Returns how many events it gave.
    ///
    /// # Errors
    /// [`BusError`]; nothing of what could not be published is kept.
    pub(crate) async fn poll(
        &self,
        amf: AmfSlot,
        epoch: Epoch,
        sightings: &Sightings,
        complete: Option<Epoch>,
        observed_at: Timestamp,
    ) -> Result<usize, BusError> {
        self.count_unreadable(sightings);
        let seen = Seen { amf, epoch, source: UeSource::Poll };
        let mut events = 0;
        for batch in sightings.seen.chunks(BATCH) {
            let changed = self.keep_unchanged(batch, seen);
            events += self.tell(&changed, seen, observed_at).await?;
        }
        if let Some(since) = complete {
            events += self.tell_gone(amf, epoch, since, &sightings.seen, observed_at).await?;
        }
        let mut track = self.track();
        track.answered(amf, epoch);
        self.metrics.ues.set(i64::try_from(track.len()).unwrap_or(i64::MAX));
        Ok(events)
    }

    /// Keeps what changes nothing and returns the rest.
    fn keep_unchanged(&self, batch: &[Sighting], seen: Seen) -> Vec<Sighting> {
        let mut track = self.track();
        let mut changed = Vec::new();
        for sighting in batch {
            let verdict = track.judge(sighting, seen);
            if verdict.tells() {
                changed.push(sighting.clone());
            } else {
                self.count_ignored(&verdict);
                track.keep(sighting, seen);
            }
        }
        changed
    }

    /// Judges, publishes, keeps.
    async fn tell(&self, batch: &[Sighting], seen: Seen, observed_at: Timestamp) -> Result<usize, BusError> {
        let Some(first) = batch.first() else { return Ok(0) };
        let _turn = if batch.len() == 1 {
            self.gate.pass(&first.supi).await
        } else {
            self.gate.pass_all(batch.iter().map(|s| &s.supi)).await
        };
        let mut events = Vec::with_capacity(batch.len());
        {
            let track = self.track();
            for sighting in batch {
                if !self.parts.holds(&sighting.supi) {
                    continue;
                }
                let verdict = track.judge(sighting, seen);
                self.count_ignored(&verdict);
                if let Some(reported_at) = sighting.reported_at.filter(|_| verdict.moved) {
                    let delay = clock::now().as_micros().saturating_sub(reported_at.as_micros());
                    self.metrics.delay(delay as f64 / 1e6);
                }
                let named = if verdict.new_here { track.named(seen.amf) } else { None };
                events.extend(verdict.changes.into_iter().flatten().map(|change| UeEvent {
                    supi: sighting.supi.clone(),
                    observed_at,
                    reported_at: sighting.reported_at,
                    source: seen.source,
                    amf: named.map(|amf| amf.root.as_str().into()),
                    change,
                }));
            }
        }
        if !events.is_empty() {
            let unsure = Unsure::new(self, &events, seen);
            self.publish(&events).await?;
            unsure.settle();
        }
        let mut track = self.track();
        for sighting in batch {
            track.keep(sighting, seen);
        }
        Ok(events.len())
    }

    async fn tell_gone(
        &self,
        amf: AmfSlot,
        epoch: Epoch,
        since: Epoch,
        answer: &[Sighting],
        observed_at: Timestamp,
    ) -> Result<usize, BusError> {
        let missing = {
            let mut track = self.track();
            let present = answer.iter().filter(|s| track.holds(amf, &s.supi)).count();
            track.missing(amf, epoch, since, u32::try_from(present).unwrap_or(u32::MAX))
        };
        let mut events = 0;
        for batch in missing.chunks(BATCH) {
            let _turn = self.gate.pass_all(batch.iter()).await;
            let gone: Vec<&Supi> = {
                let track = self.track();
                batch.iter().filter(|supi| track.still_missing(supi, amf, epoch)).collect()
            };
            let (ours, others): (Vec<&Supi>, Vec<&Supi>) =
                gone.into_iter().partition(|supi| self.parts.holds(supi));
            self.publish_gone(&ours, amf, epoch, observed_at).await?;
            let mut track = self.track();
            ours.iter().chain(&others).for_each(|supi| track.gone(supi));
            events += ours.len();
        }
        Ok(events)
    }

    async fn publish_gone(
        &self,
        gone: &[&Supi],
        amf: AmfSlot,
        epoch: Epoch,
        observed_at: Timestamp,
    ) -> Result<(), BusError> {
        let event = |supi: &&Supi| UeEvent {
            supi: (*supi).clone(),
            observed_at,
            reported_at: None,
            source: UeSource::Poll,
            amf: None,
            change: UeChange::Gone,
        };
        let told: Vec<UeEvent> = gone.iter().map(event).collect();
        let unsure = Unsure::new(self, &told, Seen { amf, epoch, source: UeSource::Poll });
        self.publish(&told).await?;
        unsure.settle();
        Ok(())
    }

    async fn publish(&self, events: &[UeEvent]) -> Result<(), BusError> {
        if events.is_empty() {
            return Ok(());
        }
        self.bus.publish(Stream::UeEvents, events.iter().map(record).collect()).await?;
        for event in events {
            self.metrics.event(event.source, &event.change);
        }
        Ok(())
    }

    fn count_unreadable(&self, sightings: &Sightings) {
        self.metrics.ignored(Ignored::Unreadable, sightings.unreadable);
        self.metrics.ignored(Ignored::Non3gpp, sightings.non_3gpp);
    }

    fn count_ignored(&self, verdict: &Verdict) {
        if let Some(reason) = verdict.ignored {
            self.metrics.ignored(reason, 1);
        }
    }

    /// What is known of every UE.
    pub(crate) fn track(&self) -> MutexGuard<'_, Track> {
        self.track.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record(event: &UeEvent) -> Record {
    let mut data = Vec::with_capacity(TYPICAL);
    // A struct of strings and numbers always serialises.
    let _ = serde_json::to_writer(&mut data, event);
    Record { key: event.supi.to_string().into(), id: None, data: data.into() }
}

#[cfg(test)]
mod tests;
