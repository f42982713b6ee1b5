//! Four sites far from each other, and UEs that go from the middle of one to the middle of the next.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use bus::embedded::Tail;
use model::{Decision, SiteId, Stream, Supi, Verdict};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::evidence::Records;
use crate::processes::Testbed;

const SITES: usize = 4;
const UES: usize = 6;
/// Seconds of the trace at each site: many times what policy, relocation and drain take.
const STAY: usize = 60;
/// The placement and three moves of every UE.
const MOVES: usize = SITES;
/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a UE's instance was to go, one after the other.
pub(crate) type Moves = BTreeMap<Supi, Vec<(&'static str, Option<SiteId>, Option<SiteId>)>>;

/// A testbed that plays the town.
pub(crate) async fn testbed(folder: &Path, pod_port: &str, bus: &str) -> Testbed {
    let at = |site: usize| (7.0 + site as f64 * 0.1, 43.7);
    let mut cells = String::from("mcc,mnc,nci,tac,lon,lat\n");
    let mut sites = Vec::new();
    for site in 0..SITES {
        let (lon, lat) = at(site);
        let _ = writeln!(cells, "208,93,{site:09x},00000{site},{lon},{lat}");
        sites.push(serde_json::json!({
            "type": "Feature",
            "properties": {"id": format!("site-{site}"), "name": format!("Site {site}")},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }));
    }
    let mut trace = String::from("<fcd-export>\n");
    for second in 0..=SITES * STAY {
        let _ = writeln!(trace, "<timestep time=\"{second}.00\">");
        for ue in 0..UES {
            let (lon, lat) = at((ue + second / STAY) % SITES);
            let _ = writeln!(trace, "<vehicle id=\"ue{ue}\" x=\"{lon}\" y=\"{lat}\" speed=\"0\"/>");
        }
        trace.push_str("</timestep>\n");
    }
    trace.push_str("</fcd-export>\n");
    let sites = serde_json::json!({"type": "FeatureCollection", "features": sites}).to_string();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (cells, sites) = (file("town.csv", &cells), file("town.geojson", &sites));
    let trace = file("town.xml", &trace);
    let more =
        ["--cells", &cells, "--sites", &sites, "--trace", &trace, "--pod-port", pod_port, "--bus", bus];
    Testbed::start(folder, &more).await
}

/// The decisions of an embedded bus, once there is one.
pub(crate) fn embedded(folder: &Path) -> Records {
    let (sender, records) = mpsc::channel(256);
    let folder = folder.to_owned();
    tokio::spawn(async move {
        let mut tail = loop {
            match Tail::open(&folder, &[Stream::Decisions], false) {
                Ok(tail) => break tail,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        while let Ok((stream, delivery)) = tail.next().await {
            if sender.send((stream, delivery.data)).await.is_err() {
                return;
            }
        }
    });
    records
}

/// Waits until every UE was placed and has moved as often as it went, and returns that.
pub(crate) async fn moves(mut records: Records) -> Moves {
    let mut moves = Moves::new();
    let waiting = async {
        while moves.len() < UES || moves.values().any(|of| of.len() < MOVES) {
            let (_, data) = records.recv().await.expect("the bus goes on");
            let decision: Decision = serde_json::from_slice(&data).unwrap();
            if decision.verdict == Verdict::Move {
                let told = (decision.trigger.as_str(), decision.source, decision.target);
                moves.entry(decision.supi.expect("each UE is known")).or_default().push(told);
            }
        }
    };
    let done = timeout(PATIENCE, waiting).await;
    assert!(done.is_ok(), "not everybody has moved: {moves:?}");
    moves.values_mut().for_each(|of| of.truncate(MOVES));
    moves
}
