//! Actions in words, for `--dry-run`, `--explain` and messages: each one reads on from "cannot …".

use std::ffi::CStr;
use std::fmt;

use unitward_catalog::Capabilities;

use super::{Action, FileMode, Given, Namespaces, StreamSource};

impl Action {
    /// A stable name of the kind of action, for programs that read plans.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ResetSignals { .. } => "reset-signals",
            Self::NewSession => "new-session",
            Self::JoinControlGroup(_) => "join-control-group",
            Self::Stream { .. } => "stream",
            Self::Terminal(_) => "terminal",
            Self::ControlTerminal => "control-terminal",
            Self::WriteProc { .. } => "write-proc",
            Self::Scheduler { .. } => "scheduler",
            Self::Nice(_) => "nice",
            Self::CpuAffinity(_) => "cpu-affinity",
            Self::MemoryPolicy { .. } => "memory-policy",
            Self::IoPriority { .. } => "io-priority",
            Self::TimerSlack(_) => "timer-slack",
            Self::Personality(_) => "personality",
            Self::MemoryKsm(_) => "memory-ksm",
            Self::MemoryThp { .. } => "memory-thp",
            Self::Umask(_) => "umask",
            Self::SessionKeyring { .. } => "session-keyring",
            Self::Limit { .. } => "limit",
            Self::Unshare(_) => "unshare",
            Self::EnterNamespace { .. } => "enter-namespace",
            Self::OpenNamespace { .. } => "open-namespace",
            Self::LoopbackUp => "loopback-up",
            Self::Mount(_) => "mount",
            Self::Landlock(_) => "landlock",
            Self::HostName(_) => "host-name",
            Self::Groups { .. } => "groups",
            Self::UserNamespace(_) => "user-namespace",
            Self::AwaitIdMaps(_) => "await-id-maps",
            Self::AwaitObserver(_) => "await-observer",
            Self::AttachProgram(_) => "attach-program",
            Self::KeepBoundingSet(_) => "keep-bounding-set",
            Self::Ambient { .. } => "ambient",
            Self::GainCapabilities(_) => "gain-capabilities",
            Self::DropCapabilities(_) => "drop-capabilities",
            Self::ChangeRoot(_) => "change-root",
            Self::KeepCapabilities => "keep-capabilities",
            Self::ChangeUser(_) => "change-user",
            Self::WorkingDirectory(_) => "working-directory",
            Self::ExecLabel { .. } => "exec-label",
            Self::SecureBits(_) => "secure-bits",
            Self::NoNewPrivileges => "no-new-privileges",
            Self::RefuseExecGain => "refuse-exec-gain",
            Self::Filter(_) => "filter",
            Self::DieWithParent => "die-with-parent",
            Self::Descriptors => "descriptors",
            Self::Execute => "execute",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResetSignals {
                ignore_sigpipe: true,
            } => f.write_str("set signals to their defaults, and ignore SIGPIPE"),
            Self::ResetSignals {
                ignore_sigpipe: false,
            } => f.write_str("set signals to their defaults"),
            Self::NewSession => f.write_str("begin a session"),
            Self::JoinControlGroup(path) => {
                write!(f, "move into the control group of {}", text(path))
            }
            Self::Stream { number, source } => {
                write!(f, "connect {} with {source}", stream_name(*number))
            }
            Self::ControlTerminal => f.write_str("make standard input the controlling terminal"),
            Self::Terminal(terminal) => {
                let stream = stream_name(terminal.number);
                write!(
                    f,
                    "connect {stream} with the terminal {}",
                    text(&terminal.path)
                )
            }
            Self::WriteProc { file, text: value } => {
                write!(f, "write {} to {}", text(value), text(file))
            }
            Self::Scheduler {
                policy, priority, ..
            } => {
                write!(
                    f,
                    "set the scheduling policy {policy} with priority {priority}"
                )
            }
            Self::Nice(level) => write!(f, "set the nice level {level}"),
            Self::CpuAffinity(set) => write!(f, "set the affinity to {} processors", set.count()),
            Self::MemoryPolicy { mode, .. } => write!(f, "set the memory policy {mode}"),
            Self::IoPriority { class, level } => {
                write!(
                    f,
                    "set the input and output priority to class {class}, level {level}"
                )
            }
            Self::TimerSlack(slack) => write!(f, "set the timer slack to {slack} ns"),
            Self::Personality(value) => write!(f, "set the personality {value:#x}"),
            Self::MemoryKsm(on) => write!(f, "switch the merging of equal pages {}", on_off(*on)),
            Self::MemoryThp { off, .. } => {
                write!(f, "switch transparent huge pages {}", on_off(!off))
            }
            Self::Umask(mask) => write!(f, "set the file mode creation mask {mask:04o}"),
            Self::SessionKeyring { .. } => f.write_str("make a session keyring"),
            Self::Limit {
                resource,
                soft,
                hard,
            } => {
                write!(
                    f,
                    "set the limit {resource:?} to {}:{}",
                    limit(*soft),
                    limit(*hard)
                )
            }
            Self::Unshare(kinds) => write!(f, "make a namespace of {kinds}"),
            Self::EnterNamespace { file, kind, .. } => {
                write!(f, "enter the namespace of {kind} of {}", text(file))
            }
            Self::OpenNamespace { file, .. } => write!(f, "open the namespace {}", text(file)),
            Self::LoopbackUp => f.write_str("switch the loopback interface on"),
            Self::Mount(action) => action.fmt(f),
            Self::Landlock(rules) => {
                let count = rules.allowed.len();
                write!(f, "restrict the use of files to {count} places by Landlock")
            }
            Self::HostName(name) => write!(f, "set the host name {}", text(name)),
            Self::Groups { gid, supplementary } => {
                write!(f, "set the group {gid}")?;
                match supplementary {
                    Some(groups) if !groups.is_empty() => write!(f, " and the groups {groups:?}"),
                    _ => Ok(()),
                }
            }
            Self::UserNamespace(maps) => {
                write!(
                    f,
                    "make a user namespace with the users {:?}",
                    maps.users.trim()
                )
            }
            Self::AwaitObserver(_) => f.write_str("wait for the observer"),
            Self::AwaitIdMaps(maps) => write!(f, "map the users {:?}", maps.users.trim()),
            Self::AttachProgram(program) => write!(f, "attach {program} to the control group"),
            Self::KeepBoundingSet(set) => write!(
                f,
                "drop all capabilities from the bounding set but {}",
                names(*set)
            ),
            Self::Ambient { set, inherit: true } => {
                write!(f, "make {} inheritable and ambient", names(*set))
            }
            Self::Ambient {
                set,
                inherit: false,
            } => write!(f, "raise {} in the ambient set", names(*set)),
            Self::GainCapabilities(set) => write!(f, "take {} up", names(*set)),
            Self::DropCapabilities(set) => write!(f, "give {} up", names(*set)),
            Self::ChangeRoot(path) => write!(f, "change the root directory to {}", text(path)),
            Self::KeepCapabilities => f.write_str("keep capabilities over the change of the user"),
            Self::ChangeUser(uid) => write!(f, "change to the user {uid}"),
            Self::WorkingDirectory(path) => {
                write!(f, "change the working directory to {}", text(path))
            }
            Self::ExecLabel { label, .. } => write!(f, "set the label {}", text(label)),
            Self::SecureBits(bits) => write!(f, "set the secure bits {bits:#x}"),
            Self::NoNewPrivileges => f.write_str("set no_new_privs"),
            Self::RefuseExecGain => f.write_str("refuse memory that becomes executable"),
            Self::Filter(filter) => {
                write!(
                    f,
                    "install a system call filter of {} instructions",
                    filter.0.len()
                )
            }
            Self::DieWithParent => f.write_str("be killed when unitward ends"),
            Self::Descriptors => f.write_str("close all descriptors that are not passed on"),
            Self::Execute => f.write_str("execute the program"),
        }
    }
}

impl fmt::Display for StreamSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inherit => f.write_str("unitward's own"),
            Self::Null => f.write_str("/dev/null"),
            Self::Given(given) => given.fmt(f),
            Self::Copy(number) => f.write_str(stream_name(*number)),
            Self::File { path, mode, .. } => {
                let how = match mode {
                    FileMode::Read => "reading",
                    FileMode::Write => "writing",
                    FileMode::Append => "appending",
                    FileMode::Truncate => "writing anew",
                    FileMode::ReadWrite => "reading and writing",
                };
                write!(f, "{} for {how}", text(path))
            }
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data => f.write_str("the unit's text"),
            Self::Journal => f.write_str("the journal"),
            Self::Socket => f.write_str("the socket"),
            Self::Named(name) => write!(f, "the descriptor {name}"),
            Self::PseudoTerminal => f.write_str("the pseudo-terminal"),
        }
    }
}

impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            (Self::MOUNT, "mounts"),
            (Self::NETWORK, "network"),
            (Self::IPC, "IPC"),
            (Self::UTS, "host names"),
            (Self::PID, "processes"),
            (Self::CGROUP, "control groups"),
            (Self::USER, "users"),
        ];
        let names: Vec<&str> = known
            .iter()
            .filter(|(kind, _)| self.contains(*kind))
            .map(|(_, name)| *name)
            .collect();
        f.write_str(&names.join(" and "))
    }
}

fn text(string: &CStr) -> std::borrow::Cow<'_, str> {
    string.to_string_lossy()
}

fn names(set: Capabilities) -> String {
    let names: Vec<&str> = set
        .iter()
        .filter_map(|capability| capability.name())
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" ")
    }
}

fn limit(value: u64) -> String {
    if value == u64::MAX {
        "infinity".to_owned()
    } else {
        value.to_string()
    }
}

const fn stream_name(number: u8) -> &'static str {
    match number {
        0 => "standard input",
        1 => "standard output",
        _ => "standard error",
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
