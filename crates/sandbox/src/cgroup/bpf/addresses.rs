//! Which addresses packets may come from and go to (BPF_PROG_TYPE_CGROUP_SKB).

use std::net::IpAddr;

use unitward_settings::Network;

use super::assembler::{Assembler, Condition, R0, R1, R2, R3, R4, R6, R7, R10, Width};
use super::ranges::{Ranges, Subject};
use super::{GroupProgram, Hook};

/// Addresses that are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    v4: Ranges,
    v6: Ranges,
}

/// Where packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Addresses {
    /// What one list denies and the other does not allow.
    pub(crate) fn refused<'a>(
        deny: impl Iterator<Item = &'a Network> + Clone,
        allow: impl Iterator<Item = &'a Network> + Clone,
    ) -> Self {
        let family = |v4: bool| {
            let denied = Ranges::new(deny.clone().filter_map(|network| range(network, v4)));
            let allowed = Ranges::new(allow.clone().filter_map(|network| range(network, v4)));
            denied.without(&allowed)
        };
        Self {
            v4: family(true),
            v6: family(false),
        }
    }

    /// Whether nothing is refused.
    pub(crate) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The program of a direction.
    pub(crate) fn program(&self, direction: Direction) -> Option<GroupProgram> {
        /// The offset of `protocol` in struct __sk_buff.
        const PROTOCOL: i16 = 16;
        /// ETH_P_IP and ETH_P_IPV6 of linux/if_ether.h, in the order of the network.
        const IPV4: u32 = 0x0800_u16.to_be() as u32;
        const IPV6: u32 = 0x86dd_u16.to_be() as u32;
        // Where the address of the other side is in the header: the source of what comes, the destination of what goes.
        let (hook, place4, place6) = match direction {
            Direction::Ingress => (Hook::INGRESS, 12, 8),
            Direction::Egress => (Hook::EGRESS, 16, 24),
        };
        let mut code = Assembler::default();
        let (ipv4, to_ipv6, ipv6) = (code.label(), code.label(), code.label());
        code.load(Width::Word, R6, R1, PROTOCOL);
        code.jump_if(R6, Condition::Equal, IPV4, ipv4);
        code.jump_if(R6, Condition::Equal, IPV6, to_ipv6);
        code.verdict(true);
        code.place(to_ipv6);
        code.jump_over(self.v4.size(Subject::Word(R6)), ipv6);
        code.place(ipv4);
        load_address(&mut code, place4, 4);
        code.load(Width::Word, R6, R10, -16);
        code.swap_network(R6, 32);
        self.v4.refuse(&mut code, Subject::Word(R6));
        code.place(ipv6);
        load_address(&mut code, place6, 16);
        code.load(Width::Double, R6, R10, -16);
        code.swap_network(R6, 64);
        code.load(Width::Double, R7, R10, -8);
        code.swap_network(R7, 64);
        self.v6.refuse(&mut code, Subject::Wide(R6, R7));
        GroupProgram::new(hook, code)
    }
}

/// Copies an address of the header to the top of the frame; a packet without one is refused.
fn load_address(code: &mut Assembler, place: i32, size: i32) {
    /// BPF_FUNC_skb_load_bytes.
    const SKB_LOAD_BYTES: i32 = 26;
    code.set(R2, place);
    code.copy(R3, R10);
    code.add(R3, -16);
    code.set(R4, size);
    code.call(SKB_LOAD_BYTES);
    let loaded = code.label();
    code.jump_if(R0, Condition::Equal, 0, loaded);
    code.verdict(false);
    code.place(loaded);
}

/// The addresses of a network, when it is of this family.
fn range(network: &Network, v4: bool) -> Option<(u128, u128)> {
    let (first, bits) = match network.address {
        IpAddr::V4(address) if v4 => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) if !v4 => (address.to_bits(), 128),
        _ => return None,
    };
    let free = bits - u32::from(network.length).min(bits);
    let rest = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Some((first, first | rest))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::cgroup::bpf::evaluate::evaluate;

    /// The header of a packet, as far as its addresses.
    fn packet(source: IpAddr, destination: IpAddr) -> Vec<u8> {
        let mut bytes = Vec::new();
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                bytes.extend([0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0]);
                bytes.extend(source.octets());
                bytes.extend(destination.octets());
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                bytes.extend([0x60, 0, 0, 0, 0, 0, 59, 64]);
                bytes.extend(source.octets());
                bytes.extend(destination.octets());
            }
            _ => {}
        }
        bytes
    }

    fn context(address: IpAddr) -> Vec<u8> {
        let protocol: u16 = if address.is_ipv4() { 0x0800 } else { 0x86dd };
        let mut bytes = vec![0; 16];
        bytes.extend(u32::from(protocol.to_be()).to_ne_bytes());
        bytes
    }

    fn networks(list: &[&str]) -> Vec<Network> {
        let parse = |text: &&str| {
            let (address, length) = text.split_once('/').unwrap();
            Network::new(address.parse().unwrap(), length.parse().unwrap()).unwrap()
        };
        list.iter().map(parse).collect()
    }

    fn passes(refused: &Addresses, direction: Direction, other: IpAddr) -> bool {
        let own: IpAddr = match other {
            IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
            IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        };
        let packet = match direction {
            Direction::Ingress => packet(other, own),
            Direction::Egress => packet(own, other),
        };
        let program = refused.program(direction).unwrap();
        evaluate(&program.code, &context(other), &packet) == 1
    }

    fn check(refused: &Addresses, address: &str, expected: bool) {
        for direction in [Direction::Ingress, Direction::Egress] {
            let passes = passes(refused, direction, address.parse().unwrap());
            assert_eq!(passes, expected, "{address} {direction:?}");
        }
    }

    #[test]
    fn what_is_denied_and_not_allowed_is_refused() {
        let deny = networks(&["10.0.0.0/8", "2001:db8::/32"]);
        let allow = networks(&["10.1.0.0/16", "10.2.3.4/32", "2001:db8:0:1::/64"]);
        let refused = Addresses::refused(deny.iter(), allow.iter());
        for (address, expected) in [
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("10.1.0.0", true),
            ("10.1.255.255", true),
            ("10.2.3.3", false),
            ("10.2.3.4", true),
            ("10.255.255.255", false),
            ("11.0.0.0", true),
            ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", true),
            ("2001:db8::", false),
            ("2001:db8:0:1::ffff", true),
            ("2001:db8:0:2::", false),
            ("2001:db9::", true),
            ("::1", true),
        ] {
            check(&refused, address, expected);
        }
    }

    #[test]
    fn all_but_localhost() {
        let deny = networks(&["0.0.0.0/0", "::/0"]);
        let allow = networks(&["127.0.0.0/8", "::1/128"]);
        let refused = Addresses::refused(deny.iter(), allow.iter());
        for (address, expected) in [
            ("127.0.0.1", true),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("::1", true),
            ("::", false),
            ("::2", false),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ] {
            check(&refused, address, expected);
        }
        assert!(Addresses::refused([].iter(), allow.iter()).is_empty());
    }

    #[test]
    fn other_protocols_pass_and_headers_that_end_early_do_not() {
        let deny = networks(&["0.0.0.0/0"]);
        let refused = Addresses::refused(deny.iter(), [].iter());
        let program = refused.program(Direction::Egress).unwrap();
        assert_eq!(evaluate(&program.code, &[0; 20], &[]), 1);
        let v6 = context(Ipv6Addr::LOCALHOST.into());
        assert_eq!(evaluate(&program.code, &v6, &[0; 39]), 0);
        assert_eq!(evaluate(&program.code, &v6, &[0; 40]), 1);
    }

    #[test]
    fn thousands_of_networks_are_found_as_by_hand() {
        // Every other /24 of 10.0.0.0/8 is denied.
        let deny: Vec<Network> = (0..1 << 15)
            .map(|at| {
                let address = Ipv4Addr::from_bits(0x0a00_0000 | at << 9);
                Network::new(address.into(), 24).unwrap()
            })
            .collect();
        let refused = Addresses::refused(deny.iter(), [].iter());
        let program = refused.program(Direction::Egress).unwrap();
        let own = Ipv4Addr::new(192, 0, 2, 1);
        for at in (0..1_u32 << 24).step_by(9973) {
            let address = Ipv4Addr::from_bits(0x0a00_0000 | at);
            let packet = packet(own.into(), address.into());
            let passes = evaluate(&program.code, &context(address.into()), &packet) == 1;
            assert_eq!(passes, at >> 8 & 1 == 1, "{address}");
        }
    }
}
