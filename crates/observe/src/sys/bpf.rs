//! bpf(2): maps, programs, and where they are attached.

use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

use rustix::io::Errno;

use super::result;

/// What a map is made of, in the form in which an object declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MapShape {
    /// BPF_MAP_TYPE_*.
    pub(crate) kind: u32,
    /// The size of a key.
    pub(crate) key: u32,
    /// The size of a value.
    pub(crate) value: u32,
    /// How many entries there can be.
    pub(crate) entries: u32,
}

/// A map.
#[derive(Debug)]
pub(crate) struct Map {
    fd: OwnedFd,
    shape: MapShape,
}

/// The attributes of BPF_PROG_LOAD as far as the name.
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
}

/// The attributes of commands on the entries of a map.
#[derive(Default)]
#[repr(C)]
struct Entry {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// The attributes of BPF_RAW_TRACEPOINT_OPEN.
#[derive(Default)]
#[repr(C)]
struct Tracepoint {
    name: u64,
    program: u32,
    padding: u32,
}

/// The attributes of BPF_PROG_TEST_RUN as far as the processor.
#[derive(Default)]
#[repr(C)]
struct Run {
    program: u32,
    result: u32,
    data_size_in: u32,
    data_size_out: u32,
    data_in: u64,
    data_out: u64,
    repeat: u32,
    duration: u32,
    context_size_in: u32,
    context_size_out: u32,
    context_in: u64,
    context_out: u64,
    flags: u32,
    cpu: u32,
}

const MAP_CREATE: u32 = 0;
const MAP_LOOKUP: u32 = 1;
const MAP_UPDATE: u32 = 2;
const PROG_LOAD: u32 = 5;
const PROG_RUN: u32 = 10;
const TRACEPOINT_OPEN: u32 = 17;
const MAP_TAKE: u32 = 21;

/// BPF_PROG_TYPE_RAW_TRACEPOINT.
const RAW_TRACEPOINT: u32 = 17;

/// The size of an instruction.
pub(crate) const INSTRUCTION: usize = 8;

impl Map {
    /// Makes a map (BPF_MAP_CREATE).
    pub(crate) fn new(shape: MapShape) -> Result<Self, Errno> {
        let mut attributes = [shape.kind, shape.key, shape.value, shape.entries];
        // SAFETY: numbers only.
        #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
        let fd = unsafe { bpf(MAP_CREATE, &mut attributes) }?;
        let fd = owned(fd)?;
        Ok(Self { fd, shape })
    }

    /// The number by which programs that are loaded name it.
    pub(crate) fn number(&self) -> i32 {
        self.fd.as_raw_fd()
    }

    /// Reads an entry; none when there is none with this key.
    pub(crate) fn read(&self, key: u32) -> Result<Option<Vec<u8>>, Errno> {
        self.value(MAP_LOOKUP, key)
    }

    /// Reads an entry and removes it; none when there is none with this key.
    pub(crate) fn take(&self, key: u32) -> Result<Option<Vec<u8>>, Errno> {
        self.value(MAP_TAKE, key)
    }

    /// Writes an entry, whose value has the size that the map was made for.
    pub(crate) fn write(&self, key: u32, value: &[u8]) -> Result<(), Errno> {
        if value.len() != self.shape.value as usize {
            return Err(Errno::INVAL);
        }
        let mut attributes = self.entry(&key, value.as_ptr() as u64)?;
        // SAFETY: the kernel reads a key of 4 bytes and a value whose size was checked; both live until it returns.
        #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
        unsafe { bpf(MAP_UPDATE, &mut attributes) }.map(drop)
    }

    fn value(&self, command: u32, key: u32) -> Result<Option<Vec<u8>>, Errno> {
        let mut value = vec![0; self.shape.value as usize];
        let mut attributes = self.entry(&key, value.as_mut_ptr() as u64)?;
        // SAFETY: the kernel reads a key of 4 bytes and writes a value of the map's size; both live until it returns.
        #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
        let result = unsafe { bpf(command, &mut attributes) };
        match result {
            Ok(_) => Ok(Some(value)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The attributes for an entry.
    fn entry(&self, key: &u32, value: u64) -> Result<Entry, Errno> {
        if self.shape.key as usize != size_of::<u32>() {
            return Err(Errno::INVAL);
        }
        Ok(Entry {
            map: self.fd.as_raw_fd().cast_unsigned(),
            key: std::ptr::from_ref(key) as u64,
            value,
            ..Entry::default()
        })
    }
}

/// Loads a program for raw tracepoints.
pub(crate) fn load_program(code: &[u8]) -> Result<OwnedFd, Errno> {
    // The kernel lets programs that read its memory in by this word only.
    let license = c"Dual MIT/GPL";
    let mut name = [0; 16];
    for (place, byte) in name.iter_mut().zip(b"unitward") {
        *place = *byte;
    }
    let mut attributes = Load {
        kind: RAW_TRACEPOINT,
        count: u32::try_from(code.len() / INSTRUCTION).map_err(|_| Errno::TOOBIG)?,
        instructions: code.as_ptr() as u64,
        license: license.as_ptr() as u64,
        name,
        ..Load::default()
    };
    // SAFETY: the kernel reads `count` instructions and the license, which live until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    let fd = unsafe { bpf(PROG_LOAD, &mut attributes) }?;
    owned(fd)
}

/// Attaches a program to a tracepoint, for as long as what is returned is open.
pub(crate) fn attach_tracepoint(
    name: &std::ffi::CStr,
    program: BorrowedFd<'_>,
) -> Result<OwnedFd, Errno> {
    let mut attributes = Tracepoint {
        name: name.as_ptr() as u64,
        program: program.as_raw_fd().cast_unsigned(),
        padding: 0,
    };
    // SAFETY: the kernel reads the name, which lives until the call returns.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    let fd = unsafe { bpf(TRACEPOINT_OPEN, &mut attributes) }?;
    owned(fd)
}

/// Runs a program once, as this thread, without arguments.
pub(crate) fn run_program(program: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut attributes = Run {
        program: program.as_raw_fd().cast_unsigned(),
        ..Run::default()
    };
    // SAFETY: numbers only.
    #[expect(unsafe_code, reason = "bpf(2) is not in rustix")]
    unsafe { bpf(PROG_RUN, &mut attributes) }.map(drop)
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
