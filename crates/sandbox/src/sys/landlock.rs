//! landlock(7).

use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::io::Errno;

use super::{own, result};

/// The version of the kernel's Landlock (LANDLOCK_CREATE_RULESET_VERSION); none where it has none.
pub(crate) fn landlock_version() -> Option<u32> {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the kernel takes no attributes and only gives a number.
    #[expect(unsafe_code, reason = "landlock_create_ruleset(2) is not in rustix")]
    let returned =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0_usize, 0_usize, VERSION) };
    u32::try_from(result(returned).ok()?).ok()
}

/// Makes a ruleset that forbids these kinds of access to files wherever no rule allows them (LANDLOCK_ACCESS_FS_*).
pub(crate) fn landlock_ruleset(forbidden: u64) -> Result<OwnedFd, Errno> {
    // `struct landlock_ruleset_attr` of the first version; later fields count as zero.
    let attributes = [forbidden];
    // SAFETY: the kernel reads the given number of bytes of the attributes.
    #[expect(unsafe_code, reason = "landlock_create_ruleset(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            attributes.as_ptr(),
            size_of_val(&attributes),
            0,
        )
    };
    let number = i32::try_from(result(returned)?).map_err(|_| Errno::RANGE)?;
    own(number).ok_or(Errno::BADF)
}

/// Allows these kinds of access to a file, or to all below a directory.
pub(crate) fn landlock_allow(
    ruleset: BorrowedFd<'_>,
    allowed: u64,
    place: BorrowedFd<'_>,
) -> Result<(), Errno> {
    /// `struct landlock_path_beneath_attr`.
    #[repr(C, packed)]
    struct PathBeneath {
        allowed: u64,
        place: i32,
    }
    const PATH_BENEATH: u32 = 1;
    let rule = PathBeneath {
        allowed,
        place: place.as_raw_fd(),
    };
    // SAFETY: the rule has the layout that its type says, and lives until the call returns.
    #[expect(unsafe_code, reason = "landlock_add_rule(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            PATH_BENEATH,
            &raw const rule,
            0,
        )
    };
    result(returned).map(drop)
}

/// Puts this process, and all that it will make, under a ruleset. It needs no_new_privs or CAP_SYS_ADMIN.
pub(crate) fn landlock_restrict(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: takes numbers only.
    #[expect(unsafe_code, reason = "landlock_restrict_self(2) is not in rustix")]
    let returned =
        unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
    result(returned).map(drop)
}
