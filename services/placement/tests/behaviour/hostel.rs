//! What holds of seats and hosts in every story: told by an outsider who knows nothing but orders and what became of them.

use std::collections::BTreeMap;

use model::{Guard, Rule, Scope, SiteId};
use proptest::prelude::*;

use crate::play::Play;
use crate::scene::*;
use crate::story::{apps, crowded, eventful, limited, story, with_hosts};
use crate::town::{Town, areas};

const NARROW: [Option<u32>; 3] = [Some(1), None, Some(2)];

/// After everything has come to rest: no host is there for nobody. Whoever should
/// be elsewhere waits for something else than a host.
fn at_rest(play: &Play) -> Result<(), TestCaseError> {
    let fleet = with_hosts(apps());
    let mut seats: BTreeMap<(String, SiteId), u32> = BTreeMap::new();
    for decision in play.each_decision() {
        let app = fleet.apps.iter().find(|app| app.id == decision.app).expect("an app");
        prop_assert!(decision.explanation.rule != Rule::Guarded(Guard::HostStarting), "{decision:?}");
        if let Some(site) = decision.source.filter(|_| app.scope == Scope::Shared) {
            *seats.entry((app.id.to_string(), site)).or_default() += 1;
        }
    }
    let mut hosts = 0;
    for app in fleet.apps.iter().filter(|app| app.scope == Scope::Shared) {
        for site in (0..3).map(site_id) {
            let host = key().per_site(&app.id, &site);
            let Some(standing) = play.engine.standing(&app.id, &host, play.now()) else { continue };
            hosts += 1;
            let used = seats.contains_key(&(app.id.to_string(), site.clone()));
            // A seat whose UE is not known has no decision here.
            let unknown = play.engine.counts().detached > 0;
            prop_assert!(used || unknown || standing.decision.explanation.frozen, "{standing:?}");
        }
    }
    prop_assert_eq!(play.engine.counts().hosts, hosts);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_reference_would_do_with_seats_and_hosts(story in story()) {
        Play::within(Town::default(), with_hosts(apps())).run(&story);
    }

    /// The ledger watches that no seat goes where no host serves and no host goes that has seats; the engine's own check that
    /// what is counted is what is there; the recomputed verdict that who waits for a host has to.
    #[test]
    fn seats_and_hosts_keep_to_what_they_promise(areas in areas(), story in eventful()) {
        at_rest(&Play::within(Town { areas, ..Town::default() }, with_hosts(apps())).run(&story).calm_down())?;
    }

    #[test]
    fn seats_and_hosts_keep_to_it_within_limits(story in eventful()) {
        Play::within(Town::default(), with_hosts(limited())).run(&story).calm_down();
    }

    #[test]
    fn seats_and_hosts_keep_to_it_where_rooms_are_few(story in crowded()) {
        Play::within(Town { rooms: NARROW, ..Town::default() }, with_hosts(apps())).run(&story).calm_down();
    }

    #[test]
    fn replaying_a_story_with_hosts_gives_the_same_commands_and_the_same_state(story in story()) {
        let play = || Play::within(Town::default(), with_hosts(apps())).run(&story);
        let (one, two) = (play(), play());
        prop_assert_eq!(one.log, two.log);
        prop_assert!(one.engine.snapshot() == two.engine.snapshot());
    }
}
