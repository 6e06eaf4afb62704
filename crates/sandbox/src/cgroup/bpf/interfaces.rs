//! Which network interfaces carry packets (BPF_PROG_TYPE_CGROUP_SKB), and which one sockets are bound to
//! (BPF_PROG_TYPE_CGROUP_SOCK).

use super::assembler::{Assembler, R1, R2, R6, Width};
use super::ranges::{Ranges, Subject};
use super::{GroupProgram, Hook};

/// The program that lets packets through these interfaces only, by their indices, or with `allow_list` false through
/// all others only.
pub(crate) fn restrict_interfaces(
    hook: Hook,
    allow_list: bool,
    indices: &[u32],
) -> Option<GroupProgram> {
    /// The offset of `ifindex` in struct __sk_buff.
    const IFINDEX: i16 = 40;
    let named = Ranges::new(
        indices
            .iter()
            .map(|index| (u128::from(*index), u128::from(*index))),
    );
    let refused = if allow_list {
        named.complement(u32::MAX.into())
    } else {
        named
    };
    let mut code = Assembler::default();
    code.load(Width::Word, R6, R1, IFINDEX);
    refused.refuse(&mut code, Subject::Word(R6));
    GroupProgram::new(hook, code)
}

/// The program that binds every new socket to an interface.
pub(crate) fn bind_interface(index: u32) -> Option<GroupProgram> {
    /// The offset of `bound_dev_if` in struct bpf_sock.
    const BOUND_DEV_IF: i16 = 0;
    let mut code = Assembler::default();
    code.set(R2, i32::try_from(index).ok()?);
    code.store(R1, BOUND_DEV_IF, R2);
    code.verdict(true);
    GroupProgram::new(Hook::SOCK_CREATE, code)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::cgroup::bpf::evaluate::evaluate;

    fn passing(allow_list: bool, indices: &[u32]) -> Vec<u32> {
        let program = restrict_interfaces(Hook::EGRESS, allow_list, indices).unwrap();
        let passes = |index: &u32| {
            let mut context = vec![0; 40];
            context.extend(index.to_ne_bytes());
            evaluate(&program.code, &context, &[]) == 1
        };
        [0, 1, 2, 3, 4, 5, u32::MAX]
            .into_iter()
            .filter(passes)
            .collect()
    }

    #[test]
    fn packets_pass_through_the_interfaces_of_the_list() {
        assert_eq!(passing(true, &[1, 3]), [1, 3]);
        assert_eq!(passing(true, &[]), []);
        assert_eq!(passing(false, &[1, 3]), [0, 2, 4, 5, u32::MAX]);
        assert_eq!(passing(false, &[4, 1, 2]), [0, 3, 5, u32::MAX]);
    }
}
