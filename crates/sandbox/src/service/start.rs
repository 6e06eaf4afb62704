//! The start of a service: its commands, until it counts as started.

use std::ffi::CString;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use unitward_settings::{NotifyAccess, OomPolicy, ServiceType};

use super::bus::Bus;
use super::credentials;
use super::descriptors::{self, Passed};
use super::event::Event;
use super::journal;
use super::life::Role;
use super::members;
use super::notify::{Reach, Socket};
use super::outcome::{Ending, ServiceResult};
use super::stop::{Entry, Leave};
use super::supervisor::{Process, Supervisor};
use super::terminal::Terminal;
use crate::apply::{self, Prepared, Spawned};
use crate::plan::environment::{Variables, search_path};
use crate::plan::{Action, Given, Phase, ProcessPlan, StreamSource, expand};
use crate::{Cause, Exit, Failure};

/// The value of a variable that the process itself completes. It cannot be the value of any other.
const OWN_NUMBER: &str = "\0";

impl<'p> Supervisor<'p> {
    /// Starts the service; an error says where to go on with stopping it.
    pub(super) fn start(&mut self) -> Result<(), Leave> {
        self.prepare()
            .map_err(|failure| self.refuse(failure, Entry::Over))?;
        self.open_notify()?;
        self.commands(Phase::Condition)?;
        self.commands(Phase::StartPre)?;
        match self.plan.life.kind {
            ServiceType::Oneshot => self.start_oneshot()?,
            ServiceType::Forking => self.start_forking()?,
            _ => self.start_main()?,
        }
        self.commands(Phase::StartPost)?;
        if self.plan.life.pid_file.is_some() && self.living_main().is_none() {
            self.main_by_file();
        }
        (self.tell)(&Event::Ready);
        Ok(())
    }

    /// Makes what all processes of the service share.
    fn prepare(&mut self) -> Result<(), Failure> {
        self.made = Some(self.plan.places.make()?);
        self.credentials = credentials::supply(&self.plan.settings, self.plan.uid)?;
        for socket in &self.plan.sockets {
            self.sockets.push(socket.bind()?);
        }
        let group = self.plan.control_group.make()?;
        for (cause, reason) in &group.unmet {
            (self.tell)(&Event::Unmet {
                directive: cause.directive,
                reason,
            });
        }
        self.group = Some(group);
        Ok(())
    }

    fn open_notify(&mut self) -> Result<(), Leave> {
        if self.plan.life.notify == NotifyAccess::None {
            return Ok(());
        }
        let settings = &self.plan.settings;
        let elsewhere = settings.private_network.0 || settings.network_namespace_path.0.is_some();
        let reach = if elsewhere {
            Reach::Path
        } else {
            Reach::SameNetwork
        };
        match Socket::open(reach, Path::new("/run/unitward")) {
            Ok(socket) => {
                self.notify = Some(socket);
                Ok(())
            }
            Err(errno) => {
                let cause = Cause::of("NotifyAccess", &settings.notify_access);
                let failure =
                    Failure::refused(cause, "open a socket for notifications").with_errno(errno);
                Err(self.refuse(failure, Entry::Over))
            }
        }
    }

    /// Runs the commands of a phase of the start, one after the other.
    fn commands(&mut self, phase: Phase) -> Result<(), Leave> {
        let plan = self.plan;
        for process in plan.commands(phase) {
            let entry = if phase == Phase::Condition {
                Entry::Over
            } else {
                Entry::Terminate
            };
            self.spawn_control(process)
                .map_err(|failure| self.refuse(failure, entry))?;
            let timeout = self.plan.life.timeouts.start;
            let in_time = self.wait(timeout, |all| {
                all.living_control().is_none() || all.asked.stop || all.main_failed().is_some()
            });
            if self.asked.stop {
                return Err(Leave::asked(Entry::Terminate));
            }
            if let Some(result) = self.main_failed() {
                return Err(Leave::new(result, Entry::Terminate));
            }
            if !in_time {
                return Err(self.start_timed_out(phase));
            }
            let Some(ending) = self.take_control() else {
                continue;
            };
            let result = match ending {
                _ if process.command.ignore_failure => continue,
                Ending::Exited(1..=254) if phase == Phase::Condition => {
                    ServiceResult::ExecCondition
                }
                ending => self.plan.life.judge(Role::Control, ending),
            };
            if result != ServiceResult::Success {
                self.outcome.ending.get_or_insert(ending);
                return Err(Leave::new(result, Entry::Terminate));
            }
        }
        Ok(())
    }

    /// Each command of `ExecStart=`, until the last has ended.
    fn start_oneshot(&mut self) -> Result<(), Leave> {
        let plan = self.plan;
        for process in plan.commands(Phase::Start) {
            self.spawn_main(process)?;
            let timeout = self.plan.life.timeouts.start;
            let in_time = self.wait(timeout, |all| all.living_main().is_none() || all.asked.stop);
            if self.asked.stop && self.living_main().is_some() {
                return Err(Leave::asked(Entry::Terminate));
            }
            if !in_time {
                return Err(self.start_timed_out(Phase::Start));
            }
            if let Some(result) = self.main_failed() {
                return Err(Leave::new(result, Entry::Terminate));
            }
        }
        Ok(())
    }

    /// A process that leaves another one behind when it ends.
    fn start_forking(&mut self) -> Result<(), Leave> {
        let plan = self.plan;
        let timeout = plan.life.timeouts.start;
        for process in plan.commands(Phase::Start) {
            self.spawn_control(process)
                .map_err(|failure| self.refuse(failure, Entry::Terminate))?;
            let in_time = self.wait(timeout, |all| {
                all.living_control().is_none() || all.asked.stop
            });
            if self.asked.stop {
                return Err(Leave::asked(Entry::Terminate));
            }
            if !in_time {
                return Err(self.start_timed_out(Phase::Start));
            }
            let Some(ending) = self.take_control() else {
                continue;
            };
            let result = plan.life.judge(Role::Control, ending);
            if result != ServiceResult::Success && !process.command.ignore_failure {
                self.outcome.ending = Some(ending);
                return Err(Leave::new(result, Entry::Terminate));
            }
        }
        if plan.life.pid_file.is_some() {
            // With commands after the start there is time for the file until they have run.
            if plan.commands(Phase::StartPost).next().is_some() {
                self.main_by_file();
                return Ok(());
            }
            self.await_pid_file()?;
        } else if plan.life.guesses_main {
            self.guess_main();
        }
        Ok(())
    }

    /// Looks for the file of `PIDFile=` until it is there, or nobody is left who could write it.
    fn await_pid_file(&mut self) -> Result<(), Leave> {
        /// How often it is looked for.
        const PAUSE: Duration = Duration::from_millis(20);
        let timeout = self.plan.life.timeouts.start;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        while !self.main_by_file() {
            if self.is_empty() {
                return Err(Leave::new(ServiceResult::Protocol, Entry::Terminate));
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(self.start_timed_out(Phase::Start));
            }
            if self.wait(Some(PAUSE), |all| all.asked.stop) {
                return Err(Leave::asked(Entry::Terminate));
            }
        }
        Ok(())
    }

    /// The main process, until it counts as started.
    fn start_main(&mut self) -> Result<(), Leave> {
        let plan = self.plan;
        let Some(process) = plan.commands(Phase::Start).next() else {
            return Ok(());
        };
        self.spawn_main(process)?;
        match plan.life.kind {
            ServiceType::Notify | ServiceType::NotifyReload => {
                let timeout = plan.life.timeouts.start;
                let in_time = self.wait(timeout, |all| {
                    all.told.ready || all.living_main().is_none() || all.asked.stop
                });
                if self.told.ready {
                    return Ok(());
                }
                if self.asked.stop {
                    return Err(Leave::asked(Entry::Terminate));
                }
                if !in_time {
                    return Err(self.start_timed_out(Phase::Start));
                }
                let result = self.main_failed().unwrap_or(ServiceResult::Protocol);
                Err(Leave::new(result, Entry::Terminate))
            }
            ServiceType::Dbus => self.await_bus_name(),
            _ => Ok(()),
        }
    }

    /// Waits until somebody has the name on the bus. Without a bus, the service counts as started, and that is told.
    fn await_bus_name(&mut self) -> Result<(), Leave> {
        /// How often the bus is asked.
        const PAUSE: Duration = Duration::from_millis(20);
        let life = &self.plan.life;
        let Some((name, path)) = life.bus_name.as_ref().zip(life.bus.as_ref()) else {
            return Ok(());
        };
        let timeout = life.timeouts.start;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut bus = match Bus::connect(path) {
            Ok(bus) => bus,
            Err(error) => return self.without_bus(&error),
        };
        loop {
            match bus.has_owner(name) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => return self.without_bus(&error),
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(self.start_timed_out(Phase::Start));
            }
            self.wait(Some(PAUSE), |all| {
                all.asked.stop || all.living_main().is_none()
            });
            if self.asked.stop {
                return Err(Leave::asked(Entry::Terminate));
            }
            if self.living_main().is_none() {
                let result = self.main_failed().unwrap_or(ServiceResult::Protocol);
                return Err(Leave::new(result, Entry::Terminate));
            }
        }
    }

    fn without_bus(&mut self, error: &std::io::Error) -> Result<(), Leave> {
        (self.tell)(&Event::Unmet {
            directive: "BusName",
            reason: &format!("the bus cannot be asked: {error}"),
        });
        Ok(())
    }

    fn start_timed_out(&mut self, phase: Phase) -> Leave {
        use unitward_settings::TimeoutFailureMode;
        (self.tell)(&Event::TimedOut { phase });
        let entry = match self.plan.life.timeouts.start_failure {
            TimeoutFailureMode::Abort => Entry::Abort,
            TimeoutFailureMode::Kill => Entry::Kill,
            _ => Entry::Terminate,
        };
        Leave::new(ServiceResult::Timeout, entry)
    }

    /// What a bad end of the main process makes of the service; none while it runs or when it ended well.
    pub(super) fn main_failed(&self) -> Option<ServiceResult> {
        let main = self.main.as_ref()?;
        let ending = main.ending?;
        let result = self.plan.life.judge(Role::Main, ending);
        if result == ServiceResult::Signal && self.out_of_memory().is_some() {
            return Some(ServiceResult::OomKill);
        }
        (result != ServiceResult::Success && !main.may_fail).then_some(result)
    }

    /// What a lack of memory makes of the service: where its stop begins; none when the kernel killed nothing for it, or
    /// the service goes on without what was killed.
    pub(super) fn out_of_memory(&self) -> Option<Entry> {
        let entry = match *self.plan.settings.oom_policy {
            OomPolicy::Continue => return None,
            OomPolicy::Kill => Entry::Kill,
            _ => Entry::Commands,
        };
        let group = self.group.as_ref()?;
        group.was_out_of_memory().then_some(entry)
    }

    /// Takes the process that the file of `PIDFile=` names for the main one, if it is one of the service.
    fn main_by_file(&mut self) -> bool {
        let Some(path) = &self.plan.life.pid_file else {
            return false;
        };
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default().trim();
        let pid = first.parse().ok().filter(|pid| *pid > 0);
        match pid.and_then(Pid::from_raw) {
            Some(pid) => {
                self.adopt_main(pid);
                self.main.is_some()
            }
            None => false,
        }
    }

    /// The main process is the only one that unitward was left with.
    fn guess_main(&mut self) {
        let all = members::descendants(self.own, &self.foreign);
        let mut orphans = all
            .into_iter()
            .filter(|pid| members::parent(*pid) == Some(self.own));
        if let (Some(pid), None) = (orphans.next(), orphans.next()) {
            self.adopt_main(pid);
        }
    }

    /// Says why there will be no process.
    fn refuse(&mut self, failure: Failure, entry: Entry) -> Leave {
        self.outcome.failure.get_or_insert(failure);
        Leave::new(ServiceResult::Resources, entry)
    }

    fn spawn_main(&mut self, process: &'p ProcessPlan) -> Result<(), Leave> {
        if self.plan.terminal && self.terminal.is_none() {
            let opened = Terminal::open(self.plan.uid);
            self.terminal = Some(opened.map_err(|errno| {
                let step = "open a pseudo-terminal";
                let failure = Failure::new(Exit::STDIN, cause(process), step).with_errno(errno);
                self.refuse(failure, Entry::Terminate)
            })?);
        }
        let made = self.spawn(process, Role::Main);
        if let Some(terminal) = &mut self.terminal {
            terminal.hand_over();
        }
        made.map_err(|failure| self.refuse(failure, Entry::Terminate))
    }

    /// Starts a command besides the service.
    pub(super) fn spawn_control(&mut self, process: &'p ProcessPlan) -> Result<(), Failure> {
        self.spawn(process, Role::Control)
    }

    /// How the command besides the service ended, when it has.
    pub(super) fn take_control(&mut self) -> Option<Ending> {
        self.control.take()?.ending
    }

    /// Makes one process, and waits until it is its program or has failed.
    fn spawn(&mut self, process: &'p ProcessPlan, role: Role) -> Result<(), Failure> {
        let streams = self.streams(process)?;
        let passed = match process.phase {
            Phase::Start => Passed::collect(&self.plan.settings, &self.sockets)?,
            _ => Passed::default(),
        };
        let prepared = self.prepared(process, &streams, &passed)?;
        let mut asked = std::mem::take(&mut self.asked);
        let mut children = false;
        let signals = &self.signals;
        let group = self.group.as_ref();
        let cgroup = group.and_then(|group| group.enter_descriptor(process.phase));
        // A command that belongs to the stop is not ended by the wish that led to it.
        let stops = asked.stop;
        let spawned = apply::spawn(process, &prepared, cgroup, signals, &mut |signal| {
            children |= signal == libc::SIGCHLD;
            asked.hear(signal);
            asked.stop && !stops
        });
        self.asked = asked;
        let Spawned {
            child,
            tolerated,
            failure,
        } = spawned.map_err(|errno| {
            Failure::new(Exit::EXCEPTION, cause(process), "make a process").with_errno(errno)
        })?;
        (self.tell)(&Event::Started {
            process,
            pid: child.pid.as_raw_nonzero().get(),
        });
        for (at, errno) in tolerated {
            if let Some(step) = process.steps.get(at) {
                (self.tell)(&Event::Tolerated { step, errno });
            }
        }
        if let Some(failure) = failure {
            self.outcome.failure.get_or_insert(failure);
        }
        let made = Some(Process {
            pid: child.pid,
            pidfd: child.pidfd,
            phase: process.phase,
            may_fail: process.command.ignore_failure,
            is_child: true,
            ending: None,
        });
        match role {
            Role::Main => self.main = made,
            Role::Control => self.control = made,
        }
        self.want_guardian();
        if children {
            self.reap();
        }
        Ok(())
    }

    /// The descriptors that become standard streams, by the number of the stream.
    fn streams(&self, process: &ProcessPlan) -> Result<[Option<OwnedFd>; 3], Failure> {
        let mut streams = [None, None, None];
        for step in &process.steps {
            let Action::Stream {
                number,
                source: StreamSource::Given(given),
            } = &step.action
            else {
                continue;
            };
            let opened = match given {
                Given::Journal => journal::connect(&self.plan.settings, &process.command.path),
                Given::Data => super::data::open(&self.plan.settings.standard_input_data.0),
                Given::Socket => descriptors::only(&self.sockets),
                Given::Named(name) => descriptors::named(&self.sockets, name),
                Given::PseudoTerminal => match &self.terminal {
                    Some(terminal) => terminal.service_side(),
                    None => Err(rustix::io::Errno::NXIO),
                },
            };
            let fd = opened.map_err(|errno| {
                Failure::new(step.exit, step.cause, step.action.to_string()).with_errno(errno)
            })?;
            if let Some(place) = streams.get_mut(usize::from(*number)) {
                *place = Some(fd);
            }
        }
        Ok(streams)
    }

    /// The program, its arguments and its environment.
    fn prepared(
        &self,
        process: &ProcessPlan,
        streams: &[Option<OwnedFd>; 3],
        passed: &Passed,
    ) -> Result<Prepared, Failure> {
        let command = &process.command;
        let mut now = self.variables(process);
        let journal = streams.iter().skip(1).flatten().next();
        if let Some(name) = journal.and_then(journal::name) {
            now.insert("JOURNAL_STREAM".to_owned(), name);
        }
        if passed.len() > 0 {
            now.insert("LISTEN_FDS".to_owned(), passed.len().to_string());
            now.insert("LISTEN_FDNAMES".to_owned(), passed.names());
            now.insert("LISTEN_PID".to_owned(), OWN_NUMBER.to_owned());
        }
        let environment = process.environment.assemble(now)?;
        let (path, words) = if command.shell {
            self.shell_words(&command.argv)
        } else {
            (command.path.clone(), command.argv.clone())
        };
        let words = if command.verbatim {
            words
        } else {
            expand::arguments(&words, environment.arguments())
        };
        let candidates = if path.starts_with('/') {
            vec![c_string(&path)]
        } else {
            let folders = search_path(&self.plan.settings);
            folders
                .iter()
                .map(|folder| c_string(&format!("{folder}/{path}")))
                .collect()
        };
        let mut own_numbers = Vec::new();
        let mut variables = Vec::with_capacity(environment.variables.len());
        for (name, value) in &environment.variables {
            if value == OWN_NUMBER {
                own_numbers.push(name.as_str());
            } else {
                variables.push(c_string(&format!("{name}={value}")));
            }
        }
        let argv = words.iter().map(|word| c_string(word)).collect();
        let mut prepared = Prepared::new(candidates, argv, variables, &own_numbers, process.slots);
        for (place, stream) in prepared.streams.iter_mut().zip(streams) {
            *place = stream.as_ref().map_or(-1, |stream| stream.as_raw_fd());
        }
        let invocation = u128::from_str_radix(&self.invocation, 16).unwrap_or_default();
        prepared.invocation = invocation.to_be_bytes();
        prepared.passed = passed.layout(self.plan.settings.non_blocking.0);
        Ok(prepared)
    }

    /// The words of a command that goes through the user's shell (`|`, systemd 258).
    fn shell_words(&self, argv: &[String]) -> (String, Vec<String>) {
        let shell = self.plan.shell.clone();
        let (first, rest) = argv
            .split_first()
            .map_or(("", argv), |(first, rest)| (first, rest));
        let name = if first.starts_with('-') {
            format!("-{shell}")
        } else {
            shell.clone()
        };
        let mut words = vec![name];
        if !rest.is_empty() {
            words.extend(["-c".to_owned(), rest.join(" ")]);
        }
        (shell, words)
    }

    /// The variables that are known only now.
    fn variables(&self, process: &ProcessPlan) -> Variables {
        let phase = process.phase;
        let life = &self.plan.life;
        let version = self.plan.settings.version.number();
        let mut now: Variables = self
            .plan
            .control_group
            .environment
            .iter()
            .cloned()
            .collect();
        let mut set = |name: &str, value: String| drop(now.insert(name.to_owned(), value));
        set("INVOCATION_ID", self.invocation.clone());
        set("SYSTEMD_EXEC_PID", OWN_NUMBER.to_owned());
        let hears = match life.notify {
            NotifyAccess::Exec | NotifyAccess::All => true,
            _ => phase == Phase::Start,
        };
        if let Some(notify) = self.notify.as_ref().filter(|_| hears) {
            set("NOTIFY_SOCKET", notify.address().to_owned());
        }
        if let Some(span) = life.timeouts.watchdog.filter(|_| phase == Phase::Start) {
            set("WATCHDOG_USEC", span.as_micros().to_string());
            set("WATCHDOG_PID", OWN_NUMBER.to_owned());
        }
        if phase.is_control()
            && let Some(main) = self.living_main()
        {
            set("MAINPID", main.pid.to_string());
            if version >= 258
                && let Ok(stat) = rustix::fs::fstat(&main.pidfd)
            {
                set("MAINPIDFDID", stat.st_ino.to_string());
            }
        }
        if matches!(phase, Phase::Stop | Phase::StopPost) {
            set("SERVICE_RESULT", self.outcome.result.name().to_owned());
            if let Some(ending) = self.main.as_ref().and_then(|main| main.ending) {
                let (code, status) = ending.variables();
                set("EXIT_CODE", code.to_owned());
                set("EXIT_STATUS", status);
            }
        }
        if let Some(term) = self
            .plan
            .caller_term
            .as_ref()
            .filter(|_| self.plan.terminal && phase == Phase::Start || has_terminal(process))
        {
            set("TERM", term.clone());
        }
        now
    }
}

/// Whether one of the standard streams is unitward's own terminal.
fn has_terminal(process: &ProcessPlan) -> bool {
    use std::io::IsTerminal as _;
    let is_own = |number: u8| {
        !process.steps.iter().any(
            |step| matches!(&step.action, Action::Stream { number: own, .. } if *own == number),
        )
    };
    is_own(0) && std::io::stdin().is_terminal()
        || is_own(1) && std::io::stdout().is_terminal()
        || is_own(2) && std::io::stderr().is_terminal()
}

fn cause(process: &ProcessPlan) -> Cause {
    Cause {
        directive: process.phase.directive(),
        origin: Some(process.command.origin),
    }
}

fn c_string(text: &str) -> CString {
    CString::new(text.bytes().filter(|byte| *byte != 0).collect::<Vec<u8>>()).unwrap_or_default()
}
