//! Slots that are used again: a table that grows in chunks, so that a million entries never move and nothing
//! is kept in reserve for twice as many.

use crate::ue::Slot;

const CHUNK: usize = 1024;

/// A table of `T` by slot. Freed slots are used again, the last freed first.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Vec<T>>,
    /// One bit a slot: whether it is in use.
    used: Vec<u64>,
    free: Vec<u32>,
    slots: usize,
}

impl<T: Slot> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), used: Vec::new(), free: Vec::new(), slots: 0 }
    }

    /// How many slots there are, in use or free.
    pub(crate) const fn slots(&self) -> usize {
        self.slots
    }

    /// How many slots are in use.
    pub(crate) fn len(&self) -> usize {
        self.slots - self.free.len()
    }

    pub(crate) fn insert(&mut self, value: T) -> usize {
        if let Some(slot) = self.free.pop() {
            let slot = slot as usize;
            self.used[slot / 64] |= 1 << (slot % 64);
            *self.at_mut(slot) = value;
            return slot;
        }
        self.push(Some(value))
    }

    /// Appends a slot, free where `value` is `None`; the caller then lists it in [`set_free`](Self::set_free).
    pub(crate) fn push(&mut self, value: Option<T>) -> usize {
        let slot = self.slots;
        if slot.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if slot.is_multiple_of(64) {
            self.used.push(0);
        }
        if value.is_some() {
            self.used[slot / 64] |= 1 << (slot % 64);
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(value.unwrap_or_else(T::vacant));
        }
        self.slots += 1;
        slot
    }

    pub(crate) fn remove(&mut self, slot: usize) {
        self.used[slot / 64] &= !(1 << (slot % 64));
        *self.at_mut(slot) = T::vacant();
        self.free.push(slot as u32);
    }

    pub(crate) fn get(&self, slot: usize) -> Option<&T> {
        let used = self.used.get(slot / 64).is_some_and(|bits| bits & (1 << (slot % 64)) != 0);
        used.then(|| self.at(slot))
    }

    /// The value of a slot that is in use.
    pub(crate) fn at(&self, slot: usize) -> &T {
        &self.chunks[slot / CHUNK][slot % CHUNK]
    }

    pub(crate) fn at_mut(&mut self, slot: usize) -> &mut T {
        &mut self.chunks[slot / CHUNK][slot % CHUNK]
    }

    /// The free slots in the order in which they were freed.
    pub(crate) fn free(&self) -> &[u32] {
        &self.free
    }

    /// Restores the order of the free slots; false where they are not exactly the slots that are free.
    pub(crate) fn set_free(&mut self, free: Vec<u32>) -> bool {
        let mut sorted = free.clone();
        sorted.sort_unstable();
        let expected = (0..self.slots).filter(|slot| self.get(*slot).is_none()).map(|slot| slot as u32);
        let same = sorted.into_iter().eq(expected);
        self.free = free;
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Slot for u64 {
        fn vacant() -> Self {
            0
        }
    }

    #[test]
    fn slots_are_used_again_and_chunks_follow_each_other() {
        let mut slab = Slab::new();
        for n in 0..3_000_u64 {
            assert_eq!(slab.insert(n), n as usize);
        }
        slab.remove(1_500);
        slab.remove(7);
        assert_eq!((slab.get(7), slab.len()), (None, 2_998));
        assert_eq!((slab.insert(70), slab.insert(71), slab.insert(72)), (7, 1_500, 3_000));
        assert_eq!((slab.get(1_500), slab.get(3_000), slab.get(9_999)), (Some(&71), Some(&72), None));
    }
}
