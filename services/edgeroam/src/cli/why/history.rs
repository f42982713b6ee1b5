//! The decisions about something, as they stand on the bus, with what became of their orders.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use anyhow::Context as _;
use bus::embedded::Recorded;
use bus::{Bus, BusError, Sequence, Start};
use model::{Decision, Outcome, OutcomeKind, RelocationId, Stream};

use super::subject::Subject;

/// The name under which a broker's streams are read; nothing is ever acknowledged under it.
const CONSUMER: &str = "why";
/// Records that are taken at once.
const TOGETHER: usize = 1_000;

/// A decision with what became of its order.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) decision: Decision,
    /// The last word on the order and, where it came after that, on the source.
    pub(super) outcomes: Vec<Outcome>,
}

/// The last decisions about something while a log is read.
struct Gathering<'a> {
    subject: &'a Subject,
    last: usize,
    decisions: VecDeque<Decision>,
    /// By their orders; a decision comes before what becomes of it.
    outcomes: BTreeMap<RelocationId, Vec<Outcome>>,
}

/// What a folder of an embedded bus holds; another process may have it open.
///
/// # Errors
/// Where there is no bus, or it is damaged.
pub(super) fn recorded(folder: &Path, subject: &Subject, last: usize) -> anyhow::Result<Vec<Entry>> {
    let mut gathering = Gathering::new(subject, last);
    let streams = [Stream::Decisions, Stream::Outcomes];
    let log = Recorded::open(folder, &streams).with_context(|| {
        format!("no bus in {}: has an EdgeRoam been started with this configuration?", folder.display())
    })?;
    for record in log {
        match record {
            Ok((stream, delivery)) => gathering.take(stream, &delivery.data),
            // What retention took while this was read is older than what is asked for.
            Err(BusError::FellBehind { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gathering.end())
}

/// What a broker holds now.
///
/// # Errors
/// What the broker says.
pub(super) async fn on_bus(bus: &dyn Bus, subject: &Subject, last: usize) -> anyhow::Result<Vec<Entry>> {
    let mut gathering = Gathering::new(subject, last);
    for stream in [Stream::Decisions, Stream::Outcomes] {
        let newest = bus.newest(stream).await?;
        let mut at = Sequence(0);
        if newest == at {
            continue;
        }
        let mut consumer = bus.consume(stream, CONSUMER, Start::Oldest).await?;
        while at < newest {
            for delivery in consumer.next(TOGETHER).await? {
                at = delivery.sequence;
                gathering.take(stream, &delivery.data);
            }
        }
    }
    Ok(gathering.end())
}

impl<'a> Gathering<'a> {
    const fn new(subject: &'a Subject, last: usize) -> Self {
        Self { subject, last, decisions: VecDeque::new(), outcomes: BTreeMap::new() }
    }

    /// Takes a record in. What cannot be read is somebody else's affair: readers put it to `dead-letter`.
    fn take(&mut self, stream: Stream, data: &[u8]) {
        match stream {
            Stream::Decisions => {
                let read = serde_json::from_slice::<Decision>(data).ok();
                let Some(decision) = read.filter(|decision| self.subject.has(decision)) else { return };
                if let Some((_, relocation)) = decision.order {
                    self.outcomes.entry(relocation).or_default();
                }
                self.decisions.push_back(decision);
                if self.decisions.len() > self.last {
                    let old = self.decisions.pop_front();
                    if let Some((_, relocation)) = old.and_then(|old| old.order) {
                        self.outcomes.remove(&relocation);
                    }
                }
            }
            Stream::Outcomes => {
                let read = serde_json::from_slice::<Outcome>(data).ok();
                let told = read.filter(|outcome| !matches!(outcome.kind, OutcomeKind::Progress { .. }));
                let Some(outcome) = told else { return };
                if let Some(outcomes) = self.outcomes.get_mut(&outcome.relocation) {
                    outcomes.push(outcome);
                }
            }
            Stream::UeEvents
            | Stream::Qos
            | Stream::Sites
            | Stream::Commands
            | Stream::Orders
            | Stream::Instances
            | Stream::Sagas
            | Stream::DeadLetter => {}
        }
    }

    fn end(mut self) -> Vec<Entry> {
        let mut entry = |decision: Decision| {
            let relocation = decision.order.as_ref().map(|(_, relocation)| *relocation);
            let outcomes = relocation.and_then(|id| self.outcomes.remove(&id)).unwrap_or_default();
            Entry { decision, outcomes }
        };
        std::mem::take(&mut self.decisions).into_iter().map(&mut entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::{Generation, RelocationId};
    use serde_json::json;

    use super::*;

    /// A decision with an order, as it stands on the bus.
    fn decided(app: &str, number: u64) -> (RelocationId, Vec<u8>) {
        let (app_id, instance) = (app.parse().expect("valid"), "00000000000000aa".parse().expect("valid"));
        let id = RelocationId::new(&app_id, &instance, Generation(number));
        let decision = json!({
            "app": app, "instance": instance, "supi": "imsi-208930000000001", "at": number, "observed_at": number,
            "trigger": "mobility", "verdict": "move", "source": "a", "target": "b", "mode": "act",
            "order": [number, id],
            "explanation": {
                "policy": "nearest", "basis": "unknown", "candidates": [], "serving": null, "better_for_ms": 0,
                "under_way": 0, "under_way_limit": 4, "rule": "nearer", "catalogue_version": 1
            }
        });
        (id, serde_json::to_vec(&decision).expect("JSON"))
    }

    fn outcome(app: &str, id: RelocationId, kind: &str) -> Vec<u8> {
        let outcome = json!({
            "relocation": id, "app": app, "instance": "00000000000000aa", "generation": 1,
            "source": "a", "target": "b", "at": 9, "kind": kind, "reason": "no room"
        });
        assert!(serde_json::from_value::<Outcome>(outcome.clone()).is_ok());
        serde_json::to_vec(&outcome).expect("JSON")
    }

    #[test]
    fn the_last_decisions_come_with_what_became_of_them_and_others_are_left_out() {
        let subject: Subject = "echo".parse().expect("valid");
        let mut gathering = Gathering::new(&subject, 2);
        let ids: Vec<_> = (1..=3)
            .map(|number| {
                let (id, data) = decided("echo", number);
                gathering.take(Stream::Decisions, &data);
                id
            })
            .collect();
        let (other, data) = decided("other", 4);
        gathering.take(Stream::Decisions, &data);
        gathering.take(Stream::Decisions, b"no decision");
        for id in ids.iter().copied().chain([other]) {
            gathering.take(Stream::Outcomes, &outcome("echo", id, "undone"));
        }
        let entries = gathering.end();
        let shown: Vec<_> = entries.iter().map(|entry| entry.decision.at.as_micros()).collect();
        assert_eq!(shown, [2, 3]);
        assert!(entries.iter().all(|entry| entry.outcomes.len() == 1), "{entries:?}");
    }
}
