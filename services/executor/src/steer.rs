//! The port through which names are pointed at instances, and DNS as the one way behind it.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use relocation::Class;
use thiserror::Error;

/// Why a name was not pointed.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{reason}")]
pub struct SteerError {
    /// What may be done about it.
    pub class: Class,
    /// For an operator.
    pub reason: String,
}

/// Leads clients to an instance by its name. Names are relative to the zone; all three may be repeated.
#[async_trait]
pub trait Steering: Send + Sync + 'static {
    /// Makes the name lead to this address and no other.
    async fn point(&self, name: &str, address: IpAddr, ttl: Duration) -> Result<(), SteerError>;
    /// Makes the name lead nowhere.
    async fn remove(&self, name: &str) -> Result<(), SteerError>;
    /// Where the name leads.
    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, SteerError>;
    /// The name as clients use it.
    fn qualified(&self, name: &str) -> String;
}

fn told(error: &steering::SteeringError) -> SteerError {
    let class = match error.class() {
        steering::Class::Transient(after) => Class::Transient(after),
        steering::Class::Permanent => Class::Permanent,
        steering::Class::Unknown => Class::Unknown,
    };
    SteerError { class, reason: error.to_string() }
}

#[async_trait]
impl Steering for steering::dns::Dns {
    async fn point(&self, name: &str, address: IpAddr, ttl: Duration) -> Result<(), SteerError> {
        self.point(name, address, ttl).await.map_err(|e| told(&e))
    }

    async fn remove(&self, name: &str) -> Result<(), SteerError> {
        self.remove(name).await.map_err(|e| told(&e))
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, SteerError> {
        self.lookup(name).await.map_err(|e| told(&e))
    }

    fn qualified(&self, name: &str) -> String {
        format!("{name}.{}", self.zone()).trim_end_matches('.').to_owned()
    }
}
