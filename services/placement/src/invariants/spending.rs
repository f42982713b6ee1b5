//! What an outsider knows of budgets: which orders were given when, and which are live. Slow and obvious: every order is
//! counted anew, and a rate is held to what it promises of every span of time, not to a bucket.

use std::collections::BTreeMap;

use model::{App, AppId, Budget, Guard, InstanceId, Limits, Order, Rate, SiteId, Timestamp};

type Key = (AppId, InstanceId);

/// Whose budget.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    App(AppId),
    Site(SiteId),
    Total,
}

#[derive(Debug, Default)]
pub(super) struct Spending {
    limits: Limits,
    apps: BTreeMap<AppId, Budget>,
    /// Whose budgets each live order takes from.
    live: BTreeMap<Key, Vec<Of>>,
    given: BTreeMap<Of, Vec<Timestamp>>,
}

impl Spending {
    pub(super) fn apps(&mut self, apps: &[App]) {
        let budget =
            |app: &App| Budget { concurrent: Some(app.max_concurrent_relocations), rate: app.limits.rate };
        self.apps = apps.iter().map(|app| (app.id.clone(), budget(app))).collect();
    }

    pub(super) fn within(&mut self, limits: &Limits) {
        self.limits = limits.clone();
    }

    /// The order of an instance has ended.
    pub(super) fn ended(&mut self, key: &Key) {
        self.live.remove(key);
    }

    /// An order is given.
    pub(super) fn ordered(&mut self, order: &Order) {
        let takers = takers(order);
        for of in &takers {
            let given = self.given.entry(of.clone()).or_default();
            let place = given.partition_point(|at| *at <= order.decided_at);
            given.insert(place, order.decided_at);
        }
        self.live.insert((order.app.clone(), order.instance.clone()), takers);
    }

    /// The guard of the budget that an order would exceed.
    pub(super) fn exceeds(&self, order: &Order) -> Option<Guard> {
        takers(order).into_iter().find_map(|of| {
            let budget = self.budget(&of);
            let live = self.live.values().filter(|takers| takers.contains(&of)).count();
            let many = budget.concurrent.is_some_and(|most| live >= most as usize);
            let given = self.given.get(&of).map_or(&[][..], Vec::as_slice);
            let often = budget.rate.is_some_and(|rate| too_often(rate, given, order.decided_at));
            (many || often).then(|| of.guard(many))
        })
    }

    fn budget(&self, of: &Of) -> Budget {
        match of {
            Of::App(app) => self.apps.get(app).copied().unwrap_or_default(),
            Of::Site(site) => self.limits.of(site),
            Of::Total => self.limits.total,
        }
    }
}

impl Of {
    const fn guard(&self, many: bool) -> Guard {
        match (self, many) {
            (Self::App(_), true) => Guard::ConcurrentRelocations,
            (Self::App(_), false) => Guard::AppRate,
            (Self::Site(_), true) => Guard::SiteConcurrent,
            (Self::Site(_), false) => Guard::SiteRate,
            (Self::Total, true) => Guard::TotalConcurrent,
            (Self::Total, false) => Guard::TotalRate,
        }
    }
}

/// Letting go takes nothing.
fn takers(order: &Order) -> Vec<Of> {
    let Some(target) = &order.target else { return Vec::new() };
    let mut sites = vec![target.clone()];
    sites.extend(order.source.clone().filter(|source| source != target));
    let of_sites = sites.into_iter().map(Of::Site);
    [Of::App(order.app.clone()), Of::Total].into_iter().chain(of_sites).collect()
}

/// Whether with one more order now some span that ends now has more than its burst and what comes in that time.
fn too_often(rate: Rate, given: &[Timestamp], now: Timestamp) -> bool {
    given.iter().rev().zip(2_u128..).chain([(&now, 1)]).any(|(from, count)| {
        let comes = now.since(*from).as_micros() * u128::from(rate.per_minute) / 60_000_000;
        count > u128::from(rate.burst) + comes
    })
}
