//! The REST interface.

mod answer;
pub(crate) mod listen;
mod resource;
mod route;
mod serve;
mod upload;
