//! Headers of records.

use rdkafka::message::{Header, Headers, Message, OwnedHeaders};

/// The header that carries a record's id.
const ID: &str = "edgeroam-id";

/// Headers of a record with this id.
pub(super) fn with_id(id: Option<&str>) -> Option<OwnedHeaders> {
    id.map(|id| OwnedHeaders::new_with_capacity(1).insert(Header { key: ID, value: Some(id) }))
}

/// A record's id.
pub(super) fn id(message: &impl Message) -> Option<&str> {
    text(message, ID)
}

/// A header's value, where it is there and text.
pub(super) fn text<'a>(message: &'a impl Message, name: &str) -> Option<&'a str> {
    let found = message.headers()?.iter().find(|header| header.key == name)?;
    std::str::from_utf8(found.value?).ok()
}
