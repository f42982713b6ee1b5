//! What an uploaded Helm chart makes: kinds and names of its objects. Templates are read, not rendered.

use std::io::Read as _;

use flate2::read::GzDecoder;

use crate::names::{Gvk, Resource};

/// The most that a chart may be when unpacked, in bytes.
const MAX_UNPACKED: u64 = 16 << 20;
/// The most objects that are taken from a chart.
const MAX_OBJECTS: usize = 64;
/// The size of a tar header and of the blocks that follow it (POSIX.1-1988, ustar).
const BLOCK: usize = 512;
/// What stands for the release in a template's name.
const RELEASE: &str = "\u{0}";

/// The objects of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    objects: Vec<Resource>,
    /// Whether its Service asks for a node port.
    pub(crate) node_port: bool,
    /// Whether its container is told the release in the variable `RELEASE`.
    pub(crate) names_release: bool,
}

impl Chart {
    /// The usual three objects of `app`: a Deployment, its Service and a ConfigMap, with the release in their
    /// names or without.
    pub(crate) fn standard(app: &str, release_in_names: bool) -> Self {
        let name = if release_in_names { format!("{RELEASE}-{app}") } else { app.to_owned() };
        let objects = vec![
            Resource { gvk: Gvk::new("apps", "v1", "Deployment"), name: name.clone() },
            Resource { gvk: Gvk::new("", "v1", "Service"), name: name.clone() },
            Resource { gvk: Gvk::new("", "v1", "ConfigMap"), name: format!("{name}-cfg") },
        ];
        Self { objects, node_port: release_in_names, names_release: release_in_names }
    }

    /// Reads the templates of a chart, a gzip'd tar. A chart without templates is taken for the standard one.
    ///
    /// # Errors
    /// `None` where `file` is no gzip'd tar or too large when unpacked.
    pub(crate) fn read(app: &str, file: &[u8]) -> Option<Self> {
        let mut chart = Self { objects: Vec::new(), node_port: false, names_release: false };
        for (path, content) in unpack(file)? {
            let Ok(text) = std::str::from_utf8(&content) else { continue };
            if path.contains("templates/") && (path.ends_with(".yaml") || path.ends_with(".yml")) {
                text.split("\n---").for_each(|document| chart.add(app, document));
            }
        }
        if chart.objects.is_empty() {
            return Some(Self::standard(app, false));
        }
        Some(chart)
    }

    /// The objects of a release.
    pub(crate) fn objects(&self, release: &str) -> Vec<Resource> {
        let named = |object: &Resource| Resource {
            gvk: object.gvk.clone(),
            name: object.name.replace(RELEASE, release),
        };
        self.objects.iter().map(named).collect()
    }

    fn add(&mut self, app: &str, document: &str) {
        let Some(kind) = top_level(document, "kind:") else { return };
        let version = top_level(document, "apiVersion:").unwrap_or("v1");
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let name = metadata_name(document).map_or_else(|| app.to_owned(), |name| expand(name, app));
        if self.objects.len() < MAX_OBJECTS {
            self.objects.push(Resource { gvk: Gvk::new(group, version, kind), name });
        }
        self.node_port |= kind == "Service" && document.contains("NodePort");
        self.names_release |= document.contains("name: RELEASE");
    }
}

/// Whether `file` is a gzip'd tar within bounds.
pub(crate) fn is_archive(file: &[u8]) -> bool {
    unpack(file).is_some()
}

fn top_level<'a>(document: &'a str, member: &str) -> Option<&'a str> {
    let value = document.lines().find_map(|line| line.strip_prefix(member))?.trim();
    (!value.is_empty()).then_some(value)
}

/// `metadata.name`, in block or flow style.
fn metadata_name(document: &str) -> Option<&str> {
    let mut lines = document.lines().skip_while(|line| !line.starts_with("metadata:"));
    let head = lines.next()?;
    if let Some((_, flow)) = head.split_once("name:") {
        let end = flow
            .rfind(['}', ','])
            .filter(|end| flow[..*end].matches("{{").count() == flow[..*end].matches("}}").count());
        return Some(flow[..end.unwrap_or(flow.len())].trim());
    }
    lines
        .take_while(|line| line.starts_with(' '))
        .find_map(|line| line.trim_start().strip_prefix("name:"))
        .map(str::trim)
}

/// Replaces the expressions whose value is known; any other becomes the app's name.
fn expand(name: &str, app: &str) -> String {
    let mut expanded = String::new();
    let mut rest = name.trim_matches(['"', '\'']);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((expression, after)) = after.split_once("}}") else { break };
        expanded.push_str(before);
        let expression = expression.trim_matches(['-', ' ']);
        expanded.push_str(if expression.starts_with(".Release.Name") { RELEASE } else { app });
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// The regular files of a gzip'd tar.
fn unpack(file: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut tar = Vec::new();
    let read = GzDecoder::new(file).take(MAX_UNPACKED + 1).read_to_end(&mut tar).ok()?;
    if read < BLOCK || tar.len() as u64 > MAX_UNPACKED {
        return None;
    }
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(header) = tar.get(at..at + BLOCK).filter(|header| header[0] != 0) {
        let size = octal(&header[124..136])?;
        let content = tar.get(at + BLOCK..(at + BLOCK).checked_add(size)?)?;
        // '0' and NUL are regular files.
        if matches!(header[156], b'0' | 0) {
            files.push((text(&header[..100]), content.to_vec()));
        }
        at = (at + BLOCK).checked_add(size.div_ceil(BLOCK).checked_mul(BLOCK)?)?;
    }
    Some(files)
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<usize> {
    usize::from_str_radix(text(field).trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (path, content) in files {
            let mut header = [0u8; BLOCK];
            header[..path.len()].copy_from_slice(path.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = b'0';
            tar.extend_from_slice(&header);
            tar.extend_from_slice(content.as_bytes());
            tar.resize(tar.len().next_multiple_of(BLOCK), 0);
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&tar).unwrap();
        gz.finish().unwrap()
    }

    fn names(chart: &Chart, release: &str) -> Vec<String> {
        chart.objects(release).iter().map(Resource::id).collect()
    }

    #[test]
    fn release_in_template_names_is_found() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-srv\nspec:\n  env: [{name: RELEASE}]\n";
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: {{.Release.Name}}-{{ .Chart.Name }}}\nspec: {type: NodePort}\n";
        let file = archive(&[
            ("srv/Chart.yaml", "name: srv\n"),
            ("srv/templates/all.yaml", &format!("{deployment}---\n{service}")),
        ]);
        let chart = Chart::read("srv", &file).unwrap();
        assert_eq!(names(&chart, "er-1"), ["er-1-srv+Deployment", "er-1-srv+Service"]);
        assert!(chart.node_port && chart.names_release);
        assert_eq!(chart.objects("x")[0].gvk, Gvk::new("apps", "v1", "Deployment"));
    }

    #[test]
    fn chart_without_templates_is_the_standard_one() {
        let chart = Chart::read("srv", &archive(&[("srv/Chart.yaml", "name: srv\n")])).unwrap();
        assert_eq!(names(&chart, "r1"), ["srv+Deployment", "srv+Service", "srv-cfg+ConfigMap"]);
    }

    #[test]
    fn anything_but_a_gzipped_tar_is_refused() {
        assert!(!is_archive(b"no archive"));
        assert!(!is_archive(&archive(&[])[..8]));
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&[b'x'; 700]).unwrap();
        assert!(!is_archive(&gz.finish().unwrap()));
    }
}
