//! The programs of a control group (bpf(2)).

use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use super::result;

/// A program that is attached to a control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttachedProgram {
    /// The kernel's number for it.
    pub(crate) id: u32,
    /// The name that its loader gave it; empty when it may not be read.
    pub(crate) name: String,
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
    attach_flags_of_each: u64,
}

/// The attributes of BPF_PROG_GET_FD_BY_ID.
#[derive(Default)]
#[repr(C)]
struct ById {
    id: u32,
    next: u32,
    flags: u32,
}

/// The attributes of BPF_OBJ_GET_INFO_BY_FD.
#[derive(Default)]
#[repr(C)]
struct InfoOf {
    fd: u32,
    length: u32,
    info: u64,
}

/// The beginning of `struct bpf_prog_info`, as far as the name.
#[derive(Default)]
#[repr(C)]
struct Info {
    kind: u32,
    id: u32,
    tag: [u8; 8],
    jited_length: u32,
    length: u32,
    jited: u64,
    instructions: u64,
    loaded: u64,
    uid: u32,
    map_count: u32,
    maps: u64,
    name: [u8; 16],
}

const GET_FD_BY_ID: u32 = 13;
const GET_INFO_BY_FD: u32 = 15;
const PROG_QUERY: u32 = 16;
/// The programs of the groups above count, too.
const EFFECTIVE: u32 = 1;
/// More programs than this at one place are not listed.
const MOST: u32 = 64;

/// The programs that the kernel runs for a group at a place of attachment (BPF_*): its own, and those of groups above.
pub(crate) fn attached_programs(
    group: BorrowedFd<'_>,
    attach: u32,
) -> Result<Vec<AttachedProgram>, Errno> {
    // For security modules the kernel tells only what is attached to the group itself.
    match query(group, attach, EFFECTIVE) {
        Err(Errno::INVAL) => query(group, attach, 0),
        other => other,
    }
}

fn query(group: BorrowedFd<'_>, attach: u32, flags: u32) -> Result<Vec<AttachedProgram>, Errno> {
    let mut ids = [0_u32; MOST as usize];
    let mut attributes = Query {
        target: number(group),
        kind: attach,
        flags,
        ids: ids.as_mut_ptr() as u64,
        count: MOST,
        ..Query::default()
    };
    // SAFETY: the kernel writes at most `count` numbers to `ids`, which lives until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    match unsafe { bpf(PROG_QUERY, &mut attributes) } {
        Ok(_) | Err(Errno::NOSPC) => {}
        Err(errno) => return Err(errno),
    }
    let count = usize::try_from(attributes.count.min(MOST)).unwrap_or_default();
    let named = |id: &u32| AttachedProgram {
        id: *id,
        name: name(*id).unwrap_or_default(),
    };
    Ok(ids.iter().take(count).map(named).collect())
}

fn name(id: u32) -> Result<String, Errno> {
    let mut attributes = ById {
        id,
        ..ById::default()
    };
    // SAFETY: the kernel reads the attributes only.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    let fd = unsafe { bpf(GET_FD_BY_ID, &mut attributes) }?;
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just made this descriptor for us, closed on exec.
    #[expect(unsafe_code, reason = "a descriptor of bpf(2)")]
    let program = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut info = Info::default();
    let mut attributes = InfoOf {
        fd: u32::try_from(program.as_raw_fd()).map_err(|_| Errno::BADF)?,
        length: u32::try_from(size_of::<Info>()).map_err(|_| Errno::RANGE)?,
        info: &raw mut info as u64,
    };
    // SAFETY: the kernel writes at most `length` bytes to `info`, which lives until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    unsafe { bpf(GET_INFO_BY_FD, &mut attributes) }?;
    let bytes = info
        .name
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
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

fn number(fd: BorrowedFd<'_>) -> u32 {
    u32::try_from(fd.as_raw_fd()).unwrap_or(u32::MAX)
}
