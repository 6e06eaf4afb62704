//! Programs that the kernel runs for a control group, put together here as instructions: no compiler, no library and
//! no maps. What a program decides lies in its code.

mod addresses;
mod assembler;
mod devices;
#[cfg(test)]
mod evaluate;
mod file_systems;
mod interfaces;
#[cfg(test)]
mod live;
mod ranges;
mod sockets;
mod types;

use std::fmt;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::io::Errno;

pub(crate) use addresses::{Addresses, Direction};
pub(crate) use devices::{DeviceKind, DeviceNumbers};
pub(crate) use file_systems::Layout;
pub(crate) use interfaces::{bind_interface, restrict_interfaces};
pub(crate) use sockets::{BindRule, Family, TCP, UDP};

use crate::sys::{self, BpfInstruction};

/// A place of a control group at which the kernel runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name, as `BPFProgram=` has it.
    pub name: &'static str,
    /// Its attach type (BPF_* of linux/bpf.h).
    pub(crate) attach: u32,
    /// The type of its programs (BPF_PROG_TYPE_*).
    pub(crate) kind: u32,
}

impl Hook {
    pub(crate) const INGRESS: Self = Self::new("ingress", 0, 8);
    pub(crate) const EGRESS: Self = Self::new("egress", 1, 8);
    pub(crate) const SOCK_CREATE: Self = Self::new("sock_create", 2, 9);
    pub(crate) const DEVICE: Self = Self::new("device", 6, 15);
    pub(crate) const BIND4: Self = Self::new("bind4", 8, 18);
    pub(crate) const BIND6: Self = Self::new("bind6", 9, 18);
    /// The hook of security modules at the opening of files, for one control group (Linux 6.0).
    pub(crate) const FILE_OPEN: Self = Self::new("file_open", 43, 29);

    const ALL: [Self; 18] = [
        Self::INGRESS,
        Self::EGRESS,
        Self::SOCK_CREATE,
        Self::new("sock_ops", 3, 13),
        Self::DEVICE,
        Self::BIND4,
        Self::BIND6,
        Self::new("connect4", 10, 18),
        Self::new("connect6", 11, 18),
        Self::new("post_bind4", 12, 9),
        Self::new("post_bind6", 13, 9),
        Self::new("sendmsg4", 14, 18),
        Self::new("sendmsg6", 15, 18),
        Self::new("sysctl", 18, 23),
        Self::new("recvmsg4", 19, 18),
        Self::new("recvmsg6", 20, 18),
        Self::new("getsockopt", 21, 25),
        Self::new("setsockopt", 22, 25),
    ];

    /// Every place that unitward or systemd attaches programs to.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain([Self::FILE_OPEN])
    }

    /// Its attach type (BPF_* of linux/bpf.h).
    #[must_use]
    pub const fn attach(self) -> u32 {
        self.attach
    }

    /// The hook of a name of `BPFProgram=`.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name == name)
    }

    const fn new(name: &'static str, attach: u32, kind: u32) -> Self {
        Self { name, attach, kind }
    }
}

/// A program, ready for the kernel.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupProgram {
    /// Where it is run.
    pub hook: Hook,
    pub(crate) code: Vec<BpfInstruction>,
    /// The function of the hook in the types of the kernel; 0 where the hook has none.
    pub(crate) function: u32,
}

impl GroupProgram {
    /// A program, from what was assembled for a hook.
    fn new(hook: Hook, assembler: assembler::Assembler) -> Option<Self> {
        Some(Self {
            hook,
            code: assembler.finish()?,
            function: 0,
        })
    }
}

impl GroupProgram {
    /// Loads the program.
    pub(crate) fn load(&self) -> Result<OwnedFd, Errno> {
        let Hook { kind, attach, .. } = self.hook;
        sys::load_bpf(kind, attach, self.function, &self.code)
    }

    /// Loads the program and attaches it to a control group.
    pub(crate) fn attach(&self, group: BorrowedFd<'_>) -> Result<(), Errno> {
        let program = self.load()?;
        sys::attach_bpf(group, program.as_fd(), self.hook.attach)
    }

    /// The same, where no program is attached to this place yet.
    pub(crate) fn attach_once(&self, group: BorrowedFd<'_>) -> Result<(), Errno> {
        match sys::count_bpf(group, self.hook.attach)? {
            0 => self.attach(group),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for GroupProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a program of {} instructions for {}",
            self.code.len(),
            self.hook.name
        )
    }
}

impl fmt::Debug for GroupProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Program({}, {} instructions)",
            self.hook.name,
            self.code.len()
        )
    }
}
