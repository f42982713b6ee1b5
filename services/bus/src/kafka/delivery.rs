//! Records as they come from a topic.

use bytes::Bytes;
use rdkafka::message::Message;

use super::headers;
use crate::{Delivery, Sequence};

/// A record, at offset + 1; `None` for one without data, which takes its key's last value away.
pub(super) fn of(message: &impl Message) -> Option<Delivery> {
    let data = message.payload()?;
    Some(Delivery {
        sequence: sequence(message),
        key: key(message),
        id: headers::id(message).map(Into::into),
        data: Bytes::copy_from_slice(data),
    })
}

/// Its key; what is not text there was written by somebody else and is shown as far as it is.
pub(super) fn key(message: &impl Message) -> Box<str> {
    String::from_utf8_lossy(message.key().unwrap_or_default()).into()
}

/// Its position.
pub(super) fn sequence(message: &impl Message) -> Sequence {
    Sequence(u64::try_from(message.offset()).unwrap_or(0) + 1)
}
