//! What the steps do. Every step reads before it acts, so that it may run again after a crash.

use std::rc::Rc;
use std::time::Duration;

use model::{Order, Placement, Step};
use relocation::{Class, Event};

use super::journal::Lapse;
use super::part::Part;
use crate::edge::{self, Group, Refusal, Standing};
use crate::setting::{Breach, SETTLE};

/// The wait between two looks.
const POLL: Duration = Duration::from_millis(250);

/// What a step works on.
pub(super) struct Work {
    pub(super) part: Rc<Part>,
    pub(super) order: Rc<Order>,
    pub(super) source: Option<Placement>,
    /// What [`Step::Ready`] gave.
    pub(super) ready: Option<Placement>,
    pub(super) doubtful: bool,
}

impl Work {
    pub(super) async fn run(self, step: Step) -> Event {
        let done = match step {
            Step::Prepare => self.prepare().await,
            Step::Start => self.start().await,
            Step::Ready => return self.ready().await,
            Step::Steer => self.lead(self.ready.as_ref().map(|placement| placement.address.clone())).await,
            Step::Verify => self.verify().await,
            Step::Drain => Ok(()),
            Step::Retire => self.retire().await,
            Step::Forget => self.forget(&self.source_group()).await,
        };
        match done {
            Ok(()) => Event::Succeeded { step, output: serde_json::Value::Null },
            Err(Refusal { class, reason }) => Event::Failed { step, class, reason },
        }
    }

    pub(super) async fn undo(self, step: Step) -> Event {
        let done = match step {
            Step::Steer => {
                self.settle().await;
                self.lead(self.source.as_ref().map(|placement| placement.address.clone())).await
            }
            Step::Start => {
                self.settle().await;
                self.terminate(&self.release()).await
            }
            Step::Prepare => self.forget(&self.release()).await,
            Step::Ready | Step::Verify | Step::Drain | Step::Retire | Step::Forget => Ok(()),
        };
        match done {
            Ok(()) => Event::Undone { step },
            Err(Refusal { class, reason }) => Event::UndoFailed { step, class, reason },
        }
    }

    fn release(&self) -> String {
        self.order.relocation.release().to_string()
    }

    fn source_group(&self) -> String {
        self.source.as_ref().map(|source| source.deployment_intent_group.clone()).unwrap_or_default()
    }

    /// Lets a request whose reply was lost come to its end, if there may be one.
    async fn settle(&self) {
        if self.doubtful {
            self.part.scene.sleep(SETTLE).await;
        }
    }

    async fn poll(&self) {
        self.part.scene.sleep(POLL).await;
    }

    async fn is_ours(&self) -> Result<(), Refusal> {
        let ours = self.part.journal.is_ours().await;
        ours.map_err(|lapse| match lapse {
            Lapse::Transient => Refusal::transient("the bus cannot be asked"),
            Lapse::Over => Refusal { class: Class::Permanent, reason: "the part was lost".to_owned() },
        })
    }

    async fn prepare(&self) -> Result<(), Refusal> {
        let (scene, release) = (&self.part.scene, self.release());
        let site = self.order.target.clone().ok_or_else(|| Refusal::permanent("no target"))?;
        if edge::status(scene, &release).await?.is_none() {
            let group = Group {
                instance: self.order.instance.clone(),
                relocation: self.order.relocation,
                site,
                standing: Standing::Created,
                runs: false,
            };
            edge::create(scene, &release, group).await?;
        }
        match edge::status(scene, &release).await?.map(|group| group.standing) {
            Some(Standing::Created) => edge::approve(scene, &release).await,
            Some(Standing::Approved | Standing::Instantiated) => Ok(()),
            Some(Standing::Terminated) => Err(Refusal::permanent("it is terminated")),
            None => Err(Refusal::transient("it has vanished")),
        }
    }

    async fn start(&self) -> Result<(), Refusal> {
        let (scene, release) = (&self.part.scene, self.release());
        let reads = !scene.setting.is(Breach::NoReadBack);
        if reads && self.is_instantiated().await? {
            return Ok(());
        }
        if self.doubtful {
            self.settle().await;
            if self.is_instantiated().await? {
                return Ok(());
            }
        }
        self.is_ours().await?;
        edge::instantiate(scene, &release).await
    }

    async fn is_instantiated(&self) -> Result<bool, Refusal> {
        match edge::status(&self.part.scene, &self.release()).await?.map(|group| group.standing) {
            Some(Standing::Instantiated) => Ok(true),
            Some(Standing::Approved) => Ok(false),
            Some(other) => Err(Refusal::permanent(format!("it is {other:?}"))),
            None => Err(Refusal::permanent("it is not there")),
        }
    }

    /// Waits until the target answers, twice.
    async fn ready(&self) -> Event {
        let (scene, release) = (&self.part.scene, self.release());
        loop {
            if edge::answers(scene, &release).await && edge::answers(scene, &release).await {
                break;
            }
            self.poll().await;
        }
        let placement = Placement {
            site: self.order.target.clone().expect("a step of an order with a target"),
            release: self.order.relocation.release(),
            deployment_intent_group: release.clone(),
            address: release,
        };
        let output = serde_json::to_value(placement).expect("JSON");
        Event::Succeeded { step: Step::Ready, output }
    }

    async fn lead(&self, address: Option<String>) -> Result<(), Refusal> {
        self.is_ours().await?;
        edge::point(&self.part.scene, &self.order.instance, address).await
    }

    async fn verify(&self) -> Result<(), Refusal> {
        let scene = &self.part.scene;
        let wanted = self.ready.as_ref().map(|placement| placement.address.clone());
        loop {
            let leads = edge::lookup(scene, &self.order.instance).await;
            if leads.is_ok_and(|found| found == wanted) {
                match &wanted {
                    None => return Ok(()),
                    Some(address) if edge::answers(scene, address).await => return Ok(()),
                    Some(_) => {}
                }
            }
            self.poll().await;
        }
    }

    /// Stops the source, while something else is seen to serve.
    pub(super) async fn retire(&self) -> Result<(), Refusal> {
        self.settle().await;
        if let Some(serving) = self.part.registry.serving(&self.order.instance) {
            if serving.deployment_intent_group == self.source_group() {
                return Err(Refusal::permanent("the source serves"));
            }
            if !edge::answers(&self.part.scene, &serving.address).await {
                return Err(Refusal::transient("what serves does not answer"));
            }
        }
        self.terminate(&self.source_group()).await
    }

    /// Terminates a group unless that was done, and waits until nothing of it runs.
    async fn terminate(&self, group: &str) -> Result<(), Refusal> {
        let scene = &self.part.scene;
        let mut asked = false;
        loop {
            let Some(found) = edge::status(scene, group).await? else { return Ok(()) };
            match found.standing {
                Standing::Created | Standing::Approved => return Ok(()),
                Standing::Terminated if !found.runs => return Ok(()),
                Standing::Instantiated if asked => {
                    return Err(Refusal::transient("it is still instantiated"));
                }
                Standing::Instantiated => {
                    self.is_ours().await?;
                    edge::terminate(scene, group).await?;
                    asked = true;
                }
                Standing::Terminated => {}
            }
            self.poll().await;
        }
    }

    /// Removes what EMCO remembers of a group that is gone.
    async fn forget(&self, group: &str) -> Result<(), Refusal> {
        self.settle().await;
        let Some(found) = edge::status(&self.part.scene, group).await? else { return Ok(()) };
        if found.standing == Standing::Instantiated {
            return Err(Refusal::permanent("it is instantiated"));
        }
        if found.runs {
            return Err(Refusal::transient("it still runs"));
        }
        edge::delete(&self.part.scene, group).await
    }
}
