//! The members of a section: the file's, then those that only variables set.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::super::variables::Node;
use super::{Over, Overridden};

/// See the module.
pub(super) struct Members<'de, A> {
    /// `None` once all of the file's have been read.
    file: Option<A>,
    over: Over<'de>,
    /// What has not been met yet.
    left: BTreeMap<&'de str, &'de Node>,
    at: At<'de>,
}

impl<'de, A> Members<'de, A> {
    /// What the file has, under what variables set.
    pub(super) fn new(file: A, over: Over<'de>) -> Self {
        let left = over.node.members.iter().map(|(key, node)| (key.as_str(), node)).collect();
        Self { file: Some(file), over, left, at: At::File }
    }
}

/// Where the value of the key that was read last comes from.
enum At<'de> {
    File,
    Overridden(&'de Node),
    Variables(&'de Node),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let (mut seed, mut key) = (Some(seed), String::new());
        if let Some(file) = &mut self.file {
            if let Some(read) = file.next_key_seed(Key { seed: &mut seed, text: &mut key })? {
                self.at = self.left.remove(key.as_str()).map_or(At::File, At::Overridden);
                return Ok(Some(read));
            }
            self.file = None;
        }
        let (Some(seed), Some((key, node))) = (seed, self.left.pop_first()) else { return Ok(None) };
        self.at = At::Variables(node);
        let read = seed.deserialize(BorrowedStrDeserializer::<serde::de::value::Error>::new(key));
        read.map(Some).map_err(|error| self.over.member(node).fault(&error.to_string()))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let over = self.over;
        match (std::mem::replace(&mut self.at, At::File), &mut self.file) {
            (At::Variables(node), _) => over.member(node).set(seed),
            (At::Overridden(node), Some(file)) => {
                file.next_value_seed(Overridden { seed, over: over.member(node) })
            }
            (At::File, Some(file)) => file.next_value_seed(seed),
            (At::File | At::Overridden(_), None) => Err(A::Error::custom("a value was read before its key")),
        }
    }
}

/// Seed of a key, whose text is noted.
struct Key<'a, K> {
    /// Left in place where there is no further key.
    seed: &'a mut Option<K>,
    text: &'a mut String,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<K::Value, D::Error> {
        let seed = self.seed.take().ok_or_else(|| D::Error::custom("a key was read twice"))?;
        *self.text = key.deserialize_identifier(KeyText)?;
        seed.deserialize(StrDeserializer::new(self.text))
    }
}

struct KeyText;

impl Visitor<'_> for KeyText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a setting")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}
