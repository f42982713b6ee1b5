//! What goes into the engine and what comes out.

use model::{
    Decision, InstanceState, OperatorCommand, Order, Outcome, QosReport, SiteLoad, SiteReport, SiteStatus,
    UeEvent,
};

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The core said something about a UE.
    Ue(&'a UeEvent),
    /// What became of an order.
    Outcome(&'a Outcome),
    /// What runs where, as the executor verified it.
    Instance(&'a InstanceState),
    /// An order that is already on the bus, after a restart: it is adopted, never computed again.
    OrderSeen(&'a Order),
    /// What an operator asks for.
    Operator(&'a OperatorCommand),
    /// What a source says of a site.
    Site(&'a SiteReport),
    /// What a source measured of a UE's quality of service.
    Qos(&'a QosReport),
    /// How loaded a source says that a site is.
    Load(&'a SiteLoad),
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Publish a decision.
    Decide(Box<Decision>),
    /// Give an order; the decision that it follows from comes just before.
    Order(Box<Order>),
    /// Publish what holds for a site.
    Site(Box<SiteStatus>),
}
