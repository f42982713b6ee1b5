//! What EMCO's JSON schemas refuse, in the words of its validator.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Kind;
use super::document::{
    AppDependencySpec, AppIntent, AppProfileSpec, ClusterChoice, ClusterLabel, ClusterReferenceSpec,
    ClusterSpec, CompositeAppSpec, ControllerSpec, GroupIntentSpec, GroupSpec, LogicalCloudSpec, Metadata,
    Named, Specified,
};
use crate::refusal::Refusal;

/// The pattern of names, as the validator prints it.
const NAME_PATTERN: &str = "^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$";
/// The longest name.
const MAX_NAME: usize = 128;
/// The longest description.
const MAX_DESCRIPTION: usize = 1024;
/// The longest `userData1` or `userData2`.
const MAX_USER_DATA: usize = 512;

/// A resource that passed its schema.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// Its name; of a composite app, name and version, joined by a slash.
    pub(crate) name: String,
    /// Its canonical form.
    pub(crate) json: String,
}

/// Whether `name` may name a resource.
pub(crate) fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(inner)
}

/// Checks `body` as a resource of `kind` and brings it into canonical form.
///
/// # Errors
/// 400 with every violation of the schema, 422 for members of the wrong type.
pub(crate) fn accept(kind: Kind, body: Value) -> Result<Accepted, Refusal> {
    match kind {
        Kind::Controller => specified::<ControllerSpec>(body, |_, _| ()),
        Kind::ClusterProvider
        | Kind::Project
        | Kind::App
        | Kind::CompositeProfile
        | Kind::GenericPlacementIntent => {
            let named: Named = decode(body)?;
            let mut faults = Faults::default();
            faults.metadata(&named.metadata);
            finish(named.metadata.name.clone(), &named, faults)
        }
        Kind::Cluster => specified::<ClusterSpec>(body, |_, _| ()),
        Kind::ClusterLabel => {
            let label: ClusterLabel = decode(body)?;
            let mut faults = Faults::default();
            faults.name(&label.cluster_label);
            finish(label.cluster_label.clone(), &label, faults)
        }
        Kind::LogicalCloud => {
            let mut cloud: Specified<LogicalCloudSpec> = decode(body)?;
            if cloud.spec.level.is_empty() {
                cloud.spec.level = "1".into();
            }
            let mut faults = Faults::default();
            faults.metadata(&cloud.metadata);
            finish(cloud.metadata.name.clone(), &cloud, faults)
        }
        Kind::ClusterReference => specified::<ClusterReferenceSpec>(body, |spec, faults| {
            faults.name(&spec.cluster_provider);
            faults.name(&spec.cluster);
        }),
        Kind::UserPermission => {
            let named: Named = decode(body.clone())?;
            let mut faults = Faults::default();
            faults.metadata(&named.metadata);
            finish(named.metadata.name, &body, faults)
        }
        Kind::CompositeApp => {
            let mut accepted = specified::<CompositeAppSpec>(body.clone(), |_, _| ())?;
            let app: Specified<CompositeAppSpec> = decode(body)?;
            accepted.name = format!("{}/{}", accepted.name, app.spec.composite_app_version);
            Ok(accepted)
        }
        Kind::AppDependency => specified::<AppDependencySpec>(body, |_, _| ()),
        Kind::AppProfile => specified::<AppProfileSpec>(body, |_, _| ()),
        Kind::Group => specified::<GroupSpec>(body, |spec, faults| {
            faults.name(&spec.composite_profile);
            faults.name(&spec.version);
            faults.name(&spec.logical_cloud);
            let values = spec.override_values.iter().flatten().flat_map(|each| each.values.values());
            for value in values {
                faults.length(value, MAX_NAME);
            }
        }),
        Kind::AppIntent => {
            let intent: AppIntent = decode(body)?;
            let mut faults = Faults::default();
            faults.name(&intent.metadata.name);
            faults.length(&intent.metadata.description, MAX_DESCRIPTION);
            faults.length(&intent.metadata.user_data1, MAX_USER_DATA);
            faults.length(&intent.metadata.user_data2, MAX_USER_DATA);
            let placement = &intent.spec.intent;
            for choice in &placement.all_of {
                let ways = one_of(choice) + usize::from(!choice.any_of.is_empty());
                faults.one_of(ways == 1 && choice.any_of.iter().all(|any| one_of(any) == 1));
            }
            for choice in &placement.any_of {
                faults.one_of(one_of(choice) == 1);
            }
            finish(intent.metadata.name.clone(), &intent, faults)
        }
        Kind::GroupIntent => specified::<GroupIntentSpec>(body, |_, _| ()),
    }
}

/// Checks names in the body of an action.
///
/// # Errors
/// 400 with every violation.
pub(crate) fn check_names(names: &[&str]) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    for name in names {
        faults.name(name);
    }
    faults.into_result()
}

/// Decodes as Go does: members of a wrong type are an error, `null` is as good as absent.
///
/// # Errors
/// 422 for members of the wrong type.
pub(crate) fn decode<T: DeserializeOwned>(mut body: Value) -> Result<T, Refusal> {
    drop_nulls(&mut body);
    serde_json::from_value(body)
        .map_err(|error| Refusal::unprocessable(format!("json: cannot unmarshal: {error}")))
}

fn specified<S>(body: Value, check: impl FnOnce(&S, &mut Faults)) -> Result<Accepted, Refusal>
where
    S: Default + Serialize + DeserializeOwned,
{
    let document: Specified<S> = decode(body)?;
    let mut faults = Faults::default();
    faults.metadata(&document.metadata);
    check(&document.spec, &mut faults);
    finish(document.metadata.name.clone(), &document, faults)
}

fn finish<T: Serialize>(name: String, document: &T, faults: Faults) -> Result<Accepted, Refusal> {
    faults.into_result()?;
    let json = serde_json::to_string(document).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Accepted { name, json })
}

/// In how many ways a choice names clusters; exactly one is right.
fn one_of(choice: &ClusterChoice) -> usize {
    match (choice.cluster_provider.is_empty(), choice.cluster.is_empty(), choice.cluster_label.is_empty()) {
        (false, false, true) | (false, true, false) => 1,
        _ => 0,
    }
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(drop_nulls);
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(drop_nulls);
    }
}

/// The violations found so far.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn metadata(&mut self, metadata: &Metadata) {
        self.name(&metadata.name);
        self.length(&metadata.description, MAX_DESCRIPTION);
        self.length(&metadata.user_data1, MAX_USER_DATA);
        self.length(&metadata.user_data2, MAX_USER_DATA);
    }

    fn name(&mut self, name: &str) {
        if name.len() > MAX_NAME {
            self.length(name, MAX_NAME);
        } else if !is_name(name) {
            self.0.push(format!("Does not match pattern '{NAME_PATTERN}'"));
        }
    }

    fn length(&mut self, text: &str, most: usize) {
        if text.chars().count() > most {
            self.0.push(format!("String length must be less than or equal to {most}"));
        }
    }

    fn one_of(&mut self, holds: bool) {
        if !holds {
            self.0.push("Must validate one and only one schema (oneOf)".into());
        }
    }

    fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refusal::bad_request(format!("Invalid Input:\n{}", self.0.join("\n"))))
    }
}
