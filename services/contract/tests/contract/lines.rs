//! Events as lines for people.

use contract::{Kind, line};
use model::{Mode, OutcomeKind};

use crate::given::{self, deriver, event};

#[test]
fn every_kind_is_a_line_that_says_when_what_and_of_whom() {
    let release = given::relocation().release();
    let ue = contract::PseudonymKey::new(&[7; 32]).unwrap().ue(&given::supi());
    for kind in Kind::ALL {
        let line = line(kind, &event(&deriver(&[]), kind).data);
        let wanted = match kind {
            Kind::UeLocation => {
                format!("06:36:33.407Z  ue        {ue}  cell 208-93-00000900a  tai 208-93-000001")
            }
            Kind::UeQos => {
                format!("{ue}  NOT_GUARANTEED  ul 12 ms  dl 9 ms  rt 22 ms  jitter 3 ms  loss 1.3 %  of arena  at north  by core")
            }
            Kind::SiteStatus => "06:36:33.407Z  site      north  draining: new disks  9 of 12 still there, 1 have nowhere to go".into(),
            Kind::Decided => {
                format!("{ue}  mobility move  south (1840 m) -> north (212 m)  nearer for long enough")
            }
            Kind::Ordered => format!("  {release}  mobility  south -> north"),
            Kind::Progress => format!("  {release}  ready done"),
            Kind::Completed => {
                format!("  {release}  completed in 2345 ms: serves at north (192.0.2.17:30080)")
            }
            Kind::Undone => "undone: site north did not become ready within 60s".into(),
            Kind::Failed => "FAILED, an operator is needed: site north".into(),
            Kind::Fenced => "fenced by generation 3".into(),
            Kind::Instance => "generation 2  serves at north (192.0.2.17:30080)".into(),
        };
        assert!(line.contains(&wanted), "no `{wanted}` in `{line}`");
        assert_eq!(line.lines().count(), 1);
    }
}

#[test]
fn a_ue_in_clear_is_named_and_an_observed_move_is_told_as_such() {
    let observed = deriver(&["decisions"]).decision(1, &given::decision(Mode::Observe));
    let line = line(Kind::Decided, &observed[0].data);
    assert!(line.contains(given::SUPI) && line.ends_with("[observe: not ordered]"), "{line}");
}

#[test]
fn a_source_that_is_left_over_says_why() {
    let left = given::outcome(OutcomeKind::Leftover { reason: "the cluster is dead".into() });
    let line = line(Kind::Progress, &deriver(&[]).outcome(1, &left)[0].data);
    assert!(line.ends_with("source left over: the cluster is dead"), "{line}");
}

#[test]
fn data_of_another_kind_is_told_as_unreadable() {
    assert!(line(Kind::Instance, b"{}").starts_with("unreadable event: missing field"));
    assert!(line(Kind::Undone, b"\xff").starts_with("unreadable event: "));
}
