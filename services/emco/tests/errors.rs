//! What may be done about each failure, and what untrusted answers may cost.

#![allow(missing_docs)]

mod recordings;
mod server;

use std::time::Duration;

use emco::{Class, CompositeApp, Config, GroupRef, Output, StatusKind};
use server::{Server, client};
use tokio::io::AsyncReadExt as _;

fn group() -> GroupRef {
    CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() }
        .group("er-0a1b2c3d4e5f")
}

#[tokio::test]
async fn every_recorded_refusal_of_an_action_has_its_class() {
    let Some(recordings) = recordings::read(&[]) else { return };
    let server = Server::start().await;
    let client = server.client();
    let mut seen = std::collections::BTreeSet::new();
    for exchange in
        recordings.iter().flat_map(|r| &r.exchanges).filter(|e| e.method == "POST" && e.status >= 400)
    {
        let text = exchange.response.as_str().unwrap_or_default();
        server.answer(exchange.status, text);
        let error = client.instantiate(&group()).await.expect_err("it is refused");
        // EMCO's 500 comes with free text and says nothing about what happened.
        let expected = if exchange.status == 500 { Class::Unknown } else { Class::Permanent };
        assert_eq!(error.class(), expected, "{} {text}", exchange.status);
        assert!(error.to_string().contains(text.trim().lines().next().unwrap_or_default()));
        seen.insert(exchange.status);
    }
    assert!([400, 404, 409, 422, 500].iter().all(|status| seen.contains(status)), "{seen:?}");
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_from_what_cannot_be_asked() {
    let server = Server::start().await;
    let client = server.client();
    server.answer(404, "DeploymentIntentGroup not found\n");
    assert_eq!(client.group(&group()).await.expect("an answer"), None);
    server.answer(400, "DeploymentIntentGroup not found: DeploymentIntentGroup not found\n");
    let status = client.status(&group(), StatusKind::Ready, Output::All).await;
    assert_eq!(status.expect("an answer"), None);
    server.answer(400, "Invalid query status\n");
    assert!(client.status(&group(), StatusKind::Ready, Output::All).await.is_err());
    server.answer(
        500,
        "DeploymentIntentGroup has no state info: x: DeploymentIntentGroup StateInfo not found\n",
    );
    assert!(client.terminate(&group()).await.expect_err("refused").is_not_found());
    server.answer(404, "Intent not found\n");
    assert!(client.delete_intents(&group(), "x").await.is_ok(), "deleted already");
    server.answer(409, "Intent already exists\n");
    assert!(client.approve(&group()).await.expect_err("refused").is_already_there());
    server.answer(409, "Cannot perform requested operation. Parent resource not found\n");
    assert!(!client.approve(&group()).await.expect_err("refused").is_already_there());
    server.answer(200, "null");
    assert_eq!(client.placements(&group()).await.expect("an answer"), []);
}

#[tokio::test]
async fn no_connection_means_that_nothing_happened() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let url = base.parse().expect("a URL");
    let error = client(Config::at(url)).instantiate(&group()).await.expect_err("nobody listens");
    assert_eq!(error.class(), Class::Transient(Duration::ZERO), "{error}");
    let text = error.to_string();
    assert!(text.contains(&base) && text.matches("http://").count() == 1, "{text}");
    assert_eq!(text.matches("/instantiate").count(), 1, "{text}");
}

#[tokio::test]
async fn a_lost_reply_is_a_doubt_for_an_action_and_a_delay_for_a_question() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url: url::Url =
        format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Takes the request and hangs up.
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
        }
    });
    let client = client(Config::at(url));
    let action = client.instantiate(&group()).await.expect_err("no reply");
    assert_eq!(action.class(), Class::Unknown, "{action}");
    let question = client.group(&group()).await.expect_err("no reply");
    assert_eq!(question.class(), Class::Transient(Duration::ZERO), "{question}");
}

#[tokio::test]
async fn a_reply_that_does_not_come_in_time_is_lost() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let config = Config { timeout: Duration::from_millis(200), ..Config::at(url) };
    let error = client(config).terminate(&group()).await.expect_err("no reply");
    assert_eq!(error.class(), Class::Unknown, "{error}");
    silent.abort();
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_are_not_followed() {
    let server = Server::start().await;
    let client = client(Config { max_body_bytes: 1_000, ..Config::at(server.url.clone()) });
    server.answer(200, "x".repeat(1_001));
    let error = client.group(&group()).await.expect_err("too long");
    assert!(error.to_string().contains("max_body_bytes"), "{error}");
    server.answer(302, "");
    assert!(client.group(&group()).await.is_err());
    server.answer(200, "{not json");
    assert_eq!(client.group(&group()).await.expect_err("no JSON").class(), Class::Permanent);
    server.answer(500, "y".repeat(900));
    let error = client.instantiate(&group()).await.expect_err("refused");
    assert!(error.to_string().len() < 700, "an error text is cut");
}

#[tokio::test]
async fn a_name_that_is_none_never_becomes_a_path() {
    let server = Server::start().await;
    let client = server.client();
    for name in ["", "..", "a/b", "a?b", "a b", "-a", "ä"] {
        let group = group().composite_app.group(name);
        let error = client.delete_group(&group).await.expect_err("no name");
        assert_eq!(error.class(), Class::Permanent, "{name}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn the_token_is_read_again_after_a_401() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "first\n").expect("written");
    let server = Server::start().await;
    server.require("first");
    let config = Config { bearer_token_file: Some(file.clone()), ..Config::at(server.url.clone()) };
    let client = client(config);
    client.approve(&group()).await.expect("accepted");
    // EMCO's gateway takes another one by now, and the file has it.
    server.require("second");
    std::fs::write(&file, "second").expect("written");
    client.approve(&group()).await.expect("accepted with the new one");
    let tokens: Vec<_> = server.asked().into_iter().filter_map(|asked| asked.token).collect();
    assert_eq!(tokens, ["first", "first", "second"]);
    // A file that was not renewed yet: asked once, and to be asked again later.
    server.require("third");
    let error = client.approve(&group()).await.expect_err("refused");
    assert!(matches!(error.class(), Class::Transient(after) if after > Duration::ZERO), "{error}");
    std::fs::remove_file(&file).expect("removed");
    let error = client.approve(&group()).await.expect_err("refused");
    assert!(error.to_string().contains("token"), "{error}");
}

#[test]
fn a_configuration_that_cannot_work_names_the_field() {
    let refuse = |config: Config| emco::Client::new(config).expect_err("unusable").to_string();
    assert!(refuse(Config::default()).contains("orchestrator_url"));
    let url: url::Url = "http://emco.example:9015".parse().expect("a URL");
    let alone = Config { orchestrator_url: Some(url.clone()), ..Config::default() };
    assert!(refuse(alone).contains("clm_url"));
    assert!(refuse(Config::at("ftp://emco.example".parse().expect("a URL"))).contains("ftp://"));
    assert!(refuse(Config { status_per_second: 0, ..Config::at(url.clone()) }).contains("status_per_second"));
    let missing = Config { ca_file: Some("no-such-file.pem".into()), ..Config::at(url) };
    assert!(refuse(missing).contains("no-such-file.pem"));
}
