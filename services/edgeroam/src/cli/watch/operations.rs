//! Operators' commands and conditions of sites as lines for people.

use model::{
    Ask, Evacuation, EvacuationState, OperatorCommand, Relief, SiteCondition, SiteLoad, SiteRecord,
    SiteReport, SiteStatus,
};

/// A command.
pub(in crate::cli) fn command(command: &OperatorCommand) -> String {
    let word = command.ask.as_str();
    let what = match &command.ask {
        Ask::Cordon { site } | Ask::Resume { site } | Ask::Drain { site, deadline: None } => {
            format!("{word} {site}")
        }
        Ask::Drain { site, deadline: Some(deadline) } => format!("{word} {site} by {deadline}"),
        Ask::Move { app, instance, site } => format!("{word} {app}/{instance} to {site}"),
        Ask::Pin { app, instance, site } => format!("{word} {app}/{instance} at {site}"),
        Ask::Unpin { app, instance } => format!("{word} {app}/{instance}"),
        Ask::Freeze { app, until } => {
            let until = until.map_or_else(String::new, |until| format!(" until {until}"));
            format!("{word} {}{until}", app.as_ref().map_or("all apps", |app| app.as_str()))
        }
        Ask::Thaw { app } => format!("{word} {}", app.as_ref().map_or("all apps", |app| app.as_str())),
        Ask::Confirm { app, instance, generation, site }
        | Ask::Refuse { app, instance, generation, site } => {
            format!("{word} {app}/{instance} to {site}, generation {generation}")
        }
    };
    format!("{}  command   {what}  by {}{}", command.at, command.by, because(command.reason.as_ref()))
}

/// What is said of a site, by one source or all in all.
pub(in crate::cli) fn site(record: &SiteRecord) -> String {
    match record {
        SiteRecord::Reported(report) => reported(report),
        SiteRecord::Load(load) => loaded(load),
        SiteRecord::Status(status) => holds(status),
    }
}

fn reported(report: &SiteReport) -> String {
    let (condition, source) = (spaced(report.condition), report.source.as_str());
    let because = because(report.reason.as_ref());
    format!("{}  report    {}  {source} says {condition}{because}", report.at, report.site)
}

fn loaded(load: &SiteLoad) -> String {
    let (share, source) = (percent(load.load), load.source.as_str());
    let resources = load.resources.iter().map(|(name, share)| format!("{name} {}", percent(*share)));
    let resources = resources.collect::<Vec<_>>().join(", ");
    let of = if resources.is_empty() { resources } else { format!(" ({resources})") };
    format!("{}  load      {}  {source} says {share}{of}, until {}", load.at, load.site, load.valid_until)
}

fn holds(status: &SiteStatus) -> String {
    let condition = spaced(status.condition);
    let by = status.source.map_or_else(String::new, |source| format!(" by {}", source.as_str()));
    let because = because(status.reason.as_ref());
    let left = status.evacuation.as_ref().map_or_else(String::new, left);
    let relief = status.relief.as_ref().map_or_else(String::new, |relief| format!("  {}", relieved(relief)));
    format!("{}  site      {}  {condition}{by}{because}{left}{relief}", status.at, status.site)
}

fn left(evacuation: &Evacuation) -> String {
    let Evacuation { instances, remaining, stranded, .. } = evacuation;
    let stuck = if *stranded > 0 { format!(", {stranded} have nowhere to go") } else { String::new() };
    let there = format!("{remaining} of {instances} still there{stuck}");
    match evacuation.state {
        EvacuationState::UnderWay => format!("  {there}"),
        EvacuationState::Overdue => format!("  OVERDUE: {there}"),
        EvacuationState::Done => format!("  empty: all {instances} have left"),
    }
}

/// How far relieving a site has come.
pub(in crate::cli) fn relieved(relief: &Relief) -> String {
    let Relief { load, high, low, leaving, left, .. } = relief;
    let (load, high, low) = (percent(*load), percent(*high), percent(*low));
    format!("OVERLOADED: {load} (above {high}, until {low}), {left} have left, {leaving} are leaving")
}

/// A share in whole percent.
pub(in crate::cli) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A condition in words.
pub(in crate::cli) fn spaced(condition: SiteCondition) -> String {
    condition.as_str().replace('_', " ")
}

pub(in crate::cli) fn because(reason: Option<&String>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

#[cfg(test)]
mod tests {
    use model::{SiteSource, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_command_says_what_of_what_by_whom_and_why() {
        let at = Timestamp::from_micros(0);
        let (app, instance) = ("echo".parse().expect("valid"), "00ff".parse().expect("valid"));
        let site = || "north".parse().expect("valid");
        let line = |ask| {
            let reason = Some("new disks".to_owned());
            command(&OperatorCommand { id: Uuid::nil(), at, by: "ann".into(), reason, ask })
        };
        assert_eq!(
            line(Ask::Drain { site: site(), deadline: Some(Timestamp::from_micros(1_800_000_000)) }),
            "1970-01-01T00:00:00.000Z  command   drain north by 1970-01-01T00:30:00.000Z  by ann: new disks"
        );
        assert!(line(Ask::Move { app, instance, site: site() }).contains("move echo/00ff to north  by"));
        assert!(line(Ask::Freeze { app: None, until: None }).contains("freeze all apps  by ann"));
    }

    #[test]
    fn a_load_says_of_what_and_until_when() {
        let load = SiteLoad {
            site: "north".parse().expect("valid"),
            source: SiteSource::Metrics,
            at: Timestamp::from_micros(0),
            load: 0.914,
            valid_until: Timestamp::from_micros(60_000_000),
            resources: [("cpu".to_owned(), 0.914), ("memory".to_owned(), 0.5)].into(),
        };
        assert_eq!(
            site(&SiteRecord::Load(load)),
            "1970-01-01T00:00:00.000Z  load      north  metrics says 91 % (cpu 91 %, memory 50 %), \
             until 1970-01-01T00:01:00.000Z"
        );
    }

    #[test]
    fn an_overloaded_site_says_how_many_have_left_and_are_leaving() {
        let since = Timestamp::from_micros(0);
        let relief = Relief { since, load: 0.914, high: 0.85, low: 0.7, leaving: 3, left: 5 };
        let told = "OVERLOADED: 91 % (above 85 %, until 70 %), 5 have left, 3 are leaving";
        assert_eq!(relieved(&relief), told);
    }

    #[test]
    fn a_site_says_how_far_leaving_it_has_come() {
        let at = Timestamp::from_micros(0);
        let status = |remaining, state| {
            let evacuation =
                Evacuation { since: at, deadline: None, instances: 12, remaining, stranded: 1, state };
            site(&SiteRecord::Status(SiteStatus {
                site: "north".parse().expect("valid"),
                at,
                condition: SiteCondition::Draining { deadline: None },
                since: at,
                source: Some(SiteSource::Emco),
                reason: Some("label edgeroam-drain".into()),
                instances: remaining,
                instances_limit: None,
                evacuation: Some(evacuation),
                relief: None,
            }))
        };
        let line = status(9, EvacuationState::UnderWay);
        assert!(
            line.ends_with(
                "site      north  draining by emco: label edgeroam-drain  9 of 12 still there, 1 have nowhere to go"
            ),
            "{line}"
        );
        assert!(status(9, EvacuationState::Overdue).contains("OVERDUE: 9 of 12"));
        assert!(status(0, EvacuationState::Done).ends_with("empty: all 12 have left"));
    }
}
