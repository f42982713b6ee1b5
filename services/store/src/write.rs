//! The changes that the writer thread carries out inside a transaction.

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::StoreError;
use crate::tables::{CLOSED, ENTRIES, FACTS, HISTORY, META, OPEN, SAGAS, SNAPSHOTS};

/// One change that a caller waits for.
#[derive(Debug)]
pub(crate) enum Change {
    Append { saga: String, entry: Vec<u8> },
    CloseSaga { saga: String },
    PutSnapshot { name: String, bytes: Vec<u8> },
    PutFact { key: String, value: Vec<u8> },
    RemoveFact { key: String },
}

impl Change {
    /// Its size in bytes, for bounding a group.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Append { saga, entry } => saga.len() + entry.len(),
            Self::PutSnapshot { name, bytes } => name.len() + bytes.len(),
            Self::PutFact { key, value } => key.len() + value.len(),
            Self::CloseSaga { saga: name } | Self::RemoveFact { key: name } => name.len(),
        }
    }

    /// Carries it out. The outer error is the disk's and ends the transaction; the inner one concerns this change
    /// alone, which has then changed nothing. The number is the index of an appended entry, else 0.
    pub(crate) fn apply(&self, write: &WriteTransaction) -> Result<Result<u64, StoreError>, redb::Error> {
        match self {
            Self::Append { saga, entry } => return append(write, saga, entry),
            Self::CloseSaga { saga } => close(write, saga)?,
            Self::PutSnapshot { name, bytes } => {
                write.open_table(SNAPSHOTS)?.insert(name.as_str(), bytes.as_slice())?;
            }
            Self::PutFact { key, value } => {
                write.open_table(FACTS)?.insert(key.as_str(), value.as_slice())?;
            }
            Self::RemoveFact { key } => {
                write.open_table(FACTS)?.remove(key.as_str())?;
            }
        }
        Ok(Ok(0))
    }
}

fn append(
    write: &WriteTransaction,
    saga: &str,
    entry: &[u8],
) -> Result<Result<u64, StoreError>, redb::Error> {
    let mut sagas = write.open_table(SAGAS)?;
    let known = sagas.get(saga)?.map(|row| row.value());
    let (number, index) = match known {
        Some((_, _, true)) => return Ok(Err(StoreError::SagaClosed(saga.to_owned()))),
        Some((number, entries, false)) => (number, entries),
        None => {
            let number = count_up(write, "next-saga")?;
            write.open_table(OPEN)?.insert(number, saga)?;
            (number, 0)
        }
    };
    write.open_table(ENTRIES)?.insert((number, index), entry)?;
    sagas.insert(saga, (number, index + 1, false))?;
    Ok(Ok(index))
}

fn close(write: &WriteTransaction, saga: &str) -> Result<(), redb::Error> {
    let mut sagas = write.open_table(SAGAS)?;
    let known = sagas.get(saga)?.map(|row| row.value());
    let Some((number, entries, false)) = known else { return Ok(()) };
    sagas.insert(saga, (number, entries, true))?;
    write.open_table(OPEN)?.remove(number)?;
    let mut closed = write.open_table(CLOSED)?;
    closed.insert(count_up(write, "next-closed")?, saga)?;
    while closed.len()? > HISTORY {
        let Some(oldest) = closed.pop_first()?.map(|(_, name)| name.value().to_owned()) else { break };
        let gone = sagas.remove(oldest.as_str())?.map(|row| row.value());
        if let Some((number, ..)) = gone {
            write.open_table(ENTRIES)?.retain_in((number, 0)..=(number, u64::MAX), |_, _| false)?;
        }
    }
    Ok(())
}

/// The next number of a counter, from 0.
fn count_up(write: &WriteTransaction, counter: &str) -> Result<u64, redb::Error> {
    let mut meta = write.open_table(META)?;
    let number = meta.get(counter)?.map_or(0, |v| v.value());
    meta.insert(counter, number + 1)?;
    Ok(number)
}
