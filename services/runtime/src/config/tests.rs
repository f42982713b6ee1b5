use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;

use serde::Deserialize;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sample {
    name: String,
    tac: String,
    flag: bool,
    switch: Switch,
    number: f64,
    bits: u32,
    maybe: Option<String>,
    list: Vec<String>,
    inner: Inner,
    section: Option<Needy>,
    by_name: BTreeMap<String, Inner>,
    at: Option<serde_saphyr::Spanned<Inner>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Inner {
    count: u32,
    other: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Needy {
    listen: SocketAddr,
    #[serde(default)]
    switch: Switch,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switch {
    #[default]
    Auto,
    On,
    Off,
    #[serde(rename = "2")]
    Two,
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Sample, String> {
    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(text.as_bytes()).expect("written");
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let path = file.path().display().to_string();
    let read = load_with(file.path(), variables).map(|(value, _)| value);
    read.map_err(|error| error.to_string().replace(&path, "FILE"))
}

/// The error of a variable, which names it and no line of the file.
fn fault(text: &str, name: &str, value: &str) -> String {
    let error = read(text, &[(name, value)]).expect_err("refused");
    assert!(error.starts_with(&format!("environment variable {name}: ")), "{error}");
    assert!(!error.contains("line"), "{error}");
    error
}

#[test]
fn an_unrelated_variable_changes_nothing_about_a_file() {
    let files = [
        "switch: on",
        "switch: off",
        "switch: yes",
        "switch: 2",
        "switch: \"on\"",
        "switch: true",
        "flag: on",
        "flag: yes",
        "flag: 'on'",
        "flag: maybe",
        "tac: 000001",
        "tac: '000001'",
        "tac: 1e3",
        "tac: 0x10",
        "tac: on",
        "tac: null",
        "tac: ~",
        "tac:",
        "tac: !!str 1",
        "number: 1e3",
        "number: 0x10",
        "number: .inf",
        "bits: 0x10",
        "bits: 1e3",
        "bits: 010",
        "bits: '1'",
        "bits: -1",
        "maybe: null",
        "maybe: ~",
        "maybe:",
        "maybe: 'null'",
        "maybe: 1",
        "list: [a, 1, on, 0x10]",
        "list: a",
        "list:\n  - a: b\n",
        "inner: null",
        "inner:",
        "inner: {}",
        "inner: 1",
        "inner: { count: x }",
        "inner:\n  count: 1\n  colour: red\n",
        "inner: { count: 1, count: 2 }",
        "colour: red",
        "name: a\nname: b\n",
        "section: {}",
        "section:",
        "section: { listen: 1 }",
        "",
        "# nothing\n",
        "---\nname: a\n---\nname: b\n",
        "[a]",
        "name",
        "name: \"a\nflag: on",
        "  name: a\nflag: on",
        "list: [&a x, *a]\nname: *a\n",
        "name: *a",
        "by_name: { x: &x { count: 1 }, y: *x }",
        "1: a",
        "by_name: { x: &x { count: 1 }, y: { <<: *x, other: 2 } }",
        "<<: { name: a }\ntac: b\n",
        "null: a",
        "at: { count: 3 }",
        "at: { count: on }",
    ];
    for file in files {
        let text = format!("{file}\n");
        let alone = serde_saphyr::from_str::<Sample>(&text).map_err(|error| format!("FILE: {error}"));
        assert_eq!(read(&text, &[]), alone, "{file}");
        // Each variable sets what is the default anyhow: at the top, in a section and in a new one.
        for name in ["EDGEROAM__BITS", "EDGEROAM__INNER__OTHER", "EDGEROAM__SECTION"] {
            let over_the_same = name[ENV_PREFIX.len()..].split("__").next().map(str::to_lowercase);
            if over_the_same.is_some_and(|key| file.starts_with(&key)) {
                continue;
            }
            let value = if name.ends_with("SECTION") { "null" } else { "0" };
            assert_eq!(read(&text, &[(name, value)]), alone, "{name} over {file}");
        }
    }
}

#[test]
fn variables_win_over_the_file_and_make_what_it_lacks() {
    let file = "name: a\ninner:\n  count: 1\nsection:\nlist: [a]\nat: { count: 5 }\n";
    let variables = [
        ("EDGEROAM__NAME", "b"),
        ("EDGEROAM__INNER__COUNT", "7"),
        ("EDGEROAM__SECTION__LISTEN", "127.0.0.1:80"),
        ("EDGEROAM__LIST", "[http://a, \"b\", 01]"),
        ("EDGEROAM__BY_NAME__X__COUNT", "0x10"),
        ("EDGEROAM__AT__OTHER", "6"),
        ("HOME", "/"),
    ];
    let sample = read(file, &variables).expect("valid");
    assert_eq!((sample.name.as_str(), sample.inner), ("b", Inner { count: 7, other: 0 }));
    assert_eq!(sample.list, ["http://a", "b", "01"]);
    assert_eq!(sample.section.expect("a section").listen.port(), 80);
    assert_eq!(sample.by_name["x"].count, 16);
    assert_eq!(sample.at.expect("a section").value, Inner { count: 5, other: 6 });
}

#[test]
fn a_value_is_read_as_the_same_text_in_the_file() {
    for (key, value) in [
        ("switch", "on"),
        ("switch", "2"),
        ("switch", "\"off\""),
        ("flag", "on"),
        ("flag", "yes"),
        ("tac", "000001"),
        ("tac", "1e3"),
        ("tac", "'[::]:1'"),
        ("tac", "10s # of patience"),
        ("number", "1e3"),
        ("maybe", ""),
        ("maybe", "~"),
        ("list", "[]"),
        ("list", "[a, 'b c', 1]"),
        ("inner", "{ count: 1 }"),
        ("inner", "{}"),
        ("name", "http://a:1/b?c=d"),
        ("name", "a,b=c"),
    ] {
        let in_file = read(&format!("{key}: {value}\n"), &[]);
        let name = format!("EDGEROAM__{}", key.to_uppercase());
        let in_variable = read("", &[(&name, value)]);
        let over_another = read(&format!("{key}: nonsense\nbits: 0\n"), &[(&name, value)]);
        assert!(in_file.is_ok(), "{key}: {value}: {in_file:?}");
        assert_eq!(in_variable, in_file, "{key}: {value}");
        assert_eq!(over_another, in_file, "{key}: {value}");
    }
}

#[test]
fn a_variable_for_a_section_has_those_for_its_members_laid_over_it() {
    let variables = [("EDGEROAM__INNER", "{ count: 1, other: 2 }"), ("EDGEROAM__INNER__OTHER", "3")];
    let sample = read("inner: { count: 9 }\n", &variables).expect("valid");
    assert_eq!(sample.inner, Inner { count: 1, other: 3 });
}

#[test]
fn a_fault_names_the_variable_and_what_was_expected() {
    for (file, name, value, part) in [
        ("switch: on\n", "EDGEROAM__SWITCH", "3", "expected one of"),
        ("", "EDGEROAM__SWITCH", "3", "expected one of"),
        ("", "EDGEROAM__BITS", "many", "u32"),
        ("", "EDGEROAM__BITS", "-1", "u32"),
        ("bits: 1\n", "EDGEROAM__BITS", "", "u32"),
        ("", "EDGEROAM__FLAG", "perhaps", "bool"),
        ("", "EDGEROAM__LIST", "a", "like [a, b]"),
        ("", "EDGEROAM__LIST", "[a, b", "unclosed"),
        ("", "EDGEROAM__NAME", "[a]", "in quotes"),
        ("", "EDGEROAM__NAME", "@a", "in quotes"),
        ("", "EDGEROAM__COLOUR", "red", "unknown field `colour`"),
        ("inner: { count: 1 }\n", "EDGEROAM__INNER__COLOUR", "red", "unknown field `colour`"),
        ("inner: { count: 1 }\n", "EDGEROAM__INNER", "{ colour: red }", "unknown field `colour`"),
        ("", "EDGEROAM__SECTION__SWITCH", "on", "missing field `listen`"),
        ("section:\n", "EDGEROAM__SECTION__SWITCH", "on", "missing field `listen`"),
        ("", "EDGEROAM__SECTION__LISTEN", "[::1]:80", "in quotes"),
        ("", "EDGEROAM__NAME__X", "7", "the section that it makes"),
        ("", "EDGEROAM__LIST__0", "a", "sequence"),
    ] {
        let error = fault(file, name, value);
        assert!(error.contains(part), "{name}={value}: {error}");
    }
}

#[test]
fn a_fault_of_the_file_keeps_its_line_whatever_is_laid_over_it() {
    for (file, name, part) in [
        ("name: a\ninner:\n  count: 1\n  colour: red\n", "EDGEROAM__INNER__OTHER", "line 4 column 3"),
        ("name: a\ninner:\n  count: red\n", "EDGEROAM__INNER__OTHER", "line 3 column 10"),
        ("name: a\nlist: [b]\n", "EDGEROAM__LIST__0", "line 2"),
        ("bits: 1\nname: a\n", "EDGEROAM__NAME__X", "line 2"),
    ] {
        let error = read(file, &[(name, "7")]).expect_err("refused");
        assert!(error.starts_with("FILE: ") && error.contains(part), "{error}");
        if error.contains("section") {
            assert!(error.contains(name), "{error}");
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = load_with::<Sample>(Path::new("no/such.yaml"), []).expect_err("missing");
    assert!(error.to_string().contains("no/such.yaml"));
}
