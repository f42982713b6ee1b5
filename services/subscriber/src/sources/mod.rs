//! Where events come from: polls of AMFs and their notifications.

pub(crate) mod amf_events;
pub(crate) mod amf_poll;
pub(crate) mod event_exposure;
mod kept;
