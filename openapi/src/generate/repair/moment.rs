//! Dates and times in other notations than RFC 3339's.

use chrono::DateTime;
use serde_json::Number;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A date, and the time of that day where it is known.
#[derive(Debug, Clone, PartialEq)]
struct Moment {
    date: Option<(u32, u32, u32)>,
    time: Option<Time>,
}

#[derive(Debug, Clone, PartialEq)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    /// The digits after the point.
    fraction: String,
    /// `Z`, or `+01:00`.
    zone: String,
}

/// A text that names a moment, in the notation of `date`, `time` or `date-time`; nothing where it names none, or
/// leaves open which.
///
/// Read are dates with the year first (`2024-1-5`, `2024/01/05`, `20240105`), with the month as a word (`5 Jan 2024`,
/// `Jan 5, 2024`) or in an order that the numbers betray (`31/01/2024`), with a time of day after `T` or a space.
pub(super) fn read(text: &str, format: &str) -> Option<String> {
    let moment = Moment::read(text)?;
    let time = |time: &Time| {
        let fraction = if time.fraction.is_empty() { String::new() } else { format!(".{}", time.fraction) };
        format!("{:02}:{:02}:{:02}{fraction}{}", time.hour, time.minute, time.second, time.zone)
    };
    let date = moment.date.map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    match format {
        "date" => date,
        "time" => moment.time.as_ref().map(time),
        _ => Some(format!("{}T{}", date?, moment.time.as_ref().map_or("00:00:00Z".to_owned(), time))),
    }
}

/// Seconds or milliseconds since 1970 in the notation of a format.
pub(super) fn of_number(number: &Number, format: &str) -> Option<String> {
    // Seconds of the years 1971 to 2286 have nine or ten digits, milliseconds twelve or thirteen.
    let seconds = match number.as_i64()? {
        seconds @ 31_536_000..=9_999_999_999 => seconds,
        millis @ 100_000_000_000..=9_999_999_999_999 => millis / 1000,
        _ => return None,
    };
    let moment = DateTime::from_timestamp(seconds, 0)?;
    let pattern = match format {
        "date" => "%Y-%m-%d",
        "time" => "%H:%M:%SZ",
        "date-time" => "%Y-%m-%dT%H:%M:%SZ",
        _ => return None,
    };
    Some(moment.format(pattern).to_string())
}

impl Moment {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() || text.len() > 64 {
            return None;
        }
        let Some(colon) = text.find(':') else {
            return Some(Self { date: Some(date(text)?), time: None });
        };
        // The hour stands before the first colon, and after what parts it from the date.
        let hour_at = text[..colon].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |before| before + 1);
        let head = text[..hour_at].trim_end_matches(['T', 't', ' ', ',', '_', '-']);
        let time = Some(time(&text[hour_at..])?);
        Some(match head {
            "" => Self { date: None, time },
            head => Self { date: Some(date(head)?), time },
        })
    }
}

fn date(text: &str) -> Option<(u32, u32, u32)> {
    let words: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|word| !word.is_empty()).collect();
    let number = |word: &str| -> Option<u32> {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        (digits.len() <= 4).then(|| digits.parse().ok()).flatten()
    };
    let month_at = words.iter().position(|word| month(word).is_some());
    let (year, month, day) = match (month_at, words.as_slice()) {
        (None, [all]) if all.len() == 8 && all.bytes().all(|byte| byte.is_ascii_digit()) => {
            (all[..4].parse().ok()?, all[4..6].parse().ok()?, all[6..].parse().ok()?)
        }
        (None, [year, month, day]) if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        (None, [first, second, year]) if year.len() == 4 => match (number(first)?, number(second)?) {
            (day, month) if day > 12 || day == month => (number(year)?, month, day),
            (month, day) if day > 12 => (number(year)?, month, day),
            _ => return None,
        },
        (Some(at), words) => {
            let numbers: Vec<u32> = words.iter().filter_map(|word| number(word)).collect();
            match numbers.as_slice() {
                [day, year] if *year > 31 => (*year, month(words[at])?, *day),
                [year, day] if *year > 31 => (*year, month(words[at])?, *day),
                _ => return None,
            }
        }
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// The number of a month by its name or the start of it.
fn month(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| word.starts_with(month))?;
    u32::try_from(at + 1).ok()
}

fn time(text: &str) -> Option<Time> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || ":.,".contains(c))).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let mut parts = clock.split(':');
    let mut hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let last = parts.next().unwrap_or("0");
    let (second, fraction) = last.split_once(['.', ',']).unwrap_or((last, ""));
    let second: u32 = second.parse().ok()?;
    let mut rest = rest.trim().to_ascii_lowercase();
    for (half, is_later) in [("am", false), ("pm", true)] {
        if let Some(zone) = rest.strip_prefix(half) {
            hour = hour % 12 + if is_later { 12 } else { 0 };
            rest = zone.trim().to_owned();
            break;
        }
    }
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(Time { hour, minute, second, fraction: fraction.to_owned(), zone: zone(&rest)? })
}

/// A zone in RFC 3339's notation; what none is said of is taken for UTC.
fn zone(text: &str) -> Option<String> {
    let text = text.trim_start_matches("gmt").trim_start_matches("utc").trim();
    if matches!(text, "" | "z") {
        return Some("Z".to_owned());
    }
    let sign = text.chars().next().filter(|sign| "+-".contains(*sign))?;
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "00"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_notations_people_use() {
        let table = [
            ("2024-01-05", "date-time", Some("2024-01-05T00:00:00Z")),
            ("2024-01-05T10:20:30", "date-time", Some("2024-01-05T10:20:30Z")),
            ("2024-01-05 10:20:30", "date-time", Some("2024-01-05T10:20:30Z")),
            ("2024-01-05 10:20:30.123456", "date-time", Some("2024-01-05T10:20:30.123456Z")),
            ("2024-01-05T10:20:30+0000", "date-time", Some("2024-01-05T10:20:30+00:00")),
            ("2024-01-05T10:20+01", "date-time", Some("2024-01-05T10:20:00+01:00")),
            ("2024-1-5 9:05 PM", "date-time", Some("2024-01-05T21:05:00Z")),
            ("Tue, 15 Nov 1994 08:12:31 GMT", "date-time", Some("1994-11-15T08:12:31Z")),
            ("January 5, 2024", "date", Some("2024-01-05")),
            ("5th Jan 2024", "date", Some("2024-01-05")),
            ("2024/01/05", "date", Some("2024-01-05")),
            ("20240105", "date", Some("2024-01-05")),
            ("31/01/2024", "date", Some("2024-01-31")),
            ("01/31/2024", "date", Some("2024-01-31")),
            ("01/02/2024", "date", None),
            ("2024-01-05T10:20:30Z", "date", Some("2024-01-05")),
            ("2024-01-05T10:20:30Z", "time", Some("10:20:30Z")),
            ("10:20", "time", Some("10:20:00Z")),
            ("2024-13-05", "date", None),
            ("25:00", "time", None),
            ("soon", "date", None),
            ("1:2:3:4", "time", None),
            ("é", "date", None),
        ];
        for (text, format, expected) in table {
            assert_eq!(read(text, format).as_deref(), expected, "{text} as {format}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_since_1970_are_moments() {
        let table = [
            (1_704_450_030_i64, "date-time", Some("2024-01-05T10:20:30Z")),
            (1_704_450_030_000, "date-time", Some("2024-01-05T10:20:30Z")),
            (951_782_400, "date", Some("2000-02-29")),
            (5, "date", None),
        ];
        for (number, format, expected) in table {
            assert_eq!(of_number(&Number::from(number), format).as_deref(), expected, "{number}");
        }
    }
}
