//! The system call filters of a process: read from the kernel, and what they answer.

use std::time::{Duration, Instant};

use rustix::io::Errno;
use serde::{Serialize, Serializer};
use unitward_seccomp::{Action, Arch, Call, Program, Syscall, evaluate};

use crate::sys;
use crate::target::Target;

/// What is known of the filters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Filters {
    /// There are none.
    None,
    /// All of them, the oldest first.
    Read(Vec<Program>),
    /// There are some that cannot be read, for this reason.
    Hidden(String),
}

/// What the filters together answer to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The same for all arguments.
    Always(Action),
    /// It depends on the arguments.
    Depends,
}

/// What the filters together answer, with calls by answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Decoded {
    /// The calls of this machine's architecture that always fail or end the process, by what they get.
    pub refused: Vec<Refused>,
    /// Calls that get an answer by their arguments.
    pub by_arguments: Vec<&'static str>,
    /// How many calls of this architecture are always made.
    pub allowed: usize,
    /// Other architectures of this machine of which no call is made.
    pub closed_architectures: Vec<&'static str>,
}

/// Calls with the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refused {
    /// The answer, such as `EPERM` or `kill process`.
    #[serde(serialize_with = "word")]
    pub action: Action,
    /// The calls, sorted.
    pub calls: Vec<&'static str>,
}

fn word<S: Serializer>(action: &Action, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(action)
}

/// So long a thread may take to stop: one in an uninterruptible sleep does not.
const PATIENCE: Duration = Duration::from_millis(500);
/// More filters than this are not read. The kernel allows 32768 instructions in all, with 4 more for each filter.
const MOST: u64 = 8192;

impl Filters {
    /// Reads the filters of a thread that has some. It is stopped for less than a millisecond, as a rule.
    pub(crate) fn read(target: &Target) -> Self {
        let tid = target.pid();
        // The kernel lets go of what a thread traces when that thread ends, whatever happens here.
        let outcome = std::thread::scope(|scope| {
            let tracer = std::thread::Builder::new();
            match tracer.spawn_scoped(scope, || programs(target)) {
                Ok(tracer) => tracer.join().unwrap_or(Err(Errno::IO)),
                Err(_) => Err(Errno::AGAIN),
            }
        });
        match outcome {
            Ok(programs) => Self::Read(programs),
            Err(errno) => Self::Hidden(reason(tid, errno)),
        }
    }

    /// What they answer to a call; none when they cannot be read.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Option<Action> {
        match self {
            Self::None => Some(Action::Allow),
            Self::Read(programs) => Some(evaluate(programs, call)),
            Self::Hidden(_) => None,
        }
    }

    /// What they answer to a call of an architecture, whatever its arguments; none when they cannot be read.
    #[must_use]
    pub fn always(&self, arch: Arch, number: u32) -> Option<Answer> {
        let programs = match self {
            Self::None => return Some(Answer::Always(Action::Allow)),
            Self::Read(programs) => programs,
            Self::Hidden(_) => return None,
        };
        let mut all = Action::Allow;
        for program in programs {
            let Some(value) = program.constant(arch.audit(), number) else {
                return Some(Answer::Depends);
            };
            all = all.then(Action::from_raw(value));
        }
        Some(Answer::Always(all))
    }

    /// What they answer to every call of this machine; none when they cannot be read.
    #[must_use]
    pub fn decode(&self) -> Option<Decoded> {
        let mut decoded = Decoded::default();
        for call in Syscall::all() {
            let Some(number) = call.number(Arch::NATIVE) else {
                continue;
            };
            match self.always(Arch::NATIVE, number)? {
                Answer::Depends => decoded.by_arguments.push(call.name()),
                Answer::Always(Action::Allow) => decoded.allowed += 1,
                Answer::Always(action) => {
                    let refused = &mut decoded.refused;
                    match refused.iter_mut().find(|one| one.action == action) {
                        Some(one) => one.calls.push(call.name()),
                        None => refused.push(Refused {
                            action,
                            calls: vec![call.name()],
                        }),
                    }
                }
            }
        }
        for arch in Arch::NATIVE.local() {
            if *arch != Arch::NATIVE && self.is_closed(*arch)? {
                decoded.closed_architectures.push(arch.name());
            }
        }
        Some(decoded)
    }

    /// Whether no call of an architecture is made; none when they cannot be read.
    #[must_use]
    pub fn is_closed(&self, arch: Arch) -> Option<bool> {
        for call in Syscall::all() {
            if let Some(number) = call.number(arch)
                && let Answer::Depends | Answer::Always(Action::Allow | Action::Log) =
                    self.always(arch, number)?
            {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// Stops the thread for a moment, and reads.
fn programs(target: &Target) -> Result<Vec<Program>, Errno> {
    let tid = target.pid();
    sys::seize(tid)?;
    // The number was that of the target, as long as the target runs now.
    if !target.is_alive() {
        return Err(Errno::SRCH);
    }
    sys::interrupt(tid)?;
    let signal = wait(tid)?;
    let programs = read_all(tid);
    let _ = sys::detach(tid, signal);
    programs
}

fn read_all(tid: i32) -> Result<Vec<Program>, Errno> {
    let mut programs = Vec::new();
    for index in 0..MOST {
        match sys::filter_length(tid, index) {
            Ok(_) => {}
            Err(Errno::NOENT) => break,
            Err(errno) => return Err(errno),
        }
        let program = Program::new(sys::filter(tid, index)?).map_err(|_| Errno::ILSEQ)?;
        programs.push(program);
    }
    Ok(programs)
}

fn wait(tid: i32) -> Result<i32, Errno> {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(20);
    loop {
        if let Some(signal) = sys::has_stopped(tid)? {
            return Ok(signal);
        }
        if Instant::now() > end {
            return Err(Errno::TIMEDOUT);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn reason(tid: i32, errno: Errno) -> String {
    match errno {
        Errno::ACCESS | Errno::PERM => {
            "reading them needs CAP_SYS_ADMIN and CAP_SYS_PTRACE, no filter of one's own, and that nobody else traces the process".to_owned()
        }
        Errno::IO | Errno::INVAL => "this kernel does not give them out (CONFIG_CHECKPOINT_RESTORE)".to_owned(),
        Errno::TIMEDOUT => "the process did not stop for a moment: it waits in the kernel".to_owned(),
        Errno::MEDIUMTYPE => "one of them is no classic BPF program that can be given out".to_owned(),
        Errno::ILSEQ => "one of them is no valid program".to_owned(),
        Errno::SRCH => format!("process {tid} has ended"),
        errno => format!("the kernel does not give them out: {}", unitward_sandbox::message(errno)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use unitward_seccomp::Policy;

    #[test]
    fn answers_of_a_policy_are_found_again() {
        let mut policy = Policy::new(Arch::X86_64, 257);
        policy.restrict_realtime = true;
        policy.protect_clock = true;
        policy.architectures = Some(Vec::new());
        let filters = Filters::Read(vec![policy.compile().unwrap().unwrap()]);
        let number = |name| {
            Syscall::by_name(name)
                .unwrap()
                .number(Arch::X86_64)
                .unwrap()
        };
        let always = |name| filters.always(Arch::X86_64, number(name)).unwrap();
        assert_eq!(always("clock_settime"), Answer::Always(Action::Errno(1)));
        assert_eq!(always("read"), Answer::Always(Action::Allow));
        assert_eq!(always("sched_setscheduler"), Answer::Depends);
        assert_eq!(filters.is_closed(Arch::X86), Some(true));
        assert_eq!(filters.is_closed(Arch::X86_64), Some(false));
    }

    #[test]
    fn without_filters_everything_is_allowed() {
        let decoded = Filters::None.decode().unwrap();
        assert!(decoded.refused.is_empty() && decoded.by_arguments.is_empty());
        assert!(Filters::Hidden(String::new()).decode().is_none());
    }
}
