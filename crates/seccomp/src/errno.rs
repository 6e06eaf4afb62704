use crate::tables;

/// Names of error numbers, as `SystemCallErrorNumber=` and `SystemCallFilter=CALL:ERRNO` take them.
///
/// They are those of the kernel's generic list (`asm-generic/errno.h`), which all architectures have but
/// alpha, mips, parisc and sparc; powerpc gives EDEADLOCK a number of its own.
#[derive(Debug)]
pub enum Errno {}

impl Errno {
    /// The number of a name, as the systemd version reads it: in any case, and with the second names
    /// `EWOULDBLOCK`, `EDEADLOCK` and `ENOTSUP`. `EFTYPE` is known from 262 on.
    pub fn by_name(name: &str, systemd: u16) -> Option<u16> {
        let known = tables::ERRNO_BY_NAME
            .iter()
            .find(|known| known.0.eq_ignore_ascii_case(name));
        known
            .filter(|known| known.2 <= systemd)
            .map(|known| known.1)
    }

    /// The name that the systemd version prints for a number, such as `EAGAIN` (never `EWOULDBLOCK`), or
    /// `None` where it prints the number.
    pub fn name(number: u16, systemd: u16) -> Option<&'static str> {
        let place = tables::ERRNO_BY_NUMBER
            .binary_search_by_key(&number, |known| known.0)
            .ok()?;
        let known = tables::ERRNO_BY_NUMBER.get(place)?;
        (known.2 <= systemd).then_some(known.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_numbers_and_back() {
        assert_eq!(Errno::by_name("EPERM", 252), Some(1));
        assert_eq!(Errno::by_name("ENOSYS", 252), Some(38));
        assert_eq!(Errno::by_name("EAFNOSUPPORT", 252), Some(97));
        assert_eq!(Errno::by_name("eilseq", 252), Some(84));
        for name in [
            "",
            "EFOO",
            "EPERM ",
            "ENOTSUPP",
            "EFSCORRUPTED",
            "kill",
            "1",
        ] {
            assert_eq!(Errno::by_name(name, 262), None, "{name:?}");
        }
        let mut named = 0;
        for number in 0..=u16::MAX {
            if let Some(name) = Errno::name(number, 262) {
                assert_eq!(Errno::by_name(name, 262), Some(number), "{name}");
                named += 1;
            }
        }
        assert_eq!(named, 132);
    }

    #[test]
    fn second_names_are_read_and_never_printed() {
        for (second, first) in [
            ("EWOULDBLOCK", "EAGAIN"),
            ("EDEADLOCK", "EDEADLK"),
            ("ENOTSUP", "EOPNOTSUPP"),
        ] {
            let number = Errno::by_name(second, 252);
            assert!(number.is_some() && number == Errno::by_name(first, 252));
            assert_eq!(
                number.and_then(|number| Errno::name(number, 252)),
                Some(first)
            );
        }
    }

    #[test]
    fn eftype_is_new() {
        assert_eq!(Errno::by_name("EFTYPE", 257), None);
        assert_eq!(Errno::by_name("EFTYPE", 262), Some(134));
        assert_eq!(Errno::name(134, 257), None);
        assert_eq!(Errno::name(134, 262), Some("EFTYPE"));
    }
}
