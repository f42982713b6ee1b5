//! `decisions`.

use model::Decision;

use super::envelope::About;
use super::explanation::{blur, explanation};
use super::{Deriver, trace};
use crate::v1::{Mode, RelocationDecided, Trigger, Verdict};
use crate::{Event, Kind};

impl Deriver {
    /// What was decided. Each such event names its UE; a decision on an instance whose UE has not been heard of, as when
    /// its site is left right after a restart, or that serves a group, is not public. The order that follows from it is.
    pub fn decision(&self, sequence: u64, decision: &Decision) -> Vec<Event> {
        let Some(supi) = &decision.supi else { return Vec::new() };
        let kind = Kind::Decided;
        let (app, instance) = (decision.app.to_string(), decision.instance.to_string());
        let relocation = decision.order.map(|(_, relocation)| relocation);
        let about = About {
            kind,
            id: match relocation {
                Some(relocation) if decision.mode == model::Mode::Act => relocation.to_string(),
                // While observing, generations begin anew with the process and name nothing by themselves.
                Some(_) | None => format!("{sequence}-{}", decision.at.as_micros()),
            },
            app: Some(app.as_str().into()),
            key: format!("{app}/{instance}"),
            at: Some(decision.at.into()),
            sequence,
            trace: relocation.as_ref().map(trace::of),
        };
        let clear = self.clear(kind, supi);
        let mut explanation = explanation(&decision.explanation);
        if clear.is_none() {
            blur(&mut explanation);
        }
        let told = RelocationDecided {
            app,
            instance,
            ue: self.key.ue(supi),
            supi: clear,
            trigger: trigger(decision.trigger),
            verdict: match decision.verdict {
                model::Verdict::Move => Verdict::Move,
                model::Verdict::Stay => Verdict::Stay,
                model::Verdict::Blocked => Verdict::Blocked,
            },
            mode: match decision.mode {
                model::Mode::Observe => Mode::Observe,
                model::Mode::Act => Mode::Act,
            },
            source: decision.source.as_ref().map(ToString::to_string),
            target: decision.target.as_ref().map(ToString::to_string),
            relocation: relocation.map(|relocation| relocation.to_string()),
            generation: decision.order.map(|(generation, _)| generation.0),
            observed_at: decision.observed_at.into(),
            decided_at: decision.at.into(),
            explanation,
        };
        self.event(about, &told)
    }
}

pub(super) const fn trigger(trigger: model::Trigger) -> Trigger {
    match trigger {
        model::Trigger::Mobility => Trigger::Mobility,
        model::Trigger::FirstPlacement => Trigger::FirstPlacement,
        model::Trigger::UeGone => Trigger::UeGone,
        model::Trigger::Maintenance => Trigger::Maintenance,
        model::Trigger::SiteDegraded => Trigger::SiteDegraded,
        model::Trigger::SiteFailure => Trigger::SiteFailure,
        model::Trigger::Qos => Trigger::Qos,
        model::Trigger::Operator => Trigger::Operator,
        model::Trigger::Capacity => Trigger::Capacity,
        model::Trigger::LeftArea => Trigger::LeftArea,
    }
}
