//! Replays a scenario against a simulator.

use std::time::{Duration, Instant};

use emco_sim::EmcoSim;
use serde_json::{Value, json};

use crate::archive;
use crate::compare::{Names, normalise};
use crate::form::form;
use crate::http::{Answer, Http};
use crate::recording::{Entry, Exchange, Recording};

/// How long an answer may take to come about; a guard against hanging, no expectation.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often status is asked for.
pub(crate) const POLL: Duration = Duration::from_millis(15);

/// A replay in progress; several scenarios may follow each other.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) sim: EmcoSim,
    pub(crate) http: Http,
    recorded: Names,
    simulated: Names,
    /// How many answers were compared.
    pub(crate) compared: usize,
}

impl Replay {
    pub(crate) fn new(sim: EmcoSim) -> Self {
        let http = Http::new(&sim.url());
        Self { sim, http, recorded: Names::default(), simulated: Names::default(), compared: 0 }
    }

    /// Replays every exchange; `note` is called for what the recorder noted.
    pub(crate) async fn all(&mut self, recording: &Recording, note: impl AsyncFn(&EmcoSim, &str, &Value)) {
        for entry in &recording.exchanges {
            match entry {
                Entry::Observation { what, data } => note(&self.sim, what, data).await,
                Entry::Exchange(exchange) => self.one(&recording.scenario, exchange).await,
            }
        }
    }

    /// Replays one exchange. The status of a group is asked for until it is as recorded; passing states, which a
    /// poll may or may not meet, are left out.
    pub(crate) async fn one(&mut self, scenario: &str, exchange: &Exchange) {
        let what = format!("{scenario}: {} ({})", exchange.label, exchange.request.path);
        if !exchange.is_group_status() {
            let answer = self.send(exchange).await;
            if let Err(difference) = self.compare(exchange, &answer) {
                panic!("{what}\n{difference}");
            }
            return;
        }
        if is_passing(&exchange.response.body) {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.send(exchange).await;
            match self.compare(exchange, &answer) {
                Ok(()) => return,
                Err(difference) if Instant::now() > deadline => panic!("{what}\n{difference}"),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Sends a recorded request.
    pub(crate) async fn send(&self, exchange: &Exchange) -> Answer {
        let request = &exchange.request;
        let body = match &request.body {
            Value::Null => None,
            Value::String(text) => Some(("application/json".to_owned(), text.clone().into_bytes())),
            body @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                match body.get("multipart") {
                    Some(parts) => Some(upload(&request.path, parts)),
                    None => Some(("application/json".to_owned(), body.to_string().into_bytes())),
                }
            }
        };
        self.http.send(&request.method, &request.path, body).await
    }

    fn compare(&mut self, exchange: &Exchange, answer: &Answer) -> Result<(), String> {
        let expected = &exchange.response;
        let got: Value = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer.body).into_owned()));
        let (mut recorded, mut simulated) = (self.recorded.clone(), self.simulated.clone());
        let want = normalise(&expected.body, &mut recorded);
        let have = normalise(&got, &mut simulated);
        let whole = (expected.status, expected.content_type(), want);
        let ours = (answer.status, answer.content_type.as_deref(), have);
        if whole != ours {
            let pretty = |body: &Value| serde_json::to_string_pretty(body).unwrap();
            return Err(format!(
                "recorded:  {} {:?}\n{}\nsimulated: {} {:?}\n{}",
                whole.0,
                whole.1,
                pretty(&whole.2),
                ours.0,
                ours.1,
                pretty(&ours.2)
            ));
        }
        (self.recorded, self.simulated) = (recorded, simulated);
        self.compared += 1;
        Ok(())
    }
}

/// The multipart form of a recorded upload; the files themselves were not recorded.
fn upload(path: &str, parts: &Value) -> (String, Vec<u8>) {
    let metadata = &parts["metadata"];
    let name = metadata["metadata"]["name"].as_str().unwrap_or_default();
    let file = if path.ends_with("/apps") {
        let release_in_names = path.contains("/relapp/") || path.contains("/addrapp/");
        archive::chart(name, release_in_names, path.contains("/addrapp/"))
    } else if path.ends_with("/profiles") {
        archive::profile()
    } else {
        b"apiVersion: v1\nkind: Config\n".to_vec()
    };
    form(&metadata.to_string(), &file)
}

/// Whether a status is one of those through which a group only passes.
fn is_passing(status: &Value) -> bool {
    let deployed = status.get("deployedStatus").or_else(|| status.get("status")).and_then(Value::as_str);
    match deployed {
        Some("Created" | "Instantiating" | "Terminating" | "Updating") => true,
        // Waiting for a Pod; but one that rsync cannot reach waits for good.
        Some("Instantiated") => {
            let counts = status.get("readyCounts").unwrap_or(&Value::Null);
            status["readyStatus"] == "NotReady" && counts.as_object().is_none_or(|counts| counts.len() != 1)
        }
        _ => false,
    }
}
