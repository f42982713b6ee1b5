//! What an owner leaves to the next one.

/// The records that there are of one instance, each under the epoch of the owner that wrote it.
///
/// Every owner writes under a key of its own, so a late record of a fenced one replaces nothing that a newer owner
/// wrote. And every record is the whole value: the first under an epoch has all that was effective before it. So
/// the newest epoch counts, and the others may go once there is a newer one.
///
/// The record that counts may hold one change that its writer never learned to be effective, because it came after
/// a claim. It is taken over all the same: its writer did not act on it, and nobody else did on anything it denies,
/// because who acts has written under its own epoch first.
#[derive(Debug, Clone)]
pub struct Heritage<V> {
    counts: Option<(u64, V)>,
    replaced: Vec<u64>,
}

impl<V> Default for Heritage<V> {
    fn default() -> Self {
        Self { counts: None, replaced: Vec::new() }
    }
}

impl<V> Heritage<V> {
    /// Takes in one record.
    pub fn add(&mut self, epoch: u64, value: V) {
        match &mut self.counts {
            Some((newest, _)) if *newest > epoch => self.replaced.push(epoch),
            counts => {
                let older = counts.replace((epoch, value));
                self.replaced.extend(older.map(|(epoch, _)| epoch).filter(|older| *older != epoch));
            }
        }
    }

    /// The value that counts, and every epoch of which there is a record.
    pub fn take(self) -> Option<(V, Vec<u64>)> {
        let (epoch, value) = self.counts?;
        let mut epochs = self.replaced;
        epochs.push(epoch);
        Some((value, epochs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_epoch_counts_in_whatever_order_records_stand() {
        for epochs in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
            let mut heritage = Heritage::default();
            epochs.into_iter().for_each(|epoch| heritage.add(epoch, epoch * 10));
            let (value, mut all) = heritage.take().expect("there are records");
            all.sort_unstable();
            assert_eq!((value, all), (30, vec![1, 2, 3]));
        }
        assert!(Heritage::<u8>::default().take().is_none());
    }
}
