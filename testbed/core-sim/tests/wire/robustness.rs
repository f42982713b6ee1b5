//! Bad input: whatever is sent, the core answers, stays up, and keeps its bounds.

use crate::client::{AF, Client, JSON, af_profile, cell};
use core_sim::{Config, CoreSim, Personality};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BOTH: [Personality; 2] = [Personality::Free5gc, Personality::ThreeGpp];

async fn open_core(personality: Personality) -> CoreSim {
    CoreSim::start(Config { personality, oauth2: false, ..Config::default() }).await.unwrap()
}

/// Every operation that takes a body.
fn targets(sim: &CoreSim) -> Vec<(&'static str, String)> {
    let (nrf, amf) = (sim.nrf_url(), sim.amf_urls().remove(0));
    vec![
        ("PUT", format!("{nrf}/nnrf-nfm/v1/nf-instances/{AF}")),
        ("PATCH", format!("{nrf}/nnrf-nfm/v1/nf-instances/{AF}")),
        ("POST", format!("{nrf}/nnrf-nfm/v1/subscriptions")),
        ("PATCH", format!("{nrf}/nnrf-nfm/v1/subscriptions/x")),
        ("POST", format!("{nrf}/oauth2/token")),
        ("POST", format!("{amf}/namf-evts/v1/subscriptions")),
        ("PATCH", format!("{amf}/namf-evts/v1/subscriptions/1")),
        ("POST", format!("{amf}/namf-loc/v1/imsi-1/provide-loc-info")),
    ]
}

#[tokio::test]
async fn broken_and_strange_json_is_refused_everywhere() {
    let event = json!({"type": "LOCATION_REPORT", "immediateFlag": true});
    let bodies = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
        "{bad json".to_owned(),
        "\u{feff}{}".to_owned(),
        "{\"subscription\":7}".to_owned(),
        "{\"subscription\":{\"eventList\":\"x\"}}".to_owned(),
        "[".repeat(200_000),
        format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500)),
        json!({"subscription": {"eventList": vec![event; 65], "anyUE": true}}).to_string(),
        json!({"req5gsLoc": "yes", "nfInstanceId": 7, "nfStatusNotificationUri": {}}).to_string(),
        json!([{"op": "replace", "path": "/nfInstanceId", "value": {}}]).to_string(),
        json!([{"op": "remove", "path": ""}]).to_string(),
    ];
    for personality in BOTH {
        let sim = open_core(personality).await;
        let client = Client::new(true);
        assert_eq!(client.register(&sim.nrf_url()).await.status, 201);
        sim.register_ue(0, "imsi-1", cell(1));
        for (method, url) in targets(&sim) {
            for body in &bodies {
                let answer = client.send(method, &url, "", Some(JSON), body.clone()).await;
                let shown: String = body.chars().take(60).collect();
                assert!(answer.status < 500, "{personality:?} {method} {url} {shown}: {answer:?}");
                let may_pass = body.starts_with("{\"nfI") || url.ends_with("/subscriptions/x");
                assert!(
                    answer.status >= 400 || may_pass || is_harmless(&url, body),
                    "{method} {url} {shown}"
                );
            }
        }
        let answer = client.get(&format!("{}/nnrf-nfm/v1/nf-instances/{AF}", sim.nrf_url()), "").await;
        assert_eq!(answer.json()["nfInstanceId"], AF, "the profile has come through it");
    }
}

/// Free5GC's decoder takes unknown members and null for nothing at all.
fn is_harmless(url: &str, body: &str) -> bool {
    let object = serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object() || body.is_null());
    let empty_patch = body == "[]";
    (object && (url.contains("/subscriptions") || url.contains("provide-loc-info"))) || empty_patch
}

#[tokio::test]
async fn a_huge_body_is_refused_and_the_next_request_answered() {
    for personality in BOTH {
        let sim = open_core(personality).await;
        for http2 in [false, true] {
            let client = Client::new(http2);
            for (method, url) in targets(&sim) {
                let answer = client.try_send(method, &url, None, Some(JSON), vec![b' '; 2 << 20]).await;
                // The connection may break while the rest of the body is being sent.
                if let Ok(answer) = answer {
                    assert_eq!(answer.status, 413, "{method} {url}");
                }
            }
            assert_eq!(client.register(&sim.nrf_url()).await.status / 100, 2);
        }
        assert!(sim.requests().iter().any(|seen| seen.status == 413));
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_harm_nobody() {
    let sim = open_core(Personality::Free5gc).await;
    let addr = sim.nrf_url().strip_prefix("http://").unwrap().to_owned();
    let mut held = Vec::new();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for bytes in [
        &b""[..],
        b"P",
        b"PR",
        b"PRX",
        b"\0\xff\x16\x03\x01",
        preface,
        b"GET / HTTP/9.9\r\n\r\n",
        b"PUT /x HTTP/1.1\r\n",
    ] {
        let mut stream = TcpStream::connect(&addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        held.push(stream);
    }
    let mut broken = TcpStream::connect(&addr).await.unwrap();
    broken.write_all(preface).await.unwrap();
    broken.write_all(&[0xff; 64]).await.unwrap();
    let mut answer = Vec::new();
    // The peer ends the connection, with or without a reset.
    let _ = broken.read_to_end(&mut answer).await;
    let client = Client::new(true);
    assert_eq!(client.register(&sim.nrf_url()).await.status, 201);
    drop(held);
    assert_eq!(client.register(&sim.nrf_url()).await.status, 200);
    sim.shutdown().await;
}

#[tokio::test]
async fn wrong_tokens_are_refused_with_the_words_of_the_personality() {
    let config = Config::default();
    let sim = CoreSim::start(config.clone()).await.unwrap();
    let foreign = CoreSim::start(config).await.unwrap();
    let client = Client::new(false);
    for core in [&sim, &foreign] {
        assert_eq!(client.register(&core.nrf_url()).await.status, 201);
    }
    let url = format!("{}/namf-loc/v1/imsi-1/provide-loc-info", sim.amf_urls()[0]);
    let stranger = client.token(&foreign.nrf_url(), "AMF", "namf-loc").await;
    let good = client.token(&sim.nrf_url(), "AMF", "namf-loc").await;
    let claims = json!({"scope": "namf-loc"});
    let alg = |alg: &str| sim.forge_token_with_alg(alg, &claims).unwrap();
    let invalid = "verify OAuth parse: token signature is invalid: ";
    let cases = [
        (String::new(), "verify OAuth Authorization header invalid".to_owned()),
        ("a.b".to_owned(), "verify OAuth parse: token is malformed: token contains an invalid number of segments".to_owned()),
        ("a.b.c.d".to_owned(), "verify OAuth parse: token is malformed: token contains an invalid number of segments".to_owned()),
        ("!.b.c".to_owned(), "verify OAuth parse: token is malformed: could not base64 decode header: illegal base64 data at input byte 0".to_owned()),
        (stranger, format!("{invalid}crypto/rsa: verification error")),
        (format!("{}x", &good[..good.len() - 1]), String::new()),
        (alg("HS256"), format!("{invalid}key is of invalid type: HMAC verify expects []byte")),
        (alg("none"), "verify OAuth parse: token is unverifiable: 'none' signature type is not allowed".to_owned()),
        (alg("XX"), "verify OAuth parse: token is unverifiable: signing method (alg) is unavailable".to_owned()),
    ];
    for (token, text) in cases {
        let answer = client.post(&url, &token, &json!({})).await;
        assert_eq!(answer.status, 401, "{token}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(text.is_empty() || error == text, "{error}");
    }
    assert_eq!(client.post(&url, &good, &json!({})).await.status, 404);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    for personality in BOTH {
        let sim = open_core(personality).await;
        let client = Client::new(true);
        let (nrf, amf) = (sim.nrf_url(), sim.amf_urls().remove(0));
        for (method, url) in [
            ("GET", format!("{nrf}/")),
            ("POST", format!("{nrf}/nnrf-nfm/v1/nf-instances/{AF}/x")),
            ("GET", format!("{nrf}/nnrf-disc/v2/nf-instances")),
            ("GET", format!("{amf}/namf-evts/v1/subscriptions")),
            ("PUT", format!("{amf}/namf-loc/v1/imsi-1/provide-loc-info")),
            ("GET", format!("{amf}/nsmf-event-exposure/v1/subscriptions")),
        ] {
            let answer = client.send(method, &url, "", None, "").await;
            assert_eq!(answer.status, 404, "{method} {url}");
            let text = &answer.body[..] == b"404 page not found";
            assert_eq!(text, personality == Personality::Free5gc, "{method} {url}");
        }
    }
}

#[tokio::test]
async fn a_full_nrf_refuses_further_profiles() {
    let sim = open_core(Personality::Free5gc).await;
    let client = Client::pooled(true);
    let mut refused = None;
    for number in 0..5000_u32 {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let url = format!("{}/nnrf-nfm/v1/nf-instances/{id}", sim.nrf_url());
        let status = client.put(&url, &af_profile(&id)).await.status;
        if status != 201 {
            refused = Some((number, status));
            break;
        }
    }
    // Two places of the 4096 are the AMF's and the SMF's.
    assert_eq!(refused, Some((4094, 500)));
}
