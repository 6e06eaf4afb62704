//! The BPF programs of control groups (bpf(2)).

use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use super::result;

/// One instruction, in the kernel's form (struct bpf_insn).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct BpfInstruction {
    /// Class, operation and kind of the operands.
    pub(crate) code: u8,
    /// The destination in the low half, the source in the high half.
    pub(crate) registers: u8,
    /// A jump's distance, or an offset in memory.
    pub(crate) offset: i16,
    /// The constant.
    pub(crate) immediate: i32,
}

/// The attributes of BPF_PROG_LOAD as far as `attach_btf_id`.
#[derive(Default)]
#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    interface: u32,
    expected_attach: u32,
    btf: u32,
    function_size: u32,
    functions: u64,
    function_count: u32,
    line_size: u32,
    lines: u64,
    line_count: u32,
    attach_btf_id: u32,
}

/// The attributes of BPF_PROG_ATTACH.
#[derive(Default)]
#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

/// The attributes of BPF_PROG_QUERY.
#[derive(Default)]
#[repr(C)]
struct Query {
    target: u32,
    kind: u32,
    flags: u32,
    attach_flags: u32,
    ids: u64,
    count: u32,
    padding: u32,
}

/// The attributes of BPF_OBJ_GET.
#[derive(Default)]
#[repr(C)]
struct Get {
    path: u64,
    descriptor: u32,
    flags: u32,
}

const PROG_LOAD: u32 = 5;
const OBJ_GET: u32 = 7;
const PROG_ATTACH: u32 = 8;
const PROG_QUERY: u32 = 16;
/// Programs of parents, and others of this group, stay in force.
const ALLOW_MULTI: u32 = 2;
/// What the kernel calls the programs; it takes letters, digits, `_` and `.`.
const NAME: &[u8] = b"unitward";

/// Loads a program of a kind (BPF_PROG_TYPE_*) for a place of attachment (BPF_*); `function` is the BTF type of the
/// hook that it is for, or 0.
pub(crate) fn load_bpf(
    kind: u32,
    attach: u32,
    function: u32,
    program: &[BpfInstruction],
) -> Result<OwnedFd, Errno> {
    // The kernel lets programs of security modules in by this word only.
    let license = c"Dual MIT/GPL";
    let mut name = [0; 16];
    for (place, byte) in name.iter_mut().zip(NAME) {
        *place = *byte;
    }
    let mut attributes = Load {
        kind,
        count: u32::try_from(program.len()).map_err(|_| Errno::TOOBIG)?,
        instructions: program.as_ptr() as u64,
        license: license.as_ptr() as u64,
        name,
        expected_attach: attach,
        attach_btf_id: function,
        ..Load::default()
    };
    // SAFETY: the kernel reads `count` instructions and the license, which live until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    let fd = unsafe { bpf(PROG_LOAD, &mut attributes) }?;
    owned(fd)
}

/// Attaches a program to a control group, besides those that are there.
pub(crate) fn attach_bpf(
    group: BorrowedFd<'_>,
    program: BorrowedFd<'_>,
    attach: u32,
) -> Result<(), Errno> {
    let mut attributes = Attach {
        target: number(group),
        program: number(program),
        kind: attach,
        flags: ALLOW_MULTI,
    };
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    unsafe { bpf(PROG_ATTACH, &mut attributes) }.map(drop)
}

/// How many programs are attached to a control group in a place: whether the kernel knows the place, and lets this
/// process ask.
pub(crate) fn count_bpf(group: BorrowedFd<'_>, attach: u32) -> Result<u32, Errno> {
    let mut attributes = Query {
        target: number(group),
        kind: attach,
        ..Query::default()
    };
    // SAFETY: with a count of 0 the kernel writes to the attributes only.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    unsafe { bpf(PROG_QUERY, &mut attributes) }?;
    Ok(attributes.count)
}

/// A program that was pinned in the BPF file system.
pub(crate) fn pinned_bpf(path: &CStr) -> Result<OwnedFd, Errno> {
    let mut attributes = Get {
        path: path.as_ptr() as u64,
        ..Get::default()
    };
    // SAFETY: the kernel reads the path, which lives until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    let fd = unsafe { bpf(OBJ_GET, &mut attributes) }?;
    owned(fd)
}

/// Runs a program over a packet without sending it, and gives the verdict (BPF_PROG_TEST_RUN).
#[cfg(test)]
pub(crate) fn run_bpf(program: BorrowedFd<'_>, packet: &[u8]) -> Result<u32, Errno> {
    #[derive(Default)]
    #[repr(C)]
    struct Run {
        program: u32,
        verdict: u32,
        size: u32,
        out_size: u32,
        data: u64,
        out: u64,
        repeat: u32,
        duration: u32,
    }
    const PROG_RUN: u32 = 10;
    let mut attributes = Run {
        program: number(program),
        size: u32::try_from(packet.len()).map_err(|_| Errno::TOOBIG)?,
        data: packet.as_ptr() as u64,
        repeat: 1,
        ..Run::default()
    };
    // SAFETY: the kernel reads `size` bytes of the packet, which lives until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    unsafe { bpf(PROG_RUN, &mut attributes) }?;
    Ok(attributes.verdict)
}

/// The call itself.
///
/// # Safety
///
/// What the attributes point to must be valid for what the command reads and writes.
#[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
unsafe fn bpf<T>(command: u32, attributes: &mut T) -> Result<libc::c_long, Errno> {
    // SAFETY: the attributes are valid for their size; the caller answers for what they point to.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            std::ptr::from_mut(attributes),
            size_of::<T>(),
        )
    };
    result(returned)
}

fn owned(fd: libc::c_long) -> Result<OwnedFd, Errno> {
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just made this descriptor for us, closed on exec.
    #[expect(unsafe_code, reason = "a descriptor of bpf(2)")]
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn number(fd: BorrowedFd<'_>) -> u32 {
    u32::try_from(fd.as_raw_fd()).unwrap_or(u32::MAX)
}
