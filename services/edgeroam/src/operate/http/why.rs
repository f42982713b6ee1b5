//! `GET /v1/why`: how instances stand now, explained. It names UEs: only who may post commands may ask.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use decider::{About, Answer};
use model::{AppId, InstanceId, Supi};
use runtime::problem::Problem;
use serde::Deserialize;

use super::{Counter, of_name};

/// What is asked about: a UE and perhaps one of its apps, or an instance of an app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    ue: Option<Supi>,
    app: Option<AppId>,
    instance: Option<InstanceId>,
}

/// A JSON array, one object an instance; a 404 says what is known instead.
pub(super) async fn why(
    State(counter): State<Arc<Counter>>,
    target: Uri,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    counter.access.check(&target, &headers)?;
    let Query(asked) = asked.map_err(|rejected| Problem::new(rejected.status(), rejected.body_text()))?;
    if let Some(app) = &asked.app {
        counter.names.app(app).map_err(of_name)?;
    }
    let named = asked.named();
    let about = asked.about()?;
    let silent = |e: decider::InquiryError| Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.to_string());
    match counter.inquirer.ask(about).await.map_err(silent)? {
        Answer::Stands(standings) => {
            let internal =
                |e: serde_json::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string());
            let body = serde_json::to_string(&standings).map_err(internal)?;
            Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
        }
        Answer::Unknown { apps } => Err(unknown(&named, &apps)),
        Answer::Moves(_) | Answer::StandsBy => Err(stands_by()),
    }
}

/// Another replica decides.
pub(super) fn stands_by() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "this replica stands by; ask the one whose metric edgeroam_decider_active is 1",
    )
}

impl Asked {
    fn about(self) -> Result<About, Problem> {
        match (self.ue, self.app, self.instance) {
            (Some(supi), app, None) => Ok(About::Ue { supi, app }),
            (None, Some(app), Some(instance)) => Ok(About::Instance { app, instance }),
            (Some(_), _, Some(_)) | (None, None, _) | (None, Some(_), None) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "ask for `ue`, for `ue` and `app`, or for `app` and `instance`",
            )),
        }
    }

    /// What is asked about, for people.
    fn named(&self) -> String {
        match (&self.ue, &self.app, &self.instance) {
            (Some(supi), Some(app), _) => format!("UE {supi} has no instance of `{app}`"),
            (Some(supi), None, _) => format!("UE {supi} has no instance"),
            (None, Some(app), Some(instance)) => format!("there is no instance {app}/{instance}"),
            (None, ..) => String::new(),
        }
    }
}

fn unknown(named: &str, apps: &[AppId]) -> Problem {
    if apps.is_empty() {
        let why = "nothing was heard of it, it has left, or it uses no app";
        return Problem::new(StatusCode::NOT_FOUND, format!("{named}, as far as the decider knows: {why}"));
    }
    let known: Vec<String> = apps.iter().map(ToString::to_string).collect();
    let detail = format!("{named}; it uses {}", known.join(", "));
    Problem::new(StatusCode::NOT_FOUND, detail).with_known(known)
}
