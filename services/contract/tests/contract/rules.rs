//! The check for breaking changes bites, and lets through what breaks nobody.

use serde_json::{Value, json};

use crate::breaking::changes;

/// A schema with a bit of everything that ours have.
fn schema() -> Value {
    json!({
        "$id": "urn:x:one",
        "title": "One",
        "type": "object",
        "properties": {
            "ue": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
            "at": { "type": "string", "format": "date-time" },
            "count": { "type": "integer", "minimum": 0 },
            "cell": { "description": "Where.", "allOf": [{ "$ref": "#/definitions/Ncgi" }] },
            "cause": { "$ref": "#/definitions/Cause" },
            "delays": { "type": "array", "items": { "type": "integer" } },
            "closed": { "enum": ["a", "b"] },
        },
        "required": ["ue", "at"],
        "definitions": {
            "Ncgi": { "type": "object", "properties": { "nrCellId": { "type": "string" } } },
            "Cause": {
                "description": "Why.",
                "anyOf": [{ "const": "a" }, { "const": "b" }, { "type": "string" }],
            },
        },
    })
}

fn changed(pointer: &str, to: Value) -> Vec<String> {
    let mut new = schema();
    *new.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = to;
    changes(&schema(), &new)
}

fn without(pointer: &str, member: &str) -> Vec<String> {
    let mut new = schema();
    let parent = new.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap();
    assert!(parent.remove(member).is_some());
    changes(&schema(), &new)
}

#[test]
fn what_breaks_nobody_is_let_through() {
    assert_eq!(changes(&schema(), &schema()), Vec::<String>::new());
    let mut new = schema();
    new["description"] = "What one is.".into();
    new["properties"]["cell"]["description"] = "Where it is.".into();
    new["properties"]["name"] = json!({ "type": "string" });
    new["definitions"]["Ncgi"]["properties"]["nid"] = json!({ "type": "string" });
    new["definitions"]["Cause"]["anyOf"].as_array_mut().unwrap().insert(1, json!({ "const": "c" }));
    new["definitions"]["New"] = json!({ "type": "object" });
    assert_eq!(changes(&schema(), &new), Vec::<String>::new());
}

#[test]
fn a_member_that_goes_breaks_wherever_it_stands() {
    assert_eq!(without("/properties", "count"), [".count: the member is gone"]);
    assert_eq!(without("/definitions/Ncgi/properties", "nrCellId"), [".cell.nrCellId: the member is gone"]);
}

#[test]
fn what_is_required_stays_required_and_nothing_else_becomes_so() {
    assert_eq!(changed("/required", json!(["ue"])), [".at: the member is no longer required"]);
    let now = changed("/required", json!(["ue", "at", "count"]));
    assert_eq!(now, [".count: the member is required now, and older events lack it"]);
    assert_eq!(without("", "required").len(), 2);
}

#[test]
fn types_formats_patterns_and_bounds_change_in_neither_direction() {
    for (pointer, to) in [
        ("/properties/count/type", json!("number")),
        ("/properties/count/type", json!("string")),
        ("/properties/count/minimum", json!(1)),
        ("/properties/at/format", json!("date")),
        ("/properties/ue/pattern", json!("^.*$")),
        ("/properties/delays/items/type", json!("number")),
        ("/title", json!("Two")),
        ("/$id", json!("urn:x:two")),
        ("/properties/closed/enum", json!(["a"])),
        ("/properties/closed/enum", json!(["a", "b", "c"])),
    ] {
        assert_eq!(changed(pointer, to.clone()).len(), 1, "{pointer} to {to}");
    }
    assert_eq!(without("/properties/ue", "pattern").len(), 1);
    assert_eq!(without("/properties/delays", "items"), [".delays: what its items are changed"]);
    let mut closed = schema();
    closed["additionalProperties"] = false.into();
    assert_eq!(changes(&schema(), &closed).len(), 1);
}

#[test]
fn a_word_that_goes_breaks_and_so_does_closing_an_open_set() {
    let gone = json!([{ "const": "a" }, { "type": "string" }]);
    assert_eq!(changed("/definitions/Cause/anyOf", gone), [".cause: the word \"b\" is gone"]);
    let closed = json!([{ "const": "a" }, { "const": "b" }]);
    assert_eq!(changed("/definitions/Cause/anyOf", closed).len(), 1);
}

#[test]
fn a_type_that_is_called_otherwise_breaks_generated_code() {
    let mut new = schema();
    let cause = new["definitions"].as_object_mut().unwrap().remove("Cause").unwrap();
    new["definitions"]["Reason"] = cause;
    new["properties"]["cause"]["$ref"] = "#/definitions/Reason".into();
    assert_eq!(changes(&schema(), &new).len(), 1);
    assert!(changes(&schema(), &new)[0].contains("Reason"));
}
