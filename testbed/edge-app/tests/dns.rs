//! The DNS server over its sockets.
#![allow(missing_docs)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edge_app::dns::{Config, DnsServer, TsigAlgorithm, TsigKey};
use hickory_proto::op::{Edns, Message, OpCode, Query, ResponseCode, UpdateMessage as _};
use hickory_proto::rr::rdata::tsig::{TsigAlgorithm as Algorithm, TsigError};
use hickory_proto::rr::rdata::{A, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType, TSigner};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn start(tsig: Option<TsigKey>) -> DnsServer {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let default_ttl = Duration::from_secs(5);
    DnsServer::start(Config { listen, zone: "edge.test".into(), tsig, default_ttl }).expect("listening")
}

fn key() -> TsigKey {
    TsigKey { name: "edgeroam".into(), algorithm: TsigAlgorithm::HmacSha256, secret: SECRET.to_vec() }
}

fn signer(name: &str, secret: &[u8]) -> TSigner {
    let name = Name::from_ascii(name).expect("a name");
    TSigner::new(secret.to_vec(), Algorithm::HmacSha256, name, 300).expect("a key")
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn question(owner: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    message.add_query(Query::query(name(owner), kind));
    message
}

fn adding(records: impl IntoIterator<Item = Record>) -> Message {
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Update;
    message.add_zone(Query::query(name("edge.test."), RecordType::SOA));
    message.add_updates(records);
    message
}

fn a(owner: &str) -> Record {
    Record::from_rdata(name(owner), 3, RData::A(A(Ipv4Addr::new(192, 0, 2, 1))))
}

async fn over_udp(server: SocketAddr, message: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.expect("a socket");
    socket.connect(server).await.expect("connected");
    socket.send(message).await.expect("sent");
    let mut buffer = vec![0; 4096];
    let length = socket.recv(&mut buffer).await.expect("answered");
    buffer.truncate(length);
    buffer
}

async fn over_tcp(server: SocketAddr, message: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).await.expect("connected");
    let length = u16::try_from(message.len()).expect("short enough");
    stream.write_all(&length.to_be_bytes()).await.expect("sent");
    stream.write_all(message).await.expect("sent");
    let length = stream.read_u16().await.expect("answered");
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await.expect("answered");
    answer
}

async fn ask(server: &DnsServer, message: &Message) -> Message {
    let bytes = message.to_vec().expect("encoded");
    let udp = Message::from_vec(&over_udp(server.addr(), &bytes).await).expect("decoded");
    assert_eq!(udp.id, message.id);
    udp
}

#[tokio::test]
async fn the_zone_is_answered_over_udp_and_tcp() {
    let server = start(None);
    assert_eq!(ask(&server, &adding([a("x.app.edge.test.")])).await.response_code, ResponseCode::NoError);
    let question = question("X.app.Edge.Test.", RecordType::A).to_vec().expect("encoded");
    let udp = over_udp(server.addr(), &question).await;
    assert_eq!(udp, over_tcp(server.addr(), &question).await);
    let answer = Message::from_vec(&udp).expect("decoded");
    assert!(answer.authoritative && !answer.recursion_available);
    let [record] = answer.answers.as_slice() else { panic!("{answer:?}") };
    assert_eq!((record.ttl, record.name.to_ascii().as_str()), (3, "X.app.Edge.Test."));
    let records = server.records();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].name.as_str(), records[0].ttl), ("x.app.edge.test.", Duration::from_secs(3)));
    server.stop().await;
}

#[tokio::test]
async fn what_does_not_exist_is_told_with_the_soa() {
    let server = start(None);
    ask(&server, &adding([a("x.app.edge.test.")])).await;
    let cases = [
        ("y.edge.test.", RecordType::A, ResponseCode::NXDomain),
        ("x.app.edge.test.", RecordType::AAAA, ResponseCode::NoError),
        // A name between others exists, though it has no records.
        ("app.edge.test.", RecordType::A, ResponseCode::NoError),
        ("edge.test.", RecordType::A, ResponseCode::NoError),
    ];
    for (owner, kind, code) in cases {
        let answer = ask(&server, &question(owner, kind)).await;
        assert_eq!((answer.response_code, answer.answers.len()), (code, 0), "{owner}");
        let [soa] = answer.authorities.as_slice() else { panic!("{answer:?}") };
        let RData::SOA(soa) = &soa.data else { panic!("{soa:?}") };
        assert_eq!((soa.minimum, soa.serial), (5, server.serial()), "{owner}");
    }
    for owner in ["example.test.", "test.", "."] {
        assert_eq!(ask(&server, &question(owner, RecordType::A)).await.response_code, ResponseCode::Refused);
    }
    let soa = ask(&server, &question("edge.test.", RecordType::SOA)).await;
    let ns = ask(&server, &question("edge.test.", RecordType::NS)).await;
    assert_eq!((soa.answers.len(), ns.answers.len()), (1, 1));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_truncated_over_udp_only() {
    let server = start(None);
    let texts = (0..20).map(|i| {
        let text = format!("{i:-<60}");
        Record::from_rdata(name("x.edge.test."), 3, RData::TXT(TXT::new(vec![text])))
    });
    let added = over_tcp(server.addr(), &adding(texts).to_vec().expect("encoded")).await;
    assert_eq!(Message::from_vec(&added).expect("decoded").response_code, ResponseCode::NoError);
    let mut asked = question("x.edge.test.", RecordType::TXT);
    for payload in [None, Some(1232), Some(65_000)] {
        if let Some(payload) = payload {
            let mut edns = Edns::new();
            edns.set_max_payload(payload);
            asked.set_edns(edns);
        }
        let bytes = asked.to_vec().expect("encoded");
        let udp = over_udp(server.addr(), &bytes).await;
        assert!(udp.len() <= usize::from(payload.unwrap_or(512)).min(1232));
        assert!(Message::from_vec(&udp).expect("decoded").truncation);
        let tcp = Message::from_vec(&over_tcp(server.addr(), &bytes).await).expect("decoded");
        assert!(!tcp.truncation);
        assert_eq!(tcp.answers.len(), 20);
    }
    server.stop().await;
}

#[tokio::test]
async fn with_a_key_only_signed_updates_count_and_their_answers_are_signed() {
    let server = start(Some(key()));
    let update = adding([a("x.edge.test.")]);
    assert_eq!(ask(&server, &update).await.response_code, ResponseCode::Refused);
    assert!(server.records().is_empty());

    let mut signed = update.clone();
    let signer = signer("edgeroam.", SECRET);
    let mut verifier = signed.finalize(&signer, now()).expect("signed").expect("a verifier");
    let bytes = over_udp(server.addr(), &signed.to_vec().expect("encoded")).await;
    let answer = verifier.verify(&bytes).expect("a good signature");
    assert_eq!(answer.response_code, ResponseCode::NoError);
    assert_eq!(server.records().len(), 1);

    let mut signed = question("x.edge.test.", RecordType::A);
    let mut verifier = signed.finalize(&signer, now()).expect("signed").expect("a verifier");
    let bytes = over_tcp(server.addr(), &signed.to_vec().expect("encoded")).await;
    assert_eq!(verifier.verify(&bytes).expect("a good signature").answers.len(), 1);
    assert_eq!(ask(&server, &question("x.edge.test.", RecordType::A)).await.answers.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_bad_signature_is_told_as_rfc_8945_says() {
    let server = start(Some(key()));
    let cases = [
        (signer("someone.", SECRET), now(), TsigError::BadKey, false),
        (signer("edgeroam.", b"another secret, as long as it is"), now(), TsigError::BadSig, false),
        (signer("edgeroam.", SECRET), now() - 4000, TsigError::BadTime, true),
        (signer("edgeroam.", SECRET), 5, TsigError::BadTime, true),
    ];
    for (signer, time, error, answered_signed) in cases {
        let mut update = adding([a("x.edge.test.")]);
        update.finalize(&signer, time).expect("signed");
        let request_mac = update.signature().expect("signed").data.mac.clone();
        let bytes = over_tcp(server.addr(), &update.to_vec().expect("encoded")).await;
        let answer = Message::from_vec(&bytes).expect("decoded");
        assert_eq!(answer.response_code, ResponseCode::NotAuth, "{error:?}");
        let tsig = &answer.signature().expect("a TSIG record").data;
        assert_eq!((tsig.error, tsig.mac.is_empty()), (Some(error), !answered_signed));
        if answered_signed {
            let (signed, _) =
                hickory_proto::rr::rdata::tsig::signed_bitmessage_to_buf(&bytes, Some(&request_mac), true)
                    .expect("signed");
            signer.verify(&signed, &tsig.mac).expect("a good signature");
            assert_eq!(tsig.time, time);
            assert_eq!(tsig.other.len(), 6);
        }
    }
    assert!(server.records().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn malformed_messages_do_no_harm() {
    let server = start(None);
    let whole = adding([a("x.edge.test.")]).to_vec().expect("encoded");
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.expect("a socket");
    socket.connect(server.addr()).await.expect("connected");
    for length in 0..whole.len() {
        socket.send(&whole[..length]).await.expect("sent");
    }
    for position in 4..whole.len() {
        let mut broken = whole.clone();
        broken[position] ^= 0xff;
        socket.send(&broken).await.expect("sent");
    }
    let mut an_answer = whole.clone();
    an_answer[2] |= 0x80;
    socket.send(&an_answer).await.expect("sent");
    let malformed = over_udp(server.addr(), &[0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0]).await;
    let malformed = Message::from_vec(&malformed).expect("decoded");
    assert_eq!((malformed.id, malformed.response_code), (0x1234, ResponseCode::FormErr));
    assert_eq!(ask(&server, &question("edge.test.", RecordType::SOA)).await.answers.len(), 1);
    server.stop().await;
}
