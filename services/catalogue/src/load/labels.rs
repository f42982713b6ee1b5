//! What sites have and apps require.

use std::collections::BTreeSet;

use model::name_is_valid;
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
    let sites = &catalogue.sites;
    let nowhere = catalogue.apps.iter().map(|spec| &spec.app).filter(|app| {
        !app.requires.is_empty() && !sites.iter().any(|site| app.requires.is_subset(&site.labels))
    });
    let told = nowhere.map(|app| {
        let wanted: Vec<&str> = app.requires.iter().map(String::as_str).collect();
        format!(
            "app `{}` requires {}, which no site has: it will be placed nowhere",
            app.id,
            wanted.join(", ")
        )
    });
    let told: Vec<String> = told.collect();
    catalogue.warnings.extend(told);
}
