use model::{App, Guard, Policy, Rule, Site, Verdict};
use placement::{Engine, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::town::west;

fn of(tenant: Option<&str>) -> App {
    App { tenant: tenant.map(str::to_owned), ..app("ar", Policy::Nearest) }
}

/// The first site is there for acme and initech.
fn stage(apps: Vec<App>) -> Stage {
    let reserved = Site { tenants: ["acme", "initech"].map(str::to_owned).into(), ..site(0) };
    let sites = vec![reserved, site(1), Site { position: None, ..site(2) }];
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    Stage::with(Engine::new(topology, apps.clone(), key()).unwrap()).with_apps(&apps)
}

#[test]
fn a_site_that_is_there_for_some_tenants_takes_no_other_apps() {
    for (tenant, target) in [(Some("acme"), 0), (Some("initech"), 0), (Some("umbrella"), 1), (None, 1)] {
        let mut stage = stage(vec![of(tenant)]);
        let decision = only_decision(&stage.cell(0.0, 1, 0));
        assert_eq!(
            (decision.verdict, &decision.target),
            (Verdict::Move, &Some(site_id(target))),
            "{tenant:?}"
        );
        let first = &decision.explanation.candidates[0];
        assert_eq!(first.rejected_by, (target == 1).then_some(Guard::Tenant));
    }
}

#[test]
fn an_operator_gives_no_tenant_a_site_of_another() {
    let mut stage = stage(vec![of(None)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    stage.done(1.0, &order);
    let refused = only_decision(&stage.ask(2.0, go(1, 0)));
    assert_eq!(refused.explanation.rule, Rule::Guarded(Guard::Tenant));
}

#[test]
fn data_stay_where_the_app_wants_them() {
    let resident = App { residency: west(), ..of(Some("acme")) };
    let mut stage = stage(vec![resident.clone()]);
    assert_eq!(stage.placed_at(0.0, 1, 30).target, Some(site_id(1)));
    // The third site has no position: nobody knows where data would be there.
    let refused = only_decision(&stage.ask(2.0, go(1, 2)));
    assert_eq!(refused.explanation.rule, Rule::Guarded(Guard::Residency));
    let abroad = Topology::new(vec![site(2)], (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let mut stage = Stage::with(Engine::new(abroad, vec![resident], key()).unwrap());
    let blocked = only_decision(&stage.cell(0.0, 1, 20));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    assert_eq!(blocked.explanation.candidates[0].rejected_by, Some(Guard::Residency));
}

#[test]
fn a_label_and_a_tenant_of_the_same_name_make_two_catalogues() {
    let restored = |app: App| {
        let bytes = Engine::new(topology(), vec![of(Some("x"))], key()).unwrap().snapshot();
        Engine::restore(&bytes, topology(), vec![app], key()).map(drop)
    };
    assert_eq!(restored(of(Some("x"))), Ok(()));
    let labelled = App { requires: ["x".to_owned()].into(), ..of(None) };
    assert_eq!(restored(labelled), Err(placement::RestoreError::OtherCatalogue));
    let x = || ["x".to_owned()].into();
    let version = |site: Site| Topology::new(vec![site], Vec::new(), Vec::new()).unwrap().version();
    assert_ne!(version(Site { labels: x(), ..site(0) }), version(Site { tenants: x(), ..site(0) }));
}
