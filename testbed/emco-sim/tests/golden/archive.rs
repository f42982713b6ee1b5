//! Charts to upload: gzip'd tars.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

const BLOCK: usize = 512;

/// A chart with the usual three objects, their names with the release in them or without.
pub(crate) fn chart(app: &str, release_in_names: bool, addressable: bool) -> Vec<u8> {
    let name = if release_in_names { format!("{{{{ .Release.Name }}}}-{app}") } else { app.to_owned() };
    let env = if addressable {
        "          env:\n            - name: RELEASE\n              value: {{ .Release.Name }}\n"
    } else {
        ""
    };
    let kind = if addressable { "  type: NodePort\n" } else { "" };
    let templates = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      \
         containers:\n        - name: {name}\n          image: edge:1\n{env}---\napiVersion: v1\nkind: Service\n\
         metadata:\n  name: {name}\nspec:\n{kind}  ports: [{{port: 80, targetPort: 8080}}]\n---\napiVersion: v1\n\
         kind: ConfigMap\nmetadata:\n  name: {name}-cfg\n"
    );
    archive(&[
        (&format!("{app}/Chart.yaml"), "name: x\n"),
        (&format!("{app}/templates/all.yaml"), &templates),
    ])
}

/// A profile.
pub(crate) fn profile() -> Vec<u8> {
    archive(&[("manifest.yaml", "version: v1\n"), ("override_values.yaml", "")])
}

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
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar).unwrap();
    gz.finish().unwrap()
}
