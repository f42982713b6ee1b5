//! Three processes of every service.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use bus::{Bus, Start};
use model::Stream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::evidence::Records;

const REPLICAS: usize = 3;
const SERVICES: [&str; 4] = ["subscriber", "decider", "executor", "relay"];

/// One process, and what is needed to start it again on the same state.
struct Process {
    service: &'static str,
    state: PathBuf,
    child: Child,
}

/// All processes.
pub(crate) struct Fleet {
    config: PathBuf,
    processes: Vec<Process>,
}

impl Fleet {
    pub(crate) fn start(folder: &Path, config: &Path) -> Self {
        let mut processes = Vec::new();
        for replica in 0..REPLICAS {
            for service in SERVICES {
                let state = folder.join(format!("{service}-{replica}"));
                processes.push(Process { service, child: spawn(service, config, &state), state });
            }
        }
        Self { config: config.to_owned(), processes }
    }

    /// `edgeroam all` instead.
    pub(crate) fn all_in_one(folder: &Path, config: &Path) -> Self {
        let state = folder.join("all");
        let process = Process { service: "all", child: spawn("all", config, &state), state };
        Self { config: config.to_owned(), processes: vec![process] }
    }

    /// SIGKILL for one of them, and a new process on what it left.
    pub(crate) async fn kill_and_start_again(&mut self, number: usize) {
        let count = self.processes.len();
        let process = &mut self.processes[number % count];
        process.child.kill().await.unwrap();
        process.child = spawn(process.service, &self.config, &process.state);
    }

    /// SIGTERM for all, and an orderly end of each.
    pub(crate) async fn stop(mut self) {
        for process in &self.processes {
            let pid = process.child.id().expect("it runs").to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        }
        for process in &mut self.processes {
            let status = process.child.wait().await.unwrap();
            assert!(status.success(), "{} ended with {status}", process.service);
        }
    }
}

fn spawn(service: &str, config: &Path, state: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_edgeroam"))
        .args([service, "--config"])
        .arg(config)
        .env("EDGEROAM__STATE_DIR", state)
        .env("RUST_LOG", "error")
        .env("NO_COLOR", "1")
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Orders and outcomes of a bus from the oldest on.
pub(crate) async fn records(bus: Arc<dyn Bus>) -> Records {
    follow(bus, &[Stream::Orders, Stream::Outcomes]).await
}

/// Decisions of a bus from the oldest on.
pub(crate) async fn decisions(bus: Arc<dyn Bus>) -> Records {
    follow(bus, &[Stream::Decisions]).await
}

async fn follow(bus: Arc<dyn Bus>, streams: &[Stream]) -> Records {
    let (sender, records) = mpsc::channel(256);
    for stream in streams.iter().copied() {
        let mut reader = bus.consume(stream, "evidence", Start::Oldest).await.unwrap();
        let sender = sender.clone();
        tokio::spawn(async move {
            loop {
                for delivery in reader.next(256).await.unwrap() {
                    if sender.send((stream, delivery.data)).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
    records
}
