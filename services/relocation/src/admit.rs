//! Whether an order is carried out: the rule, without what carries it out.

use model::{Generation, Order, SiteId, Timestamp};

/// What is known of an instance of which an order comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The newest generation that was used.
    pub newest: Generation,
    /// When the order that used it was decided, where that is known.
    pub decided_at: Option<Timestamp>,
    /// Where it serves; `None` where it does not.
    pub serving: Option<&'a SiteId>,
}

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is carried out.
    Take,
    /// It is under way.
    UnderWay {
        /// Whether what is under way says the same.
        same: bool,
    },
    /// It has come before, and is answered as it was then.
    Over,
    /// Its decider does not know what has happened since, or it starts from where the instance is not.
    Fenced {
        /// The generation that holds.
        newest: Generation,
    },
}

/// Looks at an order. `live` are the orders under way for its instance, `known` is `None` where nothing was ever
/// heard of the instance.
///
/// Orders come again, and another answer would contradict the first. The one that used the newest generation gets the
/// same answer once more. An older one was answered too, unless it was decided later than the newest: then the bus has
/// lost to its decider what happened since, and without an answer that would wait for ever.
pub fn admit<'a>(
    order: &Order,
    known: Option<Standing<'_>>,
    live: impl IntoIterator<Item = &'a Order>,
) -> Admission {
    let Some(known) = known else {
        return match order.source {
            None => Admission::Take,
            Some(_) => Admission::Fenced { newest: order.generation },
        };
    };
    if let Some(live) = live.into_iter().find(|live| live.relocation == order.relocation) {
        return Admission::UnderWay { same: live == order };
    }
    if order.generation == known.newest {
        return Admission::Over;
    }
    if order.generation < known.newest {
        let again = known.decided_at.is_some_and(|last| order.decided_at <= last);
        return if again { Admission::Over } else { Admission::Fenced { newest: known.newest } };
    }
    if order.source.as_ref() != known.serving {
        return Admission::Fenced { newest: order.generation };
    }
    Admission::Take
}

#[cfg(test)]
mod tests {
    use model::{AppId, InstanceId, RelocationId, Trigger};

    use super::*;

    fn order(generation: u64, source: Option<&SiteId>, decided: u64) -> Order {
        let app = AppId::new("ar").expect("valid");
        let instance = InstanceId::new("0123456789abcdef").expect("valid");
        let generation = Generation(generation);
        Order {
            relocation: RelocationId::new(&app, &instance, generation),
            app,
            instance,
            generation,
            trigger: Trigger::Mobility,
            source: source.cloned(),
            target: Some(SiteId::new("target").expect("valid")),
            choices: Vec::new(),
            observed_at: Timestamp::default(),
            due_at: Timestamp::default(),
            decided_at: Timestamp::from_micros(decided),
            host: None,
        }
    }

    #[test]
    fn an_order_is_taken_once_and_only_from_where_the_instance_serves() {
        let (a, b) = (SiteId::new("a").expect("valid"), SiteId::new("b").expect("valid"));
        let standing = |newest, decided| Standing {
            newest: Generation(newest),
            decided_at: Some(Timestamp::from_micros(decided)),
            serving: Some(&a),
        };
        let look = |order: &Order| admit(order, Some(standing(3, 30)), []);
        assert_eq!(look(&order(4, Some(&a), 40)), Admission::Take);
        assert_eq!(look(&order(4, Some(&b), 40)), Admission::Fenced { newest: Generation(4) });
        assert_eq!(look(&order(3, None, 30)), Admission::Over, "it comes again");
        assert_eq!(look(&order(1, None, 10)), Admission::Over, "an older one comes again");
        let live = order(4, Some(&a), 40);
        assert_eq!(admit(&live, Some(standing(4, 40)), [&live]), Admission::UnderWay { same: true });
        let other = order(4, Some(&a), 41);
        assert_eq!(admit(&other, Some(standing(4, 40)), [&live]), Admission::UnderWay { same: false });
    }

    #[test]
    fn a_decider_that_has_forgotten_what_happened_is_told() {
        let known = |decided_at| Standing { newest: Generation(3), decided_at, serving: None };
        let fenced = Admission::Fenced { newest: Generation(3) };
        let late = order(2, None, 31);
        assert_eq!(admit(&late, Some(known(Some(Timestamp::from_micros(30)))), []), fenced);
        assert_eq!(admit(&late, Some(known(None)), []), fenced, "nobody knows better");
        assert_eq!(admit(&order(3, None, 31), Some(known(None)), []), Admission::Over);
        let site = SiteId::new("a").expect("valid");
        assert_eq!(admit(&order(1, None, 1), None, []), Admission::Take);
        assert_eq!(admit(&order(4, Some(&site), 1), None, []), Admission::Fenced { newest: Generation(4) });
    }
}
