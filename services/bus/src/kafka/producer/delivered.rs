//! What becomes of each record.

use std::sync::Arc;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;
use tokio::sync::Notify;

use crate::kafka::client::Listener;
use crate::kafka::fate::Fate;

/// Hears of each record's fate.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) listener: Listener,
    pub(super) progress: Arc<Notify>,
}

impl ClientContext for Delivered {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.listener.log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.listener.error(error, reason);
    }
}

impl ProducerContext for Delivered {
    type DeliveryOpaque = Arc<Fate>;

    fn delivery(&self, result: &DeliveryResult<'_>, fate: Arc<Fate>) {
        match result {
            Ok(message) => fate.tell(Ok(message.offset())),
            Err((error, message)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                fate.tell(Err((code, message.topic())));
            }
        }
        self.progress.notify_waiters();
    }
}
