//! Which addresses sockets may be bound to (BPF_PROG_TYPE_CGROUP_SOCK_ADDR).

use super::assembler::{Assembler, Condition, R1, R2, R6, Width};
use super::ranges::{Ranges, Subject};
use super::{GroupProgram, Hook};

/// A family of addresses, each of which has a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// What a rule matches; what is none matches all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BindRule {
    pub(crate) family: Option<Family>,
    /// IPPROTO_*.
    pub(crate) protocol: Option<u32>,
    /// The first and the last port.
    pub(crate) ports: Option<(u16, u16)>,
}

/// IPPROTO_TCP and IPPROTO_UDP.
pub(crate) const TCP: u32 = 6;
pub(crate) const UDP: u32 = 17;

impl BindRule {
    /// The program of a family: what a rule denies is refused unless another one allows it.
    pub(crate) fn program(family: Family, allow: &[Self], deny: &[Self]) -> Option<GroupProgram> {
        /// The offsets of `user_port` and `protocol` in struct bpf_sock_addr.
        const PORT: i16 = 24;
        const PROTOCOL: i16 = 36;
        let hook = match family {
            Family::V4 => Hook::BIND4,
            Family::V6 => Hook::BIND6,
        };
        let ports = |rules: &[Self], protocol| {
            Ranges::new(
                rules
                    .iter()
                    .filter(|rule| rule.matches(family, protocol))
                    .map(|rule| rule.ports.unwrap_or((0, u16::MAX)))
                    .map(|(from, to)| (from.into(), to.into())),
            )
        };
        let refused = |protocol| ports(deny, protocol).without(&ports(allow, protocol));
        let mut code = Assembler::default();
        let (tcp, udp) = (code.label(), code.label());
        code.load(Width::Word, R6, R1, PORT);
        code.swap_network(R6, 16);
        code.load(Width::Word, R2, R1, PROTOCOL);
        code.jump_if(R2, Condition::Equal, TCP, tcp);
        code.jump_if(R2, Condition::Equal, UDP, udp);
        refused(None).refuse(&mut code, Subject::Word(R6));
        code.place(tcp);
        refused(Some(TCP)).refuse(&mut code, Subject::Word(R6));
        code.place(udp);
        refused(Some(UDP)).refuse(&mut code, Subject::Word(R6));
        GroupProgram::new(hook, code)
    }

    fn matches(&self, family: Family, protocol: Option<u32>) -> bool {
        self.family.is_none_or(|own| own == family)
            && self.protocol.is_none_or(|own| Some(own) == protocol)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::cgroup::bpf::evaluate::evaluate;

    fn passes(family: Family, rules: [&[BindRule]; 2], protocol: u32, port: u16) -> bool {
        let program = BindRule::program(family, rules[0], rules[1]).unwrap();
        let mut words = [0_u32; 10];
        words[6] = port.to_be().into();
        words[9] = protocol;
        let context: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
        evaluate(&program.code, &context, &[]) == 1
    }

    #[test]
    fn a_rule_that_allows_comes_before_one_that_denies() {
        let any = BindRule::default();
        let web = BindRule {
            family: Some(Family::V4),
            protocol: Some(TCP),
            ports: Some((80, 90)),
        };
        let rules: [&[BindRule]; 2] = [&[web], &[any]];
        assert!(passes(Family::V4, rules, TCP, 80) && passes(Family::V4, rules, TCP, 90));
        assert!(!passes(Family::V4, rules, TCP, 79) && !passes(Family::V4, rules, TCP, 91));
        assert!(!passes(Family::V4, rules, UDP, 80) && !passes(Family::V6, rules, TCP, 80));
        assert!(!passes(Family::V4, rules, TCP, 0) && !passes(Family::V4, rules, 132, 80));
    }

    #[test]
    fn what_no_rule_denies_passes() {
        let udp = BindRule {
            protocol: Some(UDP),
            ports: Some((0, 1023)),
            ..BindRule::default()
        };
        let rules: [&[BindRule]; 2] = [&[], &[udp]];
        assert!(passes(Family::V6, rules, UDP, 1024) && passes(Family::V6, rules, TCP, 22));
        assert!(!passes(Family::V6, rules, UDP, 1023) && !passes(Family::V4, rules, UDP, 0));
        assert!(passes(Family::V4, [&[], &[]], TCP, 0));
    }
}
