//! Stories for the property tests: what can happen to a country of three sites, five UEs and seven apps, two of
//! which serve groups.

use std::time::Duration;

use model::{
    Aim, App, AppLimits, Ask, Budget, Criteria, FreezeWindow, Limits, Measured, Mobility, MobilityLevel,
    Mode, Normalisation, OrchestratorChooses, Order, OutcomeKind, Policy, QosTarget, Rate, SiteCondition,
    SiteSource, Step as Progress, Threshold, Timestamp, Weekday, Weighted,
};
use placement::Fleet;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::scene::*;
use crate::town::west;

#[derive(Debug, Clone)]
pub(crate) enum What {
    Report {
        ue: u64,
        cell: u32,
    },
    /// A position in hundredths of a degree, give or take kilometres.
    Position {
        ue: u64,
        hundredths: u32,
        kilometers: u32,
    },
    Gone {
        ue: u64,
    },
    End {
        pick: usize,
        how: How,
    },
    /// An outcome that was delivered before comes again.
    Again {
        pick: usize,
    },
    /// An operator asks for something; times are in milliseconds from then.
    Ask(Asking),
    /// Somebody answered a question that is open, or one that nobody asked, so many milliseconds ago.
    Answer {
        about: About,
        agrees: bool,
        age: u64,
    },
    /// A command that was delivered before comes again.
    AskAgain {
        pick: usize,
    },
    /// What a source said of a site so many milliseconds ago.
    Said {
        site: u32,
        source: SiteSource,
        condition: SiteCondition,
        age: u64,
    },
    /// What a source measured of a UE so many milliseconds ago: of one app or all, at one site or the serving one.
    Measured {
        ue: u64,
        app: Option<usize>,
        site: Option<u32>,
        measured: Measured,
        age: u64,
    },
    /// A load in percent that a source measured so many milliseconds ago and that is valid for so many.
    Loaded {
        site: u32,
        source: SiteSource,
        percent: u32,
        age: u64,
        valid: u64,
    },
    Wait,
    Restart,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    /// A question that is open; perhaps of another generation, or with another site.
    Open { pick: usize, ahead: i64, site: Option<u32> },
    /// Whatever.
    Any { app: usize, ue: u64, generation: u64, site: u32 },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    Done,
    Undone,
    Failed,
    Fenced { ahead: u64, at: Option<u32> },
    Progress,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Asking {
    Cordon { site: u32 },
    Drain { site: u32, within: Option<u64> },
    Resume { site: u32 },
    Move { app: usize, ue: u64, site: u32 },
    Pin { app: usize, ue: u64, site: u32 },
    Unpin { app: usize, ue: u64 },
    Freeze { app: Option<usize>, within: Option<u64> },
    Thaw { app: Option<usize> },
}

fn asking() -> impl Strategy<Value = Asking> {
    let (app, ue, site) = (|| 0..7_usize, || 0..5_u64, || 0..3_u32);
    let some_app = || proptest::option::of(0..7_usize);
    let within = || proptest::option::of(0..60_000_u64);
    prop_oneof![
        2 => site().prop_map(|site| Asking::Cordon { site }),
        3 => (site(), within()).prop_map(|(site, within)| Asking::Drain { site, within }),
        4 => site().prop_map(|site| Asking::Resume { site }),
        2 => (app(), ue(), site()).prop_map(|(app, ue, site)| Asking::Move { app, ue, site }),
        2 => (app(), ue(), site()).prop_map(|(app, ue, site)| Asking::Pin { app, ue, site }),
        1 => (app(), ue()).prop_map(|(app, ue)| Asking::Unpin { app, ue }),
        1 => (some_app(), within()).prop_map(|(app, within)| Asking::Freeze { app, within }),
        1 => some_app().prop_map(|app| Asking::Thaw { app }),
    ]
}

fn answer() -> impl Strategy<Value = What> {
    let ahead = prop_oneof![8 => Just(0_i64), 1 => Just(-1), 1 => Just(1)];
    let site = prop_oneof![6 => Just(None), 1 => (0..3_u32).prop_map(Some)];
    let open = (0..8_usize, ahead, site).prop_map(|(pick, ahead, site)| About::Open { pick, ahead, site });
    let any = (0..5_usize, 0..5_u64, 1..5_u64, 0..3_u32).prop_map(|(app, ue, generation, site)| About::Any {
        app,
        ue,
        generation,
        site,
    });
    let age = prop_oneof![5 => Just(0_u64), 2 => 0..15_000_u64, 1 => 0..90_000_u64];
    let agrees = prop_oneof![3 => Just(true), 1 => Just(false)];
    (prop_oneof![6 => open, 1 => any], agrees, age).prop_map(|(about, agrees, age)| What::Answer {
        about,
        agrees,
        age,
    })
}

fn said() -> impl Strategy<Value = What> {
    let source = prop_oneof![Just(SiteSource::Emco), Just(SiteSource::Probe)];
    let condition = prop_oneof![
        4 => Just(SiteCondition::InService),
        1 => Just(SiteCondition::Cordoned),
        1 => Just(SiteCondition::Draining { deadline: None }),
        2 => Just(SiteCondition::Degraded),
        2 => Just(SiteCondition::Failed),
    ];
    let age = prop_oneof![3 => Just(0_u64), 1 => 0..20_000_u64];
    (0..3_u32, source, condition, age).prop_map(|(site, source, condition, age)| What::Said {
        site,
        source,
        condition,
        age,
    })
}

fn loaded() -> impl Strategy<Value = What> {
    let source = prop_oneof![4 => Just(SiteSource::Metrics), 1 => Just(SiteSource::Probe)];
    let percent = prop_oneof![4 => 86..150_u32, 2 => 71..85_u32, 2 => 0..71_u32];
    let age = prop_oneof![4 => Just(0_u64), 1 => 0..20_000_u64];
    let valid = prop_oneof![1 => 20_001..25_000_u64, 3 => 25_000..120_000_u64];
    (0..3_u32, source, percent, age, valid).prop_map(|(site, source, percent, age, valid)| What::Loaded {
        site,
        source,
        percent,
        age,
        valid,
    })
}

fn moving() -> impl Strategy<Value = What> {
    let how = prop_oneof![
        6 => Just(How::Done),
        3 => Just(How::Undone),
        1 => Just(How::Failed),
        1 => (0..5_u64, proptest::option::of(0..3_u32)).prop_map(|(ahead, at)| How::Fenced { ahead, at }),
        1 => Just(How::Progress),
    ];
    // Sites are a hundred kilometres apart.
    let kilometers = prop_oneof![Just(0_u32), 0..10_u32, 10..60_u32, 60..300_u32];
    let position = (0..5_u64, 0..320_u32, kilometers);
    prop_oneof![
        8 => (0..5_u64, 0..32_u32).prop_map(|(ue, cell)| What::Report { ue, cell }),
        4 => position.prop_map(|(ue, hundredths, kilometers)| What::Position { ue, hundredths, kilometers }),
        2 => (0..5_u64).prop_map(|ue| What::Gone { ue }),
        7 => (0..8_usize, how).prop_map(|(pick, how)| What::End { pick, how }),
        1 => (0..8_usize).prop_map(|pick| What::Again { pick }),
        3 => Just(What::Wait),
        1 => Just(What::Restart),
    ]
}

/// Around the limits of [`apps`].
fn measured() -> impl Strategy<Value = What> {
    let delay =
        || proptest::option::weighted(0.8, prop_oneof![Just(1_000_u32), Just(20_000), 20_001..90_000_u32]);
    let loss = proptest::option::weighted(0.3, prop_oneof![Just(0.0), Just(0.01), Just(0.3)]);
    let guaranteed = proptest::option::weighted(0.2, any::<bool>());
    let figures = (delay(), delay(), loss, guaranteed).prop_map(|(rtt_us, jitter_us, loss, guaranteed)| {
        Measured { rtt_us, jitter_us, loss, guaranteed, ..Measured::default() }
    });
    let age = prop_oneof![4 => Just(0_u64), 2 => 0..8_000_u64, 1 => 0..40_000_u64];
    let (app, site) = (proptest::option::weighted(0.3, 0..5_usize), proptest::option::of(0..3_u32));
    (0..5_u64, app, site, figures, age).prop_map(|(ue, app, site, measured, age)| What::Measured {
        ue,
        app,
        site,
        measured,
        age,
    })
}

/// What happens, and how many milliseconds after the step before.
fn paced(what: impl Strategy<Value = What>) -> impl Strategy<Value = Vec<(u64, What)>> {
    let pause = prop_oneof![Just(0_u64), 1..3_000_u64, 3_000..40_000_u64];
    vec((pause, what), 1..120)
}

/// UEs move, and orders end.
pub(crate) fn story() -> impl Strategy<Value = Vec<(u64, What)>> {
    paced(moving())
}

/// The same while it is measured how good the sites are.
pub(crate) fn measuring() -> impl Strategy<Value = Vec<(u64, What)>> {
    paced(prop_oneof![1 => moving(), 1 => measured()])
}

/// UEs move while sites are overloaded and relieved.
pub(crate) fn crowded() -> impl Strategy<Value = Vec<(u64, What)>> {
    paced(prop_oneof![5 => moving(), 3 => loaded(), 1 => asking().prop_map(What::Ask)])
}

/// The same while sites fail and operators work.
pub(crate) fn eventful() -> impl Strategy<Value = Vec<(u64, What)>> {
    paced(prop_oneof![
        7 => moving(),
        2 => asking().prop_map(What::Ask),
        1 => said(),
        2 => measured(),
        2 => loaded(),
        1 => (0..4_usize).prop_map(|pick| What::AskAgain { pick }),
    ])
}

/// The same while somebody answers.
pub(crate) fn answering() -> impl Strategy<Value = Vec<(u64, What)>> {
    paced(prop_oneof![
        6 => moving(),
        4 => answer(),
        2 => asking().prop_map(What::Ask),
        1 => said(),
        1 => measured(),
        2 => loaded(),
        1 => (0..4_usize).prop_map(|pick| What::AskAgain { pick }),
    ])
}

/// Apps of every level, with limits or without.
pub(crate) fn levelled(fleet: Fleet) -> Fleet {
    let of = |level, micros| Mobility { level, confirmation_timeout: Duration::from_micros(micros) };
    let levels = [
        of(MobilityLevel::WithConfirmation, 12_000_700),
        of(MobilityLevel::NotAllowed, 60_000_000),
        of(MobilityLevel::WithConfirmation, 60_000_000),
        of(MobilityLevel::WithConfirmation, 5_000_000),
        of(MobilityLevel::NotAllowed, 60_000_000),
    ];
    let apps = fleet.apps.into_iter().zip(levels);
    let apps = apps.map(|(app, mobility)| App { limits: AppLimits { mobility, ..app.limits }, ..app });
    Fleet { apps: apps.collect(), limits: fleet.limits }
}

pub(crate) fn apps() -> Vec<App> {
    let fine = Threshold {
        margin_meters: 5_000.0,
        time_to_trigger: Duration::from_micros(10_000_500),
        minimum_stay: Duration::from_secs(30),
    };
    let requires = ["gpu".to_owned()].into();
    let tenant = Some("acme".to_owned());
    let rtt = QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() };
    let all = QosTarget {
        jitter: Some(Duration::from_millis(20)),
        loss: Some(0.01),
        violated_for: Duration::from_micros(2_000_500),
        valid_for: Duration::from_secs(20),
        ..rtt
    };
    vec![
        App { max_concurrent_relocations: 2, tenant: tenant.clone(), ..app("ar", Policy::Threshold(fine)) },
        App {
            max_concurrent_relocations: 1,
            linger: Duration::from_secs(15),
            qos: Some(rtt),
            ..app("vr", Policy::Nearest)
        },
        App { mode: Mode::Observe, qos: Some(all), tenant: tenant.clone(), ..app("watched", threshold()) },
        App {
            max_concurrent_relocations: 2,
            requires,
            qos: Some(all),
            tenant: tenant.clone(),
            ..app("xr", regret())
        },
        App { mode: Mode::Observe, tenant: tenant.clone(), residency: west(), ..app("seen", regret()) },
        App {
            max_concurrent_relocations: 1,
            linger: Duration::from_secs(20),
            ..meeting("meet", Aim::Worst, &[("a", &[0, 1, 2]), ("b", &[2, 3, 4])])
        },
        App { mode: Mode::Observe, tenant, ..meeting("mean", Aim::Mean, &[("c", &[4, 0])]) },
        App { max_concurrent_relocations: 2, ..app("oc", Policy::OrchestratorChooses(choosing())) },
    ]
}

fn choosing() -> OrchestratorChooses {
    OrchestratorChooses { candidates: 2, ..OrchestratorChooses::default() }
}

/// A fleet with seats and hosts: three of its five apps are shared, one of which is only observed.
pub(crate) fn with_hosts(fleet: impl Into<Fleet>) -> Fleet {
    let Fleet { apps, limits } = fleet.into();
    let shared = |(slot, app): (usize, App)| App {
        scope: if slot < 3 { model::Scope::Shared } else { app.scope },
        ..app
    };
    Fleet { apps: apps.into_iter().enumerate().map(shared).collect(), limits }
}

/// Stories begin a thousand seconds into 1970, on a Thursday at 00:16:40 UTC.
fn window(from: &str, to: &str, zone: &str) -> FreezeWindow {
    FreezeWindow {
        days: [Weekday::Thu].into(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        zone: zone.parse().unwrap(),
    }
}

/// The same apps with every kind of limit, some of which end between two milliseconds.
pub(crate) fn limited() -> Fleet {
    let limits = [
        AppLimits { cooldown: Duration::from_micros(20_000_700), ..AppLimits::default() },
        AppLimits { rate: Some(Rate { per_minute: 7, burst: 2 }), ..AppLimits::default() },
        AppLimits {
            freeze_windows: vec![window("01:18", "01:21", "+01:00")],
            no_return: Duration::from_secs(90),
            ..AppLimits::default()
        },
        AppLimits { no_return: Duration::from_micros(60_000_300), ..AppLimits::default() },
        AppLimits { cooldown: Duration::from_secs(45), ..AppLimits::default() },
        AppLimits { no_return: Duration::from_secs(50), ..AppLimits::default() },
        AppLimits::default(),
    ];
    let apps = apps().into_iter().zip(limits).map(|(app, limits)| App { limits, ..app }).collect();
    let narrow = Budget { concurrent: Some(1), rate: Some(Rate { per_minute: 11, burst: 3 }) };
    Fleet {
        apps,
        limits: Limits {
            total: Budget { concurrent: Some(3), rate: Some(Rate { per_minute: 13, burst: 4 }) },
            site: Budget { concurrent: Some(2), rate: None },
            sites: [(site_id(1), narrow)].into(),
            freeze_windows: vec![window("00:20", "00:22", "Z"), window("00:21", "00:24", "Z")],
        },
    }
}

/// The same apps, each with a policy that weighs sites; loads with this weight.
pub(crate) fn weighing(load: f64) -> Fleet {
    let saw = Weighted {
        minimum_stay: Duration::from_micros(10_000_500),
        distance_scale_meters: 50_000.0,
        ..Weighted::default()
    };
    let topsis =
        Weighted { normalisation: Normalisation::Topsis, minimum_stay: Duration::ZERO, gain: 0.1, ..saw };
    let weights = |distance: f64, cost: f64, tier: f64, relocation: f64| Criteria {
        distance,
        load,
        cost,
        tier,
        relocation,
    };
    let policies = [
        Weighted { weights: weights(0.4, 0.1, 0.1, 0.2), ..saw },
        Weighted { weights: weights(4.0, 1.0, 1.0, 1.0), ..topsis },
        Weighted { weights: weights(1.0, 0.5, 0.0, 0.0), gain: 0.0, ..saw },
        Weighted { weights: weights(2.0, 0.0, 1.0, 0.0), minimum_stay: Duration::from_secs(30), ..topsis },
        Weighted { weights: weights(0.2, 0.0, 2.0, 0.1), ..saw },
    ];
    let apps =
        apps().into_iter().zip(policies).map(|(app, knobs)| App { policy: Policy::Weighted(knobs), ..app });
    apps.collect::<Vec<_>>().into()
}

impl How {
    pub(crate) fn kind(self, order: &Order) -> OutcomeKind {
        match self {
            Self::Done => completed(order),
            Self::Undone => undone(),
            Self::Failed => OutcomeKind::Failed { reason: "stuck".into() },
            Self::Fenced { ahead, at } => OutcomeKind::Fenced {
                newest: model::Generation(order.generation.0 + ahead),
                serving: at.map(site_id),
            },
            Self::Progress => OutcomeKind::Progress { step: Progress::Start },
        }
    }
}

impl Asking {
    pub(crate) fn ask(self, now: Timestamp) -> Ask {
        let id = |slot: usize| apps()[slot].id.clone();
        let at = |within: u64| now.plus(Duration::from_millis(within));
        let whose = |app: usize, ue: u64| {
            let groups = &apps()[app].groups;
            let group = groups.keys().nth(ue as usize % groups.len().max(1));
            let own = || key().per_ue(&id(app), &supi(ue));
            (id(app), group.map_or_else(own, |group| key().per_group(&id(app), group)))
        };
        match self {
            Self::Cordon { site } => Ask::Cordon { site: site_id(site) },
            Self::Drain { site, within } => Ask::Drain { site: site_id(site), deadline: within.map(at) },
            Self::Resume { site } => Ask::Resume { site: site_id(site) },
            Self::Move { app, ue, site } => {
                let (app, instance) = whose(app, ue);
                Ask::Move { app, instance, site: site_id(site) }
            }
            Self::Pin { app, ue, site } => {
                let (app, instance) = whose(app, ue);
                Ask::Pin { app, instance, site: site_id(site) }
            }
            Self::Unpin { app, ue } => {
                let (app, instance) = whose(app, ue);
                Ask::Unpin { app, instance }
            }
            Self::Freeze { app, within } => Ask::Freeze { app: app.map(id), until: within.map(at) },
            Self::Thaw { app } => Ask::Thaw { app: app.map(id) },
        }
    }
}
