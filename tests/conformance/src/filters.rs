//! unitward's one system call filter beside the filters that a real systemd installs for the same settings.
//!
//! `filters/record.c` reads the filters out of processes that systemd started. [`compare`] then asks both sides about
//! every call of every architecture, and about arguments at every boundary of every test that either side makes.

use std::collections::BTreeSet;
use std::path::Path;

use unitward_catalog::Version;
use unitward_seccomp::{Action, Arch, Call, Instruction, Policy, Program, evaluate};
use unitward_settings::{FilterHost, Options, Scope, resolve};
use unitward_unit::HostFacts;
use unitward_unit::load::{Loader, SearchPath};

use crate::random::Random;

/// A unit with the filters that a systemd installed for it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of the unit.
    pub name: String,
    /// The lines that say what is filtered.
    pub lines: Vec<String>,
    /// The filters, oldest first.
    pub programs: Vec<Program>,
}

/// A call that the two sides answer differently.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The call.
    pub call: Call,
    /// What systemd's filters answer.
    pub systemd: Action,
    /// What unitward's filter answers.
    pub unitward: Action,
}

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// How many calls with arguments were tried.
    pub calls: usize,
    /// Calls that are answered differently: the first few.
    pub differences: Vec<Difference>,
    /// The instructions of unitward's program.
    pub instructions: usize,
}

/// The policy of a unit with these lines on x86-64.
///
/// # Errors
///
/// The unit's name is none.
pub fn policy(lines: &[String], systemd: u16) -> Result<Policy, Box<dyn std::error::Error>> {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let text = format!("[Service]\nExecStart=/spin\n{}\n", lines.join("\n"));
    let unit = loader.load_text(
        &"filters.service".parse()?,
        Path::new("/filters.service"),
        text,
    );
    let options = Options {
        version: systemd.to_string().parse::<Version>()?,
        scope: Scope::System,
        facts: &HostFacts::default(),
        user_umask: 0o22,
    };
    let resolution = resolve(&unit, &options);
    Ok(resolution
        .settings
        .system_call_policy(FilterHost::new(Arch::X86_64)))
}

/// The program in the form of `filters/record.c`: eight bytes an instruction, little endian.
#[must_use]
pub fn from_hex(text: &str) -> Option<Program> {
    let digits = text.as_bytes().as_chunks::<16>();
    if !digits.1.is_empty() {
        return None;
    }
    let read = |digits: &[u8; 16]| {
        let text = std::str::from_utf8(digits).ok()?;
        let bytes = u64::from_str_radix(text, 16).ok()?.to_be_bytes();
        let [a, b, jt, jf, c, d, e, f] = bytes;
        Some(Instruction {
            code: u16::from_le_bytes([a, b]),
            jt,
            jf,
            k: u32::from_le_bytes([c, d, e, f]),
        })
    };
    Program::new(digits.0.iter().map(read).collect::<Option<_>>()?).ok()
}

/// Asks unitward's filter and systemd's about all calls that matter.
#[must_use]
pub fn compare(policy: &Policy, systemd: &[Program]) -> Comparison {
    let Ok(unitward) = policy.compile() else {
        return Comparison::default();
    };
    let mut comparison = Comparison {
        instructions: unitward.as_ref().map_or(0, Program::len),
        ..Comparison::default()
    };
    let both: Vec<&Program> = systemd.iter().chain(unitward.as_ref()).collect();
    for arch in [Arch::X86_64, Arch::X86, Arch::Aarch64] {
        for number in numbers(&both) {
            let words = words(&both, arch.audit(), number);
            for args in arguments(&words) {
                let call = Call::new(arch, number, args);
                let answers = (evaluate(systemd, &call), evaluate(unitward.as_ref(), &call));
                comparison.calls += 1;
                if answers.0 != answers.1 && comparison.differences.len() < 10 {
                    comparison.differences.push(Difference {
                        call,
                        systemd: answers.0,
                        unitward: answers.1,
                    });
                }
            }
        }
    }
    comparison
}

/// Numbers to try: all that exist or may exist soon, and all around a number that some program compares with.
fn numbers(programs: &[&Program]) -> BTreeSet<u32> {
    const X32_BIT: u32 = 0x4000_0000;
    let mut numbers: BTreeSet<u32> = (0..=600)
        .chain((0..=600).map(|number| X32_BIT | number))
        .collect();
    let compared = programs.iter().flat_map(|program| program.instructions());
    let compared = compared
        .filter(|instruction| instruction.code & 7 == 5)
        .map(|instruction| instruction.k);
    for number in compared.chain([0, X32_BIT, 1 << 31, 0x000f_0000, u32::MAX]) {
        numbers.extend([number.wrapping_sub(1), number, number.wrapping_add(1)]);
    }
    numbers
}

/// For each word of arguments that some program looks at for this call: values at the boundaries of its tests.
fn words(programs: &[&Program], arch: u32, number: u32) -> Vec<(u32, BTreeSet<u32>)> {
    let mut words: Vec<(u32, BTreeSet<u32>)> = Vec::new();
    for program in programs {
        let code = program.instructions();
        // What is in the register: a known value, or a word under a mask.
        let mut states = vec![(0, Register::Known(0))];
        let mut seen = BTreeSet::new();
        while let Some((at, register)) = states.pop() {
            let Some(&Instruction { code, jt, jf, k }) = code.get(at) else {
                continue;
            };
            if !seen.insert((at, register)) {
                continue;
            }
            let next = at + 1;
            match (code, register) {
                (0x20, _) if k == 0 => states.push((next, Register::Known(number))),
                (0x20, _) if k == 4 => states.push((next, Register::Known(arch))),
                (0x20, _) => states.push((next, Register::Word(k, u32::MAX))),
                (0x54, Register::Known(value)) => states.push((next, Register::Known(value & k))),
                (0x54, Register::Word(word, mask)) => {
                    states.push((next, Register::Word(word, mask & k)))
                }
                (0x05, _) => states.push((next + k as usize, register)),
                (0x15 | 0x25 | 0x35 | 0x45, Register::Known(value)) => {
                    let holds = match code {
                        0x15 => value == k,
                        0x25 => value > k,
                        0x35 => value >= k,
                        _ => value & k != 0,
                    };
                    states.push((next + usize::from(if holds { jt } else { jf }), register));
                }
                (0x15 | 0x25 | 0x35 | 0x45, Register::Word(word, mask)) => {
                    let values = [
                        k.wrapping_sub(1),
                        k,
                        k.wrapping_add(1),
                        k | !mask,
                        !k,
                        !mask,
                        0,
                        u32::MAX,
                    ];
                    match words.iter_mut().find(|(known, _)| *known == word) {
                        Some((_, known)) => known.extend(values),
                        None => words.push((word, values.into())),
                    }
                    states.extend([jt, jf].map(|skip| (next + usize::from(skip), register)));
                }
                _ => {}
            }
        }
    }
    // The other half of each argument, even where nobody looks at it.
    let other_halves: Vec<u32> = words.iter().map(|(word, _)| word ^ 4).collect();
    for word in other_halves {
        if words.iter().all(|(known, _)| *known != word) {
            words.push((word, [0, 1, u32::MAX].into()));
        }
    }
    words
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Register {
    Known(u32),
    Word(u32, u32),
}

/// All combinations of values of words.
fn arguments(words: &[(u32, BTreeSet<u32>)]) -> Vec<[u64; 6]> {
    let mut all = vec![[0; 6]];
    for (word, values) in words {
        let shift = if word % 8 == 0 { 0 } else { 32 };
        let Some(place) = (word / 8)
            .checked_sub(2)
            .and_then(|place| usize::try_from(place).ok())
        else {
            continue;
        };
        let with = |args: &[u64; 6], value: u32| {
            let mut args = *args;
            if let Some(arg) = args.get_mut(place) {
                *arg |= u64::from(value) << shift;
            }
            args
        };
        all = all
            .iter()
            .flat_map(|args| values.iter().map(move |value| with(args, *value)))
            .collect();
    }
    all
}

/// Random lines of settings from which filters follow: one setting often, all of them sometimes.
#[must_use]
pub fn random(random: &mut Random, systemd: u16) -> Vec<String> {
    const SWITCHES: [&str; 11] = [
        "MemoryDenyWriteExecute",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "ProtectKernelTunables",
        "ProtectKernelModules",
        "ProtectKernelLogs",
        "ProtectClock",
        "PrivateDevices",
        "ProtectHostname",
        "LockPersonality",
        "DynamicUser",
    ];
    let likely = 1 + random.below(6);
    let mut lines: Vec<String> = Vec::new();
    for name in SWITCHES {
        if random.one_in(likely) {
            lines.push(format!("{name}=yes"));
        }
    }
    if random.one_in(4) {
        lines.push(format!(
            "Personality={}",
            random.pick(&["x86", "x86-64"]).unwrap_or(&"x86")
        ));
    }
    if random.one_in(likely) {
        lines.extend(families(random));
    }
    if random.one_in(likely) {
        lines.extend(namespaces(random));
    }
    if random.one_in(likely) {
        lines.push(format!(
            "SystemCallArchitectures={}",
            some(random, &["native", "x86-64", "x86", "x32", "arm64"], 3)
        ));
    }
    if random.one_in(likely) {
        let mark = random.pick(&["", "~"]).unwrap_or(&"");
        lines.push(format!("SystemCallLog={mark}{}", some(random, CALLS, 4)));
    }
    if lines.is_empty() || random.one_in(2) {
        lines.extend(calls(random, systemd));
    }
    lines
}

/// Calls and sets of which lists are made: those that other settings filter too, those that go through `socketcall` and
/// `ipc`, and sets. A list that refuses `execve` keeps the service from starting.
const CALLS: &[&str] = &[
    "@aio",
    "@basic-io",
    "@chown",
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@file-system",
    "@io-event",
    "@ipc",
    "@keyring",
    "@memlock",
    "@module",
    "@mount",
    "@network-io",
    "@obsolete",
    "@pkey",
    "@privileged",
    "@raw-io",
    "@reboot",
    "@resources",
    "@sandbox",
    "@setuid",
    "@signal",
    "@swap",
    "@sync",
    "@system-service",
    "@timer",
    "open",
    "openat",
    "openat2",
    "read",
    "write",
    "mmap",
    "mmap2",
    "mprotect",
    "socket",
    "socketcall",
    "bind",
    "accept",
    "accept4",
    "sendmmsg",
    "recv",
    "ipc",
    "shmat",
    "shmget",
    "semop",
    "semtimedop",
    "msgsnd",
    "clone",
    "clone3",
    "unshare",
    "setns",
    "chmod",
    "fchmodat2",
    "personality",
    "sched_setscheduler",
    "sched_setattr",
    "ioctl",
    "mount",
    "uretprobe",
    "fork",
    "arch_prctl",
    "modify_ldt",
    "syslog",
    "sethostname",
    "ioperm",
    "settimeofday",
    "_sysctl",
    "time",
    "s390_pci_mmio_read",
    "cacheflush",
];

fn some(random: &mut Random, from: &[&str], most: usize) -> String {
    let count = 1 + random.below(most);
    let picked: Vec<&str> = (0..count)
        .filter_map(|_| random.pick(from).copied())
        .collect();
    picked.join(" ")
}

fn families(random: &mut Random) -> Vec<String> {
    const FAMILIES: &[&str] = &[
        "AF_UNIX",
        "AF_INET",
        "AF_INET6",
        "AF_NETLINK",
        "AF_PACKET",
        "AF_VSOCK",
        "AF_ALG",
        "AF_MCTP",
        "AF_X25",
    ];
    match random.below(6) {
        0 => vec!["RestrictAddressFamilies=none".to_owned()],
        1 | 2 => vec![format!(
            "RestrictAddressFamilies=~{}",
            some(random, FAMILIES, 5)
        )],
        3 => vec![
            format!("RestrictAddressFamilies={}", some(random, FAMILIES, 6)),
            format!("RestrictAddressFamilies=~{}", some(random, FAMILIES, 2)),
        ],
        _ => vec![format!(
            "RestrictAddressFamilies={}",
            some(random, FAMILIES, 6)
        )],
    }
}

fn namespaces(random: &mut Random) -> Vec<String> {
    const KINDS: &[&str] = &["cgroup", "ipc", "net", "mnt", "pid", "user", "uts", "time"];
    match random.below(6) {
        0 | 1 => vec!["RestrictNamespaces=yes".to_owned()],
        2 => vec![format!("RestrictNamespaces=~{}", some(random, KINDS, 8))],
        3 => vec![
            format!("RestrictNamespaces={}", some(random, KINDS, 5)),
            format!("RestrictNamespaces=~{}", some(random, KINDS, 3)),
        ],
        4 => vec![
            "RestrictNamespaces=no".to_owned(),
            format!("RestrictNamespaces=~{}", some(random, KINDS, 3)),
            format!("RestrictNamespaces={}", some(random, KINDS, 1)),
        ],
        _ => vec![format!("RestrictNamespaces={}", some(random, KINDS, 5))],
    }
}

fn calls(random: &mut Random, systemd: u16) -> Vec<String> {
    let mut lines = Vec::new();
    if random.one_in(2) {
        let errors: &[&str] = &["EPERM", "ENOSYS", "EACCES", "kill", "4000"];
        lines.push(format!(
            "SystemCallErrorNumber={}",
            random.pick(errors).unwrap_or(&"EPERM")
        ));
    }
    // What systemd's own last steps need; 252 has them in the same process.
    let base = if systemd < 257 {
        "@system-service"
    } else {
        "@default @basic-io"
    };
    let allows = random.one_in(2);
    if allows {
        lines.push(format!(
            "SystemCallFilter={base} {}",
            some(random, CALLS, 8)
        ));
    }
    for _ in 0..1 + random.below(3) {
        let mut words: Vec<String> = Vec::new();
        for _ in 0..1 + random.below(4) {
            let call = random.pick(CALLS).copied().unwrap_or("mount");
            let answers: &[&str] = &[
                "", "", "", ":ENOENT", ":kill", ":0", ":EPERM", ":ENOSYS", ":77",
            ];
            let answer = random.pick(answers).copied().unwrap_or_default();
            // Without these the executor fails, and nothing can be read.
            if allows
                && (call.starts_with('@')
                    || ["read", "write", "mmap", "mprotect", "openat"].contains(&call))
            {
                continue;
            }
            words.push(format!("{call}{answer}"));
        }
        lines.push(format!("SystemCallFilter=~{}", words.join(" ")));
    }
    lines
}

/// What `filters/record.c` printed, with the settings of each unit. Units that did not start are left out.
///
/// # Errors
///
/// A line that is none of the recorder's, with its number.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = || format!("line {}: {line}", at + 1);
        match line.split_once(' ').ok_or_else(wrong)? {
            ("unit", name) => cases.push(Case {
                name: name.to_owned(),
                lines: Vec::new(),
                programs: Vec::new(),
            }),
            ("set", setting) => cases
                .last_mut()
                .ok_or_else(wrong)?
                .lines
                .push(setting.to_owned()),
            ("program", hex) => {
                let program = from_hex(hex).ok_or_else(wrong)?;
                cases.last_mut().ok_or_else(wrong)?.programs.push(program);
            }
            ("failed", _) => {}
            _ => return Err(wrong()),
        }
    }
    Ok(cases)
}
