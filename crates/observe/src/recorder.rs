//! Collecting facts while they happen.

use std::collections::HashMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::ebpf::Grant;
use crate::facts::{
    AddressKey, ArgumentKey, Backend, CallKey, Facts, FailedCall, HowEnded, Kind, MemoryKey,
    ProcessEnd, Recording, Seen, SocketKey, Use,
};
use crate::sys::Tid;

/// Facts in the making.
#[derive(Debug)]
pub(crate) struct Recorder {
    facts: Facts,
    recording: Recording,
    start: Instant,
    /// Where a failure of the same kind stands.
    failed: HashMap<FailureKey, usize>,
}

/// Program, call, error, what it was about, and whether a filter answered.
type FailureKey = (String, String, String, String, bool);

/// The most failures that are kept; what comes after is said to be missing.
const FAILURES_MAX: usize = 10_000;

/// Who does something, and how it came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doing<'a> {
    pub(crate) tid: Tid,
    pub(crate) program: &'a str,
    pub(crate) error: Option<&'a str>,
}

/// A path as it was asked for and as it came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) asked: &'a str,
    pub(crate) kind: Option<Kind>,
}

impl Recorder {
    pub(crate) fn new(backend: Backend) -> Self {
        let name = rustix::system::uname();
        let began = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            facts: Facts::default(),
            recording: Recording {
                backend,
                kernel: format!(
                    "{} {}",
                    name.sysname().to_string_lossy(),
                    name.release().to_string_lossy()
                ),
                began: began.as_secs(),
                milliseconds: 0,
                capabilities: false,
                gaps: std::collections::BTreeSet::new(),
            },
            start: Instant::now(),
            failed: HashMap::new(),
        }
    }

    /// Ends the recording.
    pub(crate) fn finish(mut self) -> Facts {
        self.recording.milliseconds = self.now();
        self.facts.recordings.push(self.recording);
        self.facts
    }

    /// Says why something may be missing.
    pub(crate) fn gap(&mut self, reason: &str) {
        if !self.recording.gaps.contains(reason) {
            self.recording.gaps.insert(reason.to_owned());
        }
    }

    pub(crate) fn call(&mut self, architecture: &str, call: &str, doing: Doing<'_>) {
        let key = CallKey {
            architecture: architecture.to_owned(),
            call: call.to_owned(),
        };
        let now = self.now();
        note(
            &mut self.facts.calls.entry(key).or_default().seen,
            now,
            doing,
        );
    }

    pub(crate) fn path(&mut self, place: Place<'_>, uses: &[Use], doing: Doing<'_>) {
        let now = self.now();
        let fact = match self.facts.paths.get_mut(place.path) {
            Some(fact) => fact,
            None => self.facts.paths.entry(place.path.to_owned()).or_default(),
        };
        fact.uses.extend(uses);
        fact.kind = fact.kind.or(place.kind);
        if place.asked != place.path && !fact.asked_as.contains(place.asked) {
            fact.asked_as.insert(place.asked.to_owned());
        }
        note(&mut fact.seen, now, doing);
    }

    pub(crate) fn program(&mut self, path: &str, doing: Doing<'_>) {
        let now = self.now();
        note(
            self.facts.programs.entry(path.to_owned()).or_default(),
            now,
            doing,
        );
    }

    pub(crate) fn socket(&mut self, key: SocketKey, doing: Doing<'_>) {
        let now = self.now();
        note(self.facts.sockets.entry(key).or_default(), now, doing);
    }

    pub(crate) fn address(&mut self, key: AddressKey, doing: Doing<'_>) {
        let now = self.now();
        note(self.facts.addresses.entry(key).or_default(), now, doing);
    }

    pub(crate) fn namespace(&mut self, kind: &str, doing: Doing<'_>) {
        let now = self.now();
        note(
            self.facts.namespaces.entry(kind.to_owned()).or_default(),
            now,
            doing,
        );
    }

    pub(crate) fn memory(&mut self, key: MemoryKey, doing: Doing<'_>) {
        let now = self.now();
        note(
            self.facts.executable_memory.entry(key).or_default(),
            now,
            doing,
        );
    }

    pub(crate) fn argument(&mut self, call: &str, value: u64, doing: Doing<'_>) {
        let key = ArgumentKey {
            call: call.to_owned(),
            value,
        };
        let now = self.now();
        note(self.facts.arguments.entry(key).or_default(), now, doing);
    }

    /// A call that failed; when and by whom is filled in here.
    pub(crate) fn failure(&mut self, failed: FailedCall, doing: Doing<'_>) {
        let now = self.now();
        let about = match (&failed.path, &failed.address) {
            (Some(path), _) => path.clone(),
            (None, Some(address)) => String::from(address.clone()),
            (None, None) if failed.call == "ioctl" => failed.arguments[1].to_string(),
            (None, None) => String::new(),
        };
        let key = (
            doing.program.to_owned(),
            failed.call.clone(),
            failed.error.clone(),
            about,
            failed.filtered,
        );
        if let Some(known) = self
            .failed
            .get(&key)
            .and_then(|at| self.facts.failures.get_mut(*at))
        {
            known.count += 1;
            known.last = now;
            return;
        }
        if self.facts.failures.len() >= FAILURES_MAX {
            return self.gap("more calls failed than are kept");
        }
        self.failed.insert(key, self.facts.failures.len());
        self.facts.failures.push(FailedCall {
            first: now,
            last: now,
            pid: doing.tid,
            program: doing.program.to_owned(),
            ..failed
        });
    }

    /// A capability that a program was granted, for the first time so many milliseconds ago.
    pub(crate) fn capability(&mut self, grant: &Grant, program: &str) {
        let first = self.now().saturating_sub(grant.ago);
        let seen = self
            .facts
            .capabilities
            .entry(grant.name.clone())
            .or_default();
        seen.merge(Seen {
            count: grant.count,
            first,
            programs: [program.to_owned()].into(),
            ..Seen::default()
        });
    }

    /// Capabilities are recorded from now on.
    pub(crate) fn sees_capabilities(&mut self) {
        self.recording.capabilities = true;
    }

    /// The end of a process.
    pub(crate) fn ending(&mut self, pid: Tid, program: &str, how: HowEnded) {
        if self.facts.endings.len() >= FAILURES_MAX {
            return self.gap("more processes ended than are kept");
        }
        self.facts.endings.push(ProcessEnd {
            at: self.now(),
            pid,
            program: program.to_owned(),
            how,
        });
    }

    /// The effective user and group that a program runs as; none when they could not be read.
    pub(crate) fn identity(&mut self, tid: Tid, program: &str, identity: Option<(u32, u32)>) {
        let Some((user, group)) = identity else {
            return self.gap("the user of a process could not be read");
        };
        let now = self.now();
        let key = format!("{user} {group}");
        let doing = Doing {
            tid,
            program,
            error: None,
        };
        note(self.facts.identities.entry(key).or_default(), now, doing);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn note(seen: &mut Seen, now: u64, doing: Doing<'_>) {
    seen.again(now, doing.program, doing.error);
}
