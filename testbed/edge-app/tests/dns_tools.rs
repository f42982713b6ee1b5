//! The DNS server beside the tools of BIND 9: `nsupdate` signs and changes, `dig` asks.
#![allow(missing_docs)]

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use edge_app::dns::{Config, DnsServer, TsigAlgorithm, TsigKey};

fn run(program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ended");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nsupdate_and_dig_are_understood() {
    if !["/usr/bin/nsupdate", "/usr/bin/dig"].iter().all(|tool| Path::new(tool).exists()) {
        eprintln!("skipped: nsupdate and dig (Debian bind9-dnsutils) are not installed");
        return;
    }
    let key = TsigKey {
        name: "edgeroam".into(),
        algorithm: TsigAlgorithm::HmacSha512,
        secret: b"a secret of the test".to_vec(),
    };
    let secret = key.to_base64();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let default_ttl = Duration::from_secs(5);
    let server = DnsServer::start(Config { listen, zone: "edge.test".into(), tsig: Some(key), default_ttl })
        .expect("listening");
    let port = server.addr().port();
    tokio::task::spawn_blocking(move || {
        let good = format!("hmac-sha512:edgeroam:{secret}");
        let wrong = "hmac-sha512:edgeroam:d3Jvbmc=".to_owned();
        let script = |lines: &str| format!("server 127.0.0.1 {port}\nzone edge.test\n{lines}\nsend\n");
        let add = script("prereq nxdomain x.app.edge.test\nupdate add x.app.edge.test 3 A 192.0.2.9");
        let (done, text) = run("/usr/bin/nsupdate", &["-y", &wrong], &add);
        assert!(!done && text.contains("NOTAUTH(BADSIG)"), "{text}");
        let (done, text) = run("/usr/bin/nsupdate", &["-y", &good], &add);
        assert!(done, "{text}");
        let (done, text) = run("/usr/bin/nsupdate", &["-v", "-y", &good], &add);
        assert!(!done && text.contains("YXDOMAIN"), "{text}");
        let port = port.to_string();
        let dig = |more: &[&str]| {
            let common = ["@127.0.0.1", "-p", &port, "+tries=1", "+noall", "+answer", "+comments"];
            run("/usr/bin/dig", &[&common[..], more].concat(), "").1
        };
        let answer = dig(&["-y", &good, "x.app.edge.test", "A"]);
        assert!(answer.contains("192.0.2.9") && answer.contains("NOERROR"), "{answer}");
        assert!(!answer.contains("Couldn't verify"), "{answer}");
        let answer = dig(&["+tcp", "y.app.edge.test", "A"]);
        assert!(answer.contains("NXDOMAIN"), "{answer}");
    })
    .await
    .expect("passed");
    server.stop().await;
}
