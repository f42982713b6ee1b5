//! Cells and tracking areas (TS 29.571 `Ncgi`, `Ecgi`, `Tai`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ident::{IdentError, text_serde};
use crate::{PlmnId, Position, SiteId};

/// Network identifier of a stand-alone non-public network: 11 hex digits, 44 bit (TS 29.571 `Nid`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nid(u64);

impl FromStr for Nid {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        hex(text, 11).map(Self).ok_or_else(|| IdentError::new("nid", text, "11 hex digits"))
    }
}
impl fmt::Display for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011x}", self.0)
    }
}
text_serde!(Nid);

/// Tracking area code: 4 hex digits (EPS) or 6 (5GS). "0001" and "000001" differ (TS 29.571 `Tac`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tac {
    value: u32,
    digits: u8,
}

impl FromStr for Tac {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        let read = matches!(text.len(), 4 | 6).then(|| hex(text, text.len())).flatten();
        read.map(|value| Self { value: value as u32, digits: text.len() as u8 })
            .ok_or_else(|| IdentError::new("tac", text, "4 or 6 hex digits (quote it in YAML: \"000001\")"))
    }
}
impl fmt::Display for Tac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0w$x}", self.value, w = usize::from(self.digits))
    }
}
text_serde!(Tac);

/// Tracking area identity: PLMN, TAC and, in a stand-alone non-public network, NID.
///
/// Text form: `mcc-mnc-tac` or `mcc-mnc-tac-nid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tai {
    /// The network.
    pub plmn: PlmnId,
    /// The area's code in that network.
    pub tac: Tac,
    /// The stand-alone non-public network, if it is one.
    pub nid: Option<Nid>,
}

/// A cell: NCGI (NR, 36-bit `nrCellId`, 9 hex digits) or ECGI (E-UTRA, 28-bit `eutraCellId`, 7 hex digits).
///
/// Text form: `mcc-mnc-nci` or `mcc-mnc-nci-nid`; the count of hex digits tells NR from E-UTRA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellId {
    /// NR cell global identity.
    Nr {
        /// The network.
        plmn: PlmnId,
        /// NR cell identity, 36 bit.
        nci: u64,
        /// The stand-alone non-public network, if it is one.
        nid: Option<Nid>,
    },
    /// E-UTRA cell global identity.
    Eutra {
        /// The network.
        plmn: PlmnId,
        /// E-UTRA cell identity, 28 bit.
        eci: u32,
        /// The stand-alone non-public network, if it is one.
        nid: Option<Nid>,
    },
}

impl CellId {
    /// An NR cell from its `nrCellId`: up to 9 hex digits in either case, an `0x` prefix allowed; shorter texts
    /// are padded with zeros on the left, as people write them by hand.
    ///
    /// # Errors
    /// [`IdentError`] where the text is not such a number.
    pub fn nr(plmn: PlmnId, nci: &str, nid: Option<Nid>) -> Result<Self, IdentError> {
        let bare = nci.strip_prefix("0x").or_else(|| nci.strip_prefix("0X")).unwrap_or(nci);
        let value = (1..=9).contains(&bare.len()).then(|| hex(bare, bare.len())).flatten();
        value
            .map(|nci| Self::Nr { plmn, nci, nid })
            .ok_or_else(|| IdentError::new("nci", nci, "up to 9 hex digits, 36 bit (`0x` allowed)"))
    }

    /// An E-UTRA cell from its `eutraCellId`: exactly 7 hex digits.
    ///
    /// # Errors
    /// [`IdentError`] where the text is not such a number.
    pub fn eutra(plmn: PlmnId, eci: &str, nid: Option<Nid>) -> Result<Self, IdentError> {
        hex(eci, 7)
            .map(|eci| Self::Eutra { plmn, eci: eci as u32, nid })
            .ok_or_else(|| IdentError::new("eutraCellId", eci, "7 hex digits, 28 bit"))
    }

    /// The identity in 16 bytes, equal exactly where identities are equal: for hash tables that are asked often.
    pub fn packed(&self) -> [u64; 2] {
        // 21 bits of PLMN, one that tells NR from E-UTRA, 36 of cell identity; a NID has 44 bits.
        let (plmn, nr, id, nid) = match self {
            Self::Nr { plmn, nci, nid } => (plmn, 1, *nci, nid),
            Self::Eutra { plmn, eci, nid } => (plmn, 0, u64::from(*eci), nid),
        };
        [plmn.packed() << 37 | nr << 36 | id, nid.map_or(0, |nid| nid.0 << 1 | 1)]
    }

    /// The network that the cell belongs to.
    pub fn plmn(&self) -> PlmnId {
        match self {
            Self::Nr { plmn, .. } | Self::Eutra { plmn, .. } => *plmn,
        }
    }
}

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nid = match self {
            Self::Nr { plmn, nci, nid } => {
                write!(f, "{plmn}-{nci:09x}")?;
                nid
            }
            Self::Eutra { plmn, eci, nid } => {
                write!(f, "{plmn}-{eci:07x}")?;
                nid
            }
        };
        nid.map_or(Ok(()), |nid| write!(f, "-{nid}"))
    }
}

impl FromStr for CellId {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        let refuse = || IdentError::new("cell", text, "mcc-mnc-nci with 9 hex digits (NR) or 7 (E-UTRA)");
        let (plmn, id, nid) = split(text).ok_or_else(refuse)?;
        match id.len() {
            9 => Self::nr(plmn?, id, nid?),
            7 => Self::eutra(plmn?, id, nid?),
            _ => Err(refuse()),
        }
    }
}
text_serde!(CellId);

impl fmt::Display for Tai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.plmn, self.tac)?;
        self.nid.map_or(Ok(()), |nid| write!(f, "-{nid}"))
    }
}

impl FromStr for Tai {
    type Err = IdentError;
    fn from_str(text: &str) -> Result<Self, IdentError> {
        let (plmn, tac, nid) =
            split(text).ok_or_else(|| IdentError::new("tai", text, "mcc-mnc-tac with 4 or 6 hex digits"))?;
        Ok(Self { plmn: plmn?, tac: tac.parse()?, nid: nid? })
    }
}
text_serde!(Tai);

/// A cell of the catalogue: where it is, or which site it is pinned to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its global identity.
    pub id: CellId,
    /// Its tracking area, where known; an unknown cell falls back to the sites of its TAI's known cells.
    pub tai: Option<Tai>,
    /// How it maps to sites.
    pub pin: Pin,
}

/// How a cell (or a tracking area) maps to sites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pin {
    /// By distance from this position.
    Position(Position),
    /// To this site, whatever the distance.
    Site(SiteId),
}

/// A tracking area pinned to a site: what a laboratory with one TAC a gNB writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaiPin {
    /// The tracking area.
    pub tai: Tai,
    /// Its site.
    pub site: SiteId,
}

type Parts<'a> = (Result<PlmnId, IdentError>, &'a str, Result<Option<Nid>, IdentError>);

fn split(text: &str) -> Option<Parts<'_>> {
    let mut parts = text.split('-');
    let (mcc, mnc, id, nid) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    parts.next().is_none().then(|| (PlmnId::new(mcc, mnc), id, nid.map(str::parse).transpose()))
}

fn hex(text: &str, digits: usize) -> Option<u64> {
    let all_hex = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    all_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plmn() -> PlmnId {
        PlmnId::new("208", "93").expect("valid")
    }

    #[test]
    fn nci_is_compared_as_a_number() {
        let lower = CellId::nr(plmn(), "00000900a", None).expect("valid");
        for same in ["00000900A", "0x00000900a", "900a", "0x900A"] {
            assert_eq!(CellId::nr(plmn(), same, None).expect("valid"), lower);
        }
        assert_eq!(lower.to_string(), "208-93-00000900a");
    }

    #[test]
    fn text_round_trips_with_and_without_nid() {
        for text in ["208-93-000009000", "001-001-0000001", "208-93-000009000-00000abcdef"] {
            assert_eq!(text.parse::<CellId>().expect("valid").to_string(), text);
        }
        for text in ["208-93-000001", "208-93-0001"] {
            assert_eq!(text.parse::<Tai>().expect("valid").to_string(), text);
        }
    }

    #[test]
    fn tac_of_four_and_six_digits_differ() {
        assert_ne!("0001".parse::<Tac>(), "000001".parse::<Tac>());
    }

    #[test]
    fn identities_that_differ_anywhere_pack_differently() {
        let texts = [
            "208-93-000009000",
            "208-93-000009001",
            "208-093-000009000",
            "209-93-000009000",
            "208-93-0009000",
            "208-93-000009000-00000000000",
            "208-93-000009000-00000000001",
            "208-93-fffffffff",
            "999-999-fffffffff-fffffffffff",
        ];
        let packed: std::collections::HashSet<_> =
            texts.iter().map(|text| text.parse::<CellId>().expect("valid").packed()).collect();
        assert_eq!(packed.len(), texts.len());
    }

    #[test]
    fn wrong_widths_are_refused() {
        for text in [
            "208-93-12345678",
            "208-93-",
            "208-93",
            "208-93-000009000-1",
            "208-93-00000900g",
            "+208-93-000009000",
        ] {
            assert!(text.parse::<CellId>().is_err(), "{text}");
        }
        assert!(CellId::nr(plmn(), "1000000000", None).is_err());
        assert!(CellId::nr(plmn(), "", None).is_err());
    }
}
