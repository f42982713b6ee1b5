//! What the answers of one round say.

use std::collections::BTreeMap;

use model::{SiteCondition, SiteId};

use super::answer::{Answer, Sample};
use super::conditions::{Finding, about};
use super::loads::Loads;
use super::qos::Qualities;
use super::sites::{Sites, app};
use crate::config::{Absent, QueryConfig, What};
use crate::metrics::{Metrics, Sampled};

/// The label that names the UE where the query does not say which.
const SUPI: &str = "supi";

/// What the answers of one round say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// None where a query of load was not answered: the greatest of the others may be too small.
    pub(super) loads: Option<Loads>,
    pub(super) qualities: Qualities,
    pub(super) verdicts: Vec<Verdicts>,
}

/// What one query about a condition says of each site.
#[derive(Debug)]
pub(super) struct Verdicts {
    /// Its place in the configuration.
    pub(super) query: usize,
    pub(super) condition: SiteCondition,
    pub(super) of: BTreeMap<SiteId, Finding>,
}

impl Found {
    pub(super) fn new() -> Self {
        Self { loads: Some(Loads::default()), ..Self::default() }
    }

    /// Takes in the answer to a query, at this place in the configuration; none where it was not answered. Says why
    /// samples could not be used, where none could.
    pub(super) fn add(
        &mut self,
        at: usize,
        query: &QueryConfig,
        answer: Option<&Answer>,
        sites: &Sites,
        metrics: &Metrics,
    ) -> Option<String> {
        let mut verdicts =
            about(query.what).map(|condition| Verdicts { query: at, condition, of: BTreeMap::new() });
        if answer.is_none() && query.what == What::Load {
            self.loads = None;
        }
        let (mut used, mut unused) = (0_u32, None);
        for sample in answer.iter().flat_map(|answer| &answer.samples) {
            let result = self.sample(query, sample, sites, verdicts.as_mut());
            metrics.sample(query.what, result);
            match why_not(query, result) {
                None => used += 1,
                Some(why) => unused = Some(why),
            }
        }
        if let Some(mut verdicts) = verdicts {
            let absent = match (answer, query.absent) {
                (None, Absent::Unknown | Absent::Clear) => Finding::Unknown,
                (Some(_), Absent::Unknown) => Finding::Absent,
                (Some(_), Absent::Clear) => Finding::Clear,
            };
            for site in sites.all() {
                verdicts.of.entry(site.clone()).or_insert(absent);
            }
            self.verdicts.push(verdicts);
        }
        unused.filter(|_| used == 0)
    }

    fn sample(
        &mut self,
        query: &QueryConfig,
        sample: &Sample,
        sites: &Sites,
        verdicts: Option<&mut Verdicts>,
    ) -> Sampled {
        let Some(site) = sites.named(query, &sample.labels) else { return Sampled::NoSite };
        let value = sample.value.map(|value| value * query.scale).filter(|value| value.is_finite());
        if let Some(verdicts) = verdicts {
            verdicts.take(site, value);
            return if value.is_some() { Sampled::Used } else { Sampled::NoNumber };
        }
        let Some(value) = value else { return Sampled::NoNumber };
        if query.what.is_qos() {
            let label = query.ue_label.as_deref().unwrap_or(SUPI);
            let supi = sample.labels.get(label).and_then(|supi| supi.parse().ok());
            let Some(supi) = supi else { return Sampled::NoUe };
            let Ok(app) = app(query, &sample.labels) else { return Sampled::NoApp };
            let fits = self.qualities.add((supi, app, Some(site)), query.what, value);
            return if fits { Sampled::Used } else { Sampled::OutOfRange };
        }
        if !(0.0..=model::SiteLoad::HIGHEST).contains(&value) {
            return Sampled::OutOfRange;
        }
        if let Some(loads) = &mut self.loads {
            loads.add(site, query.resource.as_deref(), value);
        }
        Sampled::Used
    }
}

impl Verdicts {
    /// Takes in a value of a site; none where it is no number. Of several the gravest counts.
    fn take(&mut self, site: SiteId, value: Option<f64>) {
        let new = match value {
            Some(value) if value != 0.0 => Finding::Holds(value),
            Some(_) => Finding::Clear,
            None => Finding::Unknown,
        };
        let gravity = |finding| match finding {
            Finding::Holds(_) => 3,
            Finding::Unknown => 2,
            Finding::Clear => 1,
            Finding::Absent => 0,
        };
        let seen = self.of.entry(site).or_insert(new);
        if gravity(new) > gravity(*seen) {
            *seen = new;
        }
    }
}

fn why_not(query: &QueryConfig, result: Sampled) -> Option<String> {
    let site = query.cluster_label.as_deref().or(query.site_label.as_deref()).unwrap_or("site");
    match result {
        Sampled::Used => None,
        Sampled::NoSite => Some(format!("no sample names a site of the catalogue in its label `{site}`")),
        Sampled::NoUe => {
            Some(format!("no sample has a SUPI in its label `{}`", query.ue_label.as_deref().unwrap_or(SUPI)))
        }
        Sampled::NoApp => Some("no sample has the name of an app in its label".into()),
        Sampled::NoNumber => Some("no sample is a finite number".into()),
        Sampled::OutOfRange => {
            Some("no sample is within the range of what it is said to be; see `scale`".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Site;
    use serde_json::json;

    use super::*;

    fn sites() -> Sites {
        let site = |name: &str| -> Site {
            let cluster = json!({ "provider": "edge", "cluster": format!("k8s-{name}") });
            serde_json::from_value(json!({ "id": name, "name": name, "cluster": cluster })).expect("a site")
        };
        Sites::of(&["north", "south", "east"].map(site))
    }

    fn query(text: &str) -> QueryConfig {
        serde_json::from_str(text).expect("a query")
    }

    fn sample(labels: &[(&str, &str)], value: Option<f64>) -> Sample {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Sample { labels, value }
    }

    fn found(query: &QueryConfig, samples: Vec<Sample>) -> (Found, Option<String>) {
        let mut found = Found::new();
        let answer = Answer { samples, warnings: None };
        let why = found.add(0, query, Some(&answer), &sites(), &Metrics::default());
        (found, why)
    }

    fn finding(found: &Found, site: &str) -> Finding {
        found.verdicts[0].of[site]
    }

    #[test]
    fn a_condition_holds_where_a_value_is_not_zero_and_an_absent_site_is_what_the_query_says() {
        let samples = || {
            vec![
                sample(&[("site", "north")], Some(1.0)),
                sample(&[("site", "north")], Some(0.0)),
                sample(&[("site", "south")], None),
                sample(&[("site", "elsewhere")], Some(1.0)),
            ]
        };
        let (found_one, why) = found(&query(r#"{"what":"failed","query":"x"}"#), samples());
        assert_eq!(finding(&found_one, "north"), Finding::Holds(1.0));
        assert_eq!(
            (finding(&found_one, "south"), finding(&found_one, "east")),
            (Finding::Unknown, Finding::Absent)
        );
        assert_eq!((why, found_one.verdicts[0].of.len()), (None, 3));
        let (found_one, _) = found(&query(r#"{"what":"failed","query":"x","absent":"clear"}"#), samples());
        assert_eq!(
            (finding(&found_one, "south"), finding(&found_one, "east")),
            (Finding::Unknown, Finding::Clear)
        );
        let mut none = Found::new();
        let clear = query(r#"{"what":"failed","query":"x","absent":"clear"}"#);
        none.add(0, &clear, None, &sites(), &Metrics::default());
        assert_eq!(finding(&none, "north"), Finding::Unknown, "no answer");
    }

    #[test]
    fn a_site_is_named_by_its_id_or_its_cluster() {
        let by_cluster = query(r#"{"what":"load","query":"x","cluster_label":"cluster","scale":0.01}"#);
        let samples = vec![
            sample(&[("cluster", "edge/k8s-north")], Some(70.0)),
            sample(&[("cluster", "k8s-south")], Some(1.0)),
        ];
        let (found_one, why) = found(&by_cluster, samples);
        let loads: Vec<_> = found_one
            .loads
            .expect("answered")
            .of(model::Timestamp::default(), std::time::Duration::MAX)
            .collect();
        assert_eq!((loads.len(), loads[0].site.as_str(), why), (1, "north", None));
        assert!((loads[0].load - 0.7).abs() < 1e-9);
        let (_, why) = found(&by_cluster, vec![sample(&[("site", "north")], Some(1.0))]);
        assert!(why.expect("unused").contains("label `cluster`"));
    }

    #[test]
    fn an_unanswered_query_of_load_leaves_no_load_at_all() {
        let load = query(r#"{"what":"load","query":"x","resource":"cpu"}"#);
        let (mut found_one, _) = found(&load, vec![sample(&[("site", "north")], Some(0.5))]);
        assert!(found_one.loads.is_some());
        found_one.add(1, &load, None, &sites(), &Metrics::default());
        assert!(found_one.loads.is_none());
    }

    #[test]
    fn quality_needs_a_ue_and_a_range() {
        let rtt = query(r#"{"what":"qos.rtt","query":"x","app_label":"app"}"#);
        let supi = ("supi", "imsi-208930000000003");
        let (found_one, why) =
            found(&rtt, vec![sample(&[("site", "north"), supi, ("app", "echo")], Some(0.02))]);
        let report = found_one.qualities.of(model::Timestamp::default()).next().expect("a report");
        assert_eq!((report.app.map(|app| app.to_string()), why), (Some("echo".into()), None));
        let why_not =
            |labels: &[(&str, &str)], value| found(&rtt, vec![sample(labels, value)]).1.expect("unused");
        assert!(why_not(&[("site", "north")], Some(0.02)).contains("SUPI"));
        assert!(why_not(&[("site", "north"), supi], Some(500.0)).contains("scale"));
        assert!(why_not(&[("site", "north"), supi], None).contains("number"));
        assert!(why_not(&[("site", "north"), supi, ("app", "a b")], Some(0.02)).contains("app"));
    }
}
