//! What the decider puts on the bus.

use bus::{Delivery, Record};
use bytes::Bytes;
use model::{Decision, Guard, Mode, Order, Rule, SiteRecord, SiteStatus, Stream, Timestamp};
use placement::Command;
use serde::Serialize;
use uuid::Uuid;

use crate::feed::Feed;

/// The namespace of what tells statuses of one site and time apart.
const STATUSES: Uuid = Uuid::from_u128(0x3d5b_8a51_02c7_5f3a_8d0e_4544_4745_524f);

/// Records to be published, by stream, and when the orders among them became due.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) decisions: Vec<Record>,
    pub(crate) orders: Vec<Record>,
    pub(crate) sites: Vec<Record>,
    pub(crate) dead_letters: Vec<Record>,
    pub(crate) due: Vec<Timestamp>,
}

impl Outgoing {
    pub(crate) fn add(&mut self, command: &Command) {
        match command {
            Command::Decide(decision) => self.decisions.push(decided(decision)),
            Command::Order(order) => {
                self.orders.push(ordered(order));
                self.due.push(order.due_at);
            }
            Command::Site(status) => self.sites.push(standing(status)),
        }
    }

    /// Puts a record that could not be read aside, with the reason.
    pub(crate) fn dead_letter(&mut self, feed: Feed, delivery: &Delivery, reason: &str) {
        self.dead_letters.push(bus::dead_letter(feed.stream(), delivery, "decider", reason));
    }

    /// Whether there is nothing to publish.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_stream().iter().all(|(_, records)| records.is_empty())
    }

    /// Moves what `other` holds to the end of this.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.decisions.append(&mut other.decisions);
        self.orders.append(&mut other.orders);
        self.sites.append(&mut other.sites);
        self.dead_letters.append(&mut other.dead_letters);
        self.due.append(&mut other.due);
    }

    /// The streams that have something. Decisions come first: where one log carries all streams, no order is
    /// then durable before its decision.
    pub(crate) fn by_stream(&self) -> [(Stream, &[Record]); 4] {
        [
            (Stream::Decisions, &self.decisions),
            (Stream::Orders, &self.orders),
            (Stream::Sites, &self.sites),
            (Stream::DeadLetter, &self.dead_letters),
        ]
    }
}

fn decided(decision: &Decision) -> Record {
    let key = format!("{}/{}", decision.app, decision.instance);
    let id = match decision.order {
        Some((_, relocation)) if decision.mode == Mode::Act => relocation.to_string(),
        // While observing, generations start again with the process and identify nothing by themselves; a batch
        // can hold several reports about one UE that are decided at one time; and a move that is refused and what holds
        // the instance otherwise are decided in one go.
        Some(_) | None => {
            let generation = decision.order.map_or(0, |(generation, _)| generation.0);
            let (verdict, observed) = (decision.verdict.as_str(), decision.observed_at.as_micros());
            format!("{key}/{verdict}/{generation}/{observed}/{}/{}", decision.at.as_micros(), rule(decision))
        }
    };
    Record { key: key.into(), id: Some(id.into()), data: json(decision) }
}

/// The rule of a decision as a word: its JSON without what is no letter. Whether something may go to one site and to
/// another one can be asked in one go.
fn rule(decision: &Decision) -> String {
    let text = serde_json::to_string(&decision.explanation.rule).unwrap_or_default();
    let mut word: String = text.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').collect();
    if let Some(target) = &decision.target
        && decision.explanation.rule == Rule::Guarded(Guard::AwaitingConfirmation)
    {
        word = format!("{word}/{target}");
    }
    word
}

fn ordered(order: &Order) -> Record {
    Record {
        key: format!("{}/{}", order.app, order.instance).into(),
        id: Some(order.relocation.to_string().into()),
        data: json(order),
    }
}

/// Several statuses of a site can be of one time, so what is said belongs to the id.
fn standing(status: &SiteStatus) -> Record {
    let record = SiteRecord::Status(status.clone());
    let data = json(&record);
    let said = Uuid::new_v5(&STATUSES, &data).simple();
    let id = format!("{}/{}/{said}", status.site, status.at.as_micros());
    Record { key: record.key().into(), id: Some(id.into()), data }
}

fn json(value: &impl Serialize) -> Bytes {
    // Maps with keys that are no texts are all that JSON cannot say; there is none here.
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use model::{Basis, Explanation, Policy, SiteCondition, SiteId, Trigger, Verdict};

    use super::*;

    #[test]
    fn what_is_blocked_for_two_reasons_at_one_time_is_two_records() {
        let decision = |by| Decision {
            app: "ar".parse().expect("an app"),
            instance: "00000000000000aa".parse().expect("an instance"),
            supi: None,
            group: None,
            at: Timestamp::from_micros(9),
            observed_at: Timestamp::from_micros(7),
            trigger: Trigger::Operator,
            verdict: Verdict::Blocked,
            source: None,
            target: None,
            mode: Mode::Act,
            order: None,
            explanation: Explanation {
                policy: Policy::Nearest,
                basis: Basis::Unknown,
                uncertainty_meters: None,
                candidates: Vec::new(),
                serving: None,
                better_for_ms: 0,
                under_way: 0,
                under_way_limit: 1,
                frozen: false,
                qos: None,
                limits: model::LimitsSeen::default(),
                rule: Rule::Guarded(by),
                catalogue_version: 1,
            },
        };
        let id = |by| decided(&decision(by)).id.expect("an id");
        assert_eq!(id(Guard::Cordoned), id(Guard::Cordoned));
        assert_ne!(id(Guard::Cordoned), id(Guard::NoFeasibleSite));
    }

    #[test]
    fn a_status_said_twice_has_one_id_and_two_of_one_time_have_two() {
        let status = |instances| SiteStatus {
            site: SiteId::new("north").expect("valid"),
            at: Timestamp::from_micros(7),
            condition: SiteCondition::Cordoned,
            since: Timestamp::from_micros(5),
            source: None,
            reason: None,
            instances,
            instances_limit: None,
            evacuation: None,
            relief: None,
        };
        let mut outgoing = Outgoing::default();
        for instances in [1, 1, 2] {
            outgoing.add(&Command::Site(Box::new(status(instances))));
        }
        assert!(!outgoing.is_empty());
        let [first, again, other] = &outgoing.sites[..] else { panic!("three records") };
        assert_eq!((first, &*first.key), (again, "north"));
        assert!(first.id.is_some() && first.id != other.id);
        let read: SiteRecord = serde_json::from_slice(&other.data).expect("a record");
        assert_eq!(read, SiteRecord::Status(status(2)));
    }
}
