//! What the user plane measures (TS 23.501 clause 5.33.3).

use super::Smf;
use crate::amf::Amf;
use crate::world::State;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// Packet delay of a monitored QoS flow between a UE and its PDU session anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketDelay {
    /// One way each, told in whole milliseconds.
    Measured {
        /// From the UE to the anchor.
        uplink: Duration,
        /// From the anchor to the UE.
        downlink: Duration,
    },
    /// No uplink packet carried a time stamp.
    Failed,
}

/// The one PDU session of every UE, as the AMF shows it too.
pub(super) const SESSION: u8 = 1;
pub(super) const DNN: &str = "internet";
pub(super) const SLICE: Snssai = Snssai { sst: 1, sd: "010203" };

/// Snssai (TS 29.571 clause 5.4.4.2).
#[derive(Clone, Copy, Serialize)]
pub(super) struct Snssai {
    pub(super) sst: u8,
    pub(super) sd: &'static str,
}

/// EventNotification (TS 29.508 clause 5.6.2.5) of QOS_MON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measurement<'a> {
    event: &'static str,
    time_stamp: Timestamp,
    supi: &'a str,
    pdu_se_id: u8,
    dnn: &'static str,
    snssai: Snssai,
    #[serde(skip_serializing_if = "Option::is_none")]
    ul_delays: Option<[u128; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_delays: Option<[u128; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rt_delays: Option<[u128; 1]>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pdmf: bool,
}

impl<'a> Measurement<'a> {
    pub(super) fn of(supi: &'a str, delay: PacketDelay, time_stamp: Timestamp) -> Self {
        let (mut ul_delays, mut dl_delays, mut rt_delays) = (None, None, None);
        if let PacketDelay::Measured { uplink, downlink } = delay {
            ul_delays = Some([uplink.as_millis()]);
            dl_delays = Some([downlink.as_millis()]);
            rt_delays = Some([(uplink + downlink).as_millis()]);
        }
        Measurement {
            event: "QOS_MON",
            time_stamp,
            supi,
            pdu_se_id: SESSION,
            dnn: DNN,
            snssai: SLICE,
            ul_delays,
            dl_delays,
            rt_delays,
            pdmf: delay == PacketDelay::Failed,
        }
    }
}

/// Says what is measured of a UE from now on; `None`: its QoS flow is not monitored.
pub(crate) fn set_delay(state: &mut State, supi: &str, delay: Option<PacketDelay>) {
    let State { smf, amfs, .. } = state;
    let before = match delay {
        Some(delay) => smf.delays.insert(supi.to_owned(), delay),
        None => smf.delays.remove(supi),
    };
    if before != delay {
        smf.tell_change(amfs, supi);
    }
}

/// Whether a UE has a PDU session.
pub(super) fn has_session(amfs: &[Amf], supi: &str) -> bool {
    amfs.iter().any(|amf| amf.ues.get(supi).is_some_and(|ue| !ue.stale))
}

impl Smf {
    /// What is measured of the UEs that have a session.
    pub(super) fn measured(&self, amfs: &[Amf]) -> Vec<(String, PacketDelay)> {
        let there = self.delays.iter().filter(|(supi, _)| has_session(amfs, supi));
        there.map(|(supi, delay)| (supi.clone(), *delay)).collect()
    }

    /// What is measured of one UE, if it has a session.
    pub(super) fn measured_of(&self, amfs: &[Amf], supi: &str) -> Option<PacketDelay> {
        self.delays.get(supi).copied().filter(|_| has_session(amfs, supi))
    }
}
