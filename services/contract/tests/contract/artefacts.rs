//! What is committed is what the code gives, and the parts fit together.

use contract::{Kind, asyncapi, schema, structured};
use serde_json::Value;

use crate::{breaking, committed, given};

fn schemas() -> Vec<(String, Value)> {
    let data = Kind::ALL.map(|kind| (kind.subject_token().to_owned(), schema::data(kind)));
    data.into_iter().chain([("attributes".to_owned(), schema::attributes())]).collect()
}

pub(crate) fn sample(kind: Kind) -> Value {
    let event = given::event(&given::deriver(&[]), kind);
    structured(&event.attributes, &event.data)
}

fn schema_file(name: &str) -> String {
    format!("docs/events/schemas/{name}.json")
}

/// All are compared before any is rewritten: `UPDATE=1` must not make a breaking change look agreed upon.
#[test]
fn committed_schemas_are_what_the_types_give_and_nothing_breaks_a_consumer() {
    let mut breaks = Vec::new();
    for (name, generated) in schemas() {
        let committed = committed::read(&schema_file(&name)).unwrap_or_else(|| generated.clone());
        let changes = breaking::changes(&committed, &generated).into_iter();
        breaks.extend(changes.map(|change| format!("{name}: {change}")));
    }
    assert!(
        breaks.is_empty(),
        "this would break consumers of version 1; take it back, or make a version 2 beside it:\n  {}",
        breaks.join("\n  ")
    );
    for (name, generated) in schemas() {
        committed::check(&schema_file(&name), &generated);
    }
}

#[test]
fn no_committed_schema_is_without_its_kind_and_no_kind_without_its_sample() {
    if committed::updating() {
        // Another test writes them just now.
        return;
    }
    let mut wanted: Vec<_> = schemas().into_iter().map(|(name, _)| name).collect();
    wanted.sort();
    assert_eq!(committed::names("docs/events/schemas"), wanted, "a kind that goes breaks its consumers");
    let mut wanted = Kind::ALL.map(|kind| kind.subject_token().to_owned());
    wanted.sort();
    assert_eq!(committed::names("services/contract/samples"), wanted);
}

#[test]
fn samples_are_what_the_derivation_gives() {
    for kind in Kind::ALL {
        committed::check(&format!("services/contract/samples/{}.json", kind.subject_token()), &sample(kind));
    }
}

#[test]
fn samples_are_valid_by_the_schemas_of_their_data_and_attributes() {
    let attributes = jsonschema::validator_for(&schema::attributes()).unwrap();
    for kind in Kind::ALL {
        let sample = sample(kind);
        let data = jsonschema::validator_for(&schema::data(kind)).unwrap();
        for (validator, instance) in [(&attributes, &sample), (&data, &sample["data"])] {
            let errors: Vec<_> = validator.iter_errors(instance).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{kind:?}: {errors:?}");
        }
        assert_eq!(sample["dataschema"], schema::data(kind)["$id"]);
        assert!(!data.is_valid(&serde_json::json!({})), "the schema of {kind:?} asks for something");
    }
}

#[test]
fn schemas_allow_members_of_later_versions_and_nothing_is_null() {
    for kind in Kind::ALL {
        let validator = jsonschema::validator_for(&schema::data(kind)).unwrap();
        let mut later = sample(kind)["data"].clone();
        later["ofALaterVersion"] = serde_json::json!({ "a": [1] });
        assert!(validator.is_valid(&later), "{kind:?}");
        let members: Vec<_> = later.as_object().unwrap().keys().cloned().collect();
        for member in members.into_iter().filter(|member| member != "ofALaterVersion") {
            let mut null = later.clone();
            null[&member] = Value::Null;
            assert!(!validator.is_valid(&null), "{kind:?}: {member} may not be null");
        }
    }
}

#[test]
fn the_asyncapi_document_is_what_the_code_gives() {
    committed::check("docs/events/asyncapi.json", &asyncapi::document(sample));
}

#[test]
fn every_reference_in_the_asyncapi_document_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = asyncapi::document(sample);
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn examples_in_the_asyncapi_document_have_the_headers_that_it_asks_for() {
    let document = asyncapi::document(sample);
    let messages = document["components"]["messages"].as_object().unwrap();
    assert_eq!(messages.len(), 2 * Kind::ALL.len());
    for (name, message) in messages {
        let protocol = if name.ends_with("-nats") { "nats" } else { "kafka" };
        let trait_ = format!("#/components/messageTraits/cloudevent-{protocol}");
        assert_eq!(message["traits"], serde_json::json!([{ "$ref": trait_ }]));
        let headers = document.pointer(&trait_[1..]).unwrap();
        let validator = jsonschema::validator_for(&headers["headers"]).unwrap();
        let mut example = message["examples"][0]["headers"].clone();
        assert!(validator.is_valid(&example), "{name}: {example}");
        let id = if protocol == "nats" { "ce-id" } else { "ce_id" };
        assert!(example.as_object_mut().unwrap().remove(id).is_some());
        assert!(!validator.is_valid(&example), "{name} without {id}");
    }
}

/// Whoever reads all kinds into one type of their own needs one meaning for each name.
#[test]
fn a_member_of_one_name_has_one_type_in_all_kinds() {
    fn shape(schema: &Value, root: &Value) -> String {
        let schema = schema["allOf"].get(0).unwrap_or(schema);
        if let Some(reference) = schema["$ref"].as_str() {
            let target = root.pointer(&reference[1..]).unwrap();
            let open_words = target["anyOf"].is_array();
            return if open_words { "\"string\"".to_owned() } else { reference.to_owned() };
        }
        format!("{}{}", schema["type"], schema["items"]["type"])
    }
    let mut shapes = std::collections::BTreeMap::new();
    for kind in Kind::ALL {
        let schema = schema::data(kind);
        for (name, member) in schema["properties"].as_object().unwrap() {
            let own = shape(member, &schema);
            let first = shapes.entry(name.clone()).or_insert_with(|| own.clone());
            assert_eq!(*first, own, "{name} of {kind:?} and of a kind before it");
        }
    }
    assert_eq!(shapes["serving"], "#/definitions/Placement");
    assert_eq!((&*shapes["state"], &*shapes["ulDelays"]), ("\"string\"", "\"array\"\"integer\""));
}
