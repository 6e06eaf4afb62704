//! From a call to facts: at its beginning, while paths lead where they led, and at its end, when the result is known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd as _;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};
use unitward_seccomp::{Action, Arch, Call, Errno, Syscall};

use super::memory;
use super::resolve::{self, Found};
use super::thread::{Pending, PendingPath};
use crate::facts::{AddressKey, FailedCall, Kind, MemoryKey, MemoryWay, SocketKey, Use};
use crate::recorder::{Doing, Place, Recorder};
use crate::shape::{AddressUse, Detail, Follow, shape};
use crate::sys::Tid;

/// AT_SYMLINK_NOFOLLOW of linux/fcntl.h.
const NO_FOLLOW: u64 = 0x100;

/// Errors that say that something is not there, or is there already: no permission would change that.
const STATE: [&str; 8] = [
    "ENOENT",
    "EEXIST",
    "ENOTDIR",
    "EISDIR",
    "ENOTEMPTY",
    "ELOOP",
    "ENAMETOOLONG",
    "EINVAL",
];

/// Errors that ask to try again, or to wait.
const WAITING: [&str; 5] = ["EAGAIN", "EALREADY", "EINPROGRESS", "EINTR", "ETIMEDOUT"];

/// A call that begins.
pub(super) fn begin(tid: Tid, audit: u32, number: u64, arguments: [u64; 6]) -> Pending {
    let arch = architecture(audit, number);
    let call = arch.and_then(|arch| Syscall::by_number(arch, u32::try_from(number).ok()?));
    let name = call.map(Syscall::name);
    let shape = name.and_then(shape).unwrap_or_default();
    let mut pending = Pending {
        arch,
        name,
        number,
        arguments,
        shape,
        paths: Vec::new(),
    };
    for path in shape.paths {
        let Some(text) = memory::string(tid, argument(&arguments, path.path)) else {
            continue;
        };
        let follow = match path.follow {
            Follow::Yes => true,
            Follow::No => false,
            Follow::Unless(flags) => argument(&arguments, flags) & NO_FOLLOW == 0,
        };
        let directory = path.directory.map(|at| argument(&arguments, at));
        let Some(asked) = resolve::asked(tid, directory, &text, follow) else {
            continue;
        };
        let found = resolve::found(tid, &asked);
        let uses = uses(tid, &pending, path.usage, &found);
        pending.paths.push(PendingPath {
            asked: asked.path.to_string_lossy().into_owned(),
            found,
            uses,
        });
    }
    if let Some((at, usage)) = shape.descriptor
        && let Some(found) = resolve::of_descriptor(tid, argument(&arguments, at))
    {
        pending.paths.push(PendingPath {
            asked: found.path.clone(),
            found,
            uses: vec![usage],
        });
    }
    pending
}

/// A call that ends: its result, or the error number.
pub(super) fn end(
    tid: Tid,
    pending: Pending,
    result: Result<i64, i64>,
    program: &str,
    facts: &mut Recorder,
) {
    let name = pending.name_or_number();
    let error = result.err().map(error_name);
    let doing = Doing {
        tid,
        program,
        error: error.as_deref(),
    };
    let architecture = pending.arch.map_or("unknown", Arch::name);
    facts.call(architecture, &name, doing);
    let is_state = error.as_deref().is_some_and(|error| STATE.contains(&error));
    for path in &pending.paths {
        // The file that was opened may be another one than what was there before.
        let opened = match (pending.shape.detail, result) {
            (Detail::Open(_) | Detail::Open2(_) | Detail::Creat, Ok(number)) => {
                resolve::of_descriptor(tid, number.cast_unsigned())
            }
            _ => None,
        };
        let found = opened.as_ref().unwrap_or(&path.found);
        let place = Place {
            path: &found.path,
            asked: &path.asked,
            kind: found.kind,
        };
        let uses: &[Use] = if is_state { &[Use::Probe] } else { &path.uses };
        facts.path(place, uses, doing);
    }
    let address = detail(tid, &pending, result, doing, facts);
    if let Some(error) = &error
        && !WAITING.contains(&error.as_str())
    {
        facts.failure(failed(&pending, error, address), doing);
    }
}

/// A call that the unit's filter refuses; it is not made.
pub(super) fn refused(pending: &Pending, verdict: Action, doing: Doing<'_>, facts: &mut Recorder) {
    let error = match verdict {
        Action::Errno(number) => error_name(number.into()),
        Action::Log => "LOG".to_owned(),
        _ => "SIGSYS".to_owned(),
    };
    let failed = FailedCall {
        filtered: true,
        ..failed(pending, &error, None)
    };
    let doing = Doing {
        error: Some(&error),
        ..doing
    };
    facts.call(&failed.architecture, &failed.call, doing);
    facts.failure(failed, doing);
}

fn failed(pending: &Pending, error: &str, address: Option<AddressKey>) -> FailedCall {
    FailedCall {
        first: 0,
        last: 0,
        count: 1,
        pid: 0,
        program: String::new(),
        architecture: pending.arch.map_or("unknown", Arch::name).to_owned(),
        call: pending.name_or_number(),
        arguments: pending.arguments,
        error: error.to_owned(),
        filtered: false,
        path: pending.paths.first().map(|path| path.asked.clone()),
        address,
    }
}

/// The call as a filter sees it.
pub(super) fn data(audit: u32, number: u64, arguments: [u64; 6]) -> Call {
    Call {
        number: number as u32,
        arch: audit,
        instruction_pointer: 0,
        args: arguments,
    }
}

/// The name of an error number.
fn error_name(number: i64) -> String {
    let number = u16::try_from(number).unwrap_or(0);
    Errno::name(number, u16::MAX).map_or_else(|| number.to_string(), str::to_owned)
}

/// The architecture of a call; on x86-64 the number tells x32.
fn architecture(audit: u32, number: u64) -> Option<Arch> {
    const X32_BIT: u64 = 0x4000_0000;
    if audit == Arch::X86_64.audit() && number & X32_BIT != 0 {
        return Some(Arch::X32);
    }
    Arch::NATIVE
        .local()
        .iter()
        .copied()
        .find(|arch| arch.audit() == audit && *arch != Arch::X32)
}

fn argument(arguments: &[u64; 6], at: u8) -> u64 {
    arguments.get(usize::from(at)).copied().unwrap_or_default()
}

/// What a call does to a path, by its flags where it has some.
fn uses(tid: Tid, pending: &Pending, usage: Use, found: &Found) -> Vec<Use> {
    let flags = match pending.shape.detail {
        Detail::Open(at) => argument(&pending.arguments, at),
        Detail::Open2(at) => memory::word(tid, argument(&pending.arguments, at)).unwrap_or(0),
        Detail::Creat => {
            let known = found.kind.is_some();
            return if known {
                vec![Use::Write, Use::Size]
            } else {
                vec![Use::Create, Use::Write]
            };
        }
        _ if usage == Use::Rename && found.kind.is_none() => return vec![Use::Create],
        _ => return vec![usage],
    };
    let flag = |bit: i32| flags & u64::from(bit.cast_unsigned()) == u64::from(bit.cast_unsigned());
    if flag(libc::O_PATH) {
        return vec![Use::Probe];
    }
    let mut uses = match flags & 3 {
        1 => vec![Use::Write],
        2 | 3 => vec![Use::Read, Use::Write],
        _ => vec![Use::Read],
    };
    if flag(libc::O_TMPFILE) || flag(libc::O_CREAT) && found.kind.is_none() {
        uses.push(Use::Create);
    }
    if flag(libc::O_TRUNC) {
        uses.push(Use::Size);
    }
    uses
}

fn detail(
    tid: Tid,
    pending: &Pending,
    result: Result<i64, i64>,
    doing: Doing<'_>,
    facts: &mut Recorder,
) -> Option<AddressKey> {
    let arguments = &pending.arguments;
    let name = pending.name.unwrap_or_default();
    match pending.shape.detail {
        Detail::Socket => {
            /// SOCK_TYPE_MASK of linux/net.h.
            const TYPE: u64 = 0xf;
            let [family, kind, protocol, ..] = *arguments;
            let number =
                |value: u64| u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX);
            let key = SocketKey {
                family: number(family),
                kind: number(kind & TYPE),
                protocol: number(protocol),
            };
            facts.socket(key, doing);
        }
        Detail::Address(way) => {
            let [socket, pointer, length, ..] = *arguments;
            let (action, usage) = match way {
                AddressUse::Bind => ("bind", Use::Bind),
                AddressUse::Connect => ("connect", Use::Connect),
            };
            return address(
                tid,
                socket,
                (pointer, length),
                (action, usage),
                doing,
                facts,
            );
        }
        Detail::SendTo => {
            let [socket, _, _, _, pointer, length] = *arguments;
            if pointer != 0 {
                return address(
                    tid,
                    socket,
                    (pointer, length),
                    ("send", Use::Connect),
                    doing,
                    facts,
                );
            }
        }
        Detail::NamespaceFlags(at) => namespaces(argument(arguments, at), doing, facts),
        Detail::Clone3 => {
            let flags = memory::word(tid, argument(arguments, 0)).unwrap_or(0);
            namespaces(flags, doing, facts);
        }
        Detail::EnterNamespace => {
            let kind = argument(arguments, 1);
            if kind == 0 {
                facts.namespace("any", doing);
            }
            namespaces(kind, doing, facts);
        }
        Detail::Map => map(tid, arguments, result, doing, facts),
        Detail::Protect => {
            let key = MemoryKey {
                way: MemoryWay::MadeExecutable,
                file: String::new(),
            };
            facts.memory(key, doing);
        }
        Detail::SharedMemory => {
            const SHM_EXEC: u64 = 0o100_000;
            if argument(arguments, 2) & SHM_EXEC != 0 {
                let key = MemoryKey {
                    way: MemoryWay::SharedExecutable,
                    file: String::new(),
                };
                facts.memory(key, doing);
            }
        }
        Detail::Argument(at) => facts.argument(name, argument(arguments, at), doing),
        Detail::ModeBits(at) => {
            const SET_ID: u64 = 0o6000;
            let bits = argument(arguments, at) & SET_ID;
            if bits != 0 {
                facts.argument(name, bits, doing);
            }
        }
        Detail::Ring => facts.gap("io_uring was used: what it did is not seen by a tracer"),
        Detail::None | Detail::Open(_) | Detail::Open2(_) | Detail::Creat | Detail::Execute => {}
    }
    None
}

fn map(
    tid: Tid,
    arguments: &[u64; 6],
    result: Result<i64, i64>,
    doing: Doing<'_>,
    facts: &mut Recorder,
) {
    const WRITE: u64 = 2;
    const EXECUTE: u64 = 4;
    const ANONYMOUS: u64 = 0x20;
    let [_, _, protection, flags, descriptor, _] = *arguments;
    if protection & EXECUTE == 0 {
        return;
    }
    let file = if flags & ANONYMOUS == 0 {
        resolve::of_descriptor(tid, descriptor)
    } else {
        None
    };
    if let Some(file) = &file {
        let place = Place {
            path: &file.path,
            asked: &file.path,
            kind: file.kind,
        };
        facts.path(place, &[Use::MapExecutable], doing);
    }
    if protection & WRITE != 0 || file.is_none() && result.is_ok() {
        let file = file.map_or_else(String::new, |file| file.path);
        let way = if protection & WRITE != 0 {
            MemoryWay::WritableAndExecutable
        } else {
            MemoryWay::MadeExecutable
        };
        facts.memory(MemoryKey { way, file }, doing);
    }
}

/// Kinds of namespaces and their flags (linux/sched.h).
const NAMESPACES: [(&str, u64); 8] = [
    ("time", 0x0000_0080),
    ("mnt", 0x0002_0000),
    ("cgroup", 0x0200_0000),
    ("uts", 0x0400_0000),
    ("ipc", 0x0800_0000),
    ("user", 0x1000_0000),
    ("pid", 0x2000_0000),
    ("net", 0x4000_0000),
];

fn namespaces(flags: u64, doing: Doing<'_>, facts: &mut Recorder) {
    for (kind, flag) in NAMESPACES {
        if flags & flag != 0 {
            facts.namespace(kind, doing);
        }
    }
}

fn address(
    tid: Tid,
    socket: u64,
    (pointer, length): (u64, u64),
    (action, usage): (&str, Use),
    doing: Doing<'_>,
    facts: &mut Recorder,
) -> Option<AddressKey> {
    /// The size of struct sockaddr_storage.
    const LONGEST: u64 = 128;
    let length = usize::try_from(length.min(LONGEST)).unwrap_or(0);
    let Ok(bytes) = memory::bytes(tid, pointer, length) else {
        return None;
    };
    let (family, rest) = bytes.split_first_chunk::<2>()?;
    let (protocol, address) = match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_UNIX => {
            let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            if name.is_empty() {
                let name = rest.get(1..).unwrap_or_default();
                (
                    "unix".to_owned(),
                    format!("@{}", String::from_utf8_lossy(name).trim_end_matches('\0')),
                )
            } else {
                let asked = resolve::asked(tid, None, name, true)?;
                let found = resolve::found(tid, &asked);
                let asked = asked.path.to_string_lossy();
                let place = Place {
                    path: &found.path,
                    asked: &asked,
                    kind: found.kind.or(Some(Kind::Socket)),
                };
                facts.path(place, &[usage], doing);
                return None;
            }
        }
        libc::AF_INET | libc::AF_INET6 => match internet(rest) {
            Some(address) => (protocol(tid, socket), address.to_string()),
            None => return None,
        },
        family => (format!("family {family}"), String::new()),
    };
    let key = AddressKey {
        action: action.to_owned(),
        protocol,
        address,
    };
    facts.address(key.clone(), doing);
    Some(key)
}

/// An address of the internet, behind its family.
fn internet(rest: &[u8]) -> Option<SocketAddr> {
    let (port, rest) = rest.split_first_chunk::<2>()?;
    let address = if rest.len() >= 22 {
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (address, _) = rest.split_first_chunk::<16>()?;
        IpAddr::from(Ipv6Addr::from(*address))
    } else {
        let (address, _) = rest.split_first_chunk::<4>()?;
        IpAddr::from(Ipv4Addr::from(*address))
    };
    Some(SocketAddr::new(address, u16::from_be_bytes(*port)))
}

/// The protocol of a socket of the tracee.
fn protocol(tid: Tid, socket: u64) -> String {
    let kind = || {
        let process = Pid::from_raw(resolve::process_of(tid)?)?;
        let pidfd = rustix::process::pidfd_open(process, PidfdFlags::empty()).ok()?;
        let number = socket as u32 as i32;
        let fd =
            rustix::process::pidfd_getfd(pidfd.as_fd(), number, PidfdGetfdFlags::empty()).ok()?;
        rustix::net::sockopt::socket_type(&fd).ok()
    };
    match kind() {
        Some(rustix::net::SocketType::STREAM) => "tcp".to_owned(),
        Some(rustix::net::SocketType::DGRAM) => "udp".to_owned(),
        Some(kind) => format!("type {}", kind.as_raw()),
        None => "unknown".to_owned(),
    }
}
