//! Universal geographical area description (TS 23.032): the shape that location reports of the AMF carry.

/// An ellipsoid point with uncertainty circle (clauses 5.2 and 7.3.2), in degrees of WGS 84 and metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UncertaintyCircle {
    /// Longitude, east positive.
    pub lon: f64,
    /// Latitude, north positive.
    pub lat: f64,
    /// The radius within which the UE is.
    pub uncertainty_meters: f64,
}

/// Type of shape of an ellipsoid point with uncertainty circle (clause 7.1, table 2a), in the upper half of the first octet.
const SHAPE: u64 = 0b0001;

impl UncertaintyCircle {
    /// Reads the 16 hex digits of `geographicalInformation` (TS 29.571). Each coordinate stands for an interval (clause
    /// 6.1); its middle is taken. `None` where the text is not of that form, or of another shape. Spare bits say nothing.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let octets = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()?;
        if octets >> 60 != SHAPE {
            return None;
        }
        let (south, latitude) = (octets >> 55 & 1 == 1, octets >> 32 & 0x7f_ffff);
        // 24 bits in two's complement, moved up to where the sign of 32 bits is.
        let longitude = ((octets >> 8 & 0xff_ffff) << 8) as u32 as i32 >> 8;
        let degrees = (latitude as f64 + 0.5) * 90.0 / f64::from(1 << 23);
        Some(Self {
            lon: (f64::from(longitude) + 0.5) * 360.0 / f64::from(1 << 24),
            lat: if south { -degrees } else { degrees },
            uncertainty_meters: uncertainty((octets & 0x7f) as i32),
        })
    }
}

/// The radius that an uncertainty code stands for: 10 · (1.1^k − 1) metres (clause 6.2).
fn uncertainty(code: i32) -> f64 {
    10.0 * (1.1_f64.powi(code) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(text: &str) -> (f64, f64, f64) {
        let UncertaintyCircle { lon, lat, uncertainty_meters } =
            UncertaintyCircle::from_hex(text).expect("a circle");
        (lon, lat, uncertainty_meters)
    }

    /// Half of what the last bit of a coordinate stands for.
    const FINE: f64 = 1.1e-5;

    #[test]
    fn coordinates_and_radius_are_read_as_they_are_coded() {
        // 53.4 · 2^23 / 90 = 4977240.7, -2.97 · 2^24 / 360 = -138411.9, 10 · (1.1^18 - 1) = 45.6.
        for (text, lon, lat, radius) in [
            ("104BF258FDE35312", -2.97, 53.4, 45.599),
            ("1000000000000000", 0.0, 0.0, 0.0),
            ("1080000080000001", -180.0, 0.0, 1.0),
            ("107FFFFF7FFFFF7F", 180.0, 90.0, 1_806_626.0),
            ("10FFFFFFFFFFFF0A", 0.0, -90.0, 15.937),
            ("10c0000040000007", 90.0, -45.0, 9.487),
        ] {
            let read = circle(text);
            assert!((read.0 - lon).abs() < 2.0 * FINE && (read.1 - lat).abs() < FINE, "{text}: {read:?}");
            assert!((read.2 - radius).abs() < 1e-3 * radius.max(1.0), "{text}: {read:?}");
            assert!(read.0.abs() <= 180.0 && read.1.abs() <= 90.0);
        }
    }

    #[test]
    fn spare_bits_say_nothing() {
        assert_eq!(circle("1F4BF258FDE35392"), circle("104BF258FDE35312"));
    }

    #[test]
    fn other_shapes_and_other_texts_are_no_circle() {
        for text in [
            "",
            "104BF258FDE353",
            "104BF258FDE3531200",
            "004BF258FDE35312",
            "304BF258FDE35312",
            "104BF258FDE3531G",
            "+04BF258FDE35312",
            "104BF258FDE353é",
        ] {
            assert_eq!(UncertaintyCircle::from_hex(text), None, "{text}");
        }
    }
}
