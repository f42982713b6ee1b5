//! Decisions.

use model::{Basis, Decision};

use super::{Deriver, key, site, time, trace, trigger};
use crate::data::{self, Candidate, Decided, Explanation, Policy, Rule, Serving};
use crate::event::Context;
use crate::{Event, Kind};

impl Deriver {
    /// A decision, from `decisions`.
    pub fn decision(&self, sequence: u64, decision: &Decision) -> Vec<Event> {
        let kind = Kind::Decided;
        let (ue, supi) = self.ue(kind, &decision.supi);
        let data = Decided {
            app: decision.app.to_string(),
            instance: decision.instance.to_string(),
            ue,
            supi,
            trigger: trigger(decision.trigger),
            verdict: match decision.verdict {
                model::Verdict::Move => data::Verdict::Move,
                model::Verdict::Stay => data::Verdict::Stay,
                model::Verdict::Blocked => data::Verdict::Blocked,
            },
            source: site(decision.source.as_ref()),
            target: site(decision.target.as_ref()),
            mode: match decision.mode {
                model::Mode::Observe => data::Mode::Observe,
                model::Mode::Act => data::Mode::Act,
            },
            relocation: decision.order.map(|(_, relocation)| relocation.to_string()),
            generation: decision.order.map(|(generation, _)| generation.0),
            observed_at: time(decision.observed_at),
            at: time(decision.at),
            explanation: explanation(&decision.explanation),
        };
        // A move that two deciders decided alike is one; other decisions are told apart by their place.
        let id = match &decision.order {
            Some((_, relocation)) => format!("decided/{relocation}"),
            None => format!("decisions/{sequence}"),
        };
        let context = Context {
            kind,
            source: &self.source,
            trace: decision.order.as_ref().map_or_else(|| id.clone(), |(_, relocation)| trace(relocation)),
            id,
            app: Some(decision.app.as_str()),
            key: key(&decision.app, &decision.instance),
            subject: data.instance.clone(),
            time: data.at.clone(),
            sequence,
        };
        vec![Event::new(context, &data)]
    }
}

fn explanation(explained: &model::Explanation) -> Explanation {
    let (mut ncgi, mut ecgi, mut tai) = (None, None, None);
    match explained.basis {
        Basis::Cell(cell) => (ncgi, ecgi) = data::place::cell(cell),
        Basis::Tai(area) => tai = Some(area.into()),
        Basis::Unknown => {}
    }
    let candidate = |candidate: &model::Candidate| Candidate {
        site: candidate.site.to_string(),
        meters: candidate.meters,
        rejected_by: candidate.rejected_by.map(|guard| guard_name(guard).into()),
    };
    Explanation {
        policy: policy(&explained.policy),
        ncgi,
        ecgi,
        tai,
        candidates: explained.candidates.iter().map(candidate).collect(),
        serving: explained.serving.as_ref().map(|serving| Serving {
            site: serving.site.to_string(),
            meters: serving.meters,
            stayed_ms: serving.stayed_ms,
        }),
        better_for_ms: explained.better_for_ms,
        under_way: explained.under_way,
        under_way_limit: explained.under_way_limit,
        rule: Rule(rule_name(explained.rule).into()),
        catalogue_version: explained.catalogue_version,
    }
}

fn policy(policy: &model::Policy) -> Policy {
    let plain = |name: &str| Policy {
        name: name.into(),
        margin_meters: None,
        time_to_trigger_ms: None,
        minimum_stay_ms: None,
    };
    let millis = |span: std::time::Duration| u64::try_from(span.as_millis()).ok();
    match policy {
        model::Policy::Nearest => plain("nearest"),
        model::Policy::Threshold(knobs) => Policy {
            margin_meters: Some(knobs.margin_meters),
            time_to_trigger_ms: millis(knobs.time_to_trigger),
            minimum_stay_ms: millis(knobs.minimum_stay),
            ..plain("threshold")
        },
    }
}

const fn guard_name(guard: model::Guard) -> &'static str {
    match guard {
        model::Guard::ConcurrentRelocations => "concurrent_relocations",
    }
}

const fn rule_name(rule: model::Rule) -> &'static str {
    match rule {
        model::Rule::NoInstanceYet => "no_instance_yet",
        model::Rule::LingerOver => "linger_over",
        model::Rule::AlreadyBest => "already_best",
        model::Rule::Nearer => "nearer",
        model::Rule::WithinMargin => "within_margin",
        model::Rule::TimeToTrigger => "time_to_trigger",
        model::Rule::MinimumStay => "minimum_stay",
        model::Rule::ThresholdMet => "threshold_met",
        model::Rule::Guarded(guard) => guard_name(guard),
        model::Rule::NoCandidate => "no_candidate",
    }
}
