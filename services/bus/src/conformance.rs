//! The suite that every adapter passes: what services rely on, told in tests.
//!
//! Each function takes a factory that opens the same bus again: at first an empty one, later with what it held when
//! the last handle was dropped. An adapter's tests call every function with a bus of its own, on a runtime with more
//! than one thread. A function panics with what does not hold. One function is for some adapters only and says so:
//! [`duplicates_are_suppressed_after_a_reopen`].
//!
//! The factory's bus must be configured so:
//! - records of up to [`RECORD_LIMIT`] bytes (key, id and data together) are taken, larger ones refused;
//! - retention keeps [`RETAINED`] bytes of [`model::Stream::Commands`] and of [`model::Stream::Instances`] and lets
//!   what lies far behind go soon; all other streams keep everything that the suite publishes.

mod delivery;
mod duplicates;
mod flow;
mod latest;
mod order;
mod poison;
mod retention;
mod start;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::Stream;

use crate::{Bus, Consumer, Delivery, Record, Sequence};

pub use delivery::{
    acknowledged_positions_survive_a_reopen, acknowledging_ahead_skips_nothing,
    consumers_of_different_names_do_not_disturb_each_other, unacknowledged_records_come_again,
    what_was_published_is_there_after_a_reopen,
};
pub use duplicates::{
    concurrent_duplicates_become_one_record, duplicates_are_suppressed,
    duplicates_are_suppressed_after_a_reopen, repetitions_after_a_reopen_are_delivered_once,
};
pub use flow::{
    a_dropped_read_loses_nothing, a_slow_consumer_stops_nobody,
    an_oversized_record_is_refused_with_its_batch, many_publishers_and_consumers_at_once,
    waiting_readers_are_woken,
};
pub use latest::{
    last_values_outlive_retention, latest_gives_the_last_value_of_every_key, logs_have_no_latest_values,
};
pub use order::{records_of_a_key_keep_their_order, sequences_only_grow_and_belong_to_their_stream};
pub use poison::what_cannot_be_digested_goes_to_dead_letter_once;
pub use retention::readers_behind_retention_are_told;
pub use start::consumers_begin_where_they_are_told;

/// Hands the names of the suite's functions to a macro that makes a test of each, so that no adapter misses one; further
/// names come behind them. [`duplicates_are_suppressed_after_a_reopen`] is not among them: only a broker that knows ids
/// can do that.
#[macro_export]
macro_rules! each_behaviour {
    ($make:ident $(, $more:ident)* $(,)?) => {
        $make! {
            records_of_a_key_keep_their_order,
            sequences_only_grow_and_belong_to_their_stream,
            what_was_published_is_there_after_a_reopen,
            unacknowledged_records_come_again,
            acknowledged_positions_survive_a_reopen,
            acknowledging_ahead_skips_nothing,
            consumers_of_different_names_do_not_disturb_each_other,
            duplicates_are_suppressed,
            repetitions_after_a_reopen_are_delivered_once,
            concurrent_duplicates_become_one_record,
            latest_gives_the_last_value_of_every_key,
            logs_have_no_latest_values,
            last_values_outlive_retention,
            consumers_begin_where_they_are_told,
            readers_behind_retention_are_told,
            a_slow_consumer_stops_nobody,
            many_publishers_and_consumers_at_once,
            an_oversized_record_is_refused_with_its_batch,
            waiting_readers_are_woken,
            a_dropped_read_loses_nothing,
            what_cannot_be_digested_goes_to_dead_letter_once,
            $($more,)*
        }
    };
}

/// Records of up to this many bytes are taken, larger ones refused.
pub const RECORD_LIMIT: usize = 64 << 10;
/// Retention keeps this many bytes of `commands` and of `instances`.
pub const RETAINED: u64 = 256 << 10;

/// Whoever waits longer than this hangs.
const HANG: Duration = Duration::from_secs(120);

fn record(key: &str, data: impl Into<Bytes>) -> Record {
    Record { key: key.into(), id: None, data: data.into() }
}

fn with_id(key: &str, id: &str, data: impl Into<Bytes>) -> Record {
    Record { id: Some(id.into()), ..record(key, data) }
}

fn number(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_le_bytes())
}

fn as_number(delivery: &Delivery) -> u64 {
    u64::from_le_bytes(delivery.data[..8].try_into().expect("eight bytes"))
}

async fn publish(bus: &Arc<dyn Bus>, stream: Stream, records: Vec<Record>) -> Vec<Sequence> {
    within("publishing", bus.publish(stream, records)).await.expect("published")
}

/// Reads exactly this many records.
async fn read(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<Delivery> {
    let mut all = Vec::new();
    while all.len() < count {
        let batch = within("reading", consumer.next(count - all.len())).await.expect("records");
        assert!(!batch.is_empty(), "a reader waits for at least one record");
        all.extend(batch);
        assert!(all.len() <= count, "a reader returns at most what it is asked for");
    }
    all
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(HANG, future).await {
        Ok(result) => result,
        Err(_) => panic!("{what} hangs"),
    }
}
