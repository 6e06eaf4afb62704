//! keyctl(2).

use std::ffi::CStr;

use rustix::io::Errno;

use super::result;

/// A keyring by its serial number, or by one of the kernel's special numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keyring(pub(crate) i32);

impl Keyring {
    /// The session keyring of this process.
    pub(crate) const SESSION: Self = Self(libc::KEY_SPEC_SESSION_KEYRING);
    /// The keyring of the user.
    pub(crate) const USER: Self = Self(libc::KEY_SPEC_USER_KEYRING);
}

/// Makes a new session keyring without a name (KEYCTL_JOIN_SESSION_KEYRING).
pub(crate) fn join_session_keyring() -> Result<Keyring, Errno> {
    let serial = keyctl(libc::KEYCTL_JOIN_SESSION_KEYRING, [0; 4])?;
    Ok(Keyring(i32::try_from(serial).map_err(|_| Errno::RANGE)?))
}

/// Links a keyring into another one (KEYCTL_LINK).
pub(crate) fn link_keyring(keyring: Keyring, into: Keyring) -> Result<(), Errno> {
    keyctl(
        libc::KEYCTL_LINK,
        [i64::from(keyring.0), i64::from(into.0), 0, 0],
    )
    .map(drop)
}

/// Gives a keyring to a user and a group (KEYCTL_CHOWN).
pub(crate) fn set_keyring_owner(keyring: Keyring, uid: u32, gid: u32) -> Result<(), Errno> {
    let arguments = [i64::from(keyring.0), i64::from(uid), i64::from(gid), 0];
    keyctl(libc::KEYCTL_CHOWN, arguments).map(drop)
}

/// Adds a key of the type `user` to a keyring (add_key(2)).
pub(crate) fn add_key(name: &CStr, payload: &[u8], into: Keyring) -> Result<Keyring, Errno> {
    // SAFETY: the strings end with NUL, and the kernel reads `len` bytes of the payload; all are valid for the call.
    #[expect(unsafe_code, reason = "add_key(2) is not in rustix")]
    let returned = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            name.as_ptr(),
            payload.as_ptr(),
            payload.len(),
            into.0,
        )
    };
    let serial = i32::try_from(result(returned)?).map_err(|_| Errno::RANGE)?;
    Ok(Keyring(serial))
}

/// Sets who may do what with a key (KEYCTL_SETPERM).
pub(crate) fn set_key_rights(key: Keyring, rights: u32) -> Result<(), Errno> {
    let arguments = [i64::from(key.0), i64::from(rights), 0, 0];
    keyctl(libc::KEYCTL_SETPERM, arguments).map(drop)
}

fn keyctl(operation: u32, arguments: [i64; 4]) -> Result<libc::c_long, Errno> {
    let [a, b, c, d] = arguments;
    // SAFETY: the operations above take numbers only; the one that takes a name is given none.
    #[expect(unsafe_code, reason = "keyctl(2) is not in rustix")]
    let returned = unsafe { libc::syscall(libc::SYS_keyctl, operation, a, b, c, d) };
    result(returned)
}
