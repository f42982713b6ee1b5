//! Creating, reading, replacing and deleting resources.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use bytes::Bytes;

use super::answer::{self, Answer};
use super::{serve, upload};
use crate::chart::{self, Chart};
use crate::database::document::{AppProfileSpec, GroupIntentSpec, GroupSpec, Specified};
use crate::database::schema::{self, Accepted};
use crate::database::state::{State, StateInfo};
use crate::database::{Document, Kind, Payload};
use crate::history::HistoryEvent;
use crate::refusal::{HAS_CHILDREN, INTERNAL, NO_PARENT, REFERENCED, Refusal};
use crate::rsync::ContextStatus;
use crate::sim::{Inner, World};
use crate::{cloud, json};

/// The largest upload, in bytes: what EMCO keeps in memory.
pub(super) const MAX_UPLOAD: usize = 16 << 20;

/// A request on a collection.
pub(super) async fn collection(
    inner: &Arc<Inner>,
    kind: Kind,
    key: &str,
    parent: &str,
    request: Request,
) -> Result<Answer, Refusal> {
    match *request.method() {
        Method::POST => create(inner, kind, key, parent, request).await,
        Method::GET => {
            pause(inner).await;
            list(&inner.world(), kind, parent, request.uri())
        }
        _ => Ok(answer::empty(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

/// A request on one resource.
pub(super) async fn item(
    inner: &Arc<Inner>,
    kind: Kind,
    key: &str,
    request: Request,
) -> Result<Answer, Refusal> {
    match *request.method() {
        Method::GET => {
            pause(inner).await;
            read(&inner.world(), kind, key, request.headers())
        }
        Method::PUT if kind.replaceable() => replace(inner, kind, key, request).await,
        Method::DELETE => {
            pause(inner).await;
            delete(inner, kind, key)
        }
        _ => Ok(answer::empty(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

async fn pause(inner: &Inner) {
    tokio::time::sleep(inner.pace.vary(inner.config.delays.request)).await;
}

async fn create(
    inner: &Arc<Inner>,
    kind: Kind,
    collection: &str,
    parent: &str,
    request: Request,
) -> Result<Answer, Refusal> {
    let (accepted, payload) = accept(kind, request).await?;
    pause(inner).await;
    let key = format!("{collection}/{}", accepted.name);
    let mut world = inner.world();
    if !parent.is_empty() && !world.store.contains(parent) {
        // Only a logical cloud looks for its project itself; anything else is stopped by the database.
        return Err(if kind == Kind::LogicalCloud {
            Refusal::not_found(Kind::Project.not_found())
        } else {
            Refusal::conflict(NO_PARENT)
        });
    }
    if world.store.contains(&key) {
        let text = kind.already_exists();
        return Err(if text == INTERNAL { Refusal::internal(text) } else { Refusal::conflict(text) });
    }
    if kind == Kind::AppProfile {
        let profile: Specified<AppProfileSpec> = serde_json::from_str(&accepted.json).unwrap_or_default();
        if world.store.has_profile(parent, &profile.spec.app) {
            return Err(Refusal::conflict("App already has an AppProfile"));
        }
    }
    world.store.put(&key, kind, accepted.json.clone(), payload);
    if matches!(kind, Kind::Group | Kind::LogicalCloud) {
        world.states.insert(key.clone(), StateInfo::created());
    }
    if kind == Kind::Group {
        let group = world.store.read::<Specified<GroupSpec>>(&key).unwrap_or_default();
        let (group, release) = (group.metadata.name, group.spec.version);
        inner.history.record(HistoryEvent::GroupCreated { group, release });
    }
    Ok(if kind.create_declares_json() {
        answer::json(StatusCode::CREATED, accepted.json)
    } else {
        answer::undeclared_json(StatusCode::CREATED, accepted.json)
    })
}

/// Reads and checks a body.
async fn accept(kind: Kind, request: Request) -> Result<(Accepted, Payload), Refusal> {
    if !kind.uploaded() {
        let body = serve::body(request).await?;
        return Ok((schema::accept(kind, json::parse(&body)?)?, Payload::None));
    }
    let upload = upload::read(request).await?;
    let accepted = schema::accept(kind, json::parse(&upload.metadata)?)?;
    let file = upload.file.ok_or_else(|| Refusal::unprocessable("Unable to process file"))?;
    let payload = payload(kind, &accepted.name, file)?;
    Ok((accepted, payload))
}

fn payload(kind: Kind, name: &str, file: Bytes) -> Result<Payload, Refusal> {
    let malformed = || Refusal::unprocessable("Error in file format");
    if kind == Kind::App {
        return Chart::read(name, &file).map(|chart| Payload::Chart(chart, file)).ok_or_else(malformed);
    }
    if kind == Kind::AppProfile && !chart::is_archive(&file) {
        return Err(malformed());
    }
    Ok(Payload::File(file))
}

fn list(world: &World, kind: Kind, parent: &str, uri: &Uri) -> Result<Answer, Refusal> {
    if kind.list_needs_ancestors() {
        let segments: Vec<&str> = parent.split('/').collect();
        let project = segments.iter().take(2).copied().collect::<Vec<_>>().join("/");
        if !world.store.contains(&project) {
            return Err(Refusal::not_found(Kind::Project.not_found()));
        }
        let app = segments.iter().take(5).copied().collect::<Vec<_>>().join("/");
        if segments.len() >= 5 && !world.store.contains(&app) {
            return Err(Refusal::not_found(Kind::CompositeApp.not_found()));
        }
    }
    if kind == Kind::ClusterLabel && !world.store.contains(parent) {
        return Err(Refusal::not_found(Kind::Cluster.not_found()));
    }
    let documents: Vec<&Document> = world.store.list(kind, parent).into_iter().map(|(_, d)| d).collect();
    let body = match (kind, label(uri)) {
        (Kind::GroupIntent, _) => group_intents(&documents),
        (Kind::Cluster, Some(label)) => {
            let provider = parent.rsplit('/').next().unwrap_or_default();
            let names = world.store.clusters_with_label(provider, &label);
            let names: Vec<&str> = names.iter().map(|name| name.cluster.as_str()).collect();
            serde_json::to_string(&names).unwrap_or_default()
        }
        _ if documents.is_empty() && !kind.empty_list_is_array() => "null".into(),
        _ => array(documents.iter().map(|document| document.json.as_str())),
    };
    Ok(answer::json(StatusCode::OK, body))
}

fn label(uri: &Uri) -> Option<String> {
    let axum::extract::Query(members) =
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    members.into_iter().find(|(name, value)| name == "label" && !value.is_empty()).map(|(_, value)| value)
}

/// The list of a group's intents is no array of what was posted, but an object with the bare maps.
fn group_intents(documents: &[&Document]) -> String {
    let maps = documents.iter().filter_map(|document| document.read::<Specified<GroupIntentSpec>>());
    let maps: Vec<String> =
        maps.filter_map(|intent| serde_json::to_string(&intent.spec.intent).ok()).collect();
    let maps = if maps.is_empty() { "null".to_owned() } else { array(maps.iter().map(String::as_str)) };
    format!("{{\"intent\":{maps}}}")
}

fn array<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.collect();
    format!("[{}]", items.join(","))
}

fn read(world: &World, kind: Kind, key: &str, headers: &HeaderMap) -> Result<Answer, Refusal> {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).map(media_type);
    if kind.needs_accept() && accept.is_none() {
        return Err(Refusal::new(406, "mime: no media type"));
    }
    let document = world.store.get(key).filter(|document| document.kind == kind);
    let document = document.ok_or_else(|| Refusal::not_found(kind.not_found()))?;
    match accept {
        Some("application/octet-stream") if kind.needs_accept() => match &document.payload {
            Payload::Chart(_, file) | Payload::File(file) => Ok(answer::file(file.clone())),
            Payload::None => Ok(answer::file(Bytes::new())),
        },
        Some(other) if kind.needs_accept() && other != "application/json" => Err(Refusal::new(
            300,
            "set Accept: multipart/form-data, application/json or application/octet-stream",
        )),
        Some(_) | None => Ok(answer::json(StatusCode::OK, document.json.clone())),
    }
}

fn media_type(accept: &str) -> &str {
    accept.split([';', ',']).next().unwrap_or_default().trim()
}

async fn replace(inner: &Arc<Inner>, kind: Kind, key: &str, request: Request) -> Result<Answer, Refusal> {
    let (accepted, payload) = accept(kind, request).await?;
    pause(inner).await;
    if !key.ends_with(&format!("/{}", accepted.name)) {
        return Err(Refusal::bad_request("Mismatched name in PUT request"));
    }
    let mut world = inner.world();
    let existed = world.store.contains(key);
    let parent = parent_of(kind, key);
    if !existed && !parent.is_empty() && !world.store.contains(parent) {
        return Err(Refusal::conflict(NO_PARENT));
    }
    if kind == Kind::Group {
        match world.states.get(key).map(StateInfo::current) {
            Some(State::Created) => (),
            Some(_) => {
                let text = "The specified DeploymentIntentGroup is not in Created status";
                return Err(Refusal::conflict(text));
            }
            None => {
                world.states.insert(key.into(), StateInfo::created());
            }
        }
    }
    world.store.put(key, kind, accepted.json.clone(), payload);
    let status = if existed { StatusCode::OK } else { StatusCode::CREATED };
    Ok(answer::json(status, accepted.json))
}

/// The key of what a resource is part of; empty at the root.
fn parent_of(kind: Kind, key: &str) -> &str {
    let levels = if kind == Kind::CompositeApp { 3 } else { 2 };
    if key.matches('/').count() < levels { "" } else { key.rsplitn(levels + 1, '/').last().unwrap_or("") }
}

fn delete(inner: &Inner, kind: Kind, key: &str) -> Result<Answer, Refusal> {
    if kind == Kind::LogicalCloud {
        cloud::may_delete(inner, key)?;
    }
    let mut world = inner.world();
    if kind == Kind::Group {
        release_contexts(&mut world, key)?;
    }
    if !world.store.contains(key) {
        return Err(Refusal::not_found("The requested resource not found"));
    }
    if world.store.has_children(key) {
        return Err(Refusal::conflict(HAS_CHILDREN));
    }
    if world.store.is_referenced(kind, key) {
        return Err(Refusal::conflict(REFERENCED));
    }
    world.store.remove(key);
    world.states.remove(key);
    if kind == Kind::Group {
        let group = key.rsplit('/').next().unwrap_or(key).to_owned();
        inner.history.record(HistoryEvent::GroupDeleted { group });
    }
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// What deleting a group begins with, before it is known whether the group may be deleted at all: its contexts go.
/// A group that had children then cannot be deleted any more.
fn release_contexts(world: &mut World, key: &str) -> Result<(), Refusal> {
    let Some(info) = world.states.get(key) else { return Ok(()) };
    match info.current() {
        State::Instantiated | State::InstantiateStopped => return Err(Refusal::internal(INTERNAL)),
        State::Created | State::Approved | State::Updated => return Ok(()),
        State::Terminated | State::TerminateStopped => (),
    }
    let unfinished = world.contexts.get(info.last_context()).is_some_and(|context| {
        !matches!(context.status, ContextStatus::Terminated | ContextStatus::TerminateFailed)
    });
    if unfinished {
        return Err(Refusal::internal(INTERNAL));
    }
    for id in info.contexts() {
        if world.contexts.remove(&id).is_none() {
            return Err(Refusal::internal(INTERNAL));
        }
    }
    Ok(())
}
