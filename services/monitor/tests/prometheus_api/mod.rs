//! A Prometheus as far as instant queries go, which answers as the real one does: a form in, its envelope out, errors
//! with their type and status, values as texts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

/// What it answers to each query, and what it was asked.
#[derive(Default)]
pub(crate) struct Answers {
    vectors: BTreeMap<String, Vec<Value>>,
    warnings: Vec<String>,
    token: Option<String>,
    down: bool,
    asked: u64,
}

#[derive(Clone)]
pub(crate) struct Prometheus {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Deserialize)]
struct Query {
    query: Option<String>,
    timeout: Option<String>,
}

/// An element of an instant vector.
pub(crate) fn sample(labels: &[(&str, &str)], value: &str) -> Value {
    let labels: BTreeMap<_, _> = labels.iter().copied().collect();
    json!({ "metric": labels, "value": [1_435_781_451.781, value] })
}

impl Prometheus {
    pub(crate) async fn start() -> Self {
        let answers = Arc::new(Mutex::new(Answers::default()));
        let app = Router::new().route("/base/api/v1/query", post(query)).with_state(answers.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, answers }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/base", self.address)
    }

    fn change(&self, how: impl FnOnce(&mut Answers)) {
        how(&mut self.answers.lock().unwrap());
    }

    /// Gives this vector to this query from now on.
    pub(crate) fn gives(&self, query: &str, vector: Vec<Value>) {
        self.change(|answers| {
            answers.vectors.insert(query.to_owned(), vector);
        });
    }

    pub(crate) fn warns(&self, warning: &str) {
        self.change(|answers| answers.warnings.push(warning.to_owned()));
    }

    pub(crate) fn wants(&self, token: &str) {
        self.change(|answers| answers.token = Some(token.to_owned()));
    }

    /// Answers as a proxy whose Prometheus is away.
    pub(crate) fn down(&self, down: bool) {
        self.change(|answers| answers.down = down);
    }

    /// Waits until every query has been asked some times more.
    pub(crate) async fn rounds(&self, queries: u64) {
        let asked = || self.answers.lock().unwrap().asked;
        let enough = asked() + 3 * queries;
        super::rig::until(async || asked() >= enough).await;
    }
}

async fn query(
    State(answers): State<Arc<Mutex<Answers>>>,
    headers: HeaderMap,
    Form(form): Form<Query>,
) -> Response {
    let mut answers = answers.lock().unwrap();
    answers.asked += 1;
    if answers.down {
        return (StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>").into_response();
    }
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if answers.token.as_ref().is_some_and(|token| shown != Some(&format!("Bearer {token}"))) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized\n").into_response();
    }
    assert!(form.timeout.is_some_and(|timeout| timeout.ends_with("ms")), "a duration of Prometheus");
    let refused = |kind: &str, status, why: String| {
        (status, Json(json!({ "status": "error", "errorType": kind, "error": why }))).into_response()
    };
    let query = form.query.unwrap_or_default();
    match query.as_str() {
        "" => refused(
            "bad_data",
            StatusCode::BAD_REQUEST,
            "invalid parameter \"query\": 1:1: parse error: no expression found in input".into(),
        ),
        "slow" => refused(
            "timeout",
            StatusCode::SERVICE_UNAVAILABLE,
            "query timed out in expression evaluation".into(),
        ),
        "scalar(x)" => {
            let data = json!({ "resultType": "scalar", "result": [1_435_781_451.781, "1"] });
            Json(json!({ "status": "success", "data": data })).into_response()
        }
        query => {
            // A metric that nobody has gives an empty vector and no error.
            let result = answers.vectors.get(query).cloned().unwrap_or_default();
            let mut body =
                json!({ "status": "success", "data": { "resultType": "vector", "result": result } });
            if !answers.warnings.is_empty() {
                body["warnings"] = json!(answers.warnings);
            }
            Json(body).into_response()
        }
    }
}
