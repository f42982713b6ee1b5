//! Decisions and their explanations.

use serde::{Deserialize, Serialize};

use crate::{
    AppId, CellId, Generation, GroupSeen, InstanceId, LimitsSeen, Mode, Policy, QosTarget, RelocationId,
    SiteId, Supi, Tai, Timestamp, Weighed,
};

/// Why a decision was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The UE moved.
    Mobility,
    /// A UE of the app appeared and has no instance yet.
    FirstPlacement,
    /// The UE has been gone for the app's linger time.
    UeGone,
    /// The serving site is being drained.
    Maintenance,
    /// The serving site is expected to fail.
    SiteDegraded,
    /// The serving site does not serve any longer.
    SiteFailure,
    /// What is measured of the UE's quality of service is worse than the app wants.
    Qos,
    /// An operator asked for it.
    Operator,
    /// The serving site is overloaded.
    Capacity,
    /// The UE is outside the service area of the serving site.
    LeftArea,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 10] = [
        Self::Mobility,
        Self::FirstPlacement,
        Self::UeGone,
        Self::Maintenance,
        Self::SiteDegraded,
        Self::SiteFailure,
        Self::Qos,
        Self::Operator,
        Self::Capacity,
        Self::LeftArea,
    ];

    /// The name used in events and tables; labels of metrics have `_` for `-`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mobility => "mobility",
            Self::FirstPlacement => "first-placement",
            Self::UeGone => "ue-gone",
            Self::Maintenance => "maintenance",
            Self::SiteDegraded => "site-degraded",
            Self::SiteFailure => "site-failure",
            Self::Qos => "qos",
            Self::Operator => "operator",
            Self::Capacity => "capacity",
            Self::LeftArea => "left-area",
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Move, place or let go, as the decision's sites say.
    Move,
    /// Leave it where it is.
    Stay,
    /// A move would be right, but a guard forbids it now.
    Blocked,
}

impl Verdict {
    /// The name used in events, labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Stay => "stay",
            Self::Blocked => "blocked",
        }
    }
}

/// A verdict for one instance, with its explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// The UE behind it, where it is known: an instance that was taken over may move before its UE is heard of.
    /// Internal: public streams are derived from this one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supi: Option<Supi>,
    /// The group behind it, where it serves one. Internal as `supi` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupSeen>,
    /// When it was decided.
    pub at: Timestamp,
    /// First byte of the last report on the UE's place; where the UE is not known, since when the instance has served.
    pub observed_at: Timestamp,
    /// Why it was looked at.
    pub trigger: Trigger,
    /// What was decided.
    pub verdict: Verdict,
    /// The serving site, if any.
    pub source: Option<SiteId>,
    /// The site it should be at (on `move`: goes to), `None` when it is let go.
    pub target: Option<SiteId>,
    /// Whether an order follows from a `move`.
    pub mode: Mode,
    /// The generation and id of the order that a `move` gives, or in mode `observe` would give.
    pub order: Option<(Generation, RelocationId)>,
    /// The numbers behind it.
    pub explanation: Explanation,
}

/// Numbers enough to recompute the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The policy with its knobs.
    pub policy: Policy,
    /// What the UE's place was taken from.
    pub basis: Basis,
    /// How far the UE may be from the position that its place was taken from, in metres; absent where it was not taken
    /// from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty_meters: Option<f64>,
    /// The sites looked at, best first.
    pub candidates: Vec<Candidate>,
    /// The serving site as the policy saw it.
    pub serving: Option<Serving>,
    /// How long the best candidate has been better than the serving site by the margin, in milliseconds.
    pub better_for_ms: u64,
    /// Relocations and first placements of the app that were under way.
    pub under_way: u32,
    /// The most that may be under way.
    pub under_way_limit: u32,
    /// Whether an operator has frozen the app, or all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// What quality of service the app wants, where it wants any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qos: Option<QosTarget>,
    /// The other limits that it was held against.
    #[serde(default, skip_serializing_if = "LimitsSeen::is_none")]
    pub limits: LimitsSeen,
    /// The rule that gave the verdict.
    pub rule: Rule,
    /// Version of the catalogue it was decided on.
    pub catalogue_version: u64,
}

/// What a UE's place was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A cell of the catalogue.
    Cell(CellId),
    /// The tracking area, because the cell is not in the catalogue.
    Tai(Tai),
    /// The serving site, because the site is being left and nothing is known of the UE's place.
    ServingSite,
    /// The places of members of a group.
    Members {
        /// How many members are present and their place known.
        located: u32,
        /// How many the group has.
        of: u32,
    },
    /// Nothing known; such a UE is never moved.
    Unknown,
    /// A position that the network or another source told.
    Position,
}

/// A site that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The site.
    pub site: SiteId,
    /// Geodesic distance in metres from the UE's place; 0 for a site that the place is pinned to, and for one that an
    /// operator named where no distance can be told. For a group the distance that its members have together, as its
    /// policy's `aim` says.
    pub meters: f64,
    /// The guard that took it out, if one did.
    pub rejected_by: Option<Guard>,
    /// `regret`: how its account stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regret: Option<Account>,
    /// What has been measured between the UE and the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qos: Option<SiteQuality>,
    /// How loaded it is, where it has water marks and a load is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Loaded>,
    /// `weighted`: how it was weighed against the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<Weighed>,
}

/// What has been measured of the quality between a UE and a site, as far as the app has a limit for it and it is still
/// valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteQuality {
    /// Round trip time in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_us: Option<u32>,
    /// Variation of the delay in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_us: Option<u32>,
    /// What is lost, as a part of all: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Whether the core fulfils the guaranteed QoS. That it does not counts where a limit has no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guaranteed: Option<bool>,
    /// For how long the limits have been exceeded, in milliseconds; absent where they are kept to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violated_ms: Option<u64>,
}

/// How loaded a site is, against its water marks. It takes no instance while it is `overloaded`, or has as many as
/// `instances_limit`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// The load, as a share of what it can bear.
    pub load: f64,
    /// The high water mark.
    pub high: f64,
    /// The low water mark.
    pub low: f64,
    /// Whether the load has been above the high mark and not at or below the low one since.
    pub overloaded: bool,
    /// Instances of apps in mode `act` that are there or on their way there.
    pub instances: u32,
    /// How many these may be before the load is expected to be above the high mark; absent where nothing tells what an
    /// instance takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances_limit: Option<u32>,
}

/// What the `regret` policy holds for a site against the serving one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// How much nearer it was, for how long, in metre-seconds.
    pub account: f64,
    /// By how many metres it has been nearer of late.
    pub trend: f64,
}

/// The serving site as the policy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Serving {
    /// The site.
    pub site: SiteId,
    /// Geodesic distance in metres from the UE's place; absent where the site has left the catalogue, has no
    /// position, or the place is pinned to another site: then every margin counts as met.
    pub meters: Option<f64>,
    /// How long the instance has been there, in milliseconds.
    pub stayed_ms: u64,
    /// `regret`: where it came from, as long as that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_from: Option<SiteId>,
    /// Why it may not stay there, where the site is to be left; `overloaded` where this instance was chosen to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_by: Option<Guard>,
    /// What has been measured between the UE and the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qos: Option<SiteQuality>,
    /// How loaded it is, where it has water marks and a load is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Loaded>,
}

/// A guard that can forbid a move or a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// `max_concurrent_relocations` of the app is used up.
    ConcurrentRelocations,
    /// The site takes no more instances, by word of an operator or of its cluster.
    Cordoned,
    /// The site is being emptied.
    Draining,
    /// The site is expected to fail.
    Degraded,
    /// The site does not serve.
    Failed,
    /// As many instances as may be are at the site or on their way there.
    Full,
    /// The site lacks a label that the app requires.
    MissingLabel,
    /// What is measured between the UE and the site is worse than the app wants.
    QosViolated,
    /// The load of the site is above its high water mark, or would be with one more instance.
    Overloaded,
    /// Each site that was looked at is rejected.
    NoFeasibleSite,
    /// An operator has frozen the app, or all of them.
    Frozen,
    /// The UE is outside the service area of the site.
    OutsideArea,
    /// The site is there for tenants of which the app's is none.
    Tenant,
    /// The site is not where the app's data may be.
    Residency,
    /// The instance has not been at its site for as long as the app's `cooldown`.
    Cooldown,
    /// The instance came from that site a shorter time ago than the app's `no_return`.
    PingPong,
    /// A freeze window of the app, or of all of them.
    FreezeWindow,
    /// The app's orders of late are as many as may be.
    AppRate,
    /// As many relocations from and to a site are under way as may be.
    SiteConcurrent,
    /// The orders of late from and to a site are as many as may be.
    SiteRate,
    /// As many relocations of all apps are under way as may be.
    TotalConcurrent,
    /// The orders of late for all apps are as many as may be.
    TotalRate,
    /// Instances of the app are not moved.
    MobilityNotAllowed,
    /// Somebody has to agree before an instance of the app is moved, and has not.
    AwaitingConfirmation,
    /// The UE's position is told so coarsely that either of the two sites may be the nearer one.
    Uncertain,
    /// The host of a shared app at the site does not serve yet.
    HostStarting,
}

impl Guard {
    /// Its name in events, labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConcurrentRelocations => "concurrent_relocations",
            Self::Cordoned => "cordoned",
            Self::Draining => "draining",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Full => "full",
            Self::MissingLabel => "missing_label",
            Self::NoFeasibleSite => "no_feasible_site",
            Self::Frozen => "frozen",
            Self::QosViolated => "qos_violated",
            Self::Overloaded => "overloaded",
            Self::OutsideArea => "outside_area",
            Self::Tenant => "tenant",
            Self::Residency => "residency",
            Self::Cooldown => "cooldown",
            Self::PingPong => "ping_pong",
            Self::FreezeWindow => "freeze_window",
            Self::AppRate => "app_rate",
            Self::SiteConcurrent => "site_concurrent",
            Self::SiteRate => "site_rate",
            Self::TotalConcurrent => "total_concurrent",
            Self::TotalRate => "total_rate",
            Self::MobilityNotAllowed => "mobility_not_allowed",
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Uncertain => "uncertain",
            Self::HostStarting => "host_starting",
        }
    }

    /// Whether it speaks of one site; the others hold whatever the site.
    pub const fn is_of_site(self) -> bool {
        match self {
            Self::Cordoned
            | Self::Draining
            | Self::Degraded
            | Self::Failed
            | Self::Full
            | Self::MissingLabel
            | Self::QosViolated
            | Self::Overloaded
            | Self::OutsideArea
            | Self::Tenant
            | Self::Residency => true,
            // A budget of a site ends by itself: who waits for it is not sent elsewhere meanwhile.
            Self::ConcurrentRelocations
            | Self::NoFeasibleSite
            | Self::Frozen
            | Self::Cooldown
            | Self::PingPong
            | Self::FreezeWindow
            | Self::AppRate
            | Self::SiteConcurrent
            | Self::SiteRate
            | Self::TotalConcurrent
            | Self::TotalRate
            | Self::MobilityNotAllowed
            | Self::AwaitingConfirmation
            | Self::Uncertain
            | Self::HostStarting => false,
        }
    }
}

/// The rule that gave a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No instance yet: the best candidate gets one.
    NoInstanceYet,
    /// The UE has gone for longer than `linger`.
    LingerOver,
    /// The serving site is the best candidate.
    AlreadyBest,
    /// `nearest`: another site is nearer.
    Nearer,
    /// `threshold`: the best site is not nearer by more than the margin.
    WithinMargin,
    /// `threshold`: nearer by the margin, but not for long enough yet.
    TimeToTrigger,
    /// `threshold`, `weighted`: the instance has not been at its site for long enough.
    MinimumStay,
    /// `threshold`: margin, time to trigger and minimum stay are all met.
    ThresholdMet,
    /// `regret`: staying has not cost as much as a relocation yet.
    CostNotReached,
    /// `regret`: it has, but the instance came from there too short a time ago.
    NoReturn,
    /// `regret`: staying has cost as much as a relocation.
    CostReached,
    /// The serving site is to be left: the nearest site that takes the instance, whatever the policy says. Where the UE
    /// has gone, the instance is let go.
    Evacuation,
    /// What is measured at the serving site has been worse than the app wants for long enough: the nearest site where it
    /// is as good as wanted, else the nearest one of which nothing is known, whatever the policy says.
    QosViolated,
    /// The same, and no site is known or expected to be better.
    NoBetterQos,
    /// The serving site is overloaded, and this instance is among those that leave it at the least cost: for the nearest
    /// site that takes it, or to be let go where its UE has gone.
    Relief,
    /// An operator asked for this site.
    OperatorMove,
    /// An operator pinned the instance to a site.
    Pinned,
    /// A guard forbids what is wanted.
    Guarded(Guard),
    /// The UE's place maps to no site.
    NoCandidate,
    /// The UE is outside the service area of the serving site: the nearest site that takes the instance, whatever the
    /// policy says.
    LeftArea,
    /// `weighted`: another site scores higher than the serving one, but not by more than `gain`.
    WithinGain,
    /// `weighted`: another site scores higher by more than `gain`, and the instance has been where it is for long enough.
    BetterScore,
    /// `orchestrator-chooses`: the serving site is among those that would be offered.
    AmongChoices,
    /// `orchestrator-chooses`: it has not been among them for long enough, and for as long as the instance must stay.
    BeyondChoices,
}
