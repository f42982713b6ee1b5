//! What the simulator does beyond what was recorded: instances that answer, faults on request, listeners, views.
#![allow(missing_docs, clippy::unwrap_used)]

mod faults;
#[path = "../golden/form.rs"]
mod form;
#[path = "../golden/http.rs"]
mod http;
mod instances;
mod interface;
mod lab;
