//! `kill -9` at every record of the saga log and at seeded moments: seen from the testbed, which survives, nothing
//! is lost, nothing is done twice, and no client notices.
#![allow(clippy::unwrap_used)]

#[path = "crash/evidence.rs"]
mod evidence;
#[path = "crash/processes.rs"]
mod processes;

use std::collections::BTreeSet;
use std::time::Duration;

use evidence::Evidence;
use processes::{All, Testbed};
use tokio::time::{Instant, timeout};

/// Kills at random moments; the seed makes the moments repeatable, not what happens in them.
const RANDOM_KILLS: u32 = 50;
const SEED: u64 = 0x00ed_9e0a_0000_0017;
/// So long without a record that has not been killed at yet, and the sagas have no more to offer.
const NOTHING_NEW: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_record_or_moment_loses_nothing_and_no_client_notices() {
    let folder = tempfile::tempdir().unwrap();
    let testbed = Testbed::start(folder.path(), &["--pod-port", "18381"]).await;

    let killed_at = kill_at_every_record(&testbed).await;
    eprintln!("killed at {} kinds of saga record: {killed_at:?}", killed_at.len());
    for wanted in ["Started Prepare", "Started Start", "Started Ready", "Started Steer", "Started Verify"] {
        assert!(killed_at.contains(wanted), "no kill at `{wanted}`");
    }
    for wanted in ["Succeeded Verify", "Started Drain", "Started Retire", "Succeeded Forget"] {
        assert!(killed_at.contains(wanted), "no kill at `{wanted}`");
    }
    kill_at_random_moments(&testbed).await;

    let all = All::start(&testbed.config);
    let evidence =
        evidence::when_settled(&testbed, evidence::of_embedded(&testbed), Duration::from_secs(180)).await;
    all.stop().await;
    let clients = testbed.stop().await;

    evidence.one_group_for_each_relocation();
    evidence.a_ready_release_of_each_instance_at_every_instant();
    evidence.every_order_has_ended();
    assert!(clients.requests > 1000, "the clients hardly ran: {clients:?}");
    assert_eq!(clients.failed, 0, "clients noticed: {clients:?}");
}

/// Kills at each kind of record (event and step) once, as soon as the record is in the log.
async fn kill_at_every_record(testbed: &Testbed) -> BTreeSet<String> {
    let mut killed_at = BTreeSet::new();
    loop {
        let mut all = All::start(&testbed.config);
        let begun = Instant::now();
        let fresh = loop {
            let left = NOTHING_NEW.saturating_sub(begun.elapsed());
            match timeout(left, all.record()).await {
                Ok(record) if !killed_at.contains(&record) => break Some(record),
                Ok(_) => {}
                Err(_) => break None,
            }
        };
        all.kill().await;
        match fresh {
            Some(record) => killed_at.insert(record),
            None => return killed_at,
        };
    }
}

async fn kill_at_random_moments(testbed: &Testbed) {
    let mut random = SEED;
    for _ in 0..RANDOM_KILLS {
        // xorshift64*: any spread will do.
        random ^= random >> 12;
        random ^= random << 25;
        random ^= random >> 27;
        let millis = 100 + random.wrapping_mul(0x2545_f491_4f6c_dd1d) % 1_500;
        let all = All::start(&testbed.config);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        all.kill().await;
    }
}

#[test]
fn the_evidence_would_tell_if_something_were_lost() {
    evidence::would_tell();
    let _ = Evidence::default();
}
