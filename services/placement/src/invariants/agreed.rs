//! Who agreed to which move, as an outsider hears it.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    App, AppId, Ask, Generation, InstanceId, Mobility, MobilityLevel, OperatorCommand, Order, SiteId,
    Timestamp, Trigger,
};

#[derive(Debug, Default)]
pub(super) struct Agreed {
    apps: BTreeMap<AppId, Mobility>,
    /// The latest yes to each move.
    given: BTreeMap<(AppId, InstanceId, Generation, SiteId), Timestamp>,
}

impl Agreed {
    pub(super) fn apps(&mut self, apps: &[App]) {
        self.apps = apps.iter().map(|app| (app.id.clone(), app.limits.mobility)).collect();
    }

    pub(super) fn command(&mut self, command: &OperatorCommand) {
        if let Ask::Confirm { app, instance, generation, site } = &command.ask {
            let of = (app.clone(), instance.clone(), *generation, site.clone());
            let at = self.given.entry(of).or_default();
            *at = command.at.max(*at);
        }
    }

    /// Whether an order moves what may not be moved, or nobody agreed to that in time; `failed`: the site that it leaves
    /// does not serve any longer.
    pub(super) fn forbids(&self, order: &Order, failed: bool) -> bool {
        let Some(mobility) = self.apps.get(&order.app) else { return false };
        let (Some(_), Some(target)) = (&order.source, &order.target) else { return false };
        let of = (order.app.clone(), order.instance.clone(), order.generation, target.clone());
        // Spans are whole milliseconds, rounded up.
        let lasts = mobility.confirmation_timeout + Duration::from_millis(1);
        let agreed = self.given.get(&of).is_some_and(|at| order.decided_at < at.plus(lasts));
        match mobility.level {
            MobilityLevel::WithoutConfirmation => false,
            MobilityLevel::WithConfirmation => !failed && !agreed && order.trigger != Trigger::Operator,
            MobilityLevel::NotAllowed => !failed,
        }
    }
}
