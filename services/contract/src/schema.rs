//! The JSON Schema of each type of event, from the Rust types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::Kind;
use crate::data;

/// The schema of the data of a type (JSON Schema 2020-12).
pub fn of(kind: Kind) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = match kind {
        Kind::UeLocation => generator.into_root_schema_for::<data::UeLocation>(),
        Kind::UeQos => generator.into_root_schema_for::<data::UeQos>(),
        Kind::SiteStatus => generator.into_root_schema_for::<data::SiteStatus>(),
        Kind::Decided => generator.into_root_schema_for::<data::Decided>(),
        Kind::Ordered => generator.into_root_schema_for::<data::Ordered>(),
        Kind::Progress => generator.into_root_schema_for::<data::Progress>(),
        Kind::Completed => generator.into_root_schema_for::<data::Completed>(),
        Kind::Undone => generator.into_root_schema_for::<data::Undone>(),
        Kind::Failed => generator.into_root_schema_for::<data::Failed>(),
        Kind::Fenced => generator.into_root_schema_for::<data::Fenced>(),
        Kind::Instance => generator.into_root_schema_for::<data::Instance>(),
    };
    schema.insert("$id".into(), kind.schema_uri().into());
    schema.into()
}
