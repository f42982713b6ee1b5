use model::{App, Guard, Policy, Rule, UeChange, Verdict};

use crate::scene::*;

fn one_slot() -> App {
    App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) }
}

#[test]
fn what_is_blocked_is_told_once_and_gets_its_turn_oldest_first() {
    let mut stage = Stage::new(vec![one_slot()]);
    let first = only_order(&stage.cell(0.0, 1, 0));
    let blocked = only_decision(&stage.cell(1.0, 2, 0));
    assert_eq!(blocked.verdict, Verdict::Blocked);
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::ConcurrentRelocations));
    assert_eq!((blocked.explanation.under_way, blocked.explanation.under_way_limit), (1, 1));
    assert_eq!(blocked.explanation.candidates[0].rejected_by, Some(Guard::ConcurrentRelocations));
    assert_eq!(blocked.order, None);
    assert_eq!(stage.cell(2.0, 3, 0).len(), 1);
    // Moving on while waiting costs neither the place in the queue nor another line.
    assert_eq!(stage.cell(3.0, 2, 11), []);
    assert_eq!(stage.engine.counts().waiting, 2);
    let kind = completed(&first);
    let second = only_order(&stage.end(4.0, &first, kind));
    assert_eq!((second.instance.clone(), second.target.clone()), (blocked.instance, Some(site_id(1))));
    assert_eq!((second.observed_at, second.due_at), (at(3.0), at(4.0)));
    let kind = completed(&second);
    assert_eq!(orders(&stage.end(5.0, &second, kind)).len(), 1);
    assert_eq!((stage.engine.counts().waiting, stage.engine.counts().under_way), (0, 1));
}

#[test]
fn who_no_longer_wants_to_move_leaves_the_queue() {
    let mut stage = Stage::new(vec![one_slot()]);
    stage.placed_at(0.0, 1, 0);
    stage.placed_at(0.0, 2, 0);
    let busy = only_order(&stage.cell(1.0, 3, 0));
    assert_eq!(only_decision(&stage.cell(2.0, 1, 9)).verdict, Verdict::Blocked);
    assert_eq!(only_decision(&stage.cell(3.0, 2, 9)).verdict, Verdict::Blocked);
    // Back home; then away again: at the end of the queue, and told anew.
    assert_eq!(stage.cell(4.0, 1, 1), []);
    assert_eq!(stage.engine.counts().waiting, 1);
    assert_eq!(only_decision(&stage.cell(5.0, 1, 9)).verdict, Verdict::Blocked);
    let kind = completed(&busy);
    let next = only_order(&stage.end(6.0, &busy, kind));
    assert_eq!(next.instance, key().per_ue(&next.app, &supi(2)));
}

#[test]
fn a_ue_that_goes_while_it_waits_is_forgotten() {
    let mut stage = Stage::new(vec![one_slot()]);
    let busy = only_order(&stage.cell(0.0, 1, 0));
    stage.cell(1.0, 2, 0);
    assert_eq!(stage.ue(2.0, 2, UeChange::Gone), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.waiting, counts.ues, counts.instances), (0, 1, 1));
    let kind = completed(&busy);
    assert_eq!(stage.end(3.0, &busy, kind), []);
}

#[test]
fn the_instance_whose_order_ended_waits_behind_those_that_wait() {
    let mut stage = Stage::new(vec![one_slot()]);
    let first = only_order(&stage.cell(0.0, 1, 0));
    stage.cell(1.0, 2, 0);
    // While its order is live, UE 1 moves on: it wants another order as soon as the first has ended.
    assert_eq!(stage.cell(2.0, 1, 20), []);
    let kind = completed(&first);
    let out = stage.end(3.0, &first, kind);
    let ordered = only_order(&out);
    assert_eq!(ordered.instance, key().per_ue(&ordered.app, &supi(2)));
    assert_eq!(decisions(&out).last().unwrap().verdict, Verdict::Blocked);
}

#[test]
fn apps_do_not_share_slots() {
    let mut stage = Stage::new(vec![one_slot(), App { id: model::AppId::new("vr").unwrap(), ..one_slot() }]);
    assert_eq!(orders(&stage.cell(0.0, 1, 0)).len(), 2);
    assert_eq!(stage.engine.counts().under_way, 2);
}

#[test]
fn a_hundred_toggles_in_the_queue_leave_no_litter() {
    let mut stage = Stage::new(vec![one_slot()]);
    stage.placed_at(0.0, 1, 0);
    only_order(&stage.cell(1.0, 2, 0));
    for round in 0..500 {
        let now = 2.0 + f64::from(round);
        stage.cell(now, 1, 9);
        stage.cell(now + 0.5, 1, 0);
    }
    let grown = stage.engine.snapshot().len();
    assert!(grown < 2_000, "{grown} bytes");
}
