//! The numbers of streams in files; they never change.

use model::Stream;

/// How many numbers there is room for in segment headers.
pub(super) const SLOTS: usize = 16;

/// One value for every slot.
pub(super) type PerSlot<T> = [T; SLOTS];

/// Number of a stream in files and in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Slot(u8);

/// The internal stream of consumers' positions.
pub(super) const POSITIONS: Slot = Slot(0);

/// How a slot's records leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// By the stream's limits alone.
    Log(Stream),
    /// By the stream's limits, except for the last record of every key.
    Latest(Stream),
    /// As soon as a later record of the same key is there.
    Internal,
}

impl Slot {
    /// The slot of a stream.
    pub(super) const fn of(stream: Stream) -> Self {
        Self(match stream {
            Stream::UeEvents => 1,
            Stream::Sites => 2,
            Stream::Commands => 3,
            Stream::Decisions => 4,
            Stream::Orders => 5,
            Stream::Outcomes => 6,
            Stream::Instances => 7,
            Stream::DeadLetter => 8,
            Stream::Sagas => 9,
            Stream::Qos => 10,
        })
    }

    /// The slot with this number, if it is one.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::all().find(|slot| slot.0 == number)
    }

    /// Every slot in use.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(POSITIONS).chain(Stream::ALL.into_iter().map(Self::of))
    }

    /// Its number in files.
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// Its place in a [`PerSlot`].
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its stream; none for the internal one.
    pub(super) fn stream(self) -> Option<Stream> {
        Stream::ALL.into_iter().find(|stream| Self::of(*stream) == self)
    }

    /// How its records leave.
    pub(super) fn kept(self) -> Kept {
        match self.stream() {
            None => Kept::Internal,
            Some(stream) if stream.latest_per_key() => Kept::Latest(stream),
            Some(stream) => Kept::Log(stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_has_a_number_of_its_own() {
        let numbers: Vec<_> = Slot::all().map(Slot::number).collect();
        assert_eq!(numbers, (0..=10).collect::<Vec<_>>());
        for slot in Slot::all() {
            assert!(slot.index() < SLOTS);
            assert_eq!(Slot::from_number(slot.number()), Some(slot));
        }
        assert_eq!(Slot::from_number(11), None);
    }
}
