//! Steering against a real BIND 9, started as a child process.
#![allow(missing_docs)]

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use steering::Class;
use steering::dns::{Config, Dns, Tsig};

const NAMED: &str = "/usr/sbin/named";
const KEY: &str =
    "key \"edgeroam\" {\n\talgorithm hmac-sha512;\n\tsecret \"c2VjcmV0IG9mIHRoZSB0ZXN0\";\n};\n";
const OTHER: &str = "key \"reader\" {\n\talgorithm hmac-sha256;\n\tsecret \"cmVhZGVy\";\n};\n";

struct Bind {
    child: Child,
    server: SocketAddr,
    directory: tempfile::TempDir,
}

impl Drop for Bind {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free for UDP and TCP; another process may take it before BIND does.
fn free_port() -> u16 {
    loop {
        let udp = UdpSocket::bind(("127.0.0.1", 0)).expect("bound");
        let port = udp.local_addr().expect("an address").port();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Bind {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        let at = path.display();
        let port = free_port();
        let zone = "$TTL 5\n@ SOA ns hostmaster 1 3600 600 86400 5\n@ NS ns\nns A 127.0.0.1\n";
        let conf = format!(
            "options {{ directory \"{at}\"; pid-file none; session-keyfile none; listen-on-v6 {{ none; }};\n\
             listen-on port {port} {{ 127.0.0.1; }}; recursion no; dnssec-validation no; notify no; }};\n\
             controls {{ }};\n\
             {KEY}{OTHER}\
             zone \"edge.test\" {{ type primary; file \"edge.test.zone\";\n\
             update-policy {{ grant edgeroam subdomain edge.test A AAAA; }}; }};\n"
        );
        std::fs::write(path.join("edge.test.zone"), zone).expect("written");
        std::fs::write(path.join("named.conf"), conf).expect("written");
        std::fs::write(path.join("edgeroam.key"), KEY).expect("written");
        std::fs::write(path.join("reader.key"), OTHER).expect("written");
        let log = std::fs::File::create(path.join("named.log")).expect("created");
        let child = Command::new(NAMED)
            .args(["-g", "-n", "1", "-c"])
            .arg(path.join("named.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("started");
        Self { child, server: SocketAddr::from(([127, 0, 0, 1], port)), directory }
    }

    fn dns(&self, key_file: &str, zone: &str) -> Dns {
        let key_file = Some(self.directory.path().join(key_file));
        let tsig = Some(Tsig { key_file, ..Tsig::default() });
        let server = self.server.to_string();
        Dns::new(Config { server, zone: zone.into(), tsig, ..Config::default() }).expect("valid")
    }

    /// Waits until it answers for its zone.
    async fn ready(&mut self, dns: &Dns) {
        let log = self.directory.path().join("named.log");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        for _ in 0..600 {
            match dns.check().await {
                Ok(_) => return,
                Err(error) if error.class() == Class::Permanent => panic!("{error}\n{}", said()),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
            if let Some(status) = self.child.try_wait().expect("asked") {
                panic!("named ended with {status}:\n{}", said());
            }
        }
        panic!("named does not answer:\n{}", said());
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[tokio::test]
async fn bind_takes_what_we_send_and_its_refusals_are_understood() {
    if !Path::new(NAMED).exists() {
        eprintln!("skipped: {NAMED} (Debian bind9) is not installed");
        return;
    }
    let mut bind = Bind::start();
    let dns = bind.dns("edgeroam.key", "edge.test");
    bind.ready(&dns).await;
    let ttl = Duration::from_secs(3);
    dns.point("a1.app", ip("192.0.2.1"), ttl).await.expect("pointed");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [ip("192.0.2.1")]);
    dns.point("a1.app", ip("192.0.2.2"), ttl).await.expect("moved");
    dns.point("a1.app", ip("192.0.2.2"), ttl).await.expect("the same again");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [ip("192.0.2.2")]);
    dns.point("a1.app", ip("2001:db8::2"), ttl).await.expect("moved to another family");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [ip("2001:db8::2")]);
    assert!(dns.check().await.expect("served") > 1);
    dns.remove("a1.app").await.expect("removed");
    dns.remove("a1.app").await.expect("the same again");
    assert_eq!(dns.lookup("a1.app").await.expect("asked"), [] as [IpAddr; 0]);

    let refused = async |dns: Dns, words: [&str; 2]| {
        let error = dns.point("a1.app", ip("192.0.2.1"), ttl).await.expect_err("refused");
        let text = error.to_string();
        assert_eq!(error.class(), Class::Permanent, "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    refused(bind.dns("reader.key", "edge.test"), ["REFUSED", "update-policy"]).await;
    refused(bind.dns("edgeroam.key", "other.test"), ["NOTAUTH", "other.test"]).await;
    let with = |tsig| {
        let server = bind.server.to_string();
        Dns::new(Config { server, zone: "edge.test".into(), tsig, ..Config::default() }).expect("valid")
    };
    refused(with(None), ["REFUSED", "dns.tsig"]).await;
    let key = |name: &str, key: &str| {
        Some(Tsig { name: Some(name.into()), key: Some(key.into()), ..Tsig::default() })
    };
    refused(with(key("nobody", "cmVhZGVy")), ["BADKEY", "nobody"]).await;
    refused(with(key("reader", "d3Jvbmc=")), ["BADSIG", "reader"]).await;
    let error = bind.dns("edgeroam.key", "other.test").check().await.expect_err("another zone").to_string();
    assert!(error.contains("does not serve other.test"), "{error}");
}
