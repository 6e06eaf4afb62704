//! What of the network a process reaches, and its open sockets.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Serialize;

use crate::target::Target;

/// The network of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Network {
    /// The interfaces of its network namespace.
    pub interfaces: Vec<String>,
    /// The sockets that the process has open.
    pub sockets: Vec<Socket>,
    /// Whether these are all: of very many descriptors only some are looked at.
    pub is_complete: bool,
    /// How many descriptors were looked at; none where they cannot be listed.
    pub descriptors: Option<usize>,
}

/// An open socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Socket {
    /// `tcp`, `udp`, `unix` and the like; `other` for families that are not listed.
    pub protocol: &'static str,
    /// The own address, or the path of a Unix socket.
    pub address: String,
    /// The other side's address.
    pub peer: Option<String>,
    /// Whether it waits for connections.
    pub listens: bool,
}

/// More descriptors of a process are not looked at.
const DESCRIPTORS_MAX: usize = 65_536;
/// More of a list of sockets is not read.
const LIST_MAX: usize = 16 << 20;

pub(crate) fn read(target: &Target) -> Network {
    let mut network = Network {
        interfaces: interfaces(&target.text("net/dev").unwrap_or_default()),
        is_complete: true,
        ..Network::default()
    };
    let Ok(descriptors) = target.names("fd", DESCRIPTORS_MAX + 1) else {
        return network;
    };
    network.is_complete = descriptors.len() <= DESCRIPTORS_MAX;
    network.descriptors = Some(descriptors.len().min(DESCRIPTORS_MAX));
    let inodes: Vec<u64> = descriptors
        .iter()
        .take(DESCRIPTORS_MAX)
        .filter_map(|number| {
            let link = target.link(&format!("fd/{number}")).ok()?;
            link.strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse()
                .ok()
        })
        .collect();
    if inodes.is_empty() {
        return network;
    }
    let mut known: HashMap<u64, Socket> = HashMap::new();
    for (file, protocol) in [
        ("net/tcp", "tcp"),
        ("net/tcp6", "tcp"),
        ("net/udp", "udp"),
        ("net/udp6", "udp"),
        ("net/raw", "raw"),
        ("net/raw6", "raw"),
    ] {
        known.extend(
            text(target, file)
                .lines()
                .filter_map(|line| of_internet(line, protocol)),
        );
    }
    // Unix sockets of the host's, such as those of the journal, stay with processes of other network namespaces.
    let host = i32::try_from(std::process::id())
        .ok()
        .and_then(|own| Target::open(own).ok());
    let is_other = |host: &&Target| host.link("ns/net").ok() != target.link("ns/net").ok();
    let host = host.as_ref().filter(is_other);
    let lists = [
        text(target, "net/unix"),
        host.map(|host| text(host, "net/unix")).unwrap_or_default(),
    ];
    for (inode, mut socket) in lists
        .iter()
        .flat_map(|list| list.lines())
        .filter_map(of_unix)
    {
        // A path with line breaks in it adds lines to this list, but takes none away: who is there twice is not believed.
        if known.contains_key(&inode) {
            socket.address = String::new();
        }
        known.insert(inode, socket);
    }
    let other = |_: &u64| Socket {
        protocol: "other",
        address: String::new(),
        peer: None,
        listens: false,
    };
    network.sockets = inodes
        .iter()
        .map(|inode| known.get(inode).cloned().unwrap_or_else(|| other(inode)))
        .collect();
    network.sockets.sort();
    network
}

fn text(target: &Target, file: &str) -> String {
    let contents = target.read(file, LIST_MAX).unwrap_or_default();
    String::from_utf8_lossy(&contents.bytes).into_owned()
}

fn interfaces(text: &str) -> Vec<String> {
    let lines = text.lines().skip(2);
    lines
        .filter_map(|line| Some(line.rsplit_once(':')?.0.trim().to_owned()))
        .filter(|name| !name.is_empty())
        .collect()
}

/// A line of /proc/net/tcp and its like (proc_pid_net(5)).
fn of_internet(line: &str, protocol: &'static str) -> Option<(u64, Socket)> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let peer = address(fields.get(2)?)?;
    let socket = Socket {
        protocol,
        address: address(fields.get(1)?)?.to_string(),
        peer: (peer.port() != 0).then(|| peer.to_string()),
        listens: protocol == "tcp" && *fields.get(3)? == LISTEN,
    };
    Some((fields.get(9)?.parse().ok()?, socket))
}

/// `0100007F:1F90`: words in the machine's byte order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok();
    let ip = if host.len() == 8 {
        IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes()))
    } else {
        let mut bytes = [0; 16];
        for (at, place) in bytes.chunks_exact_mut(4).enumerate() {
            place.copy_from_slice(&word(at)?.to_ne_bytes());
        }
        IpAddr::V6(Ipv6Addr::from(bytes))
    };
    Some(SocketAddr::new(ip, port))
}

/// A line of /proc/net/unix: `ADDRESS: REFCOUNT PROTOCOL FLAGS TYPE STATE INODE PATH`.
fn of_unix(line: &str) -> Option<(u64, Socket)> {
    const ACCEPTS: u32 = 1 << 16;
    let mut fields = line.splitn(8, ' ').filter(|field| !field.is_empty());
    let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
    let mut rest = line.split_ascii_whitespace();
    let inode = rest.nth(6)?.parse().ok()?;
    // The rest of the line is the path, with blanks.
    let path = line
        .find(&format!(" {inode} "))
        .and_then(|at| line.get(at + format!(" {inode} ").len()..));
    Some((
        inode,
        Socket {
            protocol: "unix",
            address: path.unwrap_or_default().to_owned(),
            peer: None,
            listens: flags & ACCEPTS != 0,
        },
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn interfaces_are_listed() {
        let text = "Inter-| Receive\n face |bytes\n    lo: 1 2 3\neth0.5:abc: 4 5\n";
        assert_eq!(interfaces(text), ["lo", "eth0.5:abc"]);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn sockets_are_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1";
        let (inode, socket) = of_internet(line, "tcp").unwrap();
        assert_eq!((inode, socket.address.as_str()), (4711, "127.0.0.1:8080"));
        assert!(socket.listens && socket.peer.is_none());
        let six = address("00000000000000000000000001000000:0035").unwrap();
        assert_eq!(six.to_string(), "[::1]:53");
        let unix = "0000000000000000: 00000002 00000000 00010000 0001 01 4712 /run/a b";
        let (inode, socket) = of_unix(unix).unwrap();
        assert_eq!(
            (inode, socket.address.as_str(), socket.listens),
            (4712, "/run/a b", true)
        );
        assert!(of_unix("0000000000000000: 00000002 00000000 00000000 0001 03 4713").is_some());
        assert!(of_internet("garbage", "tcp").is_none());
    }
}
