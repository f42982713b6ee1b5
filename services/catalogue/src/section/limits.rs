//! What may be said of budgets and freeze windows, of an app and of all of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Entries, OptText, Text};

/// `budgets`: of all sites together, of each site and of single ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct BudgetsSection(pub(crate) BudgetsEntry);

/// `freeze_windows`: a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct FreezeWindowsSection(pub(crate) Entries<FreezeWindowEntry>);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetsEntry {
    pub(crate) total: Option<Spanned<BudgetEntry>>,
    /// Of each site.
    pub(crate) site: Option<Spanned<BudgetEntry>>,
    /// Of single sites, by id; what one says replaces what `site` says.
    pub(crate) sites: BTreeMap<String, Spanned<BudgetEntry>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetEntry {
    pub(crate) concurrent: Option<Spanned<u32>>,
    pub(crate) per_minute: Option<Spanned<u32>>,
    pub(crate) burst: Option<Spanned<u32>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FreezeWindowEntry {
    /// Every day where none is named.
    pub(crate) days: Entries<Text>,
    pub(crate) from: OptText,
    pub(crate) to: OptText,
    pub(crate) zone: OptText,
}
