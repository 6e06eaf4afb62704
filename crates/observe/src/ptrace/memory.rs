//! Memory of a tracee.

use rustix::io::Errno;

use crate::sys::{self, Tid};

/// The longest path that the kernel takes (PATH_MAX).
const PATH_MAX: usize = 4096;

/// The size of a page: no read goes over its end, where the next one may be missing.
const PAGE: u64 = 4096;

/// A string that ends with NUL; none when it cannot be read, or has no end.
pub(super) fn string(tid: Tid, address: u64) -> Option<Vec<u8>> {
    if address == 0 {
        return None;
    }
    let mut text = Vec::new();
    let mut buffer = [0; 512];
    while text.len() < PATH_MAX {
        let at = address.checked_add(text.len() as u64)?;
        let left = usize::try_from(PAGE - at % PAGE).ok()?.min(buffer.len());
        let part = buffer.get_mut(..left)?;
        let count = sys::read_memory(tid, at, part).ok()?;
        let part = part.get(..count)?;
        if let Some(end) = part.iter().position(|byte| *byte == 0) {
            text.extend_from_slice(part.get(..end)?);
            return Some(text);
        }
        if count == 0 {
            return None;
        }
        text.extend_from_slice(part);
    }
    None
}

/// Some bytes; fewer where memory ends.
pub(super) fn bytes(tid: Tid, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; length];
    let count = sys::read_memory(tid, address, &mut buffer)?;
    buffer.truncate(count);
    Ok(buffer)
}

/// A number of eight bytes.
pub(super) fn word(tid: Tid, address: u64) -> Option<u64> {
    let bytes = bytes(tid, address, 8).ok()?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}
