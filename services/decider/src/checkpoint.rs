//! What is kept in the store: the engine and how far each stream has been taken in.

use serde::{Deserialize, Serialize};

use crate::feed::Positions;

/// The name of the snapshot in the store.
pub(crate) const NAME: &str = "decider";
/// Version of the bytes; another one means a cold start.
const SCHEMA: u16 = 3;

/// One snapshot. The engine's bytes carry the hash of the catalogue that they belong to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    pub(crate) positions: Positions,
    /// JSON of what is asked of instances and has not been handed to the engine yet.
    pub(crate) asked: Vec<u8>,
    pub(crate) engine: Vec<u8>,
}

impl Checkpoint {
    /// The schema version in two bytes, little endian, then postcard.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // A Vec takes everything; an empty body would be refused when it is read.
        postcard::to_extend(self, SCHEMA.to_le_bytes().to_vec()).unwrap_or_default()
    }

    /// Reads it back, or says why it cannot be used.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let Some((schema, body)) = bytes.split_first_chunk::<2>() else {
            return Err("it is shorter than its header".into());
        };
        match u16::from_le_bytes(*schema) {
            SCHEMA => postcard::from_bytes(body).map_err(|e| format!("it is damaged: {e}")),
            found => Err(format!("it has schema {found}, this version reads {SCHEMA}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use bus::Sequence;

    use super::*;
    use crate::feed::Feed;

    #[test]
    fn round_trip_and_refusals() {
        let mut positions = Positions::default();
        positions.advance(Feed::Outcomes, Sequence(7));
        let checkpoint = Checkpoint { positions, asked: vec![4], engine: vec![1, 2, 3] };
        let mut bytes = checkpoint.encode();
        assert_eq!(Checkpoint::decode(&bytes), Ok(checkpoint));
        assert!(Checkpoint::decode(&bytes[..4]).is_err_and(|e| e.contains("damaged")));
        assert!(Checkpoint::decode(&[1]).is_err());
        bytes[0] = 9;
        assert!(Checkpoint::decode(&bytes).is_err_and(|e| e.contains("schema 9")));
    }
}
