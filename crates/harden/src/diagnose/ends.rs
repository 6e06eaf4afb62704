//! Ends that a setting brings about: signals of limits, of the filter and of timers.

use super::cause::Cause;
use super::limits;
use super::subject::Subject;

impl Subject<'_> {
    /// Why a process of the service was killed by a signal, as far as a setting sends it. `program` is what it ran.
    #[must_use]
    pub fn causes_of_signal(&self, signal: i32, program: &str) -> Vec<Cause> {
        let name = limits::program(program);
        let listed: &[(&'static str, &str)] = match signal {
            libc::SIGXFSZ => &[("LimitFSIZE", "made a file larger than LimitFSIZE= allows")],
            libc::SIGXCPU => &[
                ("LimitCPU", "used more processor time than LimitCPU= allows"),
                (
                    "LimitRTTIME",
                    "ran in real time for longer than LimitRTTIME= allows",
                ),
            ],
            libc::SIGKILL => &[
                ("LimitCPU", "used more processor time than LimitCPU= allows"),
                ("MemoryMax", "used more memory than MemoryMax= allows"),
            ],
            libc::SIGSEGV => &[
                (
                    "LimitSTACK",
                    "needed a larger stack than LimitSTACK= allows",
                ),
                ("LimitAS", "got no more memory, because of LimitAS="),
            ],
            libc::SIGABRT => &[("WatchdogSec", "did not report within WatchdogSec=")],
            libc::SIGPIPE => &[("IgnoreSIGPIPE", "was killed by a write to a closed pipe")],
            _ => &[],
        };
        listed
            .iter()
            .filter(|(directive, _)| self.is_set(directive))
            .map(|(directive, what)| {
                let why = format!("{name} {what}");
                limits::raise(self, directive, why)
            })
            .collect()
    }
}
