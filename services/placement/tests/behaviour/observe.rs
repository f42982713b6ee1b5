use model::{Generation, Mode, Policy};
use placement::Input;

use crate::scene::*;

#[test]
fn an_observed_app_shows_what_it_would_do_and_orders_nothing() {
    let watched = model::App { mode: Mode::Observe, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![watched]);
    let placed = stage.cell(0.0, 1, 0);
    assert_eq!(orders(&placed), []);
    let first = only_decision(&placed);
    assert_eq!((first.mode, first.order.unwrap().0), (Mode::Observe, Generation(1)));
    // As if it had been carried out: the next decision starts from there.
    let second = only_decision(&stage.cell(1.0, 1, 10));
    assert_eq!((second.source, second.target), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!(second.order.unwrap().0, Generation(2));
    assert_eq!(stage.engine.counts().under_way, 0);
    // What the executor says runs is the truth, whatever was assumed.
    let runs = instance_state("ar", &second.instance, 0, Some(2), at(2.0));
    let third = only_decision(&stage.handle(at(2.0), Input::Instance(&runs)));
    assert_eq!((third.source, third.target), (Some(site_id(2)), Some(site_id(1))));
}

#[test]
fn an_observed_ue_that_goes_is_let_go_and_forgotten() {
    let watched = model::App { mode: Mode::Observe, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![watched]);
    stage.cell(0.0, 1, 0);
    stage.ue(1.0, 1, model::UeChange::Gone);
    let gone = only_decision(&stage.timeout(61.0));
    assert_eq!((gone.target, gone.mode), (None, Mode::Observe));
    assert_eq!(stage.engine.counts().ues, 0);
}
