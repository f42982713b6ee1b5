//! What a UE costs: counted by the allocator, with one app.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{
    App, AppId, Cell, CellId, ClusterRef, InstanceKey, Mode, Pin, PlmnId, Policy, Position, Scope, Site,
    SiteId, Supi, Threshold, Timestamp, UeChange, UeEvent, UeLocation, UeSource, Users,
};
use peak_alloc::PeakAlloc;
use placement::{Engine, Input, Topology};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The hash tables and the timers' heap are exactly as full as with 1,000,000 UEs, where the same figures were
/// measured; half the number takes half the time.
const UES: u64 = 500_000;
const CELLS: u64 = 100;
/// Bytes a UE, with the hash tables, the instance's record and its timer.
const LIMIT: usize = 150;
/// With the policy `regret`, while another site is nearer.
const LIMIT_AWAY: usize = 250;

fn topology() -> Topology {
    let site = |number: u32| Site {
        id: SiteId::new(format!("s{number}")).unwrap(),
        name: String::new(),
        position: Some(Position::new(f64::from(number), 0.0).unwrap()),
        cluster: ClusterRef { provider: "p".into(), cluster: "c".into() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: BTreeSet::new(),
        cost: None,
    };
    let cell = |number: u64| Cell {
        id: cell_id(number),
        tai: None,
        pin: Pin::Position(Position::new(number as f64 / 10.0, 0.0).unwrap()),
    };
    Topology::new((0..10).map(site).collect(), (0..CELLS).map(cell).collect(), vec![]).unwrap()
}

fn cell_id(number: u64) -> CellId {
    CellId::Nr { plmn: PlmnId::new("001", "01").unwrap(), nci: number, nid: None }
}

fn engine(mode: Mode, policy: Policy) -> Engine {
    let app = App {
        id: AppId::new("ar").unwrap(),
        users: Users::All,
        mode,
        scope: Scope::PerUe,
        policy,
        max_concurrent_relocations: 4,
        linger: Duration::from_secs(60),
        requires: BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: BTreeMap::new(),
    };
    Engine::new(topology(), vec![app], InstanceKey::new(&[7; 16]).unwrap()).unwrap()
}

/// Reports every UE in the cell that `cell` gives it.
fn report(engine: &mut Engine, now: Timestamp, cell: impl Fn(u64) -> u64) {
    let mut out = Vec::new();
    for ue in 0..UES {
        let event = UeEvent {
            supi: Supi::from_imsi(1_010_000_000_000 + ue * 37, 15).unwrap(),
            observed_at: now,
            reported_at: None,
            source: UeSource::Poll,
            amf: None,
            change: UeChange::Location(UeLocation {
                cell: Some(cell_id(cell(ue))),
                tai: None,
                position: None,
            }),
        };
        engine.handle(now, Input::Ue(&event), &mut out);
        out.clear();
    }
}

fn bytes_a_ue(what: &str, before: usize) -> usize {
    let bytes = (ALLOCATOR.current_usage() - before) / UES as usize;
    eprintln!("{what}: {bytes} bytes a UE");
    bytes
}

// One test: a second one beside it would allocate into its count.
#[test]
fn ues_fit_in_150_bytes_each() {
    let before = ALLOCATOR.current_usage();
    let threshold = Policy::Threshold(Threshold::default());
    let mut engine = engine(Mode::Observe, threshold);
    report(&mut engine, Timestamp::from_micros(1_000_000), |ue| ue % CELLS);
    assert_eq!(engine.counts().instances, UES);
    assert!(bytes_a_ue("every instance serves", before) <= LIMIT);
    // Everybody goes to another site's cell: every instance has a timer for its time to trigger.
    report(&mut engine, Timestamp::from_micros(2_000_000), |ue| (ue + 50) % CELLS);
    assert!(engine.next_timeout().is_some());
    assert!(bytes_a_ue("every instance serves and has a timer", before) <= LIMIT);
    // On to a third cell, still held back and told already: such a verdict allocates nothing at all.
    ALLOCATOR.reset_peak_usage();
    let calm = ALLOCATOR.current_usage();
    report(&mut engine, Timestamp::from_micros(3_000_000), |ue| (ue + 51) % CELLS);
    assert_eq!((ALLOCATOR.peak_usage(), ALLOCATOR.current_usage()), (calm, calm));
    drop(engine);

    let before = ALLOCATOR.current_usage();
    let mut engine = self::engine(Mode::Act, threshold);
    report(&mut engine, Timestamp::from_micros(1_000_000), |ue| ue % CELLS);
    assert_eq!(engine.counts().waiting, UES - 4);
    assert!(bytes_a_ue("every instance but four waits for a slot", before) <= LIMIT);
    drop(engine);

    let before = ALLOCATOR.current_usage();
    let mut engine = self::engine(Mode::Observe, Policy::default());
    report(&mut engine, Timestamp::from_micros(1_000_000), |ue| ue % CELLS);
    assert!(bytes_a_ue("by default every instance serves", before) <= LIMIT);
    // What nobody has seen at once: each of them is nearer to another site and has accounts and a timer.
    report(&mut engine, Timestamp::from_micros(2_000_000), |ue| (ue + 50) % CELLS);
    assert!(bytes_a_ue("by default every instance has accounts", before) <= LIMIT_AWAY);
}
