//! What the labels of EMCO's clusters say of sites, on stream `sites`.

#![allow(clippy::unwrap_used)]

mod lab;

use std::sync::Arc;
use std::time::Duration;

use bus::Bus as _;
use emco::Labels;
use executor::LabelWatch;
use lab::{GUARD, Lab, Setup};
use model::{SiteCondition, SiteRecord, SiteReport, SiteSource, Stream};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

const LABELS: &str = "/v2/cluster-providers/edge/clusters/edge-b/labels";
const DRAINING: SiteCondition = SiteCondition::Draining { deadline: None };

/// A running watch.
struct Watch {
    watch: LabelWatch,
    stop: CancellationToken,
    registry: Registry,
}

fn watch(lab: &Lab) -> Watch {
    let (stop, mut registry) = (CancellationToken::new(), Registry::with_prefix("edgeroam"));
    let labels = Labels { interval: Duration::from_millis(100), ..Labels::default() };
    let bus = Arc::new(lab.bus.clone());
    let watch = LabelWatch::start(labels, lab.sites.clone(), lab.client(), bus, &mut registry, stop.clone());
    Watch { watch: watch.unwrap(), stop, registry }
}

impl Watch {
    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(GUARD, self.watch.join()).await.unwrap();
    }

    fn queries(&self, result: &str) -> u64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let name = format!("edgeroam_executor_label_queries_total{{result=\"{result}\"}} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&name));
        value.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until every site has been looked at again with this result.
    async fn rounds(&self, lab: &Lab, result: &str) {
        let enough = self.queries(result) + 3 * lab.sites.len() as u64;
        until(|| self.queries(result) >= enough).await;
    }
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(GUARD, waiting).await.expect("it comes to hold");
}

fn reports(lab: &Lab) -> Vec<SiteReport> {
    let records = lab.bus.all(Stream::Sites);
    let report = |record: &bus::Delivery| match serde_json::from_slice(&record.data).unwrap() {
        SiteRecord::Reported(report) => report,
        other @ (SiteRecord::Load(_) | SiteRecord::Status(_)) => {
            panic!("not the executor's to say: {other:?}")
        }
    };
    records.iter().map(report).collect()
}

async fn label(lab: &Lab, name: &str) {
    let body = serde_json::json!({ "clusterLabel": name });
    let client = reqwest::Client::new();
    let sent = client.post(format!("{}{LABELS}", lab.sim.url())).json(&body).send().await.unwrap();
    assert_eq!(sent.status(), 201);
}

async fn unlabel(lab: &Lab, name: &str) {
    let client = reqwest::Client::new();
    let sent = client.delete(format!("{}{LABELS}/{name}", lab.sim.url())).send().await.unwrap();
    assert_eq!(sent.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_labels_are_reported_and_nothing_else_is() {
    let lab = Lab::new(Setup::default()).await;
    let watch = watch(&lab);
    watch.rounds(&lab, "read").await;
    assert_eq!(reports(&lab), [], "a site without our labels has never been anything but in service");
    label(&lab, "zone-b").await;
    label(&lab, "edgeroam-cordon").await;
    until(|| reports(&lab).len() == 1).await;
    label(&lab, "edgeroam-drain").await;
    until(|| reports(&lab).len() == 2).await;
    unlabel(&lab, "edgeroam-drain").await;
    unlabel(&lab, "edgeroam-cordon").await;
    until(|| reports(&lab).last().is_some_and(|last| last.condition == SiteCondition::InService)).await;
    let told = reports(&lab);
    watch.rounds(&lab, "read").await;
    assert_eq!(reports(&lab), told, "what has not changed is not told again");
    assert!(told.iter().all(|report| report.site.as_str() == "b" && report.source == SiteSource::Emco));
    assert_eq!(
        (told[0].condition, told[0].reason.as_deref()),
        (SiteCondition::Cordoned, Some("label edgeroam-cordon"))
    );
    assert_eq!((told[1].condition, told[1].reason.as_deref()), (DRAINING, Some("label edgeroam-drain")));
    assert_eq!(&*lab.bus.all(Stream::Sites)[0].key, "b/emco");
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_was_taken_away_while_nobody_looked_is_noticed() {
    let lab = Lab::new(Setup::default()).await;
    label(&lab, "edgeroam-drain").await;
    let first = watch(&lab);
    until(|| reports(&lab).len() == 1).await;
    first.end().await;
    unlabel(&lab, "edgeroam-drain").await;
    let second = watch(&lab);
    until(|| reports(&lab).len() == 2).await;
    assert_eq!(reports(&lab)[1].condition, SiteCondition::InService);
    second.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emco_that_is_away_and_a_cluster_that_it_does_not_know_change_nothing() {
    let mut lab = Lab::new(Setup::default()).await;
    label(&lab, "edgeroam-drain").await;
    lab.sites[0].cluster.cluster = "edge-z".into();
    let watch = watch(&lab);
    until(|| reports(&lab).len() == 1).await;
    until(|| watch.queries("no_cluster") > 2).await;
    lab.sim.stop_listening().await;
    until(|| watch.queries("failed") > 2).await;
    assert_eq!(reports(&lab).len(), 1);
    lab.sim.listen_again().await.unwrap();
    unlabel(&lab, "edgeroam-drain").await;
    until(|| reports(&lab).len() == 2).await;
    watch.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_does_not_take_is_reported_later_and_several_executors_report_a_change_once() {
    let lab = Lab::new(Setup::default()).await;
    let watches = [watch(&lab), watch(&lab), watch(&lab)];
    lab.bus.refuse(Stream::Sites, true);
    label(&lab, "edgeroam-cordon").await;
    for watch in &watches {
        watch.rounds(&lab, "read").await;
    }
    assert_eq!(reports(&lab), []);
    lab.bus.refuse(Stream::Sites, false);
    for watch in &watches {
        watch.rounds(&lab, "read").await;
    }
    assert_eq!(reports(&lab).len(), 1);
    let (latest, _) = lab.bus.latest(Stream::Sites).await.unwrap();
    assert_eq!(latest.len(), 1);
    for watch in watches {
        watch.end().await;
    }
}
