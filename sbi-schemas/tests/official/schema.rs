//! Reads members, requirements and values of a schema out of OpenAPI files, through `allOf` and references.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use serde_json::Value;

/// The files, each read once.
pub(crate) struct Files {
    folder: PathBuf,
    read: HashMap<String, Value>,
}

/// What a schema says about its members.
#[derive(Default)]
pub(crate) struct Schema {
    /// Members with their JSON type, where it can be told.
    pub(crate) members: BTreeMap<String, Option<String>>,
    /// Those that are required.
    pub(crate) required: BTreeSet<String>,
}

impl Files {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, read: HashMap::new() }
    }

    /// The schema `name` of `file`.
    pub(crate) fn schema(&mut self, file: &str, name: &str) -> Schema {
        let mut schema = Schema::default();
        let node = self.node(file, name);
        self.collect(file, &node, &mut schema);
        assert!(!schema.members.is_empty(), "{file} has no object {name}");
        schema
    }

    /// The listed values of an enumeration.
    pub(crate) fn values(&mut self, file: &str, name: &str) -> Vec<String> {
        let node = self.node(file, name);
        let alternatives = node.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_else(|| vec![node]);
        let lists = alternatives.iter().filter_map(|a| a.get("enum")).filter_map(Value::as_array);
        lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn node(&mut self, file: &str, name: &str) -> Value {
        let folder = &self.folder;
        let root = self.read.entry(file.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(folder.join(file)).expect("the file can be read");
            serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"))
        });
        let node = root.pointer(&format!("/components/schemas/{name}"));
        node.unwrap_or_else(|| panic!("{file} has no schema {name}")).clone()
    }

    fn follow(&mut self, file: &str, reference: &str) -> (String, Value) {
        let (target, pointer) = reference.split_once('#').expect("a reference has a fragment");
        let target = if target.is_empty() { file } else { target }.to_owned();
        let name = pointer.strip_prefix("/components/schemas/").expect("a reference to a schema");
        let node = self.node(&target, name);
        (target, node)
    }

    fn collect(&mut self, file: &str, node: &Value, into: &mut Schema) {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            let (file, node) = self.follow(file, reference);
            return self.collect(&file, &node, into);
        }
        for part in node.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(file, part, into);
        }
        for (name, member) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let kind = self.kind(file, member);
            into.members.insert(name.clone(), kind);
        }
        let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
        into.required.extend(required.filter_map(Value::as_str).map(str::to_owned));
    }

    fn kind(&mut self, file: &str, member: &Value) -> Option<String> {
        if let Some(reference) = member.get("$ref").and_then(Value::as_str) {
            let (file, node) = self.follow(file, reference);
            return self.kind(&file, &node);
        }
        if let Some(kind) = member.get("type").and_then(Value::as_str) {
            return Some(kind.to_owned());
        }
        let first = member.get("anyOf").or_else(|| member.get("allOf"))?.get(0)?.clone();
        self.kind(file, &first)
    }
}

/// Whether `value` is of the JSON type that OpenAPI calls `kind`.
pub(crate) fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
