//! Feeds [`placement::Engine`] from the bus and carries out its commands.
//!
//! One task owns the engine. Readers decode `ue-events`, `outcomes`, `instances`, what is said of `sites` and the
//! operators' `commands`, and hand over batches; a publisher puts decisions, orders and what holds for sites on the bus
//! and only then lets the batch that they follow from be acknowledged. Nothing is written per event: the engine is kept as a snapshot with the positions that it has
//! seen, and a start reads the snapshot and what came after it. Orders that are on the bus already are adopted,
//! never computed again. Without a usable snapshot (the first start, another catalogue, another schema) the
//! engine is built from `instances`, `sites`, `commands`, `orders`, `outcomes` and the kept part of `ue-events`.
//!
//! Of several replicas one decides; the others follow the streams, so that taking over means reading little. Which one
//! it is, the bus says ([`bus::Share`]).
//!
//! What is decided is `placement`'s business, how an order is carried out the executor's. Public, pseudonymised
//! streams are derived elsewhere: `decisions` names UEs.
//!
//! Where somebody has to agree to a move, a webhook may be asked; its answers are commands like all others.
//!
//! Whoever wants to know why an instance is where it is, also where nothing was decided, asks by an [`Inquirer`].
//!
//! Main types: [`Decider`], [`Inputs`], [`Config`], [`StartError`], [`Inquirer`].

mod active;
mod asked;
mod checkpoint;
mod clock;
mod config;
mod feed;
mod history;
mod inquiry;
mod metrics;
mod publisher;
mod reader;
mod records;
mod run;
mod start;
mod term;
mod webhook;
mod wire;

pub use clock::Clock;
pub use config::{Config, WebhookConfig};
pub use inquiry::{About, Answer, Inquirer, InquiryError};
pub use start::{Decider, Inputs, StartError};
pub use webhook::WebhookError;
