//! What is asked of a Prometheus, and what becomes of its answers.
#![allow(clippy::unwrap_used)]

mod prometheus_api;
mod rig;

use model::{QosSource, SiteSource};
use prometheus_api::{Prometheus, sample};
use rig::{Rig, Running, site};
use serde_json::{Value, json};

fn rig() -> Rig {
    Rig::new(["north", "south", "east"].map(|name| site(name, None)).to_vec())
}

async fn start(rig: &Rig, prometheus: &Prometheus, queries: Value) -> Running {
    let section =
        json!({ "url": prometheus.url(), "interval": "20ms", "load_valid_for": "1h", "queries": queries });
    rig.start(json!({ "prometheus": section })).await
}

fn asked(what: &str, result: &str) -> String {
    format!("edgeroam_monitor_prometheus_queries_total{{what=\"{what}\",result=\"{result}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_told_once_and_again_when_it_has_changed() {
    let (rig, prometheus) = (rig(), Prometheus::start().await);
    prometheus.gives("cpu", vec![sample(&[("site", "north")], "0.4"), sample(&[("site", "south")], "NaN")]);
    prometheus.gives("memory", vec![sample(&[("cluster", "edge/k8s-north")], "70")]);
    let queries = json!([
        { "what": "load", "resource": "cpu", "query": "cpu" },
        { "what": "load", "resource": "memory", "query": "memory", "cluster_label": "cluster", "scale": 0.01 },
    ]);
    let running = start(&rig, &prometheus, queries.clone()).await;
    prometheus.rounds(2).await;
    let loads = rig.loads().await;
    assert_eq!((loads.len(), loads[0].site.as_str(), loads[0].source), (1, "north", SiteSource::Metrics));
    assert!((loads[0].load - 0.7).abs() < 1e-9 && loads[0].resources["cpu"] == 0.4, "{loads:?}");
    running.end().await;
    let running = start(&rig, &prometheus, queries).await;
    prometheus.rounds(2).await;
    assert_eq!(rig.loads().await.len(), 1, "what was told before a restart is not told again");
    prometheus.gives("cpu", vec![sample(&[("site", "north")], "0.95")]);
    rig::until(async || rig.loads().await.len() == 2).await;
    assert_eq!(rig.loads().await[1].load, 0.95);
    // The greatest of what is known may be too small.
    prometheus.down(true);
    prometheus.rounds(2).await;
    assert_eq!(rig.loads().await.len(), 2);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_follow_their_queries_and_what_cannot_be_seen_stays() {
    let (rig, prometheus) = (rig(), Prometheus::start().await);
    let cordoned = |value| vec![sample(&[("site", "north")], value), sample(&[("site", "south")], "0")];
    prometheus.gives("min by (site) (kube_node_spec_unschedulable)", cordoned("1"));
    let queries = json!([
        { "what": "draining", "query": "min by (site) (kube_node_spec_unschedulable)" },
        { "what": "failed", "query": "up == 0", "absent": "clear" },
    ]);
    let running = start(&rig, &prometheus, queries.clone()).await;
    let said = rig.until_said(1).await;
    assert_eq!(said, [("north".to_owned(), "draining")]);
    let report = rig.reports().await.remove(0);
    assert_eq!(report.source, SiteSource::Metrics);
    assert_eq!(report.reason.as_deref(), Some("monitor.prometheus.queries[0] (draining) gives 1"));
    prometheus.down(true);
    prometheus.rounds(2).await;
    prometheus.down(false);
    prometheus.gives("min by (site) (kube_node_spec_unschedulable)", cordoned("NaN"));
    prometheus.rounds(2).await;
    prometheus.gives("min by (site) (kube_node_spec_unschedulable)", Vec::new());
    prometheus.rounds(2).await;
    running.end().await;
    let running = start(&rig, &prometheus, queries).await;
    prometheus.rounds(2).await;
    assert_eq!(rig.said().await.len(), 1, "nothing of this has changed a site");
    prometheus.gives("min by (site) (kube_node_spec_unschedulable)", cordoned("0"));
    prometheus.gives("up == 0", vec![sample(&[("site", "east")], "1")]);
    let mut said = rig.until_said(3).await.split_off(1);
    said.sort();
    assert_eq!(said, [("east".to_owned(), "failed"), ("north".to_owned(), "in_service")]);
    prometheus.gives("up == 0", Vec::new());
    assert_eq!(rig.until_said(4).await[3], ("east".to_owned(), "in_service"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_has_most_sites_fail_at_one_time_is_not_believed() {
    let (rig, prometheus) = (rig(), Prometheus::start().await);
    let down = |sites: &[&str]| sites.iter().map(|site| sample(&[("site", site)], "1")).collect::<Vec<_>>();
    prometheus.gives("down", down(&["north", "south"]));
    let queries = json!([{ "what": "failed", "query": "down", "absent": "clear" }]);
    let running = start(&rig, &prometheus, queries).await;
    prometheus.rounds(1).await;
    assert_eq!(rig.said().await, []);
    assert_eq!(running.figure("edgeroam_monitor_too_many_failing{source=\"metrics\"}"), 1.0);
    prometheus.gives("down", down(&["south"]));
    assert_eq!(rig.until_said(1).await, [("south".to_owned(), "failed")]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_of_one_ue_is_one_report_a_round() {
    let (rig, prometheus) = (rig(), Prometheus::start().await);
    let labels = [("site", "north"), ("imsi", "imsi-208930000000003"), ("app", "echo")];
    prometheus.gives("rtt", vec![sample(&labels, "18.5"), sample(&[("site", "north")], "1")]);
    prometheus.gives("loss", vec![sample(&labels, "0.01")]);
    let queries = json!([
        { "what": "qos.rtt", "query": "rtt", "ue_label": "imsi", "app_label": "app", "scale": 0.001 },
        { "what": "qos.loss", "query": "loss", "ue_label": "imsi", "app_label": "app" },
    ]);
    let running = start(&rig, &prometheus, queries).await;
    prometheus.rounds(2).await;
    running.end().await;
    let reports = rig.qos().await;
    assert!((1..=20).contains(&reports.len()), "{}", reports.len());
    assert_eq!((reports[0].measured.rtt_us, reports[0].measured.loss), (Some(18_500), Some(0.01)));
    assert_eq!(
        (reports[0].source, reports[0].app.as_ref().unwrap().as_str()),
        (QosSource::Prometheus, "echo")
    );
    assert_eq!(reports[0].site.as_ref().unwrap().as_str(), "north");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_prometheus_refuses_or_warns_of_harms_no_other_query() {
    let (rig, prometheus) = (rig(), Prometheus::start().await);
    prometheus.wants("0123456789abcdef");
    prometheus.warns("some targets could not be read");
    prometheus.gives("good", vec![sample(&[("site", "north")], "1"), sample(&[("site", "elsewhere")], "1")]);
    prometheus.gives("long", vec![sample(&[("site", "north"), ("x", &"x".repeat(9_000))], "1")]);
    let section = json!({
        "url": prometheus.url(),
        "bearer_token_file": rig.file("token", "0123456789abcdef"),
        "interval": "20ms",
        "max_answer": "8KiB",
        "queries": [
            { "what": "cordoned", "query": "good" },
            { "what": "failed", "query": "slow" },
            { "what": "degraded", "query": "scalar(x)" },
            { "what": "draining", "query": "long" },
        ],
    });
    let running = rig.start(json!({ "prometheus": section })).await;
    assert_eq!(rig.until_said(1).await, [("north".to_owned(), "cordoned")]);
    for what in ["failed", "degraded", "draining"] {
        assert!(running.figure(&asked(what, "failed")) >= 1.0, "{what}");
        assert_eq!(running.figure(&asked(what, "answered")), 0.0, "{what}");
    }
    let no_site = "edgeroam_monitor_prometheus_samples_total{what=\"cordoned\",result=\"no_site\"}";
    assert!(running.figure(no_site) >= 1.0);
    rig.file("token", "another-token-0123");
    running.grows(&asked("cordoned", "failed"), 1.0).await;
    running.end().await;
}
