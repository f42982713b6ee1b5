//! Steering against the testbed's own DNS server.
#![allow(missing_docs)]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use edge_app::dns::{Config as ServerConfig, DnsServer, TsigAlgorithm, TsigKey};
use steering::dns::{Algorithm, Config, Dns, Tsig};
use steering::{Class, SteeringError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SECRET: &str = "c2VjcmV0IG9mIHRoZSB0ZXN0";

fn server(tsig: bool) -> DnsServer {
    let key = TsigKey::from_base64("edgeroam", TsigAlgorithm::HmacSha256, SECRET).expect("a key");
    DnsServer::start(ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        zone: "edge.test".into(),
        tsig: tsig.then_some(key),
        default_ttl: Duration::from_secs(5),
    })
    .expect("listening")
}

fn tsig(name: &str, secret: &str) -> Tsig {
    Tsig { name: Some(name.into()), key: Some(secret.into()), ..Tsig::default() }
}

fn config(server: SocketAddr, tsig: Option<Tsig>) -> Config {
    Config { server: server.to_string(), zone: "edge.test".into(), tsig, ..Config::default() }
}

fn dns(server: SocketAddr, tsig: Option<Tsig>) -> Dns {
    Dns::new(config(server, tsig)).expect("valid")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[tokio::test]
async fn a_name_is_pointed_moved_and_removed() {
    let server = server(true);
    let dns = dns(server.addr(), Some(tsig("edgeroam", SECRET)));
    assert_eq!(dns.check().await.expect("served"), 1);
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [] as [IpAddr; 0]);
    let ttl = Duration::from_secs(3);

    dns.point("a1.app", ip("192.0.2.1"), ttl).await.expect("pointed");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [ip("192.0.2.1")]);
    dns.point("a1.app", ip("192.0.2.1"), ttl).await.expect("the same again");
    assert_eq!(server.records().len(), 1);
    assert_eq!(server.records()[0].ttl, ttl);

    dns.point("a1.app", ip("2001:db8::1"), ttl).await.expect("moved to another family");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [ip("2001:db8::1")]);
    let serial = dns.check().await.expect("served");
    assert!(serial > 2, "{serial}");

    dns.remove("a1.app").await.expect("removed");
    dns.remove("a1.app").await.expect("the same again");
    assert!(server.records().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_a_key_takes_unsigned_updates() {
    let server = server(false);
    let dns = dns(server.addr(), None);
    dns.point("a1.app", ip("192.0.2.1"), Duration::ZERO).await.expect("pointed");
    // The floor of the configuration holds.
    assert_eq!(server.records()[0].ttl, Duration::from_secs(1));
    server.stop().await;
}

async fn refused(dns: &Dns) -> String {
    let error = dns.point("a1.app", ip("192.0.2.1"), Duration::from_secs(3)).await.expect_err("refused");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_refusal_says_what_to_look_at() {
    let server = server(true);
    let addr = server.addr();
    let text = refused(&dns(addr, None)).await;
    assert!(text.contains("REFUSED") && text.contains("dns.tsig"), "{text}");
    let text = refused(&dns(addr, Some(tsig("someone", SECRET)))).await;
    assert!(text.contains("BADKEY") && text.contains("someone"), "{text}");
    let text = refused(&dns(addr, Some(tsig("edgeroam", "YW5vdGhlcg==")))).await;
    assert!(text.contains("BADSIG"), "{text}");
    let other = Tsig { algorithm: Some(Algorithm::HmacSha512), ..tsig("edgeroam", SECRET) };
    let text = refused(&dns(addr, Some(other))).await;
    assert!(text.contains("BADKEY") && text.contains("hmac-sha512"), "{text}");
    let elsewhere = Config { zone: "other.test".into(), ..config(addr, Some(tsig("edgeroam", SECRET))) };
    let elsewhere = Dns::new(elsewhere).expect("valid");
    let text = refused(&elsewhere).await;
    assert!(text.contains("NOTAUTH") && text.contains("primary"), "{text}");
    let error = elsewhere.check().await.expect_err("another zone").to_string();
    assert!(error.contains("does not serve other.test"), "{error}");
    assert!(server.records().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_name_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let dns = dns(SocketAddr::from(([127, 0, 0, 1], 1)), None);
    let long = "a".repeat(64);
    for name in ["", "a1.app.", "a..b", &long] {
        let error = dns.remove(name).await.expect_err(name);
        assert!(matches!(error, SteeringError::Name { .. }), "{name}: {error}");
        assert_eq!(error.class(), Class::Permanent);
    }
    assert_eq!(dns.qualified("a1.app").expect("a name"), "a1.app.edge.test");
    assert_eq!(dns.zone(), "edge.test");
}

#[tokio::test]
async fn a_server_that_is_down_is_transient_and_one_that_falls_silent_is_unknown() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("listening");
    let addr = listener.local_addr().expect("an address");
    let quick = Config { timeout: Duration::from_millis(200), ..config(addr, None) };
    let quick = Dns::new(quick).expect("valid");
    // The kernel accepts, nobody answers.
    let error = quick.remove("a1.app").await.expect_err("no answer");
    assert!(matches!(error, SteeringError::NoAnswer { .. }), "{error}");
    assert_eq!(error.class(), Class::Unknown);

    let hang_up = tokio::spawn(async move {
        loop {
            // The first connection is the one that nobody answered.
            let (mut stream, _) = listener.accept().await.expect("accepted");
            let mut request = [0; 512];
            let _ = stream.read(&mut request).await;
        }
    });
    let error = dns(addr, None).remove("a1.app").await.expect_err("closed");
    assert_eq!(error.class(), Class::Unknown, "{error}");
    hang_up.abort();
    assert!(hang_up.await.expect_err("aborted").is_cancelled());

    let error = dns(addr, None).remove("a1.app").await.expect_err("nobody listens");
    assert!(matches!(error, SteeringError::Unreachable { .. }), "{error}");
    assert!(matches!(error.class(), Class::Transient(_)));
}

/// Answers every request with what `answer` makes of it.
async fn liar(answer: fn(Vec<u8>) -> Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("listening");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Ok(length) = stream.read_u16().await else { continue };
            let mut request = vec![0; length.into()];
            stream.read_exact(&mut request).await.expect("read");
            let answer = answer(request);
            let length = u16::try_from(answer.len()).expect("short");
            stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await.expect("written");
        }
    });
    addr
}

/// The header of an answer alone: no error, no records, no signature.
fn bare_yes(request: &[u8]) -> Vec<u8> {
    vec![request[0], request[1], request[2] | 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

#[tokio::test]
async fn an_answer_that_is_not_the_servers_is_not_believed() {
    let lies: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |request| bare_yes(&request),
        |_| b"nonsense".to_vec(),
        |mut request| {
            // The request itself, made to look like its answer: signed, but not for this.
            request[2] |= 0x80;
            request
        },
        |request| {
            let mut answer = bare_yes(&request);
            answer[0] ^= 1;
            answer
        },
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let dns = dns(liar(lie).await, Some(tsig("edgeroam", SECRET)));
        let error = dns.remove("a1.app").await.expect_err("not believed");
        assert!(matches!(error, SteeringError::Unverified { .. }), "{index}: {error}");
        assert_eq!(error.class(), Class::Unknown);
    }
}

#[tokio::test]
async fn a_server_that_fails_for_now_is_transient() {
    let failing = liar(|request| {
        let mut answer = bare_yes(&request);
        answer[3] = 2;
        answer
    });
    let error = dns(failing.await, None).remove("a1.app").await.expect_err("SERVFAIL");
    assert!(error.to_string().contains("SERVFAIL"), "{error}");
    assert!(matches!(error.class(), Class::Transient(_)));
}
