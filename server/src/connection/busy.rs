//! Which sockets have bytes to send or to be read, by the kernel's tables (proc(5)).

use std::collections::HashSet;
use std::io;

/// The inodes of all sockets of TCP that have bytes to send or to be read.
///
/// # Errors
///
/// When the kernel's tables cannot be read.
pub(super) fn busy_sockets() -> io::Result<HashSet<u64>> {
    let mut busy = HashSet::new();
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        match std::fs::read_to_string(table) {
            Ok(table) => busy.extend(table.lines().filter_map(busy_socket)),
            // A machine without IPv6 has no such table.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(busy)
}

/// The inode of a line of the kernel's table (proc(5)), where one of its two queues is not empty.
fn busy_socket(line: &str) -> Option<u64> {
    let mut fields = line.split_whitespace();
    let queues = fields.nth(4)?;
    let inode = fields.nth(4)?.parse().ok()?;
    let is_empty = queues.bytes().all(|byte| matches!(byte, b'0' | b':'));
    (!is_empty && inode != 0).then_some(inode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_that_are_not_empty_are_seen() {
        let line = |queues: &str| {
            format!(
                "   0: 0100007F:0FAA 0100007F:D2F0 01 {queues} 00:00000000 00000000  1000        0 59210 1 0 100"
            )
        };
        assert_eq!(busy_socket(&line("00000000:00000000")), None);
        assert_eq!(busy_socket(&line("00000A00:00000000")), Some(59210));
        assert_eq!(busy_socket(&line("00000000:00000010")), Some(59210));
        assert_eq!(busy_socket("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"), None);
    }
}
