//! Groups that somebody else made.

use std::collections::BTreeMap;

use emco::{
    AppIntent, AppIntentSpec, CompositeApp, Group, GroupRef, GroupSpec, Intents, IntentsSpec, Metadata,
    Named, PlacementIntent,
};

use super::Lab;

/// What an operator did before EdgeRoam came.
pub async fn operator(lab: &Lab, further: &[(&str, &str)]) -> GroupRef {
    operator_at(lab, "by-hand", "edge-r1", "edge-a", further).await
}

pub async fn operator_at(
    lab: &Lab,
    name: &str,
    release: &str,
    cluster: &str,
    further: &[(&str, &str)],
) -> GroupRef {
    let client = lab.client();
    let app = CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    let group = app.group(name);
    let spec = GroupSpec {
        composite_profile: "prof".into(),
        version: release.into(),
        logical_cloud: "admin-lc".into(),
        override_values: vec![serde_json::json!({"app": "srv", "values": {"size": "large"}})],
    };
    let wanted = Group { metadata: Metadata::named(name), spec };
    client.create_group(&app, &wanted).await.expect("accepted");
    client.create_placement(&group, &Named { metadata: Metadata::named("where") }).await.expect("accepted");
    let placed = AppIntent {
        metadata: Metadata::named("srv-there"),
        spec: AppIntentSpec { app: "srv".into(), intent: PlacementIntent::at("edge", cluster) },
    };
    client.create_app_intent(&group, "where", &placed).await.expect("accepted");
    let mut intent = BTreeMap::from([("genericPlacementIntent".to_owned(), "where".to_owned())]);
    intent.extend(further.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())));
    let intents =
        Intents { metadata: Metadata::named(format!("{name}-intents")), spec: IntentsSpec { intent } };
    client.create_intents(&group, &intents).await.expect("accepted");
    client.approve(&group).await.expect("accepted");
    client.instantiate(&group).await.expect("accepted");
    group
}
