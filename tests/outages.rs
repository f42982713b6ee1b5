//! NRF, AMF, EMCO and DNS server down when EdgeRoam starts, and lost in the middle of a relocation: it comes up all
//! the same, says what it misses, and goes on where it was as soon as they are back.
#![allow(clippy::unwrap_used)]

#[path = "outages/exposition.rs"]
mod exposition;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use core_sim::{CoreSim, Location};
use edge_app::dns::{self, DnsServer};
use emco_sim::{ClusterConfig, EmcoSim, Provision};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

const SUPI: &str = "imsi-208930000000001";
const POD_PORT: u16 = 18_481;
/// A hang guard, no expectation.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_are_down_at_start_or_lost_in_the_middle_only_delay() {
    let folder = tempfile::tempdir().unwrap();
    let core = CoreSim::start(core_sim::Config::default()).await.unwrap();
    let emco = emco().await;
    // An address for the DNS server, which is not there yet either.
    let dns_at = {
        let server = name_server(([127, 0, 0, 1], 0).into());
        let address = server.addr();
        server.stop().await;
        address
    };
    let config = write_config(folder.path(), &core, &emco, dns_at);
    core.stop_nrf().await;
    core.stop_amf(0).await;
    emco.stop_listening().await;

    let mut edgeroam = start(&config, folder.path());
    sleep(Duration::from_secs(3)).await;
    assert!(edgeroam.try_wait().unwrap().is_none(), "edgeroam gave up:\n{}", log(folder.path()));

    let mut names = name_server(dns_at);
    core.start_nrf().unwrap();
    core.start_amf(0).unwrap();
    emco.listen_again().await.unwrap();
    core.register_ue(0, SUPI, at_cell(0x10));
    serves_on(&names, &emco, "edge-a", folder.path()).await;

    // The UE moves, and as soon as its new group is known to EMCO everything goes away for a while.
    core.move_ue(SUPI, at_cell(0x20));
    until(folder.path(), "a second group", || emco.deployment_groups().len() == 2).await;
    core.stop_nrf().await;
    core.stop_amf(0).await;
    emco.stop_listening().await;
    names.stop().await;
    sleep(Duration::from_secs(4)).await;
    assert!(edgeroam.try_wait().unwrap().is_none(), "edgeroam gave up:\n{}", log(folder.path()));
    core.start_nrf().unwrap();
    core.start_amf(0).unwrap();
    emco.listen_again().await.unwrap();
    names = name_server(dns_at);
    serves_on(&names, &emco, "edge-b", folder.path()).await;
    until(folder.path(), "the source to go", || emco.deployment_groups().len() == 1).await;

    // What follows is seen too: nothing stayed behind in the core, in EMCO or in us.
    core.move_ue(SUPI, at_cell(0x10));
    serves_on(&names, &emco, "edge-a", folder.path()).await;
    told_in_one_form(folder.path()).await;
    edgeroam.kill().await.unwrap();
}

/// By now all three services have counted successes and failures of most kinds.
async fn told_in_one_form(folder: &Path) {
    // The decider's gauges follow within a second.
    sleep(Duration::from_secs(2)).await;
    let text = exposition::scrape(folder).await;
    assert_eq!(exposition::offences(&text), Vec::<&str>::new(), "of\n{text}");
    for (name, value) in [
        ("edgeroam_subscriber_ues", 1.0),
        ("edgeroam_subscriber_registered", 1.0),
        ("edgeroam_decider_instances", 1.0),
        ("edgeroam_decider_detached_instances", 0.0),
        ("edgeroam_decider_ended_instances", 0.0),
    ] {
        assert_eq!(exposition::values(&text, name), [value], "{name} of\n{text}");
    }
    for name in ["edgeroam_subscriber_events_total", "edgeroam_executor_step_attempts_total"] {
        assert!(exposition::values(&text, name).iter().sum::<f64>() >= 3.0, "{name} of\n{text}");
    }
}

#[test]
fn metrics_of_another_form_are_found() {
    let lines = [
        r#"edgeroam_decider_orders_total{trigger="ue_gone"} 1"#,
        r#"edgeroam_executor_step_duration_seconds_bucket{le="+Inf",step="verify"} 3"#,
        r#"edgeroam_edgeroam_subscriber_ues 1"#,
        r#"edgeroam_subscriber_polls_total{result="Complete"} 1"#,
        r#"edgeroam_decider_records_total{stream="ue-events"} 1"#,
        "process_open_fds 3",
        "# TYPE edgeroam_edgeroam_subscriber_amfs gauge",
        "# EOF",
    ];
    assert_eq!(exposition::offences(&lines.join("\n")), &lines[2..7]);
}

async fn emco() -> EmcoSim {
    let cluster = |name: &str, net: u8| ClusterConfig {
        provider: "edge".into(),
        cluster: name.into(),
        pod_net: [127, net, 0, 0].into(),
        ..ClusterConfig::default()
    };
    let emco = EmcoSim::start(emco_sim::Config {
        clusters: vec![cluster("edge-a", 241), cluster("edge-b", 242)],
        pod_port: POD_PORT,
        speed: 3.0,
        ..emco_sim::Config::default()
    })
    .await
    .unwrap();
    emco.provision(Provision {
        project: "mec".into(),
        composite_app: "echo".into(),
        version: "v1".into(),
        apps: vec!["echo".into()],
        profile: "default".into(),
        logical_cloud: "lc".into(),
        release_in_names: true,
    })
    .await;
    emco
}

fn name_server(listen: SocketAddr) -> DnsServer {
    let default_ttl = Duration::from_secs(1);
    DnsServer::start(dns::Config { listen, zone: "edge.test".into(), tsig: None, default_ttl }).unwrap()
}

fn at_cell(nr_cell_id: u64) -> Location {
    Location { mcc: "208".into(), mnc: "93".into(), nr_cell_id, tac: "000001".into() }
}

/// Two laboratory gNBs, each pinned to a site.
fn write_config(folder: &Path, core: &CoreSim, emco: &EmcoSim, dns: SocketAddr) -> std::path::PathBuf {
    let text = format!(
        r#"
admin: {{ listen: 127.0.0.1:0 }}
core:
  nrf: {nrf}
  callback: {{ listen: 127.0.0.1:0 }}
emco: {{ gateway: {emco} }}
dns: {{ server: "{dns}", zone: edge.test }}
plmn: {{ mcc: "208", mnc: "93" }}
sites:
  - {{ id: north, cluster: {{ provider: edge, cluster: edge-a }} }}
  - {{ id: south, cluster: {{ provider: edge, cluster: edge-b }} }}
cells:
  - {{ nci: "0x10", site: north }}
  - {{ nci: "0x20", site: south }}
apps:
  - id: echo
    users: all
    mode: act
    policy: nearest
    emco:
      project: mec
      composite_app: echo
      composite_app_version: v1
      composite_profile: default
      logical_cloud: lc
    address: {{ pod_ip: {{ port: {POD_PORT} }} }}
    probe: {{ path: /, release: {{ json_pointer: /release }} }}
    dns: {{ ttl: 1s }}
"#,
        nrf = core.nrf_url(),
        emco = emco.url(),
    );
    let path = folder.join("edgeroam.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

fn start(config: &Path, folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_edgeroam"))
        .args(["all", "--config"])
        .arg(config)
        .env("RUST_LOG", "info")
        .env("NO_COLOR", "1")
        .stderr(Stdio::from(log))
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Waits until the one name of the zone points at a ready release on this cluster.
async fn serves_on(names: &DnsServer, emco: &EmcoSim, cluster: &str, folder: &Path) {
    until(folder, cluster, || {
        let ready = emco.ready_releases();
        let here = |address| ready.iter().any(|(_, on, at)| on == cluster && at.ip() == address);
        names.records().iter().any(|record| here(record.address))
    })
    .await;
}

async fn until(folder: &Path, what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LIMIT, "waited in vain for {what}:\n{}", log(folder));
        sleep(Duration::from_millis(50)).await;
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
