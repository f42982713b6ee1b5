//! The 3GPP types that we speak: a hand-written subset of the Release 17 OpenAPI schemas, one file per TS.
//!
//! Only members that EdgeRoam reads or writes are here; others are skipped on reading. A member that a schema
//! requires is never optional here, and a member that is here exists in the schema: `tests/official.rs` holds
//! every struct against the official YAML. Names are those of the specifications, in Rust's case.
//!
//! Types that occur in location reports are generic over their text, `S`: [`String`] by default, or [`Text`],
//! which borrows from the input, where a million reports are read and dropped again.
//!
//! What this deliberately is not: a complete or generated model, a client, or a validator. Identifiers stay text;
//! `model` is where they become valid values.
//!
//! Main types: [`ts29518::AmfEventNotification`], [`ts29518::AmfCreateEventSubscription`],
//! [`ts29508::NsmfEventExposureNotification`], [`ts29571::UserLocation`], [`ts29510::NfProfile`],
//! [`problem::ProblemDetails`].

mod open_enum;
pub mod problem;
mod text;
pub mod ts23032;
pub mod ts29508;
pub mod ts29510;
pub mod ts29518;
pub mod ts29571;

pub use text::Text;
