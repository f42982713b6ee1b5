//! Replays recorded exchanges with a real EMCO against the simulator and compares every answer: status code,
//! content type and body, members that differ from run to run by shape only.
//!
//! The recordings are not part of the repository; without them every test here skips.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

mod archive;
mod compare;
mod form;
mod http;
mod recording;
mod replay;
mod scenarios;
