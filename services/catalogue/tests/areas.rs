//! Service areas of sites and residency of apps, from GeoJSON as GIS tools write it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use catalogue::{Catalogue, Section};
use tempfile::TempDir;

const TRIANGLE: &str = r#"{"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}"#;
const TWO: &str = r#"{"type": "MultiPolygon", "coordinates": [[[[0, 0], [9, 0], [9, 9], [0, 0]]],
  [[[20, 0], [21, 0], [21, 1], [20, 0]]]]}"#;

fn feature(geometry: &str, more: &str) -> String {
    format!(r#"{{"type": "Feature", "geometry": {geometry}, {more}}}"#)
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\": \"FeatureCollection\", \"features\": [\n{}\n]}}", features.join(",\n"))
}

fn point(id: &str, more: &str) -> String {
    feature(
        r#"{"type": "Point", "coordinates": [1, 1]}"#,
        &format!(r#""properties": {{"id": "{id}"{more}}}"#),
    )
}

const APP: &str = "
apps:
  - id: ar
    users: all
    emco: {project: p, composite_app: ca, composite_app_version: v1, composite_profile: cp, logical_cloud: lc}
    address: {load_balancer: {port: 80}}
";

struct Files(TempDir);

impl Files {
    fn with(files: &[(&str, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, content)| fs::write(dir.path().join(name), content).unwrap());
        Self(dir)
    }

    fn load(&self, yaml: &str) -> Result<Catalogue, String> {
        let section: Section = serde_saphyr::from_str(yaml).map_err(|e| e.to_string())?;
        let told = |errors: Vec<catalogue::CatalogueError>| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        catalogue::load(&section, self.0.path() as &Path).map_err(told)
    }
}

/// A file of sites.
fn sites(features: &[String]) -> Result<Catalogue, String> {
    Files::with(&[("s.geojson", collection(features))]).load("sites: {file: s.geojson, provider: p}")
}

fn polygons(catalogue: &Catalogue) -> Vec<usize> {
    catalogue
        .sites
        .iter()
        .map(|site| site.service_area.as_ref().map_or(0, |area| area.polygons().len()))
        .collect()
}

#[test]
fn a_site_has_its_area_among_its_properties_or_as_polygons_of_its_name() {
    let made = sites(&[
        feature(TRIANGLE, r#""properties": {"site": "b"}"#),
        point("a", &format!(r#", "service_area": {TWO}, "tenants": ["acme", "initech"]"#)),
        point("b", r#", "service_area": null"#),
        point("c", ""),
        point("d", ""),
        // A layer that was cut into single parts.
        feature(TRIANGLE, r#""properties": {"id": "c"}"#),
        feature(TRIANGLE, r#""properties": {}, "id": "c""#),
        // A park.
        feature(TRIANGLE, r#""properties": {"id": "park"}"#),
    ]);
    let made = made.unwrap();
    assert_eq!(polygons(&made), [2, 1, 2, 0]);
    assert_eq!(made.sites[0].tenants, ["acme", "initech"].map(str::to_owned).into());
    assert!(made.files[0].to_string().contains("skipped 1 Polygon"), "{}", made.files[0]);
}

#[test]
fn what_is_wrong_with_an_area_is_told_with_file_and_line() {
    let open = TRIANGLE.replace(", [0, 0]]", "]");
    let cases = [
        (feature(TRIANGLE, r#""properties": {"site": "x"}"#), "site `x`, which is not in this file"),
        (feature(&open, r#""properties": {"site": "a"}"#), "area of site `a`: a ring has 3 positions"),
        (feature(&TRIANGLE.replace("[9, 9]", "[9, 99]"), r#""properties": {"id": "a"}"#), "latitude 99"),
        (
            feature(&TRIANGLE.replace("[9, 9]", "[9]"), r#""properties": {"id": "a"}"#),
            "longitude and latitude",
        ),
        (
            point("b", r#", "service_area": {"type": "Point", "coordinates": [1, 1]}"#),
            "of `b`: Point, where a",
        ),
        (point("b", r#", "service_area": "everywhere""#), "service_area of `b`"),
        (point("b", r#", "tenants": ["a/b"]"#), "tenant `a/b` is no name"),
    ];
    for (broken, reason) in cases {
        let error = sites(&[point("a", ""), broken]).unwrap_err();
        assert!(error.contains("s.geojson:3: ") && error.contains(reason), "{error}");
    }
    let twice = sites(&[
        point("a", &format!(r#", "service_area": {TRIANGLE}"#)),
        feature(TRIANGLE, r#""properties": {"id": "a"}"#),
    ]);
    assert!(twice.unwrap_err().contains("has one in its properties already"));
}

#[test]
fn a_broken_area_is_passed_over_in_no_file_however_large() {
    let mut features: Vec<_> = (0..200).map(|n| point(&format!("s{n}"), "")).collect();
    features.push(feature(&TRIANGLE.replace("[9, 9]", "[9, 99]"), r#""properties": {"id": "s7"}"#));
    assert!(sites(&features).unwrap_err().contains("s.geojson:202: area of site `s7`"));
}

const SITES: &str = "
sites:
  - {id: a, at: {lon: 1, lat: 1}, cluster: {provider: p, cluster: a}, tenants: [acme]}
  - {id: b, cluster: {provider: p, cluster: b}, tenants: [acme]}
cells: [{mcc: 001, mnc: 01, nci: 0x000000010, site: a}]
";

#[test]
fn areas_may_stand_in_files_of_their_own() {
    let of = |site: &str| feature(TRIANGLE, &format!(r#""properties": {{"site": "{site}"}}"#));
    let files = Files::with(&[
        ("one.geojson", collection(&[of("a"), of("a")])),
        ("two.geojson", collection(&[of("b")])),
        ("twice.geojson", collection(&[of("a")])),
        ("stray.geojson", collection(&[of("b"), of("c")])),
        (
            "line.geojson",
            collection(&[feature(r#"{"type": "Point", "coordinates": [1, 1]}"#, r#""id": "a""#)]),
        ),
        ("nameless.geojson", collection(&[feature(TRIANGLE, r#""properties": {}"#)])),
    ]);
    let load = |areas: &str| files.load(&format!("{SITES}service_areas: {areas}\n"));
    assert_eq!(polygons(&load("one.geojson").unwrap()), [2, 0]);
    assert_eq!(polygons(&load("[one.geojson, two.geojson]").unwrap()), [2, 1]);
    let told = |areas: &str| load(areas).unwrap_err();
    assert!(
        told("[one.geojson, twice.geojson]").contains("twice.geojson:2: site `a` has a service area already")
    );
    assert!(
        told("stray.geojson").contains("stray.geojson:3: an area is of site `c`, which is not in `sites`")
    );
    assert!(told("line.geojson").contains("no polygons in it, only 1 Point"));
    assert!(told("nameless.geojson").contains("no `properties.site` or `properties.id`"));
    assert!(told("missing.geojson").contains("service_areas[0]: "));
}

#[test]
fn an_app_says_whose_it_is_and_where_its_data_may_be() {
    let named = |name: &str| feature(TRIANGLE, &format!(r#""properties": {{"name": "{name}"}}"#));
    let files = Files::with(&[
        ("eu.geojson", collection(&[named("Monaco"), named("France"), named("France")])),
        ("bad.geojson", collection(&[feature(&TRIANGLE.replace("[9, 9]", "[9, 99]"), r#""id": "x""#)])),
    ]);
    let load = |more: &str| files.load(&format!("{SITES}{APP}{more}"));
    let made = load("    tenant: acme\n    residency: eu.geojson\n").unwrap();
    let app = &made.apps[0].app;
    let lands: Vec<_> =
        app.residency.iter().map(|(name, area)| (name.as_str(), area.polygons().len())).collect();
    assert_eq!((app.tenant.as_deref(), lands), (Some("acme"), vec![("France", 2), ("Monaco", 1)]));
    assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    // Both sites are there for others.
    let warned = load("").unwrap().warnings;
    assert!(warned.iter().any(|w| w.contains("`ar` could use is there for other tenants")), "{warned:?}");
    let error = load("    residency: bad.geojson\n").unwrap_err();
    assert!(
        error.contains("apps[0].residency: ") && error.contains("bad.geojson:2: area of `x`: latitude 99"),
        "{error}"
    );
    assert!(load("    tenant: a/b\n").unwrap_err().contains("`a/b` is no tenant"));
}
