//! What counts in executors' journals: each value goes on from the one before, whoever wrote it.

use std::rc::Rc;

use model::{InstanceId, Step};
use relocation::{Event, Saga, Stage};

use super::Judge;
use crate::executor::{OpenLog, Value};
use crate::scene::Scene;

impl Judge {
    /// Its writer is told that this value counts; on the bus it stands at a position.
    pub(crate) fn holds(&self, scene: &Scene, instance: &InstanceId, at: Option<u64>, value: &Value) {
        if let Some(violation) = overlapping(value) {
            self.accuse(format!("{instance}: {violation}"));
        }
        for log in &value.sagas {
            let verified = |event: &Event| matches!(event, Event::Succeeded { step: Step::Verify, .. });
            if log.entries.iter().any(|entry| verified(&entry.event)) {
                self.verified.borrow_mut().entry(instance.clone()).or_default().insert(log.order.generation);
            }
        }
        if self.lost.get() {
            return;
        }
        let mut journal = self.journal.borrow_mut();
        let values = journal.entry(instance.clone()).or_default();
        let at = at.unwrap_or_else(|| values.last_key_value().map_or(1, |(at, _)| at + 1));
        values.insert(at, Rc::new(value.clone()));
        let before = values.range(..at).next_back().map(|(_, before)| Rc::clone(before));
        let after = values.range(at + 1..).next().map(|(_, after)| Rc::clone(after));
        for (one, next) in [(before, Some(Rc::new(value.clone()))), (Some(Rc::new(value.clone())), after)] {
            if let Some((one, next)) = one.zip(next)
                && let Some(violation) = departs(&one, &next)
            {
                scene.note(|| format!("{one:?}\n{next:?}"));
                self.accuse(format!("{instance}, journal at {at}: {violation}"));
            }
        }
        let known = |log: &&OpenLog| {
            let open = |value: &Rc<Value>| {
                value.sagas.iter().any(|open| open.order.relocation == log.order.relocation)
            };
            let mut seen: Vec<bool> = values.values().map(open).collect();
            seen.dedup();
            seen.iter().filter(|open| **open).count() > 1
        };
        if let Some(log) = value.sagas.iter().find(known) {
            self.accuse(format!("{instance} #{} is carried out again after its end", log.order.generation));
        }
    }
}

/// More than one relocation under way before its pivot.
fn overlapping(value: &Value) -> Option<String> {
    if value.sagas.len() < 2 {
        return None;
    }
    let under_way = |log: &&OpenLog| {
        let saga = Saga::recover((*log.plan).clone(), log.entries.iter().cloned());
        saga.is_ok_and(|saga| {
            !saga.is_untouched() && matches!(saga.stage(), Stage::Forward(_) | Stage::Undoing(_))
        })
    };
    let live: Vec<_> =
        value.sagas.iter().filter(under_way).map(|log| log.order.generation.to_string()).collect();
    (live.len() > 1).then(|| format!("relocations #{} are under way at once", live.join(" and #")))
}

/// What the later value has lost of the earlier one.
fn departs(one: &Value, next: &Value) -> Option<String> {
    if next.newest < one.newest {
        return Some(format!("generation {} comes after {}", next.newest, one.newest));
    }
    for log in &one.sagas {
        let (relocation, generation) = (log.order.relocation, log.order.generation);
        if let Some(later) = next.sagas.iter().find(|later| later.order.relocation == relocation)
            && !later.entries.starts_with(&log.entries)
        {
            return Some(format!("the log of #{generation} does not go on from what it was"));
        }
    }
    None
}
