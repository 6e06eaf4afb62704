//! The life of a started service, and its stop in systemd's order.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use unitward_settings::{ExitType, KillMode, ServiceType, TimeoutFailureMode};

use super::event::Event;
use super::life::Role;
use super::members;
use super::outcome::{Ending, Outcome, ServiceResult};
use super::supervisor::Supervisor;
use crate::cgroup::ControlGroup;
use crate::plan::Phase;
use crate::{Cause, Exit, Failure, sys};

/// Why a service leaves the state that it is in, and where its stop begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leave {
    result: ServiceResult,
    entry: Entry,
    /// Whether somebody asked for it.
    asked: bool,
}

/// Where a stop begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// With the commands of `ExecStop=`.
    Commands,
    /// With the watchdog's signal.
    Abort,
    /// With the first signal.
    Terminate,
    /// With the signal that cannot be refused.
    Kill,
    /// Nothing was started.
    Over,
}

/// A round of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Abort,
    Terminate,
    Kill,
}

/// Before or after the commands of `ExecStopPost=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Stop,
    Final,
}

impl Leave {
    pub(super) const fn new(result: ServiceResult, entry: Entry) -> Self {
        Self {
            result,
            entry,
            asked: false,
        }
    }

    pub(super) const fn asked(entry: Entry) -> Self {
        Self {
            result: ServiceResult::Success,
            entry,
            asked: true,
        }
    }
}

impl Supervisor<'_> {
    /// Runs the service to its end.
    pub(super) fn run(mut self) -> Outcome {
        let leave = match self.start() {
            Ok(()) => self.live(),
            Err(leave) => leave,
        };
        self.stop(leave);
        if let Some(main) = &self.main {
            // An ending that does not matter is not passed on.
            let ending = main.ending.filter(|_| !main.may_fail);
            self.outcome.ending = ending.or(self.outcome.ending);
        }
        (self.tell)(&Event::Over(self.outcome.result));
        let removed = self.group.take().map_or(Ok(()), ControlGroup::remove);
        if let Err(errno) = removed {
            let step = "remove the control group of the service";
            let failure = Failure::new(Exit::CGROUP, Cause::ALWAYS, step).with_errno(errno);
            self.outcome.failure.get_or_insert(failure);
        }
        self.terminal = None;
        self.sockets.clear();
        self.credentials = None;
        self.notify = None;
        self.made = None;
        if let Some(owner) = self.plan.ipc {
            owner.remove_objects();
        }
        if let Some(guardian) = self.guardian.take() {
            guardian.dismiss();
        }
        self.outcome
    }

    /// Waits until the started service ends or is to be stopped.
    fn live(&mut self) -> Leave {
        let runtime = self.plan.life.timeouts.runtime;
        let runtime_end = runtime.and_then(|runtime| Instant::now().checked_add(runtime));
        self.told.reported = Some(Instant::now());
        loop {
            let watchdog_end = self.watchdog_end();
            let end = [runtime_end, watchdog_end].into_iter().flatten().min();
            let timeout = end.map(|end| end.saturating_duration_since(Instant::now()));
            self.wait(timeout, |all| {
                all.asked.stop
                    || all.asked.reload
                    || all.told.trigger
                    || all.has_ended()
                    || all.out_of_memory().is_some()
                    || all.watchdog_end() != watchdog_end
            });
            if let Some(entry) = self.out_of_memory() {
                return Leave::new(ServiceResult::OomKill, entry);
            }
            if self.has_ended() {
                if let Some(result) = self.main_failed() {
                    return Leave::new(result, Entry::Terminate);
                }
                if !self.plan.life.remains {
                    return Leave::new(ServiceResult::Success, Entry::Commands);
                }
                self.wait(None, |all| all.asked.stop);
            }
            if self.asked.stop {
                return Leave::asked(Entry::Commands);
            }
            let now = Instant::now();
            let late = self.watchdog_end().is_some_and(|end| now >= end);
            if self.told.trigger || late {
                (self.tell)(&Event::WatchdogMissed);
                return Leave::new(ServiceResult::Watchdog, Entry::Abort);
            }
            if runtime_end.is_some_and(|end| now >= end) {
                (self.tell)(&Event::TimedOut {
                    phase: Phase::Start,
                });
                return Leave::new(ServiceResult::Timeout, Entry::Commands);
            }
            if std::mem::take(&mut self.asked.reload) {
                if !self.can_reload() {
                    return Leave::asked(Entry::Commands);
                }
                self.reload();
                (self.tell)(&Event::Reloaded);
            }
        }
    }

    /// Whether the service has ended by itself.
    fn has_ended(&mut self) -> bool {
        let life = &self.plan.life;
        match &self.main {
            Some(main) if main.ending.is_none() => false,
            Some(_) if life.exit == ExitType::Main => true,
            // A failure of the main process counts at once.
            Some(_) if self.main_failed().is_some() => true,
            _ => self.is_empty(),
        }
    }

    /// When the service has to have reported.
    fn watchdog_end(&self) -> Option<Instant> {
        self.told.reported?.checked_add(self.told.watchdog?)
    }

    fn can_reload(&self) -> bool {
        self.plan.life.kind == ServiceType::NotifyReload
            || self.plan.commands(Phase::Reload).next().is_some()
    }

    /// Has the service read its configuration again. A failure does not stop it.
    fn reload(&mut self) {
        (self.tell)(&Event::Reloading);
        let plan = self.plan;
        let timeout = plan.life.timeouts.start;
        let tells = plan.life.kind == ServiceType::NotifyReload;
        if tells && let Some(main) = self.living_main() {
            // A process that is gone by now is noticed as such.
            let _ = sys::send_signal(main.pidfd.as_fd(), plan.life.signals.reload);
            let _ = sys::send_signal(main.pidfd.as_fd(), libc::SIGCONT as u8);
            self.told.ready = false;
        }
        if !self.run_commands(Phase::Reload, timeout) || self.asked.stop {
            return;
        }
        if tells {
            let in_time = self.wait(timeout, |all| {
                all.told.ready || all.asked.stop || all.has_ended()
            });
            if !in_time {
                (self.tell)(&Event::TimedOut {
                    phase: Phase::Reload,
                });
            }
        }
        if !self.asked.stop {
            self.run_commands(Phase::ReloadPost, timeout);
        }
    }

    /// Runs the commands of a phase besides the start until one fails; false when one did.
    fn run_commands(&mut self, phase: Phase, timeout: Option<Duration>) -> bool {
        let plan = self.plan;
        for process in plan.commands(phase) {
            if let Err(failure) = self.spawn_control(process) {
                self.outcome.failure.get_or_insert(failure);
                self.fail_unless(phase == Phase::Reload, ServiceResult::Resources);
                return false;
            }
            if !self.wait(timeout, |all| all.living_control().is_none()) {
                (self.tell)(&Event::TimedOut { phase });
                self.fail_unless(phase == Phase::Reload, ServiceResult::Timeout);
                return false;
            }
            let ending = self.take_control();
            let result = ending.map_or(ServiceResult::Success, |end| {
                plan.life.judge(Role::Control, end)
            });
            if result != ServiceResult::Success && !process.command.ignore_failure {
                self.fail_unless(matches!(phase, Phase::Reload | Phase::ReloadPost), result);
                return false;
            }
        }
        true
    }

    fn fail_unless(&mut self, harmless: bool, result: ServiceResult) {
        if !harmless {
            self.fail(result);
        }
    }

    /// Stops the service from where it is.
    fn stop(&mut self, leave: Leave) {
        self.fail(leave.result);
        self.outcome.stopped = leave.asked;
        let timeouts = self.plan.life.timeouts;
        let operation = match leave.entry {
            Entry::Over => return,
            Entry::Abort => Operation::Abort,
            Entry::Terminate => Operation::Terminate,
            Entry::Kill => Operation::Kill,
            Entry::Commands => {
                let before = self.outcome.result;
                self.run_commands(Phase::Stop, timeouts.stop);
                let late = self.outcome.result == ServiceResult::Timeout
                    && before != ServiceResult::Timeout;
                match timeouts.stop_failure {
                    TimeoutFailureMode::Abort if late => Operation::Abort,
                    TimeoutFailureMode::Kill if late => Operation::Kill,
                    _ => Operation::Terminate,
                }
            }
        };
        self.end_processes(operation, Stage::Stop);
        if let Some(result) = self
            .main_failed()
            .filter(|_| !leave.asked || !self.was_told())
        {
            self.fail(result);
        }
        self.run_commands(Phase::StopPost, timeouts.stop);
        self.end_processes(Operation::Terminate, Stage::Final);
        self.sweep();
    }

    /// Whether the main process ended by a signal that was sent to stop it.
    fn was_told(&self) -> bool {
        let ending = self.main.as_ref().and_then(|main| main.ending);
        matches!(ending, Some(Ending::Killed(signal)) if signal == self.plan.life.signals.stop)
    }

    /// Sends signals until the processes are gone, or there is nothing left to try.
    fn end_processes(&mut self, first: Operation, stage: Stage) {
        let timeouts = self.plan.life.timeouts;
        let insists = self.plan.life.signals.insists;
        let mut operation = first;
        loop {
            let known = self.living_main().is_some() || self.living_control().is_some();
            let mut late = false;
            if self.send(operation) {
                let timeout = match operation {
                    Operation::Abort => timeouts.abort,
                    _ => timeouts.stop,
                };
                let in_time = self.wait(timeout, |all| {
                    let known_gone = all.living_main().is_none() && all.living_control().is_none();
                    known_gone && (stage == Stage::Stop && known || all.is_empty())
                });
                if in_time {
                    return;
                }
                (self.tell)(&Event::TimedOut { phase: Phase::Stop });
                self.fail(ServiceResult::Timeout);
                late = true;
            }
            operation = match operation {
                Operation::Terminate
                    if late
                        && stage == Stage::Stop
                        && timeouts.stop_failure == TimeoutFailureMode::Abort =>
                {
                    Operation::Abort
                }
                Operation::Terminate | Operation::Abort if insists => Operation::Kill,
                _ => return,
            };
        }
    }

    /// Sends the signals of a round to those whom they concern; says whether there is somebody to wait for.
    fn send(&mut self, operation: Operation) -> bool {
        let life = &self.plan.life;
        let signals = life.signals;
        let signal = match operation {
            Operation::Abort => signals.watchdog,
            Operation::Terminate => signals.stop,
            Operation::Kill => signals.last,
        };
        if life.kill_mode == KillMode::None {
            return false;
        }
        let mut followers = Vec::new();
        if operation != Operation::Kill {
            followers.extend((signals.hang_up).then_some(libc::SIGHUP as u8));
            followers.push(libc::SIGCONT as u8);
        }
        let mut waits = false;
        let mut known = Vec::new();
        for process in [self.living_main(), self.living_control()]
            .into_iter()
            .flatten()
        {
            waits = true;
            known.push(process.pid);
            for signal in [signal].iter().chain(&followers) {
                // One that has just ended is noticed as such.
                let _ = sys::send_signal(process.pidfd.as_fd(), *signal);
            }
        }
        let all = match life.kill_mode {
            KillMode::ControlGroup => true,
            KillMode::Mixed => operation == Operation::Kill,
            _ => false,
        };
        if all && !self.is_empty() {
            for pid in members::descendants(self.own, &self.foreign) {
                if known.contains(&pid) {
                    continue;
                }
                for signal in [signal].iter().chain(&followers) {
                    waits |= members::signal(pid, self.own, *signal);
                }
            }
        }
        if waits {
            (self.tell)(&Event::Signals { signal });
        }
        waits
    }

    /// Leaves nothing behind: processes that a stop leaves alone, and the file that names the main process.
    fn sweep(&mut self) {
        /// A kernel that does not end a killed process in this time has it waiting for a device.
        const PATIENCE: Duration = Duration::from_secs(5);
        let end = Instant::now() + PATIENCE;
        while !self.is_empty() && Instant::now() < end {
            for pid in members::descendants(self.own, &self.foreign) {
                members::signal(pid, self.own, libc::SIGKILL as u8);
            }
            self.wait(Some(Duration::from_millis(100)), |all| all.is_empty());
        }
        if let Some(path) = &self.plan.life.pid_file {
            // It may be gone, or never have been there.
            let _ = rustix::fs::unlink(path.as_str());
        }
    }
}
