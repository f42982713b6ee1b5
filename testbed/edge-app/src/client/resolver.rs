//! The client's stub resolver: one name, one server, UDP, and a cache that lasts exactly as long as the
//! answer says.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::ledger::Ledger;
use crate::dns::address_of;

/// After how long an unanswered query is sent again; datagrams get lost, and this is no request of the
/// application.
const RESEND: Duration = Duration::from_millis(250);
/// The largest answer that is read.
const MAX_ANSWER: usize = 4096;

/// Why there is no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// The name does not exist or has no address.
    #[error("no such name")]
    NoName,
    /// The server answered something of no use.
    #[error("the server answered {0}")]
    Refused(ResponseCode),
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

struct Cached {
    address: IpAddr,
    until: Instant,
}

#[derive(Default)]
struct Memory {
    cached: Option<Cached>,
    last: Option<IpAddr>,
}

/// Resolves one name.
pub(super) struct Resolver {
    name: Name,
    server: SocketAddr,
    ledger: Arc<StdMutex<Ledger>>,
    memory: Mutex<Memory>,
}

impl Resolver {
    pub(super) fn new(name: Name, server: SocketAddr, ledger: Arc<StdMutex<Ledger>>) -> Self {
        Self { name, server, ledger, memory: Mutex::default() }
    }

    /// The address of the name: from memory while its time to live lasts, else from the server. Requests that
    /// find it expired together wait for one query. Has no time-out of its own.
    pub(super) async fn address(&self) -> Result<IpAddr, LookupError> {
        let mut memory = self.memory.lock().await;
        if let Some(known) = memory.cached.as_ref().filter(|known| Instant::now() < known.until) {
            return Ok(known.address);
        }
        memory.cached = None;
        self.ledger().looked_up();
        let found = match self.query(RecordType::A).await? {
            Some(found) => found,
            None => self.query(RecordType::AAAA).await?.ok_or(LookupError::NoName)?,
        };
        let (address, ttl) = found;
        memory.cached = Some(Cached { address, until: Instant::now() + ttl });
        if memory.last.replace(address).is_some_and(|last| last != address) {
            self.ledger().moved();
        }
        Ok(address)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first address of `kind` and the time to live of its set; `None` where the name has none.
    async fn query(&self, kind: RecordType) -> Result<Option<(IpAddr, Duration)>, LookupError> {
        let mut query = Message::query();
        query.add_query(Query::query(self.name.clone(), kind));
        let bytes = query.to_vec().map_err(io::Error::other)?;
        let local: IpAddr =
            if self.server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        // A port of its own for each query, and only the server's datagrams are taken (RFC 5452).
        let socket = UdpSocket::bind((local, 0)).await?;
        socket.connect(self.server).await?;
        let answer = loop {
            // A server that is down is told by ICMP; it may be back at the next attempt.
            let _ = socket.send(&bytes).await;
            let resend = Instant::now() + RESEND;
            match tokio::time::timeout_at(resend, receive(&socket, &query)).await {
                Ok(Ok(answer)) => break answer,
                Ok(Err(_)) => tokio::time::sleep_until(resend).await,
                Err(_) => (),
            }
        };
        if answer.response_code == ResponseCode::NXDomain {
            return Err(LookupError::NoName);
        }
        if answer.response_code != ResponseCode::NoError {
            return Err(LookupError::Refused(answer.response_code));
        }
        let mut found = None;
        let ours = |record: &&Record| record.name == self.name && record.record_type() == kind;
        for record in answer.answers.iter().filter(ours) {
            let Some(address) = address_of(&record.data) else { continue };
            // RFC 2181, section 5.2: the members of a set should agree; where they do not, the least counts.
            let (first, ttl) = found.unwrap_or((address, u32::MAX));
            found = Some((first, ttl.min(record.ttl)));
        }
        Ok(found.map(|(address, ttl)| (address, Duration::from_secs(ttl.into()))))
    }
}

/// Waits for the answer to `query`, passing over whatever else arrives.
async fn receive(socket: &UdpSocket, query: &Message) -> io::Result<Message> {
    let mut buffer = [0; MAX_ANSWER];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let Ok(answer) = Message::from_vec(&buffer[..length]) else { continue };
        let ours = answer.id == query.id
            && answer.message_type == MessageType::Response
            && answer.queries == query.queries
            && !answer.truncation;
        if ours {
            return Ok(answer);
        }
    }
}
