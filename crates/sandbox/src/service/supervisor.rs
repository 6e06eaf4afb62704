//! One service: its processes, and one loop that waits for what happens to them.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitOptions};
use unitward_settings::NotifyAccess;

use super::credentials::Store;
use super::event::Event;
use super::guardian::Guardian;
use super::notify::{self, Message, Report};
use super::outcome::{Ending, Outcome, ServiceResult};
use super::plan::Plan;
use super::terminal::Terminal;
use super::{members, options::Parting};
use crate::cgroup::ControlGroup;
use crate::places::Made;
use crate::plan::Phase;
use crate::sockets::Bound;
use crate::sys::Signals;
use crate::{Cause, Exit, Failure};

/// A service that is run.
pub(super) struct Supervisor<'p> {
    pub(super) plan: &'p Plan,
    pub(super) tell: &'p mut dyn FnMut(&Event<'_>),
    pub(super) signals: Signals,
    pub(super) own: Pid,
    /// Children that do not belong to the service.
    pub(super) foreign: Vec<Pid>,
    pub(super) guardian: Option<Guardian>,
    /// When the guardian is due, while there is none.
    guardian_due: Option<Instant>,
    pub(super) notify: Option<notify::Socket>,
    /// What was made on the host for the service.
    pub(super) made: Option<Made>,
    pub(super) credentials: Option<Store>,
    pub(super) sockets: Vec<Bound>,
    pub(super) terminal: Option<Terminal>,
    pub(super) group: Option<ControlGroup>,
    /// `$INVOCATION_ID`.
    pub(super) invocation: String,
    pub(super) main: Option<Process>,
    pub(super) control: Option<Process>,
    pub(super) told: Told,
    pub(super) asked: Asked,
    /// Whether orders may still come.
    is_ordered: bool,
    /// Whether unitward had no child when it last looked.
    childless: bool,
    /// Until when the service asked for more time.
    extension: Option<Instant>,
    pub(super) outcome: Outcome,
}

/// A process of the service.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) pidfd: OwnedFd,
    pub(super) phase: Phase,
    /// Whether a bad ending counts as a good one (`-`).
    pub(super) may_fail: bool,
    /// Whether it is a child of unitward, whose ending the kernel tells.
    pub(super) is_child: bool,
    pub(super) ending: Option<Ending>,
}

/// What the service has said about itself.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) ready: bool,
    pub(super) reloading: bool,
    pub(super) stopping: bool,
    pub(super) trigger: bool,
    pub(super) reported: Option<Instant>,
    pub(super) watchdog: Option<Duration>,
}

/// What was asked of unitward by signals.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) stop: bool,
    pub(super) reload: bool,
}

/// The signals that unitward listens to.
const SIGNALS: [i32; 5] = [
    libc::SIGCHLD,
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGHUP,
    libc::SIGWINCH,
];

/// A command that is done sooner leaves nothing that its parent's death would not end (PR_SET_PDEATHSIG).
const GUARDIAN_AFTER: Duration = Duration::from_millis(10);

impl<'p> Supervisor<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        tell: &'p mut dyn FnMut(&Event<'_>),
    ) -> Result<Self, Failure> {
        let fail = |step: &str, errno| {
            Failure::new(Exit::EXCEPTION, Cause::ALWAYS, step).with_errno(errno)
        };
        let own = rustix::process::getpid();
        let signals = Signals::open(&SIGNALS).map_err(|errno| fail("listen to signals", errno))?;
        let foreign = if has_no_child() {
            Vec::new()
        } else {
            members::descendants(own, &[])
        };
        rustix::process::set_child_subreaper(Some(own))
            .map_err(|errno| fail("adopt orphaned processes", errno))?;
        let invocation = invocation().map_err(|errno| fail("get random bytes", errno))?;
        Ok(Self {
            plan,
            tell,
            signals,
            own,
            foreign,
            guardian: None,
            guardian_due: None,
            notify: None,
            made: None,
            credentials: None,
            sockets: Vec::new(),
            terminal: None,
            group: None,
            invocation,
            main: None,
            control: None,
            told: Told {
                watchdog: plan.life.timeouts.watchdog,
                ..Told::default()
            },
            asked: Asked::default(),
            is_ordered: true,
            childless: false,
            extension: None,
            outcome: Outcome::default(),
        })
    }
}

impl Supervisor<'_> {
    /// Waits until something is so; false when the time was over before. The service may ask for more time.
    pub(super) fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        self.extension = None;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if done(self) {
                return true;
            }
            let end = end.map(|end| self.extension.map_or(end, |extension| end.max(extension)));
            if end.is_some_and(|end| Instant::now() >= end) {
                return false;
            }
            self.pump(end);
        }
    }

    /// Waits for one thing or several to happen, until a time, and takes note of them.
    fn pump(&mut self, end: Option<Instant>) {
        let wake = [end, self.guardian_due].into_iter().flatten().min();
        let timeout = wake.map(|wake| {
            let span = wake.saturating_duration_since(Instant::now());
            Timespec::try_from(span).unwrap_or(Timespec {
                tv_sec: i64::MAX,
                tv_nsec: 0,
            })
        });
        let input = std::io::stdin();
        let mut fds = Vec::with_capacity(3);
        fds.push(PollFd::new(&self.signals, PollFlags::IN));
        if let Some(notify) = &self.notify {
            fds.push(PollFd::new(notify, PollFlags::IN));
        }
        let orders = self.plan.orders.as_deref().filter(|_| self.is_ordered);
        if let Some(orders) = orders {
            fds.push(PollFd::new(orders, PollFlags::IN));
        }
        let events = self.group.as_ref().and_then(ControlGroup::memory_events);
        if let Some(events) = &events {
            fds.push(PollFd::new(events, PollFlags::PRI));
        }
        let strange = self.main.as_ref().filter(|main| !main.is_child);
        let strange = strange.filter(|main| main.ending.is_none());
        if let Some(main) = strange {
            fds.push(PollFd::new(&main.pidfd, PollFlags::IN));
        }
        let before = fds.len();
        if let Some(terminal) = &self.terminal {
            terminal.wait_for(&input, &mut fds);
        }
        if let Err(errno) = rustix::event::poll(&mut fds, timeout.as_ref())
            && errno != Errno::INTR
        {
            // Without waiting there is no supervision: what is left is to stop, and to say why.
            let failure = || {
                Failure::new(Exit::EXCEPTION, Cause::ALWAYS, "wait for the service")
                    .with_errno(errno)
            };
            self.outcome.failure.get_or_insert_with(failure);
            self.asked.stop = true;
        }
        let came = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
        let gone = strange.is_some() && before.checked_sub(1).is_some_and(came);
        let typed = came(before);
        drop(fds);
        // Messages first, so that what a process said last is known before its end.
        self.read_messages();
        if let Some(terminal) = &mut self.terminal {
            terminal.carry(typed);
        }
        self.read_signals();
        self.read_orders();
        if gone && let Some(main) = &mut self.main {
            // Somebody else was told how it ended.
            main.ending = Some(Ending::Exited(0));
        }
        if self.guardian_due.is_some_and(|due| Instant::now() >= due) {
            self.make_guardian();
        }
    }

    fn read_orders(&mut self) {
        let mut order = [0];
        while let Some(orders) = self.plan.orders.as_deref().filter(|_| self.is_ordered) {
            match rustix::io::read(orders, &mut order) {
                Ok(1) => match order {
                    [b'r'] => self.asked.reload = true,
                    [b's'] => self.asked.stop = true,
                    _ => {}
                },
                Err(Errno::AGAIN) => return,
                Err(Errno::INTR) => {}
                // Nobody gives orders any more.
                _ => self.is_ordered = false,
            }
        }
    }

    fn read_signals(&mut self) {
        let mut children = false;
        while let Some(signal) = self.signals.next() {
            children |= signal == libc::SIGCHLD;
            self.asked.hear(signal);
            if let Some(terminal) = self.terminal.as_ref().filter(|_| signal == libc::SIGWINCH) {
                terminal.resize();
            }
        }
        if children {
            self.reap();
        }
    }

    /// Takes note of every child that has ended, orphans of the service included.
    pub(super) fn reap(&mut self) {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    // What it had to say comes before its end.
                    self.read_messages();
                    self.ended(pid, Ending::of(status));
                }
                Ok(None) => {
                    self.childless = false;
                    return;
                }
                Err(_) => {
                    self.childless = true;
                    return;
                }
            }
        }
    }

    fn ended(&mut self, pid: Pid, ending: Ending) {
        for process in [&mut self.main, &mut self.control].into_iter().flatten() {
            if process.pid == pid && process.ending.is_none() {
                process.ending = Some(ending);
                let phase = process.phase;
                (self.tell)(&Event::Ended { phase, ending });
            }
        }
    }

    fn read_messages(&mut self) {
        while let Some(received) = self.notify.as_ref().and_then(notify::Socket::next) {
            if received
                .sender
                .is_some_and(|sender| self.listens_to(sender))
            {
                self.hear(received.message);
            }
        }
    }

    /// Whether messages of a process count (`NotifyAccess=`).
    fn listens_to(&self, sender: Pid) -> bool {
        let is = |process: &Option<Process>| {
            process
                .as_ref()
                .is_some_and(|process| process.pid == sender)
        };
        match self.plan.life.notify {
            NotifyAccess::Main => is(&self.main),
            NotifyAccess::Exec => is(&self.main) || is(&self.control),
            NotifyAccess::All => {
                is(&self.main) || is(&self.control) || members::descends(sender, self.own)
            }
            _ => false,
        }
    }

    fn hear(&mut self, message: Message) {
        let now = Instant::now();
        if let Some(pid) = message.main {
            self.adopt_main(pid);
        }
        if message.reloading {
            self.told.reloading = true;
        }
        if message.ready {
            self.told.ready = true;
            self.told.reloading = message.reloading;
        }
        self.told.stopping |= message.stopping;
        if let Some(span) = message.watchdog_span {
            self.told.watchdog = (!span.is_zero()).then_some(span);
        }
        match message.watchdog {
            Some(Report::Alive) => self.told.reported = Some(now),
            Some(Report::Trigger) => self.told.trigger = true,
            None => {}
        }
        if let Some(extend) = message.extend {
            self.extension = now.checked_add(extend);
        }
        if let Some(status) = message.status {
            (self.tell)(&Event::Status(&status));
            self.outcome.status = Some(status);
        }
    }

    /// Takes another process of the service for its main one.
    pub(super) fn adopt_main(&mut self, pid: Pid) {
        if self.main.as_ref().is_some_and(|main| main.pid == pid)
            || pid == self.own
            || self.foreign.contains(&pid)
            || !members::descends(pid, self.own)
        {
            return;
        }
        let Ok(pidfd) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
            return;
        };
        self.main = Some(Process {
            pid,
            pidfd,
            phase: Phase::Start,
            may_fail: self.main.as_ref().is_some_and(|main| main.may_fail),
            is_child: members::parent(pid) == Some(self.own),
            ending: None,
        });
    }

    /// Whether no process of the service is left.
    pub(super) fn is_empty(&self) -> bool {
        self.childless || members::descendants(self.own, &self.foreign).is_empty()
    }

    /// The main process while it lives.
    pub(super) fn living_main(&self) -> Option<&Process> {
        self.main.as_ref().filter(|main| main.ending.is_none())
    }

    /// The command besides the service that runs.
    pub(super) fn living_control(&self) -> Option<&Process> {
        self.control
            .as_ref()
            .filter(|control| control.ending.is_none())
    }

    /// Says that a guardian will be needed if this takes longer.
    pub(super) fn want_guardian(&mut self) {
        if self.guardian.is_none()
            && self.guardian_due.is_none()
            && self.plan.parting == Parting::DieWithParent
        {
            self.guardian_due = Instant::now().checked_add(GUARDIAN_AFTER);
        }
    }

    /// Makes the process that ends the service when unitward is killed. Without one, the death of unitward still ends
    /// the main process.
    fn make_guardian(&mut self) {
        self.guardian_due = None;
        let (notify, made, group) = (&self.notify, &self.made, &self.group);
        let (users, ipc) = (&self.plan.users, self.plan.ipc);
        let credentials = &self.credentials;
        let pid_file = &self.plan.life.pid_file;
        let saved = self.terminal.as_ref().and_then(Terminal::saved);
        let clean_up = || {
            if let Some(saved) = saved {
                saved.restore();
            }
            if let Some(group) = group {
                group.abandon();
            }
            if let Some(notify) = notify {
                notify.remove();
            }
            if let Some(credentials) = credentials {
                credentials.remove();
            }
            if let Some(made) = made {
                made.remove();
            }
            if let Some(path) = pid_file {
                // It may be gone, or never have been there.
                let _ = rustix::fs::unlink(path.as_str());
            }
            if let Some(owner) = ipc {
                owner.remove_objects();
            }
            for user in users.iter() {
                user.abandon();
            }
        };
        if let Ok(guardian) = Guardian::new(&self.invocation, clean_up) {
            self.foreign.push(guardian.pid());
            self.childless = false;
            self.guardian = Some(guardian);
        }
    }

    /// Records why the service ends; the first reason counts.
    pub(super) fn fail(&mut self, result: ServiceResult) {
        if self.outcome.result == ServiceResult::Success {
            self.outcome.result = result;
        }
    }
}

impl Asked {
    /// Takes note of a signal to unitward.
    pub(super) fn hear(&mut self, signal: i32) {
        match signal {
            libc::SIGTERM | libc::SIGINT => self.stop = true,
            libc::SIGHUP => self.reload = true,
            _ => {}
        }
    }
}

/// Whether this process has no child, running or ended.
fn has_no_child() -> bool {
    use rustix::process::{WaitId, WaitIdOptions};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(
        rustix::process::waitid(WaitId::All, options),
        Err(Errno::CHILD)
    )
}

/// A random identity of this run, in the form of a machine id.
fn invocation() -> Result<String, Errno> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    // The marks of a random UUID, as sd-id128 sets them.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
