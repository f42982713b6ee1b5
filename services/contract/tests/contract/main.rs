//! The contract as others see it: names, samples, schemas, the AsyncAPI document, and what may not change.
#![allow(clippy::unwrap_used)]

mod artefacts;
mod breaking;
mod committed;
mod derivation;
mod given;
mod lines;
mod names;
mod rules;
