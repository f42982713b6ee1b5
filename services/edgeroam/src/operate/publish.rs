//! Commands on the bus.

use std::time::Duration;

use anyhow::Context as _;
use bus::{Bus, BusError, Record, Sequence, Start};
use model::{OperatorCommand, Stream};

/// The consumer's name; it never acknowledges.
const CONSUMER: &str = "operators";
/// How long a record that stands on the bus may take to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Puts a command on the bus; its position once the bus has it. One that is there already is not put again.
///
/// # Errors
/// What the bus says.
pub(super) async fn put(bus: &dyn Bus, command: &OperatorCommand) -> Result<Sequence, BusError> {
    // A struct of strings and numbers always serialises.
    let data = serde_json::to_vec(command).unwrap_or_default().into();
    let id = Some(command.id.to_string().into());
    let record = Record { key: command.ask.key().into(), id, data };
    let positions = bus.publish(Stream::Commands, vec![record]).await?;
    Ok(positions.into_iter().max().unwrap_or_default())
}

/// The command at this position; none where it can no longer be read.
///
/// # Errors
/// What the bus says, or why the record is no command.
pub(super) async fn at(bus: &dyn Bus, position: Sequence) -> anyhow::Result<Option<OperatorCommand>> {
    let before = Start::After(Sequence(position.0.saturating_sub(1)));
    let mut consumer = bus.consume(Stream::Commands, CONSUMER, before).await?;
    let Ok(batch) = tokio::time::timeout(PATIENCE, consumer.next(1)).await else { return Ok(None) };
    let found = batch?.into_iter().find(|delivery| delivery.sequence == position);
    found.map(|delivery| serde_json::from_slice(&delivery.data).context("a command")).transpose()
}

/// Every command that is kept, in order. What is none is passed over: the decider puts it aside.
///
/// # Errors
/// What the bus says.
pub(super) async fn all(bus: &dyn Bus) -> Result<Vec<OperatorCommand>, BusError> {
    let through = bus.newest(Stream::Commands).await?;
    let mut commands = Vec::new();
    if through == Sequence(0) {
        return Ok(commands);
    }
    let mut consumer = bus.consume(Stream::Commands, CONSUMER, Start::Oldest).await?;
    // Where everything was too old to be kept, the newest position is never delivered.
    while let Ok(batch) = tokio::time::timeout(PATIENCE, consumer.next(1024)).await {
        let batch = batch?;
        commands.extend(batch.iter().filter_map(|delivery| serde_json::from_slice(&delivery.data).ok()));
        if batch.last().is_none_or(|last| last.sequence >= through) {
            break;
        }
    }
    Ok(commands)
}
