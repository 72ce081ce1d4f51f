//! Which addresses are never contacted, however they were come by.
//!
//! A name is text, and whoever answers for it decides where a request goes. So what counts is the address that a
//! connection is made to:
//!
//! | address | contacted |
//! |---|---|
//! | of this machine (`127.0.0.0/8`, `::1`) | where the host is written as such an address, or is `localhost` |
//! | link-local (`169.254.0.0/16`, `fe80::/10`) and of a cloud's metadata service | never |
//! | unspecified, multicast, broadcast | never |
//! | any other, private ones included | yes |
//!
//! What is said of an IPv4 address holds for it inside an IPv6 one too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// One that may be contacted.
    Open,
    /// One of this machine.
    Loopback,
    /// One that never is, and why.
    Denied(&'static str),
}

/// Addresses of metadata services that are not link-local: Alibaba Cloud, Oracle Cloud.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
/// Of Amazon's, by IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254);

/// The kind of an address.
pub(crate) fn zone(address: IpAddr) -> Zone {
    match address {
        IpAddr::V4(address) => zone_v4(address),
        IpAddr::V6(address) if address.is_loopback() => Zone::Loopback,
        IpAddr::V6(address) if address.is_unspecified() => Zone::Denied("the unspecified address"),
        IpAddr::V6(METADATA_V6) => Zone::Denied("the address of a metadata service"),
        IpAddr::V6(address) if address.is_unicast_link_local() => Zone::Denied("a link-local address"),
        IpAddr::V6(address) if address.is_multicast() => Zone::Denied("a multicast address"),
        IpAddr::V6(address) => embedded_v4(address).map_or(Zone::Open, zone_v4),
    }
}

fn zone_v4(address: Ipv4Addr) -> Zone {
    if address.is_loopback() {
        Zone::Loopback
    } else if address.octets()[0] == 0 {
        // On some systems it means this machine.
        Zone::Denied("the unspecified address")
    } else if METADATA_V4.contains(&address) {
        Zone::Denied("the address of a metadata service")
    } else if address.is_link_local() {
        Zone::Denied("a link-local address")
    } else if address.is_multicast() || address.is_broadcast() {
        Zone::Denied("an address of many machines")
    } else {
        Zone::Open
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, translated (RFC 6052), 6to4 (RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Whether a host as it is written means this machine, so that its addresses may be this machine's.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address| zone(address) == Zone::Loopback)
}

/// Why a host's address is not contacted; nothing where it may be.
pub(crate) fn refusal(host: &str, address: IpAddr) -> Option<String> {
    match zone(address) {
        Zone::Open => None,
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
    fn addresses_are_contacted_or_not() {
        let table = [
            ("8.8.8.8", "open"),
            ("10.0.0.1", "open"),
            ("192.168.1.1", "open"),
            ("172.17.0.1", "open"),
            ("fd00::1", "open"),
            ("2606:4700::1111", "open"),
            ("2002:808:808::", "open"),
            ("127.0.0.1", "loopback"),
            ("127.9.9.9", "loopback"),
            ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"),
            ("64:ff9b::7f00:1", "loopback"),
            ("2002:7f00:1::", "loopback"),
            ("0.0.0.0", "denied"),
            ("0.1.2.3", "denied"),
            ("::", "denied"),
            ("169.254.169.254", "denied"),
            ("::ffff:169.254.169.254", "denied"),
            ("169.254.1.1", "denied"),
            ("fe80::1", "denied"),
            ("fd00:ec2::254", "denied"),
            ("100.100.100.200", "denied"),
            ("192.0.0.192", "denied"),
            ("224.0.0.1", "denied"),
            ("ff02::1", "denied"),
            ("255.255.255.255", "denied"),
        ];
        for (address, expected) in table {
            let found = match zone(address.parse().expect("an address")) {
                Zone::Open => "open",
                Zone::Loopback => "loopback",
                Zone::Denied(_) => "denied",
            };
            assert_eq!(found, expected, "{address}");
        }
    }

    #[test]
    fn only_hosts_written_as_this_machine_may_be_on_it() {
        let loopback: IpAddr = [127, 0, 0, 1].into();
        for host in ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(refusal(host, loopback), None, "{host}");
        }
        for host in ["evil.test", "localhost.evil.test", "notlocalhost", "10.0.0.1"] {
            assert!(refusal(host, loopback).is_some(), "{host}");
        }
        assert!(refusal("localhost", [169, 254, 169, 254].into()).is_some());
    }
}
