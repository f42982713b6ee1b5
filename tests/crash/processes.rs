//! The two child processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

const EDGEROAM: &str = env!("CARGO_BIN_EXE_edgeroam");

/// `edgeroam testbed`: the simulators and the clients; it lives through the whole test.
pub(crate) struct Testbed {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The configuration that fits it.
    pub(crate) config: PathBuf,
    /// EMCO's base URL.
    pub(crate) emco: String,
}

/// What the clients saw, as far as the test looks at it.
#[derive(Debug, Deserialize)]
pub(crate) struct Clients {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    #[serde(rename = "failures")]
    _failures: serde_json::Value,
}

impl Testbed {
    pub(crate) async fn start(folder: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(EDGEROAM)
            .args(["testbed", "--ues", "8", "--speed", "3", "--duration", "30m", "--seed", "11"])
            .args(more)
            .arg("--dir")
            .arg(folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("edgeroam testbed starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut emco = None;
        loop {
            let line = lines.next_line().await.expect("readable").expect("the testbed says where it is");
            match line.split_once(' ') {
                Some(("emco", url)) => emco = Some(url.trim().to_owned()),
                Some(("run", _)) => break,
                _ => {}
            }
        }
        let config = folder.join("edgeroam.yaml");
        Self { child, lines, config, emco: emco.expect("EMCO's URL") }
    }

    /// The folder of the bus.
    pub(crate) fn bus(&self) -> PathBuf {
        self.config.with_file_name("state").join("bus")
    }

    /// A view that the simulated EMCO offers to tests.
    pub(crate) async fn view<T: DeserializeOwned>(&self, path: &str) -> T {
        let client = http_client();
        let answer =
            client.get(format!("{}{path}", self.emco)).send().await.expect("EMCO's simulator answers");
        answer.json().await.expect("JSON")
    }

    /// Ends it in an orderly way; its last line is the clients' report.
    pub(crate) async fn stop(mut self) -> Clients {
        terminate(&self.child).await;
        let mut last = String::new();
        while let Some(line) = self.lines.next_line().await.expect("readable") {
            last = line;
        }
        assert!(self.child.wait().await.expect("ended").success());
        serde_json::from_str(&last).expect("the clients' report")
    }
}

/// `edgeroam all`: what is killed.
pub(crate) struct All {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl All {
    pub(crate) fn start(config: &Path) -> Self {
        let mut child = Command::new(EDGEROAM)
            .args(["all", "--config"])
            .arg(config)
            .env("RUST_LOG", "error,executor::driver=debug")
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("edgeroam all starts");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self { child, lines }
    }

    /// The next record that was appended to a saga log, as its event and step: `Started Prepare`.
    pub(crate) async fn record(&mut self) -> String {
        loop {
            let line = self.lines.next_line().await.expect("readable").expect("edgeroam all goes on");
            assert!(!line.contains(" ERROR "), "edgeroam all said: {line}");
            let Some((_, event)) = line.split_once("event=") else { continue };
            let word =
                |text: &str| text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_owned();
            let step = event.split_once("step: ").map(|(_, step)| word(step)).unwrap_or_default();
            return format!("{} {step}", word(event)).trim().to_owned();
        }
    }

    /// SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// SIGTERM, and waits for an orderly end.
    pub(crate) async fn stop(mut self) {
        terminate(&self.child).await;
        while let Some(line) = self.lines.next_line().await.expect("readable") {
            assert!(!line.contains(" ERROR "), "edgeroam all said: {line}");
        }
        assert!(self.child.wait().await.expect("ended").success());
    }
}

async fn terminate(child: &Child) {
    let pid = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill(1) runs");
    assert!(sent.success());
}

fn http_client() -> reqwest::Client {
    // A second installation only says that there is a provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::new()
}
