//! Collecting facts while they happen.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::facts::{
    AddressKey, ArgumentKey, Backend, CallKey, Facts, Kind, MemoryKey, Recording, Seen, SocketKey,
    Use,
};

/// Facts in the making.
#[derive(Debug)]
pub(crate) struct Recorder {
    facts: Facts,
    recording: Recording,
    start: Instant,
}

/// Who does something, and how it came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doing<'a> {
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
                gaps: std::collections::BTreeSet::new(),
            },
            start: Instant::now(),
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

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn note(seen: &mut Seen, now: u64, doing: Doing<'_>) {
    seen.again(now, doing.program, doing.error);
}
