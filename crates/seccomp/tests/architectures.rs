//! What differs between architectures, as single facts.

#![expect(clippy::unwrap_used, reason = "tests")]

use unitward_seccomp::{
    Action, AddressFamilies, Arch, Call, CallLog, MemoryDenyWriteExecute, Policy, Syscall,
};

const EPERM: Action = Action::Errno(1);

/// What the program of a policy answers to a call of the machine's own architecture.
fn answer(policy: &Policy, name: &str, args: [u64; 6]) -> Action {
    let number = Syscall::by_name(name)
        .unwrap()
        .number(policy.native)
        .unwrap();
    let program = policy.compile().unwrap();
    program.map_or(Action::Allow, |program| {
        program.evaluate(&Call::new(policy.native, number, args))
    })
}

#[test]
fn clone_has_its_flags_elsewhere_on_s390x() {
    const CLONE_NEWUSER: u64 = 0x1000_0000;
    for (arch, first, second) in [
        (Arch::X86_64, EPERM, Action::Allow),
        (Arch::Aarch64, EPERM, Action::Allow),
        (Arch::S390x, Action::Allow, EPERM),
        (Arch::S390, Action::Allow, EPERM),
    ] {
        let mut policy = Policy::new(arch, 257);
        policy.namespaces = Some(0);
        assert_eq!(
            answer(&policy, "clone", [CLONE_NEWUSER, 0, 0, 0, 0, 0]),
            first,
            "{arch}"
        );
        assert_eq!(
            answer(&policy, "clone", [0, CLONE_NEWUSER, 0, 0, 0, 0]),
            second,
            "{arch}"
        );
        assert_eq!(
            answer(&policy, "unshare", [CLONE_NEWUSER, 0, 0, 0, 0, 0]),
            EPERM,
            "{arch}"
        );
    }
}

#[test]
fn memory_is_mapped_in_different_ways() {
    for (arch, mmap, shmat) in [
        (Arch::X86_64, "mmap", EPERM),
        (Arch::Aarch64, "mmap", EPERM),
        (Arch::Riscv64, "mmap", EPERM),
        (Arch::Arm, "mmap2", EPERM),
        (Arch::X86, "mmap2", Action::Allow),
        (Arch::Ppc64le, "mmap", Action::Allow),
        (Arch::S390x, "mmap", Action::Allow),
    ] {
        let mut policy = Policy::new(arch, 252);
        policy.memory_deny_write_execute = MemoryDenyWriteExecute::Filter;
        assert_eq!(answer(&policy, mmap, [0, 0, 6, 0, 0, 0]), EPERM, "{arch}");
        assert_eq!(
            answer(&policy, mmap, [0, 0, 5, 0, 0, 0]),
            Action::Allow,
            "{arch}"
        );
        assert_eq!(
            answer(&policy, "mprotect", [0, 0, 4, 0, 0, 0]),
            EPERM,
            "{arch}"
        );
        let found = answer(&policy, "shmat", [0, 0, 0o100_000, 0, 0, 0]);
        assert_eq!(found, shmat, "{arch}");
    }
}

/// Where sockets are made through socketcall as well, their family cannot be seen.
#[test]
fn families_are_seen_only_where_sockets_are_made_directly() {
    for (arch, expected) in [
        (Arch::X86_64, Action::Errno(97)),
        (Arch::Aarch64, Action::Errno(97)),
        (Arch::Arm, Action::Errno(97)),
        (Arch::Riscv64, Action::Errno(97)),
        (Arch::X86, Action::Allow),
        (Arch::S390x, Action::Allow),
        (Arch::Ppc64le, Action::Allow),
    ] {
        let mut policy = Policy::new(arch, 257);
        policy.address_families = Some(AddressFamilies::Allow(Vec::new()));
        assert_eq!(
            answer(&policy, "socket", [1, 0, 0, 0, 0, 0]),
            expected,
            "{arch}"
        );
    }
}

#[test]
fn calls_by_way_of_others_are_found() {
    let bind = Syscall::by_name("bind");
    let mut policy = Policy::new(Arch::S390x, 257);
    policy.log = Some(CallLog::Only(bind.into_iter().collect()));
    assert_eq!(answer(&policy, "bind", [0; 6]), Action::Log);
    assert_eq!(
        answer(&policy, "socketcall", [2, 0, 0, 0, 0, 0]),
        Action::Log
    );
    assert_eq!(
        answer(&policy, "socketcall", [3, 0, 0, 0, 0, 0]),
        Action::Allow
    );
    // The whole register counts on a 64-bit machine.
    assert_eq!(
        answer(&policy, "socketcall", [1 << 32 | 2, 0, 0, 0, 0, 0]),
        Action::Allow
    );
}
