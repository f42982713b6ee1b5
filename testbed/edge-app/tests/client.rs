//! Clients, the application and DNS together: what a client counts, and what it does not.
#![allow(missing_docs)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use edge_app::client::{Client, Config, Report};
use edge_app::dns::{self, DnsServer};
use edge_app::server::Server;
use hickory_proto::op::{Message, OpCode, Query, ResponseCode, UpdateMessage as _};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

const NAME: &str = "ue1.app.edge.test";
const GUARD: Duration = Duration::from_secs(60);

fn dns_server() -> DnsServer {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let config =
        dns::Config { listen, zone: "edge.test".into(), tsig: None, default_ttl: Duration::from_secs(1) };
    DnsServer::start(config).expect("listening")
}

async fn point(dns: &DnsServer, address: Option<IpAddr>, ttl: u32) {
    let name = Name::from_ascii(format!("{NAME}.")).expect("a name");
    let mut update = Message::query();
    update.metadata.op_code = OpCode::Update;
    update.add_zone(Query::query(Name::from_ascii("edge.test.").expect("a name"), RecordType::SOA));
    let mut delete = Record::update0(name.clone(), 0, RecordType::A);
    delete.dns_class = DNSClass::ANY;
    update.add_update(delete);
    if let Some(IpAddr::V4(v4)) = address {
        update.add_update(Record::from_rdata(name, ttl, RData::A(A(v4))));
    }
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.expect("a socket");
    socket.send_to(&update.to_vec().expect("encoded"), dns.addr()).await.expect("sent");
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).await.expect("answered");
    let answer = Message::from_vec(&answer[..length]).expect("decoded");
    assert_eq!(answer.response_code, ResponseCode::NoError);
}

/// Two instances on one port, as Pods of two sites are, at loopback addresses of this test alone.
fn two_instances(net: u8) -> (Server, Server) {
    let at = |host, port| SocketAddr::from(([127, 40, net, host], port));
    loop {
        let one = Server::start(at(1, 0), "er-one").expect("listening");
        match Server::start(at(2, one.addr().port()), "er-two") {
            Ok(two) => return (one, two),
            // Somebody else has that port on the other address.
            Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => drop(one),
            Err(e) => panic!("{e}"),
        }
    }
}

async fn until(client: &Client, what: &str, reached: impl Fn(&Report) -> bool) -> Report {
    let wait = async {
        loop {
            let report = client.report();
            if reached(&report) {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let Ok(report) = tokio::time::timeout(GUARD, wait).await else {
        panic!("{what}: {:?}", client.report());
    };
    report
}

fn answers(report: &Report, release: &str) -> u64 {
    report.releases.iter().find(|seen| seen.release == release).map_or(0, |seen| seen.answers)
}

fn config(dns: SocketAddr, port: u16) -> Config {
    // Tests assert that nothing failed, never that anything was fast.
    Config { rate: 50, deadline: Duration::from_secs(20), ..Config::new(NAME, dns, port) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_follows_its_name_without_a_failure() {
    let dns = dns_server();
    let (one, two) = two_instances(1);
    let stop = CancellationToken::new();
    let client = Client::start(config(dns.addr(), one.addr().port()), stop.clone());
    let waiting = until(&client, "waits", |r| r.waiting >= 2).await;
    assert_eq!((waiting.requests, waiting.failed, waiting.started), (0, 0, 0));

    point(&dns, Some(one.addr().ip()), 1).await;
    until(&client, "served by the first", |r| answers(r, "er-one") >= 20).await;
    point(&dns, Some(two.addr().ip()), 1).await;
    let moved = until(&client, "served by the second", |r| answers(r, "er-two") >= 20).await;
    // The name's time to live is over: nobody asks the first any more.
    let served = one.served();
    one.stop().await;
    until(&client, "goes on", |r| answers(r, "er-two") >= answers(&moved, "er-two") + 20).await;

    stop.cancel();
    let report = client.join().await;
    assert_eq!((report.failed, report.moves, report.started, report.clients), (0, 1, 1, 1), "{report:?}");
    let releases: Vec<_> = report.releases.iter().map(|seen| seen.release.as_str()).collect();
    assert_eq!(releases, ["er-one", "er-two"]);
    assert_eq!(answers(&report, "er-one"), served);
    assert_eq!(report.requests, answers(&report, "er-one") + answers(&report, "er-two"));
    assert_eq!(report.latency_ms.count(), report.requests);
    assert!(report.releases.iter().all(|seen| seen.client == NAME && seen.first <= seen.last));
    assert!(report.lookups >= report.waiting + 2);
    two.stop().await;
    dns.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_does_not_ask_again_before_the_time_to_live_is_over() {
    let dns = dns_server();
    let (one, two) = two_instances(2);
    point(&dns, Some(one.addr().ip()), 3600).await;
    let stop = CancellationToken::new();
    let client = Client::start(config(dns.addr(), one.addr().port()), stop.clone());
    until(&client, "served", |r| r.requests >= 5).await;
    point(&dns, Some(two.addr().ip()), 3600).await;
    until(&client, "served for a while", |r| r.requests >= 40).await;
    stop.cancel();
    let report = client.join().await;
    assert_eq!((report.lookups, report.moves, report.failed, answers(&report, "er-two")), (1, 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_goes_while_its_name_stays_is_noticed() {
    let dns = dns_server();
    let (one, _two) = two_instances(3);
    point(&dns, Some(one.addr().ip()), 3600).await;
    let stop = CancellationToken::new();
    let client = Client::start(config(dns.addr(), one.addr().port()), stop.clone());
    until(&client, "served", |r| r.requests >= 5).await;
    one.stop().await;
    let report = until(&client, "refused", |r| r.failures.refused >= 3).await;
    assert!(report.failed >= 3 && report.failed == report.failures.total(), "{report:?}");
    assert!(report.longest_gap_ms > 40.0, "{report:?}");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_taken_away_is_noticed() {
    let dns = dns_server();
    let (one, _two) = two_instances(4);
    point(&dns, Some(one.addr().ip()), 1).await;
    let stop = CancellationToken::new();
    let client = Client::start(config(dns.addr(), one.addr().port()), stop.clone());
    until(&client, "served", |r| r.requests >= 5).await;
    point(&dns, None, 1).await;
    let report = until(&client, "unresolved", |r| r.failures.unresolved >= 3).await;
    assert_eq!(report.failed, report.failures.unresolved);
    stop.cancel();
}

/// A server that answers each request on a connection with the next of `answers` and then does as `then`
/// says.
async fn scripted(answers: &'static [&'static str], then: fn(std::net::TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("listening");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                for answer in answers {
                    if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                        return;
                    }
                    stream.write_all(answer.as_bytes()).await.expect("written");
                }
                if answers.is_empty() {
                    let _ = stream.read(&mut buffer).await;
                }
                then(stream.into_std().expect("a socket"));
            });
        }
    });
    addr
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"release\":\"er-1\"}";

async fn client_of(server: SocketAddr, deadline: Duration) -> (Client, CancellationToken, DnsServer) {
    let dns = dns_server();
    point(&dns, Some(server.ip()), 3600).await;
    let stop = CancellationToken::new();
    let config = Config { deadline, ..config(dns.addr(), server.port()) };
    (Client::start(config, stop.clone()), stop, dns)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_after_each_answer_causes_no_failure() {
    let server = scripted(&[GOOD], drop).await;
    let (client, stop, _dns) = client_of(server, GUARD).await;
    until(&client, "served on ever new connections", |r| r.requests >= 50).await;
    stop.cancel();
    assert_eq!(client.join().await.failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_instead_of_an_answer_is_a_failure() {
    let server = scripted(&[], drop).await;
    let (client, stop, _dns) = client_of(server, GUARD).await;
    let report = until(&client, "reset", |r| r.failures.reset >= 3).await;
    assert_eq!(report.failed, report.failures.reset);
    stop.cancel();

    let server = scripted(&["HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"rel"], drop).await;
    let (client, stop, _dns) = client_of(server, GUARD).await;
    let report = until(&client, "broken off", |r| r.failures.reset >= 3).await;
    assert_eq!(report.failed, report.failures.reset);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_names_no_release_is_a_failure() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"release\":\"\"}",
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 18\r\n\r\n{\"release\":\"er-1\"}",
        "HTTP/1.1 200 OK\r\nx-release: er-2\r\ncontent-length: 18\r\n\r\n{\"release\":\"er-1\"}",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnope",
        "SMTP ready\r\n\r\n",
    ] {
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let server = scripted(answers, drop).await;
        let (client, stop, _dns) = client_of(server, GUARD).await;
        let report = until(&client, answer, |r| r.failures.wrong_body >= 2).await;
        assert_eq!(report.failed, report.failures.wrong_body, "{answer}");
        stop.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_silent_makes_requests_late_and_does_not_slow_the_schedule() {
    // The connections stay open, unanswered, until the test ends.
    let server = scripted(&[], std::mem::forget).await;
    let (client, stop, _dns) = client_of(server, Duration::from_millis(300)).await;
    let report = until(&client, "late", |r| r.failures.late >= 20).await;
    assert_eq!(report.failed, report.failures.total());
    assert!(report.longest_gap_ms >= 300.0, "{report:?}");
    stop.cancel();
    let report = client.join().await;
    assert_eq!(report.requests, report.failed);
}
