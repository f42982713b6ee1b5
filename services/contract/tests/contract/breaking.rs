//! What a change of a schema would break.
//!
//! Events of the older schema stay on the broker and those of the newer one join them, so a consumer of either must
//! be able to read both. Within a version only this may change: texts for people, optional members that are new, and
//! words that are new to an open set. Everything else breaks somebody:
//!
//! - a member that goes, or a type that is called otherwise: whoever reads it misses it;
//! - a member that is no longer required: whoever relies on it fails;
//! - a new required member: older events do not have it;
//! - another type, format, pattern or bound, in either direction: older or newer events are refused;
//! - a word that goes, or one that is new to a closed set.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What people read; machines do not.
const TEXTS: [&str; 4] = ["description", "examples", "$comment", "deprecated"];
/// Looked at below.
const KNOWN: [&str; 7] = ["$ref", "allOf", "anyOf", "definitions", "items", "properties", "required"];
/// Deeper than any schema here: references in a circle end.
const DEEPEST: usize = 32;

/// Every breaking change from one schema to the next, with its place.
pub(crate) fn changes(old: &Value, new: &Value) -> Vec<String> {
    let mut compared = Compared { old, new, found: Vec::new() };
    compared.schemas(old, new, "", 0);
    compared.found
}

struct Compared<'a> {
    /// The documents, for references.
    old: &'a Value,
    new: &'a Value,
    found: Vec<String>,
}

impl<'a> Compared<'a> {
    fn schemas(&mut self, old: &'a Value, new: &'a Value, place: &str, depth: usize) {
        let (old_name, old) = resolve(self.old, old);
        let (new_name, new) = resolve(self.new, new);
        if depth > DEEPEST {
            return;
        }
        if old_name != new_name {
            self.tell(place, &format!("its type is called {new_name:?} and was {old_name:?}"));
        }
        let (Value::Object(old), Value::Object(new)) = (old, new) else {
            if old != new {
                self.tell(place, "it is another schema");
            }
            return;
        };
        self.keywords(old, new, place);
        self.members(old, new, place, depth);
        self.choices(old, new, place, depth);
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.schemas(old, new, &format!("{place}[]"), depth + 1),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => self.tell(place, "what its items are changed"),
        }
    }

    /// Type, format, pattern, bounds, closed sets, names: all that has no rule of its own must stay.
    fn keywords(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, place: &str) {
        let names: BTreeSet<_> = old.keys().chain(new.keys()).map(String::as_str).collect();
        for name in names.into_iter().filter(|name| !TEXTS.contains(name) && !KNOWN.contains(name)) {
            let said = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
            let (old, new) = (old.get(name), new.get(name));
            if old != new {
                self.tell(place, &format!("`{name}` is {} and was {}", said(new), said(old)));
            }
        }
    }

    fn members(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        place: &str,
        depth: usize,
    ) {
        let empty = || None.into_iter().flatten();
        let list = |of: &'a Map<String, Value>| match of.get("properties") {
            Some(Value::Object(members)) => Some(members).into_iter().flatten(),
            _ => empty(),
        };
        let (old_required, new_required) = (required(old), required(new));
        for (name, was) in list(old) {
            let at = format!("{place}.{name}");
            match new.get("properties").and_then(|members| members.get(name)) {
                Some(is) => self.schemas(was, is, &at, depth + 1),
                None => self.tell(&at, "the member is gone"),
            }
        }
        for name in old_required.difference(&new_required) {
            self.tell(&format!("{place}.{name}"), "the member is no longer required");
        }
        for name in new_required.difference(&old_required) {
            self.tell(&format!("{place}.{name}"), "the member is required now, and older events lack it");
        }
    }

    /// `anyOf` is how an open set of words is written; any other choice must stay as it is. `allOf` is how a member's
    /// description stands beside a reference.
    fn choices(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        place: &str,
        depth: usize,
    ) {
        for name in ["allOf", "anyOf"] {
            let list = |of: &'a Map<String, Value>| {
                of.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
            };
            let (old, new) = (list(old), list(new));
            if name == "anyOf" && is_open(old) && is_open(new) {
                for word in words(old).difference(&words(new)) {
                    self.tell(place, &format!("the word {word} is gone"));
                }
            } else if old.len() == new.len() {
                old.iter().zip(new).for_each(|(old, new)| self.schemas(old, new, place, depth + 1));
            } else {
                self.tell(place, &format!("`{name}` has {} choices and had {}", new.len(), old.len()));
            }
        }
    }

    fn tell(&mut self, place: &str, what: &str) {
        let place = if place.is_empty() { "the schema" } else { place };
        self.found.push(format!("{place}: {what}"));
    }
}

/// The schema that is meant, and the name that it has as a definition.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return (None, schema) };
    let name = reference.rsplit('/').next();
    let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    (name, target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
}

fn required(schema: &Map<String, Value>) -> BTreeSet<String> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Whether any text is allowed beside the words.
fn is_open(choices: &[Value]) -> bool {
    choices.iter().any(|choice| choice["type"] == "string" && choice.get("pattern").is_none())
        && choices.iter().all(|choice| choice["type"] == "string" || choice.get("const").is_some())
}

fn words(choices: &[Value]) -> BTreeSet<String> {
    choices.iter().filter_map(|choice| choice.get("const")).map(Value::to_string).collect()
}
