//! The requests of a connection, in the connection's own task.
//!
//! One commit of the bus lets hundreds of requests be answered at once. With a task for each of them every answer is
//! a wake-up of its own, and mostly a write of its own. Here a connection wakes once, polls all that became ready,
//! and hyper writes the answers together.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::rt::Executor;

type Request = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where hyper puts the requests of one connection.
#[derive(Clone, Default)]
pub(super) struct Requests {
    fresh: Arc<Mutex<Vec<Request>>>,
}

impl Requests {
    /// Drives `connection`, which has these requests, with them.
    pub(super) fn along_with<C: Future + Unpin>(self, connection: C) -> Together<C> {
        Together { connection, requests: self, running: FuturesUnordered::new() }
    }

    fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Requests {
    fn execute(&self, request: F) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(request));
    }
}

/// A connection with its requests; those that are under way when it ends, end with it.
pub(super) struct Together<C> {
    connection: C,
    requests: Requests,
    running: FuturesUnordered<Request>,
}

impl<C: Future + Unpin> Future for Together<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        loop {
            // Answers come first, so that the connection finds all of them when it writes.
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {}
            if let Poll::Ready(ended) = Pin::new(&mut self.connection).poll(cx) {
                return Poll::Ready(ended);
            }
            let fresh = self.requests.take();
            if fresh.is_empty() {
                return Poll::Pending;
            }
            self.running.extend(fresh);
        }
    }
}
