//! What happens while a service runs, for those who want to know.

use std::fmt;

use rustix::io::Errno;

use super::outcome::{Ending, ServiceResult};
use crate::plan::{Phase, ProcessPlan, Step};

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A process was made.
    Started {
        /// Its plan.
        process: &'a ProcessPlan,
        /// Its number.
        pid: i32,
    },
    /// A step failed and was passed over.
    Tolerated {
        /// The step.
        step: &'a Step,
        /// The kernel's answer.
        errno: Errno,
    },
    /// Something that was planned could not be had, and the service does without.
    Unmet {
        /// The directive that asked for it.
        directive: &'static str,
        /// Why.
        reason: &'a str,
    },
    /// A process of a command ended.
    Ended {
        /// When the command is run.
        phase: Phase,
        /// How.
        ending: Ending,
    },
    /// The service counts as started.
    Ready,
    /// The service said something about itself.
    Status(&'a str),
    /// The service reads its configuration again.
    Reloading,
    /// The service has read its configuration again, or could not.
    Reloaded,
    /// Signals are sent to stop the service.
    Signals {
        /// The signal.
        signal: u8,
    },
    /// The time for a step was over.
    TimedOut {
        /// The step.
        phase: Phase,
    },
    /// The service did not report in time.
    WatchdogMissed,
    /// It is over.
    Over(ServiceResult),
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { process, pid } => {
                let directive = process.phase.directive();
                write!(
                    f,
                    "{directive}= runs {} as process {pid}",
                    process.command.path
                )
            }
            Self::Tolerated { step, errno } => {
                write!(
                    f,
                    "cannot {}: {}; this is passed over",
                    step.action,
                    crate::message(*errno)
                )
            }
            Self::Unmet { directive, reason } => write!(f, "{directive}= does not hold: {reason}"),
            Self::Ended { phase, ending } => {
                write!(f, "the process of {}= {ending}", phase.directive())
            }
            Self::Ready => f.write_str("the service has started"),
            Self::Status(text) => write!(f, "the service says: {text}"),
            Self::Reloading => f.write_str("the service reads its configuration again"),
            Self::Reloaded => f.write_str("the reload is over"),
            Self::Signals { signal } => {
                let name = unitward_settings::signal_name(*signal);
                write!(f, "sends SIG{name} to the processes of the service")
            }
            Self::TimedOut { phase } => {
                write!(f, "the time for {}= is over", phase.directive())
            }
            Self::WatchdogMissed => f.write_str("the service did not report in time"),
            Self::Over(result) => write!(f, "the service ended with result {}", result.name()),
        }
    }
}
