//! A real nats-server with JetStream.
//!
//! [`Server::start`] writes a configuration into a folder of its own and starts the server on it. It can be stopped
//! in an orderly way, killed, and started again on the same port and folder.

mod options;
mod program;
mod server;

pub use options::Options;
pub use program::available;
pub use server::Server;
