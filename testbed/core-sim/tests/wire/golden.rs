//! Replays recorded exchanges against a core in the state that the recorded one had, and compares status, content
//! type, Location, and body. What differs from run to run is listed by name in [`VOLATILE`].

use crate::client::{AF, Answer, Client, FORM};
use core_sim::{Config, CoreSim};
use serde_json::{Map, Value};
use std::fs;
use std::net::SocketAddr;

/// Members whose values differ from run to run; they must be there, and of the same type.
const VOLATILE: [&str; 7] = [
    "timeStamp",
    "ueLocationTimestamp",
    // A number at the AMF (the recording client's repeated requests used up some), random at the NRF.
    "subscriptionId",
    "access_token",
    // Seconds until a fixed date.
    "remainDuration",
    "Guti",
    "SmContextRef",
];

/// Headers compared where the recording has them.
const HEADERS: [&str; 6] = [
    "content-type",
    "location",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
];

pub(crate) const NRF: &str = "127.0.0.10:8000";
pub(crate) const AMF: &str = "127.0.0.18:8000";
pub(crate) const SMF: &str = "127.0.0.2:8000";

/// A recording and the core that it is played to.
pub(crate) struct Replay {
    pub(crate) sim: CoreSim,
    pub(crate) client: Client,
    pub(crate) steps: Vec<Value>,
    /// Texts of the recording and what stands for them here.
    pub(crate) renamed: Vec<(String, String)>,
    amf_port: u16,
    name: String,
}

/// One recorded file's steps; `None`, with a message, where the recordings are absent.
#[allow(clippy::print_stderr)]
pub(crate) fn recording(name: &str) -> Option<Vec<Value>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recorded/free5gc");
    let path = format!("{folder}/{name}.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {path} is not here");
        return None;
    };
    let recording: Value = serde_json::from_str(&text).unwrap();
    Some(recording["steps"].as_array().unwrap().clone())
}

impl Replay {
    /// A core on the addresses of the recorded one, with the AF registered.
    pub(crate) async fn start(name: &str, oauth2: bool) -> Option<Replay> {
        let steps = recording(name)?;
        let on = |ip: &str| format!("{ip}:0").parse::<SocketAddr>().unwrap();
        let config = Config {
            nrf_listen: on("127.0.0.10"),
            amf_listen: vec![on("127.0.0.18")],
            smf_listen: on("127.0.0.2"),
            oauth2,
            ..Config::default()
        };
        let sim = CoreSim::start(config).await.unwrap();
        let client = Client::new(true);
        let host = |url: &str| url.strip_prefix("http://").unwrap().to_owned();
        let (nrf, amf, smf) = (host(&sim.nrf_url()), host(&sim.amf_urls()[0]), host(&sim.smf_url()));
        let amf_port = amf.parse::<SocketAddr>().unwrap().port();
        let renamed = vec![(NRF.to_owned(), nrf), (AMF.to_owned(), amf), (SMF.to_owned(), smf)];
        Some(Replay { sim, client, steps, renamed, amf_port, name: name.to_owned() })
    }

    /// The recorded text in the words of this run.
    fn here(&self, text: &str) -> String {
        self.renamed.iter().fold(text.to_owned(), |text, (then, now)| text.replace(then, now))
    }

    /// A token for the service that a path belongs to.
    pub(crate) async fn token_for(&self, path: &str) -> String {
        let service = path.trim_start_matches('/').split('/').next().unwrap();
        match service {
            "nnrf-nfm" | "nnrf-disc" => {
                self.client.token(&self.sim.nrf_url(), "NRF", "nnrf-nfm nnrf-disc").await
            }
            "nsmf_event-exposure" | "nsmf-event-exposure" => {
                self.client.token(&self.sim.nrf_url(), "SMF", "nsmf-event-exposure").await
            }
            other => self.client.token(&self.sim.nrf_url(), "AMF", other).await,
        }
    }

    /// Sends a step's request with this token where the recording has one.
    pub(crate) async fn send(&self, step: usize, token: Option<&str>) -> Answer {
        let request = &self.steps[step]["request"];
        let url = encode_query(&self.here(request["url"].as_str().unwrap()));
        let header = |name: &str| request["headers"][name].as_str();
        let authorization = match header("authorization") {
            Some(value) if value.contains("<jwt>") => {
                let path = url.splitn(4, '/').nth(3).unwrap();
                let token = match token {
                    Some(token) => token.to_owned(),
                    None => self.token_for(path).await,
                };
                Some(value.replace("<jwt>", &token))
            }
            other => other.map(str::to_owned),
        };
        let body = match (&request["body"], header("content-type")) {
            (Value::Null, _) => String::new(),
            (Value::String(text), _) => text.clone(),
            (Value::Object(fields), Some(FORM)) => {
                let pairs = fields.iter().map(|(name, value)| (name, value.as_str().unwrap()));
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
            }
            (json, _) => self.here(&json.to_string()),
        };
        let method = request["method"].as_str().unwrap();
        let answer =
            self.client.try_send(method, &url, authorization.as_deref(), header("content-type"), body).await;
        answer.unwrap_or_else(|error| panic!("{} step {step}: {error:?}", self.name))
    }

    /// Replays a step and compares the answer; ids that the answer brings are remembered for later steps.
    pub(crate) async fn step(&mut self, step: usize) -> Answer {
        let answer = self.send(step, None).await;
        self.compare(step, &answer);
        answer
    }

    /// Replays steps one after the other.
    pub(crate) async fn steps(&mut self, steps: std::ops::Range<usize>) {
        for step in steps {
            self.step(step).await;
        }
    }

    pub(crate) fn compare(&mut self, step: usize, answer: &Answer) {
        let recorded = self.steps[step]["response"].clone();
        let what = format!("{} step {step} ({})", self.name, self.steps[step]["note"]);
        assert_eq!(
            u64::from(answer.status),
            recorded["status"].as_u64().unwrap(),
            "status of {what}: {answer:?}"
        );
        if let Some(headers) = recorded["headers"].as_object() {
            for name in HEADERS {
                let then =
                    headers.get(name).map_or(String::new(), |value| self.here(value.as_str().unwrap()));
                assert_eq!(answer.header(name), then, "{name} of {what}");
            }
        }
        let body = &recorded["body"];
        if let Some(text) = body.as_str() {
            assert_eq!(String::from_utf8_lossy(&answer.body), *text, "body of {what}");
            return;
        }
        let now = answer.json();
        if let (Some(then), Some(now)) = (body["subscriptionId"].as_str(), now["subscriptionId"].as_str()) {
            // Numbers are too short to be replaced wherever they stand; they are only found in URIs.
            self.renamed.push((format!("/subscriptions/{then}"), format!("/subscriptions/{now}")));
        }
        let then: Value = serde_json::from_str(&self.here(&body.to_string())).unwrap();
        assert_eq!(self.steady(now), self.steady(then), "body of {what}");
    }

    /// A body without what differs from run to run.
    fn steady(&self, value: Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut steady: Map<String, Value> = Map::new();
                for (name, value) in object {
                    let value =
                        if VOLATILE.contains(&name.as_str()) { kind(&value) } else { self.steady(value) };
                    steady.insert(name, value);
                }
                if steady.get("ipv4Address") == Some(&Value::from("127.0.0.18")) {
                    assert!([8000, self.amf_port].map(Value::from).contains(&steady["port"]));
                    steady.insert("port".to_owned(), Value::from("the AMF's"));
                }
                // Free5GC lists services and UEs in the order of a Go map, which is none.
                if let Some(Value::Array(services)) = steady.get_mut("nfServices") {
                    services.sort_by_key(|service| service["serviceInstanceId"].to_string());
                }
                if let Some(Value::Array(reports)) = steady.get_mut("reportList") {
                    reports.sort_by_key(|report| report["supi"].to_string());
                }
                Value::Object(steady)
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.steady(item)).collect()),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
        }
    }

    /// Says that the AMF's recorded NF instance id stands for that of now.
    pub(crate) fn amf_was(&mut self, recorded: &str) {
        self.renamed.push((recorded.to_owned(), self.sim.amf_instance_id(0)));
    }

    /// Registers the recorded AF.
    pub(crate) async fn register(&self) {
        assert_eq!(self.client.register(&self.sim.nrf_url()).await.status, 201);
    }

    /// Registers some other NF.
    pub(crate) async fn register_other(&self, profile: &Value) {
        let id = profile["nfInstanceId"].as_str().unwrap();
        assert_ne!(id, AF);
        let url = format!("{}/nnrf-nfm/v1/nf-instances/{id}", self.sim.nrf_url());
        assert_eq!(self.client.put(&url, profile).await.status, 201);
    }
}

/// A recorded URL with what `http::Uri` does not take, encoded.
fn encode_query(url: &str) -> String {
    url.replace('{', "%7B").replace('}', "%7D").replace('"', "%22")
}

fn kind(value: &Value) -> Value {
    Value::from(match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    })
}
