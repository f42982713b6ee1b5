//! JSON Schemas of the events, generated from the types.
//!
//! They are of draft 7, which is what AsyncAPI 3.0 embeds and every validator knows. No schema closes an object:
//! consumers pass over members that they do not know.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::{Attributes, Kind, v1};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of a kind's data.
pub fn data(kind: Kind) -> Value {
    let mut generator = generator("/definitions");
    let root = name(&refer(kind, &mut generator));
    document(&kind.schema_uri(), &root, generator)
}

/// The schema of the context attributes, as they stand in structured content mode.
pub fn attributes() -> Value {
    let mut generator = generator("/definitions");
    let root = name(&generator.subschema_for::<Attributes>());
    document("urn:edgeroam:events:v1:attributes", &root, generator)
}

/// A generator whose definitions stand at this place of a document.
pub(crate) fn generator(definitions: &'static str) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft07().for_serialize();
    settings.definitions_path = definitions.into();
    settings.transforms.insert(0, Box::new(NeverNull));
    settings.into_generator()
}

/// A reference to the schema of a kind's data, which becomes one of the generator's definitions.
pub(crate) fn refer(kind: Kind, generator: &mut SchemaGenerator) -> Schema {
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    let refer = match kind {
        Kind::UeLocation => of::<v1::UeLocation>,
        Kind::UeQos => of::<v1::UeQos>,
        Kind::SiteStatus => of::<v1::SiteStatus>,
        Kind::Decided => of::<v1::RelocationDecided>,
        Kind::Ordered => of::<v1::RelocationOrdered>,
        Kind::Progress => of::<v1::RelocationProgress>,
        Kind::Completed => of::<v1::RelocationCompleted>,
        Kind::Undone => of::<v1::RelocationUndone>,
        Kind::Failed => of::<v1::RelocationFailed>,
        Kind::Fenced => of::<v1::RelocationFenced>,
        Kind::Instance => of::<v1::Instance>,
    };
    refer(generator)
}

/// The last part of a reference: the name of the type.
fn name(reference: &Schema) -> String {
    let target = reference.get("$ref").and_then(Value::as_str).unwrap_or_default();
    target.rsplit('/').next().unwrap_or_default().to_owned()
}

/// One schema with the definitions that it needs.
fn document(id: &str, root: &str, mut generator: SchemaGenerator) -> Value {
    let mut definitions = generator.take_definitions(true);
    let mut schema = Map::new();
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("$id".into(), id.into());
    schema.insert("title".into(), root.into());
    if let Some(Value::Object(members)) = definitions.remove(root) {
        schema.extend(members);
    }
    if !definitions.is_empty() {
        definitions.sort_keys();
        schema.insert("definitions".into(), Value::Object(definitions));
    }
    Value::Object(schema)
}

/// Events leave out what they do not say, so nothing may be null.
#[derive(Debug, Clone)]
struct NeverNull;

impl Transform for NeverNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|word| word != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".into(), one);
            }
        }
        let any = schema.get("anyOf").and_then(Value::as_array);
        let null = json!({ "type": "null" });
        if let Some([one, other]) = any.map(Vec::as_slice)
            && *other == null
            && let Value::Object(one) = one.clone()
        {
            schema.remove("anyOf");
            one.into_iter().for_each(|(name, value)| drop(schema.insert(name, value)));
        }
        transform_subschemas(self, schema);
    }
}
