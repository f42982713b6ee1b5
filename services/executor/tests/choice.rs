//! Orders that leave the choice of the site to EMCO.

#![allow(missing_docs, clippy::wildcard_enum_match_arm)]

mod lab;

use lab::{Lab, Setup, completed, order, release};
use model::{Order, OutcomeKind, SiteId};

const UE: &str = "0123456789abcdef";

/// EMCO takes the first cluster that it can use, whatever we would have liked best.
fn among(order: Order, choices: &[&str]) -> Order {
    Order { choices: choices.iter().map(|id| SiteId::new(id).expect("valid")).collect(), ..order }
}

#[tokio::test]
async fn what_emco_takes_is_read_back_and_followed() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    // No release has shown yet that names are unique: the nearest site alone is offered.
    let first = among(order(UE, 1, None, Some("a")), &["b", "a"]);
    assert!(completed(&lab.carry_out(&first).await));
    assert_eq!(lab.leads_to(&first), Some(("edge-a".into(), release(&first))));

    let second = among(order(UE, 2, Some("a"), Some("b")), &["c", "b"]);
    let told = lab.carry_out(&second).await;
    let serving = told.iter().find_map(|kind| match kind {
        OutcomeKind::Completed { serving, .. } => serving.clone(),
        _ => None,
    });
    assert_eq!(serving.expect("it serves").site.as_str(), "c");
    assert_eq!(lab.leads_to(&second), Some(("edge-c".into(), release(&second))));
    let state = lab.instance(&second).await.expect("it is published").serving.expect("it serves");
    assert_eq!((state.site.as_str(), lab.groups()), ("c", vec![release(&second)]));

    // What was placed by choice can be moved again.
    let third = order(UE, 3, Some("c"), Some("a"));
    assert!(completed(&lab.carry_out(&third).await));
    assert_eq!(lab.leads_to(&third), Some(("edge-a".into(), release(&third))));
    assert_eq!(lab.groups(), [release(&third)]);
    running.kill().await;
}

#[tokio::test]
async fn a_chart_whose_names_are_fixed_goes_to_the_nearest_site_alone() {
    let lab = Lab::new(Setup { release_in_names: false, ..Setup::default() }).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    assert!(completed(&lab.carry_out(&first).await));
    let second = among(order(UE, 2, Some("a"), Some("b")), &["c", "b"]);
    assert!(completed(&lab.carry_out(&second).await));
    let state = lab.instance(&second).await.expect("it is published").serving.expect("it serves");
    assert_eq!(state.site.as_str(), "b");
    running.kill().await;
}

#[tokio::test]
async fn an_order_whose_choices_make_no_sense_is_refused() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    for (choices, generation) in [(["b", "c"], 1), (["a", "x"], 2)] {
        let odd = among(order(UE, generation, None, Some("a")), &choices);
        lab.give(&odd).await;
    }
    let last = order(UE, 3, None, Some("a"));
    assert!(completed(&lab.carry_out(&last).await));
    assert_eq!(lab.creations(&release(&among(order(UE, 1, None, Some("a")), &[]))), 0);
    running.kill().await;
}
