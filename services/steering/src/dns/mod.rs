//! Dynamic DNS updates (RFC 2136) with TSIG (RFC 8945).
//!
//! Everything goes over TCP: one connection an operation, one request, one answer. So a request is never
//! repeated behind the caller's back, and "not connected" (nothing was done) differs from "no answer" (who
//! knows).

mod answer;
mod config;
mod exchange;
mod key;
mod request;

use std::net::IpAddr;
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType, TSigner};

pub use config::{Algorithm, Config, Tsig};

use crate::SteeringError;
use answer::Expect;

/// Names of one zone, at one server.
#[derive(Clone)]
pub struct Dns {
    server: String,
    zone: Name,
    signer: Option<TSigner>,
    timeout: Duration,
    min_ttl: Duration,
}

impl Dns {
    /// Checks the configuration and reads the key; asks the server nothing yet.
    ///
    /// # Errors
    /// [`SteeringError::Config`] names the member that is wrong.
    pub fn new(config: Config) -> Result<Self, SteeringError> {
        let server = config.server_with_port()?;
        let zone = config.zone_name()?;
        let signer = config.tsig.as_ref().map(key::load).transpose()?;
        Ok(Self { server, zone, signer, timeout: config.timeout, min_ttl: config.ttl_floor })
    }

    /// The zone, without the final dot.
    pub fn zone(&self) -> String {
        self.zone.to_ascii().trim_end_matches('.').to_owned()
    }

    /// The fully qualified form, without the final dot, of a name relative to the zone.
    ///
    /// # Errors
    /// [`SteeringError::Name`].
    pub fn qualified(&self, name: &str) -> Result<String, SteeringError> {
        Ok(self.absolute(name)?.to_ascii().trim_end_matches('.').to_owned())
    }

    /// Points `name`, relative to the zone, at `addr` and nowhere else: one update replaces its A and AAAA
    /// records, so no client ever finds the name without an address. Doing it twice is the same as doing it
    /// once.
    ///
    /// The time to live is whole seconds, rounded up, and at least the configured floor.
    ///
    /// # Errors
    /// See [`SteeringError`]; nothing was changed unless its class is `Unknown`.
    pub async fn point(&self, name: &str, addr: IpAddr, ttl: Duration) -> Result<(), SteeringError> {
        let absolute = self.absolute(name)?;
        let ttl = request::ttl_seconds(ttl.max(self.min_ttl));
        let update = request::replace_address(&self.zone, &absolute, addr, ttl);
        self.update(update, format!("the update of {absolute}")).await?;
        tracing::debug!(name = %absolute, %addr, ttl, "name points here");
        Ok(())
    }

    /// Takes every address of `name`, relative to the zone, away. No error where it has none.
    ///
    /// # Errors
    /// As [`Dns::point`].
    pub async fn remove(&self, name: &str) -> Result<(), SteeringError> {
        let absolute = self.absolute(name)?;
        let update = request::remove_addresses(&self.zone, &absolute);
        self.update(update, format!("the removal of {absolute}")).await?;
        tracing::debug!(name = %absolute, "name points nowhere");
        Ok(())
    }

    /// Where `name`, relative to the zone, points, asked of this server alone and past every cache. Empty
    /// where the name or its addresses do not exist.
    ///
    /// # Errors
    /// See [`SteeringError`]. A question can be asked again, whatever the class.
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, SteeringError> {
        let absolute = self.absolute(name)?;
        let mut found = Vec::new();
        for kind in [RecordType::A, RecordType::AAAA] {
            let what = format!("the question for {absolute} {kind}");
            let answer = self.ask(request::question(&absolute, kind), &what).await?;
            if answer.response_code == ResponseCode::NXDomain {
                break;
            }
            found.extend(answer.answers.iter().filter_map(|record| answer::address_of(&record.data)));
        }
        Ok(found)
    }

    /// Asks whether the server is there and answers for the zone; gives the zone's serial. Where a key is
    /// configured the question is signed, so a wrong key or clock shows here as well.
    ///
    /// # Errors
    /// [`SteeringError::Refused`] with what to look at where the server does not serve the zone.
    pub async fn check(&self) -> Result<u32, SteeringError> {
        let what = format!("the question for the SOA of zone {}", self.zone);
        let answer = self.ask(request::question(&self.zone, RecordType::SOA), &what).await?;
        let own = answer.answers.iter().find(|record| record.name == self.zone).map(|record| &record.data);
        let serial = if let Some(RData::SOA(soa)) = own { Some(soa.serial) } else { None };
        serial.filter(|_| answer.authoritative).ok_or_else(|| SteeringError::Refused {
            server: self.server.clone(),
            what,
            rcode: format!("{:?} without the zone's own SOA", answer.response_code),
            advice: format!("it does not serve {}; name its primary server in dns.server", self.zone),
        })
    }

    async fn update(&self, message: Message, what: String) -> Result<(), SteeringError> {
        self.exchange(message, Expect::Update, &what).await.map(|_| ())
    }

    async fn ask(&self, message: Message, what: &str) -> Result<Message, SteeringError> {
        self.exchange(message, Expect::Answer, what).await
    }

    async fn exchange(
        &self,
        mut message: Message,
        expect: Expect,
        what: &str,
    ) -> Result<Message, SteeringError> {
        let mac = request::sign(&mut message, self.signer.as_ref())
            .map_err(|reason| SteeringError::Config { field: "tsig", reason })?;
        let request = message
            .to_vec()
            .map_err(|e| SteeringError::Config { field: "zone", reason: format!("{what}: {e}") })?;
        let bytes = exchange::over_tcp(&self.server, &request, self.timeout).await?;
        let answer = answer::verify(&self.server, &bytes, &message, self.signer.as_ref(), &mac)?;
        answer::judge(self, expect, what, &answer)?;
        Ok(answer)
    }

    fn absolute(&self, name: &str) -> Result<Name, SteeringError> {
        let refuse =
            |reason: String| SteeringError::Name { name: name.to_owned(), zone: self.zone(), reason };
        if name.is_empty() || name.ends_with('.') {
            return Err(refuse("it must be relative to the zone, without a final dot".to_owned()));
        }
        Name::from_ascii(name)
            .and_then(|relative| relative.append_domain(&self.zone))
            .map_err(|e| refuse(e.to_string()))
    }
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns")
            .field("server", &self.server)
            .field("zone", &self.zone())
            .field("key", &self.signer.as_ref().map(|s| s.signer_name().to_ascii()))
            .finish_non_exhaustive()
    }
}
