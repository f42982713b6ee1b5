//! Makes topics, or checks that they are as they must be.

use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;

use super::Config;
use super::asker::Asker;
use super::client::{self, Listener};
use super::failure;
use super::topics::Wanted;
use crate::{BusError, Create};

/// A topic that was made is looked for this often until every partition has a leader.
const LOOK: Duration = Duration::from_millis(50);

/// Does to these topics what `create` says.
pub(super) async fn topics(config: &Config, asker: &Asker, wanted: Vec<Wanted>) -> Result<(), BusError> {
    if config.create == Create::No {
        return Ok(());
    }
    let there = asker.metadata().await?;
    let (present, missing): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|wanted| partitions(&there, &wanted.name) > 0);
    if config.create == Create::Verify && !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(described).collect();
        return Err(failure::permanent(
            asker.server(),
            "checking topics",
            format!("missing: {}; create them, or set `create: true`", names.join("; ")),
        ));
    }
    let admin = Admin::new(config, asker)?;
    let raced = admin.create(&missing).await?;
    let end = Instant::now() + config.connect_timeout;
    let late = |name: &str| {
        failure::complaint(
            asker.server(),
            &format!("creating topic {name}"),
            RDKafkaErrorCode::LeaderNotAvailable,
            "it was made, but the brokers do not know all of it yet",
        )
    };
    // What was made just now, by us or by somebody else, is known to the brokers a moment later.
    let compared: Vec<_> = present.iter().chain(&raced).collect();
    loop {
        let there = asker.metadata().await?;
        let unknown = match missing.iter().find(|wanted| !ready(&there, &wanted.name)) {
            Some(wanted) => Some(wanted.name.clone()),
            None => admin.compare(&there, &compared).await?,
        };
        match unknown {
            None => return Ok(()),
            Some(name) if Instant::now() > end => return Err(late(&name)),
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

struct Admin<'a> {
    client: AdminClient<Listener>,
    options: AdminOptions,
    server: &'a str,
}

impl<'a> Admin<'a> {
    fn new(config: &Config, asker: &'a Asker) -> Result<Self, BusError> {
        let client = client::settings(config)?
            .create_with_context(Listener::new("admin"))
            .map_err(|error| failure::refused(asker.server(), "connecting", &error))?;
        let timeout = Some(config.connect_timeout);
        let options = AdminOptions::new().request_timeout(timeout).operation_timeout(timeout);
        Ok(Self { client, options, server: asker.server() })
    }

    /// Makes topics; those that somebody else made meanwhile are returned.
    async fn create(&self, missing: &[Wanted]) -> Result<Vec<Wanted>, BusError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let new: Vec<_> = missing.iter().map(new_topic).collect();
        let results = self
            .client
            .create_topics(&new, &self.options)
            .await
            .map_err(|error| failure::refused(self.server, "creating topics", &error))?;
        let mut raced = Vec::new();
        for result in results {
            match result {
                Ok(topic) => tracing::info!(topic, "topic created"),
                Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => {
                    raced.extend(missing.iter().find(|wanted| wanted.name == name).cloned());
                }
                Err((name, code)) => {
                    let what = format!("creating topic {name}");
                    return Err(failure::complaint(self.server, &what, code, &code.to_string()));
                }
            }
        }
        Ok(raced)
    }

    /// Compares topics with what is wanted; the name of one whose settings the broker does not know yet.
    async fn compare(&self, there: &Metadata, wanted: &[&Wanted]) -> Result<Option<String>, BusError> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = wanted.iter().map(|wanted| ResourceSpecifier::Topic(&wanted.name)).collect();
        let found = self
            .client
            .describe_configs(&names, &self.options)
            .await
            .map_err(|error| failure::refused(self.server, "describing topics", &error))?;
        let mut complaints = Vec::new();
        for found in found {
            let found = match found {
                Ok(found) => found,
                Err(RDKafkaErrorCode::UnknownTopicOrPartition) => return Ok(Some(wanted[0].name.clone())),
                Err(code) => {
                    let reason = code.to_string();
                    return Err(failure::complaint(self.server, "describing topics", code, &reason));
                }
            };
            let OwnedResourceSpecifier::Topic(name) = &found.specifier else { continue };
            let Some(wanted) = wanted.iter().find(|wanted| wanted.name == *name) else { continue };
            if found.entries.is_empty() {
                return Ok(Some(wanted.name.clone()));
            }
            let differences = differences(there, wanted, &found);
            if !differences.is_empty() {
                complaints.push(format!("topic {}: {}", wanted.name, differences.join(", ")));
            }
        }
        if complaints.is_empty() {
            return Ok(None);
        }
        Err(failure::permanent(
            self.server,
            "checking topics",
            format!(
                "{}; alter the topics or the settings of the bus, or set `create: false`",
                complaints.join("; ")
            ),
        ))
    }
}

fn new_topic(wanted: &Wanted) -> NewTopic<'_> {
    // -1 asks for the cluster's default.
    let replication = TopicReplication::Fixed(wanted.replication_factor.map_or(-1, i32::from));
    let topic = NewTopic::new(&wanted.name, wanted.partitions, replication);
    wanted.settings.iter().fold(topic, |topic, setting| topic.set(setting.name, &setting.value))
}

fn differences(there: &Metadata, wanted: &Wanted, found: &ConfigResource) -> Vec<String> {
    let mut differences = Vec::new();
    let own = partitions(there, &wanted.name);
    if own != wanted.partitions {
        differences.push(format!("it has {own} partitions instead of {}", wanted.partitions));
    }
    let replicas = there
        .topics()
        .iter()
        .filter(|topic| topic.name() == wanted.name)
        .flat_map(|topic| topic.partitions())
        .map(|partition| partition.replicas().len())
        .min();
    if let (Some(least), Some(has)) = (wanted.replication_factor, replicas)
        && has < usize::from(least)
    {
        differences.push(format!("it has {has} replicas instead of {least}"));
    }
    for setting in wanted.settings.iter().filter(|setting| setting.enforced) {
        let own = found.get(setting.name).and_then(|entry| entry.value.as_deref()).unwrap_or_default();
        if own != setting.value {
            differences.push(format!("{} is {own} instead of {}", setting.name, setting.value));
        }
    }
    let largest = |value: &str| value.parse::<u64>().ok();
    let limit = found.get("max.message.bytes").and_then(|entry| largest(entry.value.as_deref()?));
    let needed = wanted.settings.iter().find(|setting| setting.name == "max.message.bytes");
    if let (Some(limit), Some(needed)) = (limit, needed.and_then(|setting| largest(&setting.value)))
        && limit < needed
    {
        differences.push(format!("max.message.bytes is {limit}, which is less than {needed}"));
    }
    differences
}

fn described(wanted: &Wanted) -> String {
    let settings: Vec<_> =
        wanted.settings.iter().map(|setting| format!("{}={}", setting.name, setting.value)).collect();
    format!("{} (partitions={} {})", wanted.name, wanted.partitions, settings.join(" "))
}

fn partitions(there: &Metadata, name: &str) -> i32 {
    let topic = there.topics().iter().find(|topic| topic.name() == name && topic.error().is_none());
    topic.map_or(0, |topic| i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX))
}

fn ready(there: &Metadata, name: &str) -> bool {
    let topic = there.topics().iter().find(|topic| topic.name() == name && topic.error().is_none());
    topic.is_some_and(|topic| {
        !topic.partitions().is_empty() && topic.partitions().iter().all(|partition| partition.leader() >= 0)
    })
}
