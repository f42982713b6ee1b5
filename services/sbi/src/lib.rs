//! Plumbing of the service-based interface (TS 29.500, TS 29.501): what every consumer and producer needs.
//!
//! [`Client`] sends bounded requests over HTTP/1.1 or HTTP/2 with prior knowledge, [`Caller`] adds access tokens
//! of [`oauth2`], [`nrf::Nrf`] speaks with the NRF, [`server`] listens for callbacks on one port for HTTP/1.1 and
//! HTTP/2, and [`problem`] is the one place where problem details are built and read.
//!
//! It knows no AMF, SMF or NEF, keeps no UE and decides nothing about retries: every error answers
//! [`class`](CallError::class) and the caller goes by that. The one exception is a request that provably never
//! left this process (the peer closed the connection first): it is sent again at once.
//!
//! Whoever runs this installs rustls' crypto provider first; [`Client::new`] says so where it is missing.

mod caller;
mod class;
mod client;
pub mod nrf;
pub mod oauth2;
pub mod problem;
pub mod server;
mod tls;

pub use caller::Caller;
pub use class::Class;
pub use client::{Answer, BuildError, CallError, Client, ClientConfig, Content, HttpVersion, Request};
pub use tls::{TlsError, TlsFiles};
