use std::time::Duration;

use super::*;

fn read(text: &str) -> Config {
    serde_json::from_str(text).expect("understood")
}

#[test]
fn nothing_is_on_by_default_and_every_section_needs_what_it_cannot_guess() {
    let config = read("{}");
    assert!(config.reports.is_none() && config.probes.is_none() && config.prometheus.is_none());
    assert_eq!(config.problems(), Vec::<String>::new());
    assert!(
        serde_json::from_str::<Config>(r#"{"probes":{}}"#).expect_err("no port").to_string().contains("port")
    );
    let refused =
        serde_json::from_str::<Config>(r#"{"prometheus":{"url":"http://p"}}"#).expect_err("no queries");
    assert!(refused.to_string().contains("queries"));
    assert!(serde_json::from_str::<Config>(r#"{"probe":{}}"#).is_err());
}

#[test]
fn settings_are_read_with_units() {
    let config = read(
        r#"{"reports":{"listen":"127.0.0.1:0","max_body":"64KiB"},
            "probes":{"port":80,"path":"/healthz","interval":"1s","degraded_rtt":"50ms"},
            "prometheus":{"url":"http://prometheus:9090/base","queries":[
                {"what":"load","query":"x","resource":"cpu"},
                {"what":"qos.rtt","query":"y","ue_label":"imsi","scale":0.001},
                {"what":"draining","query":"z","cluster_label":"cluster","absent":"clear"}]}}"#,
    );
    assert_eq!(config.problems(), Vec::<String>::new());
    let probes = config.probes.as_ref().expect("probes");
    assert_eq!((probes.degraded_rtt, probes.failed_after), (Some(Duration::from_millis(50)), 3));
    let prometheus = config.prometheus.as_ref().expect("prometheus");
    assert_eq!(prometheus.valid_for(), Duration::from_secs(60));
    assert_eq!(prometheus.queries[1].what, What::Rtt);
}

#[test]
fn a_port_that_others_reach_needs_a_token_and_files_are_relative_to_the_configuration() {
    let open = read(r#"{"reports":{}}"#);
    assert!(
        open.problems()[0].starts_with("reports.token_file: is missing, and others can reach 0.0.0.0:9092")
    );
    let config = read(r#"{"reports":{"token_file":"t","tls":{"cert_file":"c","key_file":"/k"}}}"#);
    assert_eq!(config.problems(), Vec::<String>::new());
    let reports = config.relative_to(Path::new("/etc/edgeroam")).reports.expect("reports");
    assert_eq!(reports.token_file.expect("a file"), Path::new("/etc/edgeroam/t"));
    let tls = reports.tls.expect("a certificate");
    assert_eq!((&*tls.cert_file, &*tls.key_file), (Path::new("/etc/edgeroam/c"), Path::new("/k")));
}

#[test]
fn every_problem_is_told_with_its_setting() {
    let config = read(
        r#"{"most_failing":0,
            "reports":{"listen":"127.0.0.1:0","per_second":0},
            "probes":{"port":0,"path":"healthz","failed_after":0,"degraded_rtt":"3s"},
            "prometheus":{"url":"ftp://p","load_valid_for":"1s","queries":[
                {"what":"load","query":" ","ue_label":"supi","absent":"clear"},
                {"what":"failed","query":"x","site_label":"a","cluster_label":"b","resource":"cpu","scale":0}]}}"#,
    );
    let problems = config.problems().join("\n");
    for part in [
        "most_failing:",
        "reports.per_second:",
        "probes.port:",
        "probes.path:",
        "probes.failed_after:",
        "probes.degraded_rtt:",
        "prometheus.url:",
        "prometheus.load_valid_for:",
        "prometheus.queries[0].query:",
        "prometheus.queries[0]: ue_label",
        "prometheus.queries[0].absent:",
        "prometheus.queries[1]: site_label and cluster_label",
        "prometheus.queries[1].resource:",
        "prometheus.queries[1].scale:",
    ] {
        assert!(problems.contains(part), "{part} is not in:\n{problems}");
    }
}
