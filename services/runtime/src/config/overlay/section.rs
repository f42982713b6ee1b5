//! The reader of a section that has variables laid over its members.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_saphyr::with_deserializer_from_str;

use super::members::Members;
use super::{EMPTY, Over};

/// See the module.
pub(super) struct Section<'de, D> {
    pub(super) yaml: D,
    pub(super) over: Over<'de>,
}

macro_rules! with_members_laid_over {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.yaml.$method(SectionVisitor { visitor, over: self.over })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Section<'de, D> {
    type Error = D::Error;

    with_members_laid_over! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_seq deserialize_map deserialize_identifier
        deserialize_ignored_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_option(OptionVisitor { visitor, over: self.over })
    }

    // A newtype is what it holds. This holds for the reader's own, too: `Spanned` does without the section's line.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_unit_struct(name, SectionVisitor { visitor, over: self.over })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_tuple(len, SectionVisitor { visitor, over: self.over })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_tuple_struct(name, len, SectionVisitor { visitor, over: self.over })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_struct(name, fields, SectionVisitor { visitor, over: self.over })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.yaml.deserialize_enum(name, variants, SectionVisitor { visitor, over: self.over })
    }

    fn is_human_readable(&self) -> bool {
        self.yaml.is_human_readable()
    }
}

/// Takes a section; everything else is refused with the variables that want it to be one.
struct SectionVisitor<'de, V> {
    visitor: V,
    over: Over<'de>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for SectionVisitor<'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.over.node.names();
        write!(f, "a section, because {names} goes into it; a list is set as a whole, like [a, b]")
    }

    fn visit_map<A: MapAccess<'de>>(self, file: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Members::new(file, self.over))
    }

    // A section with nothing in it.
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        let over = self.over;
        let read = with_deserializer_from_str(EMPTY, |yaml| yaml.deserialize_any(self));
        read.map_err(|error| over.misread(&error))
    }
}

/// Takes a section that may be absent: the variables bring it into being.
struct OptionVisitor<'de, V> {
    visitor: V,
    over: Over<'de>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for OptionVisitor<'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_some<D: Deserializer<'de>>(self, yaml: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Section { yaml, over: self.over })
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        let over = self.over;
        let read = with_deserializer_from_str(EMPTY, |yaml| self.visitor.visit_some(Section { yaml, over }));
        read.map_err(|error| over.misread(&error))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }
}
