//! Dates as RFC 3339 writes them.

/// The last second of the year 9999, the last that four digits can write.
const LAST: i64 = 253_402_300_799;

/// A time in UTC, to the second, from the seconds since 1970-01-01T00:00:00Z.
///
/// What is before the year 0 or after the year 9999 is the first or the last that can be written.
pub(super) fn rfc3339(unix: i64) -> String {
    const FIRST: i64 = -62_167_219_200;
    let unix = unix.clamp(FIRST, LAST);
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    // Days are counted from 0000-03-01, so that a leap day ends its year (H. Hinnant, "chrono-compatible low-level
    // date algorithms", 2013).
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

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
