//! Which addresses are never contacted, however they were come by.
//!
//! What counts is the [`Zone`] of the address that a connection is made to:
//!
//! | zone | contacted |
//! |---|---|
//! | this machine | where the host is written as an address of it, or is `localhost` |
//! | denied | never |
//! | public, private | yes |

use std::net::IpAddr;

use counterfoil_openapi::Zone;

/// Whether a host as it is written means this machine, so that its addresses may be this machine's.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address| Zone::of(address) == Zone::Loopback)
}

/// Why a host's address is not contacted; nothing where it may be.
pub(crate) fn refusal(host: &str, address: IpAddr) -> Option<String> {
    match Zone::of(address) {
        Zone::Public | Zone::Private => None,
        Zone::Loopback if is_this_machine(host) => None,
        Zone::Loopback => {
            Some(format!("`{host}` is at {address}, on this machine; name that address if it is meant"))
        }
        Zone::Denied(kind) => Some(format!("`{host}` is at {address}, {kind}, which is never contacted")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a49_only_hosts_written_as_this_machine_may_be_on_it() {
        let loopback: IpAddr = [127, 0, 0, 1].into();
        for host in ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(refusal(host, loopback), None, "{host}");
        }
        for host in ["evil.test", "localhost.evil.test", "notlocalhost", "10.0.0.1"] {
            assert!(refusal(host, loopback).is_some(), "{host}");
        }
        assert!(refusal("localhost", [169, 254, 169, 254].into()).is_some());
        assert_eq!(refusal("intranet", [10, 0, 0, 1].into()), None);
    }
}
