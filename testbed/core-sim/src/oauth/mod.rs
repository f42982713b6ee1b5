//! Access tokens: the key that signs them and the two ways to check them.

mod free5gc;
mod keys;
mod strict;

pub(crate) use free5gc::verify as verify_free5gc;
pub(crate) use keys::Keys;
pub(crate) use strict::{Refusal, verify as verify_strict};
