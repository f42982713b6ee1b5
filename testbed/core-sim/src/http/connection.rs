//! One connection, HTTP/1.1 or HTTP/2 with prior knowledge, told apart by its first bytes.

use super::{Call, Problem, Reply};
use crate::seen::Nf;
use crate::world::World;
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Largest body that is read; larger ones get 413.
pub(super) const MAX_BODY: usize = 1024 * 1024;
/// How long a peer may take to send a header, or a body.
const PATIENCE: Duration = Duration::from_secs(30);
/// Streams that one HTTP/2 connection may have open, as Go's server announces it.
const MAX_STREAMS: u32 = 250;

/// Serves a connection until it ends, is told to drain, or is cut off.
pub(super) async fn serve(
    world: Arc<World>,
    nf: Nf,
    stream: TcpStream,
    drain: CancellationToken,
    kill: CancellationToken,
) {
    let http2 = tokio::select! {
        found = timeout(PATIENCE, speaks_http2(&stream)) => match found {
            Ok(Some(http2)) => http2,
            Ok(None) | Err(_) => return,
        },
        () = drain.cancelled() => return,
        () = kill.cancelled() => return,
    };
    // Small answers must not wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let idle = world.config.goaway_after_idle.filter(|_| http2);
    let in_flight = watch::Sender::new(0_usize);
    let watched = in_flight.subscribe();
    let service = service_fn(|request| {
        in_flight.send_modify(|count| *count += 1);
        let (world, in_flight) = (Arc::clone(&world), in_flight.clone());
        async move {
            let response = answer(&world, nf, request).await;
            in_flight.send_modify(|count| *count -= 1);
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(64 * 1024);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut quiet = pin!(idle_for(watched, idle));
    let mut draining = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, ?nf, "connection ended");
                }
                return;
            }
            () = kill.cancelled() => return,
            () = drain.cancelled(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = quiet.as_mut(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Whether the peer starts with the HTTP/2 preface (RFC 9113 section 3.4); `None` if it leaves first.
async fn speaks_http2(stream: &TcpStream) -> Option<bool> {
    const PREFACE: &[u8] = b"PRI";
    let mut start = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut start).await.ok()?;
        if count == 0 {
            return None;
        }
        if !PREFACE.starts_with(&start[..count]) {
            return Some(false);
        }
        if count == PREFACE.len() {
            return Some(true);
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Returns when no request has been in flight for the given time; never without one.
async fn idle_for(mut in_flight: watch::Receiver<usize>, idle: Option<Duration>) {
    let Some(idle) = idle else { return std::future::pending().await };
    loop {
        if in_flight.wait_for(|count| *count == 0).await.is_err() {
            return std::future::pending().await;
        }
        if timeout(idle, in_flight.changed()).await.is_err() {
            return;
        }
    }
}

async fn answer(world: &World, nf: Nf, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let refused = |status: u16, cause| {
        let problem = Problem::cause(status, cause);
        (Bytes::new(), Some(problem.reply()))
    };
    let (body, refusal) = match timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(collected)) => (collected.to_bytes(), None),
        Ok(Err(error)) if error.is::<LengthLimitError>() => refused(413, "PAYLOAD_TOO_LARGE"),
        Ok(Err(_)) => refused(400, "UNSPECIFIED_MSG_FAILURE"),
        Err(_) => refused(408, "TIMED_OUT_REQUEST"),
    };
    let call = Call {
        nf,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        http2: parts.version == Version::HTTP_2,
        headers: parts.headers,
        body,
    };
    let reply: Reply = match refusal {
        Some(reply) => reply,
        None => world.answer(&call),
    };
    world.remember(call.seen(reply.status));
    reply.into_response()
}
