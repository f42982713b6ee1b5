//! Reads a YAML text with variables laid over it.
//!
//! No tree of values stands in between: the text and each variable's value are read by the same typed YAML reader,
//! so that a scalar is what its target makes of its text, and what no variable touches is read as if there were
//! none. Only the sections on the way to a variable are wrapped: their visitors meet the file's members, with a
//! variable's text in the place of those that it overrides, and then the members that the file does not have.

mod members;
mod section;

use std::cell::RefCell;
use std::marker::PhantomData;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, Error, IgnoredAny};
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter as _, with_deserializer_from_str};

use section::Section;

use super::ConfigError;
use super::variables::{Node, Variable, Variables};

/// A section with nothing in it.
const EMPTY: &str = "{}";
/// What no plain text begins with (YAML 1.2.2, clause 5.3).
const SPECIAL: &[char] = &['[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '#', ','];

/// Reads `text` with `variables` laid over it; the reason is the file's where no variable is to blame.
pub(super) fn read<T: serde::de::DeserializeOwned>(
    text: &str,
    variables: &Variables,
    invalid: impl FnOnce(String) -> ConfigError,
) -> Result<T, ConfigError> {
    let blame = RefCell::new(None);
    let over = Over { node: &variables.root, blame: &blame };
    let value = with_deserializer_from_str(text, |yaml| over.lay(PhantomData::<T>, yaml));
    value.map_err(|error| blame.take().unwrap_or_else(|| invalid(error.to_string())))
}

/// Variables to lay over one place.
#[derive(Clone, Copy)]
struct Over<'de> {
    node: &'de Node,
    /// The first fault of a variable: as an error of the reader it would get a line of the file.
    blame: &'de RefCell<Option<ConfigError>>,
}

impl<'de> Over<'de> {
    fn member(self, node: &'de Node) -> Self {
        Self { node, ..self }
    }

    /// Reads what stands in the file, with what is set further down laid over it.
    fn lay<S: DeserializeSeed<'de>, D: Deserializer<'de>>(
        self,
        seed: S,
        yaml: D,
    ) -> Result<S::Value, D::Error> {
        if self.node.members.is_empty() {
            return seed.deserialize(yaml);
        }
        seed.deserialize(Section { yaml, over: self })
    }

    /// Reads what does not stand in the file.
    fn set<S: DeserializeSeed<'de>, E: Error>(self, seed: S) -> Result<S::Value, E> {
        let text = match &self.node.own {
            Some(variable) if variable.text.trim().is_empty() => "null",
            Some(variable) => &variable.text,
            None => EMPTY,
        };
        let read = with_deserializer_from_str(text, |yaml| self.lay(seed, yaml));
        read.map_err(|error| self.misread(&error))
    }

    /// Notes a value that cannot be read. Its line and a snippet of it are left out: it is in no file, and may be a
    /// secret.
    fn misread<E: Error>(self, error: &serde_saphyr::Error) -> E {
        let message = DefaultMessageFormatter.format_message(error.without_snippet());
        let text = self.node.own.as_ref().map(|variable| variable.text.trim());
        self.fault(&match text {
            _ if message.contains("sequence") => format!("{message}; write a list as a whole, like [a, b]"),
            None => format!("the section that it makes: {message}"),
            Some(text) if text.starts_with(SPECIAL) => format!("{message}; put it in quotes if it is a text"),
            Some(_) => message.into_owned(),
        })
    }

    /// Notes that a variable is to blame.
    fn fault<E: Error>(self, reason: &str) -> E {
        let name = match &self.node.own {
            Some(Variable { name, .. }) => name.clone(),
            None => self.node.names(),
        };
        let mut blame = self.blame.borrow_mut();
        blame.get_or_insert(ConfigError::Variable { name, reason: reason.to_owned() });
        E::custom(reason)
    }
}

/// Seed of a member that variables are for and that the file has.
struct Overridden<'de, S> {
    seed: S,
    over: Over<'de>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Overridden<'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<S::Value, D::Error> {
        if self.over.node.own.is_none() {
            return self.over.lay(self.seed, yaml);
        }
        IgnoredAny::deserialize(yaml)?;
        self.over.set(self.seed)
    }
}
