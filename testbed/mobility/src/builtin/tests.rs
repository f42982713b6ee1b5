use std::collections::HashSet;

use super::*;
use crate::earth::{distance, place};

const MINUTE: Duration = Duration::from_secs(60);

/// The site nearest to a cell.
fn nearest(scenario: &Scenario, cell: u32) -> usize {
    let cell = &scenario.cells[cell as usize];
    let here = place(cell.lon, cell.lat);
    let far = |i: &usize| distance(here, place(scenario.sites[*i].lon, scenario.sites[*i].lat));
    (0..scenario.sites.len()).min_by(|a, b| far(a).total_cmp(&far(b))).expect("sites")
}

/// UEs that are, some time, served by a cell with another nearest site than the cell before.
fn travellers(scenario: &Scenario) -> usize {
    let mut at = vec![None; scenario.ues.len()];
    let mut moved = HashSet::new();
    for change in &scenario.changes {
        let site = change.to.map(|cell| nearest(scenario, cell));
        let before = std::mem::replace(&mut at[change.ue as usize], site);
        if before.is_some() && before != site {
            moved.insert(change.ue);
        }
    }
    moved.len()
}

/// Relocations under the `threshold` policy with 100 m, 3 s and no minimum stay, by the distances from the cell.
fn relocations(scenario: &Scenario) -> usize {
    let meters = |cell: u32, site: usize| {
        let (cell, site) = (&scenario.cells[cell as usize], &scenario.sites[site]);
        distance(place(cell.lon, cell.lat), place(site.lon, site.lat))
    };
    let mut moves = 0;
    for ue in 0..scenario.ues.len() as u32 {
        let mine: Vec<_> = scenario.changes.iter().filter(|c| c.ue == ue).collect();
        let (mut serving, mut since) = (None, None);
        for (i, change) in mine.iter().enumerate() {
            let Some(cell) = change.to else { continue };
            let best = nearest(scenario, cell);
            let now = *serving.get_or_insert(best);
            let until = mine.get(i + 1).map_or(scenario.duration, |next| next.at);
            let better = best != now && meters(cell, now) - meters(cell, best) > 100.0;
            since = better.then(|| since.filter(|(site, _)| *site == best).unwrap_or((best, change.at)));
            if since.is_some_and(|(_, from)| until.saturating_sub(from) >= Duration::from_secs(3)) {
                (serving, since) = (Some(best), None);
                moves += 1;
            }
        }
    }
    moves
}

#[test]
fn the_town_is_large_enough() {
    let town = builtin(1, 32, MINUTE);
    assert!(town.cells.len() >= 40 && town.sites.len() >= 4 && town.ues.len() == 32);
    let areas: HashSet<_> = town.cells.iter().map(|c| &c.tac).collect();
    assert_eq!(areas.len(), 4);
    let ids: HashSet<_> = town.cells.iter().map(|c| &c.nci).collect();
    assert_eq!(ids.len(), town.cells.len());
    let sites: HashSet<_> = town.cells.iter().zip(0u32..).map(|(_, i)| nearest(&town, i)).collect();
    assert_eq!(sites.len(), town.sites.len(), "every site is the nearest to some cell");
}

#[test]
fn in_a_minute_many_ues_come_nearer_to_another_site() {
    for seed in 0..20 {
        let town = builtin(seed, 32, MINUTE);
        let (travellers, relocations) = (travellers(&town), relocations(&town));
        assert!(travellers >= 15, "seed {seed}: {travellers} of 32 UEs");
        assert!((10..=30).contains(&relocations), "seed {seed}: {relocations} relocations");
    }
}

#[test]
fn all_ues_appear_at_the_start_and_stay() {
    let town = builtin(5, 40, MINUTE);
    let mut seen = HashSet::new();
    for change in &town.changes {
        assert!(change.to.is_some(), "nobody leaves");
        if seen.insert(change.ue) {
            assert!(change.at < ARRIVALS, "UE {} appears at {:?}", change.ue, change.at);
        }
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn changes_are_in_order_and_change_something() {
    let town = builtin(2, 32, MINUTE);
    assert!(town.changes.is_sorted_by_key(|c| (c.at, c.ue)));
    let mut at = vec![None; town.ues.len()];
    for change in &town.changes {
        assert_ne!(at[change.ue as usize], change.to);
        at[change.ue as usize] = change.to;
        assert!(change.at <= town.duration);
    }
}

#[test]
fn the_seed_decides_everything() {
    assert_eq!(builtin(1, 32, MINUTE), builtin(1, 32, MINUTE));
    assert_ne!(builtin(1, 32, MINUTE).changes, builtin(2, 32, MINUTE).changes);
}

/// FNV-1a over all that a scenario says.
fn fingerprint(scenario: &Scenario) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in format!("{scenario:?}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[test]
fn the_scenario_of_a_seed_is_the_same_on_every_platform() {
    assert_eq!(fingerprint(&builtin(1, 32, MINUTE)), 1_437_524_230_098_982_491);
}

#[test]
fn a_longer_scenario_begins_like_a_shorter_one() {
    let (short, long) = (builtin(1, 8, MINUTE), builtin(1, 8, 2 * MINUTE));
    let head: Vec<_> = long.changes.iter().copied().filter(|c| c.at <= MINUTE).collect();
    assert_eq!(short.changes, head);
}

#[test]
fn odd_arguments_do_no_harm() {
    assert!(builtin(1, 0, MINUTE).changes.is_empty());
    assert_eq!(builtin(1, 3, Duration::ZERO).changes.len(), 3);
}
