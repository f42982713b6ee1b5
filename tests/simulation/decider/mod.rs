//! A decider's replica: the engine as it is, and around it what its shell does.

mod publisher;
mod term;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::{Cell, CellId, ClusterRef, Pin, PlmnId, Position, Site, SiteId, Stream};
use placement::Topology;

use crate::clockwork::Owner;
use crate::leases::Duty;
use crate::scene::Scene;
use term::Term;

/// How many sites there are; each has two cells beside it.
pub(crate) const SITES: usize = 3;
pub(crate) const CELLS: usize = 2 * SITES;

/// What a decider reads, in the order in which history is read.
const HISTORY: [Stream; 4] = [Stream::Instances, Stream::Orders, Stream::Outcomes, Stream::UeEvents];
/// What it follows.
const LIVE: [Stream; 3] = [Stream::UeEvents, Stream::Outcomes, Stream::Instances];

/// How far each stream of [`HISTORY`] was taken in.
pub(crate) type Positions = [u64; 4];

/// What is kept.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    positions: Positions,
    engine: Vec<u8>,
}

/// The site beside which a cell stands.
pub(crate) fn site_of(cell: usize) -> SiteId {
    SiteId::new(format!("s{}", cell / 2)).expect("valid")
}

pub(crate) fn cell_id(cell: usize) -> CellId {
    CellId::nr(PlmnId::new("208", "93").expect("valid"), &format!("{cell:09x}"), None).expect("valid")
}

/// Sites on a line, a degree apart.
pub(crate) fn topology() -> Topology {
    let position = |lon: f64| Position::new(lon, 0.0).expect("on the Earth");
    let site = |number: usize| Site {
        id: site_of(2 * number),
        name: String::new(),
        position: Some(position(number as f64)),
        cluster: ClusterRef { provider: "p".into(), cluster: format!("c{number}") },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    };
    let cell = |number: usize| {
        let lon = (number / 2) as f64 + if number.is_multiple_of(2) { 0.1 } else { -0.1 };
        Cell { id: cell_id(number), tai: None, pin: Pin::Position(position(lon)) }
    };
    let (sites, cells) = ((0..SITES).map(site).collect(), (0..CELLS).map(cell).collect());
    Topology::new(sites, cells, Vec::new()).expect("a catalogue")
}

/// Lives until it is killed.
pub(crate) async fn process(scene: Rc<Scene>, replica: usize) {
    let belief = scene.leases.belief(Duty::Decide, replica);
    let topology = Arc::new(topology());
    loop {
        scene.clock.kill(Owner::Term(replica));
        let Ok(mut term) = Term::begin(&scene, replica, &topology).await else {
            scene.sleep(Duration::from_secs(1)).await;
            continue;
        };
        let mut standing = Ok(());
        while !belief.holds() {
            tokio::select! {
                biased;
                () = belief.turns(true) => break,
                () = scene.sleep(scene.chance.millis(400, 700)) => {}
            }
            standing = term.stand_by().await;
            if standing.is_err() {
                break;
            }
            if scene.chance.one_in(20) {
                term.keep();
            }
        }
        if standing.is_err() || term.lead().await.is_err() {
            scene.sleep(Duration::from_secs(1)).await;
            continue;
        }
        scene.note(|| format!("decider {replica} decides"));
        tokio::select! {
            biased;
            failed = term.decide() => if failed {
                scene.sleep(Duration::from_secs(1)).await;
                continue;
            },
            () = belief.turns(false) => {}
        }
        scene.note(|| format!("decider {replica} no longer decides"));
        term.end().await;
    }
}
