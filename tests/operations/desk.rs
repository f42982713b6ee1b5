//! The processes: `edgeroam testbed`, `edgeroam all`, and a command at a time.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{timeout, timeout_at};

const EDGEROAM: &str = env!("CARGO_BIN_EXE_edgeroam");
/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What the clients saw, as far as these tests look at it.
#[derive(Debug, Deserialize)]
pub(crate) struct Clients {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
}

/// A laboratory, and an EdgeRoam beside it.
pub(crate) struct Desk {
    testbed: Child,
    lines: Lines<BufReader<ChildStdout>>,
    emco: String,
    config: PathBuf,
    variables: Vec<(String, String)>,
    all: Option<Child>,
    client: reqwest::Client,
}

impl Desk {
    /// Starts both; EdgeRoam with these variables.
    pub(crate) async fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_with(folder, variables, |config| config).await
    }

    /// The same, with the configuration changed.
    pub(crate) async fn start_with(
        folder: &Path,
        variables: &[(&str, &str)],
        change: impl FnOnce(String) -> String,
    ) -> Self {
        // A second installation only says that there is a provider already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // The loopback addresses are those of every laboratory, so each has a port of its own.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut testbed = Command::new(EDGEROAM)
            .args([
                "testbed",
                "--ues",
                "8",
                "--speed",
                "3",
                "--duration",
                "30m",
                "--seed",
                "11",
                "--pod-port",
            ])
            .arg(port.to_string())
            .arg("--dir")
            .arg(folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(testbed.stdout.take().unwrap()).lines();
        let mut emco = String::new();
        loop {
            let line = lines.next_line().await.unwrap().expect("the testbed says where it is");
            match line.split_once(' ') {
                Some(("emco", url)) => url.trim().clone_into(&mut emco),
                Some(("run", _)) => break,
                Some(_) | None => {}
            }
        }
        let config = folder.join("edgeroam.yaml");
        std::fs::write(&config, change(std::fs::read_to_string(&config).unwrap())).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let client = reqwest::Client::new();
        let mut desk = Self { testbed, lines, emco, config, variables, all: None, client };
        desk.start_all().await;
        desk
    }

    fn edgeroam(&self, args: &[&str]) -> Command {
        let mut command = Command::new(EDGEROAM);
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.args(args).arg("--config").arg(&self.config).envs(variables).kill_on_drop(true);
        command
    }

    /// Starts `edgeroam all`, and waits until it answers.
    pub(crate) async fn start_all(&mut self) {
        // A port of the life before would be asked in vain.
        let _ = std::fs::remove_file(self.config.with_file_name("state").join("admin.address"));
        self.all = Some(self.edgeroam(&["all"]).env("RUST_LOG", "warn").spawn().unwrap());
        let answers = async {
            while !self.run(&["site", "list"]).await.status.success() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, answers).await.expect("edgeroam all answers");
    }

    /// SIGKILL to `edgeroam all`.
    pub(crate) async fn kill(&mut self) {
        self.all.take().unwrap().kill().await.unwrap();
    }

    /// Ends both in an orderly way; what the clients saw.
    pub(crate) async fn stop(mut self) -> Clients {
        let mut all = self.all.take().unwrap();
        terminate(&all).await;
        assert!(timeout(PATIENCE, all.wait()).await.unwrap().unwrap().success());
        terminate(&self.testbed).await;
        let mut last = String::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            last = line;
        }
        assert!(self.testbed.wait().await.unwrap().success());
        serde_json::from_str(&last).expect("the clients' report")
    }

    /// One command.
    pub(crate) async fn run(&self, args: &[&str]) -> Output {
        let run = self.edgeroam(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        timeout(PATIENCE, run).await.expect("it ends").unwrap()
    }

    /// `edgeroam site list --json`.
    pub(crate) async fn sites(&self) -> Vec<Value> {
        let output = self.run(&["site", "list", "--json"]).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until some UE's instance stays where it serves: the UE, and how it stands.
    pub(crate) async fn stays(&self) -> (String, Value) {
        let found = async {
            loop {
                let recent = self.run(&["why", "echo", "--json", "--last", "1000"]).await;
                let decided = text(&recent.stdout).lines().map(|line| serde_json::from_str(line).unwrap());
                let ues: std::collections::BTreeSet<String> = decided
                    .filter_map(|decision: Value| Some(decision["supi"].as_str()?.to_owned()))
                    .collect();
                for ue in ues {
                    let now = self.run(&["why", &ue, "--now", "--json"]).await;
                    let standing: Value = serde_json::from_slice(&now.stdout).unwrap_or_default();
                    if standing["verdict"] == "stay" && standing["source"].is_string() {
                        return (ue, standing);
                    }
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("somebody stays")
    }

    /// `edgeroam relocation list --json`.
    pub(crate) async fn questions(&self) -> Vec<Value> {
        let output = self.run(&["relocation", "list", "--json"]).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Waits until somebody is asked whether an instance may leave a site.
    pub(crate) async fn question(&self, site: &str) -> Value {
        let asked = async {
            loop {
                if let Some(own) = self.questions().await.into_iter().find(|own| own["from"] == site) {
                    return own;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, asked).await.expect("somebody is asked")
    }

    /// Waits until the order of a relocation stands on the bus: the decision that gave it.
    pub(crate) async fn ordered(&self, relocation: &str) -> Value {
        let given = async {
            loop {
                let output = self.run(&["why", relocation, "--json"]).await;
                let mut found = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap());
                if let Some(decision) = found.next_back().filter(|_| output.status.success()) {
                    return decision;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, given).await.expect("it is ordered")
    }

    /// Waits until EMCO's last word of a site is this one.
    pub(crate) async fn reported(&self, site: &str, condition: &str) -> Value {
        let said = async {
            loop {
                let all = self.sites().await;
                let own = all.iter().find(|own| own["site"] == site).unwrap();
                if own["reports"][0]["condition"] == condition {
                    return own["reports"][0].clone();
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(PATIENCE, said).await.expect("it is reported")
    }

    /// Posts a command to the admin port, as another program would.
    pub(crate) async fn post(&self, body: &Value) -> (u16, Value) {
        let path = self.config.with_file_name("state").join("admin.address");
        let admin = std::fs::read_to_string(path).unwrap();
        let url = format!("http://{}/v1/commands", admin.trim());
        let answer = self.client.post(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Reports a measurement, as an app or a site would; the status, and what is wrong where something is.
    pub(crate) async fn report(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let address = self.config.with_file_name("state").join("reports.address");
        let url = format!("http://{}{path}", std::fs::read_to_string(address).unwrap().trim());
        let request = self.client.request(method.parse().unwrap(), url).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// The lines of this sort that `edgeroam watch --from-oldest` shows within some seconds: what stands in the log by
    /// now, and what comes meanwhile.
    pub(crate) async fn watched(&self, sort: &str) -> Vec<String> {
        let mut watch = self.edgeroam(&["watch", "--from-oldest"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
        let mut found = Vec::new();
        let end = tokio::time::Instant::now() + Duration::from_secs(6);
        while let Ok(line) = timeout_at(end, lines.next_line()).await {
            let line = line.unwrap().expect("watch goes on");
            let is = line.split_whitespace().nth(1) == Some(sort);
            found.extend(is.then_some(line));
        }
        watch.kill().await.unwrap();
        found
    }

    /// Adds a label to a site's cluster.
    pub(crate) async fn label(&self, site: &str, label: &str) {
        let url = format!("{}/v2/cluster-providers/edge/clusters/{site}/labels", self.emco);
        let sent = self.client.post(url).json(&json!({ "clusterLabel": label })).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 201);
    }

    /// Takes one away.
    pub(crate) async fn unlabel(&self, site: &str, label: &str) {
        let url = format!("{}/v2/cluster-providers/edge/clusters/{site}/labels/{label}", self.emco);
        assert_eq!(self.client.delete(url).send().await.unwrap().status().as_u16(), 204);
    }

    /// Waits until this is what holds for a site.
    pub(crate) async fn holds(&self, site: &str, condition: &str) {
        let holds = async {
            loop {
                let all = self.sites().await;
                let own = all.iter().find(|own| own["site"] == site).unwrap();
                if own["status"]["condition"] == condition {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, holds).await.expect("it comes to hold");
    }

    /// Waits until a site has so many ready Pods or more; the one that has the most.
    pub(crate) async fn busiest(&self, least: u64) -> String {
        let found = async {
            loop {
                let most = self.pods().await.into_iter().max_by_key(|(_, pods)| *pods);
                if let Some((site, pods)) = most
                    && pods >= least
                {
                    return site;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, found).await.expect("instances come to serve")
    }

    /// Waits until no Pod is ready at a site.
    pub(crate) async fn left(&self, site: &str) {
        let left = async {
            while self.pods().await.iter().any(|(own, pods)| own == site && *pods > 0) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(PATIENCE, left).await.expect("it is left");
    }

    /// How many Pods are ready in each cluster, which is called as its site.
    pub(crate) async fn pods(&self) -> Vec<(String, u64)> {
        let groups: Value = self
            .client
            .get(format!("{}/_testbed/groups", self.emco))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let mut pods = std::collections::BTreeMap::new();
        for group in groups.as_array().unwrap() {
            for cluster in group["clusters"].as_array().unwrap() {
                *pods.entry(cluster.as_str().unwrap().to_owned()).or_insert(0) +=
                    group["ready_pods"].as_u64().unwrap();
            }
        }
        pods.into_iter().collect()
    }
}

async fn terminate(child: &Child) {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
}
