//! What operators and other sources say of sites and instances, and what is told of sites.

use model::{
    App, AppId, Ask, Evacuation, EvacuationState, InstanceId, OperatorCommand, Order, SiteCondition,
    SiteReport, SiteSource, SiteStatus, Timestamp,
};
use placement::{Command, Input};
use uuid::Uuid;

use crate::scene::*;

pub(crate) fn cordon(site: u32) -> Ask {
    Ask::Cordon { site: site_id(site) }
}

pub(crate) fn drain(site: u32) -> Ask {
    Ask::Drain { site: site_id(site), deadline: None }
}

pub(crate) fn drain_by(site: u32, seconds: f64) -> Ask {
    Ask::Drain { site: site_id(site), deadline: Some(at(seconds)) }
}

pub(crate) fn resume(site: u32) -> Ask {
    Ask::Resume { site: site_id(site) }
}

pub(crate) fn go(ue: u64, site: u32) -> Ask {
    let (app, instance) = of(ue);
    Ask::Move { app, instance, site: site_id(site) }
}

pub(crate) fn pin(ue: u64, site: u32) -> Ask {
    let (app, instance) = of(ue);
    Ask::Pin { app, instance, site: site_id(site) }
}

pub(crate) fn unpin(ue: u64) -> Ask {
    let (app, instance) = of(ue);
    Ask::Unpin { app, instance }
}

pub(crate) fn freeze(app: Option<&str>, until: Option<f64>) -> Ask {
    Ask::Freeze { app: app.map(|id| AppId::new(id).unwrap()), until: until.map(at) }
}

pub(crate) fn thaw(app: Option<&str>) -> Ask {
    Ask::Thaw { app: app.map(|id| AppId::new(id).unwrap()) }
}

/// The instance of the app `ar` that serves a UE.
fn of(ue: u64) -> (AppId, InstanceId) {
    let app = AppId::new("ar").unwrap();
    let instance = key().per_ue(&app, &supi(ue));
    (app, instance)
}

/// A command whose id follows from when it was asked and what is asked.
pub(crate) fn command(now: Timestamp, ask: Ask) -> OperatorCommand {
    let text = format!("{now} {ask:?}");
    OperatorCommand {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()),
        at: now,
        by: "ann".into(),
        reason: Some("work on the power supply".into()),
        ask,
    }
}

pub(crate) fn report(site: u32, now: Timestamp, source: SiteSource, condition: SiteCondition) -> SiteReport {
    SiteReport { site: site_id(site), source, at: now, condition, reason: Some("seen".into()) }
}

impl Stage {
    /// The ledger knows what apps require, and which ones are only observed.
    pub(crate) fn with_apps(self, apps: &[App]) -> Self {
        Self { ledger: self.ledger.with(apps), ..self }
    }

    /// An operator asks for something.
    pub(crate) fn ask(&mut self, seconds: f64, ask: Ask) -> Vec<Command> {
        self.handle(at(seconds), Input::Operator(&command(at(seconds), ask)))
    }

    /// As `ask`, and all that follows at the same instant.
    pub(crate) fn asked(&mut self, seconds: f64, ask: Ask) -> Vec<Command> {
        let mut out = self.ask(seconds, ask);
        out.extend(self.run_to(seconds));
        out
    }

    /// A source says something of a site, and all that follows at the same instant.
    pub(crate) fn said(
        &mut self,
        seconds: f64,
        site: u32,
        source: SiteSource,
        condition: SiteCondition,
    ) -> Vec<Command> {
        let mut out = self.handle(at(seconds), Input::Site(&report(site, at(seconds), source, condition)));
        out.extend(self.run_to(seconds));
        out
    }

    /// Wakes the engine whenever it wants to be woken, up to and including then.
    pub(crate) fn run_to(&mut self, seconds: f64) -> Vec<Command> {
        let mut out = Vec::new();
        while let Some(due) = self.due().filter(|due| *due <= seconds) {
            out.extend(self.timeout(due));
        }
        out
    }

    /// Its order is carried out.
    pub(crate) fn done(&mut self, seconds: f64, order: &Order) -> Vec<Command> {
        let kind = completed(order);
        self.end(seconds, order, kind)
    }

    /// Places an instance for a UE at a cell, at once; sites may be told of.
    pub(crate) fn put(&mut self, seconds: f64, ue: u64, cell: u32) -> Order {
        let order = only_order(&self.cell(seconds, ue, cell));
        assert_eq!(decisions(&self.done(seconds, &order)), []);
        order
    }
}

/// What is told of sites.
pub(crate) fn told(commands: &[Command]) -> Vec<SiteStatus> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::Site(status) => Some((**status).clone()),
            Command::Decide(_) | Command::Order(_) => None,
        })
        .collect()
}

/// What is told of how far leaving sites has come: site, state, in all, remaining, stranded.
pub(crate) fn evacuations(commands: &[Command]) -> Vec<(String, EvacuationState, [u32; 3])> {
    let each = told(commands).into_iter();
    let line = |site: model::SiteId, evacuation: Evacuation| {
        let Evacuation { instances, remaining, stranded, state, .. } = evacuation;
        (site.to_string(), state, [instances, remaining, stranded])
    };
    each.filter_map(|status| Some(line(status.site, status.evacuation?))).collect()
}
