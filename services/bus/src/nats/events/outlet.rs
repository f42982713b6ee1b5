//! Where public events are put.

use std::sync::Arc;

use async_nats::header::{HeaderValue, NATS_MESSAGE_ID};
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{streams, subject, wire};
use crate::nats::link::Link;
use crate::nats::publish::{Message, Options, Publisher};
use crate::nats::{Config, setup, text};
use crate::public::{ContentMode, NATS_STREAM, Outlet, PublicEvent};
use crate::{BusError, Class};

/// Puts public events on JetStream. An event that was put before is suppressed by its source and id, for as long as
/// the duplicate window remembers it.
#[derive(Debug)]
pub struct NatsOutlet {
    link: Link,
    publisher: Publisher,
    mode: ContentMode,
    closing: CancellationToken,
}

impl NatsOutlet {
    /// Connects, and makes or checks the streams of public events, as [`Config::create`] says.
    ///
    /// # Errors
    /// [`BusError::Config`] names a setting, [`BusError::Broker`] the servers and the stream with what is wrong.
    pub async fn connect(config: &Config, mode: ContentMode) -> Result<Arc<dyn Outlet>, BusError> {
        let link = Link::connect(config).await?;
        let atomic = setup::stream(&link, config.create, streams::all(&link, config)).await?;
        setup::stream(&link, config.create, streams::latest(&link, config)).await?;
        let options = Options {
            stream: NATS_STREAM.into(),
            atomic,
            session: link.session(),
            queue: config.queue,
            retry_for: config.retry_for,
        };
        let closing = CancellationToken::new();
        let publisher = Publisher::start(&link, options, &closing, &TaskTracker::new());
        Ok(Arc::new(Self { link, publisher, mode, closing }))
    }

    fn message(&self, event: &PublicEvent) -> Result<Message, BusError> {
        let refused = |reason: &str| {
            self.link.error(&format!("publishing on stream {NATS_STREAM}"), reason, Class::Permanent)
        };
        let attribute =
            |name: &str| event.attribute(name).ok_or_else(|| refused(&format!("no attribute {name}")));
        let id = format!("{}#{}", text::encode(attribute("source")?), text::encode(attribute("id")?));
        let (mut headers, payload) = wire::encode(event, self.mode).map_err(|reason| refused(&reason))?;
        headers.insert(NATS_MESSAGE_ID, HeaderValue::from(&*id));
        let subject = subject::of(event).into();
        Ok(Message { key: event.key.clone(), id: id.into(), subject, headers, payload })
    }
}

#[async_trait]
impl Outlet for NatsOutlet {
    async fn put(&self, events: Vec<PublicEvent>) -> Result<(), BusError> {
        let messages: Vec<_> = events.iter().map(|event| self.message(event)).collect::<Result<_, _>>()?;
        if !messages.is_empty() {
            self.publisher.publish(messages).await?;
        }
        Ok(())
    }
}

impl Drop for NatsOutlet {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
