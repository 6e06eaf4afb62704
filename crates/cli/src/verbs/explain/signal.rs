//! Signals that end services because of their settings.

/// A signal, as `status=31/SYS` in the journal names it.
pub(super) struct Signal {
    /// Its number on most architectures.
    pub(super) number: u8,
    /// Its name without `SIG`.
    pub(super) name: &'static str,
    /// What to make of it, as Markdown.
    pub(super) text: &'static str,
    /// The directives that can be behind it.
    pub(super) settings: &'static [&'static str],
}

static SIGNALS: &[Signal] = &[
    Signal {
        number: 31,
        name: "SYS",
        text: "The program made a system call that a filter forbids.\n\n\
               The kernel's log names the call by its number: `journalctl -k --grep 'type=1326'` shows `syscall=`, and \
               `unitward syscall-filter NUMBER` the name and its sets. With `SystemCallErrorNumber=EPERM` the call fails \
               instead of ending the program, which many programs survive.",
        settings: &[
            "SystemCallFilter",
            "SystemCallErrorNumber",
            "SystemCallArchitectures",
            "SystemCallLog",
        ],
    },
    Signal {
        number: 9,
        name: "KILL",
        text: "The process was killed: it had no chance to react.\n\n\
               The usual reasons are memory (`systemctl status` says `oom-kill`), a stop that took longer than \
               `TimeoutStopSec=`, and a hard limit of CPU time.",
        settings: &[
            "MemoryMax",
            "TimeoutStopSec",
            "LimitCPU",
            "OOMPolicy",
            "ManagedOOMMemoryPressure",
        ],
    },
    Signal {
        number: 6,
        name: "ABRT",
        text: "The program ended itself, or systemd ended it because its watchdog was silent.\n\n\
               Programs abort when an assertion fails or memory cannot be had. A limit of the address space or a forbidden \
               memory mapping shows this way as well.",
        settings: &[
            "WatchdogSec",
            "LimitAS",
            "MemoryDenyWriteExecute",
            "TimeoutStartFailureMode",
        ],
    },
    Signal {
        number: 11,
        name: "SEGV",
        text: "The program touched memory that it has not.\n\n\
               Mostly a mistake of the program; but programs that do not look whether mmap or mprotect succeeded, such as \
               some with a compiler at run time, end so under `MemoryDenyWriteExecute=yes`, and programs with deep \
               recursion under a small stack.",
        settings: &["MemoryDenyWriteExecute", "LimitSTACK"],
    },
    Signal {
        number: 24,
        name: "XCPU",
        text: "The process used more CPU time than its soft limit.",
        settings: &["LimitCPU", "LimitRTTIME"],
    },
    Signal {
        number: 25,
        name: "XFSZ",
        text: "The process wrote a file larger than its limit.",
        settings: &["LimitFSIZE"],
    },
];

/// The signal of `SIGSYS`, `SYS`, or `31/SYS`.
pub(super) fn find(word: &str) -> Option<&'static Signal> {
    let name = match word.split_once('/') {
        Some((number, name)) => {
            number.parse::<u8>().ok()?;
            name
        }
        None => word,
    };
    let name = name.strip_prefix("SIG").unwrap_or(name);
    SIGNALS.iter().find(|signal| signal.name == name)
}

#[cfg(test)]
mod tests {
    use super::SIGNALS;

    #[test]
    fn settings_are_directives() {
        for name in SIGNALS.iter().flat_map(|signal| signal.settings) {
            assert!(unitward_catalog::directive(name).is_some(), "{name}");
        }
    }
}
