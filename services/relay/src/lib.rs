//! Derives the public events from the internal streams.
