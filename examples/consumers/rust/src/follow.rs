//! Reads the stream of events through a durable consumer.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_nats::ConnectOptions;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{DeliverPolicy, PullConsumer};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;

use crate::args::Args;
use crate::event::Event;
use crate::latest;
use crate::ledger::Ledger;

const STREAM: &str = "EDGEROAM_EVENTS";
/// Only these kinds of events leave the server.
const KINDS: [&str; 7] = [
    "relocation-ordered",
    "relocation-progress",
    "relocation-completed",
    "relocation-undone",
    "relocation-failed",
    "relocation-fenced",
    "instance",
];
/// Before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows until the ledger is full. A server or stream that is not there (yet) is waited for.
pub(crate) async fn follow(args: &Args, ledger: &mut Ledger) -> anyhow::Result<()> {
    let options = ConnectOptions::new().name(&args.name).retry_on_initial_connect();
    let client = options.connect(&args.url).await.with_context(|| format!("connecting to {}", args.url))?;
    let jetstream = jetstream::new(client);
    let mut joined = false;
    loop {
        match read(&jetstream, args, ledger, &mut joined).await {
            Ok(()) => return Ok(()),
            Err(error) => note(&format!("{error:#}; trying again"))?,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn read(
    jetstream: &Context,
    args: &Args,
    ledger: &mut Ledger,
    joined: &mut bool,
) -> anyhow::Result<()> {
    // The durable consumer first: what changes while the states are read is not missed.
    let consumer = durable(jetstream, args).await?;
    if !*joined {
        latest::show(jetstream).await?;
        *joined = true;
    }
    let mut messages = consumer.messages().await?;
    while let Some(message) = messages.next().await {
        let message = message.with_context(|| format!("reading {STREAM}"))?;
        if let Some(event) = Event::of(&message.message) {
            ledger.event(&event)?;
        }
        if ledger.is_full() {
            // The server confirms it, so that the next start does not begin with this event again.
            return message.double_ack().await.map_err(|error| anyhow!("acknowledging: {error}"));
        }
        message.ack().await.map_err(|error| anyhow!("acknowledging: {error}"))?;
    }
    Err(anyhow!("the consumer {} has gone", args.name))
}

/// The consumer that keeps this program's position at the server. Delete it there when it is not needed any more.
async fn durable(jetstream: &Context, args: &Args) -> anyhow::Result<PullConsumer> {
    let stream = jetstream.get_stream(STREAM).await.with_context(|| format!("stream {STREAM}"))?;
    let config = Config {
        durable_name: Some(args.name.clone()),
        deliver_policy: if args.from_oldest { DeliverPolicy::All } else { DeliverPolicy::New },
        filter_subjects: KINDS.map(|kind| format!("edgeroam.v1.{kind}.>")).to_vec(),
        // One at a time: an event that is delivered again does not come after its successors.
        max_ack_pending: 1,
        ack_wait: Duration::from_secs(5),
        ..Config::default()
    };
    let consumer = stream.get_or_create_consumer(&args.name, config).await;
    consumer.with_context(|| format!("consumer {} of {STREAM}", args.name))
}

fn note(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{line}")
}
