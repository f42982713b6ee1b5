//! Steering: makes the users' traffic follow an instance to where it was moved.
//!
//! One module a way of doing it. [`dns`] points the instance's name at its new address by one RFC 2136 update
//! signed with TSIG, which works with every authoritative server that takes dynamic updates (BIND, Knot,
//! PowerDNS, Windows DNS).
//!
//! The crate carries out and reports; it decides nothing and never tries again by itself. Every error says by
//! [`SteeringError::class`] whether trying again makes sense. It does not resolve names for anybody else,
//! does not wait for caches to run out (a drain does) and does not know what an instance is.

pub mod dns;
mod error;

pub use error::{Class, SteeringError};
