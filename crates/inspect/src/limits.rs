//! /proc/PID/limits (proc_pid_limits(5)).

use serde::Serialize;

/// A resource limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResourceLimit {
    /// The directive that sets it, such as `LimitNOFILE`.
    pub directive: &'static str,
    /// What counts; none for no limit. In the unit of setrlimit(2).
    pub soft: Option<u64>,
    /// How far the process may raise it; none for no limit.
    pub hard: Option<u64>,
}

/// The directive and the kernel's words.
const NAMES: [(&str, &str); 16] = [
    ("LimitCPU", "Max cpu time"),
    ("LimitFSIZE", "Max file size"),
    ("LimitDATA", "Max data size"),
    ("LimitSTACK", "Max stack size"),
    ("LimitCORE", "Max core file size"),
    ("LimitRSS", "Max resident set"),
    ("LimitNPROC", "Max processes"),
    ("LimitNOFILE", "Max open files"),
    ("LimitMEMLOCK", "Max locked memory"),
    ("LimitAS", "Max address space"),
    ("LimitLOCKS", "Max file locks"),
    ("LimitSIGPENDING", "Max pending signals"),
    ("LimitMSGQUEUE", "Max msgqueue size"),
    ("LimitNICE", "Max nice priority"),
    ("LimitRTPRIO", "Max realtime priority"),
    ("LimitRTTIME", "Max realtime timeout"),
];

pub(crate) fn parse(text: &str) -> Vec<ResourceLimit> {
    let of_line = |line: &str| {
        let (directive, rest) = NAMES
            .iter()
            .find_map(|(directive, words)| Some((*directive, line.strip_prefix(words)?)))?;
        let mut values = rest.split_ascii_whitespace();
        let mut next = || match values.next()? {
            "unlimited" => Some(None),
            number => number.parse().ok().map(Some),
        };
        Some(ResourceLimit {
            directive,
            soft: next()?,
            hard: next()?,
        })
    };
    text.lines().filter_map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
            Max cpu time              unlimited            unlimited            seconds   \n\
            Max open files            1024                 524288               files     \n\
            Max realtime priority     0                    0                    \n";
        let limit = |directive, soft, hard| ResourceLimit {
            directive,
            soft,
            hard,
        };
        assert_eq!(
            parse(text),
            [
                limit("LimitCPU", None, None),
                limit("LimitNOFILE", Some(1024), Some(524_288)),
                limit("LimitRTPRIO", Some(0), Some(0)),
            ]
        );
    }
}
