//! One relocation in a lab, from site a to site b.

use model::OutcomeKind;
use relocation::Kind;

use super::{Lab, UE, completed, order, release, steps};

/// What must be so after it whatever happened in between.
pub async fn check(lab: &Lab, told: &[OutcomeKind]) {
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    let (old, new) = (release(&first), release(&second));
    assert!(completed(told) && matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    assert_eq!(steps(told), Kind::Move.steps(), "each step is told once");
    assert_eq!((lab.creations(&new), lab.actions(&new, "instantiate")), (1, 1), "one group, started once");
    assert_eq!(lab.actions(&old, "terminate"), 1);
    assert_eq!(lab.groups(), std::slice::from_ref(&new));
    assert_eq!(lab.leads_to(&second), Some(("edge-b".into(), new.clone())));
    assert!(lab.least_ready(&[old, new.clone()]) >= 1, "something was ready at every moment");
    let state = lab.instance(&second).await.expect("it is published");
    assert_eq!(state.generation, second.generation);
    assert_eq!(state.serving.map(|placement| placement.deployment_intent_group), Some(new));
}
