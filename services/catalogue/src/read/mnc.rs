//! Networks of files that keep MCC and MNC as numbers: how many digits has the MNC?
//!
//! "01" and "001" are different networks, a number 1 may be either. From 100 on it is no question. Below, the country
//! tells: most have two digits, some three, a few both, but seldom for the same number (ITU-T E.212 and the list of
//! MNCs that ITU keeps in its Operational Bulletin).

use model::PlmnId;

use super::cut;

/// MCCs whose MNCs have three digits: North America, much of the Caribbean, Honduras, Argentina, Colombia, the
/// Falkland Islands.
const THREE_DIGITS: [u16; 26] = [
    302, 310, 311, 312, 313, 314, 315, 316, 330, 334, 342, 344, 346, 348, 352, 354, 356, 358, 360, 365, 366,
    376, 708, 722, 732, 750,
];

/// Numbers below 100 that have three digits where their MCC has two-digit ones as well.
const fn three_all_the_same(mcc: u16, mnc: u16) -> bool {
    match mcc {
        338 => matches!(mnc, 20 | 40 | 50 | 70 | 80),
        350 => mnc == 7,
        405 => matches!(mnc, 25..=47),
        714 => mnc == 20,
        738 => matches!(mnc, 2 | 3 | 40),
        _ => false,
    }
}

/// MCCs of test and private networks, where anything goes.
const EITHER: [u16; 2] = [1, 999];

/// The network with these numbers. `known` is taken where it is meant; an MNC that is written with a leading zero is
/// taken as it is written.
pub(super) fn plmn(mcc: &str, mnc: &str, known: Option<PlmnId>) -> Result<PlmnId, String> {
    let number = |name: &str, text: &str| {
        let value = text.parse::<u16>().ok().filter(|n| *n <= 999 && !text.starts_with('+'));
        value.ok_or_else(|| format!("{name} `{}` is no number of up to three digits", cut(text)))
    };
    let (country, network) = (number("mcc", mcc)?, number("net", mnc)?);
    let of_width = |width: usize| {
        PlmnId::new(&format!("{country:03}"), &format!("{network:0width$}")).map_err(|e| e.to_string())
    };
    if mnc.starts_with('0') && mnc.len() > 1 {
        return of_width(mnc.len());
    }
    if let Some(known) = known.filter(|known| [of_width(2), of_width(3)].contains(&Ok(*known))) {
        return Ok(known);
    }
    if network >= 100 || THREE_DIGITS.contains(&country) || three_all_the_same(country, network) {
        return of_width(3);
    }
    if EITHER.contains(&country) {
        return Err(format!(
            "net {network} of mcc {country:03} may be {network:02} or {network:03}: say which network it is, in the \
             section `plmn` or with `mcc` and `mnc` beside `file`"
        ));
    }
    of_width(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mcc: &str, mnc: &str) -> Result<String, String> {
        plmn(mcc, mnc, None).map(|plmn| plmn.to_string())
    }

    #[test]
    fn the_country_tells_the_width() {
        for (mcc, mnc, found) in [
            ("262", "2", "262-02"),
            ("262", "0", "262-00"),
            ("505", "3", "505-03"),
            ("310", "0", "310-000"),
            ("310", "260", "310-260"),
            ("334", "20", "334-020"),
            ("208", "500", "208-500"),
            ("405", "5", "405-05"),
            ("405", "25", "405-025"),
            ("405", "854", "405-854"),
            ("502", "12", "502-12"),
            ("502", "152", "502-152"),
            ("001", "01", "001-01"),
            ("1", "001", "001-001"),
        ] {
            assert_eq!(shown(mcc, mnc).as_deref(), Ok(found), "{mcc} {mnc}");
        }
    }

    #[test]
    fn the_network_that_was_named_is_meant() {
        for (mcc, mnc) in [("001", "01"), ("001", "001"), ("999", "70"), ("262", "002"), ("310", "26")] {
            let known = PlmnId::new(mcc, mnc).expect("valid");
            let number = mnc.trim_start_matches('0');
            assert_eq!(plmn(mcc, number, Some(known)), Ok(known));
        }
        let other = PlmnId::new("262", "01").expect("valid");
        assert_eq!(plmn("262", "2", Some(other)).map(|p| p.to_string()).as_deref(), Ok("262-02"));
    }

    #[test]
    fn what_cannot_be_told_is_asked_for() {
        for (mcc, mnc) in [("001", "1"), ("999", "70")] {
            let error = shown(mcc, mnc).expect_err(mcc);
            assert!(error.contains("`plmn`") && error.contains(" or 0"), "{error}");
        }
        for (mcc, mnc) in
            [("", "1"), ("262", ""), ("262", "x"), ("262", "1000"), ("1262", "1"), ("262", "-1")]
        {
            assert!(shown(mcc, mnc).is_err(), "{mcc} {mnc}");
        }
        assert!(shown("+26", "1").is_err() && shown("262", "0001").is_err());
    }
}
