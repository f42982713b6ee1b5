//! What a core is started with.

use std::net::SocketAddr;
use std::time::Duration;

/// Idle time after which a Free5GC NF sends GOAWAY on an HTTP/2 connection; the value for
/// [`Config::goaway_after_idle`] that makes the simulator as impatient as the real one.
pub const FREE5GC_H2_IDLE: Duration = Duration::from_millis(1);

/// Whose behaviour the simulated NFs copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personality {
    /// Free5GC v4.2 as it was recorded, oddities included. It never pushes a location.
    Free5gc,
    /// TS 29.510, TS 29.518, TS 29.508 and TS 29.500 as written (Release 17).
    ThreeGpp,
}

/// How a network function dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// An orderly stop: an AMF deregisters, Free5GC's NRF drops every profile, connections drain.
    Sigterm,
    /// A crash: nothing is said to anybody, connections break.
    Sigkill,
}

/// Where a UE is, as the AMF learnt it over NGAP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Mobile country code, three digits.
    pub mcc: String,
    /// Mobile network code, two or three digits; `"01"` is not `"001"`.
    pub mnc: String,
    /// NR cell identity, 36 bits, gNB identifier first.
    pub nr_cell_id: u64,
    /// Tracking area code, 4 or 6 hexadecimal digits.
    pub tac: String,
}

/// What a core is started with; [`Config::default`] is a Free5GC with one AMF on loopback ports of its own.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose behaviour is copied.
    pub personality: Personality,
    /// Where the NRF listens; port 0 takes a free one.
    pub nrf_listen: SocketAddr,
    /// Where the AMFs listen, one each; port 0 takes a free one.
    pub amf_listen: Vec<SocketAddr>,
    /// Where the SMF listens; port 0 takes a free one.
    pub smf_listen: SocketAddr,
    /// Whether the NRF issues access tokens and every NF asks for them.
    pub oauth2: bool,
    /// Seed of everything that is drawn: the registration race, the order of UEs and services in answers.
    pub seed: u64,
    /// Idle time after which an HTTP/2 connection gets GOAWAY(NO_ERROR); `None` keeps it open.
    pub goaway_after_idle: Option<Duration>,
    /// Free5GC's race between a registering UE and an any-UE request: while UEs register, one any-UE request in
    /// this many is answered 500 with an empty body. `None` or 0: never.
    pub race_500_one_in: Option<u32>,
    /// Mobile country code and mobile network code of the core.
    pub plmn: (String, String),
    /// Tracking area codes that each AMF announces in its profile.
    pub tacs: Vec<String>,
    /// Life of an access token. Free5GC always says 1000 s and enforces nothing, whatever stands here.
    pub token_lifetime: Duration,
    /// Heart-beat timer that the compliant NRF assigns to a profile which names none; whole seconds, at least one.
    pub heart_beat_timer: Duration,
    /// The longest that the compliant SMF lets a subscription last; it shortens what is asked for.
    pub longest_subscription: Duration,
    /// How often a push is tried before it is given up.
    pub push_attempts: u32,
    /// Pause before the second attempt of a push; it doubles with each further one, up to two seconds.
    pub push_retry_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Config {
            personality: Personality::Free5gc,
            nrf_listen: loopback,
            amf_listen: vec![loopback],
            smf_listen: loopback,
            oauth2: true,
            seed: 0,
            goaway_after_idle: None,
            race_500_one_in: None,
            plmn: ("208".to_owned(), "93".to_owned()),
            tacs: vec!["000001".to_owned()],
            token_lifetime: Duration::from_secs(1000),
            heart_beat_timer: Duration::from_secs(10),
            longest_subscription: Duration::from_secs(24 * 3600),
            push_attempts: 6,
            push_retry_after: Duration::from_millis(100),
        }
    }
}
