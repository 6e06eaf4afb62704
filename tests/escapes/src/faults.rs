//! System calls of the launcher's children made to fail, one after the other.
//!
//! `inject` counts the calls that the children of `unitward run` make before they execute the program, or those of
//! `unitward run` itself, and lets one of them fail. Afterwards the machine must be as before, and either the program found the very sandbox that it finds
//! without the fault, or it did not start, with an exit status of systemd's and a message.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use unitward_seccomp::{Arch, Syscall};

use crate::host::Host;

/// Whose calls are made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those of the processes that become the program.
    Children,
    /// Those of unitward, from the first with which it changes anything until it waits for the program.
    Launcher,
}

/// Settings under which every call is made to fail.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// A name for the test.
    pub name: &'static str,
    /// Whose calls.
    pub side: Side,
    /// The settings.
    pub settings: &'static [&'static str],
}

/// One call that fails, and what must come of it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The setting; its directive must be in the message.
    pub setting: &'static str,
    /// The system call.
    pub call: &'static str,
    /// The first or second argument that tells the call from others of its name.
    pub argument: Argument,
    /// The exit status, by systemd.exec(5).
    pub exit: i32,
}

/// Which of several calls of one name is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// The first.
    Any,
    /// The last.
    Last,
    /// The one with this first argument.
    First(u64),
    /// The one whose first argument has this bit.
    Flag(u64),
    /// The one with this second argument.
    Second(u64),
}

/// A call of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its place among the calls of the children.
    pub index: u32,
    /// Its number on this architecture.
    pub number: u32,
    /// How many calls of this number came before it. A second run is not the same to the call, but nearly so.
    pub nth: u32,
    /// Its name; the number when it has none.
    pub name: String,
    /// Its first arguments.
    pub arguments: [u64; 3],
}

/// What came of a fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The call that failed; none when the case found none.
    pub call: Option<Call>,
    /// The error number that it failed with.
    pub errno: i32,
    /// The launcher's exit status.
    pub exit: i32,
    /// What it wrote to standard error.
    pub messages: String,
    /// Whether the program ran.
    pub ran: bool,
    /// How the program's sandbox differs from the one without the fault.
    pub weaker: Vec<String>,
    /// What is other on the machine than before.
    pub changes: Vec<String>,
}

/// What the children do without any fault.
struct Baseline {
    side: Side,
    calls: Vec<Call>,
    sandbox: Vec<String>,
    host: Host,
}

const PROBE: &str = "/srv/escape";
/// The exit status of `inject` when the launcher does not end.
const LATE: i32 = 124;
/// With one of these unitward begins to change something.
const CHANGES: &[&str] = &["mkdir", "mkdirat", "socketpair", "clone3", "unshare"];
/// With one of these unitward waits for the program.
const WAITS: &[&str] = &["epoll_wait", "poll", "ppoll", "wait4", "waitid"];
/// Calls that the kernel never fails when they are used rightly.
const NEVER: &[&str] = &[
    "close",
    "exit_group",
    "futex",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "munmap",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sysinfo",
    "umask",
    "uname",
];
/// Calls of the launcher that no program can do without.
const HOPELESS: &[&str] = &[
    "brk",
    "kill",
    "mmap",
    "mprotect",
    "mremap",
    "pidfd_send_signal",
    "rmdir",
    "sigaltstack",
    "rt_sigaction",
    "unlink",
    "unlinkat",
    "umount2",
];
const LOG: &str = "/srv/calls";

impl Sweep {
    /// Makes every call fail with each of the error numbers. To be called in a world, with `inject` and `unitward` kept.
    ///
    /// # Errors
    /// The programs could not be started.
    pub fn run(&self, launcher: &str, errnos: &[i32]) -> io::Result<Vec<Outcome>> {
        let mut baseline = Baseline::of(launcher, self.settings, self.side)?;
        let calls: Vec<Call> = baseline.worth_failing().cloned().collect();
        let mut outcomes = Vec::new();
        for call in &calls {
            for &errno in errnos {
                outcomes.push(baseline.fail(launcher, self.settings, call, errno)?);
            }
        }
        Ok(outcomes)
    }
}

impl Case {
    /// Makes the call fail. To be called in a world, with `inject` and `unitward` kept.
    ///
    /// # Errors
    /// The programs could not be started.
    pub fn run(&self, launcher: &str, errno: i32) -> io::Result<Outcome> {
        let settings = [self.setting];
        let mut baseline = Baseline::of(launcher, &settings, Side::Children)?;
        let calls = baseline.calls.clone();
        let mut calls = calls.iter().filter(|call| self.means(call));
        let call = match self.argument {
            Argument::Last => calls.next_back(),
            _ => calls.next(),
        };
        match call {
            Some(call) => baseline.fail(launcher, &settings, call, errno),
            None => Ok(Outcome {
                call: None,
                errno,
                exit: 0,
                messages: String::new(),
                ran: false,
                weaker: Vec::new(),
                changes: Vec::new(),
            }),
        }
    }

    fn means(&self, call: &Call) -> bool {
        let [first, second, _] = call.arguments;
        call.name == self.call
            && match self.argument {
                Argument::Any | Argument::Last => true,
                Argument::First(value) => first == value,
                Argument::Flag(bit) => first & bit != 0,
                Argument::Second(value) => second == value,
            }
    }
}

impl Baseline {
    fn of(launcher: &str, settings: &[&str], side: Side) -> io::Result<Self> {
        let host = Host::look();
        let output = launch(launcher, settings, side, None)?;
        if output.stdout.is_empty() {
            let messages = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(messages));
        }
        let calls = fs::read_to_string(LOG)?;
        fs::remove_file(LOG)?;
        Ok(Self {
            side,
            calls: read_calls(&calls),
            sandbox: lines(&output.stdout)
                .iter()
                .map(|line| without_group(line))
                .collect(),
            host,
        })
    }

    /// All but those that cannot fail, and of many alike the first two and the last.
    fn worth_failing(&self) -> impl Iterator<Item = &Call> {
        let alike = |call: &Call, other: &Call| {
            let same = call.arguments.first() == other.arguments.first();
            call.name == other.name && (same || call.name == "rt_sigaction")
        };
        let skipped = match self.side {
            Side::Children => 0,
            Side::Launcher => {
                let changes = |call: &Call| CHANGES.contains(&call.name.as_str());
                self.calls
                    .iter()
                    .position(changes)
                    .unwrap_or(self.calls.len())
            }
        };
        let waits =
            |call: &Call| self.side == Side::Launcher && WAITS.contains(&call.name.as_str());
        let calls = self.calls.iter().enumerate().skip(skipped);
        let calls = calls.take_while(move |(_, call)| !waits(call));
        calls.filter_map(move |(at, call)| {
            let before = self.calls.iter().take(at).skip(skipped);
            let before = before.filter(|other| alike(call, other));
            let last = !self
                .calls
                .iter()
                .skip(at + 1)
                .any(|other| alike(call, other));
            (self.can_fail(call) && (before.count() < 2 || last)).then_some(call)
        })
    }

    fn can_fail(&self, call: &Call) -> bool {
        let name = call.name.as_str();
        let reads_limit = name == "prlimit64" && call.arguments.last() == Some(&0);
        let never = NEVER.contains(&name);
        // A fault in cleaning up leaves what it was to clean up; memory that is refused ends any program.
        let hopeless = self.side == Side::Launcher && HOPELESS.contains(&name);
        !(reads_limit || never || hopeless)
    }

    fn fail(
        &mut self,
        launcher: &str,
        settings: &[&str],
        call: &Call,
        errno: i32,
    ) -> io::Result<Outcome> {
        let output = launch(launcher, settings, self.side, Some((call, errno)))?;
        let _ = fs::remove_file(LOG);
        let sandbox = lines(&output.stdout);
        let sandbox: Vec<String> = sandbox.iter().map(|line| without_group(line)).collect();
        let ran = sandbox.iter().any(|line| line.starts_with("namespace "));
        let weaker = if ran {
            differences(&self.sandbox, &sandbox)
        } else {
            Vec::new()
        };
        let mut changes = self.host.changes();
        if !changes.is_empty() {
            self.host = Host::look();
        }
        changes.retain(|change| !LASTING.iter().any(|path| change.contains(path)));
        Ok(Outcome {
            call: Some(call.clone()),
            errno,
            exit: output.status.code().unwrap_or(-1),
            messages: String::from_utf8_lossy(&output.stderr).into_owned(),
            ran,
            weaker,
            changes,
        })
    }
}

/// Directories that a service keeps from run to run, whether it came to run or not (systemd.exec(5)).
const LASTING: [&str; 3] = ["/var/cache/probe", "/var/lib/probe", "/var/log/probe"];

/// A line about the sandbox without the name of the unit's control group, which no two runs share.
fn without_group(line: &str) -> String {
    let parts = line.split('/').map(|part| match part {
        part if part.starts_with("unitward-") && part.contains(".service") => "group",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

impl Outcome {
    /// What is wrong with it; a fault must leave nothing behind, weaken nothing silently, and say what it was.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        if self.exit == LATE {
            return Some("it never ended".to_owned());
        }
        if !self.changes.is_empty() {
            return Some(format!("left behind: {}", self.changes.join("; ")));
        }
        if self.ran && !self.weaker.is_empty() && !self.says_errno() {
            return Some(format!(
                "the program ran in another sandbox: {}",
                self.weaker.join("; ")
            ));
        }
        if !self.ran && !(200..=255).contains(&self.exit) {
            return Some(format!("exit status {}: {}", self.exit, self.messages));
        }
        if !self.ran && !self.says_errno() {
            return Some(format!("no reason given: {:?}", self.messages));
        }
        None
    }

    /// Whether the messages hold the kernel's text for the error number.
    #[must_use]
    pub fn says_errno(&self) -> bool {
        let text = io::Error::from_raw_os_error(self.errno).to_string();
        let text = text
            .split(" (os error")
            .next()
            .unwrap_or(&text)
            .to_lowercase();
        self.messages.to_lowercase().contains(&text)
    }
}

fn launch(
    launcher: &str,
    settings: &[&str],
    side: Side,
    fault: Option<(&Call, i32)>,
) -> io::Result<std::process::Output> {
    let namespaces = Command::new(PROBE).arg("namespaces").output()?.stdout;
    let mut command = Command::new("/srv/inject");
    let side = match side {
        Side::Children => "children",
        Side::Launcher => "launcher",
    };
    command.args([LOG, side]);
    if let Some((call, errno)) = fault {
        command.args([
            call.number.to_string(),
            call.nth.to_string(),
            errno.to_string(),
        ]);
    }
    command.args([launcher, "run", "--systemd", "262"]);
    for setting in settings {
        command.args(["-p", setting]);
    }
    let namespaces = String::from_utf8_lossy(&namespaces);
    command.args(["--", PROBE, "probe", namespaces.trim_end()]);
    command
        .current_dir(Path::new("/"))
        .stdin(Stdio::null())
        .output()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(str::to_owned)
        .collect()
}

fn differences(expected: &[String], found: &[String]) -> Vec<String> {
    let missing = expected.iter().filter(|line| !found.contains(line));
    let more = found.iter().filter(|line| !expected.contains(line));
    missing
        .map(|line| format!("- {line}"))
        .chain(more.map(|line| format!("+ {line}")))
        .collect()
}

/// The calls in the file that `inject` writes.
fn read_calls(log: &str) -> Vec<Call> {
    let mut before: HashMap<u32, u32> = HashMap::new();
    let mut counted = |mut call: Call| {
        let count = before.entry(call.number).or_default();
        call.nth = *count;
        *count += 1;
        call
    };
    log.lines().filter_map(call).map(&mut counted).collect()
}

/// One line of the file that `inject` writes.
fn call(line: &str) -> Option<Call> {
    let mut numbers = line.split(' ').map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let index = u32::try_from(next()?).ok()?;
    let number = u32::try_from(next()?).ok()?;
    let arguments = [next()?, next()?, next()?];
    let name = Syscall::by_number(Arch::X86_64, number)
        .map_or_else(|| number.to_string(), |call| call.name().to_owned());
    Some(Call {
        index,
        number,
        nth: 0,
        name,
        arguments,
    })
}

const NEWNS: u64 = 0x0002_0000;
const NEWUTS: u64 = 0x0400_0000;
const NEWIPC: u64 = 0x0800_0000;
const NEWUSER: u64 = 0x1000_0000;
const NEWNET: u64 = 0x4000_0000;

/// prctl(2)'s numbers.
const CAPBSET_DROP: u64 = 24;
const SET_SECUREBITS: u64 = 28;
const SET_TIMERSLACK: u64 = 29;
const SET_NO_NEW_PRIVS: u64 = 38;
const CAP_AMBIENT: u64 = 47;

/// The steps with an exit status of their own.
pub const CASES: &[Case] = &[
    case("WorkingDirectory=/srv/open", "chdir", Argument::Last, 200),
    case("Nice=5", "setpriority", Argument::Any, 201),
    case("UMask=0022", "execve", Argument::Any, 203),
    case("UMask=0022", "setsid", Argument::Any, 220),
    case("LimitNOFILE=500", "prlimit64", Argument::Second(7), 205),
    case(
        "StandardInput=file:/srv/hidden/secret",
        "openat",
        Argument::Any,
        208,
    ),
    case("IOSchedulingClass=idle", "ioprio_set", Argument::Any, 211),
    case(
        "TimerSlackNSec=60000",
        "prctl",
        Argument::First(SET_TIMERSLACK),
        212,
    ),
    case(
        "SecureBits=noroot-locked",
        "prctl",
        Argument::First(SET_SECUREBITS),
        213,
    ),
    case(
        "CPUSchedulingPolicy=batch",
        "sched_setscheduler",
        Argument::Any,
        214,
    ),
    case("CPUAffinity=0", "sched_setaffinity", Argument::Any, 215),
    case("Group=nogroup", "setresgid", Argument::Any, 216),
    case(
        "SupplementaryGroups=daemon",
        "setgroups",
        Argument::Any,
        216,
    ),
    case("User=nobody", "setresuid", Argument::Any, 217),
    case("PrivateUsers=yes", "unshare", Argument::Flag(NEWUSER), 217),
    case(
        "CapabilityBoundingSet=CAP_CHOWN",
        "prctl",
        Argument::First(CAPBSET_DROP),
        218,
    ),
    case(
        "AmbientCapabilities=CAP_CHOWN",
        "prctl",
        Argument::First(CAP_AMBIENT),
        218,
    ),
    case("PrivateNetwork=yes", "unshare", Argument::Flag(NEWNET), 225),
    case("PrivateIPC=yes", "unshare", Argument::Flag(NEWIPC), 226),
    case(
        "ProtectHostname=yes",
        "unshare",
        Argument::Flag(NEWUTS),
        226,
    ),
    case("PrivateMounts=yes", "unshare", Argument::Flag(NEWNS), 226),
    case(
        "ProtectSystem=strict",
        "unshare",
        Argument::Flag(NEWNS),
        226,
    ),
    case(
        "ReadOnlyPaths=/srv/open",
        "mount_setattr",
        Argument::Any,
        226,
    ),
    case(
        "BindPaths=/srv/hidden:/srv/open",
        "move_mount",
        Argument::Any,
        226,
    ),
    case(
        "NoNewPrivileges=yes",
        "prctl",
        Argument::First(SET_NO_NEW_PRIVS),
        227,
    ),
    case("SystemCallFilter=~mkdir", "seccomp", Argument::Any, 228),
    case("LockPersonality=yes", "seccomp", Argument::Any, 228),
    case("RestrictNamespaces=yes", "seccomp", Argument::Any, 228),
    case(
        "RestrictAddressFamilies=AF_UNIX",
        "seccomp",
        Argument::Any,
        232,
    ),
    case("Personality=x86", "personality", Argument::Any, 230),
    case("KeyringMode=private", "keyctl", Argument::Any, 237),
    case("NUMAPolicy=default", "set_mempolicy", Argument::Any, 242),
    case("MemoryKSM=yes", "prctl", Argument::First(67), 245),
];

const fn case(setting: &'static str, call: &'static str, argument: Argument, exit: i32) -> Case {
    Case {
        setting,
        call,
        argument,
        exit,
    }
}

/// Sandboxes of which every call is made to fail.
pub const SWEEPS: &[Sweep] = &[
    Sweep {
        name: "plain",
        side: Side::Children,
        settings: &["UMask=0027"],
    },
    Sweep {
        name: "process",
        side: Side::Children,
        settings: &[
            "User=nobody",
            "SupplementaryGroups=daemon",
            "Nice=19",
            "IOSchedulingClass=idle",
            "CPUSchedulingPolicy=batch",
            "CPUAffinity=0",
            "TimerSlackNSec=60000",
            "OOMScoreAdjust=100",
            "CoredumpFilter=private-anonymous",
            "LimitNOFILE=500",
            "LimitCORE=0",
            "AmbientCapabilities=CAP_NET_BIND_SERVICE",
            "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN",
            "SecureBits=no-setuid-fixup-locked",
            "NoNewPrivileges=yes",
            "WorkingDirectory=/srv/open",
        ],
    },
    Sweep {
        name: "namespaces",
        side: Side::Children,
        settings: &[
            "PrivateNetwork=yes",
            "PrivateIPC=yes",
            "PrivateUsers=yes",
            "ProtectHostname=yes",
            "PrivateMounts=yes",
        ],
    },
    Sweep {
        name: "mounts",
        side: Side::Children,
        settings: &[
            "ProtectSystem=strict",
            "ProtectHome=yes",
            "PrivateTmp=yes",
            "PrivateDevices=yes",
            "ProtectKernelTunables=yes",
            "ProtectKernelLogs=yes",
            "ProtectControlGroups=yes",
            "ProtectProc=invisible",
            "ReadWritePaths=/srv/open",
            "InaccessiblePaths=/srv/hidden",
            "BindReadOnlyPaths=/srv/root:/srv/open",
            "TemporaryFileSystem=/srv/work",
        ],
    },
    Sweep {
        name: "directories",
        side: Side::Children,
        settings: &[
            "User=nobody",
            "RuntimeDirectory=probe",
            "StateDirectory=probe",
            "CacheDirectory=probe",
            "LogsDirectory=probe",
        ],
    },
    Sweep {
        name: "pids",
        side: Side::Children,
        settings: &["PrivatePIDs=yes", "PrivateTmp=yes"],
    },
    Sweep {
        name: "filters",
        side: Side::Children,
        settings: &[
            "SystemCallFilter=@system-service",
            "SystemCallArchitectures=native",
            "RestrictNamespaces=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET",
            "MemoryDenyWriteExecute=yes",
            "LockPersonality=yes",
            "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes",
        ],
    },
    Sweep {
        name: "launcher",
        side: Side::Launcher,
        settings: &[
            "User=nobody",
            "PrivateUsers=yes",
            "PrivateTmp=yes",
            "RuntimeDirectory=probe",
            "StateDirectory=probe",
            "DevicePolicy=closed",
            "TasksMax=100",
        ],
    },
];
