//! What an executor must not forget: saga logs, facts of instances, what is left over, what charts are like.
//!
//! One port and two places behind it. Beside a bus of one process it is a file ([`InStore`]); on a bus that replicas
//! share it is the stream `sagas` ([`OnBus`]), so that any of them can go on where another one stopped.
//!
//! What was written counts once the call has returned. A saga's log begins with its order and plan; every later entry
//! is one [`relocation::Entry`].

mod claim;
mod error;
mod follow;
mod in_store;
mod keys;
mod on_bus;
mod value;

use std::collections::BTreeMap;

use emco::CompositeApp;
use model::{AppId, Generation, InstanceId, InstanceState, Order, OutcomeKind, Timestamp};
use relocation::{Entry, Plan};
use serde::{Deserialize, Serialize};

use crate::leftovers::Leftover;
use crate::names::Names;

pub(crate) use claim::{Claim, claim};
pub(crate) use error::JournalError;
pub(crate) use follow::{At, End, Onlooker};
pub(crate) use in_store::InStore;
pub(crate) use on_bus::OnBus;
pub(crate) use value::Value;

/// The version of what is written here.
const VERSION: u32 = 1;

/// What the executor keeps of an instance while no saga of it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceFact {
    pub app: AppId,
    pub instance: InstanceId,
    /// The newest generation that an order was taken in with.
    pub newest: Generation,
    /// The order that it was taken in with, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// What was last verified.
    pub state: Option<InstanceState>,
}

impl InstanceFact {
    /// What is known from both. Two tasks that keep what they know may do so in either order.
    pub(crate) fn with(self, other: Self) -> Self {
        let generation = |state: &Option<InstanceState>| state.as_ref().map(|state| state.generation);
        let (state, kept) = (other.state, self.state);
        let state = if generation(&state) >= generation(&kept) { state } else { kept };
        let newer =
            if other.newest >= self.newest { (other.newest, other.last) } else { (self.newest, self.last) };
        Self { newest: newer.0, last: newer.1, state, app: self.app, instance: self.instance }
    }
}

/// The order that used the newest generation. Where it comes again, or an older one, it is told again how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Last {
    pub order: Order,
    /// How it ended, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// An outcome that ends an order, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Tells outcomes of one order apart.
    pub id: String,
    pub at: Timestamp,
    pub kind: OutcomeKind,
}

/// The first entry of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub version: u32,
    pub order: Order,
    pub plan: Plan,
}

/// A log that is not closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenLog {
    pub opening: Opening,
    pub entries: Vec<Entry>,
}

/// What was found at the start.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order in which they were opened, as far as one instance goes.
    pub logs: Vec<OpenLog>,
    pub facts: Vec<InstanceFact>,
    pub leftovers: Vec<Leftover>,
    pub names: BTreeMap<CompositeApp, Names>,
}

/// What an executor must not forget.
pub(crate) enum Journal {
    Store(InStore),
    Bus(OnBus),
}

impl Journal {
    /// Opens a saga's log.
    pub(crate) async fn open(&self, order: &Order, plan: &Plan) -> Result<(), JournalError> {
        let opening = Opening { version: VERSION, order: order.clone(), plan: plan.clone() };
        match self {
            Self::Store(store) => store.open(opening).await,
            Self::Bus(bus) => bus.change(&order.app, &order.instance, |value| value.open(opening)).await,
        }
    }

    /// Appends to the log of this order's saga.
    pub(crate) async fn append(&self, order: &Order, entry: &Entry) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.append(order.relocation, entry).await,
            Self::Bus(bus) => {
                let change = |value: &mut Value| value.append(order.relocation, entry.clone());
                bus.change(&order.app, &order.instance, change).await
            }
        }
    }

    /// Lets go of a saga's log.
    pub(crate) async fn close(&self, order: &Order) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.close(order.relocation).await,
            Self::Bus(bus) => {
                bus.change(&order.app, &order.instance, |value| value.close(order.relocation)).await
            }
        }
    }

    /// The order under the id of this one with which a saga was opened, as long as that is known.
    pub(crate) async fn order(&self, like: &Order) -> Result<Option<Order>, JournalError> {
        match self {
            Self::Store(store) => store.order(like.relocation).await,
            Self::Bus(bus) => {
                Ok(bus.look(&like.app, &like.instance, |value| value.order(like.relocation)).await)
            }
        }
    }

    pub(crate) async fn keep_instance(&self, fact: InstanceFact) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.keep_instance(&fact).await,
            Self::Bus(bus) => {
                let (app, instance) = (fact.app.clone(), fact.instance.clone());
                bus.change(&app, &instance, |value| value.keep(fact)).await
            }
        }
    }

    pub(crate) async fn keep_leftover(&self, leftover: &Leftover) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.keep_leftover(leftover).await,
            Self::Bus(bus) => {
                let order = &leftover.order;
                bus.change(&order.app, &order.instance, |value| value.leave(leftover.clone())).await
            }
        }
    }

    pub(crate) async fn drop_leftover(&self, leftover: &Leftover) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.drop_leftover(leftover).await,
            Self::Bus(bus) => {
                let order = &leftover.order;
                bus.change(&order.app, &order.instance, |value| value.forget(&leftover.key())).await
            }
        }
    }

    /// Keeps what is known of a chart: what anybody has seen, so no fence guards it.
    pub(crate) async fn keep_names(&self, app: &CompositeApp, names: Names) -> Result<(), JournalError> {
        match self {
            Self::Store(store) => store.keep_names(app, names).await,
            Self::Bus(bus) => bus.keep_names(app, names).await,
        }
    }

    /// Where on the stream stands what was last kept of this order's instance; nowhere, where nobody else reads it.
    pub(crate) async fn stands_at(&self, order: &Order) -> u64 {
        match self {
            Self::Store(_) => 0,
            Self::Bus(bus) => bus.stands_at(&order.app, &order.instance).await,
        }
    }

    /// Makes sure that the instances are ours still, just before something is done that cannot be done twice.
    pub(crate) async fn is_ours(&self) -> Result<(), JournalError> {
        match self {
            Self::Store(_) => Ok(()),
            Self::Bus(bus) => bus.is_ours().await,
        }
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with keys that are no text are the one thing that JSON cannot hold; there are none.
    serde_json::to_vec(value).expect("records of a saga can be written as JSON")
}
