//! Which requests may be sent where.

use http::{Method, Uri};

/// Where methods that may change something are sent (those that are not safe by RFC 9110, section 9.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsafeMethods {
    /// To this machine only: operations with such methods are left out of the run of any other target.
    ToLoopback,
    /// To any target.
    Everywhere,
}

impl UnsafeMethods {
    /// Whether a method may be sent to a base URL.
    pub fn admit(self, method: &Method, base_url: &str) -> bool {
        // RFC 9110 says that these are; of `QUERY` its own specification does.
        let is_safe = method.is_safe() || method.as_str() == "QUERY";
        is_safe || self == Self::Everywhere || is_loopback(base_url)
    }
}

/// Whether a URL leads to this machine, by its host alone: no name is looked up.
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(host) = uri.host() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let name = host.trim_end_matches('.');
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_changed_unasked() {
        let table = [
            ("http://localhost:8080/v1", true),
            ("http://LOCALHOST.", true),
            ("http://api.localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.9.9.9:1", true),
            ("http://[::1]:80/", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("https://example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://[fe80::1]", false),
            ("nonsense", false),
        ];
        for (url, is_local) in table {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(UnsafeMethods::ToLoopback.admit(&method, url), is_local, "{method} {url}");
                assert!(UnsafeMethods::Everywhere.admit(&method, url));
            }
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                assert!(UnsafeMethods::ToLoopback.admit(&method, url));
            }
        }
    }
}
