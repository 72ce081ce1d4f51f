//! What kind of place an address is, for everyone who connects to where a text says.
//!
//! A name is text, and whoever answers for it decides where a request goes. So what counts is the address that a
//! connection is made to. Nothing is connected to here: who asks decides what a zone means for it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
///
/// | address | zone |
/// |---|---|
/// | of this machine (`127.0.0.0/8`, `::1`) | `Loopback` |
/// | link-local (`169.254.0.0/16`, `fe80::/10`), of a cloud's metadata service | `Denied` |
/// | unspecified (`0.0.0.0/8`, `::`), multicast, broadcast | `Denied` |
/// | private and shared networks, documentation, reserved (RFC 6890) | `Private` |
/// | any other | `Public` |
///
/// What is said of an IPv4 address holds for it inside an IPv6 one too: mapped, compatible, translated (RFC 6052), 6to4
/// (RFC 3056).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The open internet.
    Public,
    /// A network of somebody's own, or an address set aside for another use.
    Private,
    /// This machine.
    Loopback,
    /// Where no request is meant to go, and why.
    Denied(&'static str),
}

/// Addresses of metadata services that are not link-local: Alibaba Cloud, Oracle Cloud.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
/// Of Amazon's, by IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254);

impl Zone {
    /// The zone of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, third, _] = address.octets();
        match (first, second, third) {
            (127, ..) => Self::Loopback,
            // On some systems it means this machine.
            (0, ..) => Self::Denied("the unspecified address"),
            _ if METADATA_V4.contains(&address) => Self::Denied("the address of a metadata service"),
            (169, 254, _) => Self::Denied("a link-local address"),
            (224..=239, ..) => Self::Denied("an address of many machines"),
            _ if address.is_broadcast() => Self::Denied("an address of many machines"),
            (10, ..) | (192, 168, _) | (172, 16..=31, _) | (100, 64..=127, _) => Self::Private,
            (192, 0, 0) | (198, 18 | 19, _) | (240.., ..) => Self::Private,
            _ if address.is_documentation() => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let [first, second, ..] = address.segments();
        match address {
            Ipv6Addr::LOCALHOST => Self::Loopback,
            Ipv6Addr::UNSPECIFIED => Self::Denied("the unspecified address"),
            METADATA_V6 => Self::Denied("the address of a metadata service"),
            _ if address.is_unicast_link_local() => Self::Denied("a link-local address"),
            _ if address.is_multicast() => Self::Denied("a multicast address"),
            _ => match embedded_v4(address) {
                Some(inner) => Self::of_v4(inner),
                // 2000::/3 is all there is of global unicast; 2001:db8::/32 is for documents.
                None if first & 0xE000 == 0x2000 && (first, second) != (0x2001, 0x0DB8) => Self::Public,
                None => Self::Private,
            },
        }
    }
}

/// The IPv4 address inside an IPv6 one.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_in_its_zone() {
        let table = [
            ("8.8.8.8", "public"),
            ("172.32.0.1", "public"),
            ("2606:4700::1111", "public"),
            ("2002:808:808::", "public"),
            ("10.0.0.1", "private"),
            ("192.168.1.1", "private"),
            ("172.17.0.1", "private"),
            ("172.31.0.1", "private"),
            ("100.64.0.1", "private"),
            ("192.0.2.1", "private"),
            ("198.19.0.1", "private"),
            ("240.0.0.1", "private"),
            ("fd00::1", "private"),
            ("2001:db8::1", "private"),
            ("::ffff:10.0.0.1", "private"),
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
            let found = match Zone::of(address.parse().expect("an address")) {
                Zone::Public => "public",
                Zone::Private => "private",
                Zone::Loopback => "loopback",
                Zone::Denied(_) => "denied",
            };
            assert_eq!(found, expected, "{address}");
        }
    }
}
