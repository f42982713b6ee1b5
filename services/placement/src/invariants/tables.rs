//! Whether the engine's tables agree with each other. Walks all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::atlas::is_position;
use crate::engine::{Engine, MOST};
use crate::guard::Ticket;
use crate::index::{InstanceIx, Owner, SiteIx, UeIx};
use crate::invariants::Violation;
use crate::invariants::limited::limits;
use crate::invariants::seating;
use crate::quality::SITES;
use crate::topology::Spot;
use crate::ue::{Census, Present, State, Wait};

/// Whether the engine's tables agree with each other.
pub(crate) fn structure(engine: &Engine) -> Result<(), Violation> {
    let tables = |text: String| Err(Violation::Tables(text));
    let mut held = vec![0_u32; engine.apps.len()];
    let mut present: BTreeMap<SiteIx, Present> = BTreeMap::new();
    let (mut attached, mut census) = (0, Census::default());
    let sites = engine.topology.sites().len() + engine.heard_of.len();
    for slot in 0..engine.instances.slab().slots() {
        let Some(instance) = engine.instances.slab().get(slot) else { continue };
        let Some(app) = held.get(usize::from(instance.app)).map(|_| usize::from(instance.app)) else {
            return tables(format!("instance {slot} is of app {}, which does not exist", instance.app));
        };
        let target = match &instance.state {
            State::Ordered(ordered) => ordered.target,
            State::Vacant(_) | State::Serving(_) => None,
        };
        if instance.generation.0 > MOST.0 + (1 << 40) {
            return tables(format!("instance {slot} has generation {}", instance.generation));
        }
        let served = instance.state.serving().map(|(site, _)| site);
        if [target, served].into_iter().flatten().any(|site| site.slot() >= sites) {
            return tables(format!("instance {slot} is at a site that does not exist"));
        }
        if let Some(accounts) = &instance.accounts
            && (served.is_none() || accounts.sites().any(|site| site.slot() >= sites))
        {
            return tables(format!(
                "instance {slot} has accounts against nothing, or for a site that does not exist"
            ));
        }
        held[app] += u32::from(instance.state.wait().held().is_some());
        let bound_for = target.filter(|target| served != Some(*target));
        for site in [served, bound_for].into_iter().flatten() {
            let there = present.entry(site).or_default();
            let seat = engine.apps[app].kind().shared && !instance.host;
            match (engine.apps[app].observed(), seat) {
                (true, true) => (),
                (true, false) => there.observed += 1,
                (false, true) => there.seats += 1,
                (false, false) => there.acting += 1,
            }
            there.hosts += u32::from(instance.host && !engine.apps[app].observed());
        }
        if let (State::Serving(serving), false) = (&instance.state, engine.apps[app].observed()) {
            let stranded = u32::from(matches!(serving.wait, Wait::Stranded(_)));
            present.entry(serving.site).or_default().stranded += stranded;
        }
        let found = instance.id.is_some_and(|id| {
            engine.instances.find(instance.app, id).is_some_and(|found| found.slot() == slot)
        });
        if !found {
            return tables(format!("instance {slot} is not found by its id"));
        }
        census.enter(instance);
        match instance.owner.map(|owner| owner.get()) {
            Some(Owner::Ue(ue)) if engine.ues.slab().get(ue.slot()).is_none() => {
                return tables(format!("instance {slot} is of a UE that does not exist"));
            }
            Some(Owner::Ue(_)) => attached += 1,
            Some(Owner::Group(group)) => {
                let group = engine.groups.get(group);
                let own = group.is_some_and(|g| (g.app, Some(g.number)) == (instance.app, instance.id));
                if !own || instance.next.is_some() {
                    return tables(format!("instance {slot} is of a group that is not its own"));
                }
            }
            None => (),
        }
    }
    for (app, entry) in engine.apps.iter().enumerate() {
        let waits = |(ticket, ix): (Ticket, InstanceIx)| {
            let found = engine.instances.slab().get(ix.slot());
            found.is_some_and(|i| usize::from(i.app) == app && i.state.wait().held() == Some(ticket))
        };
        let found = entry.held.entries().filter(|entry| waits(*entry)).count() as u32;
        if (entry.held.waiting(), found) != (held[app], held[app]) {
            let (id, counted) = (&entry.app.id, entry.held.waiting());
            return tables(format!("app {id}: {} are held, {found} are found, {counted} counted", held[app]));
        }
    }
    limits(engine).map_err(Violation::Tables)?;
    seating::tables(engine).map_err(Violation::Tables)?;
    for site in (0..sites).map(SiteIx::from) {
        let (there, counted) =
            (present.remove(&site).unwrap_or_default(), engine.instances.presence().of(site));
        if there != counted {
            return tables(format!("at site {} there are {there:?}, counted are {counted:?}", site.slot()));
        }
    }
    let asked = |(app, site): (u16, SiteIx)| usize::from(app) < engine.apps.len() && site.slot() < sites;
    if !engine.asks.each().all(|((app, _), asked_for)| asked((app, asked_for.site))) {
        return tables("something is asked of an app, or for a site, that does not exist".to_owned());
    }
    if !engine.approvals.each().all(|(((app, _), site), _)| asked((app, site))) {
        return tables("it is asked whether something of no app may go, or to no site".to_owned());
    }
    for (whose, figures) in engine.qualities.each() {
        let app = engine.apps.get(usize::from(whose.0));
        let wanted = app.is_some_and(|entry| entry.app.qos.is_some());
        let own = |ix: InstanceIx| engine.instances.at(ix).owner.is_some();
        let known = engine.instances.find(whose.0, whose.1).is_some_and(own);
        let sites_known = figures.iter().all(|(site, _)| site.slot() < sites);
        let sorted = figures.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !(wanted && known && sites_known && sorted) || figures.is_empty() || figures.len() > SITES {
            return tables("something is measured of an instance without a target, or at no site".to_owned());
        }
    }
    let chosen = |((app, _), site): ((u16, _), SiteIx)| {
        usize::from(app) < engine.apps.len() && engine.estate.gauge(site).is_some()
    };
    let mut leaving: BTreeMap<SiteIx, u32> = BTreeMap::new();
    for (whose, site) in engine.relief.each() {
        if !chosen((whose, site)) {
            return tables("an instance of no app, or at a site without water marks, was chosen".to_owned());
        }
        *leaving.entry(site).or_default() += 1;
    }
    if (0..sites)
        .map(SiteIx::from)
        .any(|site| leaving.get(&site).copied().unwrap_or(0) != engine.relief.leaving(site))
    {
        return tables("those that were chosen to leave are not those that are counted".to_owned());
    }
    for (ix, group) in engine.groups.each() {
        if !group.is_deserted() && engine.gathered(ix).is_none() {
            return tables(format!("somebody of group {} is there, and it has no instance", group.name));
        }
        if group.spot() != group.meets(&engine.topology, &engine.foreign).as_ref().map(Spot::Meeting) {
            return tables(format!("group {} is not where its members are", group.name));
        }
    }
    let (mut hanging, mut at_positions) = (0, BTreeSet::new());
    for slot in 0..engine.ues.slab().slots() {
        let Some(ue) = engine.ues.slab().get(slot) else { continue };
        if is_position(ue.whereabouts)
            && !(engine.topology.positions().holds(ue.whereabouts) && at_positions.insert(ue.whereabouts))
        {
            return tables(format!("UE {slot} is at a position that does not exist, or is another one's"));
        }
        let mut next = ue.first;
        while let Some(ix) = next {
            let Some(instance) = engine.instances.slab().get(ix.slot()) else {
                return tables(format!("UE {slot} has an instance that does not exist"));
            };
            hanging += 1;
            if instance.owner != Some(UeIx::from(slot).into()) || hanging > attached {
                return tables(format!("UE {slot} has an instance that is not its own"));
            }
            next = instance.next;
        }
    }
    if engine.topology.positions().len() != at_positions.len() {
        return tables("there are positions that no UE is at".to_owned());
    }
    if hanging != attached {
        return tables(format!("{attached} instances have a UE and {hanging} hang on one"));
    }
    let counted = engine.instances.census();
    if counted != census {
        return tables(format!("instances are {census:?}, counted are {counted:?}"));
    }
    Ok(())
}
