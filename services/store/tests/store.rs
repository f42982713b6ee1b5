//! What the store promises its callers.
#![allow(clippy::unwrap_used)]

use std::fs;

use store::{Class, HISTORY, Store, StoreError};
use tempfile::TempDir;

fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.redb")).unwrap();
    (folder, store)
}

#[tokio::test]
async fn everything_is_there_after_a_reopen() {
    let (folder, store) = fresh();
    assert_eq!(store.append("a", b"one".to_vec()).await.unwrap(), 0);
    assert_eq!(store.append("a", b"two".to_vec()).await.unwrap(), 1);
    assert_eq!(store.append("b", vec![]).await.unwrap(), 0);
    store.put_snapshot("decider", vec![7; 100_000]).await.unwrap();
    store.put_fact("nf", b"id".to_vec()).await.unwrap();
    drop(store);
    let store = Store::open(folder.path().join("store.redb")).unwrap();
    assert_eq!(store.entries("a").await.unwrap(), [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(store.entries("b").await.unwrap(), [Vec::<u8>::new()]);
    assert_eq!(store.snapshot("decider").await.unwrap().unwrap(), vec![7; 100_000]);
    assert_eq!(store.fact("nf").await.unwrap().unwrap(), b"id");
    assert_eq!(store.append("a", b"three".to_vec()).await.unwrap(), 2);
}

#[tokio::test]
async fn open_sagas_come_in_the_order_of_their_first_entries() {
    let (_folder, store) = fresh();
    for saga in ["z", "a", "m"] {
        store.append(saga, saga.into()).await.unwrap();
    }
    store.append("z", b"more".to_vec()).await.unwrap();
    store.close_saga("a").await.unwrap();
    let open = store.open_sagas().await.unwrap();
    let names: Vec<_> = open.iter().map(|(name, log)| (name.as_str(), log.len())).collect();
    assert_eq!(names, [("z", 2), ("m", 1)]);
}

#[tokio::test]
async fn a_closed_saga_stays_readable_and_takes_no_more_entries() {
    let (_folder, store) = fresh();
    store.append("a", b"one".to_vec()).await.unwrap();
    store.close_saga("a").await.unwrap();
    store.close_saga("a").await.unwrap();
    store.close_saga("never there").await.unwrap();
    assert_eq!(store.entries("a").await.unwrap(), [b"one".to_vec()]);
    let refused = store.append("a", b"two".to_vec()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::SagaClosed(name) if name == "a"), "{refused}");
    assert_eq!(refused.class(), Class::Permanent);
    assert_eq!(store.entries("a").await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_keeps_the_last_closed_sagas_and_no_more() {
    let (_folder, store) = fresh();
    let excess = 3;
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (lane..HISTORY).step_by(64) {
                store.append(&format!("saga-{number}"), b"entry".to_vec()).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for lane in 0..excess {
        store.append(&format!("oldest-{lane}"), b"entry".to_vec()).await.unwrap();
        store.close_saga(&format!("oldest-{lane}")).await.unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in (lane..HISTORY).step_by(64) {
                store.close_saga(&format!("saga-{number}")).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for lane in 0..excess {
        assert!(store.entries(&format!("oldest-{lane}")).await.unwrap().is_empty());
    }
    for number in 0..HISTORY {
        assert_eq!(store.entries(&format!("saga-{number}")).await.unwrap().len(), 1, "saga-{number}");
    }
    assert!(store.open_sagas().await.unwrap().is_empty());
    assert_eq!(store.append("oldest-0", vec![]).await.unwrap(), 0, "a forgotten name begins anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_get_every_index_once_and_keep_each_callers_order() {
    let (_folder, store) = fresh();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..32_u8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut last = None;
            for number in 0..25_u8 {
                let index = store.append("shared", vec![caller, number]).await.unwrap();
                assert!(last < Some(index));
                last = Some(index);
            }
        });
    }
    tasks.join_all().await;
    let entries = store.entries("shared").await.unwrap();
    assert_eq!(entries.len(), 32 * 25);
    for caller in 0..32 {
        let own: Vec<_> = entries.iter().filter(|e| e[0] == caller).map(|e| e[1]).collect();
        assert_eq!(own, (0..25).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_file_at_that_moment() {
    let (folder, store) = fresh();
    let copy = folder.path().join("copy.redb");
    for round in 0..20_u64 {
        store.append("saga", round.to_be_bytes().to_vec()).await.unwrap();
        // What a crash at this moment leaves behind: the file as it is, never closed.
        fs::copy(folder.path().join("store.redb"), &copy).unwrap();
        let crashed = Store::open(&copy).unwrap();
        let entries = crashed.entries("saga").await.unwrap();
        assert_eq!(entries.last().unwrap(), &round.to_be_bytes());
        assert_eq!(entries.len() as u64, round + 1);
    }
}

#[tokio::test]
async fn facts_are_listed_by_prefix_in_order_and_can_be_removed() {
    let (_folder, store) = fresh();
    for key in ["drain/b", "drain/a", "drain", "drains/x", "nf"] {
        store.put_fact(key, key.into()).await.unwrap();
    }
    store.put_fact("drain/b", b"newer".to_vec()).await.unwrap();
    let listed = store.facts("drain/").await.unwrap();
    assert_eq!(listed, [("drain/a".into(), b"drain/a".to_vec()), ("drain/b".into(), b"newer".to_vec())]);
    store.remove_fact("drain/a").await.unwrap();
    store.remove_fact("drain/a").await.unwrap();
    assert_eq!(store.fact("drain/a").await.unwrap(), None);
    assert_eq!(store.facts("").await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_second_opener_is_told_who_has_the_file() {
    let (folder, store) = fresh();
    let path = folder.path().join("store.redb");
    let refused = Store::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("store.redb"));
    drop(store);
    Store::open(&path).unwrap();
}

#[tokio::test]
async fn garbage_and_truncated_files_are_refused_by_name() {
    let (folder, store) = fresh();
    let path = folder.path().join("store.redb");
    for number in 0..50_u8 {
        store.append("saga", vec![number; 10_000]).await.unwrap();
    }
    drop(store);
    let whole = fs::read(&path).unwrap();
    let mut wiped = whole.clone();
    wiped[4_096..].fill(0xA5);
    for (what, bytes) in [
        ("no store at all", b"certainly no store".repeat(1_000)),
        ("cut in the middle", whole[..whole.len() / 3].to_vec()),
        ("all pages overwritten", wiped),
    ] {
        fs::write(&path, bytes).unwrap();
        let refused = Store::open(&path).expect_err(what);
        assert!(matches!(refused, StoreError::Damaged { .. }), "{what}: {refused}");
        assert!(refused.to_string().contains("store.redb"), "{what}: {refused}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_with_its_name() {
    let refused = Store::open("no-such-folder/store.redb").unwrap_err();
    assert!(refused.to_string().contains("no-such-folder/store.redb"), "{refused}");
}

#[tokio::test]
async fn names_beyond_the_limit_are_refused() {
    let (_folder, store) = fresh();
    let long = "x".repeat(1_025);
    let refused = store.append(&long, vec![]).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { limit: 1_024, .. }), "{refused}");
    assert!(store.put_fact(&long, vec![]).await.is_err());
}
