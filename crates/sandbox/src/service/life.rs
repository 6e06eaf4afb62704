//! What a unit says about the life of its service, as data (systemd.service(5), systemd.kill(5)).

use std::time::Duration;

use serde::Serialize;
use unitward_settings::{
    ExitStatuses, ExitType, INFINITY, KillMode, NotifyAccess, ServiceType, Settings,
    TimeoutFailureMode,
};

use super::bus;
use super::outcome::{Ending, ServiceResult};
use crate::plan::environment::Variables;

/// How a service starts, stays and stops.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Life {
    /// When it counts as started.
    pub kind: ServiceType,
    /// Whether it ends with its main process or with its last one.
    pub exit: ExitType,
    /// Whether it counts as running when its processes have ended.
    pub remains: bool,
    /// Whose messages it listens to.
    pub notify: NotifyAccess,
    /// The name on the bus that says it has started.
    pub bus_name: Option<String>,
    /// The socket of the bus that is asked for the name.
    pub bus: Option<String>,
    /// The file that names its main process.
    pub pid_file: Option<String>,
    /// Whether the main process is found out where no file names it.
    pub guesses_main: bool,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Which processes are killed to stop it.
    pub kill_mode: KillMode,
    /// The signals that stop it.
    pub signals: Signals,
    /// What counts as success besides the usual.
    pub success: ExitStatuses,
}

/// How long things may take; none for as long as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timeouts {
    /// Each step of the start.
    pub start: Option<Duration>,
    /// Each step of the stop.
    pub stop: Option<Duration>,
    /// The stop after the watchdog's signal.
    pub abort: Option<Duration>,
    /// The service as a whole.
    pub runtime: Option<Duration>,
    /// Between two reports of the service.
    pub watchdog: Option<Duration>,
    /// What happens when the start takes too long.
    #[serde(skip)]
    pub start_failure: TimeoutFailureMode,
    /// What happens when the stop takes too long.
    #[serde(skip)]
    pub stop_failure: TimeoutFailureMode,
}

/// The signals that stop a service, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Signals {
    /// The first one.
    pub stop: u8,
    /// The one that cannot be refused.
    pub last: u8,
    /// The one after a missed report.
    pub watchdog: u8,
    /// The one that asks to read the configuration again, with `Type=notify-reload`.
    pub reload: u8,
    /// Whether SIGHUP follows the first one.
    pub hang_up: bool,
    /// Whether the last one is sent.
    pub insists: bool,
}

/// Whose ending is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The main process.
    Main,
    /// Any other command.
    Control,
}

impl Life {
    /// What the settings of a unit say.
    pub(crate) fn of(settings: &Settings, caller: &Variables) -> Self {
        let stop = span(settings.timeout_stop_sec.0);
        let extra = settings.runtime_randomized_extra_sec.0;
        Self {
            kind: *settings.service_type,
            exit: *settings.exit_type,
            remains: settings.remain_after_exit.0,
            notify: *settings.notify_access,
            bus_name: settings.bus_name.0.clone(),
            bus: bus::path(settings.scope, caller),
            pid_file: settings.pid_file.0.clone(),
            guesses_main: settings.guess_main_pid.0,
            timeouts: Timeouts {
                start: span(settings.timeout_start_sec.0),
                stop,
                abort: settings.timeout_abort_sec.0.map_or(stop, span),
                runtime: span(settings.runtime_max_sec.0)
                    .map(|runtime| runtime.saturating_add(random(extra))),
                watchdog: span(settings.watchdog_sec.0),
                start_failure: *settings.timeout_start_failure_mode,
                stop_failure: *settings.timeout_stop_failure_mode,
            },
            kill_mode: *settings.kill_mode,
            signals: Signals {
                stop: settings.kill_signal.0,
                last: settings.final_kill_signal.0,
                watchdog: settings.watchdog_signal.0,
                reload: settings.reload_signal.0,
                hang_up: settings.send_sighup.0,
                insists: settings.send_sigkill.0,
            },
            success: settings.success_exit_status.value().clone(),
        }
    }

    /// What an ending means: services may also end by the signals that usually stop them, commands may not.
    pub(crate) fn judge(&self, role: Role, ending: Ending) -> ServiceResult {
        /// SIGHUP, SIGINT, SIGPIPE and SIGTERM.
        const CLEAN: [u8; 4] = [1, 2, 13, 15];
        let main = role == Role::Main;
        let clean = match ending {
            Ending::Exited(code) => code == 0 || main && self.success.codes.contains(&code),
            Ending::Killed(signal) | Ending::Dumped(signal) => {
                let usual = self.kind != ServiceType::Oneshot
                    && matches!(ending, Ending::Killed(_))
                    && CLEAN.contains(&signal);
                main && (usual || self.success.signals.contains(&signal))
            }
        };
        if clean {
            ServiceResult::Success
        } else {
            ServiceResult::of(ending)
        }
    }
}

/// A span in microseconds; none for no limit.
fn span(microseconds: u64) -> Option<Duration> {
    (microseconds != INFINITY && microseconds != 0).then(|| Duration::from_micros(microseconds))
}

/// A random span of at most so many microseconds.
fn random(most: u64) -> Duration {
    if most == 0 {
        return Duration::ZERO;
    }
    let mut bytes = [0; 8];
    // Without randomness there is no extra time.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    Duration::from_micros(u64::from_ne_bytes(bytes) % most.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(kind: ServiceType) -> Life {
        let mut life = Life {
            kind,
            exit: ExitType::Main,
            remains: false,
            notify: NotifyAccess::None,
            bus_name: None,
            bus: None,
            pid_file: None,
            guesses_main: true,
            timeouts: Timeouts {
                start: None,
                stop: None,
                abort: None,
                runtime: None,
                watchdog: None,
                start_failure: TimeoutFailureMode::Terminate,
                stop_failure: TimeoutFailureMode::Terminate,
            },
            kill_mode: KillMode::ControlGroup,
            signals: Signals {
                stop: 15,
                last: 9,
                watchdog: 6,
                reload: 1,
                hang_up: false,
                insists: true,
            },
            success: ExitStatuses::default(),
        };
        life.success.codes.insert(42);
        life.success.signals.insert(10);
        life
    }

    #[test]
    fn a_daemon_may_end_by_the_signals_that_stop_it() {
        let life = life(ServiceType::Simple);
        let judge = |ending| life.judge(Role::Main, ending);
        assert_eq!(judge(Ending::Killed(15)), ServiceResult::Success);
        assert_eq!(judge(Ending::Killed(10)), ServiceResult::Success);
        assert_eq!(judge(Ending::Exited(42)), ServiceResult::Success);
        assert_eq!(judge(Ending::Killed(9)), ServiceResult::Signal);
        assert_eq!(judge(Ending::Dumped(6)), ServiceResult::CoreDump);
        assert_eq!(judge(Ending::Exited(1)), ServiceResult::ExitCode);
    }

    #[test]
    fn a_command_may_not() {
        let oneshot = life(ServiceType::Oneshot);
        let killed = Ending::Killed(15);
        assert_eq!(oneshot.judge(Role::Main, killed), ServiceResult::Signal);
        let simple = life(ServiceType::Simple);
        assert_eq!(simple.judge(Role::Control, killed), ServiceResult::Signal);
        let status = Ending::Exited(42);
        assert_eq!(simple.judge(Role::Control, status), ServiceResult::ExitCode);
    }
}
