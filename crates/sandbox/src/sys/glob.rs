//! Patterns of paths.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use rustix::io::Errno;

/// The paths that match a pattern, in their order (glob(3)); ENOENT when there is none. Used before the fork only.
pub(crate) fn glob(pattern: &str) -> Result<Vec<PathBuf>, Errno> {
    if !pattern.contains(['*', '?', '[', '\\']) {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    let pattern = CString::new(pattern).map_err(|_| Errno::INVAL)?;
    // SAFETY: glob_t is plain data; all zeroes is its empty value.
    #[expect(unsafe_code, reason = "a result to be filled")]
    let mut found: libc::glob_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pattern is a C string, and `found` may be written.
    #[expect(unsafe_code, reason = "glob(3) is not in rustix")]
    let status = unsafe { libc::glob(pattern.as_ptr(), 0, None, &raw mut found) };
    let mut paths = Vec::new();
    if status == 0 {
        for at in 0..found.gl_pathc {
            // SAFETY: the C library put `gl_pathc` pointers to C strings there, which live until globfree(3).
            #[expect(unsafe_code, reason = "strings of the C library")]
            let path = unsafe { CStr::from_ptr(*found.gl_pathv.add(at)) };
            paths.push(PathBuf::from(OsStr::from_bytes(path.to_bytes())));
        }
    }
    // SAFETY: `found` was filled by glob(3), and no pointer into it is left.
    #[expect(unsafe_code, reason = "glob(3) is not in rustix")]
    unsafe {
        libc::globfree(&raw mut found);
    }
    match status {
        0 => Ok(paths),
        libc::GLOB_NOMATCH => Err(Errno::NOENT),
        libc::GLOB_NOSPACE => Err(Errno::NOMEM),
        _ => Err(Errno::IO),
    }
}

/// The error number of an error of the standard library.
pub(crate) fn errno_of(error: &std::io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::IO, Errno::from_raw_os_error)
}
