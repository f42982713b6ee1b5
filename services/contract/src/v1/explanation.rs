//! Why a decision is what it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Consent, Criteria, Ecgi, MobilityLevel, Ncgi, Normalisation, QosTarget, SiteQuality, Tai, Weighed,
};
use crate::words::open_words;

/// Numbers enough to recompute a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The rule that gave the verdict.
    pub rule: Rule,
    /// The guard, where the rule is `guarded`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guard: Option<Guard>,
    /// The policy with its settings.
    pub policy: Policy,
    /// What the UE's place was taken from.
    pub basis: Basis,
    /// The sites that were looked at, best first.
    pub candidates: Vec<Candidate>,
    /// The serving site as the policy saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving: Option<Serving>,
    /// How long the best candidate has been better than the serving site by the margin, in milliseconds.
    pub better_for_ms: u64,
    /// Relocations and first placements of the app that were under way.
    pub under_way: u32,
    /// The most that may be under way.
    pub under_way_limit: u32,
    /// Whether an operator has frozen the app, or all of them.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub frozen: bool,
    /// What quality of service the app wants, where it wants any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qos_target: Option<QosTarget>,
    /// The app's cooldown in milliseconds, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cooldown_ms: Option<u64>,
    /// The site that the policy may not move it back to yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_back_to: Option<String>,
    /// The freeze window that held, like `17:00 to 19:00 +01:00 on mon, tue`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub freeze_window: Option<String>,
    /// The budgets that a move takes from, beside that of `underWayLimit`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub budgets: Vec<Budget>,
    /// How freely the app's instances are moved, where not every move is free.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mobility_level: Option<MobilityLevel>,
    /// The word that the move needs, where somebody has to agree.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consent: Option<Consent>,
    /// For a seat of a shared app that should go somewhere: the host there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<Host>,
    /// Version of the catalogue that it was decided on.
    pub catalogue_version: u64,
}

/// A budget of relocations and how it stood: used up where `used` has reached `limit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// The guard that keeps it.
    pub guard: Guard,
    /// The site, where it is one's budget.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
    /// Relocations under way, or tokens taken from the bucket.
    pub used: u32,
    /// The most that may be under way, or the size of the bucket.
    pub limit: u32,
    /// Tokens that come each minute, where it is a bucket.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub per_minute: Option<u32>,
}

/// A host that a seat of a shared app would join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// The instance.
    pub instance: String,
    /// How it stood.
    pub state: HostState,
}

open_words! {
    /// How a host stands.
    pub enum HostState {
        /// It serves: seats may join it.
        Serving = "serving",
        /// It is being started, or removed.
        UnderWay = "under_way",
        /// The last order to start it came to nothing; it is tried again after a pause.
        Paused = "paused",
        /// There is none yet.
        Absent = "absent",
    }
}

open_words! {
    /// The rule that gave a verdict.
    pub enum Rule {
        /// No instance yet: the best candidate gets one.
        NoInstanceYet = "no_instance_yet",
        /// The UE has been gone for longer than the app's linger time.
        LingerOver = "linger_over",
        /// The serving site is the best candidate.
        AlreadyBest = "already_best",
        /// `nearest`: another site is nearer.
        Nearer = "nearer",
        /// `threshold`: the best site is not nearer by more than the margin.
        WithinMargin = "within_margin",
        /// `threshold`: nearer by the margin, but not for long enough yet.
        TimeToTrigger = "time_to_trigger",
        /// `threshold`, `weighted`: the instance has not been at its site for long enough.
        MinimumStay = "minimum_stay",
        /// `threshold`: margin, time to trigger and minimum stay are all met.
        ThresholdMet = "threshold_met",
        /// `regret`: staying has not cost as much as a relocation yet.
        CostNotReached = "cost_not_reached",
        /// `regret`: it has, but the instance came from that site too short a time ago.
        NoReturn = "no_return",
        /// `regret`: staying has cost as much as a relocation.
        CostReached = "cost_reached",
        /// The serving site is to be left: the nearest site that takes the instance, whatever the policy says.
        Evacuation = "evacuation",
        /// The quality of service has been too poor at the serving site for long enough: the nearest site where it is as
        /// good as wanted, else the nearest one of which nothing is known, whatever the policy says.
        QosViolated = "qos_violated",
        /// The same, and no site is known or expected to be better.
        NoBetterQos = "no_better_qos",
        /// The serving site is overloaded, and this instance is among those that leave it at the least cost.
        Relief = "relief",
        /// An operator asked for this site.
        OperatorMove = "operator_move",
        /// An operator pinned the instance to a site.
        Pinned = "pinned",
        /// A guard forbids what is wanted.
        Guarded = "guarded",
        /// The UE's place maps to no site.
        NoCandidate = "no_candidate",
        /// The UE is outside the service area of the serving site: the nearest site that takes the instance, whatever the
        /// policy says.
        LeftArea = "left_area",
        /// `weighted`: another site scores higher than the serving one, but not by more than the gain.
        WithinGain = "within_gain",
        /// `weighted`: another site scores higher by more than the gain, and the instance has stayed for long enough.
        BetterScore = "better_score",
        /// `orchestrator-chooses`: the serving site is among those that would be offered.
        AmongChoices = "among_choices",
        /// `orchestrator-chooses`: it has not been among them for long enough.
        BeyondChoices = "beyond_choices",
    }
}

open_words! {
    /// What can forbid a move or a candidate.
    pub enum Guard {
        /// As many relocations of the app are under way as may be.
        ConcurrentRelocations = "concurrent_relocations",
        /// The site takes no more instances.
        Cordoned = "cordoned",
        /// The site is being emptied.
        Draining = "draining",
        /// The site is expected to fail.
        Degraded = "degraded",
        /// The site does not serve.
        Failed = "failed",
        /// As many instances as may be are at the site or on their way there.
        Full = "full",
        /// The site lacks a label that the app requires.
        MissingLabel = "missing_label",
        /// What is measured between the UE and the site is worse than the app wants.
        QosViolated = "qos_violated",
        /// The load of the site is above its high water mark, or would be with one more instance.
        Overloaded = "overloaded",
        /// Each site that was looked at is rejected.
        NoFeasibleSite = "no_feasible_site",
        /// An operator has frozen the app, or all of them.
        Frozen = "frozen",
        /// The UE is outside the service area of the site.
        OutsideArea = "outside_area",
        /// The site is there for tenants of which the app's is none.
        Tenant = "tenant",
        /// The site is not where the app's data may be.
        Residency = "residency",
        /// The instance has not been at its site for long enough.
        Cooldown = "cooldown",
        /// The instance came from that site too short a time ago.
        PingPong = "ping_pong",
        /// A freeze window holds.
        FreezeWindow = "freeze_window",
        /// The app's orders of late are as many as may be.
        AppRate = "app_rate",
        /// As many relocations from and to a site are under way as may be.
        SiteConcurrent = "site_concurrent",
        /// The orders of late from and to a site are as many as may be.
        SiteRate = "site_rate",
        /// As many relocations of all apps are under way as may be.
        TotalConcurrent = "total_concurrent",
        /// The orders of late for all apps are as many as may be.
        TotalRate = "total_rate",
        /// Instances of the app are not moved.
        MobilityNotAllowed = "mobility_not_allowed",
        /// Somebody has to agree before an instance of the app is moved, and has not.
        AwaitingConfirmation = "awaiting_confirmation",
        /// The UE's position is told so coarsely that either of the two sites may be the nearer one.
        Uncertain = "uncertain",
        /// The host of a shared app at the site does not serve yet.
        HostStarting = "host_starting",
    }
}

/// How the app's site is chosen. The settings are there where the policy has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Its name.
    pub name: PolicyName,
    /// `threshold`: how much nearer the best site must be, in metres.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub margin_meters: Option<f64>,
    /// `threshold`, `orchestrator-chooses`: for how long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_to_trigger_ms: Option<u64>,
    /// `threshold`, `weighted`, `orchestrator-chooses`: how long an instance stays at least, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minimum_stay_ms: Option<u64>,
    /// `regret`: what a relocation costs, in metre-seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relocation_cost: Option<f64>,
    /// `regret`: for how long a trend is taken to go on, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub look_ahead_ms: Option<u64>,
    /// `regret`: time constant of the mean behind a trend, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub smoothing_ms: Option<u64>,
    /// `regret`: for how long an instance does not go back to where it came from, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub no_return_ms: Option<u64>,
    /// `regret`: time between two moments of decision, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tick_ms: Option<u64>,
    /// `weighted`: how much each criterion counts; only their proportions matter.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<Criteria>,
    /// `weighted`: how figures of different units are made comparable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub normalisation: Option<Normalisation>,
    /// `weighted`: by how much more another site must score.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gain: Option<f64>,
    /// `weighted`: a difference in distance that counts in full where no two sites differ by more, in metres.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distance_scale_meters: Option<f64>,
    /// `orchestrator-chooses`: how many of the nearest sites are offered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub candidates: Option<u8>,
}

impl Policy {
    pub(crate) const fn named(name: PolicyName) -> Self {
        Self {
            name,
            margin_meters: None,
            time_to_trigger_ms: None,
            minimum_stay_ms: None,
            relocation_cost: None,
            look_ahead_ms: None,
            smoothing_ms: None,
            no_return_ms: None,
            tick_ms: None,
            weights: None,
            normalisation: None,
            gain: None,
            distance_scale_meters: None,
            candidates: None,
        }
    }
}

open_words! {
    /// How a site is chosen.
    pub enum PolicyName {
        /// Always the nearest site, at once.
        Nearest = "nearest",
        /// The nearest site, once it has been nearer by a margin for long enough.
        Threshold = "threshold",
        /// The nearest site, once staying has cost as much as going.
        Regret = "regret",
        /// The site with the best score out of distance, load, cost, tier and the relocation itself.
        Weighted = "weighted",
        /// One of the nearest sites, as the orchestrator chooses.
        OrchestratorChooses = "orchestrator-chooses",
        /// The site that is best for a group as a whole, once staying has cost as much as going.
        Group = "group",
    }
}

/// What a UE's place was taken from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// What it was.
    pub kind: BasisKind,
    /// The NR cell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ncgi: Option<Ncgi>,
    /// The E-UTRA cell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ecgi: Option<Ecgi>,
    /// The tracking area.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tai: Option<Tai>,
    /// How far the UE may be from the position, in metres, where the place is one. The position itself is not told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncertainty: Option<f64>,
}

open_words! {
    /// What a UE's place was taken from.
    pub enum BasisKind {
        /// A cell of the catalogue.
        Cell = "cell",
        /// The tracking area, because the cell is not in the catalogue.
        TrackingArea = "tracking_area",
        /// The serving site, because it is being left and nothing is known of the UE's place.
        ServingSite = "serving_site",
        /// The places of members of a group.
        Members = "members",
        /// Nothing known; such a UE is never moved.
        Unknown = "unknown",
        /// A position that the network or another source told.
        Position = "position",
    }
}

/// A site that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The site.
    pub site: String,
    /// Geodesic distance from the UE's place in metres; 0 for a site that the place is pinned to.
    pub meters: f64,
    /// What took it out, if something did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejected_by: Option<Guard>,
    /// `regret`: how much nearer than the serving site it was, for how long, in metre-seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<f64>,
    /// `regret`: by how many metres it has been nearer of late.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trend_meters: Option<f64>,
    /// What has been measured between the UE and the site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qos: Option<SiteQuality>,
    /// How loaded it is, where it has water marks and a load is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load: Option<Loaded>,
    /// `weighted`: how it was weighed against the others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weighed: Option<Weighed>,
}

/// How loaded a site is, against its water marks. It takes no instance while it is `overloaded`, or has as many as
/// `instancesLimit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// The load, as a share of what it can bear: 1 is full.
    pub load: f64,
    /// The high water mark.
    pub high: f64,
    /// The low water mark.
    pub low: f64,
    /// Whether the load has been above the high mark and not at or below the low one since.
    pub overloaded: bool,
    /// Instances that are there or on their way there.
    pub instances: u32,
    /// How many these may be before the load is expected to be above the high mark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instances_limit: Option<u32>,
}

/// The serving site as the policy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The site.
    pub site: String,
    /// Geodesic distance from the UE's place in metres; absent where there is none to tell: every margin counts as
    /// met then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub meters: Option<f64>,
    /// How long the instance has been there, in milliseconds.
    pub stayed_ms: u64,
    /// `regret`: where it came from, as long as that matters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub came_from: Option<String>,
    /// Why it may not stay there, where the site is to be left, or the instance was chosen to relieve it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejected_by: Option<Guard>,
    /// What has been measured between the UE and the site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub qos: Option<SiteQuality>,
    /// How loaded it is, where it has water marks and a load is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub load: Option<Loaded>,
}
