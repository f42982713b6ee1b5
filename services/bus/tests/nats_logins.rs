//! Ways to log in to a real nats-server, and what wrong ones are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brokers::nats::{Options, Server, available};
use bus::nats::{Config, Login, NatsBus, Tls};
use bus::{BusError, Class};
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa};
use tempfile::TempDir;

fn config(server: &Server) -> Config {
    Config { connect_timeout: Duration::from_secs(60), ..Config::at(&server.url()) }
}

async fn works(config: Config) {
    let bus = NatsBus::connect(config).await.expect("connects");
    bus.close().await;
}

async fn refused(config: Config, told: &str) {
    let error = NatsBus::connect(config).await.map(drop).expect_err("refused");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    assert!(error.to_string().contains("nats://127.0.0.1:"), "the server is named: {error}");
    assert!(error.to_string().contains(told), "{error}");
}

fn file(dir: &TempDir, name: &str, text: &str) -> Option<PathBuf> {
    let path = dir.path().join(name);
    fs::write(&path, text).expect("written");
    Some(path)
}

const VIOLATION: &str = "authorization violation";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_and_tokens_are_let_in_and_wrong_ones_are_not() {
    let Some(program) = available() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let users = "authorization { users: [ { user: edge, password: \"right\" } ] }";
    let server = Server::start(&program, &Options::default().with(users)).expect("starts");
    let login = |password: &str| Login {
        user: Some("edge".into()),
        password_file: file(&dir, password, &format!("{password}\n")),
        ..Login::default()
    };
    works(Config { login: login("right"), ..config(&server) }).await;
    refused(Config { login: login("wrong"), ..config(&server) }, VIOLATION).await;
    refused(config(&server), VIOLATION).await;

    let token = "authorization { token: \"t-right\" }";
    let server = Server::start(&program, &Options::default().with(token)).expect("starts");
    let login = |token: &str| Login { token_file: file(&dir, token, token), ..Login::default() };
    works(Config { login: login("t-right"), ..config(&server) }).await;
    refused(Config { login: login("t-wrong"), ..config(&server) }, VIOLATION).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nkeys_are_let_in_and_wrong_ones_are_not() {
    let Some(program) = available() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let (right, wrong) = (KeyPair::new_user(), KeyPair::new_user());
    let users = format!("authorization {{ users: [ {{ nkey: {} }} ] }}", right.public_key());
    let server = Server::start(&program, &Options::default().with(users)).expect("starts");
    let login = |name: &str, key: &KeyPair| Login {
        nkey_file: file(&dir, name, &key.seed().expect("a seed")),
        ..Login::default()
    };
    works(Config { login: login("right", &right), ..config(&server) }).await;
    refused(Config { login: login("wrong", &wrong), ..config(&server) }, VIOLATION).await;
}

/// A JWT of NATS: signed by the key that issues it.
fn jwt(issuer: &KeyPair, subject: &str, claims: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = encode(r#"{"typ":"JWT","alg":"ed25519-nkey"}"#);
    let body = format!(
        r#"{{"jti":"{subject}","iat":1,"iss":"{}","name":"{subject}","sub":"{subject}","nats":{claims}}}"#,
        issuer.public_key()
    );
    let signed = format!("{head}.{}", encode(&body));
    let signature = issuer.sign(signed.as_bytes()).expect("signed");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

const ACCOUNT: &str = r#"{"type":"account","version":2,"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,
    "exports":-1,"wildcards":true,"conn":-1,"leaf":-1,"mem_storage":-1,"disk_storage":-1,"streams":-1,
    "consumer":-1}}"#;
const SYSTEM: &str = r#"{"type":"account","version":2,"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,
    "exports":-1,"wildcards":true,"conn":-1,"leaf":-1}}"#;
const USER: &str = r#"{"type":"user","version":2,"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creds_are_let_in_and_those_of_another_account_are_not() {
    let Some(program) = available() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let (operator, system, account) =
        (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
    let of_operator = jwt(&operator, &operator.public_key(), r#"{"type":"operator","version":2}"#);
    let accounts = format!(
        "operator: {of_operator}\nsystem_account: {system}\nresolver: MEMORY\n\
         resolver_preload: {{ {system}: {of_system}, {account}: {of_account} }}",
        system = system.public_key(),
        of_system = jwt(&operator, &system.public_key(), SYSTEM),
        account = account.public_key(),
        of_account = jwt(&operator, &account.public_key(), ACCOUNT),
    );
    let server = Server::start(&program, &Options::default().with(accounts)).expect("starts");
    let creds = |name: &str, account: &KeyPair| {
        let user = KeyPair::new_user();
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            jwt(account, &user.public_key(), USER),
            user.seed().expect("a seed")
        );
        Login { creds_file: file(&dir, name, &text), ..Login::default() }
    };
    works(Config { login: creds("right", &account), ..config(&server) }).await;
    refused(Config { login: creds("wrong", &KeyPair::new_account()), ..config(&server) }, VIOLATION).await;
    let broken = Login { creds_file: file(&dir, "broken", "none"), ..Login::default() };
    let error = NatsBus::connect(Config { login: broken, ..config(&server) }).await.map(drop);
    let error = error.expect_err("refused");
    assert!(matches!(&error, BusError::Config(text) if text.contains("nats.login.creds_file")), "{error}");
}

/// An authority, and certificates of a server and a client that it has signed, as files.
fn certificates(dir: &Path) {
    let key = || rcgen::KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("valid");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("signed");
    fs::write(dir.join("ca.pem"), authority.pem()).expect("written");
    for (name, usage) in
        [("server", ExtendedKeyUsagePurpose::ServerAuth), ("client", ExtendedKeyUsagePurpose::ClientAuth)]
    {
        let mut params = CertificateParams::new(vec!["127.0.0.1".into()]).expect("valid");
        params.extended_key_usages = vec![usage];
        let own = key();
        let signed = params.signed_by(&own, &authority).expect("signed");
        fs::write(dir.join(format!("{name}.pem")), signed.pem()).expect("written");
        fs::write(dir.join(format!("{name}.key")), own.serialize_pem()).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_protects_both_sides_and_strangers_are_refused() {
    let Some(program) = available() else { return };
    let (dir, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    certificates(dir.path());
    certificates(other.path());
    let path = |name: &str| dir.path().join(name);
    let tls = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
        path("server.pem"),
        path("server.key"),
        path("ca.pem")
    );
    let server = Server::start(&program, &Options::default().with(tls)).expect("starts");
    let right = Tls {
        required: true,
        ca_file: Some(path("ca.pem")),
        cert_file: Some(path("client.pem")),
        key_file: Some(path("client.key")),
    };
    works(Config { tls: right.clone(), ..config(&server) }).await;
    let stranger = Tls { ca_file: Some(other.path().join("ca.pem")), ..right.clone() };
    refused(Config { tls: stranger, ..config(&server) }, "invalid peer certificate").await;
    let unknown = Tls {
        cert_file: Some(other.path().join("client.pem")),
        key_file: Some(other.path().join("client.key")),
        ..right.clone()
    };
    let short = Config { connect_timeout: Duration::from_millis(500), ..config(&server) };
    let error = NatsBus::connect(Config { tls: unknown, ..short.clone() }).await.map(drop);
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("nats://127.0.0.1:") && error.contains("nats.servers"), "{error}");
    let plain = Server::start(&program, &Options::default()).expect("starts");
    refused(Config { tls: right, ..config(&plain) }, "nats.tls").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_named_and_may_be_tried_again() {
    let Some(program) = available() else { return };
    let mut server = Server::start(&program, &Options::default()).expect("starts");
    server.stop().expect("stops");
    let short = Config { connect_timeout: Duration::from_millis(300), ..config(&server) };
    let error = NatsBus::connect(short).await.map(drop).expect_err("nobody is there");
    assert!(matches!(error.class(), Class::Transient(_)), "{error}");
    assert!(error.to_string().contains(&server.url()), "{error}");
    let patient = tokio::spawn(NatsBus::connect(config(&server)));
    server.restart().expect("starts again");
    patient.await.expect("no panic").expect("connects once it is there");
}
