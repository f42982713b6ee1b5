//! The one thread that writes: whatever has queued up becomes one transaction.

use std::sync::Arc;

use redb::Database;
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::write::Change;

/// A transaction takes no more changes than this; the rest goes into the next one.
const MOST_CHANGES: usize = 1_024;
/// A transaction that has reached this many bytes takes no more changes.
const ENOUGH_BYTES: usize = 8 << 20;

/// A change with the caller that waits for it.
pub(crate) struct Job {
    pub(crate) change: Change,
    pub(crate) done: oneshot::Sender<Result<u64, StoreError>>,
}

/// Runs until every sender is gone, or until a commit has failed: then every later job gets that error.
pub(crate) fn run(database: &Database, path: &str, jobs: &mut mpsc::Receiver<Job>) {
    let mut failed: Option<StoreError> = None;
    while let Some(first) = jobs.blocking_recv() {
        let mut bytes = first.change.size();
        let mut group = vec![first];
        while group.len() < MOST_CHANGES
            && bytes < ENOUGH_BYTES
            && let Ok(job) = jobs.try_recv()
        {
            bytes += job.change.size();
            group.push(job);
        }
        let results = match &failed {
            Some(error) => Err(error.clone()),
            None => commit(database, &group).map_err(|error| {
                tracing::error!(%path, %error, "the store cannot write; nothing more is accepted");
                StoreError::Write { path: path.to_owned(), reason: error.to_string() }
            }),
        };
        match results {
            Ok(results) => {
                for (job, result) in group.into_iter().zip(results) {
                    // A caller that no longer waits has no use for its result.
                    let _ = job.done.send(result);
                }
            }
            Err(error) => {
                for job in group {
                    let _ = job.done.send(Err(error.clone()));
                }
                failed = Some(error);
            }
        }
    }
}

fn commit(database: &Database, group: &[Job]) -> Result<Vec<Result<u64, StoreError>>, redb::Error> {
    let write = database.begin_write()?;
    let results = group.iter().map(|job| job.change.apply(&write)).collect::<Result<Vec<_>, _>>()?;
    write.commit()?;
    Ok(results)
}

/// Starts the thread; it ends when the last sender is dropped.
pub(crate) fn start(
    database: Arc<Database>,
    path: Arc<str>,
    mut jobs: mpsc::Receiver<Job>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("store-writer".into()).spawn(move || run(&database, &path, &mut jobs))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use redb::backends::InMemoryBackend;
    use std::io::Error as BackendIoError;

    use redb::StorageBackend;

    use super::*;
    use crate::tables::{META, SCHEMA};
    use crate::{Class, Store, open};

    /// A disk that can be told to lose every sync from now on.
    #[derive(Debug)]
    struct Failing(InMemoryBackend, Arc<AtomicBool>);

    impl StorageBackend for Failing {
        fn len(&self) -> Result<u64, BackendIoError> {
            self.0.len()
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), BackendIoError> {
            self.0.read(offset, out)
        }
        fn set_len(&self, len: u64) -> Result<(), BackendIoError> {
            self.0.set_len(len)
        }
        fn sync_data(&self) -> Result<(), BackendIoError> {
            if self.1.load(Ordering::SeqCst) {
                return Err(std::io::Error::other("the disk is gone"));
            }
            self.0.sync_data()
        }
        fn write(&self, offset: u64, data: &[u8]) -> Result<(), BackendIoError> {
            self.0.write(offset, data)
        }
    }

    #[tokio::test]
    async fn after_a_failed_commit_nothing_is_acknowledged_although_the_disk_comes_back() {
        let broken = Arc::new(AtomicBool::new(false));
        let backend = Failing(InMemoryBackend::new(), broken.clone());
        let database = Database::builder().create_with_backend(backend).expect("in memory");
        open::prepare(&database, "memory").expect("in memory");
        let store = Store::over(database, "memory").expect("threads start");
        assert_eq!(store.append("saga", vec![1]).await.expect("disk works"), 0);
        broken.store(true, Ordering::SeqCst);
        let error = store.append("saga", vec![2]).await.expect_err("the sync fails");
        assert_eq!(error.class(), Class::Unknown);
        assert!(error.to_string().contains("memory"), "{error}");
        broken.store(false, Ordering::SeqCst);
        store.append("saga", vec![3]).await.expect_err("what was lost once stays lost");
        store.put_fact("fact", vec![]).await.expect_err("other writes too");
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("in memory");
        open::prepare(&database, "memory").expect("in memory");
        let write = database.begin_write().expect("in memory");
        write
            .open_table(META)
            .and_then(|mut meta| Ok(meta.insert("schema", SCHEMA + 1).map(drop)?))
            .expect("meta");
        write.commit().expect("in memory");
        let error = open::prepare(&database, "memory").expect_err("newer");
        assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    }
}
