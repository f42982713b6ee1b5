//! Commands that the command line puts on a broker itself: no process of EdgeRoam runs.

use std::path::Path;
use std::process::Output;

use brokers::{kafka, nats};
use serde_json::Value;
use tokio::process::Command;

use crate::desk::text;

const BIN: &str = env!("CARGO_BIN_EXE_edgeroam");

async fn edgeroam(config: &Path, args: &[&str]) -> Output {
    let output = Command::new(BIN).args(args).arg("--config").arg(config).output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    output
}

/// Asks on a broker, and sees what was asked.
async fn ask(folder: &Path, bus: &str) {
    let config = folder.join("edgeroam.yaml");
    edgeroam_init(&config).await;
    let yaml = std::fs::read_to_string(&config).unwrap();
    std::fs::write(folder.join("instance.key"), "00112233445566778899aabbccddeeff\n").unwrap();
    std::fs::write(&config, format!("{yaml}\ninstance_key_file: instance.key\n{bus}")).unwrap();
    let nothing = edgeroam(&config, &["site", "list", "--json"]).await;
    assert!(!text(&nothing.stdout).contains("asked"), "{}", text(&nothing.stdout));
    edgeroam(&config, &["site", "cordon", "north", "--by", "ann"]).await;
    edgeroam(&config, &["site", "drain", "north", "--by", "ben", "--reason", "disks"]).await;
    edgeroam(&config, &["instance", "pin", "echo/imsi-208930000000003", "south"]).await;
    let output = edgeroam(&config, &["site", "list", "--json"]).await;
    let shown: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&shown[0]["site"], &shown[0]["asked"]["by"]), (&"north".into(), &"ben".into()));
    assert!(shown[0]["asked"]["ask"]["drain"].is_object());
    assert_eq!(shown[1].get("asked"), None);
}

async fn edgeroam_init(config: &Path) {
    let output = Command::new(BIN).args(["config", "init"]).arg(config).output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_nats_a_command_needs_nobody_to_take_it() {
    let Some(program) = nats::available() else { return };
    let server = nats::Server::start(&program, &nats::Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    ask(folder.path(), &format!("bus: {{ nats: {{ servers: [\"{}\"] }} }}\n", server.url())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_kafka_a_command_needs_nobody_to_take_it() {
    let install = match kafka::available() {
        Ok(install) => install,
        Err(missing) => {
            eprintln!("{missing}");
            return;
        }
    };
    let server = kafka::Kafka::start(&install, &kafka::Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    ask(folder.path(), &format!("bus: {{ kafka: {{ brokers: [\"{}\"] }} }}\n", server.address())).await;
}
