//! Dates as RFC 3339 writes them.

use chrono::{DateTime, SecondsFormat};

/// A time in UTC, to the second, from the seconds since 1970-01-01T00:00:00Z.
///
/// What is before the year 0 or after the year 9999 is the first or the last that four digits can write.
pub(crate) fn rfc3339(unix: i64) -> String {
    const FIRST: i64 = -62_167_219_200;
    const LAST: i64 = 253_402_300_799;
    let moment = DateTime::from_timestamp(unix.clamp(FIRST, LAST), 0).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The seconds since 1970-01-01T00:00:00Z of a time as RFC 3339 writes it, fractions cut off.
pub(crate) fn parse(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(unix in -62_167_219_200..=253_402_300_799_i64) {
            prop_assert_eq!(parse(&rfc3339(unix)), Some(unix));
        }
    }

    #[test]
    fn times_are_read_with_fractions_and_offsets() {
        let table = [
            ("2024-02-29T12:34:56Z", Some(1_709_210_096)),
            ("2024-02-29t12:34:56.789z", Some(1_709_210_096)),
            ("2024-02-29 14:34:56+02:00", Some(1_709_210_096)),
            ("2024-02-29T12:04:56-00:30", Some(1_709_210_096)),
            ("2024-02-29T12:34:56", None),
            ("2024-02-29T12:34:56.Z", None),
            ("2023-02-29T12:34:56Z", None),
            ("2024-13-01T12:34:56Z", None),
            ("2024-02-29T24:34:56Z", None),
            ("2024-02-29T12:34:56+0200", None),
            ("+024-02-29T12:34:56Z", None),
            ("2024-02-29", None),
            ("é024-02-29T12:34:56Z", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn seconds_become_dates_leap_days_and_the_ends_of_time_included() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ];
        for (unix, expected) in table {
            assert_eq!(rfc3339(unix), expected, "{unix}");
        }
    }
}
