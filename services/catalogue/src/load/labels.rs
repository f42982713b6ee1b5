//! What sites have and apps require.

use std::collections::BTreeSet;

use model::{App, Site, name_is_valid};
use serde_saphyr::Spanned;

use super::Catalogue;
use crate::error::Problems;
use crate::section::Text;

/// What a label looks like.
pub(crate) const LABEL: &str = "letters, digits, `-`, `_` and `.`, like gpu";

pub(super) fn labels(
    given: &[Spanned<Text>],
    path: &str,
    problems: &mut Problems,
) -> Option<BTreeSet<String>> {
    let before = problems.0.len();
    for (index, label) in given.iter().enumerate().filter(|(_, label)| !name_is_valid(&label.value.0)) {
        let reason = format!("`{}` is no label: {LABEL}", label.value.0);
        problems.field(format!("{path}[{index}]"), label.referenced, reason);
    }
    (problems.0.len() == before).then(|| given.iter().map(|label| label.value.0.clone()).collect())
}

/// An app that no site can take is placed nowhere.
pub(super) fn unmet(catalogue: &mut Catalogue) {
    let told = catalogue.apps.iter().filter_map(|spec| why_nowhere(&spec.app, &catalogue.sites));
    let told: Vec<String> = told.collect();
    catalogue.warnings.extend(told);
}

fn why_nowhere(app: &App, sites: &[Site]) -> Option<String> {
    let mut fit = sites.iter().filter(|site| app.requires.is_subset(&site.labels)).peekable();
    if fit.peek().is_none() {
        let wanted: Vec<&str> = app.requires.iter().map(String::as_str).collect();
        let wanted = wanted.join(", ");
        return Some(format!(
            "app `{}` requires {wanted}, which no site has: it will be placed nowhere",
            app.id
        ));
    }
    let ours = |site: &Site| app.tenant.as_ref().is_some_and(|tenant| site.tenants.contains(tenant));
    let mut open = fit.filter(|site| site.tenants.is_empty() || ours(site));
    open.next().is_none().then(|| {
        format!(
            "each site that app `{}` could use is there for other tenants: it will be placed nowhere",
            app.id
        )
    })
}
