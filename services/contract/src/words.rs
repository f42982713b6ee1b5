//! Words that later versions may add to.

/// Declares a set of words that is open: a reader keeps a word that it does not know, and the schema allows it
/// (as TS 29.501 clause 5.3.12 does it). So a new word is no breaking change; a word that goes is one.
macro_rules! open_words {
    (
        $(#[doc = $about:literal])+
        pub enum $name:ident {
            $($(#[doc = $meaning:literal])+ $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $meaning])+ $variant,)+
            /// A word of a later version.
            Other(Box<str>),
        }

        impl $name {
            /// The word as it stands in events.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = Box::<str>::deserialize(deserializer)?;
                Ok(match &*word {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": concat!($($about, "\n"),+).trim().replace("\n ", "\n"),
                    "anyOf": [
                        $({
                            "const": $word,
                            "description": concat!($($meaning, "\n"),+).trim().replace("\n ", "\n"),
                        },)+
                        { "type": "string", "description": "A word of a later version." },
                    ],
                })
            }
        }
    };
}
pub(crate) use open_words;

#[cfg(test)]
mod tests {
    use crate::v1::Verdict;

    #[test]
    fn a_word_of_a_later_version_is_kept() {
        let read: Verdict = serde_json::from_str("\"postpone\"").expect("understood");
        assert_eq!(read, Verdict::Other("postpone".into()));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), "\"postpone\"");
        assert_eq!(serde_json::from_str::<Verdict>("\"stay\"").expect("understood"), Verdict::Stay);
    }
}
