//! What an executor must not forget: on the bus where replicas share it, else in a file.

use std::rc::Rc;

use model::InstanceId;

use super::on_bus::OnBus;
use super::{End, Value};
use crate::scene::Scene;

/// What could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// It did not happen.
    Transient,
    /// The work on the part is over.
    Over,
}

/// What an executor must not forget.
pub(crate) enum Journal {
    File(Rc<Scene>),
    Bus(OnBus),
}

impl Journal {
    /// Changes what is kept of an instance; it counts once this has returned.
    pub(crate) async fn change(
        &self,
        instance: &InstanceId,
        change: impl FnOnce(&mut Value),
    ) -> Result<(), Lapse> {
        match self {
            Self::File(scene) => {
                scene.sleep(scene.chance.millis(1, 5)).await;
                let value = {
                    let mut file = scene.disks.journal.borrow_mut();
                    let value = file.entry(instance.clone()).or_default();
                    change(value);
                    value.clone()
                };
                scene.judge.holds(scene, instance, None, &value);
                scene.sleep(scene.chance.millis(1, 5)).await;
                Ok(())
            }
            Self::Bus(bus) => bus.change(instance, change).await,
        }
    }

    /// Makes sure that the instances are ours still.
    pub(crate) async fn is_ours(&self) -> Result<(), Lapse> {
        match self {
            Self::File(_) => Ok(()),
            Self::Bus(bus) => bus.is_ours().await,
        }
    }

    /// Waits until the work on the part is over.
    pub(crate) async fn over(&self) -> End {
        match self {
            Self::File(_) => std::future::pending().await,
            Self::Bus(bus) => bus.watched.over().await,
        }
    }
}
