//! What executors that share the instances must agree upon, and what they do when the bus leaves them in doubt.

#![allow(missing_docs)]

mod lab;

use std::collections::BTreeMap;
use std::time::Duration;

use catalogue::{Adopted, AdoptedInstance};
use lab::operator::operator_at;
use lab::seat::Seat;
use lab::{Lab, OTHER, PARTS, Running, Setup, UE, completed, order, release};
use model::{InstanceId, OutcomeKind, Step, Stream};

/// Two executors with a part each.
async fn two(lab: &Lab) -> [(Seat, Running); 2] {
    let seats = [Seat::new(&lab.bus), Seat::new(&lab.bus)];
    let running = [lab.start_at(&seats[0]).await, lab.start_at(&seats[1]).await];
    let [one, other] = seats;
    one.give([0]);
    other.give([1]);
    let [first, second] = running;
    [(one, first), (other, second)]
}

async fn kill(running: [(Seat, Running); 2]) {
    for (_, running) in running {
        running.kill().await;
    }
}

#[tokio::test]
async fn each_takes_over_the_running_groups_of_its_own_instances() {
    let adopted = |instance, group: &str| Adopted {
        instance: AdoptedInstance::Id(InstanceId::new(instance).expect("valid")),
        deployment_intent_group: group.to_owned(),
    };
    let instances = vec![adopted(UE, "one"), adopted(OTHER, "two")];
    let lab = Lab::new(Setup { instances, ..Setup::default() }).await;
    operator_at(&lab, "one", "edge-r1", "edge-a", &[]).await;
    operator_at(&lab, "two", "edge-r2", "edge-b", &[]).await;
    let running = two(&lab).await;
    assert!(completed(&lab.carry_out_when_taken_over(&order(UE, 1, Some("a"), Some("c"))).await));
    assert!(completed(&lab.carry_out(&order(OTHER, 1, Some("b"), Some("c"))).await));
    let mut told = BTreeMap::<_, usize>::new();
    for record in lab.bus.all(Stream::Instances) {
        *told.entry(record.key).or_default() += 1;
    }
    // Once when it was taken over, and once when it was moved.
    assert_eq!(told.into_values().collect::<Vec<_>>(), [2, 2]);
    kill(running).await;
}

#[tokio::test]
async fn a_chart_with_fixed_names_is_on_a_cluster_once_whoever_brings_it() {
    let lab = Lab::new(Setup { release_in_names: false, ..Setup::default() }).await;
    let running = two(&lab).await;
    let (one, other) = (order(UE, 1, None, Some("a")), order(OTHER, 1, None, Some("a")));
    assert!(completed(&lab.carry_out(&one).await));
    let told = lab.carry_out(&other).await;
    let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
    assert!(reason.contains("edge/edge-a is occupied") && reason.contains(&release(&one)), "{reason}");
    assert!(completed(&lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await));
    assert!(completed(&lab.carry_out(&order(OTHER, 2, None, Some("a"))).await), "now it is free");
    kill(running).await;
}

#[tokio::test]
async fn of_two_that_want_the_same_cluster_at_once_one_gets_it() {
    let lab = Lab::new(Setup { release_in_names: false, ..Setup::default() }).await;
    let running = two(&lab).await;
    let mut outcomes = lab.outcomes().await;
    let both = [order(UE, 1, None, Some("a")), order(OTHER, 1, None, Some("a"))];
    lab.give(&both[0]).await;
    lab.give(&both[1]).await;
    let mut served = Vec::new();
    for order in &both {
        if completed(&outcomes.end_of(order).await) {
            served.push(release(order));
        }
    }
    assert_eq!((served.len(), lab.groups()), (1, served));
    kill(running).await;
}

#[tokio::test]
async fn answers_that_get_lost_are_made_up_for_by_what_is_read() {
    let lab = Lab::new(Setup::default()).await;
    let seat = Seat::new(&lab.bus);
    let running = lab.start_at(&seat).await;
    seat.give(0..PARTS);
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    assert!(completed(&lab.carry_out(&first).await));
    lab.bus.mute(Stream::Sagas, true);
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    assert!(completed(&outcomes.end_of(&second).await));
    lab.bus.mute(Stream::Sagas, false);
    assert_eq!(claims(&lab), usize::from(PARTS), "nothing had to be claimed anew");
    running.kill().await;
}

#[tokio::test]
async fn where_a_record_may_be_lost_the_part_is_claimed_anew() {
    let lab = Lab::new(Setup::default()).await;
    let seat = Seat::new(&lab.bus);
    let running = lab.start_at(&seat).await;
    seat.give(0..PARTS);
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    assert!(completed(&lab.carry_out(&first).await));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Prepare).await;
    // What is refused so may have been kept, for all that the executor knows.
    lab.bus.refuse(Stream::Sagas, true);
    tokio::time::sleep(Duration::from_secs(1)).await;
    lab.bus.refuse(Stream::Sagas, false);
    let told = outcomes.end_of(&second).await;
    lab::moved::check(&lab, &told).await;
    assert!(claims(&lab) > usize::from(PARTS));
    running.kill().await;
}

/// How often parts were claimed.
fn claims(lab: &Lab) -> usize {
    lab.bus.all(Stream::Sagas).iter().filter(|record| record.key.starts_with("claim/")).count()
}
