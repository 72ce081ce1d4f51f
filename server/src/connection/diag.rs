//! What the kernel knows of a connection, by its `sock_diag` interface (sock_diag(7)).

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const IPPROTO_TCP: u8 = 6;
/// The attribute that holds `tcp_info`, and the bit that asks for it.
const INET_DIAG_INFO: u16 = 2;
/// The bytes of the header of a message of netlink, and of `inet_diag_msg` behind it.
const HEADER: usize = 16;
const MESSAGE: usize = 72;
/// Where `tcpi_bytes_received` and `tcpi_data_segs_out` stand in `tcp_info`.
const BYTES_RECEIVED: usize = 128;
const DATA_SEGMENTS_OUT: usize = 156;

/// Whether bytes have come by a connection, and none have gone.
///
/// # Errors
///
/// When the kernel does not tell.
pub(super) fn only_heard(local: SocketAddr, peer: SocketAddr) -> io::Result<bool> {
    let socket = Socket::new(Domain::from(AF_NETLINK), Type::RAW, Some(Protocol::from(NETLINK_SOCK_DIAG)))?;
    socket.set_nonblocking(true)?;
    socket.send(&request(local, peer))?;
    let mut answer = vec![0; 4096];
    // The kernel answers while it is asked.
    let length = io::Read::read(&mut &socket, &mut answer)?;
    heard(answer.get(..length).unwrap_or_default()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "the kernel tells nothing of the connection")
    })
}

/// `nlmsghdr` and `inet_diag_req_v2`, for one connection.
fn request(local: SocketAddr, peer: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut body = vec![family, IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 0];
    // In every state.
    body.extend(u32::MAX.to_ne_bytes());
    body.extend(local.port().to_be_bytes());
    body.extend(peer.port().to_be_bytes());
    for address in [local.ip(), peer.ip()] {
        match address {
            IpAddr::V4(address) => {
                body.extend(address.octets());
                body.extend([0; 12]);
            }
            IpAddr::V6(address) => body.extend(address.octets()),
        }
    }
    // On any interface, whatever its cookie.
    body.extend(0_u32.to_ne_bytes());
    body.extend([0xFF; 8]);
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// What an answer says; nothing where it is none.
fn heard(answer: &[u8]) -> Option<bool> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    if kind != SOCK_DIAG_BY_FAMILY {
        return None;
    }
    let mut attributes = answer.get(HEADER + MESSAGE..)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(attributes.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(attributes.get(2..4)?.try_into().ok()?);
        let value = attributes.get(4..length)?;
        if kind == INET_DIAG_INFO {
            let received = value.get(BYTES_RECEIVED..BYTES_RECEIVED + 8)?.try_into().ok()?;
            let sent = value.get(DATA_SEGMENTS_OUT..DATA_SEGMENTS_OUT + 4)?.try_into().ok()?;
            return Some(u64::from_ne_bytes(received) > 0 && u32::from_ne_bytes(sent) == 0);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_tells_who_has_spoken() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(host) else { continue };
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, peer) = listener.accept().unwrap();
            let local = server.local_addr().unwrap();
            let only_heard = || match only_heard(local, peer) {
                Ok(only_heard) => Some(only_heard),
                Err(error) => {
                    println!("skipped: {error}");
                    None
                }
            };
            let Some(silent) = only_heard() else { return };
            assert!(!silent, "nothing has come");
            client.write_all(b"GET / ").unwrap();
            server.set_nonblocking(false).unwrap();
            assert_eq!(std::io::Read::read(&mut server, &mut [0; 6]).unwrap(), 6);
            assert_eq!(only_heard(), Some(true), "{host}");
            server.write_all(b"x").unwrap();
            assert_eq!(only_heard(), Some(false), "{host}");
        }
    }
}
