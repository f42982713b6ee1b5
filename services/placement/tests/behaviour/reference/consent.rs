//! Who was asked and who answered, told anew from all that was ever said.

use std::time::Duration;

use model::{
    AppId, Consent, ConsentSeen, Decision, Generation, Guard, InstanceId, MobilityLevel, Mode, SiteId,
    Timestamp, Trigger, Verdict,
};

use crate::reference::Reference;
use crate::reference::wish::Wish;

/// A question (`None`) or an answer, about one order of one instance to one site.
#[derive(Debug)]
pub(super) struct Said {
    of: ((usize, u64), u64, SiteId),
    answer: Option<bool>,
    at: Timestamp,
}

/// An instance and where it would go.
pub(crate) type Open = ((usize, u64), SiteId);

impl Reference {
    fn level(&self, key: (usize, u64)) -> MobilityLevel {
        self.apps[key.0].limits.mobility.level
    }

    pub(super) fn may_not_move(&self, key: (usize, u64)) -> bool {
        self.level(key) == MobilityLevel::NotAllowed
    }

    /// Whether anybody is asked before it moves, unless an operator moves it.
    pub(super) fn needs_word(&self, key: (usize, u64)) -> bool {
        self.level(key) == MobilityLevel::WithConfirmation && self.apps[key.0].mode == Mode::Act
    }

    fn timeout(&self, key: (usize, u64)) -> Duration {
        let timeout = self.apps[key.0].limits.mobility.confirmation_timeout;
        Duration::from_millis(timeout.as_micros().div_ceil(1_000) as u64)
    }

    /// How a move stands, since when and until when.
    fn stands(
        &self,
        key: (usize, u64),
        target: &Option<SiteId>,
        now: Timestamp,
    ) -> (Consent, Timestamp, Timestamp) {
        let (timeout, generation) = (self.timeout(key), self.insts[&key].generation + 1);
        let nothing = (Consent::Needed, now, now.plus(timeout));
        let Some(target) = target else { return nothing };
        let last = self.said.iter().rev().find(|said| said.of == (key, generation, target.clone()));
        let Some(last) = last else { return nothing };
        let (once, long) = (last.at.plus(timeout), timeout * 10);
        let (state, until) = match last.answer {
            None if now < once => (Consent::Open, once),
            None => (Consent::Expired, once.plus(long)),
            Some(true) => (Consent::Confirmed, once),
            Some(false) => (Consent::Refused, last.at.plus(long)),
        };
        if now < until { (state, last.at, until) } else { nothing }
    }

    pub(super) fn state(&self, key: (usize, u64), target: &Option<SiteId>, now: Timestamp) -> Consent {
        self.stands(key, target, now).0
    }

    /// A decision says that it waits for somebody's word: where that was not asked for, it is now.
    pub(super) fn asks_now(&mut self, key: (usize, u64), target: &Option<SiteId>, now: Timestamp) -> bool {
        let (new, site) = (self.state(key, target, now) == Consent::Needed, target.clone());
        if let Some(site) = site.filter(|_| new) {
            let generation = self.insts[&key].generation + 1;
            self.said.push(Said { of: (key, generation, site), answer: None, at: now });
        }
        new
    }

    /// Somebody answers.
    pub(super) fn answered(
        &mut self,
        (app, instance): (&AppId, &InstanceId),
        (generation, site): (Generation, &SiteId),
        agrees: bool,
        (at, now): (Timestamp, Timestamp),
    ) {
        let Some(key) = self.whose(app, instance) else { return };
        let next = self.insts[&key].generation + 1;
        if self.level(key) != MobilityLevel::WithConfirmation || generation.0 != next {
            return;
        }
        let (at, timeout) = (at.min(now), self.timeout(key));
        let worth = if agrees { timeout } else { timeout * 10 };
        let of = (key, next, site.clone());
        let question = self.said.iter().rev().find(|said| said.of == of).filter(|said| said.answer.is_none());
        let late = question.is_some_and(|asked| {
            let known = now < asked.at.plus(timeout * 11);
            known && at >= asked.at.plus(timeout)
        });
        if now < at.plus(worth) && !late {
            self.said.push(Said { of, answer: Some(agrees), at });
        }
    }

    /// The question that holds an instance back, if one is open.
    pub(super) fn question(&self, key: (usize, u64), now: Timestamp) -> Option<SiteId> {
        let Wish::Go(_, target @ Some(_), trigger) = self.wish(key, now) else { return None };
        let awaits = self.insts[&key].live.is_none()
            && self.held(key, &target, trigger, now) == Some(Guard::AwaitingConfirmation);
        target.clone().filter(|_| awaits && self.state(key, &target, now) == Consent::Open)
    }

    /// All of them.
    pub(crate) fn questions(&self, now: Timestamp) -> Vec<Open> {
        let all = self.insts.keys().filter_map(|key| Some((*key, self.question(*key, now)?)));
        all.collect()
    }

    /// Whether it may not relieve its site: it may not move, or nobody lets it.
    pub(super) fn is_kept(&self, key: (usize, u64), target: &Option<SiteId>, now: Timestamp) -> bool {
        let denied = matches!(self.state(key, target, now), Consent::Refused | Consent::Expired);
        self.may_not_move(key) || (self.needs_word(key) && denied)
    }

    pub(super) fn consent_seen(
        &self,
        key: (usize, u64),
        decision: &Decision,
        now: Timestamp,
    ) -> Option<ConsentSeen> {
        let moves = self.insts[&key].serving.is_some() && decision.target.is_some();
        let asks = moves && self.left(key) != Some(Guard::Failed) && self.needs_word(key);
        let told = asks && decision.verdict != Verdict::Stay && decision.trigger != Trigger::Operator;
        told.then(|| {
            // The decision that asks shows the question.
            let (state, at, until) = match self.stands(key, &decision.target, now) {
                (Consent::Needed, at, until) if asks_by(decision) => (Consent::Open, at, until),
                stands => stands,
            };
            let millis = |span: Duration| span.as_millis() as u64;
            ConsentSeen {
                state,
                generation: Generation(self.insts[&key].generation + 1),
                age_ms: millis(now.since(at)),
                left_ms: millis(until.since(now)),
            }
        })
    }
}

fn asks_by(decision: &Decision) -> bool {
    decision.explanation.rule == model::Rule::Guarded(Guard::AwaitingConfirmation)
}
