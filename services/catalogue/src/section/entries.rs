//! Shapes that YAML allows in more than one way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

/// A list of entries, or a single one without the dash.
#[derive(Debug, Clone)]
pub(crate) struct Entries<T>(pub(crate) Vec<Spanned<T>>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries, or one entry")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entries<T>, A::Error> {
        let entry = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entries(vec![Spanned::new(entry, Location::UNKNOWN, Location::UNKNOWN)]))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Entries<T>, E> {
        let entry = T::deserialize(StrDeserializer::new(word))?;
        Ok(Entries(vec![Spanned::new(entry, Location::UNKNOWN, Location::UNKNOWN)]))
    }

    // A section with nothing in it.
    fn visit_unit<E: Error>(self) -> Result<Entries<T>, E> {
        Ok(Entries(Vec::new()))
    }
}

/// A word, or a word with more to say as a mapping: `threshold`, or `threshold: {margin: 100m}`.
#[derive(Debug, Clone)]
pub(crate) enum WordOr<T> {
    /// The word alone.
    Word(String),
    /// The mapping.
    Map(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WordOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrVisitor(PhantomData))
    }
}

struct WordOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for WordOrVisitor<T> {
    type Value = WordOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a mapping")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<WordOr<T>, E> {
        Ok(WordOr::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WordOr<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(WordOr::Map)
    }
}
