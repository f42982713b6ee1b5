//! Asking whether an instance may be moved, and what is answered.

use std::time::Duration;

use model::{
    AppId, Ask, Consent, Decision, Generation, Guard, InstanceId, MobilityLevel, RelocationId, Rule, SiteId,
    Supi, Timestamp, Trigger,
};
use serde::{Deserialize, Serialize};

use crate::approvals::{About, Approval, Entry, Said};
use crate::command::Command;
use crate::engine::Engine;
use crate::index::{InstanceIx, SiteIx};
use crate::judge::{Silent, judge};

/// A question that is open: may this instance go there?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The id of the order that follows a yes.
    pub relocation: RelocationId,
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// The generation of that order.
    pub generation: Generation,
    /// The UE behind the instance, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supi: Option<Supi>,
    /// Where it serves.
    pub from: SiteId,
    /// Where it would go.
    pub to: SiteId,
    /// Why.
    pub trigger: Trigger,
    /// When it was asked.
    pub since: Timestamp,
    /// When it is open no longer.
    pub expires: Timestamp,
}

impl Question {
    /// The question that this decision asks, where it asks one.
    pub fn asked_by(decision: &Decision) -> Option<Self> {
        let consent = decision.explanation.limits.consent?;
        let awaits = decision.explanation.rule == Rule::Guarded(Guard::AwaitingConfirmation);
        let asks = awaits && consent.state == Consent::Open && consent.age_ms == 0;
        let expires = decision.at.plus(Duration::from_millis(consent.left_ms));
        asks.then(|| Self::of(decision, consent.generation, (decision.at, expires))).flatten()
    }

    /// What somebody asks for who answers it.
    pub fn answered(self, agrees: bool) -> Ask {
        let Self { app, instance, generation, to: site, .. } = self;
        if agrees {
            Ask::Confirm { app, instance, generation, site }
        } else {
            Ask::Refuse { app, instance, generation, site }
        }
    }

    fn of(
        decision: &Decision,
        generation: Generation,
        (since, expires): (Timestamp, Timestamp),
    ) -> Option<Self> {
        Some(Self {
            relocation: RelocationId::new(&decision.app, &decision.instance, generation),
            app: decision.app.clone(),
            instance: decision.instance.clone(),
            generation,
            supi: decision.supi.clone(),
            from: decision.source.clone()?,
            to: decision.target.clone()?,
            trigger: decision.trigger,
            since,
            expires,
        })
    }
}

/// What somebody answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) generation: Generation,
    pub(super) site: &'a SiteId,
    pub(super) at: Timestamp,
    pub(super) agrees: bool,
}

impl Engine {
    /// The questions that are open: nothing but their answers holds these moves back, as far as is known.
    pub fn questions(&self, now: Timestamp) -> Vec<Question> {
        let asked = self.approvals.each().filter(|(_, entry)| entry.said == Said::Asked);
        let of =
            asked.filter_map(|(((app, number), site), _)| Some((self.instances.find(app, number)?, site)));
        of.filter_map(|(ix, site)| self.question(ix, now).filter(|asked| asked.to == *self.site_id(site)))
            .collect()
    }

    /// The question that is open for an instance and holds it back.
    pub(super) fn question(&self, ix: InstanceIx, now: Timestamp) -> Option<Question> {
        if !matches!(self.instances.at(ix).state, crate::ue::State::Serving(_)) {
            return None;
        }
        let case = self.case(ix, now);
        let finding = judge(&case, &mut Silent);
        let awaits = finding.rule == Rule::Guarded(Guard::AwaitingConfirmation);
        let target = finding.target.filter(|_| awaits)?;
        let stands = case.approval.stands(target, now);
        if stands.state != Consent::Open {
            return None;
        }
        let generation = self.instances.at(ix).generation.next();
        Question::of(&self.decision_on(ix, &case), generation, (stands.at, stands.until))
    }

    /// What was asked and answered about an instance.
    pub(super) fn approval(&self, ix: InstanceIx) -> Approval<'_> {
        let instance = self.instances.at(ix);
        let mobility = &self.apps[usize::from(instance.app)].app.limits.mobility;
        let generation = instance.generation.next();
        Approval { approvals: &self.approvals, whose: self.whose_is(ix), generation, mobility }
    }

    /// Asks whether an instance may go to a site, unless it was asked or answered already; whether it is asked now.
    pub(super) fn ask_whether(&mut self, ix: InstanceIx, target: Option<SiteIx>, now: Timestamp) -> bool {
        let Some(about) = self.whose_is(ix).zip(target) else { return false };
        let approval = self.approval(ix);
        if approval.stands(about.1, now).state != Consent::Needed {
            return false;
        }
        let entry = Entry { generation: approval.generation, said: Said::Asked, at: now };
        self.with_approvals(|engine, table| {
            table.put(about, entry, now, |a, e| engine.counts_still(a, e, now))
        })
    }

    /// Whether a move was refused, or nobody answered in time, and that is still remembered.
    pub(super) fn is_denied(&self, ix: InstanceIx, target: Option<SiteIx>, now: Timestamp) -> bool {
        target.is_some_and(|site| match self.approval(ix).stands(site, now).state {
            Consent::Refused | Consent::Expired => true,
            Consent::Needed | Consent::Open | Consent::Confirmed => false,
        })
    }

    /// Somebody answers. An answer is kept although no question is known: what was asked need not have been read yet, or
    /// was asked by an earlier run. One to an order that stands on the bus already has no effect, and neither has one that
    /// comes too late.
    pub(super) fn answer(
        &mut self,
        now: Timestamp,
        (app, instance): (&AppId, &InstanceId),
        answer: Answer<'_>,
        out: &mut Vec<Command>,
    ) -> bool {
        let (Some(whose), Some(site)) = (self.whose(app, instance), self.topology.site(answer.site)) else {
            return false;
        };
        let mobility = self.apps[usize::from(whose.0)].app.limits.mobility;
        let known = self.instances.find(whose.0, whose.1);
        let next = known.map(|ix| self.instances.at(ix).generation.next());
        let fits = next == Some(answer.generation);
        let ahead = self.catching_up && next.is_none_or(|next| next < answer.generation);
        if mobility.level != MobilityLevel::WithConfirmation || !(fits || ahead) {
            return false;
        }
        let said = if answer.agrees { Said::Confirmed } else { Said::Refused };
        let entry = Entry { generation: answer.generation, said, at: answer.at.min(now) };
        let taken = self.with_approvals(|engine, table| {
            // What is read as history was answered to whoever decided then, and that one knew its question.
            let prompt = !engine.catching_up;
            table
                .answer((whose, site), entry, (&mobility, now, prompt), |a, e| engine.counts_still(a, e, now))
        });
        if let Some(ix) = known.filter(|_| taken) {
            self.look(ix, now, now, out);
        }
        taken
    }

    fn with_approvals(
        &mut self,
        change: impl FnOnce(&Self, &mut crate::approvals::Approvals) -> bool,
    ) -> bool {
        let mut table = std::mem::take(&mut self.approvals);
        let changed = change(self, &mut table);
        self.approvals = table;
        changed
    }

    /// Whether what was said may still matter.
    fn counts_still(&self, ((app, number), _): &About, entry: &Entry, now: Timestamp) -> bool {
        let mobility = &self.apps[usize::from(*app)].app.limits.mobility;
        let asks = mobility.level == MobilityLevel::WithConfirmation;
        let next = self.instances.find(*app, *number).map(|ix| self.instances.at(ix).generation.next());
        let ahead = next.is_some_and(|next| next <= entry.generation);
        asks && entry.stands(mobility, now).is_some() && (ahead || next.is_none() && self.catching_up)
    }

    /// The generation of an instance has changed, or what it does.
    pub(super) fn outdate_answers(&mut self, ix: InstanceIx) {
        let next = self.instances.at(ix).generation.next();
        if let Some(whose) = self.whose_is(ix) {
            self.approvals.outdate(whose, next);
        }
    }

    /// History is read: what was said of orders that stand on the bus, of instances that there are not, or too long ago,
    /// is dropped.
    pub(super) fn settle_answers(&mut self, now: Timestamp) {
        let each: Vec<(About, Entry)> = self.approvals.each().collect();
        for (about, entry) in each {
            if !self.counts_still(&about, &entry, now) {
                self.approvals.forget(about);
            }
        }
    }

    /// Takes what was asked and answered over from an engine on another catalogue. What is about a site or an app that is
    /// not listed any longer, or asks nobody any longer, ends with it.
    pub(super) fn take_over_answers(&mut self, old: &Self, now: Timestamp) {
        for (((app, number), site), entry) in old.approvals.each() {
            let app = self.app(&old.apps[usize::from(app)].app.id);
            let (Some(app), Some(site)) = (app, self.topology.site(old.site_id(site))) else { continue };
            let about = ((app, number), site);
            if self.counts_still(&about, &entry, now) {
                self.approvals.put(about, entry, now, |_, _| true);
            }
        }
    }
}
