//! The filter that picks the calls a tracer stops for.

use unitward_seccomp::{
    Action, Arch, Calls, Directive, Op, Program, Rule, Syscall, Test, TooLong, Width, compile,
};

use crate::shape::{Detail, quiet, shape};

/// CLONE_NEW* flags and CLONE_NEWTIME (linux/sched.h), one by one: any of them makes a namespace.
const NAMESPACES: [u32; 8] = [
    0x0000_0080,
    0x0002_0000,
    0x0200_0000,
    0x0400_0000,
    0x0800_0000,
    0x1000_0000,
    0x2000_0000,
    0x4000_0000,
];

/// PROT_EXEC of mmap(2).
const EXECUTE: u32 = 4;

/// What a call that is told gets.
const TOLD: Action = Action::Trace(0);

/// The program that answers `SECCOMP_RET_TRACE` to calls that carry facts or that could be denied, and allows the rest,
/// for all architectures whose programs a machine runs. There is always one.
///
/// # Errors
///
/// When the program is longer than the kernel takes.
pub fn trace_filter(native: Arch) -> Result<Option<Program>, TooLong> {
    let quiet = quiet();
    let mut rules = Vec::new();
    for &arch in native.local() {
        let rule = |directive, calls, tests, action| Rule {
            directive,
            arch: Some(arch),
            calls,
            tests,
            action,
        };
        for call in Syscall::all() {
            let Some(number) = call.number(arch) else {
                continue;
            };
            let one = Calls::One(number);
            let tests = tests(call.name());
            if quiet.contains(call) || !tests.is_empty() {
                rules.push(rule(Directive::Observation, one, Vec::new(), Action::Allow));
            }
            for test in tests {
                rules.push(rule(Directive::ObservedArguments, one, vec![test], TOLD));
            }
        }
        // Calls that are not quiet, and those that are not known.
        rules.push(rule(Directive::Observation, Calls::Other, Vec::new(), TOLD));
    }
    rules.sort_by_key(|rule| rule.directive);
    compile(&rules, native)
}

/// Which arguments make a call worth telling, one of them being enough; none for calls of which all are told, or none.
fn tests(name: &str) -> Vec<Test> {
    let bits = |arg: u8, bits: u32| Test {
        arg,
        width: Width::Low,
        op: Op::Bits(bits),
    };
    match shape(name).map(|shape| shape.detail) {
        Some(Detail::NamespaceFlags(arg)) if name == "clone" => {
            NAMESPACES.into_iter().map(|flag| bits(arg, flag)).collect()
        }
        Some(Detail::Map | Detail::Protect) => vec![bits(2, EXECUTE)],
        Some(Detail::SendTo) => vec![Test {
            arg: 4,
            width: Width::Full,
            op: Op::NotEqual(0),
        }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests_of_programs {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use unitward_seccomp::Call;

    use super::*;

    fn answer(name: &str, args: [u64; 6]) -> Action {
        let arch = Arch::X86_64;
        let number = Syscall::by_name(name).unwrap().number(arch).unwrap();
        trace_filter(arch)
            .unwrap()
            .unwrap()
            .evaluate(&Call::new(arch, number, args))
    }

    #[test]
    fn calls_with_facts_are_told_and_others_are_not() {
        assert_eq!(answer("openat", [0; 6]), TOLD);
        assert_eq!(answer("mount", [0; 6]), TOLD);
        assert_eq!(answer("execve", [0; 6]), TOLD);
        assert_eq!(answer("read", [0; 6]), Action::Allow);
        assert_eq!(answer("epoll_wait", [0; 6]), Action::Allow);
        assert_eq!(answer("sendto", [0; 6]), Action::Allow);
        assert_eq!(answer("sendto", [0, 0, 0, 0, 1 << 40, 16]), TOLD);
    }

    #[test]
    fn memory_is_told_when_it_becomes_code() {
        assert_eq!(answer("mmap", [0, 4096, 3, 0, 0, 0]), Action::Allow);
        assert_eq!(answer("mmap", [0, 4096, 5, 0, 0, 0]), TOLD);
        assert_eq!(answer("mprotect", [0, 4096, 4, 0, 0, 0]), TOLD);
    }

    #[test]
    fn threads_are_no_namespaces() {
        assert_eq!(answer("clone", [0x0100_0000, 0, 0, 0, 0, 0]), Action::Allow);
        assert_eq!(answer("clone", [0x1000_0011, 0, 0, 0, 0, 0]), TOLD);
    }

    #[test]
    fn other_architectures_and_unknown_calls_are_told() {
        let program = trace_filter(Arch::X86_64).unwrap().unwrap();
        let open = Syscall::by_name("open").unwrap().number(Arch::X86).unwrap();
        assert_eq!(program.evaluate(&Call::new(Arch::X86, open, [0; 6])), TOLD);
        assert_eq!(
            program.evaluate(&Call::new(Arch::X86_64, 9999, [0; 6])),
            TOLD
        );
    }
}
