//! What is under way at a stop is seen through, within reason.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long one exchange with the core may go on after a stop.
pub(crate) const GOODBYE: Duration = Duration::from_secs(3);

/// The outcome of `work`, which gets [`GOODBYE`] more after `stop`: an answer that names what was made at the
/// core must not be lost, or nobody could end it. `None` where it did not come.
pub(crate) async fn seen_through<T>(work: impl Future<Output = T>, stop: &CancellationToken) -> Option<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        () = stop.cancelled() => tokio::time::timeout(GOODBYE, work).await.ok(),
        done = &mut work => Some(done),
    }
}
