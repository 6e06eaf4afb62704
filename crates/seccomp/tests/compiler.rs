//! The compiled program answers as the rules do, for random policies on all architectures.

#![expect(clippy::unwrap_used, reason = "tests")]

use unitward_seccomp::{
    Action, AddressFamilies, Arch, Call, CallFilter, CallLog, Calls, ListMode,
    MemoryDenyWriteExecute, Op, Policy, Program, Syscall, SyscallSet,
};

/// SplitMix64: a failure repeats.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn calls(&mut self, density: usize) -> SyscallSet {
        Syscall::all().filter(|_| self.one_in(density)).collect()
    }

    fn action(&mut self) -> Action {
        let actions = [
            Action::KillProcess,
            Action::Errno(1),
            Action::Errno(38),
            Action::Errno(0),
            Action::Errno(4095),
        ];
        self.pick(&actions)
    }

    fn policy(&mut self, native: Arch) -> Policy {
        let mut policy = Policy::new(native, self.pick(&[252, 254, 257, 262]));
        let likely = 1 + self.below(4);
        if self.one_in(likely) {
            let families: Vec<u8> = (0..self.below(8)).map(|_| self.below(46) as u8).collect();
            policy.address_families = Some(if self.one_in(2) {
                AddressFamilies::Allow(families)
            } else {
                AddressFamilies::Deny(families)
            });
        }
        if self.one_in(likely) {
            policy.memory_deny_write_execute = MemoryDenyWriteExecute::Filter;
        }
        if self.one_in(likely) {
            policy.namespaces = Some(self.bits() as u32 & self.bits() as u32);
        }
        policy.restrict_realtime = self.one_in(likely);
        policy.restrict_suid_sgid = self.one_in(likely);
        policy.protect_kernel_tunables = self.one_in(likely);
        policy.protect_kernel_modules = self.one_in(likely);
        policy.protect_kernel_logs = self.one_in(likely);
        policy.protect_clock = self.one_in(likely);
        policy.protect_hostname = self.one_in(likely);
        policy.private_devices = self.one_in(likely);
        if self.one_in(likely) {
            let allowed = Arch::ALL.into_iter().filter(|_| self.one_in(3)).collect();
            policy.architectures = Some(allowed);
        }
        if self.one_in(likely) {
            policy.lock_personality = Some(self.pick(&[0, 8, u32::MAX]));
        }
        if self.one_in(likely) {
            let density = self.pick(&[2, 10, 100]);
            let calls = self.calls(density);
            policy.log = Some(if self.one_in(2) {
                CallLog::Only(calls)
            } else {
                CallLog::AllBut(calls)
            });
        }
        if self.one_in(likely) {
            let density = self.pick(&[1, 2, 10, 100]);
            let calls = self.calls(density);
            let answers = calls.iter().filter(|_| self.one_in(20)).collect::<Vec<_>>();
            policy.calls = Some(CallFilter {
                mode: self.pick(&[ListMode::Allow, ListMode::Deny]),
                calls,
                answers: answers
                    .into_iter()
                    .map(|call| (call, self.action()))
                    .collect(),
                denied: self.action(),
            });
        }
        policy
    }
}

/// What to try: for each call that rules test, the values around those of the tests; else anything.
fn calls(policy: &Policy, random: &mut Random) -> Vec<Call> {
    let rules = policy.rules();
    let mut calls = Vec::new();
    let mut archs = policy.native.local().to_vec();
    archs.push(random.pick(&Arch::ALL));
    for rule in &rules {
        let (Some(arch), Calls::One(number)) = (rule.arch, rule.calls) else {
            continue;
        };
        for number in [number.wrapping_sub(1), number, number.wrapping_add(1)] {
            calls.push(Call::new(arch, number, [0; 6]));
        }
        for _ in 0..if rule.tests.is_empty() { 0 } else { 4 } {
            let mut args = [0; 6];
            for test in &rule.tests {
                let constant = match test.op {
                    Op::Equal(k) | Op::NotEqual(k) | Op::Less(k) | Op::Greater(k) | Op::Bits(k) => {
                        k
                    }
                };
                let near = random.pick(&[
                    constant.wrapping_sub(1),
                    constant,
                    constant.wrapping_add(1),
                    !constant,
                    u32::MAX,
                ]);
                let high = random.pick(&[0, 0, 1 << 32, 1 << 63]);
                args[usize::from(test.arg)] |= u64::from(near) | high;
            }
            calls.push(Call::new(arch, number, args));
        }
    }
    for arch in archs {
        for number in (0..600)
            .step_by(7)
            .chain([u32::MAX, 1 << 30, 1 << 31, (1 << 30) - 1])
        {
            calls.push(Call::new(
                arch,
                number,
                [random.bits(), 0, 7, random.bits(), 0, 0],
            ));
            calls.push(Call::new(arch, number | 1 << 30, [random.bits(); 6]));
        }
    }
    calls
}

fn answer(program: Option<&Program>, call: &Call) -> Action {
    program.map_or(Action::Allow, |program| program.evaluate(call))
}

#[test]
fn the_program_answers_as_the_rules() {
    let mut random = Random(7);
    let mut longest = 0;
    for arch in Arch::ALL {
        for _ in 0..6 {
            let policy = random.policy(arch);
            let program = policy.compile().unwrap();
            longest = longest.max(program.as_ref().map_or(0, Program::len));
            let decider = policy.decider();
            for call in calls(&policy, &mut random) {
                assert_eq!(
                    answer(program.as_ref(), &call),
                    decider.decide(&call).action,
                    "{call:x?}\n{policy:?}"
                );
            }
        }
    }
    assert!(longest > 600 && longest < Program::MAX, "{longest}");
}

#[test]
fn no_rule_makes_no_program() {
    for arch in Arch::ALL {
        assert_eq!(Policy::new(arch, 257).compile(), Ok(None));
    }
}

/// A call that is always allowed is seen to be so by the kernel, which then does not run the program for it.
#[test]
fn constant_answers_need_no_argument() {
    let mut random = Random(11);
    for _ in 0..40 {
        let policy = random.policy(Arch::X86_64);
        let Some(program) = policy.compile().unwrap() else {
            continue;
        };
        let rules = policy.rules();
        for arch in [Arch::X86_64, Arch::X86] {
            for number in 0..600 {
                let is_tested = rules.iter().any(|rule| {
                    rule.arch == Some(arch)
                        && rule.calls == Calls::One(number)
                        && !rule.tests.is_empty()
                });
                if is_tested {
                    continue;
                }
                let call = Call::new(arch, number, [random.bits(); 6]);
                let constant = program.constant(arch.audit(), number).map(Action::from_raw);
                assert_eq!(constant, Some(program.evaluate(&call)), "{arch} {number}");
            }
        }
    }
}

/// The searches are balanced: no call takes many steps to its answer.
#[test]
fn answers_are_near() {
    let mut random = Random(13);
    for _ in 0..40 {
        let policy = random.policy(Arch::X86_64);
        let Some(program) = policy.compile().unwrap() else {
            continue;
        };
        for call in calls(&policy, &mut random) {
            let steps = program.steps(&call);
            assert!(steps <= 28, "{steps} steps for {call:x?}\n{program}");
        }
    }
}
