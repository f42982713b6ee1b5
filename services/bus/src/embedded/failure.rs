//! Errors of files, told with the file's name.

use std::io;
use std::path::Path;

use crate::BusError;

/// The first write or sync that failed. Kept, because every later call is answered with it.
#[derive(Debug)]
pub(super) struct Failure {
    what: &'static str,
    path: String,
    kind: io::ErrorKind,
    os: Option<i32>,
    text: String,
}

impl Failure {
    pub(super) fn new(what: &'static str, path: &Path, error: &io::Error) -> Self {
        let path = path.display().to_string();
        Self { what, path, kind: error.kind(), os: error.raw_os_error(), text: error.to_string() }
    }

    /// As the error of one more call.
    pub(super) fn error(&self) -> BusError {
        let source = match self.os {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(self.kind, self.text.clone()),
        };
        BusError::Io { what: self.what, path: self.path.clone(), source }
    }
}

/// Names the file of an I/O error.
pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BusError {
    move |source| BusError::Io { what, path: path.display().to_string(), source }
}

/// A place in a file that no crash can have left so.
pub(super) fn damaged(path: &Path, offset: u64, reason: impl Into<String>) -> BusError {
    BusError::Damaged { path: path.display().to_string(), offset, reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use model::Stream;

    use crate::embedded::{Config, EmbeddedBus};
    use crate::{Bus, BusError, Class, Record, Sequence, Start};

    fn record() -> Vec<Record> {
        vec![Record { key: "key".into(), id: None, data: "{}".into() }]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn after_a_failed_sync_nothing_is_acknowledged_although_the_disk_comes_back() {
        let dir = tempfile::tempdir().expect("scratch");
        let bus = EmbeddedBus::open(dir.path(), Config::default()).expect("opens");
        let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
        bus.publish(Stream::Orders, record()).await.expect("the disk works");
        bus.break_disk().store(true, Ordering::SeqCst);
        let mut publishers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let bus = bus.clone();
            publishers.spawn(async move { bus.publish(Stream::Orders, record()).await });
        }
        for result in publishers.join_all().await {
            let error = result.expect_err("the sync failed");
            assert!(matches!(&error, BusError::Io { what: "syncing", .. }), "{error}");
            assert_eq!(error.class(), Class::Unknown);
        }
        bus.break_disk().store(false, Ordering::SeqCst);
        bus.publish(Stream::Orders, record()).await.expect_err("what was lost once stays lost");
        assert_eq!(
            bus.newest(Stream::Orders).await.expect("asked"),
            Sequence(1),
            "readers see what is durable"
        );
        assert_eq!(reader.next(10).await.expect("acknowledged before").len(), 1);
        let error = reader.next(10).await.expect_err("the bus has failed");
        assert!(matches!(error, BusError::Io { .. }), "{error}");
        reader.ack(Sequence(1)).await.expect_err("no position can be kept");
        bus.close().await;
        let bus = EmbeddedBus::open(dir.path(), Config::default()).expect("opens anew");
        let newest = bus.newest(Stream::Orders).await.expect("asked");
        assert!(newest >= Sequence(1));
        assert_eq!(bus.publish(Stream::Orders, record()).await.expect("works"), [Sequence(newest.0 + 1)]);
    }
}
