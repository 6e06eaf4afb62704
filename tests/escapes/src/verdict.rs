//! How an attempt ended.

use std::fmt;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It got out.
    Out,
    /// A system call failed with this error number.
    Errno(i32),
    /// This signal ended the program.
    Signal(i32),
    /// Every call went well and nothing came of it outside.
    Nothing,
    /// The program was never started; this was the launcher's exit status.
    Refused(i32),
    /// The test itself does not work.
    Broken(String),
}

const ERRNOS: &[(i32, &str)] = &[
    (1, "EPERM"),
    (2, "ENOENT"),
    (3, "ESRCH"),
    (5, "EIO"),
    (6, "ENXIO"),
    (9, "EBADF"),
    (11, "EAGAIN"),
    (13, "EACCES"),
    (19, "ENODEV"),
    (22, "EINVAL"),
    (25, "ENOTTY"),
    (30, "EROFS"),
    (38, "ENOSYS"),
    (95, "EOPNOTSUPP"),
    (97, "EAFNOSUPPORT"),
    (111, "ECONNREFUSED"),
    (116, "ESTALE"),
    (126, "ENOKEY"),
    (128, "EKEYREVOKED"),
];

const SIGNALS: &[(i32, &str)] = &[
    (4, "SIGILL"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (15, "SIGTERM"),
    (25, "SIGXFSZ"),
    (31, "SIGSYS"),
];

/// The numbers that `programs/escape.h` adds to the error numbers.
const NOTHING: i32 = 1000;
const BROKEN: i32 = 1001;

impl Verdict {
    /// Reads what `escape world` prints: the report of the program, the end of the command, what was seen outside.
    ///
    /// A shell's exit status of 128 and more stands for a signal when the program did not come to its result.
    #[must_use]
    pub fn from_world(text: &str) -> Self {
        let mut started = false;
        let mut result = None;
        let mut end = None;
        let mut seen = true;
        for line in text.lines() {
            match line.trim_end().split_once(' ') {
                Some(("result", number)) => result = number.parse().ok(),
                Some(("exit", number)) => end = number.parse().ok(),
                Some(("signal", number)) => {
                    end = number.parse().ok().map(|number: i32| 128 + number)
                }
                None if line.trim_end() == "started" => (started, result) = (true, None),
                None if line.trim_end() == "unseen" => seen = false,
                _ => {}
            }
        }
        match (started, result, end) {
            (_, Some(0), _) if seen => Self::Out,
            (_, Some(0 | NOTHING), _) => Self::Nothing,
            (_, Some(BROKEN), _) | (_, _, None) => Self::Broken(text.to_owned()),
            (_, Some(errno), _) => Self::Errno(errno),
            (true, None, Some(status)) if status > 128 => Self::Signal(status - 128),
            (true, None, Some(_)) => Self::Broken(text.to_owned()),
            (false, None, Some(status)) => Self::Refused(status),
        }
    }

    /// Reads the form that [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let number = |table: &[(i32, &str)]| {
            table
                .iter()
                .find(|(_, other)| *other == name)
                .map(|(number, _)| *number)
        };
        match name {
            "out" => Some(Self::Out),
            "nothing" => Some(Self::Nothing),
            _ => number(ERRNOS)
                .map(Self::Errno)
                .or_else(|| number(SIGNALS).map(Self::Signal))
                .or_else(|| name.strip_prefix("exit ")?.parse().ok().map(Self::Refused))
                .or_else(|| name.strip_prefix("errno ")?.parse().ok().map(Self::Errno))
                .or_else(|| name.strip_prefix("signal ")?.parse().ok().map(Self::Signal)),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut named = |table: &[(i32, &str)], word: &str, number: i32| match table
            .iter()
            .find(|(other, _)| *other == number)
        {
            Some((_, name)) => formatter.write_str(name),
            None => write!(formatter, "{word} {number}"),
        };
        match self {
            Self::Out => formatter.write_str("out"),
            Self::Nothing => formatter.write_str("nothing"),
            Self::Errno(number) => named(ERRNOS, "errno", *number),
            Self::Signal(number) => named(SIGNALS, "signal", *number),
            Self::Refused(status) => write!(formatter, "exit {status}"),
            Self::Broken(text) => write!(formatter, "broken: {}", text.trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn reads_every_end_of_an_attempt() {
        for (text, expected) in [
            ("started\nresult 0\nexit 0\n", "out"),
            ("started\nresult 0\nexit 0\nseen\n", "out"),
            ("started\nresult 0\nexit 0\nunseen\n", "nothing"),
            ("started\nresult 1000\nexit 0\n", "nothing"),
            ("started\nresult 1\nexit 0\nunseen\n", "EPERM"),
            ("started\r\nresult 25\r\nexit 0\n", "ENOTTY"),
            ("started\nsignal 31\n", "SIGSYS"),
            ("started\nexit 159\n", "SIGSYS"),
            ("started\nstarted\nresult 1000\nexit 0\n", "nothing"),
            ("exit 226\n", "exit 226"),
            ("exit 1\nunseen\n", "exit 1"),
        ] {
            let verdict = Verdict::from_world(text);
            assert_eq!(verdict.to_string(), expected, "{text:?}");
            assert_eq!(Verdict::from_name(expected), Some(verdict));
        }
    }

    #[test]
    fn a_world_that_fails_is_no_verdict() {
        for text in ["", "started\nresult 1001\nexit 0\n", "started\nexit 3\n"] {
            let verdict = Verdict::from_world(text);
            assert!(matches!(verdict, Verdict::Broken(_)), "{text:?}: {verdict}");
        }
    }
}
