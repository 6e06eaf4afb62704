//! The programs in the kernel, where this process may load some.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd as _, OwnedFd};

use unitward_settings::Network;

use super::{
    Addresses, BindRule, DeviceKind, DeviceNumbers, Direction, Family, GroupProgram, Hook, TCP,
    bind_interface, restrict_interfaces,
};
use crate::sys;

/// Loads a program; none when this process may not load any.
#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
fn load(program: &GroupProgram) -> Option<OwnedFd> {
    use rustix::io::Errno;
    match program.load() {
        Ok(fd) => Some(fd),
        Err(Errno::PERM | Errno::NOSYS) => {
            eprintln!("skipped: this process may not load programs into the kernel");
            None
        }
        Err(errno) => panic!("the kernel does not take {program:?}: {errno}"),
    }
}

fn network(address: impl Into<IpAddr>, length: u8) -> Network {
    Network::new(address.into(), length).unwrap()
}

#[test]
fn the_kernel_takes_every_kind_of_program() {
    let device = DeviceNumbers {
        kind: DeviceKind::Char,
        major: Some(1),
        minor: None,
        read: true,
        write: true,
        mknod: false,
    };
    let web = BindRule {
        family: None,
        protocol: Some(TCP),
        ports: Some((80, 90)),
    };
    let any = [BindRule::default()];
    for program in [
        DeviceNumbers::program(&[]),
        DeviceNumbers::program(&[device]),
        BindRule::program(Family::V4, &[web], &any),
        BindRule::program(Family::V6, &[], &[web]),
        restrict_interfaces(Hook::INGRESS, true, &[1, 5]),
        restrict_interfaces(Hook::EGRESS, false, &[]),
        bind_interface(1),
    ] {
        if load(&program.unwrap()).is_none() {
            return;
        }
    }
}

#[test]
fn the_kernel_decides_about_packets_as_the_evaluator() {
    let mut packet = vec![0; 14];
    packet.extend([
        0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 10, 1, 2, 3,
    ]);
    packet.extend([0; 8]);
    // The Ethernet header says what the packet is.
    packet[12] = 8;
    let everything = network(Ipv4Addr::UNSPECIFIED, 0);
    for (allow, direction, expected) in [
        (
            network(Ipv4Addr::new(10, 1, 0, 0), 16),
            Direction::Egress,
            1,
        ),
        (
            network(Ipv4Addr::new(10, 2, 0, 0), 16),
            Direction::Egress,
            0,
        ),
        (
            network(Ipv4Addr::new(192, 0, 2, 0), 24),
            Direction::Ingress,
            1,
        ),
        (
            network(Ipv4Addr::new(10, 1, 0, 0), 16),
            Direction::Ingress,
            0,
        ),
    ] {
        let refused = Addresses::refused([everything].iter(), [allow].iter());
        let Some(program) = load(&refused.program(direction).unwrap()) else {
            return;
        };
        let verdict = sys::run_bpf(program.as_fd(), &packet).unwrap();
        assert_eq!(verdict, expected, "{allow} {direction:?}");
    }
}

#[test]
fn the_kernel_takes_tens_of_thousands_of_networks() {
    let every_other = |at: u32| network(Ipv4Addr::from_bits(at << 9), 24);
    let deny: Vec<Network> = (0..40_000).map(every_other).collect();
    let wide = |at: u32| network((u128::from(at) << 80).to_be_bytes(), 64);
    let deny = deny
        .into_iter()
        .chain((1..20_000).map(wide))
        .collect::<Vec<_>>();
    let refused = Addresses::refused(deny.iter(), [].iter());
    load(&refused.program(Direction::Egress).unwrap());
}
