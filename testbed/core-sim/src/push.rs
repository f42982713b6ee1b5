//! Notifications of the compliant personality: HTTP/2 with prior knowledge, in order for each subscription, tried
//! again while the receiver cannot be reached or answers 5xx or 429.

use bytes::Bytes;
use http::{Method, Request, Uri, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Notifications that may wait for one subscription; further ones are lost and counted.
const WAITING: usize = 1024;
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What became of the notifications so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushCounts {
    /// Answered with 2xx.
    pub delivered: u64,
    /// Attempts that failed and were followed by another.
    pub retried: u64,
    /// Given up: refused with 3xx or 4xx, or out of attempts.
    pub failed: u64,
    /// Lost because too many were waiting.
    pub dropped: u64,
}

#[derive(Default)]
struct Counters {
    delivered: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// Sends notifications.
pub(crate) struct Pusher {
    client: Client<HttpConnector, Full<Bytes>>,
    attempts: u32,
    retry_after: Duration,
    counters: Arc<Counters>,
    runtime: Handle,
}

/// The notifications of one subscription, in order; dropping it lets the waiting ones go out and then ends.
pub(crate) struct Queue {
    waiting: mpsc::Sender<Bytes>,
    counters: Arc<Counters>,
}

impl Queue {
    pub(crate) fn send(&self, body: Bytes) {
        if self.waiting.try_send(body).is_err() {
            self.counters.dropped.fetch_add(1, Relaxed);
        }
    }
}

/// The URI of a receiver that can be pushed to: plain http with an authority.
pub(crate) fn receiver(uri: &str) -> Option<Uri> {
    let uri: Uri = uri.parse().ok()?;
    (uri.scheme_str() == Some("http") && uri.authority().is_some()).then_some(uri)
}

impl Pusher {
    /// Must be called inside a tokio runtime, which then carries the senders.
    pub(crate) fn new(attempts: u32, retry_after: Duration) -> Pusher {
        let mut connector = HttpConnector::new();
        // A header and its body are two writes; the second must not wait for a delayed acknowledgement.
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build(connector);
        let counters = Arc::new(Counters::default());
        Pusher { client, attempts: attempts.max(1), retry_after, counters, runtime: Handle::current() }
    }

    pub(crate) fn counts(&self) -> PushCounts {
        let Counters { delivered, retried, failed, dropped } = &*self.counters;
        PushCounts {
            delivered: delivered.load(Relaxed),
            retried: retried.load(Relaxed),
            failed: failed.load(Relaxed),
            dropped: dropped.load(Relaxed),
        }
    }

    /// Opens a queue to a receiver; it ends at once when `scope` is cancelled.
    pub(crate) fn open(&self, to: Uri, scope: CancellationToken) -> Queue {
        let (waiting, mut queue) = mpsc::channel::<Bytes>(WAITING);
        let sender = Sender {
            client: self.client.clone(),
            attempts: self.attempts,
            retry_after: self.retry_after,
            counters: Arc::clone(&self.counters),
            to,
        };
        self.runtime.spawn(scope.run_until_cancelled_owned(async move {
            while let Some(body) = queue.recv().await {
                sender.deliver(body).await;
            }
        }));
        Queue { waiting, counters: Arc::clone(&self.counters) }
    }
}

struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    attempts: u32,
    retry_after: Duration,
    counters: Arc<Counters>,
    to: Uri,
}

impl Sender {
    async fn deliver(&self, body: Bytes) {
        let mut pause = self.retry_after;
        for attempt in 1..=self.attempts {
            match self.attempt(body.clone()).await {
                Some(status) if (200..300).contains(&status) => {
                    self.counters.delivered.fetch_add(1, Relaxed);
                    return;
                }
                Some(status) if status < 500 && status != 429 => break,
                Some(_) | None => {}
            }
            if attempt < self.attempts {
                self.counters.retried.fetch_add(1, Relaxed);
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.counters.failed.fetch_add(1, Relaxed);
        tracing::debug!(to = %self.to, "a notification was given up");
    }

    async fn attempt(&self, body: Bytes) -> Option<u16> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.to.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, application/problem+json")
            .body(Full::new(body))
            .ok()?;
        let response = timeout(ATTEMPT, self.client.request(request)).await.ok()?.ok()?;
        Some(response.status().as_u16())
    }
}
