//! Capabilities that the kernel grants to threads that are followed, by the `cap_capable` tracepoint.

use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::OnceLock;

use rustix::thread::CapabilitySet;
use rustix::time::ClockId;

use super::object::Loaded;
use super::types::Types;
use crate::sys::{self, Map, Tid};

/// What `cargo xtask bpf` builds of `bpf/capabilities.bpf.c`.
static OBJECT: &Bytes<[u8]> = &Bytes(*include_bytes!("../../bpf/capabilities.bpf.o"));

/// Bytes at an address that a file of this kind may have.
#[repr(C, align(8))]
struct Bytes<T: ?Sized>(T);

/// How many capabilities a program has room for.
const CAPABILITIES: usize = 64;

/// The first numbers of the programs' state: where members of the kernel's structures are.
type Offsets = [u64; 5];

/// What the kernel granted while this lives.
#[derive(Debug)]
pub(crate) struct Grants {
    states: Map,
    threads: Map,
    begin: OwnedFd,
    _granted: OwnedFd,
}

/// One capability that was granted to a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Its name.
    pub(crate) name: String,
    /// How often.
    pub(crate) count: u64,
    /// How long ago it was for the first time, in milliseconds.
    pub(crate) ago: u64,
}

impl Grants {
    /// Loads the programs, which see nothing before [`begin`](Self::begin). The error is why that cannot be.
    pub(crate) fn load() -> Result<Self, String> {
        let mut object = Loaded::new(&OBJECT.0)?;
        let begin = object.program("begin")?;
        let granted = object.program("granted")?;
        let states = object.map("states")?;
        let threads = object.map("threads")?;
        let mut state: Vec<u64> = offsets()?.to_vec();
        state.resize(STATE, 0);
        let bytes: Vec<u8> = state
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        states
            .write(0, &bytes)
            .map_err(|errno| format!("writing a map: {errno}"))?;
        let attached = sys::attach_tracepoint(c"cap_capable", granted.as_fd())
            .map_err(|errno| format!("the kernel has no tracepoint cap_capable: {errno}"))?;
        Ok(Self {
            states,
            threads,
            begin,
            _granted: attached,
        })
    }

    /// Looks at the threads that this thread traces from now on.
    pub(crate) fn begin(&self) -> Result<(), String> {
        sys::run_program(self.begin.as_fd())
            .map_err(|errno| format!("running a program: {errno}"))?;
        let own = u64::from(
            rustix::thread::gettid()
                .as_raw_nonzero()
                .get()
                .cast_unsigned(),
        );
        // Otherwise the members are elsewhere.
        match self.state(NUMBER) {
            Some(number) if number == own => Ok(()),
            _ => Err("the kernel's structures are not as its type information has them".to_owned()),
        }
    }

    /// What a thread was granted since this was asked for the last time.
    pub(crate) fn take(&self, thread: Tid) -> Vec<Grant> {
        let taken = self.threads.take(thread.cast_unsigned());
        let Ok(Some(value)) = taken else {
            return Vec::new();
        };
        let now = now();
        let grants = (0..CAPABILITIES).filter_map(|capability| {
            let count = word(&value, capability).filter(|count| *count > 0)?;
            let first = word(&value, CAPABILITIES + capability)?;
            Some(Grant {
                name: name(capability),
                count,
                ago: now.saturating_sub(first) / 1_000_000,
            })
        });
        grants.collect()
    }

    /// How many grants there was no room for.
    pub(crate) fn lost(&self) -> u64 {
        self.state(LOST).unwrap_or(0)
    }

    fn state(&self, index: usize) -> Option<u64> {
        word(&self.states.read(0).ok()??, index)
    }
}

/// Where numbers are in the programs' state, and how many there are.
const NUMBER: usize = 7;
const LOST: usize = 8;
const STATE: usize = 9;

/// Of the running kernel, which does not change.
fn offsets() -> Result<Offsets, String> {
    static FOUND: OnceLock<Result<Offsets, String>> = OnceLock::new();
    let find = || {
        let types = Types::read()?;
        Ok([
            types.offset("task_struct", "parent")?,
            types.offset("task_struct", "thread_pid")?,
            types.offset("pid", "level")?,
            types.offset("pid", "numbers")?,
            types.size("upid")?,
        ])
    };
    FOUND.get_or_init(find).clone()
}

fn name(capability: usize) -> String {
    let set = CapabilitySet::from_bits(1 << capability);
    let name = set
        .and_then(|set| set.iter_names().next())
        .map(|(name, _)| name);
    match name {
        Some(name) => format!("CAP_{name}"),
        None => format!("CAP_{capability}"),
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u64> {
    let bytes = bytes.get(index * 8..index * 8 + 8)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

/// The monotonic clock, in nanoseconds.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
