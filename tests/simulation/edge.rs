//! The world outside: EMCO with its deployment intent groups, and the names that lead to them.
//!
//! A request that was sent has its effect whatever becomes of whoever sent it, no later than the time to settle.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use model::{InstanceId, RelocationId, SiteId};
use relocation::Class;
use tokio::sync::oneshot;

use crate::clockwork::Owner;
use crate::scene::Scene;

/// The longest that a request is under way; less than the time to settle, by what asking before it takes.
const LONGEST_FLIGHT: usize = 900;

/// How far a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Created,
    Approved,
    Instantiated,
    /// Terminated; whether anything of it still runs is another matter.
    Terminated,
}

/// A deployment intent group; its name is the release.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) instance: InstanceId,
    pub(crate) relocation: RelocationId,
    pub(crate) site: SiteId,
    pub(crate) standing: Standing,
    /// Whether it answers.
    pub(crate) runs: bool,
}

/// EMCO, clusters and DNS. The address of a release is its name.
#[derive(Default)]
pub(crate) struct Edge {
    pub(crate) groups: RefCell<BTreeMap<String, Group>>,
    pub(crate) names: RefCell<BTreeMap<InstanceId, String>>,
}

/// Why something was not done, and what may be done about it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) class: Class,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self { class: Class::Permanent, reason: reason.into() }
    }

    pub(crate) fn transient(reason: impl Into<String>) -> Self {
        Self { class: Class::Transient(Duration::ZERO), reason: reason.into() }
    }
}

/// Sends a request and waits for the answer.
pub(crate) async fn ask<T: 'static>(
    scene: &Rc<Scene>,
    effect: impl FnOnce(&Rc<Scene>) -> Result<T, Refusal> + 'static,
) -> Result<T, Refusal> {
    let (answer, answered) = oneshot::channel();
    let held = Rc::clone(scene);
    scene.spawn(Owner::Nobody, async move { fly(&held, effect, answer).await });
    let unknown = || Refusal { class: Class::Unknown, reason: "the reply was lost".to_owned() };
    answered.await.unwrap_or_else(|_| Err(unknown()))
}

async fn fly<T>(
    scene: &Rc<Scene>,
    effect: impl FnOnce(&Rc<Scene>) -> Result<T, Refusal>,
    answer: oneshot::Sender<Result<T, Refusal>>,
) {
    if scene.fails(10) {
        scene.travel(200).await;
        let _ = answer.send(Err(Refusal::transient("connection refused")));
        return;
    }
    if scene.fails(12) {
        // Lost on its way there.
        scene.sleep(scene.chance.millis(200, LONGEST_FLIGHT)).await;
        return;
    }
    if scene.fails(12) {
        // Done after nobody waits for it any more.
        drop(answer);
        scene.sleep(scene.chance.millis(100, LONGEST_FLIGHT)).await;
        drop(effect(scene));
        scene.judge.look(scene);
        return;
    }
    scene.travel(LONGEST_FLIGHT).await;
    let done = effect(scene);
    scene.judge.look(scene);
    if scene.fails(12) {
        scene.travel(LONGEST_FLIGHT).await;
        return;
    }
    scene.travel(100).await;
    let _ = answer.send(done);
}

/// What EMCO says of a group.
pub(crate) async fn status(scene: &Rc<Scene>, group: &str) -> Result<Option<Group>, Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| Ok(scene.edge.groups.borrow().get(&group).cloned())).await
}

/// Creates a group unless it is there.
pub(crate) async fn create(scene: &Rc<Scene>, group: &str, wanted: Group) -> Result<(), Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| {
        scene.note(|| format!("emco: {group} is created at {}", wanted.site));
        scene.judge.created(&group, &wanted);
        scene.edge.groups.borrow_mut().entry(group).or_insert(wanted);
        Ok(())
    })
    .await
}

/// Approves a group.
pub(crate) async fn approve(scene: &Rc<Scene>, group: &str) -> Result<(), Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| match scene.edge.groups.borrow_mut().get_mut(&group) {
        Some(found) if found.standing == Standing::Created => {
            found.standing = Standing::Approved;
            Ok(())
        }
        Some(found) if found.standing == Standing::Approved => Ok(()),
        Some(_) | None => Err(Refusal::permanent("it cannot be approved")),
    })
    .await
}

/// Deploys a group. A second time is accepted, and carried out.
pub(crate) async fn instantiate(scene: &Rc<Scene>, group: &str) -> Result<(), Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| {
        let mut groups = scene.edge.groups.borrow_mut();
        let Some(found) = groups.get_mut(&group) else {
            return Err(Refusal::permanent("there is no such group"));
        };
        if !matches!(found.standing, Standing::Approved | Standing::Instantiated) {
            return Err(Refusal::permanent("it cannot be instantiated"));
        }
        found.standing = Standing::Instantiated;
        scene.note(|| format!("emco: {group} is instantiated at {}", found.site));
        scene.judge.started(&group, found);
        let never = scene.fails(8);
        let (held, takes) = (Rc::clone(scene), scene.chance.millis(100, 2_500));
        scene.spawn(Owner::Nobody, async move {
            held.sleep(takes).await;
            if let Some(found) = held.edge.groups.borrow_mut().get_mut(&group)
                && found.standing == Standing::Instantiated
                && !never
            {
                found.runs = true;
            }
        });
        Ok(())
    })
    .await
}

/// Takes a group from its cluster; it takes a while, and for ever where the cluster is away.
pub(crate) async fn terminate(scene: &Rc<Scene>, group: &str) -> Result<(), Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| {
        let mut groups = scene.edge.groups.borrow_mut();
        let Some(found) = groups.get_mut(&group).filter(|found| found.standing == Standing::Instantiated)
        else {
            return Err(Refusal::permanent("it is not instantiated"));
        };
        found.standing = Standing::Terminated;
        scene.note(|| format!("emco: {group} is terminated"));
        scene.judge.terminated(scene, &group, found);
        let away = if scene.fails(4) { scene.chance.millis(10_000, 90_000) } else { Duration::ZERO };
        let (held, takes) = (Rc::clone(scene), scene.chance.millis(50, 1_000) + away);
        scene.spawn(Owner::Nobody, async move {
            held.sleep(takes).await;
            if let Some(found) = held.edge.groups.borrow_mut().get_mut(&group) {
                found.runs = false;
            }
            held.judge.look(&held);
        });
        Ok(())
    })
    .await
}

/// Forgets a group that does not run.
pub(crate) async fn delete(scene: &Rc<Scene>, group: &str) -> Result<(), Refusal> {
    let group = group.to_owned();
    ask(scene, move |scene| {
        let mut groups = scene.edge.groups.borrow_mut();
        if groups.get(&group).is_some_and(|found| found.runs || found.standing == Standing::Instantiated) {
            return Err(Refusal::permanent("it is instantiated"));
        }
        if groups.remove(&group).is_some() {
            scene.note(|| format!("emco: {group} is deleted"));
        }
        Ok(())
    })
    .await
}

/// Points a name, or takes it away.
pub(crate) async fn point(scene: &Rc<Scene>, name: &InstanceId, to: Option<String>) -> Result<(), Refusal> {
    let name = name.clone();
    ask(scene, move |scene| {
        scene.note(|| format!("dns: {name} leads to {to:?}"));
        let mut names = scene.edge.names.borrow_mut();
        match to {
            Some(to) => drop(names.insert(name, to)),
            None => drop(names.remove(&name)),
        }
        Ok(())
    })
    .await
}

/// Where a name leads.
pub(crate) async fn lookup(scene: &Rc<Scene>, name: &InstanceId) -> Result<Option<String>, Refusal> {
    let name = name.clone();
    ask(scene, move |scene| Ok(scene.edge.names.borrow().get(&name).cloned())).await
}

/// Whether a release answers at its address.
pub(crate) async fn answers(scene: &Rc<Scene>, address: &str) -> bool {
    let address = address.to_owned();
    let runs =
        move |scene: &Rc<Scene>| Ok(scene.edge.groups.borrow().get(&address).is_some_and(|group| group.runs));
    ask(scene, runs).await.unwrap_or(false)
}
