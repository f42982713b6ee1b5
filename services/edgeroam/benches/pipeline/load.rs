//! The load: notifications of recorded size over h2c, 8 connections × 64 streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use url::Url;

/// Connections, as a core with some AMFs would hold them.
const CONNECTIONS: usize = 8;
/// Concurrent requests on each.
const STREAMS: usize = 64;

/// What a run showed.
pub(crate) struct Ran {
    /// Requests a second.
    pub(crate) rate: f64,
    /// What the whole process, load included, spent on a request: microseconds of a core.
    pub(crate) cpu_us: f64,
    /// From the moment at which a request was due to its answer, in microseconds.
    pub(crate) latency_us: Histogram<u64>,
}

/// Posts `bodies` to `url` and waits for every 204. Without a `rate` each stream sends as soon as it can; with one,
/// request n is due at n / rate and its latency counts from there. What can be made ready is ready before the clock
/// starts, so that the load takes as little of the machine as it can.
pub(crate) async fn post(url: &Url, rate: Option<f64>, bodies: Vec<Bytes>) -> anyhow::Result<Ran> {
    let next = Arc::new(AtomicUsize::new(0));
    let uri: Uri = url.as_str().parse()?;
    let count = bodies.len();
    let bodies: Arc<[Bytes]> = bodies.into();
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        senders.push(connect(url).await?);
    }
    let (started, spent) = (Instant::now(), cpu_seconds()?);
    let mut workers = Vec::new();
    for sender in senders {
        for _ in 0..STREAMS {
            let worker = Worker {
                sender: sender.clone(),
                uri: uri.clone(),
                next: next.clone(),
                rate,
                started,
                bodies: bodies.clone(),
            };
            workers.push(tokio::spawn(worker.run()));
        }
    }
    let mut latency_us = histogram()?;
    for worker in workers {
        latency_us.add(worker.await??)?;
    }
    let cpu_us = (cpu_seconds()? - spent) * 1e6 / count as f64;
    Ok(Ran { rate: count as f64 / started.elapsed().as_secs_f64(), cpu_us, latency_us })
}

/// CPU time of this process, user and system, in seconds (proc(5), stat: fields 14 and 15, of 10 ms each).
pub(crate) fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 =
        behind_name.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or(0)).sum();
    Ok(ticks as f64 / 100.0)
}

/// Microseconds up to a minute.
pub(crate) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

async fn connect(url: &Url) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let address = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

struct Worker {
    sender: SendRequest<Full<Bytes>>,
    uri: Uri,
    next: Arc<AtomicUsize>,
    rate: Option<f64>,
    started: Instant,
    bodies: Arc<[Bytes]>,
}

impl Worker {
    async fn run(mut self) -> anyhow::Result<Histogram<u64>> {
        let mut latency_us = histogram()?;
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(body) = self.bodies.get(n) else { return Ok(latency_us) };
            let due = match self.rate {
                Some(rate) => {
                    let due = self.started + Duration::from_secs_f64(n as f64 / rate);
                    tokio::time::sleep_until(due.into()).await;
                    due
                }
                None => Instant::now(),
            };
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = self.uri.clone();
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            anyhow::ensure!(status == 204, "notification {n} was answered {status}");
            answer.into_body().collect().await?;
            latency_us.saturating_record(u64::try_from(due.elapsed().as_micros())?.max(1));
        }
    }
}
