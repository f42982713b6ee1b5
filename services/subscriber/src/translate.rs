//! From an AMF's reports to what was seen of each UE; pure.

use std::collections::HashMap;
use std::time::Duration;

use model::{CellId, CmState, Nid, PlmnId, Position, ReportedAt, Supi, Tac, Tai, UeLocation, UePosition};
use sbi_schemas::ts23032::UncertaintyCircle;
use sbi_schemas::ts29518::{self, AmfEventReport, AmfEventType, CmInfo, RmInfo, RmState};
use sbi_schemas::ts29571::{self, AccessType, EutraLocation, NrLocation, UserLocation};

/// What one answer or notification says about one UE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) supi: Supi,
    /// Where it is, if that was reported and names a cell or a tracking area.
    pub(crate) location: Option<UeLocation>,
    /// Its CM state in 3GPP access, if that was reported.
    pub(crate) cm: Option<CmState>,
    /// The network's time of the location; without one, of a notification.
    pub(crate) reported_at: Option<ReportedAt>,
    /// For how long, by the network's clock, the location had been unconfirmed when it was asked for.
    pub(crate) unheard_for: Option<Duration>,
    /// The UE said goodbye (RM-DEREGISTERED in 3GPP access).
    pub(crate) deregistered: bool,
}

/// Everything that one answer or notification says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sightings {
    /// One a UE.
    pub(crate) seen: Vec<Sighting>,
    /// Reports without a usable SUPI, and locations and positions that cannot be read.
    pub(crate) unreadable: u64,
    /// Locations over non-3GPP access only.
    pub(crate) non_3gpp: u64,
}

/// How the reports came; it tells what their `timeStamp` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reported {
    /// In the answer to a request: `timeStamp` is when they were asked for.
    Immediately,
    /// In a notification: `timeStamp` is when the event happened.
    InNotification,
}

/// What the reports say, merged by UE: the newest location and the last of everything else.
pub(crate) fn sightings<S: AsRef<str>>(reports: &[AmfEventReport<S>], how: Reported) -> Sightings {
    let mut all = Sightings { seen: Vec::with_capacity(reports.len()), ..Sightings::default() };
    let mut places: HashMap<Supi, usize> = HashMap::new();
    for report in reports {
        let Some(supi) = report.supi.as_ref().and_then(|supi| supi.as_ref().parse::<Supi>().ok()) else {
            all.unreadable += 1;
            continue;
        };
        let one = sighting(supi, report, how, &mut all);
        // Reports of one UE mostly stand side by side, and a notification mostly has one report.
        let last = all.seen.len().wrapping_sub(1);
        let known = match all.seen.last() {
            Some(seen) if seen.supi == one.supi => Some(last),
            Some(_) => places.get(&one.supi).copied(),
            None => None,
        };
        match known {
            Some(place) => merge(&mut all.seen[place], one),
            None => {
                if reports.len() > 1 {
                    places.insert(one.supi.clone(), all.seen.len());
                }
                all.seen.push(one);
            }
        }
    }
    all
}

fn sighting<S: AsRef<str>>(
    supi: Supi,
    report: &AmfEventReport<S>,
    how: Reported,
    all: &mut Sightings,
) -> Sighting {
    let mut one = Sighting {
        supi,
        location: None,
        cm: None,
        reported_at: None,
        unheard_for: None,
        deregistered: false,
    };
    match report.kind {
        AmfEventType::LocationReport => {
            if let Some(location) = &report.location {
                locate(location, report.time_stamp.as_ref(), how, &mut one, all);
            }
        }
        AmfEventType::ConnectivityStateReport => {
            one.cm = report.cm_info_list.as_deref().and_then(cm_state);
        }
        AmfEventType::RegistrationStateReport => {
            one.deregistered = report.rm_info_list.as_deref().is_some_and(says_goodbye);
        }
        AmfEventType::Other => {}
    }
    one
}

fn merge(into: &mut Sighting, other: Sighting) {
    if other.location.is_some() && (into.location.is_none() || other.reported_at >= into.reported_at) {
        into.location = other.location;
        into.reported_at = other.reported_at;
        into.unheard_for = other.unheard_for;
    }
    into.cm = other.cm.or(into.cm);
    into.deregistered |= other.deregistered;
}

fn cm_state(infos: &[CmInfo]) -> Option<CmState> {
    let info = infos.iter().find(|info| info.access_type == AccessType::ThreeGpp)?;
    match info.cm_state {
        ts29518::CmState::Idle => Some(CmState::Idle),
        ts29518::CmState::Connected => Some(CmState::Connected),
        ts29518::CmState::Other => None,
    }
}

fn says_goodbye(infos: &[RmInfo]) -> bool {
    let info = infos.iter().find(|info| info.access_type == AccessType::ThreeGpp);
    info.is_some_and(|info| info.rm_state == RmState::Deregistered)
}

/// A location in one radio technology, with the network's time of it.
type Dated = (Option<ReportedAt>, Result<UeLocation, Unreadable>);

/// A location whose identities are not what TS 29.571 says.
struct Unreadable;

fn locate<S: AsRef<str>>(
    location: &UserLocation<S>,
    time_stamp: &str,
    how: Reported,
    one: &mut Sighting,
    all: &mut Sightings,
) {
    let told = [
        location.nr_location.as_ref().and_then(|nr| nr.geographical_information.as_ref()),
        location.eutra_location.as_ref().and_then(|lte| lte.geographical_information.as_ref()),
    ];
    // A position that cannot be read takes nothing away from the cell.
    all.unreadable += told.into_iter().flatten().filter(|text| position(text).is_none()).count() as u64;
    let nr = location.nr_location.as_ref().map(|nr| (time(nr.ue_location_timestamp.as_ref()), in_nr(nr)));
    let eutra =
        location.eutra_location.as_ref().map(|lte| (time(lte.ue_location_timestamp.as_ref()), in_eutra(lte)));
    // Several members may be present (TS 29.571 clause 5.4.4.7); NR where neither is newer.
    let newest: Option<Dated> = match (nr, eutra) {
        (Some(nr), Some(lte)) => Some(if lte.0 > nr.0 { lte } else { nr }),
        (nr, lte) => nr.or(lte),
    };
    let Some((at, place)) = newest else {
        all.non_3gpp += u64::from(location.n3ga_location.is_some());
        return;
    };
    match place {
        // Neither cell nor area may be used: nothing is known, and nothing is wrong.
        Ok(UeLocation { cell: None, tai: None, position: None }) => {}
        Ok(place) => {
            let asked = ReportedAt::parse(time_stamp);
            one.location = Some(place);
            one.reported_at = match how {
                Reported::Immediately => at,
                Reported::InNotification => at.or(asked),
            };
            one.unheard_for = match (how, at, asked) {
                (Reported::Immediately, Some(at), Some(asked)) => {
                    Some(Duration::from_micros(asked.as_micros().saturating_sub(at.as_micros())))
                }
                _ => None,
            };
        }
        Err(Unreadable) => all.unreadable += 1,
    }
}

fn in_nr<S: AsRef<str>>(nr: &NrLocation<S>) -> Result<UeLocation, Unreadable> {
    let cell = if nr.ignore_ncgi == Some(true) {
        None
    } else {
        let (plmn, nid) = (plmn(&nr.ncgi.plmn_id)?, nid(nr.ncgi.nid.as_ref())?);
        Some(CellId::nr(plmn, nr.ncgi.nr_cell_id.as_ref(), nid).map_err(|_| Unreadable)?)
    };
    let position = nr.geographical_information.as_ref().and_then(position);
    Ok(UeLocation { cell, tai: Some(tai(&nr.tai)?), position })
}

fn in_eutra<S: AsRef<str>>(lte: &EutraLocation<S>) -> Result<UeLocation, Unreadable> {
    let cell = if lte.ignore_ecgi == Some(true) {
        None
    } else {
        let (plmn, nid) = (plmn(&lte.ecgi.plmn_id)?, nid(lte.ecgi.nid.as_ref())?);
        Some(CellId::eutra(plmn, lte.ecgi.eutra_cell_id.as_ref(), nid).map_err(|_| Unreadable)?)
    };
    let tai = if lte.ignore_tai == Some(true) { None } else { Some(tai(&lte.tai)?) };
    let position = lte.geographical_information.as_ref().and_then(position);
    Ok(UeLocation { cell, tai, position })
}

fn position<S: AsRef<str>>(text: &S) -> Option<UePosition> {
    let UncertaintyCircle { lon, lat, uncertainty_meters } = UncertaintyCircle::from_hex(text.as_ref())?;
    UePosition::new(Position::new(lon, lat).ok()?, uncertainty_meters).ok()
}

fn tai<S: AsRef<str>>(tai: &ts29571::Tai<S>) -> Result<Tai, Unreadable> {
    let tac: Tac = tai.tac.as_ref().parse().map_err(|_| Unreadable)?;
    Ok(Tai { plmn: plmn(&tai.plmn_id)?, tac, nid: nid(tai.nid.as_ref())? })
}

fn plmn<S: AsRef<str>>(plmn: &ts29571::PlmnId<S>) -> Result<PlmnId, Unreadable> {
    PlmnId::new(plmn.mcc.as_ref(), plmn.mnc.as_ref()).map_err(|_| Unreadable)
}

fn nid<S: AsRef<str>>(nid: Option<&S>) -> Result<Option<Nid>, Unreadable> {
    nid.map(|nid| nid.as_ref().parse()).transpose().map_err(|_| Unreadable)
}

fn time<S: AsRef<str>>(text: Option<&S>) -> Option<ReportedAt> {
    text.and_then(|text| ReportedAt::parse(text.as_ref()))
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
