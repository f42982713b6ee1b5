//! The application that moves, its clients, and the DNS server that they ask: the edge's side of the testbed.
//!
//! Real sockets throughout: an instance of the application is a [`server::Server`] on an address of its own,
//! the names of the instances live in a [`dns::DnsServer`] that is changed by RFC 2136 updates, and a
//! [`client::Client`] stands for what runs on one UE. A client never retries and counts whatever a user would
//! have noticed, so a [`client::Report`] says whether a relocation was noticed.
//!
//! Nothing here knows of relocations, sites or EMCO, shares state with EdgeRoam or is part of its container
//! image. The DNS server is authoritative for one zone, keeps it in memory and does not recurse, transfer or
//! sign zones.

pub mod client;
pub mod dns;
pub mod server;
