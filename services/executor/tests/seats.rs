//! Seats of a shared app: their names are led to hosts, and nothing is deployed or removed for them.

#![allow(missing_docs, clippy::wildcard_enum_match_arm)]

mod lab;

use std::time::Duration;

use lab::seat::Seat;
use lab::{Lab, PARTS, Setup, completed, key, name, order, release, steps};
use model::{InstanceId, Order, OutcomeKind, Scope, SiteId, Step};
use relocation::Kind;

const ONE: &str = "0123456789abcdef";
const TWO: &str = "fedcba9876543210";

async fn shared(setup: Setup) -> Lab {
    let mut lab = Lab::new(setup).await;
    lab.spec.app.scope = Scope::Shared;
    lab
}

fn host_id(lab: &Lab, site: &str) -> InstanceId {
    key().per_site(&lab.spec.app.id, &SiteId::new(site).expect("valid"))
}

/// The order that starts or ends the host at a site.
fn host(lab: &Lab, site: &str, generation: u64, starts: bool) -> Order {
    let (source, target) = if starts { (None, Some(site)) } else { (Some(site), None) };
    order(host_id(lab, site).as_str(), generation, source, target)
}

/// A seat's order, with the host that it joins or leaves.
fn seat(lab: &Lab, whose: &str, generation: u64, source: Option<&str>, target: Option<&str>) -> Order {
    let host = host_id(lab, target.or(source).expect("a site"));
    Order { host: Some(host), ..order(whose, generation, source, target) }
}

#[tokio::test]
async fn two_seats_share_a_host_and_it_outlives_the_one_that_leaves() {
    let lab = shared(Setup::default()).await;
    let running = lab.start().await;
    let at_a = host(&lab, "a", 1, true);
    assert!(completed(&lab.carry_out(&at_a).await));
    let (one, two) = (seat(&lab, ONE, 1, None, Some("a")), seat(&lab, TWO, 1, None, Some("a")));
    for order in [&one, &two] {
        let told = lab.carry_out(order).await;
        assert_eq!(steps(&told), Kind::FirstPlacement.steps_of_seat(), "{told:?}");
        let Some(OutcomeKind::Completed { serving: Some(serving), .. }) = told.last() else {
            panic!("{told:?}")
        };
        assert_eq!(serving.deployment_intent_group, release(&at_a), "what the host has");
        assert_eq!(lab.leads_to(order), Some(("edge-a".into(), release(&at_a))));
        assert_eq!(lab.instance(order).await.and_then(|state| state.serving).as_ref(), Some(serving));
    }
    assert_eq!(lab.groups(), [release(&at_a)], "nothing else is deployed");

    let at_b = host(&lab, "b", 1, true);
    assert!(completed(&lab.carry_out(&at_b).await));
    let moved = seat(&lab, ONE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&moved).await;
    outcomes.progress(&moved, Step::Drain).await;
    let told = outcomes.of(&moved);
    assert_eq!(steps(&told), Kind::Move.steps_of_seat());
    assert!(completed(&told) && !told.contains(&OutcomeKind::Retired), "{told:?}");
    assert_eq!(lab.leads_to(&moved), Some(("edge-b".into(), release(&at_b))));
    assert_eq!(lab.leads_to(&two), Some(("edge-a".into(), release(&at_a))), "the other one stays");
    assert_eq!(lab.actions(&release(&at_a), "terminate"), 0);

    let gone = seat(&lab, ONE, 3, Some("b"), None);
    lab.give(&gone).await;
    outcomes.until(|o| o.relocation == gone.relocation && o.kind.ends_order()).await;
    assert_eq!(steps(&outcomes.of(&gone)), Kind::LetGo.steps_of_seat());
    assert_eq!(lab.names.of(&name(&gone)), None);
    assert_eq!(lab.actions(&release(&at_b), "terminate"), 0, "its host is not its own");
    let ended = host(&lab, "b", 2, false);
    let told = lab.carry_out(&ended).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    assert_eq!(lab.groups(), [release(&at_a)]);
    assert_eq!(lab.leads_to(&two), Some(("edge-a".into(), release(&at_a))));
    running.kill().await;
}

#[tokio::test]
async fn a_seat_waits_for_its_host_and_says_what_for_where_it_waits_in_vain() {
    let mut lab = shared(Setup::default()).await;
    lab.spec.deadlines.verify = Duration::from_secs(2);
    let running = lab.start().await;
    let early = seat(&lab, ONE, 1, None, Some("a"));
    let told = lab.carry_out(&early).await;
    let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
    let host_a = host_id(&lab, "a");
    assert!(reason.contains(&format!("host {host_a} of app ar is not known to serve at a")), "{reason}");
    assert_eq!(lab.names.of(&name(&early)), None);

    let mut outcomes = lab.outcomes().await;
    let (again, at_a) = (seat(&lab, ONE, 2, None, Some("a")), host(&lab, "a", 1, true));
    lab.give(&at_a).await;
    outcomes.progress(&at_a, Step::Ready).await;
    lab.give(&again).await;
    outcomes.end_of(&again).await;
    assert!(completed(&outcomes.of(&again)));
    running.kill().await;
}

#[tokio::test]
async fn a_seat_that_cannot_be_verified_is_led_back_and_no_host_suffers() {
    let mut lab = shared(Setup::default()).await;
    lab.spec.deadlines.verify = Duration::from_secs(2);
    let running = lab.start().await;
    let (at_a, at_b) = (host(&lab, "a", 1, true), host(&lab, "b", 1, true));
    let placed = seat(&lab, ONE, 1, None, Some("a"));
    for order in [&at_a, &at_b, &placed] {
        assert!(completed(&lab.carry_out(order).await));
    }
    // Nothing answers at the new host: somebody has stopped it behind our back.
    let composite =
        emco::CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    lab.client().terminate(&composite.group(release(&at_b))).await.expect("accepted");
    let served = lab.instance(&at_b).await.and_then(|state| state.serving).expect("it serves");
    while tokio::net::TcpStream::connect(&served.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let moved = seat(&lab, ONE, 2, Some("a"), Some("b"));
    let told = lab.carry_out(&moved).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Undone { .. })), "{told:?}");
    assert_eq!(lab.leads_to(&moved), Some(("edge-a".into(), release(&at_a))));
    assert_eq!(lab.groups(), [release(&at_a), release(&at_b)], "neither is removed");
    running.kill().await;
}

#[tokio::test]
async fn what_seats_are_served_by_is_not_removed() {
    let mut lab = shared(Setup::default()).await;
    lab.spec.deadlines.retire = Duration::from_secs(2);
    let running = lab.start().await;
    let (at_a, placed) = (host(&lab, "a", 1, true), seat(&lab, ONE, 1, None, Some("a")));
    for order in [&at_a, &placed] {
        assert!(completed(&lab.carry_out(order).await));
    }
    let ended = host(&lab, "a", 2, false);
    let told = lab.carry_out(&ended).await;
    let Some(OutcomeKind::Leftover { reason }) = told.last() else { panic!("{told:?}") };
    assert!(reason.contains(&format!("serves instance {ONE} still")), "{reason}");
    assert_eq!(lab.leads_to(&placed), Some(("edge-a".into(), release(&at_a))));
    // Once the seat has gone it is removed after all.
    let mut outcomes = lab.outcomes().await;
    let gone = seat(&lab, ONE, 2, Some("a"), None);
    lab.give(&gone).await;
    outcomes.until(|o| o.relocation == ended.relocation && o.kind == OutcomeKind::Retired).await;
    assert!(lab.groups().is_empty());
    running.kill().await;
}

#[tokio::test]
async fn orders_that_mistake_a_seat_for_something_else_are_refused() {
    let lab = shared(Setup::default()).await;
    let running = lab.start().await;
    let bare = order(ONE, 1, None, Some("a"));
    let joins = Order { host: Some(host_id(&lab, "b")), ..host(&lab, "a", 1, true) };
    let elsewhere = order(host_id(&lab, "a").as_str(), 2, None, Some("b"));
    for (order, why) in
        [(bare, "names no host"), (joins, "a host joins none"), (elsewhere, "names no host to join")]
    {
        let told = lab.carry_out(&order).await;
        let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
        assert!(reason.contains(why), "{reason}");
    }
    assert!(lab.groups().is_empty());
    running.kill().await;

    let alone = Lab::new(Setup::default()).await;
    let running = alone.start().await;
    let told = alone.carry_out(&seat(&lab, ONE, 1, None, Some("a"))).await;
    let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
    assert!(reason.contains("is not shared"), "{reason}");
    running.kill().await;
}

#[tokio::test]
async fn a_crash_after_any_step_of_a_seat_does_no_harm() {
    let mut runs = tokio::task::JoinSet::new();
    for &step in Kind::Move.steps_of_seat() {
        runs.spawn(async move {
            let lab = shared(Setup::default()).await;
            let running = lab.start().await;
            let (at_a, at_b) = (host(&lab, "a", 1, true), host(&lab, "b", 1, true));
            let placed = seat(&lab, ONE, 1, None, Some("a"));
            for order in [&at_a, &at_b, &placed] {
                assert!(completed(&lab.carry_out(order).await));
            }
            let moved = seat(&lab, ONE, 2, Some("a"), Some("b"));
            let mut outcomes = lab.outcomes().await;
            lab.give(&moved).await;
            outcomes.progress(&moved, step).await;
            running.kill().await;
            let running = lab.start().await;
            outcomes.progress(&moved, Step::Drain).await;
            assert!(completed(&outcomes.of(&moved)));
            assert_eq!(lab.leads_to(&moved), Some(("edge-b".into(), release(&at_b))));
            // The next order finds it where it is, and its host can go.
            let gone = seat(&lab, ONE, 3, Some("b"), None);
            lab.give(&gone).await;
            outcomes.until(|o| o.relocation == gone.relocation && o.kind.ends_order()).await;
            let told = lab.carry_out(&host(&lab, "b", 2, false)).await;
            assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
            assert_eq!(lab.groups(), [release(&at_a)]);
            running.kill().await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no crash does harm");
    }
}

/// With fixed names one group a cluster is all that may be: seats are not more.
#[tokio::test]
async fn replicas_find_the_hosts_of_each_other_and_seats_occupy_nothing() {
    let lab = shared(Setup { release_in_names: false, ..Setup::default() }).await;
    let seats = [Seat::new(&lab.bus), Seat::new(&lab.bus)];
    let running = [lab.start_at(&seats[0]).await, lab.start_at(&seats[1]).await];
    assert_eq!(PARTS, 2);
    seats[0].give([0]);
    seats[1].give([1]);
    let (at_a, at_b) = (host(&lab, "a", 1, true), host(&lab, "b", 1, true));
    assert!(completed(&lab.carry_out(&at_a).await));
    assert!(completed(&lab.carry_out(&at_b).await));
    // These two are of different parts: one of them joins what the other replica has.
    for whose in [ONE, TWO] {
        assert!(completed(&lab.carry_out(&seat(&lab, whose, 1, None, Some("a"))).await), "{whose}");
        let moved = seat(&lab, whose, 2, Some("a"), Some("b"));
        let mut outcomes = lab.outcomes().await;
        lab.give(&moved).await;
        outcomes.progress(&moved, Step::Drain).await;
        assert_eq!(lab.names.of(&name(&moved)), lab.names.of(&name(&at_b)));
    }
    let told = lab.carry_out(&host(&lab, "a", 2, false)).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    // A site that is empty again takes the next host.
    assert!(completed(&lab.carry_out(&host(&lab, "a", 3, true)).await));
    for running in running {
        running.kill().await;
    }
}
