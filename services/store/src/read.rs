//! What is read, each in a transaction of its own.

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use crate::tables::{ENTRIES, FACTS, OPEN, SAGAS, SNAPSHOTS};

type Log = Vec<Vec<u8>>;

pub(crate) fn entries(database: &Database, saga: &str) -> Result<Log, redb::Error> {
    let read = database.begin_read()?;
    match read.open_table(SAGAS)?.get(saga)?.map(|row| row.value()) {
        Some((number, ..)) => log(&read, number),
        None => Ok(Vec::new()),
    }
}

pub(crate) fn open_sagas(database: &Database) -> Result<Vec<(String, Log)>, redb::Error> {
    let read = database.begin_read()?;
    let mut sagas = Vec::new();
    for row in read.open_table(OPEN)?.iter()? {
        let (number, name) = row?;
        sagas.push((name.value().to_owned(), log(&read, number.value())?));
    }
    Ok(sagas)
}

fn log(read: &ReadTransaction, number: u64) -> Result<Log, redb::Error> {
    let mut log = Vec::new();
    for row in read.open_table(ENTRIES)?.range((number, 0)..=(number, u64::MAX))? {
        log.push(row?.1.value().to_vec());
    }
    Ok(log)
}

pub(crate) fn snapshot(database: &Database, name: &str) -> Result<Option<Vec<u8>>, redb::Error> {
    let read = database.begin_read()?;
    let found = read.open_table(SNAPSHOTS)?.get(name)?.map(|v| v.value().to_vec());
    Ok(found)
}

pub(crate) fn fact(database: &Database, key: &str) -> Result<Option<Vec<u8>>, redb::Error> {
    let read = database.begin_read()?;
    let found = read.open_table(FACTS)?.get(key)?.map(|v| v.value().to_vec());
    Ok(found)
}

pub(crate) fn facts(database: &Database, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, redb::Error> {
    let read = database.begin_read()?;
    let mut facts = Vec::new();
    for row in read.open_table(FACTS)?.range(prefix..)? {
        let (key, value) = row?;
        if !key.value().starts_with(prefix) {
            break;
        }
        facts.push((key.value().to_owned(), value.value().to_vec()));
    }
    Ok(facts)
}
