//! A reader of public events.

use std::collections::VecDeque;

use async_nats::jetstream::stream::State;
use async_trait::async_trait;

use super::{subject, wire};
use crate::BusError;
use crate::nats::Config;
use crate::nats::feed::{Feed, Found, Source};
use crate::nats::link::Link;
use crate::public::{Inlet, Interest, NATS_LATEST_STREAM, NATS_STREAM, PublicEvent};

/// No more events are returned at once.
const MOST: usize = 1_000;
/// The header with which the broker says where it took an event from: stream and position come first.
const TAKEN_FROM: &str = "Nats-Stream-Source";

/// A reader of public events that leaves no trace at the broker.
///
/// From the oldest event on, a reader first gets the last events of instances and sites that have left the stream
/// since. A reader of all topics is told where retention overtook it, once: it goes on behind the gap. One of some
/// topics cannot be told.
#[derive(Debug)]
pub struct NatsInlet {
    feed: Feed,
    /// Last events that are older than what the feed begins with.
    older: VecDeque<PublicEvent>,
    /// The position after the last one, where every position is wanted.
    wanted: Option<u64>,
    held: Option<Found>,
}

impl NatsInlet {
    /// Connects and begins to read.
    ///
    /// # Errors
    /// [`BusError::Config`] names a setting, [`BusError::Broker`] the servers and the stream with what is wrong.
    pub async fn connect(config: &Config, interest: &Interest) -> Result<Box<dyn Inlet>, BusError> {
        let link = Link::connect(config).await?;
        let state = state(&link, NATS_STREAM).await?;
        let mut older = VecDeque::new();
        let mut from = state.last_sequence + 1;
        if interest.from_oldest {
            from = state.first_sequence;
            older = last_events(&link, interest, from).await?;
        }
        let source = Source { stream: NATS_STREAM.into(), subjects: subject::filters(&interest.topics) };
        let wanted = interest.topics.is_empty().then_some(from.max(1));
        let feed = Feed::new(&link, source, from);
        Ok(Box::new(Self { feed, older, wanted, held: None }))
    }
}

#[async_trait]
impl Inlet for NatsInlet {
    async fn next(&mut self) -> Result<Vec<PublicEvent>, BusError> {
        let mut events: Vec<_> = self.older.drain(..).collect();
        while events.is_empty() {
            let mut found = match self.held.take() {
                Some(held) => Some(held),
                None => Some(self.feed.next().await?),
            };
            while let Some(next) = found.take() {
                if let Some(wanted) = self.wanted
                    && next.sequence > wanted
                {
                    let oldest = next.sequence;
                    self.wanted = Some(oldest);
                    self.held = Some(next);
                    if events.is_empty() {
                        return Err(fell_behind(wanted, oldest));
                    }
                    self.wanted = Some(wanted);
                    break;
                }
                self.wanted = self.wanted.map(|_| next.sequence + 1);
                events.extend(wire::decode(next.message.message));
                if events.len() < MOST {
                    found = self.feed.next_ready();
                }
            }
        }
        Ok(events)
    }
}

fn fell_behind(wanted: u64, oldest: u64) -> BusError {
    BusError::FellBehind { stream: NATS_STREAM, consumer: "inlet".into(), wanted, oldest }
}

async fn state(link: &Link, stream: &str) -> Result<State, BusError> {
    let what = format!("reading stream {stream}");
    let handle = link.jetstream.get_stream(stream).await.map_err(|error| link.transient(&what, &error))?;
    Ok(handle.cached_info().state.clone())
}

/// The last events of what keeps them, as far as they were put before this position.
async fn last_events(
    link: &Link,
    interest: &Interest,
    before: u64,
) -> Result<VecDeque<PublicEvent>, BusError> {
    let state = state(link, NATS_LATEST_STREAM).await?;
    let wanted = |event: &PublicEvent| interest.topics.is_empty() || interest.topics.contains(&event.topic);
    let mut events = VecDeque::new();
    if state.messages == 0 {
        return Ok(events);
    }
    let source = Source { stream: NATS_LATEST_STREAM.into(), subjects: Vec::new() };
    let mut feed = Feed::new(link, source, 1);
    loop {
        let Found { sequence, pending, message } = feed.next().await?;
        let headers = message.headers.as_ref();
        let taken_from = headers.and_then(|headers| headers.get(TAKEN_FROM));
        let position = taken_from.and_then(|value| value.as_str().split(' ').nth(1)?.parse::<u64>().ok());
        if position.is_some_and(|position| position < before) {
            events.extend(wire::decode(message.message).filter(wanted));
        }
        if pending == 0 && sequence >= state.last_sequence {
            return Ok(events);
        }
    }
}
