//! What has to be at the broker: made, checked, or taken as it is.

use std::time::Duration;

use async_nats::jetstream::kv;
use async_nats::jetstream::stream::{Config as StreamConfig, DiscardPolicy};
use model::Stream;

use super::fault::is_not_found;
use super::link::Link;
use super::names::Names;
use super::{Config, differs};
use crate::{BusError, Class, Create, Retention};

/// The server that has atomic batches.
const BATCHES: (i64, i64, i64) = (2, 12, 0);

/// Makes, checks or believes a stream; says whether it takes atomic batches.
pub(super) async fn stream(link: &Link, create: Create, wanted: StreamConfig) -> Result<bool, BusError> {
    loop {
        match try_stream(link, create, wanted.clone()).await {
            Err(error) if link.is_patient(&error).await => {}
            outcome => return outcome,
        }
    }
}

/// Makes, checks or believes a bucket.
pub(super) async fn bucket(link: &Link, create: Create, wanted: kv::Config) -> Result<kv::Store, BusError> {
    loop {
        match try_bucket(link, create, wanted.clone()).await {
            Err(error) if link.is_patient(&error).await => {}
            outcome => return outcome,
        }
    }
}

async fn try_stream(link: &Link, create: Create, wanted: StreamConfig) -> Result<bool, BusError> {
    let what = format!("stream {}", wanted.name);
    if create == Create::No {
        return Ok(wanted.allow_atomic_publish);
    }
    let there = match link.jetstream.get_stream(&wanted.name).await {
        Ok(found) => found.cached_info().config.clone(),
        Err(error) if is_not_found(&error) => match create {
            Create::Yes => {
                let made = link.jetstream.create_stream(wanted.clone()).await;
                made.map_err(|error| link.transient(&format!("creating {what}"), &error))?
                    .cached_info()
                    .config
                    .clone()
            }
            Create::Verify | Create::No => return Err(missing(link, &what)),
        },
        Err(error) => return Err(link.transient(&what, &error)),
    };
    let found = differs::between(&there, &wanted);
    if found.is_empty() {
        return Ok(there.allow_atomic_publish);
    }
    Err(other(link, &what, &found))
}

async fn try_bucket(link: &Link, create: Create, wanted: kv::Config) -> Result<kv::Store, BusError> {
    let what = format!("bucket {}", wanted.bucket);
    let (max_age, replicas) = (wanted.max_age, wanted.num_replicas);
    let store = match link.jetstream.get_key_value(&wanted.bucket).await {
        Ok(store) => store,
        Err(error) if is_not_found(&error) && create == Create::Yes => {
            let made = link.jetstream.create_key_value(wanted).await;
            made.map_err(|error| link.transient(&format!("creating {what}"), &error))?
        }
        Err(error) if is_not_found(&error) => return Err(missing(link, &what)),
        Err(error) => return Err(link.transient(&what, &error)),
    };
    let mut found = Vec::new();
    let there = &store.stream.cached_info().config;
    if create != Create::No {
        differs::note(&mut found, "max_age", &there.max_age, &max_age);
        differs::note(&mut found, "num_replicas", &there.num_replicas, &replicas);
    }
    if found.is_empty() { Ok(store) } else { Err(other(link, &what, &found)) }
}

/// The JetStream stream of one of ours.
pub(super) fn of_stream(link: &Link, config: &Config, names: &Names, stream: Stream) -> StreamConfig {
    let wanted = StreamConfig {
        name: names.stream(stream),
        subjects: vec![names.subjects(stream)],
        ..base(link, config)
    };
    if stream.latest_per_key() {
        return StreamConfig { max_messages_per_subject: 1, ..wanted };
    }
    kept(wanted, config.retention.of(stream))
}

/// What all streams have in common.
pub(super) fn base(link: &Link, config: &Config) -> StreamConfig {
    let (major, minor, patch) = BATCHES;
    StreamConfig {
        discard: DiscardPolicy::Old,
        num_replicas: config.replicas,
        duplicate_window: config.duplicate_window,
        allow_atomic_publish: link.client.is_server_compatible(major, minor, patch),
        max_bytes: -1,
        ..StreamConfig::default()
    }
}

/// A log with this retention.
pub(super) fn kept(wanted: StreamConfig, retention: Retention) -> StreamConfig {
    StreamConfig {
        max_bytes: i64::try_from(retention.max_bytes.0).unwrap_or(i64::MAX),
        max_age: retention.max_age,
        ..wanted
    }
}

/// The bucket of consumers' positions.
pub(super) fn positions(config: &Config, names: &Names) -> kv::Config {
    kv::Config {
        bucket: names.positions(),
        history: 1,
        num_replicas: config.replicas,
        ..kv::Config::default()
    }
}

/// The bucket of leases: what is not renewed leaves by itself.
pub(super) fn leases(config: &Config, names: &Names) -> kv::Config {
    let max_age: Duration = config.lease;
    kv::Config { bucket: names.leases(), max_age, ..positions(config, names) }
}

fn missing(link: &Link, what: &str) -> BusError {
    let reason = "it is not there; create it, or set nats.create to true";
    link.error(what, reason, Class::Permanent)
}

fn other(link: &Link, what: &str, found: &[String]) -> BusError {
    let reason = format!("{}; change it there or in the configuration", found.join(", "));
    link.error(what, &reason, Class::Permanent)
}
