//! One broker for all tests of a binary. It ends with the process, whatever ends that.

use std::sync::OnceLock;

use brokers::kafka::{Kafka, Options, available};

static BROKER: OnceLock<Option<Kafka>> = OnceLock::new();

/// Where the broker is; nothing where there is none, which is said once.
pub(crate) fn address() -> Option<String> {
    let started = BROKER.get_or_init(|| match available() {
        Ok(install) => Some(Kafka::start(&install, &Options::default()).expect("a broker")),
        Err(reason) => {
            eprintln!("{reason}");
            None
        }
    });
    started.as_ref().map(Kafka::address)
}
