//! Limits, computed anew from every order that was ever given.

use std::time::Duration;

use model::{
    Budget, BudgetSeen, Decision, FreezeWindow, Guard, LimitsSeen, Mode, Rate, SiteId, Timestamp, Verdict,
};

use crate::reference::Reference;

/// Whose budget.
enum Of<'a> {
    App(usize),
    Site(&'a SiteId),
    Total,
}

impl Reference {
    /// What holds the policy back.
    pub(super) fn unhurried(
        &self,
        key: (usize, u64),
        target: &Option<SiteId>,
        now: Timestamp,
    ) -> Option<Guard> {
        let since = self.insts[&key].serving.as_ref().map(|(_, since)| *since);
        let cooldown = self.apps[key.0].limits.cooldown;
        if since.is_some_and(|since| millis(now.since(since)) < cooldown) {
            Some(Guard::Cooldown)
        } else if target.is_some() && self.not_back_to(key, now) == *target {
            Some(Guard::PingPong)
        } else {
            self.window(key.0, now).map(|_| Guard::FreezeWindow)
        }
    }

    fn not_back_to(&self, key: (usize, u64), now: Timestamp) -> Option<SiteId> {
        let (inst, no_return) = (&self.insts[&key], self.apps[key.0].limits.no_return);
        let (_, since) = inst.serving.as_ref()?;
        inst.came_from.clone().filter(|_| millis(now.since(*since)) < no_return)
    }

    /// The window that holds, the one that holds longest.
    fn window(&self, app: usize, now: Timestamp) -> Option<FreezeWindow> {
        let all = self.apps[app].limits.freeze_windows.iter().chain(&self.limits.freeze_windows);
        let mut holding: Vec<_> = all.filter_map(|window| Some((window.end(now)?, window))).collect();
        holding.sort_by_key(|(end, _)| *end);
        holding.last().map(|(_, window)| (*window).clone())
    }

    /// How each budget stands that an order takes from.
    pub(super) fn budgets(
        &self,
        key: (usize, u64),
        target: &Option<SiteId>,
        now: Timestamp,
    ) -> Vec<BudgetSeen> {
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        self.budgets_of(key.0, serving, target, now)
    }

    pub(super) fn budgets_of(
        &self,
        app: usize,
        source: Option<&SiteId>,
        target: &Option<SiteId>,
        now: Timestamp,
    ) -> Vec<BudgetSeen> {
        let Some(target) = target else { return Vec::new() };
        if self.apps[app].mode == Mode::Observe {
            return Vec::new();
        }
        let source = source.filter(|site| *site != target);
        let mut seen = Vec::new();
        for of in [Some(Of::App(app)), source.map(Of::Site), Some(Of::Site(target)), Some(Of::Total)] {
            let Some(of) = of else { continue };
            let budget = self.budget(&of);
            let site = if let Of::Site(site) = of { Some(site.clone()) } else { None };
            let [concurrent, rate] = of.guards();
            if let Some(limit) = budget.concurrent {
                let used = self.under_way(|order| self.takes(&of, &order.app, &order.source, &order.target));
                let used = used as u32;
                seen.push(BudgetSeen {
                    guard: concurrent,
                    site: site.clone(),
                    used,
                    limit,
                    per_minute: None,
                });
            }
            if let Some(by) = budget.rate {
                let (used, per_minute) = (self.tokens_out(&of, by, now), Some(by.per_minute));
                seen.push(BudgetSeen { guard: rate, site, used, limit: by.burst, per_minute });
            }
        }
        seen
    }

    fn budget(&self, of: &Of<'_>) -> Budget {
        match of {
            Of::App(app) => Budget {
                concurrent: Some(self.apps[*app].max_concurrent_relocations),
                rate: self.apps[*app].limits.rate,
            },
            Of::Site(site) => self.limits.of(site),
            Of::Total => self.limits.total,
        }
    }

    fn takes(
        &self,
        of: &Of<'_>,
        app: &model::AppId,
        source: &Option<SiteId>,
        target: &Option<SiteId>,
    ) -> bool {
        match of {
            Of::App(slot) => self.apps[*slot].id == *app,
            Of::Site(site) => [source, target].iter().any(|end| end.as_ref() == Some(*site)),
            Of::Total => true,
        }
    }

    /// A bucket that was full before the first order, drop by drop: a token is as many drops as microseconds pass
    /// until one comes.
    fn tokens_out(&self, of: &Of<'_>, rate: Rate, now: Timestamp) -> u32 {
        let token = 60_000_000_u128.div_ceil(u128::from(rate.per_minute));
        let full = token * u128::from(rate.burst);
        let (mut drops, mut at) = (full, Timestamp::default());
        let fill = |drops: u128, from: Timestamp, to: Timestamp| full.min(drops + to.since(from).as_micros());
        for (when, app, source, target) in &self.given {
            if self.takes(of, &self.apps[*app].id, source, &Some(target.clone())) {
                drops = fill(drops, at, *when) - token;
                at = *when;
            }
        }
        rate.burst - (fill(drops, at, now) / token) as u32
    }

    pub(super) fn seen_limits(&self, key: (usize, u64), decision: &Decision, now: Timestamp) -> LimitsSeen {
        let cooldown = self.apps[key.0].limits.cooldown;
        let moves = decision.verdict != Verdict::Stay;
        let all = if moves { self.budgets(key, &decision.target, now) } else { Vec::new() };
        let consent = self.consent_seen(key, decision, now);
        LimitsSeen {
            mobility_level: self.apps[key.0].limits.mobility.level,
            consent,
            cooldown_ms: (!cooldown.is_zero()).then(|| cooldown.as_micros().div_ceil(1_000) as u64),
            not_back_to: self.not_back_to(key, now),
            freeze_window: self.window(key.0, now),
            budgets: all.into_iter().filter(|seen| seen.guard != Guard::ConcurrentRelocations).collect(),
            host: self.seen_host(key.0, decision, now),
        }
    }
}

impl Of<'_> {
    const fn guards(&self) -> [Guard; 2] {
        match self {
            Self::App(_) => [Guard::ConcurrentRelocations, Guard::AppRate],
            Self::Site(_) => [Guard::SiteConcurrent, Guard::SiteRate],
            Self::Total => [Guard::TotalConcurrent, Guard::TotalRate],
        }
    }
}

fn millis(span: Duration) -> Duration {
    Duration::from_millis(span.as_millis() as u64)
}
