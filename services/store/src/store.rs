//! The handle that services share.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use redb::Database;
use tokio::sync::{mpsc, oneshot};

use crate::tables::{MAX_NAME, MAX_VALUE};
use crate::write::Change;
use crate::writer::Job;
use crate::{StoreError, open, read, writer};

/// Callers beyond this many wait for a place in the queue.
const QUEUE: usize = 1_024;

/// The store; clones share it. The file is closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    database: Arc<Database>,
    path: Arc<str>,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.path).finish()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // The file is free for the next opener when this returns. A panic of the thread was printed by it.
            let _ = writer.join();
        }
    }
}

impl Store {
    /// Opens the file, or creates it.
    ///
    /// # Errors
    /// [`StoreError`] names the file: in use, damaged, of a newer schema, or out of reach.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        Self::over(open::open(path)?, &path.display().to_string())
    }

    pub(crate) fn over(database: Database, path: &str) -> Result<Self, StoreError> {
        let (database, path) = (Arc::new(database), Arc::<str>::from(path));
        let (jobs, queue) = mpsc::channel(QUEUE);
        let writer =
            writer::start(database.clone(), path.clone(), queue).map_err(|source| StoreError::Io {
                what: "starting the writer of",
                path: path.to_string(),
                source: Arc::new(source),
            })?;
        Ok(Self(Arc::new(Shared { database, path, jobs: Some(jobs), writer: Some(writer) })))
    }

    /// Appends an entry to the log of a saga, which begins with its first entry. It is on disk when this returns.
    /// Returns the entry's index, from 0.
    ///
    /// # Errors
    /// [`StoreError::SagaClosed`]; [`StoreError::Write`] where the entry may or may not be on disk.
    pub async fn append(&self, saga: &str, entry: Vec<u8>) -> Result<u64, StoreError> {
        name_fits(saga)?;
        value_fits(&entry)?;
        self.change(Change::Append { saga: saga.to_owned(), entry }).await
    }

    /// The log of a saga; empty where there is none. Closed sagas stay readable while they are among the last
    /// [`HISTORY`](crate::HISTORY).
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn entries(&self, saga: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let saga = saga.to_owned();
        self.read(move |database| read::entries(database, &saga)).await
    }

    /// The sagas that are not closed with their logs, in the order of their first entries.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn open_sagas(&self) -> Result<Vec<(String, Vec<Vec<u8>>)>, StoreError> {
        self.read(read::open_sagas).await
    }

    /// Moves a saga to the history. Doing it twice, or to a saga that is not there, changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub async fn close_saga(&self, saga: &str) -> Result<(), StoreError> {
        name_fits(saga)?;
        self.change(Change::CloseSaga { saga: saga.to_owned() }).await.map(drop)
    }

    /// Replaces a snapshot: a reader sees the old one or the new one, whole.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub async fn put_snapshot(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        name_fits(name)?;
        value_fits(&bytes)?;
        self.change(Change::PutSnapshot { name: name.to_owned(), bytes }).await.map(drop)
    }

    /// The snapshot of this name, where there is one.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn snapshot(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.read(move |database| read::snapshot(database, &name)).await
    }

    /// Keeps a small fact, replacing its earlier value.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub async fn put_fact(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        name_fits(key)?;
        value_fits(&value)?;
        self.change(Change::PutFact { key: key.to_owned(), value }).await.map(drop)
    }

    /// The value of a fact, where there is one.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn fact(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.to_owned();
        self.read(move |database| read::fact(database, &key)).await
    }

    /// Forgets a fact; one that is not there is no error.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub async fn remove_fact(&self, key: &str) -> Result<(), StoreError> {
        name_fits(key)?;
        self.change(Change::RemoveFact { key: key.to_owned() }).await.map(drop)
    }

    /// The facts whose keys begin with `prefix`, ordered by key.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub async fn facts(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let prefix = prefix.to_owned();
        self.read(move |database| read::facts(database, &prefix)).await
    }

    async fn change(&self, change: Change) -> Result<u64, StoreError> {
        let (done, result) = oneshot::channel();
        let jobs = self.0.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(Job { change, done }).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.0.database.clone();
        match tokio::task::spawn_blocking(move || read(&database)).await {
            Ok(result) => {
                result.map_err(|e| StoreError::Read { path: self.0.path.to_string(), reason: e.to_string() })
            }
            // The runtime is shutting down, or the pages read make no sense to redb.
            Err(stopped) if stopped.is_cancelled() => Err(StoreError::Closed),
            Err(panicked) => {
                Err(StoreError::Damaged { path: self.0.path.to_string(), reason: panicked.to_string() })
            }
        }
    }
}

fn name_fits(name: &str) -> Result<(), StoreError> {
    fits("a name", name.len(), MAX_NAME)
}

fn value_fits(value: &[u8]) -> Result<(), StoreError> {
    fits("a value", value.len(), MAX_VALUE)
}

fn fits(what: &'static str, bytes: usize, limit: usize) -> Result<(), StoreError> {
    if bytes <= limit { Ok(()) } else { Err(StoreError::TooLarge { what, bytes, limit }) }
}
