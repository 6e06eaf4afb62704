//! Security modules of the kernel.

use rustix::io::Errno;

use super::result;

/// The numbers of the security modules that are switched on (lsm_list_modules(2), Linux 6.8).
pub(crate) fn security_modules() -> Result<Vec<u64>, Errno> {
    /// The same on all architectures.
    const LSM_LIST_MODULES: libc::c_long = 461;
    let mut numbers = [0_u64; 32];
    let mut size: u32 = size_of_val(&numbers) as u32;
    // SAFETY: the kernel writes at most `size` bytes of numbers, and the size that it needed.
    #[expect(unsafe_code, reason = "lsm_list_modules(2) is not in rustix")]
    let returned =
        unsafe { libc::syscall(LSM_LIST_MODULES, numbers.as_mut_ptr(), &raw mut size, 0_u32) };
    let count = usize::try_from(result(returned)?).map_err(|_| Errno::RANGE)?;
    Ok(numbers.get(..count).unwrap_or_default().to_vec())
}
