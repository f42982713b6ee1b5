//! What operators asked of instances, while history is read.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{AppId, Ask, InstanceId, OperatorCommand, Order, Timestamp};

/// Nobody waits any longer for a move that was asked for before that, and what became of it need not be kept any more.
const LATEST: Duration = Duration::from_secs(24 * 3_600);

/// Commands about instances, kept back until it is known which instances there are and what was ordered since: a move
/// is asked for once, and an order that was decided later is either that move or has made it pointless.
#[derive(Debug, Default)]
pub(crate) struct Asked(BTreeMap<(AppId, InstanceId), Waiting>);

/// The last word of each sort about one instance.
#[derive(Debug, Default)]
struct Waiting {
    /// A pin, or its end.
    pinned: Option<OperatorCommand>,
    /// A move.
    once: Option<OperatorCommand>,
}

impl Asked {
    /// Keeps a command back if it is about an instance; gives it back otherwise.
    pub(crate) fn hold(&mut self, command: &OperatorCommand) -> bool {
        let (Ask::Move { app, instance, .. } | Ask::Pin { app, instance, .. } | Ask::Unpin { app, instance }) =
            &command.ask
        else {
            return false;
        };
        let waiting = self.0.entry((app.clone(), instance.clone())).or_default();
        let kept = Some(command.clone());
        match command.ask {
            Ask::Move { .. } => waiting.once = kept,
            // Whoever pins an instance after moving it wants it where it is pinned.
            Ask::Pin { .. } => *waiting = Waiting { pinned: kept, once: None },
            Ask::Unpin { .. }
            | Ask::Cordon { .. }
            | Ask::Drain { .. }
            | Ask::Resume { .. }
            | Ask::Freeze { .. }
            | Ask::Thaw { .. }
            | Ask::Confirm { .. }
            | Ask::Refuse { .. } => waiting.pinned = kept,
        }
        true
    }

    /// An order stands on the bus: a move that was asked for before it was decided has had its turn.
    pub(crate) fn ordered(&mut self, order: &Order) {
        if self.0.is_empty() {
            return;
        }
        if let Some(waiting) = self.0.get_mut(&(order.app.clone(), order.instance.clone())) {
            waiting.once.take_if(|asked| asked.at <= order.decided_at);
        }
    }

    /// Everything that is still to be done.
    pub(crate) fn release(&mut self, now: Timestamp) -> impl Iterator<Item = OperatorCommand> + use<> {
        let recent = move |asked: &OperatorCommand| now.since(asked.at) <= LATEST;
        let all = std::mem::take(&mut self.0).into_values();
        all.flat_map(move |waiting| waiting.pinned.into_iter().chain(waiting.once.filter(recent)))
    }

    /// For a snapshot; [`decode`](Self::decode) reads it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let all = self.0.values().flat_map(|waiting| waiting.pinned.iter().chain(&waiting.once));
        let all: Vec<_> = all.collect();
        // Maps with keys that are no texts are all that JSON cannot say; there is none here.
        serde_json::to_vec(&all).unwrap_or_default()
    }

    /// Reads back what a snapshot kept, or says why it cannot be used.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let all: Vec<OperatorCommand> = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let mut asked = Self::default();
        for command in &all {
            asked.hold(command);
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use model::{Generation, RelocationId, SiteId, Trigger};
    use uuid::Uuid;

    use super::*;

    fn names() -> (AppId, InstanceId, SiteId) {
        let (app, instance) = (AppId::new("ar").expect("valid"), InstanceId::new("00ff").expect("valid"));
        (app, instance, SiteId::new("north").expect("valid"))
    }

    fn asked(at: u64, ask: Ask) -> OperatorCommand {
        let (id, at) = (Uuid::from_u128(u128::from(at)), Timestamp::from_micros(at * 1_000_000));
        OperatorCommand { id, at, by: "ann".into(), reason: None, ask }
    }

    fn moved(at: u64) -> OperatorCommand {
        let (app, instance, site) = names();
        asked(at, Ask::Move { app, instance, site })
    }

    fn pinned(at: u64) -> OperatorCommand {
        let (app, instance, site) = names();
        asked(at, Ask::Pin { app, instance, site })
    }

    fn order(decided: u64) -> Order {
        let (app, instance, site) = names();
        let at = Timestamp::from_micros(decided * 1_000_000);
        Order {
            relocation: RelocationId::new(&app, &instance, Generation(1)),
            app,
            instance,
            generation: Generation(1),
            trigger: Trigger::Mobility,
            source: None,
            target: Some(site),
            choices: Vec::new(),
            observed_at: at,
            due_at: at,
            decided_at: at,
            host: None,
        }
    }

    fn released(asked: &mut Asked, now: u64) -> Vec<OperatorCommand> {
        asked.release(Timestamp::from_micros(now * 1_000_000)).collect()
    }

    #[test]
    fn an_order_that_was_decided_since_ends_a_move_and_no_pin() {
        let mut held = Asked::default();
        assert!(held.hold(&pinned(5)) && held.hold(&moved(10)));
        held.ordered(&order(9));
        let mut again = Asked::decode(&held.encode()).expect("its own bytes");
        assert_eq!(released(&mut again, 20), [pinned(5), moved(10)]);
        held.ordered(&order(10));
        assert_eq!(released(&mut held, 20), [pinned(5)]);
        assert_eq!(released(&mut held, 20), []);
    }

    #[test]
    fn the_last_word_counts_and_a_pin_ends_a_move() {
        let (app, instance, _) = names();
        let unpinned = asked(8, Ask::Unpin { app, instance });
        let mut held = Asked::default();
        for command in [moved(1), pinned(2), moved(3), moved(4), unpinned.clone()] {
            assert!(held.hold(&command));
        }
        assert_eq!(released(&mut held, 20), [unpinned, moved(4)]);
        assert!(held.hold(&moved(5)) && held.hold(&pinned(6)));
        assert_eq!(released(&mut held, 20), [pinned(6)]);
    }

    #[test]
    fn a_move_of_the_day_before_is_not_made_up_for_but_a_pin_holds() {
        let mut held = Asked::default();
        assert!(held.hold(&pinned(1)) && held.hold(&moved(2)));
        assert_eq!(released(&mut held, 3 + 24 * 3_600), [pinned(1)]);
    }

    #[test]
    fn what_is_about_sites_and_apps_is_not_kept_back() {
        let mut held = Asked::default();
        let (app, _, site) = names();
        for ask in [
            Ask::Cordon { site: site.clone() },
            Ask::Drain { site: site.clone(), deadline: None },
            Ask::Resume { site },
            Ask::Freeze { app: Some(app), until: None },
            Ask::Thaw { app: None },
        ] {
            assert!(!held.hold(&asked(1, ask)));
        }
        assert_eq!(released(&mut held, 1), []);
        assert!(Asked::decode(b"{").is_err());
    }
}
