//! What every service needs around its logic: configuration, telemetry, the admin port, who may ask on a port, and an
//! orderly stop.
//!
//! Nothing here knows what a service does. The binary loads one configuration file with [`config::load`], starts
//! logging with [`telemetry::init`], opens the [`admin`] port and passes one cancellation token, fed by
//! [`stop::on_signal`], to all that it starts.

pub mod access;
pub mod admin;
pub mod config;
pub mod problem;
pub mod stop;
pub mod telemetry;
