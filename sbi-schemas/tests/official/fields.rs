//! The names that a struct's derived `Deserialize` asks for.

use serde::de::{DeserializeOwned, Deserializer, Error, Visitor, value};

/// The members of `T` as they are called in JSON.
pub(crate) fn of<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut fields = Vec::new();
    // The recorder always fails: the names are all that is wanted.
    let _ = T::deserialize(Recorder(&mut fields));
    fields
}

struct Recorder<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, value::Error> {
        self.0.extend(fields);
        Err(value::Error::custom("recorded"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
