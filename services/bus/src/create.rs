//! Who makes streams and topics at a broker.

use serde::Deserialize;

/// What an adapter does about the broker's streams, topics and buckets when it connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Create {
    /// Makes what is missing, and refuses what is there with other settings.
    #[default]
    Yes,
    /// Makes nothing: checks that everything is there with the settings that it needs.
    Verify,
    /// Neither makes nor checks: an account without rights to look still works.
    No,
}

impl<'de> Deserialize<'de> for Create {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Flag(bool),
            Word(String),
        }
        match Written::deserialize(from)? {
            Written::Flag(true) => Ok(Self::Yes),
            Written::Flag(false) => Ok(Self::No),
            Written::Word(word) if word == "verify" => Ok(Self::Verify),
            Written::Word(word) => {
                Err(serde::de::Error::custom(format!("`{word}` is none of true, verify, false")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_words_are_understood() {
        let read = |text: &str| serde_json::from_str::<Create>(text);
        assert_eq!(read("true").expect("valid"), Create::Yes);
        assert_eq!(read("\"verify\"").expect("valid"), Create::Verify);
        assert_eq!(read("false").expect("valid"), Create::No);
        assert!(read("\"maybe\"").expect_err("refused").to_string().contains("true, verify, false"));
    }
}
