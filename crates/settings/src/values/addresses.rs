//! IPAddressAllow= and IPAddressDeny= (systemd.resource-control(5)).

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// A network: an address whose bits beyond the prefix length are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// The address, masked.
    pub address: IpAddr,
    /// The prefix length, in bits.
    pub length: u8,
}

/// A set of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub BTreeSet<Network>);

impl Network {
    /// The network of this address and prefix length; none when the length is too large.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(v4) if length <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) if length <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
            _ => return None,
        };
        Some(Self { address, length })
    }

    /// Whether every address of its family is in it.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.length == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            // As inet_ntop(3) has it: the last 32 bits in the old form, when they are more than 16 and alone.
            IpAddr::V6(v6) if (0x1_0000..=u128::from(u32::MAX)).contains(&v6.to_bits()) => {
                let v4 = Ipv4Addr::from_bits((v6.to_bits() & u128::from(u32::MAX)) as u32);
                write!(f, "::{v4}/{}", self.length)
            }
            address => write!(f, "{address}/{}", self.length),
        }
    }
}

impl Networks {
    /// Whether all addresses of both families are in it, each by a network of prefix length 0.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0
            .iter()
            .any(|n| n.is_everything() && n.address.is_ipv4())
            && self
                .0
                .iter()
                .any(|n| n.is_everything() && n.address.is_ipv6())
    }
}

impl Value for Networks {
    const PARSER: &'static str = "ip-prefix-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::PLAIN) {
            let Ok(word) = word else { continue };
            let networks = networks_of(&word.text);
            if networks.iter().all(Option::is_none) {
                let expected =
                    "an address with an optional /LENGTH, or any, localhost, link-local, multicast";
                cx.report(Effect::Skipped, &word.text, word.range, expected);
            }
            self.0.extend(networks.into_iter().flatten());
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_words(self.0.iter().map(Network::to_string));
    }
}

/// What a word stands for: a network of each family, or one.
fn networks_of(word: &str) -> [Option<Network>; 2] {
    let pair = |v4: [u8; 4], length4, v6: [u16; 8], length6| {
        [
            Network::new(IpAddr::V4(v4.into()), length4),
            Network::new(IpAddr::V6(v6.into()), length6),
        ]
    };
    match word {
        "any" => pair([0; 4], 0, [0; 8], 0),
        "link-local" => pair([169, 254, 0, 0], 16, [0xfe80, 0, 0, 0, 0, 0, 0, 0], 64),
        "multicast" => pair([224, 0, 0, 0], 4, [0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
        _ if is_localhost(word) => pair([127, 0, 0, 0], 8, [0, 0, 0, 0, 0, 0, 0, 1], 128),
        _ => [network(word), None],
    }
}

/// Names that stand for the local host (RFC 6761), in any case and with an optional final dot.
fn is_localhost(word: &str) -> bool {
    let name = word.strip_suffix('.').unwrap_or(word).to_ascii_lowercase();
    ["localhost", "localhost.localdomain"].iter().any(|end| {
        name.strip_suffix(end)
            .is_some_and(|front| front.is_empty() || front.ends_with('.'))
    })
}

fn network(word: &str) -> Option<Network> {
    let (address, length) = match word.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (word, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let full = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => full,
        Some(text) => u8::try_from(super::number::c_integer(text)?).ok()?,
    };
    Network::new(address, length)
}

#[cfg(test)]
mod tests {
    use super::networks_of;

    fn shown(word: &str) -> Vec<String> {
        networks_of(word)
            .into_iter()
            .flatten()
            .map(|n| n.to_string())
            .collect()
    }

    #[test]
    fn words_stand_for_networks() {
        assert_eq!(shown("any"), ["0.0.0.0/0", "::/0"]);
        assert_eq!(shown("My.LocalHost."), ["127.0.0.0/8", "::1/128"]);
        assert_eq!(shown("10.1.2.3/8"), ["10.0.0.0/8"]);
        assert_eq!(shown("fe80::1"), ["fe80::1/128"]);
        for word in [
            "10.1",
            "notlocalhost",
            "10.0.0.0/33",
            "::/129",
            "fe80::1%eth0",
            "10.0.0.0/255.0.0.0",
        ] {
            assert!(shown(word).is_empty(), "{word}");
        }
    }
}
