//! The shape that names of sites, apps and EMCO objects share.

use thiserror::Error;

/// Why a text is not the identifier that it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a valid {what}: {expected}")]
pub struct IdentError {
    /// What it should have been, for example `mcc`.
    pub what: &'static str,
    /// The offending text, cut to 64 characters.
    pub text: String,
    /// The rule it breaks, in words.
    pub expected: &'static str,
}

impl IdentError {
    pub(crate) fn new(what: &'static str, text: &str, expected: &'static str) -> Self {
        Self { what, text: text.chars().take(64).collect(), expected }
    }
}

/// EMCO's rule for object names: letters, digits, `-`, `_` and `.`, an alphanumeric at both ends, at most 128
/// characters.
pub fn name_is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 128
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Declares a name newtype that is valid by construction and serialises as text.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Takes a name of at most 128 letters, digits, `-`, `_`, `.` with an alphanumeric at both ends.
            ///
            /// # Errors
            /// [`IdentError`](crate::IdentError) names the text and the rule.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $crate::IdentError> {
                let text = text.as_ref();
                if $crate::name_is_valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err($crate::IdentError::new(
                        $what,
                        text,
                        "letters, digits, '-', '_' and '.', an alphanumeric at both ends, at most 128 characters",
                    ))
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::IdentError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::IdentError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(crate) use name_type;

/// Serialises a type as the text of its `Display` and reads it back through `FromStr`.
macro_rules! text_serde {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_serde;
