//! Whether budgets, the line of those that wait for them and what is remembered of where instances came from agree with
//! the instances.

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::guard::{Lane, Limited, Of, Way};
use crate::index::SiteIx;
use crate::ue::{State, Wait};

/// What does not agree.
pub(super) fn limits(engine: &Engine) -> Result<(), String> {
    let mut under_way: BTreeMap<Lane, u32> = BTreeMap::new();
    let mut waiting: BTreeMap<Lane, u32> = BTreeMap::new();
    for slot in 0..engine.instances.slab().slots() {
        let Some(instance) = engine.instances.slab().get(slot) else { continue };
        if let Wait::Queued(_, lane) = instance.state.wait() {
            *waiting.entry(lane).or_default() += 1;
        }
        let State::Ordered(ordered) = &instance.state else { continue };
        let lanes = ordered.way().into_iter().flat_map(|way: Way| way.lanes(instance.app));
        for lane in lanes.filter(|lane| lane.limited() == Limited::Concurrent) {
            *under_way.entry(lane).or_default() += 1;
        }
    }
    let apps = (0..engine.apps.len()).map(|slot| Of::App(slot as u16));
    let sites = (0..engine.topology.sites().len()).map(|slot| Of::Site(SiteIx::from(slot)));
    for of in apps.chain(sites).chain([Of::Total]) {
        let Some(counted) = engine.budgets.under_way(of) else { continue };
        let there = under_way.get(&Lane::new(of, Limited::Concurrent)).copied().unwrap_or_default();
        if there != counted {
            return Err(format!("{there} orders of {of:?} are live, counted are {counted}"));
        }
    }
    line(engine, &waiting)?;
    let lost = |(ix, ..): &(crate::index::InstanceIx, SiteIx, model::Timestamp)| {
        let instance = engine.instances.slab().get(ix.slot());
        instance.and_then(|instance| instance.state.serving()).is_none()
    };
    match engine.origins.each().find(lost) {
        Some((ix, ..)) => Err(format!("instance {} came from somewhere and is nowhere", ix.slot())),
        None => Ok(()),
    }
}

fn line(engine: &Engine, waiting: &BTreeMap<Lane, u32>) -> Result<(), String> {
    let mut found: BTreeMap<Lane, u32> = BTreeMap::new();
    let mut last = None;
    for (lane, ticket, ix) in engine.line.by_age() {
        let instance = engine.instances.slab().get(ix.slot());
        if instance.is_none_or(|instance| instance.state.wait() != Wait::Queued(ticket, lane)) {
            continue;
        }
        if last.replace(ticket) == Some(ticket) {
            return Err(format!("instance {} waits twice", ix.slot()));
        }
        *found.entry(lane).or_default() += 1;
    }
    let counted: BTreeMap<Lane, u32> = engine
        .line
        .lanes()
        .filter(|(_, count, _)| *count > 0)
        .map(|(lane, count, _)| (lane, count))
        .collect();
    if (&found, &counted) != (waiting, waiting) || engine.line.waiting() != waiting.values().sum::<u32>() {
        return Err(format!("{waiting:?} wait for budgets, found are {found:?}, counted {counted:?}"));
    }
    Ok(())
}
