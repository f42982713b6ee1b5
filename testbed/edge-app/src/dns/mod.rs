//! A small authoritative DNS server for one zone, over UDP and TCP, changed by RFC 2136 updates.
//!
//! It answers SOA, NS, A, AAAA and TXT queries, NXDOMAIN and NODATA with the SOA (RFC 2308), and REFUSED
//! outside its zone. Updates add and delete A, AAAA and TXT records; where a TSIG key (RFC 8945) is
//! configured every update must be signed with it. The zone lives in memory.

mod answer;
mod listen;
mod tsig;
mod update;
mod zone;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hickory_proto::rr::{Name, RData};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use tsig::{TsigAlgorithm, TsigKey};

use answer::Responder;
use zone::Zone;

/// What a server needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of both sockets; port 0 is any port that is free for UDP and TCP alike.
    pub listen: SocketAddr,
    /// The zone's apex, such as `edge.example`.
    pub zone: String,
    /// The key that updates must be signed with; without one every update is accepted.
    pub tsig: Option<TsigKey>,
    /// Time to live of the zone's own SOA and NS records and of negative answers; whole seconds.
    pub default_ttl: Duration,
}

/// One address record of the zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRecord {
    /// Its name, fully qualified, with the final dot.
    pub name: String,
    /// Where it points.
    pub address: IpAddr,
    /// Its time to live.
    pub ttl: Duration,
}

/// A running server. Dropping it stops it as well, without waiting.
#[derive(Debug)]
pub struct DnsServer {
    addr: SocketAddr,
    zone: Arc<RwLock<Zone>>,
    stop: DropGuard,
    tasks: TaskTracker,
}

impl DnsServer {
    /// Starts a server for an empty zone. Needs a tokio runtime.
    ///
    /// # Errors
    /// `InvalidInput` where the zone's or the key's name is no domain name; else the system's answer, with
    /// the address, where it cannot listen.
    pub fn start(config: Config) -> io::Result<Self> {
        let origin = domain_name(&config.zone)?;
        let signer = config.tsig.as_ref().map(TsigKey::signer).transpose()?;
        let zone = Arc::new(RwLock::new(Zone::new(origin, ttl_seconds(config.default_ttl))));
        let (udp, tcp) = listen::bind(config.listen)
            .map_err(|e| io::Error::new(e.kind(), format!("DNS server on {}: {e}", config.listen)))?;
        let addr = udp.local_addr()?;
        let responder = Arc::new(Responder { zone: Arc::clone(&zone), signer });
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(listen::udp(udp, Arc::clone(&responder), stop.clone()));
        tasks.spawn(listen::tcp(tcp, responder, stop.clone(), tasks.clone()));
        Ok(Self { addr, zone, stop: stop.drop_guard(), tasks })
    }

    /// Where it listens, over UDP and TCP.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The zone's address records, by name.
    pub fn records(&self) -> Vec<AddressRecord> {
        let zone = self.zone.read().unwrap_or_else(PoisonError::into_inner);
        let mut records: Vec<_> = zone
            .records()
            .filter_map(|record| {
                let address = address_of(&record.data)?;
                let ttl = Duration::from_secs(record.ttl.into());
                Some(AddressRecord { name: record.name.to_ascii(), address, ttl })
            })
            .collect();
        records.sort();
        records
    }

    /// The serial of the zone's SOA; every update that changes something makes it grow by one.
    pub fn serial(&self) -> u32 {
        self.zone.read().unwrap_or_else(PoisonError::into_inner).serial()
    }

    /// Stops answering; returns when no socket is open any more.
    pub async fn stop(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Reads a domain name and makes it fully qualified.
pub(crate) fn domain_name(text: &str) -> io::Result<Name> {
    let mut name = Name::from_ascii(text).map_err(|e| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("`{text}` is no domain name: {e}"))
    })?;
    name.set_fqdn(true);
    Ok(name.to_lowercase())
}

/// The address that an A or AAAA record holds.
pub(crate) fn address_of(data: &RData) -> Option<IpAddr> {
    if let RData::A(a) = data {
        return Some(IpAddr::V4(a.0));
    }
    if let RData::AAAA(aaaa) = data { Some(IpAddr::V6(aaaa.0)) } else { None }
}

fn ttl_seconds(ttl: Duration) -> u32 {
    // RFC 2181, section 8: at most 2^31 - 1.
    u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX).min(i32::MAX.cast_unsigned())
}
