//! What the child does between fork and exec. Nothing here allocates, locks or logs: it runs in a copy of a process
//! whose other threads are gone.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, IntoRawFd as _, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Gid, Resource, Rlimit, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};
use unitward_catalog::{Capabilities, Capability};

use super::prepared::Prepared;
use super::{mounts, terminal};
use crate::failure::{Record, RecordKind};
use crate::plan::{
    Action, FileMode, LandlockRules, Namespaces, PassedDescriptor, Step, StreamSource,
};
use crate::sys::{self, Keyring};

/// Takes the steps one after the other and becomes the program. It does not return: a step that fails ends the process
/// with its exit status, after one record.
pub(crate) fn run(steps: &[Step], prepared: &Prepared, channel: BorrowedFd<'_>) -> ! {
    for (at, step) in steps.iter().enumerate() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let Err(errno) = take(&step.action, at, prepared, channel) else {
            continue;
        };
        let tolerated = step.tolerance.covers(errno);
        let kind = if tolerated {
            RecordKind::Tolerated
        } else {
            RecordKind::Failed
        };
        // There is nobody else to tell when this fails.
        let _ = send(
            channel,
            Record {
                kind,
                step: at,
                errno: errno.raw_os_error(),
            },
        );
        if !tolerated {
            sys::exit_now(step.exit.0);
        }
    }
    sys::exit_now(crate::Exit::EXCEPTION.0)
}

fn send(channel: BorrowedFd<'_>, record: Record) -> Result<(), Errno> {
    rustix::io::write(channel, &record.bytes()).map(drop)
}

fn take(
    action: &Action,
    at: u32,
    prepared: &Prepared,
    channel: BorrowedFd<'_>,
) -> Result<(), Errno> {
    match action {
        Action::ResetSignals { ignore_sigpipe } => sys::reset_signals(*ignore_sigpipe),
        Action::NewSession => rustix::process::setsid().map(drop),
        Action::JoinControlGroup(file) => write_file(file, b"0\n"),
        Action::Stream { number, source } => stream(*number, source, prepared),
        Action::Terminal(terminal) => terminal::take(terminal),
        Action::ControlTerminal => sys::make_controlling(sys::borrow(0).ok_or(Errno::BADF)?, false),
        Action::WriteProc { file, text } => write_file(file, text.to_bytes()),
        Action::Scheduler {
            policy,
            priority,
            reset_on_fork,
        } => sys::set_scheduler(*policy, *priority, *reset_on_fork),
        Action::Nice(level) => nice(*level),
        Action::CpuAffinity(set) => rustix::thread::sched_setaffinity(None, set),
        Action::MemoryPolicy { mode, nodes } => sys::set_memory_policy(*mode, nodes),
        Action::IoPriority { class, level } => sys::set_io_priority(*class, *level),
        Action::TimerSlack(slack) => {
            rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(*slack))
        }
        Action::Personality(value) => sys::set_personality(*value),
        Action::MemoryKsm(on) => sys::set_memory_ksm(*on),
        Action::MemoryThp { off, flags } => sys::set_memory_thp(*off, *flags),
        Action::Umask(mask) => {
            rustix::process::umask(Mode::from_raw_mode((*mask).into()));
            Ok(())
        }
        Action::SessionKeyring { link_user, owner } => {
            session_keyring(*link_user, *owner, &prepared.invocation)
        }
        Action::Limit {
            resource,
            soft,
            hard,
        } => limit(*resource, *soft, *hard),
        Action::Unshare(kinds) => unshare(*kinds),
        Action::OpenNamespace { file, slot } => {
            let fd = rustix::fs::openat(
                CWD,
                file.as_c_str(),
                OFlags::RDONLY | OFlags::CLOEXEC,
                Mode::empty(),
            )?;
            keep(prepared, *slot, fd);
            Ok(())
        }
        Action::EnterNamespace { slot, kind, .. } => {
            let fd = kept(prepared, *slot)?;
            sys::enter_namespace(fd, kind.0)
        }
        Action::LoopbackUp => sys::loopback_up(),
        Action::Mount(action) => mounts::take(action, prepared),
        Action::Landlock(rules) => landlock(rules),
        Action::HostName(name) => rustix::system::sethostname(name.to_bytes()),
        Action::Groups { gid, supplementary } => groups(*gid, supplementary.as_deref()),
        Action::UserNamespace(_) => {
            unshare(Namespaces::USER)?;
            await_parent(at, channel)
        }
        Action::AwaitIdMaps(_) | Action::AttachProgram(_) => await_parent(at, channel),
        Action::AwaitObserver(observer) => {
            // Only the Yama module asks for it, and only of those without privileges (ptrace(2)).
            let _ = sys::allow_tracer(observer.0.tracer());
            await_parent(at, channel)
        }
        Action::KeepBoundingSet(keep) => keep_bounding_set(*keep),
        Action::Ambient { set, inherit } => ambient(*set, *inherit),
        Action::GainCapabilities(set) => gain(*set),
        Action::DropCapabilities(set) => give_up(*set),
        Action::ChangeRoot(path) => {
            rustix::process::chroot(path.as_c_str())?;
            rustix::process::chdir(c"/")
        }
        Action::KeepCapabilities => rustix::thread::set_keep_capabilities(true),
        Action::ChangeUser(uid) => {
            let uid = Uid::from_raw(*uid);
            rustix::thread::set_thread_res_uid(uid, uid, uid)
        }
        Action::WorkingDirectory(path) => rustix::process::chdir(path.as_c_str()),
        Action::ExecLabel { file, label } => write_file(file, label.to_bytes()),
        Action::SecureBits(bits) => secure_bits(*bits),
        Action::NoNewPrivileges => rustix::thread::set_no_new_privs(true),
        Action::RefuseExecGain => sys::refuse_exec_gain(),
        Action::Filter(filter) => sys::install_filter(filter.0.instructions()),
        Action::DieWithParent => die_with(prepared.parent),
        Action::Descriptors => descriptors(&prepared.passed, channel),
        Action::Execute => Err(execute(prepared)),
    }
}

/// Writes to a file at once.
fn write_file(file: &CStr, bytes: &[u8]) -> Result<(), Errno> {
    let fd = rustix::fs::openat(
        CWD,
        file,
        OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY,
        Mode::empty(),
    )?;
    rustix::io::write(&fd, bytes).map(drop)
}

fn stream(number: u8, source: &StreamSource, prepared: &Prepared) -> Result<(), Errno> {
    let target = i32::from(number);
    match source {
        StreamSource::Inherit => Ok(()),
        StreamSource::Null => {
            let flags = if number == 0 {
                OFlags::RDONLY
            } else {
                OFlags::WRONLY
            };
            open_as(target, c"/dev/null", flags)
        }
        StreamSource::Given(_) => {
            let given = prepared.streams.get(usize::from(number));
            sys::duplicate(given.copied().unwrap_or(-1), target)
        }
        StreamSource::Copy(from) => sys::duplicate(i32::from(*from), target),
        StreamSource::File { path, mode, umask } => {
            let flags = match mode {
                FileMode::Read => OFlags::RDONLY,
                FileMode::Write => OFlags::WRONLY | OFlags::CREATE,
                FileMode::Append => OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND,
                FileMode::Truncate => OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
                FileMode::ReadWrite => OFlags::RDWR | OFlags::CREATE,
            };
            // The mask of the process itself is set later: mounts are made without it.
            let before = rustix::process::umask(Mode::from_raw_mode((*umask).into()));
            let result = open_as(target, path, flags);
            rustix::process::umask(before);
            result
        }
    }
}

fn open_as(target: i32, path: &CStr, flags: OFlags) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(0o666);
    let fd = rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC | OFlags::NOCTTY, mode)?;
    sys::duplicate(fd.as_raw_fd(), target)
}

/// Restricts this process to what rules allow. Places that are gone meanwhile are passed over: they stay forbidden.
fn landlock(rules: &LandlockRules) -> Result<(), Errno> {
    let ruleset = sys::landlock_ruleset(rules.forbidden)?;
    for (path, access) in &rules.allowed {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let Ok(place) = rustix::fs::openat(CWD, path.as_c_str(), flags, Mode::empty()) else {
            continue;
        };
        let allow = |access| sys::landlock_allow(ruleset.as_fd(), access, place.as_fd());
        match allow(*access) {
            // It is no directory.
            Err(Errno::INVAL) if access & LandlockRules::OF_FILES != 0 => {
                allow(access & LandlockRules::OF_FILES)?;
            }
            Err(Errno::INVAL) => {}
            result => result?,
        }
    }
    sys::landlock_restrict(ruleset.as_fd())
}

/// Makes the session keyring, with the identifier of this run of the unit in it, for programs that cannot trust their
/// environment (systemd.exec(5), "$INVOCATION_ID").
fn session_keyring(
    link_user: bool,
    owner: Option<(u32, u32)>,
    invocation: &[u8; 16],
) -> Result<(), Errno> {
    let keyring = sys::join_session_keyring()?;
    if link_user {
        sys::link_keyring(Keyring::USER, Keyring::SESSION)?;
    }
    let key = sys::add_key(c"invocation_id", invocation, Keyring::SESSION)?;
    // To view, read and find for the possessor and the user; to change for nobody.
    sys::set_key_rights(key, 0x0b0b_0000)?;
    if let Some((uid, gid)) = owner {
        sys::set_keyring_owner(keyring, uid, gid)?;
    }
    Ok(())
}

/// Sets a limit. A hard limit over the present one, which may not be raised, is brought down to it, as systemd does.
fn limit(resource: Resource, soft: u64, hard: u64) -> Result<(), Errno> {
    let bound = |value: u64| (value != u64::MAX).then_some(value);
    let wanted = Rlimit {
        current: bound(soft),
        maximum: bound(hard),
    };
    match rustix::process::setrlimit(resource, wanted) {
        Err(Errno::PERM) => {
            let present = rustix::process::getrlimit(resource);
            let highest = present.maximum.unwrap_or(u64::MAX);
            let reduced = Rlimit {
                current: bound(soft.min(highest)),
                maximum: bound(hard.min(highest)),
            };
            rustix::process::setrlimit(resource, reduced)
        }
        result => result,
    }
}

/// Sets the nice level. One that may not be reached is brought to the closest that RLIMIT_NICE allows, as systemd does;
/// a level that takes nothing from anybody can always be reached, unless the call itself is refused.
fn nice(level: i32) -> Result<(), Errno> {
    let refused = match rustix::process::setpriority_process(None, level) {
        Err(errno @ (Errno::PERM | Errno::ACCESS)) => errno,
        result => return result,
    };
    let present = rustix::process::getpriority_process(None)?;
    if level >= present {
        return if level == present {
            Ok(())
        } else {
            Err(refused)
        };
    }
    let limit = rustix::process::getrlimit(Resource::Nice).current;
    let lowest = 20 - i32::try_from(limit.unwrap_or(40).min(40)).unwrap_or(40);
    match level.max(lowest) {
        closest if closest < present => rustix::process::setpriority_process(None, closest),
        _ => Ok(()),
    }
}

fn unshare(kinds: Namespaces) -> Result<(), Errno> {
    sys::unshare(kinds.0)
}

fn groups(gid: u32, supplementary: Option<&[u32]>) -> Result<(), Errno> {
    if let Some(groups) = supplementary {
        sys::set_groups(groups)?;
    }
    let gid = Gid::from_raw(gid);
    rustix::thread::set_thread_res_gid(gid, gid, gid)
}

/// Asks the parent to do its part of a step, and waits until it has.
fn await_parent(at: u32, channel: BorrowedFd<'_>) -> Result<(), Errno> {
    send(
        channel,
        Record {
            kind: RecordKind::AwaitsParent,
            step: at,
            errno: 0,
        },
    )?;
    let mut answer = [0; 4];
    let count = rustix::io::read(channel, &mut answer)?;
    if count != answer.len() {
        return Err(Errno::PIPE);
    }
    match i32::from_ne_bytes(answer) {
        0 => Ok(()),
        number => Err(Errno::from_raw_os_error(number)),
    }
}

fn capability_set(set: Capabilities) -> CapabilitySet {
    CapabilitySet::from_bits_retain(set.bits() & Capabilities::NAMED.bits())
}

/// Takes everything but `keep` out of the bounding and the inheritable set. For this CAP_SETPCAP is raised for a while.
fn keep_bounding_set(keep: Capabilities) -> Result<(), Errno> {
    let before = rustix::thread::capabilities(None)?;
    let setpcap = capability_set(Capabilities::of(&[Capability::SETPCAP]));
    if !before.effective.contains(setpcap) {
        let raised = CapabilitySets {
            effective: before.effective | setpcap,
            ..before
        };
        rustix::thread::set_capabilities(None, raised)?;
    }
    for capability in Capability::all() {
        if keep.contains(capability) {
            continue;
        }
        let bit = CapabilitySet::from_bits_retain(1 << capability.number());
        if is_in(rustix::thread::capability_is_in_bounding_set(bit))? {
            rustix::thread::remove_capability_from_bounding_set(bit)?;
        }
    }
    let after = CapabilitySets {
        inheritable: before.inheritable & capability_set(keep),
        ..before
    };
    rustix::thread::set_capabilities(None, after)
}

/// Whether a capability is in a set; one that this kernel does not have is in none.
fn is_in(answer: Result<bool, Errno>) -> Result<bool, Errno> {
    match answer {
        Err(Errno::INVAL) => Ok(false),
        answer => answer,
    }
}

/// Sets the ambient set to what of `set` is in the bounding set, after making it inheritable if asked.
fn ambient(set: Capabilities, inherit: bool) -> Result<(), Errno> {
    let mut wanted = CapabilitySet::empty();
    for capability in set.iter() {
        let bit = CapabilitySet::from_bits_retain(1 << capability.number());
        if is_in(rustix::thread::capability_is_in_bounding_set(bit))? {
            wanted |= bit;
        }
    }
    if inherit {
        let sets = rustix::thread::capabilities(None)?;
        rustix::thread::set_capabilities(
            None,
            CapabilitySets {
                inheritable: wanted,
                ..sets
            },
        )?;
    }
    for capability in Capability::all() {
        let bit = CapabilitySet::from_bits_retain(1 << capability.number());
        if wanted.contains(bit) {
            rustix::thread::configure_capability_in_ambient_set(bit, true)?;
        } else if is_in(rustix::thread::capability_is_in_ambient_set(bit))? {
            rustix::thread::configure_capability_in_ambient_set(bit, false)?;
        }
    }
    Ok(())
}

fn gain(set: Capabilities) -> Result<(), Errno> {
    let set = capability_set(set);
    let sets = rustix::thread::capabilities(None)?;
    let more = CapabilitySets {
        effective: sets.effective | set,
        permitted: sets.permitted | set,
        inheritable: sets.inheritable | set,
    };
    rustix::thread::set_capabilities(None, more)
}

fn give_up(set: Capabilities) -> Result<(), Errno> {
    let set = capability_set(set);
    let sets = rustix::thread::capabilities(None)?;
    let less = CapabilitySets {
        effective: sets.effective.difference(set),
        permitted: sets.permitted.difference(set),
        inheritable: sets.inheritable.difference(set),
    };
    rustix::thread::set_capabilities(None, less)
}

/// Sets the secure bits to just these; for this CAP_SETPCAP is made effective.
fn secure_bits(bits: u32) -> Result<(), Errno> {
    if rustix::thread::capabilities_secure_bits().is_ok_and(|present| present.bits() == bits) {
        return Ok(());
    }
    let setpcap = capability_set(Capabilities::of(&[Capability::SETPCAP]));
    let sets = rustix::thread::capabilities(None)?;
    if !sets.effective.contains(setpcap) {
        let raised = CapabilitySets {
            effective: sets.effective | setpcap,
            ..sets
        };
        rustix::thread::set_capabilities(None, raised)?;
    }
    let bits = rustix::thread::CapabilitiesSecureBits::from_bits_retain(bits);
    rustix::thread::set_capabilities_secure_bits(bits)
}

/// Lays the passed descriptors out from 3 on and marks all others to be closed on exec, the channel among them.
fn descriptors(passed: &[PassedDescriptor], channel: BorrowedFd<'_>) -> Result<(), Errno> {
    sys::lay_out(
        passed
            .iter()
            .map(|descriptor| (descriptor.from, descriptor.non_blocking)),
        channel.as_raw_fd(),
    )
}

/// Has the kernel kill this process when its parent is gone, and makes sure that it is not gone already.
fn die_with(parent: rustix::process::Pid) -> Result<(), Errno> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // In a namespace of its own a process does not see its parent; there it was made after the parent's last check.
    match rustix::process::getppid() {
        Some(present) if present != parent => Err(Errno::SRCH),
        _ => Ok(()),
    }
}

/// Tries the places where the program may be; gives the error that says most.
fn execute(prepared: &Prepared) -> Errno {
    let own = rustix::process::getpid()
        .as_raw_nonzero()
        .get()
        .unsigned_abs();
    for number in &prepared.numbers {
        number.write(own);
    }
    let mut best = Errno::NOENT;
    for program in &prepared.candidates {
        match sys::execute(program, &prepared.argv, &prepared.envp) {
            Errno::NOENT | Errno::NOTDIR => {}
            Errno::ACCESS => best = Errno::ACCESS,
            errno => return errno,
        }
    }
    best
}

pub(super) fn keep(prepared: &Prepared, slot: usize, fd: OwnedFd) {
    if let Some(place) = prepared.slots.get(slot) {
        drop(sys::own(place.replace(fd.into_raw_fd())));
    }
}

pub(super) fn kept(prepared: &Prepared, slot: usize) -> Result<BorrowedFd<'_>, Errno> {
    let number = prepared.slots.get(slot).map_or(-1, std::cell::Cell::get);
    sys::borrow(number).ok_or(Errno::BADF)
}
