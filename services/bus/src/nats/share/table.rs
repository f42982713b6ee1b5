//! What the entries of a piece of work say.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

/// An entry's name, without the work that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Member(Box<str>),
    Part(u16),
}

/// Who is there and who holds what, as far as this replica has seen. An entry counts for one lease after it was
/// seen: it expires at the server without a word.
#[derive(Debug)]
pub(super) struct Table {
    lease: Duration,
    members: BTreeMap<Box<str>, Instant>,
    parts: HashMap<u16, (Box<str>, Instant)>,
}

impl Name {
    /// Reads `member.<id>` or `part.<n>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('.')? {
            ("member", id) => Some(Self::Member(id.into())),
            ("part", number) => number.parse().ok().map(Self::Part),
            _ => None,
        }
    }
}

impl Table {
    pub(super) fn new(lease: Duration) -> Self {
        Self { lease, members: BTreeMap::new(), parts: HashMap::new() }
    }

    /// An entry was written, by this owner if it is a part.
    pub(super) fn written(&mut self, name: Name, owner: &str, now: Instant) {
        match name {
            Name::Member(id) => {
                self.members.insert(id, now);
            }
            Name::Part(part) => {
                self.parts.insert(part, (owner.into(), now));
            }
        }
    }

    /// An entry was deleted.
    pub(super) fn deleted(&mut self, name: &Name) {
        match name {
            Name::Member(id) => {
                self.members.remove(id);
            }
            Name::Part(part) => {
                self.parts.remove(part);
            }
        }
    }

    /// Forgets what has expired.
    pub(super) fn expire(&mut self, now: Instant) {
        let lease = self.lease;
        self.members.retain(|_, seen| now.duration_since(*seen) < lease);
        self.parts.retain(|_, (_, seen)| now.duration_since(*seen) < lease);
    }

    /// Whether anybody holds this part.
    pub(super) fn is_held(&self, part: u16) -> bool {
        self.parts.contains_key(&part)
    }

    /// How many of so many parts this replica is to hold. Nobody holds more than one part more than anybody else,
    /// and those that hold most keep the odd ones, so that as few parts move as can be.
    pub(super) fn quota(&self, id: &str, parts: u16) -> usize {
        let mut held: BTreeMap<&str, usize> = self.members.keys().map(|member| (&**member, 0)).collect();
        held.entry(id).or_default();
        for (owner, _) in self.parts.values() {
            if let Some(count) = held.get_mut(&**owner) {
                *count += 1;
            }
        }
        let mut ranked: Vec<_> =
            held.iter().map(|(member, count)| (std::cmp::Reverse(*count), *member)).collect();
        ranked.sort_unstable();
        let rank = ranked.iter().position(|(_, member)| *member == id).unwrap_or_default();
        let (parts, members) = (usize::from(parts), ranked.len());
        parts / members + usize::from(rank < parts % members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(members: &[&str], parts: &[(u16, &str)]) -> Table {
        let mut table = Table::new(Duration::from_secs(3));
        let now = Instant::now();
        for member in members {
            table.written(Name::Member((*member).into()), "", now);
        }
        for (part, owner) in parts {
            table.written(Name::Part(*part), owner, now);
        }
        table
    }

    #[test]
    fn quotas_are_even_and_add_up() {
        for parts in [1, 2, 7, 16] {
            let table = table(&["a", "b", "c"], &[]);
            let quotas = ["a", "b", "c"].map(|id| table.quota(id, parts));
            assert_eq!(quotas.iter().sum::<usize>(), usize::from(parts));
            assert!(quotas.iter().max().unwrap_or(&0) - quotas.iter().min().unwrap_or(&0) <= 1);
        }
    }

    #[test]
    fn the_odd_part_stays_where_it_is() {
        let one = table(&["a", "b", "c"], &[(0, "c")]);
        assert_eq!(["a", "b", "c"].map(|id| one.quota(id, 1)), [0, 0, 1]);
        let four = table(&["a", "b", "c"], &[(0, "b"), (1, "b"), (2, "c"), (3, "c")]);
        assert_eq!(["a", "b", "c"].map(|id| four.quota(id, 4)), [1, 2, 1]);
    }

    #[test]
    fn what_is_not_renewed_expires() {
        let mut table = table(&["a"], &[(0, "a")]);
        let now = Instant::now();
        table.expire(now + Duration::from_secs(2));
        assert!(table.is_held(0));
        table.expire(now + Duration::from_secs(4));
        assert!(!table.is_held(0));
        assert_eq!(table.quota("b", 4), 4);
    }

    #[test]
    fn names_of_entries_are_read() {
        assert_eq!(Name::parse("member.x.y"), Some(Name::Member("x.y".into())));
        assert_eq!(Name::parse("part.12"), Some(Name::Part(12)));
        assert_eq!(Name::parse("part.99999"), None);
        assert_eq!(Name::parse("other"), None);
    }
}
