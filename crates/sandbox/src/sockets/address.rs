//! What a socket unit listens on.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use unitward_unit::Origin;

/// One line of a socket unit that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listen {
    /// The directive.
    pub directive: &'static str,
    /// What is opened.
    pub address: Address,
    /// The line, in the files of the socket unit.
    pub origin: Origin,
}

/// What is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A path: a socket, a FIFO or a special file.
    Path(String),
    /// A name in the abstract namespace.
    Abstract(String),
    /// An address of the Internet protocols.
    Internet(SocketAddr),
    /// A port at all addresses, of version 6 where the system has it.
    Port(u16),
    /// Something that unitward does not open.
    Unknown(String),
}

impl Address {
    /// Reads the value of `ListenStream=` and its like.
    pub(super) fn parse(text: &str) -> Self {
        if text.starts_with('/') {
            return Self::Path(text.to_owned());
        }
        if let Some(name) = text.strip_prefix('@') {
            return Self::Abstract(name.to_owned());
        }
        if let Ok(port) = text.parse::<u16>() {
            return Self::Port(port);
        }
        if let Ok(address) = text.parse() {
            return Self::Internet(address);
        }
        match scoped(text) {
            Some(address) => Self::Internet(address),
            None => Self::Unknown(text.to_owned()),
        }
    }
}

/// An address of version 6 with the interface behind it, as in `[fe80::1]:80%eth0`.
fn scoped(text: &str) -> Option<SocketAddr> {
    let (address, interface) = text.rsplit_once('%')?;
    let SocketAddr::V6(address) = address.parse().ok()? else {
        return None;
    };
    let scope = crate::sys::interface_index(&std::ffi::CString::new(interface).ok()?)?;
    let (ip, port) = (*address.ip(), address.port());
    Some(SocketAddrV6::new(ip, port, 0, scope).into())
}

/// The address that stands for all addresses of version 6.
pub(super) fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Abstract(name) => write!(f, "@{name}"),
            Self::Internet(address) => address.fmt(f),
            Self::Port(port) => write!(f, "port {port}"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_by_their_form() {
        let cases = [
            ("/run/x", Address::Path("/run/x".to_owned())),
            ("@x", Address::Abstract("x".to_owned())),
            ("80", Address::Port(80)),
            (
                "127.0.0.1:80",
                Address::Internet(([127, 0, 0, 1], 80).into()),
            ),
            (
                "[::1]:80",
                Address::Internet((Ipv6Addr::LOCALHOST, 80).into()),
            ),
            ("vsock::80", Address::Unknown("vsock::80".to_owned())),
        ];
        for (text, address) in cases {
            assert_eq!(Address::parse(text), address);
        }
    }
}
