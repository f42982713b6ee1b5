//! A UE context.

use crate::config::Location;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What an AMF knows of a UE.
pub(crate) struct Ue {
    /// Where the AMF last heard it.
    pub(crate) location: Location,
    /// Where it is in its cell, if it was located: 16 hex digits (TS 23.032 clause 7.3.2).
    pub(crate) position: Option<String>,
    /// When that was.
    pub(crate) heard_at: Timestamp,
    /// CM-CONNECTED over 3GPP access.
    pub(crate) connected: bool,
    /// Its deregistration failed: gone for good, but the context stays.
    pub(crate) stale: bool,
    /// Where an idle UE has gone inside its tracking area, unknown to the AMF until it connects again.
    pub(crate) unheard: Option<Location>,
    /// 5G-GUTI.
    pub(crate) guti: String,
    /// Reference of its one PDU session.
    pub(crate) session: Uuid,
}

impl Ue {
    pub(crate) fn new(location: Location, guti: String) -> Ue {
        let session = Uuid::new_v4();
        Ue {
            location,
            position: None,
            heard_at: Timestamp::now(),
            connected: true,
            stale: false,
            unheard: None,
            guti,
            session,
        }
    }

    /// The AMF hears the UE, wherever it is.
    pub(crate) fn heard(&mut self, location: Location) {
        self.location = location;
        self.position = None;
        self.heard_at = Timestamp::now();
        self.unheard = None;
    }

    /// UserLocation as Free5GC emits it (TS 29.571 clause 5.4.4): no globalGnbId, no age when it is zero.
    pub(crate) fn user_location(&self) -> UserLocation {
        let Location { mcc, mnc, nr_cell_id, tac } = &self.location;
        let plmn = || PlmnId { mcc: mcc.clone(), mnc: mnc.clone() };
        UserLocation {
            nr_location: NrLocation {
                tai: Tai { plmn_id: plmn(), tac: tac.to_ascii_lowercase() },
                ncgi: Ncgi { plmn_id: plmn(), nr_cell_id: format!("{nr_cell_id:09x}") },
                age_of_location_information: None,
                ue_location_timestamp: self.heard_at,
                geographical_information: self.position.clone(),
            },
        }
    }

    /// CmInfo list (TS 29.518 clause 6.2.6).
    pub(crate) fn cm_info(&self) -> Value {
        json!([
            {"cmState": self.cm_state(), "accessType": "3GPP_ACCESS"},
            {"cmState": "IDLE", "accessType": "NON_3GPP_ACCESS"},
        ])
    }

    pub(crate) fn cm_state(&self) -> &'static str {
        if self.connected { "CONNECTED" } else { "IDLE" }
    }
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserLocation {
    pub(crate) nr_location: NrLocation,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NrLocation {
    tai: Tai,
    ncgi: Ncgi,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) age_of_location_information: Option<i64>,
    ue_location_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    geographical_information: Option<String>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlmnId {
    mcc: String,
    mnc: String,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tai {
    plmn_id: PlmnId,
    tac: String,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ncgi {
    plmn_id: PlmnId,
    nr_cell_id: String,
}

#[cfg(test)]
mod tests {
    use super::Ue;
    use crate::config::Location;
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn a_location_is_encoded_as_free5gc_does() {
        let location =
            Location { mcc: "208".into(), mnc: "93".into(), nr_cell_id: 0x9000, tac: "00000A".into() };
        let mut ue = Ue::new(location, String::new());
        ue.heard_at = "2026-11-23T06:36:33.407390900Z".parse::<Timestamp>().expect("a time stamp");
        let plmn = json!({"mcc": "208", "mnc": "93"});
        let expected = json!({"nrLocation": {
            "tai": {"plmnId": plmn, "tac": "00000a"},
            "ncgi": {"plmnId": plmn, "nrCellId": "000009000"},
            "ueLocationTimestamp": "2026-11-23T06:36:33.4073909Z",
        }});
        assert_eq!(serde_json::to_value(ue.user_location()).expect("JSON"), expected);
    }
}
