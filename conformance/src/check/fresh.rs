//! Whether a list is of now: one that is kept for a while lacks what was made since.

use std::time::SystemTime;

use counterfoil_openapi::Response;
use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
use http::{HeaderName, Method};
use serde_json::Value;

use super::Observation;
use super::list_missing::leads_to;
use super::listed::{name_of, plain};

/// Whether an answer may be of another time: that of a list which was asked for otherwise is not of the same.
pub(super) fn is_cached(response: &Response) -> bool {
    let text = |name: HeaderName| response.headers.get(name).and_then(|field| field.to_str().ok());
    let is_kept = text(CACHE_CONTROL).is_some_and(|control| {
        control.to_ascii_lowercase().split(',').any(|part| {
            let ages = ["max-age", "s-maxage"];
            part.trim().split_once('=').is_some_and(|(name, age)| ages.contains(&name) && age != "0")
        })
    });
    let time = |name| httpdate::parse_http_date(text(name)?).ok();
    let is_to_come = time(EXPIRES).is_some_and(|end| end > time(DATE).unwrap_or(SystemTime::UNIX_EPOCH));
    let is_hit = response.headers.iter().any(|(name, value)| {
        let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
        name.as_str().contains("cache") && value.contains("hit")
    });
    is_kept || is_to_come || is_hit || response.headers.contains_key(AGE)
}

/// The name of what the story made, and read under it.
pub(super) fn made(observation: &Observation<'_>) -> Option<String> {
    let (made, answer) = observation.earlier.first()?;
    let status = answer.status.as_u16();
    let is_made = status == 201 || status == 200 && made.method == Method::POST;
    let (reading, _) = observation.reading().filter(|_| is_made)?;
    name_of(reading)
}

/// Whether an item, or what tells it from others, is of that name.
pub(super) fn is_it(item: &Value, name: &str) -> bool {
    plain(item).is_some_and(|text| text == name) || item.is_object() && leads_to(item, name)
}

/// Whether an item, by what tells it from others, was there before the one of a name, as far as numbers tell that.
pub(super) fn is_before(item: &Value, name: &str) -> bool {
    item.as_i64().zip(name.parse().ok()).is_none_or(|(item, other): (i64, i64)| item < other)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    #[test]
    fn headers_tell_of_caches() {
        let table = [
            ("age", "3", true),
            ("cache-control", "public, max-age=60", true),
            ("cache-control", "S-MaxAge=60", true),
            ("cache-control", "max-age=0, must-revalidate", false),
            ("expires", "Thu, 01 Jan 2099 00:00:00 GMT", true),
            ("expires", "Thu, 01 Jan 1970 00:00:00 GMT", false),
            ("expires", "0", false),
            ("x-cache", "HIT from a", true),
            ("x-cache", "MISS", false),
            ("cf-cache-status", "HIT", true),
            ("x-other", "hit", false),
        ];
        for (name, value, expected) in table {
            let mut response = Response::new(StatusCode::OK);
            response.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(is_cached(&response), expected, "{name}: {value}");
            let date = HeaderValue::from_static("Fri, 02 Jan 2099 00:00:00 GMT");
            response.headers.insert(DATE, date);
            assert_eq!(is_cached(&response), expected && name != "expires", "{name}: {value}");
        }
    }
}
