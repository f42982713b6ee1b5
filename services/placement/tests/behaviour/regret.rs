use model::{Policy, Rule, Verdict};

use crate::scene::*;

fn stage() -> Stage {
    let mut stage = Stage::new(vec![app("ar", regret())]);
    stage.placed_at(0.0, 1, 0);
    stage
}

#[test]
fn it_goes_when_staying_has_cost_as_much() {
    let mut stage = stage();
    // Cell 8 is 66.8 km nearer to s1: the account alone reaches the cost after 4.9 s, with its trend sooner, although
    // that begins where the UE came from.
    let held = only_decision(&stage.cell(100.0, 1, 8));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::CostNotReached));
    assert_eq!((held.source, held.target), (Some(site_id(0)), Some(site_id(1))));
    let due = stage.due().expect("a moment");
    assert!((100.1..104.9).contains(&due), "{due}");
    assert_eq!(stage.timeout(due - 0.001), []);
    let out = stage.timeout(due);
    let told = only_decision(&out).explanation;
    assert_eq!(told.rule, Rule::CostReached);
    let account = told.candidates[0].regret.expect("an account");
    let sum = account.account + 5.0 * account.trend;
    // Half a second before it was less.
    assert!((330_000.0..330_000.0 + 0.5 * 66_800.0 + 5.0 * 66_800.0).contains(&sum), "{sum}");
    assert_eq!(told.candidates[1].regret, None, "nothing speaks for the serving site against itself");
    assert_eq!(only_order(&out).target, Some(site_id(1)));
}

#[test]
fn cells_that_flicker_do_not_add_up_to_a_move() {
    let mut stage = stage();
    for round in 0..100 {
        let now = 100.0 + 4.0 * f64::from(round);
        // A second at the far side of the border between two sites, three seconds before it.
        assert_eq!(orders(&stage.cell(now, 1, 6)), []);
        assert_eq!(orders(&stage.cell(now + 1.0, 1, 4)), []);
        assert_eq!(orders(&stage.timeout(now + 3.9)), []);
    }
}

#[test]
fn what_has_accumulated_counts_when_the_ue_comes_back() {
    let first = {
        let mut stage = stage();
        stage.cell(100.0, 1, 6);
        stage.due().expect("a moment") - 100.0
    };
    let mut stage = stage();
    stage.cell(100.0, 1, 6);
    stage.cell(100.0 + 0.8 * first, 1, 5);
    stage.cell(200.0, 1, 6);
    let again = stage.due().expect("a moment") - 200.0;
    assert!(again < first, "{again} is no less than {first}");
}

#[test]
fn it_does_not_go_back_where_it_came_from_for_a_while() {
    let mut stage = stage();
    stage.cell(100.0, 1, 10);
    let due = stage.due().expect("a moment");
    let order = only_order(&stage.timeout(due));
    stage.end(due, &order, completed(&order));
    stage.cell(due + 1.0, 1, 0);
    let out = stage.timeout(due + 39.0);
    assert_eq!(orders(&out), []);
    assert_eq!(stage.due(), Some(due + 40.0));
    let told = stage.engine.why(&supi(1), &model::AppId::new("ar").unwrap(), at(due + 39.0)).unwrap();
    assert_eq!((told.verdict, told.explanation.rule), (Verdict::Stay, Rule::NoReturn));
    assert_eq!(told.explanation.serving.unwrap().came_from, Some(site_id(0)));
    assert_eq!(only_order(&stage.timeout(due + 40.0)).target, Some(site_id(0)));
}

#[test]
fn only_the_nearest_site_of_the_moment_is_gone_to() {
    let mut stage = stage();
    stage.cell(100.0, 1, 6);
    let due = stage.due().expect("a moment");
    // Just before the account of s1 is full, the UE is nearest to s2.
    stage.cell(due - 0.01, 1, 20);
    assert_eq!(orders(&stage.timeout(due)), []);
    let then = stage.due().expect("a moment");
    assert_eq!(only_order(&stage.timeout(then)).target, Some(site_id(2)));
}

#[test]
fn a_failed_order_does_not_throw_the_account_away() {
    let mut stage = stage();
    stage.cell(100.0, 1, 8);
    let due = stage.due().expect("a moment");
    let order = only_order(&stage.timeout(due));
    assert_eq!(orders(&stage.end(due + 1.0, &order, undone())), []);
    // After the pause, and not after everything has accumulated anew.
    let again = stage.due().expect("a moment");
    assert!(again <= due + 4.0, "{again}");
    assert_eq!(only_order(&stage.timeout(again)).target, Some(site_id(1)));
}

#[test]
fn a_pin_to_another_site_is_followed_within_seconds() {
    let mut stage = rack(Policy::Regret(model::Regret::default()));
    stage.placed_at(0.0, 1, 0);
    assert_eq!(only_decision(&stage.cell(100.0, 1, 1)).explanation.rule, Rule::CostNotReached);
    let due = stage.due().expect("a moment");
    assert!((101.0..110.0).contains(&due), "{due}");
    assert_eq!(only_order(&stage.timeout(due)).target, Some(site_id(1)));
}

#[test]
fn accounts_survive_a_restart_and_a_new_catalogue() {
    let mut stage = stage();
    stage.cell(100.0, 1, 8);
    let due = stage.due().expect("a moment");
    let bytes = stage.engine.snapshot();
    let apps = || vec![app("ar", regret())];
    stage.engine = placement::Engine::restore(&bytes, topology(), apps(), key()).unwrap();
    assert_eq!(stage.due(), Some(due));
    let mut out = Vec::new();
    stage.engine.replace(at(due - 0.5), topology(), apps(), &mut out).unwrap();
    let out = stage.checked(out);
    assert_eq!(orders(&out), []);
    let then = stage.due().expect("a moment");
    // Moments of decision count from the new catalogue on.
    assert!((then - due).abs() < 0.51, "{then} is not {due}");
}
