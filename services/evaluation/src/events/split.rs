//! Two parts of the same traffic.

use sha2::{Digest as _, Sha256};

use super::{Events, EventsBuilder, EventsError};

/// One UE in so many is in the second part, on average.
const ONE_IN: u64 = 3;

impl Events {
    /// About two thirds of the UEs, and the others. Which ones depends on their names and the seed only: a UE that is in
    /// two files is in the same part of both.
    ///
    /// # Errors
    /// [`EventsError::None`] where all of them came into one part.
    pub fn split(&self, seed: u64) -> Result<(Self, Self), EventsError> {
        let second: Vec<bool> = self.ues.iter().map(|ue| is_in_second(ue, seed)).collect();
        let (mut first_part, mut second_part) = (EventsBuilder::default(), EventsBuilder::default());
        for row in &self.rows {
            let ue = row.ue as usize;
            let part = if second[ue] { &mut second_part } else { &mut first_part };
            let location = row.location().and_then(|slot| self.locations.get(slot as usize)).copied();
            part.seen(&self.ues[ue], row.at, location)?;
        }
        Ok((first_part.finish()?, second_part.finish()?))
    }
}

fn is_in_second(ue: &str, seed: u64) -> bool {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(ue).finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % ONE_IN == 0
}

#[cfg(test)]
mod tests {
    use model::UeLocation;

    use super::*;
    use crate::Instant;
    use crate::fixture::cell;

    fn events(ues: u32) -> Events {
        let mut builder = EventsBuilder::default();
        for number in 0..3 * ues {
            let location = (number % 7 > 0).then(|| UeLocation {
                cell: Some(cell(number.into())),
                tai: None,
                position: None,
            });
            let at = Instant::from_micros(number.into());
            builder.seen(&format!("ue {}", number % ues), at, location).expect("few");
        }
        builder.finish().expect("some")
    }

    #[test]
    fn each_ue_is_in_one_part_with_all_of_its_events() {
        let whole = events(900);
        let (first, second) = whole.split(1).expect("many");
        assert_eq!(first.len() + second.len(), whole.len());
        assert_eq!(first.ues() + second.ues(), 900);
        assert!((250..350).contains(&second.ues()), "{}", second.ues());
        assert!(second.ues.iter().all(|ue| !first.ues.contains(ue)));
        assert_eq!(whole.split(1).expect("many"), (first.clone(), second));
        assert_ne!(whole.split(2).expect("many").0, first);
    }

    #[test]
    fn one_ue_cannot_be_split() {
        assert_eq!(events(1).split(1), Err(EventsError::None));
    }
}
