//! What operators ask for: putting commands on the bus, seeing what holds for sites, and asking the decider why an
//! instance is where it is.
//!
//! On a broker the command line writes to stream `commands` itself. An embedded bus belongs to one process, so that one
//! takes commands on its admin port and answers once its bus has them. What a command does is the decider's business.
//!
//! Main types: [`Names`], [`SiteView`], [`Desk`], [`Admin`]; [`http::router`].

mod admin;
mod desk;
mod http;
mod names;
mod publish;
mod request;
mod view;

pub(crate) use admin::Admin;
pub(crate) use desk::Desk;
pub(crate) use http::{Counter, router};
pub(crate) use names::Names;
pub(crate) use view::SiteView;

use model::Timestamp;

/// The system's clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
