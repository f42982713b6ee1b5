//! Opening the file, with a clear word where that does not work.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Once};

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTableMetadata, RepairSession, StorageError};

use crate::StoreError;
use crate::tables::{CLOSED, ENTRIES, FACTS, META, OPEN, SAGAS, SCHEMA, SNAPSHOTS};

/// Opens or creates the file and makes sure that its tables are there and of a known schema.
pub(crate) fn open(path: &Path) -> Result<Database, StoreError> {
    let name = path.display().to_string();
    let fresh = !path.exists();
    let io = |what, source| StoreError::Io { what, path: name.clone(), source: Arc::new(source) };
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| io("opening", error))?;
    drop(file);
    // redb asserts on some contents that no version of it has written; to us that is a damaged file.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder()
            .set_repair_callback(once_told(|| tracing::info!("the store was not closed; checking it")))
            .create(path)
            .map_err(|error| database(&name, error))
            .and_then(|database| prepare(&database, &name).map(|()| database))
    }));
    let database = opened.unwrap_or_else(|_| Err(damaged(&name, "its pages make no sense")))?;
    if fresh {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| io("syncing the folder of", error))?;
    }
    Ok(database)
}

/// For redb, which calls back at every stage of one check.
fn once_told(tell: impl Fn()) -> impl Fn(&mut RepairSession) {
    let told = Once::new();
    move |_| told.call_once(&tell)
}

/// Checks the schema version and makes the tables.
pub(crate) fn prepare(database: &Database, path: &str) -> Result<(), StoreError> {
    let broken = |error: redb::Error| damaged(path, error);
    if let Some(found) = version(database).map_err(broken)? {
        return if found == SCHEMA {
            Ok(())
        } else {
            Err(StoreError::Newer { path: path.to_owned(), found, known: SCHEMA })
        };
    }
    create(database).map_err(|error| StoreError::Write { path: path.to_owned(), reason: error.to_string() })
}

fn version(database: &Database) -> Result<Option<u64>, redb::Error> {
    let read = database.begin_read()?;
    let meta = match read.open_table(META) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        meta => meta?,
    };
    let version = meta.get("schema")?.map(|v| v.value());
    // Every table is looked at, so that a file of another program is refused here and not at first use.
    read.open_table(SAGAS)?.len()?;
    read.open_table(ENTRIES)?.len()?;
    read.open_table(OPEN)?.len()?;
    read.open_table(CLOSED)?.len()?;
    read.open_table(SNAPSHOTS)?.len()?;
    read.open_table(FACTS)?.len()?;
    Ok(Some(version.unwrap_or(0)))
}

fn create(database: &Database) -> Result<(), redb::Error> {
    let write = database.begin_write()?;
    write.open_table(META)?.insert("schema", SCHEMA)?;
    write.open_table(SAGAS)?;
    write.open_table(ENTRIES)?;
    write.open_table(OPEN)?;
    write.open_table(CLOSED)?;
    write.open_table(SNAPSHOTS)?;
    write.open_table(FACTS)?;
    write.commit()?;
    Ok(())
}

fn damaged(path: &str, reason: impl ToString) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.to_string() }
}

fn database(path: &str, error: DatabaseError) -> StoreError {
    if matches!(error, DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) {
        return StoreError::InUse { path: path.to_owned() };
    }
    let DatabaseError::Storage(StorageError::Io(source)) = error else { return damaged(path, error) };
    if matches!(source.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof) {
        damaged(path, source)
    } else {
        StoreError::Io { what: "opening", path: path.to_owned(), source: Arc::new(source) }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_store_that_was_not_closed_is_told_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, copy) = (dir.path().join("store.redb"), dir.path().join("copy.redb"));
        let database = open(&path).expect("a new store");
        std::fs::copy(&path, &copy).expect("what a kill leaves");
        drop(database);
        let (called, told) = (Rc::new(AtomicU32::new(0)), Rc::new(AtomicU32::new(0)));
        let (calls, tells) = (called.clone(), told.clone());
        let once = once_told(move || {
            tells.fetch_add(1, Ordering::Relaxed);
        });
        let repaired = Database::builder()
            .set_repair_callback(move |session| {
                calls.fetch_add(1, Ordering::Relaxed);
                once(session);
            })
            .create(&copy);
        repaired.expect("the copy can be repaired");
        assert!(called.load(Ordering::Relaxed) > 1);
        assert_eq!(told.load(Ordering::Relaxed), 1);
    }
}
