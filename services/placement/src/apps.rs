//! The apps: who uses them, and where their instances can be.

use hashbrown::HashSet;
use model::{App, AppId, Mode, Scope, Supi, SupiRange, Users};
use thiserror::Error;

use crate::groups;
use crate::guard::{Able, Queue};
use crate::topology::Topology;
use crate::ue::Kind;

/// Why an app cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AppError {
    /// The orchestrator cannot choose where an app's hosts are.
    #[error(
        "app `{0}`: policy `orchestrator-chooses` does not fit scope `shared`, whose hosts belong to their sites: take another policy"
    )]
    Choice(AppId),
    /// What is said of groups does not fit the app, or no group.
    #[error("app `{app}`: {reason}")]
    Group {
        /// The app.
        app: AppId,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Two apps have one id.
    #[error("app `{0}` is listed more than once")]
    Duplicate(AppId),
    /// No order could ever be given.
    #[error(
        "app `{0}`: max_concurrent_relocations is 0, so nothing could ever be placed; use mode `observe` instead"
    )]
    NoSlots(AppId),
    /// A margin that is no distance.
    #[error("app `{0}`: the policy's margin must be a number of metres, 0 or more")]
    Margin(AppId),
    /// A target of quality that cannot be.
    #[error("app `{app}`: qos.{member}: {reason}")]
    Qos {
        /// The app.
        app: AppId,
        /// What is wrong.
        member: &'static str,
        /// Why.
        reason: String,
    },
    /// Knobs of the policy that make no sense.
    #[error("app `{app}`: policy.weighted.{member}: {reason}")]
    Weighted {
        /// The app.
        app: AppId,
        /// What is wrong.
        member: &'static str,
        /// Why.
        reason: String,
    },
    /// More apps than the tables hold.
    #[error("{0} apps are more than the 65535 that are supported")]
    TooMany(usize),
    /// The mode cannot change under way.
    #[error(
        "app `{0}` changes its mode: restart the decider, what it assumed while observing does not hold any more"
    )]
    ModeChanged(AppId),
    /// The scope cannot change while anything of the app runs.
    #[error(
        "app `{0}` changes its scope: what runs for it belongs to the old one; take the app out, let its instances end, \
         and add it anew under another id"
    )]
    ScopeChanged(AppId),
}

/// An app with those that wait.
#[derive(Debug)]
pub(crate) struct AppEntry {
    pub(crate) app: App,
    /// Those that wait for a site, or for the end of a freeze.
    pub(crate) held: Queue,
    /// The sites that it can use; `None`: every site.
    pub(crate) able: Option<Able>,
    users: UserSet,
}

/// Checks apps and makes their entries.
pub(crate) fn entries(apps: Vec<App>, topology: &Topology) -> Result<Vec<AppEntry>, AppError> {
    if apps.len() > usize::from(u16::MAX) {
        return Err(AppError::TooMany(apps.len()));
    }
    let mut entries: Vec<AppEntry> = Vec::with_capacity(apps.len());
    for app in apps {
        if app.scope == Scope::Shared && matches!(app.policy, model::Policy::OrchestratorChooses(_)) {
            return Err(AppError::Choice(app.id));
        }
        if entries.iter().any(|entry| entry.app.id == app.id) {
            return Err(AppError::Duplicate(app.id));
        }
        if let Some(reason) = groups::problem(&app) {
            return Err(AppError::Group { app: app.id, reason });
        }
        if app.max_concurrent_relocations == 0 {
            return Err(AppError::NoSlots(app.id));
        }
        if let model::Policy::Threshold(knobs) = &app.policy
            && !(knobs.margin_meters.is_finite() && knobs.margin_meters >= 0.0)
        {
            return Err(AppError::Margin(app.id));
        }
        if let model::Policy::Weighted(knobs) = &app.policy
            && let Some((member, reason)) = knobs.problem()
        {
            return Err(AppError::Weighted { app: app.id, member, reason });
        }
        if let Some((member, reason)) = app.qos.and_then(|target| target.problem()) {
            return Err(AppError::Qos { app: app.id, member, reason });
        }
        entries.push(AppEntry {
            users: UserSet::new(&app.users),
            able: Able::new(topology, &app),
            app,
            held: Queue::default(),
        });
    }
    Ok(entries)
}

impl AppEntry {
    /// Whether it is only observed.
    pub(crate) fn observed(&self) -> bool {
        self.app.mode == Mode::Observe
    }

    /// What matters of it for counting.
    pub(crate) fn kind(&self) -> Kind {
        Kind { observed: self.observed(), shared: self.app.scope == Scope::Shared }
    }

    /// Whether a UE has an instance of its own, or a seat.
    pub(crate) fn serves(&self, supi: &Supi) -> bool {
        self.app.scope != Scope::Group && self.users.contains(supi)
    }
}

/// [`Users`] with single identities in a hash set: there can be a hundred thousand of them.
#[derive(Debug)]
enum UserSet {
    All,
    Only { supis: HashSet<Supi>, ranges: Vec<SupiRange> },
}

impl UserSet {
    fn new(users: &Users) -> Self {
        match users {
            Users::All => Self::All,
            Users::Only { supis, ranges } => {
                Self::Only { supis: supis.iter().cloned().collect(), ranges: ranges.clone() }
            }
        }
    }

    fn contains(&self, supi: &Supi) -> bool {
        match self {
            Self::All => true,
            Self::Only { supis, ranges } => supis.contains(supi) || ranges.iter().any(|r| r.contains(supi)),
        }
    }
}
