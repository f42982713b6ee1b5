//! What the bus said during a demo, added up.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use hdrhistogram::Histogram;
use model::{
    Decision, InstanceId, Order, Outcome, OutcomeKind, Release, RelocationId, SiteId, Supi, Timestamp,
    Trigger, UeChange, UeEvent, Verdict,
};

use super::detour::Detour;

/// A source that is returned to within this time makes a ping-pong (before `--speed`).
pub(super) const PING_PONG_WINDOW: Duration = Duration::from_secs(60);

/// Adds up events, decisions, orders and outcomes.
pub(super) struct Ledger {
    window: Duration,
    pub(super) events: u64,
    pub(super) decisions: BTreeMap<Trigger, BTreeMap<Verdict, u64>>,
    /// From the first byte of the report, or from the end of the policy's own wait, to the order's arrival at a
    /// reader of the bus; microseconds.
    pub(super) latency_us: Histogram<u64>,
    pub(super) relocation_ms: Histogram<u64>,
    orders: HashMap<RelocationId, Order>,
    ended: HashMap<RelocationId, End>,
    retired: u64,
    leftover: u64,
    last_move: HashMap<InstanceId, (SiteId, Timestamp)>,
    ping_pongs: u64,
    moves: Vec<Move>,
    pub(super) detour: Detour,
    users: HashMap<InstanceId, Supi>,
    pub(super) troubles: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Completed,
    Undone,
    Failed,
    Fenced,
}

/// A completed relocation.
pub(super) struct Move {
    pub(super) instance: InstanceId,
    pub(super) release: Release,
}

/// How many relocations (a serving instance moved to another site) ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Relocations {
    pub(super) ordered: u64,
    pub(super) completed: u64,
    pub(super) undone: u64,
    pub(super) failed: u64,
    pub(super) fenced: u64,
}

impl Ledger {
    /// An empty ledger for a demo whose trace runs `speed` times as fast.
    pub(super) fn new(speed: f64, detour: Detour) -> Self {
        // From 1 to an hour's microseconds: a histogram without bounds would cut what it records at first.
        let histogram = || {
            Histogram::new_with_bounds(1, 3_600_000_000, 3).unwrap_or_else(|_| unreachable!("valid bounds"))
        };
        Self {
            window: PING_PONG_WINDOW.div_f64(speed),
            events: 0,
            decisions: BTreeMap::new(),
            latency_us: histogram(),
            relocation_ms: histogram(),
            orders: HashMap::new(),
            ended: HashMap::new(),
            retired: 0,
            leftover: 0,
            last_move: HashMap::new(),
            ping_pongs: 0,
            moves: Vec::new(),
            detour,
            users: HashMap::new(),
            troubles: Vec::new(),
        }
    }

    pub(super) fn event(&mut self, event: &UeEvent) {
        if let UeChange::Location(location) = &event.change {
            self.events += 1;
            self.detour.located(&event.supi, location, event.observed_at);
        }
    }

    pub(super) fn decision(&mut self, decision: &Decision) {
        *self.decisions.entry(decision.trigger).or_default().entry(decision.verdict).or_default() += 1;
        if let Some(supi) = &decision.supi {
            self.users.insert(decision.instance.clone(), supi.clone());
        }
    }

    /// An order that was read from the bus at `seen`. Reading a bus twice changes nothing.
    pub(super) fn order(&mut self, order: Order, seen: Timestamp) {
        if self.orders.contains_key(&order.relocation) {
            return;
        }
        let micros = u64::try_from(seen.since(order.due_at).as_micros()).unwrap_or(u64::MAX);
        self.latency_us.saturating_record(micros.max(1));
        self.orders.insert(order.relocation, order);
    }

    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        let end = match &outcome.kind {
            OutcomeKind::Progress { .. } => return,
            OutcomeKind::Retired => return self.retired += 1,
            OutcomeKind::Leftover { reason } => {
                self.leftover += 1;
                return self.troubles.push(format!("{}: left over: {reason}", outcome.relocation));
            }
            OutcomeKind::Completed { serving, took_ms } => {
                if self.ended.contains_key(&outcome.relocation) {
                    return;
                }
                let moved = outcome.source.is_some() && outcome.target.is_some();
                if let (Some(placement), true) = (serving, moved) {
                    self.relocation_ms.saturating_record((*took_ms).max(1));
                    self.moves.push(Move {
                        instance: outcome.instance.clone(),
                        release: placement.release.clone(),
                    });
                    self.count_ping_pong(outcome);
                }
                if let Some(supi) = self.users.get(&outcome.instance) {
                    let site = serving.as_ref().map(|placement| placement.site.clone());
                    self.detour.serving(supi, site, outcome.at);
                }
                End::Completed
            }
            OutcomeKind::Undone { reason } => {
                self.troubles.push(format!("{}: undone: {reason}", outcome.relocation));
                End::Undone
            }
            OutcomeKind::Failed { reason } => {
                self.troubles.push(format!("{}: failed: {reason}", outcome.relocation));
                End::Failed
            }
            OutcomeKind::Fenced { newest, .. } => {
                self.troubles.push(format!("{}: fenced by generation {newest}", outcome.relocation));
                End::Fenced
            }
        };
        self.ended.insert(outcome.relocation, end);
    }

    fn count_ping_pong(&mut self, outcome: &Outcome) {
        let (Some(source), Some(target)) = (&outcome.source, &outcome.target) else { return };
        if let Some((left, at)) = self.last_move.get(&outcome.instance)
            && left == target
            && outcome.at.since(*at) <= self.window
        {
            self.ping_pongs += 1;
        }
        self.last_move.insert(outcome.instance.clone(), (source.clone(), outcome.at));
    }

    pub(super) fn relocations(&self) -> Relocations {
        let mut sum = Relocations::default();
        for order in self.orders.values().filter(|order| order.is_relocation()) {
            sum.ordered += 1;
            match self.ended.get(&order.relocation) {
                Some(End::Completed) => sum.completed += 1,
                Some(End::Undone) => sum.undone += 1,
                Some(End::Failed) => sum.failed += 1,
                Some(End::Fenced) => sum.fenced += 1,
                None => {}
            }
        }
        sum
    }

    /// Orders that are neither ended nor, where they had a source, retired.
    pub(super) fn open(&self) -> u64 {
        let ended = |order: &&Order| self.ended.contains_key(&order.relocation);
        let unended = self.orders.values().filter(|order| !ended(order)).count() as u64;
        let completed = |order: &&Order| self.ended.get(&order.relocation) == Some(&End::Completed);
        let to_retire = self.orders.values().filter(|o| o.source.is_some()).filter(completed).count() as u64;
        unended + to_retire.saturating_sub(self.retired + self.leftover)
    }

    /// Sources of completed relocations that could not be removed.
    pub(super) fn leftover(&self) -> u64 {
        self.leftover
    }

    /// Orders of any kind that did not end completed.
    pub(super) fn incomplete(&self) -> u64 {
        let completed = self.ended.values().filter(|end| **end == End::Completed).count();
        (self.orders.len().max(self.ended.len()) - completed) as u64
    }

    /// The share of completed relocations that went back to where the instance came from, in percent.
    pub(super) fn ping_pong_percent(&self) -> f64 {
        if self.moves.is_empty() { 0.0 } else { 100.0 * self.ping_pongs as f64 / self.moves.len() as f64 }
    }

    /// The completed relocations, in the order of their outcomes.
    pub(super) fn moves(&self) -> &[Move] {
        &self.moves
    }
}

#[cfg(test)]
mod tests {
    use model::{AppId, Generation, Placement};

    use super::*;

    fn ledger() -> Ledger {
        Ledger::new(1.0, Detour::new(Box::new(|_| None)))
    }

    /// An order from `source` to `target` that was given at second `at`.
    fn order(generation: u64, source: Option<&str>, target: &str, at: u64) -> Order {
        let (app, instance) =
            (AppId::new("echo").expect("valid"), InstanceId::new("00ff00ff00ff00ff").expect("valid"));
        let site = |id: &str| SiteId::new(id).expect("valid");
        let at = Timestamp::from_micros(at * 1_000_000);
        Order {
            relocation: RelocationId::new(&app, &instance, Generation(generation)),
            app,
            instance,
            generation: Generation(generation),
            trigger: Trigger::Mobility,
            source: source.map(site),
            target: Some(site(target)),
            choices: Vec::new(),
            observed_at: at,
            due_at: at,
            decided_at: at,
            host: None,
        }
    }

    fn outcome(order: &Order, kind: OutcomeKind) -> Outcome {
        Outcome {
            relocation: order.relocation,
            app: order.app.clone(),
            instance: order.instance.clone(),
            generation: order.generation,
            source: order.source.clone(),
            target: order.target.clone(),
            at: order.decided_at,
            kind,
        }
    }

    fn completed(order: &Order) -> Outcome {
        let serving = order.target.clone().map(|site| Placement {
            site,
            release: order.relocation.release(),
            deployment_intent_group: "g".into(),
            address: "127.0.0.1:80".into(),
        });
        outcome(order, OutcomeKind::Completed { serving, took_ms: 5_000 })
    }

    #[test]
    fn going_back_within_a_minute_is_a_ping_pong_and_later_is_not() {
        let mut ledger = ledger();
        for order in
            [order(1, Some("a"), "b", 0), order(2, Some("b"), "a", 59), order(3, Some("a"), "b", 120)]
        {
            ledger.order(order.clone(), order.due_at);
            ledger.outcome(&completed(&order));
        }
        assert!((ledger.ping_pong_percent() - 100.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn an_order_is_open_until_it_has_ended_and_its_source_has_gone() {
        let mut ledger = ledger();
        let moved = order(2, Some("a"), "b", 0);
        ledger.order(order(1, None, "a", 0), Timestamp::from_micros(3_000));
        ledger.order(moved.clone(), Timestamp::from_micros(0));
        assert_eq!((ledger.open(), ledger.incomplete()), (2, 2));
        ledger.outcome(&completed(&order(1, None, "a", 0)));
        ledger.outcome(&completed(&moved));
        assert_eq!((ledger.open(), ledger.incomplete()), (1, 0));
        ledger.outcome(&outcome(&moved, OutcomeKind::Retired));
        assert_eq!((ledger.open(), ledger.relocations().completed), (0, 1));
    }

    #[test]
    fn what_is_read_twice_counts_once_and_what_failed_is_no_completion() {
        let mut ledger = ledger();
        let moved = order(1, Some("a"), "b", 0);
        for _ in 0..2 {
            ledger.order(moved.clone(), Timestamp::from_micros(2_000));
            ledger.outcome(&outcome(&moved, OutcomeKind::Undone { reason: "no room".into() }));
        }
        assert_eq!((ledger.latency_us.len(), ledger.latency_us.max()), (1, 2_000));
        let sum = ledger.relocations();
        assert_eq!((sum.ordered, sum.completed, sum.undone), (1, 0, 1));
        assert_eq!(ledger.incomplete(), 1);
    }
}
