//! The files that EdgeRoam needs beside a laboratory: `edgeroam.yaml`, cells, sites and keys.

use std::fmt::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use super::{APP, Lab, PROVIDER, TTL, ZONE};

/// What the laboratory's configuration says of policies and limits, before `speed`.
#[derive(Debug, Clone)]
pub(crate) struct Knobs {
    /// `threshold`: margin in metres.
    pub(crate) margin_meters: f64,
    /// `threshold`: time to trigger.
    pub(crate) time_to_trigger: Duration,
    /// `threshold`: minimum stay.
    pub(crate) minimum_stay: Duration,
    /// Relocations and first placements at once.
    pub(crate) max_concurrent: u32,
    /// How long an instance outlives its UE.
    pub(crate) linger: Duration,
}

impl Default for Knobs {
    /// 100 m, 3 s, 5 s: a town's sites are near each other, and a demo is short.
    fn default() -> Self {
        Self {
            margin_meters: 100.0,
            time_to_trigger: Duration::from_secs(3),
            minimum_stay: Duration::from_secs(5),
            max_concurrent: 16,
            linger: Duration::from_secs(10),
        }
    }
}

impl Lab {
    /// Writes all files into the laboratory's folder and returns the path of `edgeroam.yaml`, which appears last.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub(crate) fn write_files(&self) -> anyhow::Result<PathBuf> {
        let dir = &self.config.dir;
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        write(&dir.join("cells.csv"), &self.cells())?;
        write(&dir.join("sites.geojson"), &serde_json::to_string_pretty(&self.sites())?)?;
        write_secret(&dir.join("instance.key"), &self.key_text)?;
        write_secret(&dir.join("pseudonym.key"), &uuid::Uuid::new_v4().simple().to_string())?;
        write_secret(&dir.join("tsig.key"), &self.tsig.to_base64())?;
        let path = dir.join("edgeroam.yaml");
        let aside = dir.join("edgeroam.yaml.new");
        write(&aside, &self.settings())?;
        std::fs::rename(&aside, &path).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    fn settings(&self) -> String {
        let knobs = &self.config.knobs;
        let scaled = |span: Duration| format!("{}ms", span.div_f64(self.config.speed).as_millis());
        let laboratory = uuid::Uuid::new_v4().simple().to_string();
        let laboratory = &laboratory[..8];
        let plmn = self.scenario.cells.first();
        let plmn = plmn.map_or(("208", "93"), |cell| (cell.mcc.as_str(), cell.mnc.as_str()));
        format!(
            r#"# Fits the running `edgeroam testbed`; its ports change with every start.
state_dir: state
instance_key_file: instance.key
public:
  domain: lab-{laboratory}
  pseudonym_key_file: pseudonym.key
admin:
  listen: 127.0.0.1:0
core:
  nrf: {nrf}
  callback:
    listen: 127.0.0.1:0
emco:
  gateway: {emco}
{bus}dns:
  server: "{dns}"
  zone: {ZONE}
  tsig:
    name: edgeroam.
    algorithm: hmac-sha256
    key_file: tsig.key
plmn:
  mcc: "{mcc}"
  mnc: "{mnc}"
sites:
  file: sites.geojson
  provider: {PROVIDER}
cells:
  file: cells.csv
apps:
  - id: {APP}
    users: all
    mode: act
    scope: per-ue
    policy:
      threshold:
        margin: {margin}
        time_to_trigger: {ttt}
        minimum_stay: {stay}
    max_concurrent_relocations: {concurrent}
    linger: {linger}
    emco:
      project: edgeroam
      composite_app: {APP}
      composite_app_version: v1
      composite_profile: default
      logical_cloud: edge
    address:
      pod_ip:
        port: {port}
    probe:
      path: /
      timeout: 1s
      release:
        json_pointer: /release
    dns:
      ttl: {ttl}s
    drain: {drain}s
"#,
            nrf = self.nrf_url(),
            emco = self.emco.url(),
            bus = bus(&self.config.bus, laboratory),
            dns = self.dns_addr(),
            mcc = plmn.0,
            mnc = plmn.1,
            margin = knobs.margin_meters,
            ttt = scaled(knobs.time_to_trigger),
            stay = scaled(knobs.minimum_stay),
            concurrent = knobs.max_concurrent,
            linger = scaled(knobs.linger),
            port = self.config.pod_port,
            ttl = TTL.as_secs(),
            drain = 2 * TTL.as_secs(),
        )
    }

    fn cells(&self) -> String {
        let mut csv = String::from("mcc,mnc,nci,tac,lon,lat\n");
        for cell in &self.scenario.cells {
            // The simulated core speaks NR only: an E-UTRA identity is played as an NR one of the same number.
            let _ = writeln!(
                csv,
                "{},{},{:0>9},{},{},{}",
                cell.mcc, cell.mnc, cell.nci, cell.tac, cell.lon, cell.lat
            );
        }
        csv
    }

    fn sites(&self) -> serde_json::Value {
        let features: Vec<_> = self
            .scenario
            .sites
            .iter()
            .map(|site| {
                json!({
                    "type": "Feature",
                    "properties": {"id": site.id, "name": site.name},
                    "geometry": {"type": "Point", "coordinates": [site.lon, site.lat]},
                })
            })
            .collect();
        json!({"type": "FeatureCollection", "features": features})
    }
}

/// The section `bus`. Every laboratory has streams of its own: what an earlier one left is none of its business.
fn bus(url: &str, laboratory: &str) -> String {
    match url.split_once("://") {
        Some(("kafka", broker)) => {
            format!("bus:\n  kafka:\n    brokers: [\"{broker}\"]\n    prefix: edgeroam.lab-{laboratory}\n")
        }
        Some(("nats" | "tls", _)) => {
            format!(
                "bus:\n  nats:\n    servers: [\"{url}\"]\n    prefix: EDGEROAM_LAB_{}\n",
                laboratory.to_uppercase()
            )
        }
        _ => String::new(),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    open.and_then(|mut file| writeln!(file, "{text}")).with_context(|| path.display().to_string())
}
