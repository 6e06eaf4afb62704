//! How processes and services end (systemd.exec(5), `$SERVICE_RESULT`).

use std::fmt;

use serde::Serialize;

use crate::Failure;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an exit status.
    Exited(u8),
    /// By a signal.
    Killed(u8),
    /// By a signal, with a memory dump.
    Dumped(u8),
}

/// Why a service ended, in systemd's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ServiceResult {
    /// As it should.
    #[default]
    Success,
    /// Something that its start needs was not there.
    Resources,
    /// It did not do what its `Type=` asks for.
    Protocol,
    /// It took too long.
    Timeout,
    /// A process ended with a bad exit status.
    ExitCode,
    /// A process was killed.
    Signal,
    /// A process was killed, with a memory dump.
    CoreDump,
    /// It did not report in time (`WatchdogSec=`).
    Watchdog,
    /// The kernel killed a process for lack of memory (`OOMPolicy=`).
    OomKill,
    /// `ExecCondition=` was against the start.
    ExecCondition,
}

/// How a service ended.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Why.
    pub result: ServiceResult,
    /// How the main process, or else the command that failed, ended; none when none was made.
    pub ending: Option<Ending>,
    /// Whether it ended because somebody asked for it.
    pub stopped: bool,
    /// Why a process was not made, or did not become its program.
    pub failure: Option<Failure>,
    /// What it said last about itself (`STATUS=`).
    pub status: Option<String>,
}

impl Ending {
    /// From a status of wait(2).
    pub(crate) fn of(status: rustix::process::WaitStatus) -> Self {
        const DUMPED: i32 = 0x80;
        if let Some(signal) = status.terminating_signal() {
            let signal = u8::try_from(signal).unwrap_or(u8::MAX);
            return if status.as_raw() & DUMPED != 0 {
                Self::Dumped(signal)
            } else {
                Self::Killed(signal)
            };
        }
        let code = status.exit_status().unwrap_or(0);
        Self::Exited(u8::try_from(code).unwrap_or(u8::MAX))
    }

    /// `$EXIT_CODE` and `$EXIT_STATUS`.
    pub(crate) fn variables(self) -> (&'static str, String) {
        match self {
            Self::Exited(code) => ("exited", code.to_string()),
            Self::Killed(signal) => ("killed", unitward_settings::signal_name(signal)),
            Self::Dumped(signal) => ("dumped", unitward_settings::signal_name(signal)),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with status {code}"),
            Self::Killed(signal) => {
                write!(
                    f,
                    "was killed by SIG{}",
                    unitward_settings::signal_name(*signal)
                )
            }
            Self::Dumped(signal) => write!(
                f,
                "was killed by SIG{} with a memory dump",
                unitward_settings::signal_name(*signal)
            ),
        }
    }
}

impl ServiceResult {
    /// As `$SERVICE_RESULT` says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Resources => "resources",
            Self::Protocol => "protocol",
            Self::Timeout => "timeout",
            Self::ExitCode => "exit-code",
            Self::Signal => "signal",
            Self::CoreDump => "core-dump",
            Self::Watchdog => "watchdog",
            Self::OomKill => "oom-kill",
            Self::ExecCondition => "exec-condition",
        }
    }

    /// What a bad ending makes of a service.
    pub(crate) const fn of(ending: Ending) -> Self {
        match ending {
            Ending::Exited(_) => Self::ExitCode,
            Ending::Killed(_) => Self::Signal,
            Ending::Dumped(_) => Self::CoreDump,
        }
    }
}
