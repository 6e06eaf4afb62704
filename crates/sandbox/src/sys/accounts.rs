//! The user and group databases, with the name services of the C library. Used before the fork only.

use std::ffi::{CStr, CString};
use std::ptr;

use rustix::io::Errno;

/// A user of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: Option<u32>,
    pub(crate) home: String,
    pub(crate) shell: String,
}

impl Account {
    /// A user that is in no database.
    pub(crate) fn unnamed(uid: u32) -> Self {
        Self {
            name: uid.to_string(),
            uid,
            gid: None,
            home: String::new(),
            shell: String::new(),
        }
    }
}

/// A user by name (getpwnam_r(3)).
pub(crate) fn account_by_name(name: &str) -> Result<Option<Account>, Errno> {
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    // SAFETY: all pointers are valid for the call, and the buffer has the length that is told.
    #[expect(unsafe_code, reason = "getpwnam_r(3) is not in rustix")]
    account(|entry, buffer, found| unsafe {
        libc::getpwnam_r(
            name.as_ptr(),
            entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            found,
        )
    })
}

/// A user by number (getpwuid_r(3)).
pub(crate) fn account_by_uid(uid: u32) -> Result<Option<Account>, Errno> {
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "getpwuid_r(3) is not in rustix")]
    account(|entry, buffer, found| unsafe {
        libc::getpwuid_r(uid, entry, buffer.as_mut_ptr(), buffer.len(), found)
    })
}

/// The number of a group by its name (getgrnam_r(3)).
pub(crate) fn group_by_name(name: &str) -> Result<Option<u32>, Errno> {
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    with_buffer(|buffer| {
        let mut found = ptr::null_mut();
        // SAFETY: all pointers are valid for the call; on success `found` is null or points to `entry`, which is alive.
        #[expect(unsafe_code, reason = "getgrnam_r(3) is not in rustix")]
        unsafe {
            let mut entry: libc::group = std::mem::zeroed();
            let status = libc::getgrnam_r(
                name.as_ptr(),
                &raw mut entry,
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut found,
            );
            (status, (!found.is_null()).then_some(entry.gr_gid))
        }
    })
}

/// Whether the database has a group of a number (getgrgid_r(3)).
pub(crate) fn has_group(gid: u32) -> Result<bool, Errno> {
    let found = with_buffer(|buffer| {
        let mut found = ptr::null_mut();
        // SAFETY: all pointers are valid for the call.
        #[expect(unsafe_code, reason = "getgrgid_r(3) is not in rustix")]
        unsafe {
            let mut entry: libc::group = std::mem::zeroed();
            let status = libc::getgrgid_r(
                gid,
                &raw mut entry,
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut found,
            );
            (status, (!found.is_null()).then_some(()))
        }
    });
    found.map(|found| found.is_some())
}

/// The groups that the database gives a user, its own group among them (getgrouplist(3)).
pub(crate) fn groups_of(name: &str, gid: u32) -> Result<Vec<u32>, Errno> {
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    let mut groups = vec![0; 64];
    loop {
        let mut count = i32::try_from(groups.len()).map_err(|_| Errno::RANGE)?;
        // SAFETY: `groups` has `count` elements, and `count` may be written.
        #[expect(unsafe_code, reason = "getgrouplist(3) is not in rustix")]
        let returned =
            unsafe { libc::getgrouplist(name.as_ptr(), gid, groups.as_mut_ptr(), &raw mut count) };
        let needed = usize::try_from(count).map_err(|_| Errno::RANGE)?;
        if returned >= 0 {
            groups.truncate(needed);
            return Ok(groups);
        }
        // NGROUPS_MAX is 65536; a C library that asks for no more would loop for ever.
        if needed <= groups.len() || needed > 1 << 17 {
            return Err(Errno::RANGE);
        }
        groups.resize(needed, 0);
    }
}

fn account(
    mut call: impl FnMut(*mut libc::passwd, &mut [libc::c_char], *mut *mut libc::passwd) -> i32,
) -> Result<Option<Account>, Errno> {
    with_buffer(|buffer| {
        let mut found = ptr::null_mut();
        // SAFETY: passwd is plain data; all zeroes is a value of it.
        #[expect(unsafe_code, reason = "an entry to be filled")]
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let status = call(&raw mut entry, buffer, &raw mut found);
        if found.is_null() {
            return (status, None);
        }
        let account = Account {
            name: text(entry.pw_name),
            uid: entry.pw_uid,
            gid: Some(entry.pw_gid),
            home: text(entry.pw_dir),
            shell: text(entry.pw_shell),
        };
        (status, Some(account))
    })
}

/// Calls with a buffer that grows until it is large enough.
fn with_buffer<T>(
    mut call: impl FnMut(&mut [libc::c_char]) -> (i32, Option<T>),
) -> Result<Option<T>, Errno> {
    let mut buffer = vec![0; 4096];
    loop {
        let (status, found) = call(&mut buffer);
        match status {
            libc::ERANGE if buffer.len() < 1 << 22 => buffer.resize(buffer.len() * 4, 0),
            // What name services say of a name that they do not have.
            0 | libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Ok(found),
            status => return Err(Errno::from_raw_os_error(status)),
        }
    }
}

fn text(string: *const libc::c_char) -> String {
    if string.is_null() {
        return String::new();
    }
    // SAFETY: the C library put a string that ends with NUL into the buffer, which is still alive.
    #[expect(unsafe_code, reason = "strings of the C library")]
    let string = unsafe { CStr::from_ptr(string) };
    string.to_string_lossy().into_owned()
}
