//! The query of a status request.

use axum::extract::Query;
use axum::http::Uri;

use crate::database::schema::is_name;
use crate::refusal::Refusal;

/// The most members a query may have.
const MAX_MEMBERS: usize = 64;

/// Which status is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// `status=deployed`.
    Deployed,
    /// `status=ready`.
    Ready,
    /// `type=rsync`, deprecated, and the default.
    Rsync,
    /// `type=cluster`, deprecated.
    Cluster,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Summary,
    All,
    Detail,
}

/// Which answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Status,
    Apps,
    Clusters,
    Resources,
}

/// A status query.
#[derive(Debug, Clone)]
pub(crate) struct StatusQuery {
    pub(crate) form: Form,
    pub(crate) view: View,
    pub(crate) output: Output,
    /// The context asked for instead of the last.
    pub(crate) instance: Option<String>,
    pub(crate) apps: Vec<String>,
    /// As `provider+cluster`.
    pub(crate) clusters: Vec<String>,
    pub(crate) resources: Vec<String>,
}

impl StatusQuery {
    /// # Errors
    /// 400 for a value that EMCO does not know.
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Refusal> {
        let Query(members) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Refusal::bad_request(error.body_text()))?;
        if members.len() > MAX_MEMBERS {
            return Err(Refusal::bad_request("too many query members"));
        }
        let first = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let every = |name: &str| -> Vec<String> {
            members.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
        };
        let invalid = |what: &str| Refusal::bad_request(format!("Invalid query {what}"));
        let instance = match first("instance") {
            Some("") => return Err(invalid("instance")),
            other => other.map(str::to_owned),
        };
        let deprecated = match first("type") {
            None | Some("rsync") => View::Rsync,
            Some("cluster") => View::Cluster,
            Some(_) => return Err(invalid("type")),
        };
        let view = match first("status") {
            None => deprecated,
            Some("ready") => View::Ready,
            Some("deployed") => View::Deployed,
            Some(_) => return Err(invalid("status")),
        };
        let output = match first("output") {
            None | Some("all") => Output::All,
            Some("summary") => Output::Summary,
            Some("detail") => Output::Detail,
            Some(_) => return Err(invalid("output")),
        };
        let form = if first("apps").is_some() {
            Form::Apps
        } else if first("clusters").is_some() {
            Form::Clusters
        } else if first("resources").is_some() {
            Form::Resources
        } else {
            Form::Status
        };
        let query = Self {
            form,
            view,
            output,
            instance,
            apps: every("app"),
            clusters: every("cluster"),
            resources: every("resource"),
        };
        query.check_names()?;
        Ok(query)
    }

    fn check_names(&self) -> Result<(), Refusal> {
        let qualified = |name: &String| {
            name.split_once('+').is_some_and(|(provider, cluster)| is_name(provider) && is_name(cluster))
        };
        if !self.apps.iter().all(|name| is_name(name)) {
            return Err(Refusal::bad_request("Invalid app query"));
        }
        if !self.clusters.iter().all(qualified) {
            return Err(Refusal::bad_request("Invalid cluster query"));
        }
        if !self.resources.iter().all(|name| is_name(name)) {
            return Err(Refusal::bad_request("Invalid resources query"));
        }
        Ok(())
    }

    /// Whether a filter lets a name through; an empty one lets everything.
    pub(crate) fn keeps(filter: &[String], name: &str) -> bool {
        filter.is_empty() || filter.iter().any(|wanted| wanted == name)
    }

    /// Whether what monitor saw is asked for.
    pub(crate) fn looks_at_cluster(&self) -> bool {
        matches!(self.view, View::Ready | View::Cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<StatusQuery, String> {
        let uri: Uri = format!("/status?{query}").parse().unwrap();
        StatusQuery::parse(&uri).map_err(|refusal| refusal.text)
    }

    #[test]
    fn unknown_values_are_refused_in_emcos_words() {
        for (query, text) in [
            ("status=bogus", "Invalid query status"),
            ("type=bogus", "Invalid query type"),
            ("output=bogus", "Invalid query output"),
            ("instance=", "Invalid query instance"),
            ("cluster=edge-a", "Invalid cluster query"),
            ("cluster=edge+edge-a", "Invalid cluster query"),
            ("app=-x", "Invalid app query"),
            ("resource=", "Invalid resources query"),
        ] {
            assert_eq!(parse(query).unwrap_err(), text, "{query}");
        }
    }

    #[test]
    fn filters_and_forms_are_read() {
        let query = parse("status=ready&output=detail&cluster=edge%2Bedge-a&app=a&app=b").unwrap();
        assert_eq!((query.view, query.output, query.form), (View::Ready, Output::Detail, Form::Status));
        assert_eq!((query.clusters.as_slice(), query.apps.len()), (["edge+edge-a".to_owned()].as_slice(), 2));
        assert_eq!(parse("apps").unwrap().form, Form::Apps);
        assert_eq!(parse("").unwrap().view, View::Rsync);
    }
}
