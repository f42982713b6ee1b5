//! Groups that a relocation could not remove: kept in the journal, and tried again until they are gone.

use std::rc::Rc;
use std::time::Duration;

use model::{Order, OutcomeKind, Placement, Step};
use relocation::Event;

use super::part::Part;
use super::steps::Work;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(30);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a left-over group was to the relocation that left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
    Target,
}

/// A group that is left over.
#[derive(Debug, Clone)]
pub(crate) struct Leftover {
    pub(crate) order: Rc<Order>,
    pub(crate) source: Option<Placement>,
    pub(crate) side: Side,
    pub(crate) group: String,
}

/// Keeps a group that was left just now, and tries it again later.
pub(super) async fn keep(part: &Rc<Part>, leftover: Leftover) {
    let keep = || {
        part.journal.change(&leftover.order.instance, |value| {
            value.forget(&leftover.group);
            value.leftovers.push(leftover.clone());
        })
    };
    while keep().await.is_err() {
        part.rest().await;
    }
    part.scene.spawn(part.owner, try_again(Rc::clone(part), leftover));
}

pub(super) async fn try_again(part: Rc<Part>, leftover: Leftover) {
    let mut wait = Duration::from_secs(5);
    loop {
        part.scene.sleep(wait).await;
        let gone = tokio::select! {
            biased;
            gone = remove(&part, &leftover) => gone,
            () = part.scene.sleep(TRY) => false,
        };
        if gone {
            break;
        }
        wait = LONGEST_WAIT.min(wait * 2);
    }
    if leftover.side == Side::Source {
        let _ = part.tell(&leftover.order, part.scene.now(), "retired-later", OutcomeKind::Retired).await;
    }
    let _ = part.journal.change(&leftover.order.instance, |value| value.forget(&leftover.group)).await;
}

/// One try: the steps that the relocation did not get done, each of which reads before it acts.
async fn remove(part: &Rc<Part>, leftover: &Leftover) -> bool {
    if part.registry.serves(&leftover.group) {
        return false;
    }
    let work = || Work {
        part: Rc::clone(part),
        order: Rc::clone(&leftover.order),
        source: leftover.source.clone(),
        ready: None,
        doubtful: true,
    };
    match leftover.side {
        Side::Source => {
            matches!(work().run(Step::Retire).await, Event::Succeeded { .. })
                && matches!(work().run(Step::Forget).await, Event::Succeeded { .. })
        }
        Side::Target => {
            matches!(work().undo(Step::Start).await, Event::Undone { .. })
                && matches!(work().undo(Step::Prepare).await, Event::Undone { .. })
        }
    }
}
