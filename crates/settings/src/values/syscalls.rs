//! SystemCallFilter=, SystemCallLog=, SystemCallArchitectures= and SystemCallErrorNumber= (systemd.exec(5)).

use unitward_catalog::Version;
use unitward_seccomp::{Arch, Errno, Sets, Syscall, SyscallSet};
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// SystemCallFilter=: an allow list or a deny list of system calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemCallFilter {
    /// Whether the list names what is allowed.
    pub allow_list: bool,
    /// The calls of the list, those with an answer of their own included.
    pub calls: SyscallSet,
    /// Calls that are answered in their own way, whatever the list says: `NAME:ERROR` on a `~` line.
    pub answers: Vec<(Syscall, Answer)>,
    mode_fixed: bool,
}

/// What a call that is not permitted gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The process is killed.
    Kill,
    /// The call fails with this error number; 0 pretends success.
    Errno(u16),
}

impl Answer {
    /// The word as systemctl of this version shows it.
    fn word(self, version: Version) -> String {
        match self {
            Self::Kill => "kill".to_owned(),
            Self::Errno(number) => Errno::name(number, version.number())
                .map_or_else(|| number.to_string(), str::to_owned),
        }
    }
}

/// SystemCallErrorNumber=: what calls get that are not permitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SystemCallErrorNumber(pub Option<Answer>);

/// SystemCallLog=: calls that are logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemCallLog {
    /// Whether all but the listed calls are logged.
    pub all_but: bool,
    /// The calls of the list.
    pub calls: SyscallSet,
    mode_fixed: bool,
}

/// SystemCallArchitectures=: the architectures whose calls a service may make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemCallArchitectures {
    /// Whether `native` is listed.
    pub native: bool,
    /// Other listed architectures, by name, sorted.
    pub others: Vec<&'static str>,
}

const CALL: &str = "a system call or a set such as @system-service";

impl SystemCallFilter {
    /// Whether nothing is filtered: a deny list of nothing.
    #[must_use]
    pub fn is_unfiltered(&self) -> bool {
        !self.allow_list && self.calls.is_empty()
    }

    /// Whether a call is permitted.
    #[must_use]
    pub fn allows(&self, call: Syscall) -> bool {
        let answered = self.allow_list && self.answers.iter().any(|(c, _)| *c == call);
        self.calls.contains(call) == self.allow_list && !answered
    }

    /// The first call of a set that is permitted on this machine's architecture: members in stored order, nested
    /// sets where they stand.
    #[must_use]
    pub fn first_allowed(&self, set: &str, version: Version) -> Option<&'static str> {
        let sets = Sets::of(version.number());
        let native = sets.native(Arch::NATIVE);
        let group = sets.group(set)?;
        // Mostly there is none, which can be seen without a look at each call.
        let members = group.calls().intersection(native);
        let open = match self.allow_list {
            true => members.intersects(&self.calls),
            false => !members.is_subset(&self.calls),
        };
        let mut calls = group.walk().filter(|_| open);
        calls
            .find(|call| native.contains(*call) && self.allows(*call))
            .map(Syscall::name)
    }

    fn set(&mut self, call: Syscall, answer: Option<Answer>) {
        self.calls.insert(call);
        self.answers.retain(|(c, _)| *c != call);
        self.answers.extend(answer.map(|answer| (call, answer)));
    }

    fn forget(&mut self, call: Syscall) {
        self.calls.remove(call);
        self.answers.retain(|(c, _)| *c != call);
    }
}

impl Value for SystemCallFilter {
    const PARSER: &'static str = "syscall-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (inverted, list) = inversion(text);
        let offset = text.len() - list.len();
        let sets = Sets::of(cx.version.number());
        if !self.mode_fixed {
            self.mode_fixed = true;
            self.allow_list = !inverted;
            if self.allow_list {
                sets.flat("@default")
                    .into_iter()
                    .for_each(|default| self.calls = self.calls.union(&default));
            }
        }
        for word in Words::new(list, Mode::PLAIN) {
            let Ok(word) = word else { break };
            let range = word.range.start + offset..word.range.end + offset;
            let (name, answer) = match word.text.split_once(':') {
                None => (&*word.text, None),
                Some((name, error)) => match answer(error, cx.version) {
                    Some(answer) => (name, Some(answer)),
                    None => {
                        let expected = "kill, an error name such as EPERM, or a number up to 4095, after the colon";
                        cx.report(Effect::Skipped, &word.text, range, expected);
                        continue;
                    }
                },
            };
            if answer.is_some() && !inverted {
                let expected =
                    "a system call without error: an error number goes with ~ lines only";
                cx.report(Effect::Skipped, &word.text, range, expected);
                continue;
            }
            let calls = named(sets, name);
            if calls.is_none() {
                cx.report(Effect::Skipped, &word.text, range, CALL);
            }
            for call in calls
                .into_iter()
                .flat_map(|calls| calls.iter().collect::<Vec<_>>())
            {
                // In an allow list, a call with an answer of its own stays listed and carries it.
                match (inverted == self.allow_list, answer) {
                    (true, None) => self.forget(call),
                    _ => self.set(call, answer),
                }
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let sets = Sets::of(shown.version.number());
        let mut names: Vec<String> = self
            .calls
            .iter()
            .filter(|call| sets.is_known(*call))
            .filter_map(|call| match self.answers.iter().find(|(c, _)| *c == call) {
                // In an allow list it is one that is not allowed.
                Some(_) if self.allow_list => None,
                Some((_, answer)) => Some(format!(
                    "{}:{}",
                    shown_name(call, shown.version),
                    answer.word(shown.version)
                )),
                None => Some(shown_name(call, shown.version).to_owned()),
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        let mark = if self.allow_list { "" } else { "~" };
        shown.put(format!("{mark}{}", crate::show::joined(names)));
    }
}

impl Value for SystemCallLog {
    const PARSER: &'static str = "syscall-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        let (inverted, list) = inversion(text);
        let offset = text.len() - list.len();
        if !self.mode_fixed {
            self.mode_fixed = true;
            self.all_but = inverted;
        }
        let sets = Sets::of(cx.version.number());
        for word in Words::new(list, Mode::PLAIN) {
            let Ok(word) = word else { break };
            let Some(calls) = named(sets, &word.text) else {
                let range = word.range.start + offset..word.range.end + offset;
                cx.report(Effect::Skipped, &word.text, range, CALL);
                continue;
            };
            self.calls = if inverted == self.all_but {
                self.calls.union(&calls)
            } else {
                self.calls.difference(&calls)
            };
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let sets = Sets::of(shown.version.number());
        let mut names: Vec<_> = self
            .calls
            .iter()
            .filter(|call| sets.is_known(*call))
            .map(|call| shown_name(call, shown.version))
            .collect();
        names.sort_unstable();
        names.dedup();
        let mark = if self.mode_fixed && !self.all_but {
            ""
        } else {
            "~"
        };
        shown.put(format!("{mark}{}", crate::show::joined(names)));
    }
}

impl Value for SystemCallErrorNumber {
    const PARSER: &'static str = "errno";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        match answer(text, cx.version) {
            Some(answer) if answer != Answer::Errno(0) => {
                self.0 = Some(answer);
                Assigned::Set
            }
            _ => cx.ignored(
                text,
                "kill, an error name such as EPERM, or a number from 1 to 4095",
            ),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(match self.0 {
            Some(Answer::Errno(number)) => number.to_string(),
            _ => "2147483646".to_owned(),
        });
    }
}

impl SystemCallArchitectures {
    /// Whether nothing is listed, so that every architecture is permitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.native && self.others.is_empty()
    }

    /// Whether `native` is all that is listed.
    #[must_use]
    pub fn is_native_only(&self) -> bool {
        self.native && self.others.is_empty()
    }
}

impl Value for SystemCallArchitectures {
    const PARSER: &'static str = "arch-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE) {
            let Ok(word) = word else { break };
            if word.text == "native" {
                self.native = true;
                continue;
            }
            match Arch::word(&word.text, cx.version.number()) {
                Some(name) => {
                    if let Err(at) = self.others.binary_search(&name) {
                        self.others.insert(at, name);
                    }
                }
                None => cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "an architecture such as native, x86-64, x86, arm64",
                ),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let native = self.native.then_some("native");
        let mut names: Vec<_> = native
            .into_iter()
            .chain(self.others.iter().copied())
            .collect();
        names.sort_unstable();
        names.dedup();
        shown.put_words(names);
    }
}

fn inversion(text: &str) -> (bool, &str) {
    match text.strip_prefix('~') {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// The name under which a call is shown: libseccomp gives two calls of POWER one number, and one of their names back.
fn shown_name(call: Syscall, version: Version) -> &'static str {
    match call.name() {
        "switch_endian" | "sys_debug_setcontext" if version < Version::V257 => "switch_endian",
        "switch_endian" => "sys_debug_setcontext",
        name => name,
    }
}

/// The calls a name stands for: one call, or a set with all it holds. None for an unknown name.
fn named(sets: Sets, name: &str) -> Option<SyscallSet> {
    if name.starts_with('@') {
        return sets.flat(name);
    }
    let call = Syscall::by_name(name).filter(|call| sets.is_known(*call))?;
    let mut calls = SyscallSet::default();
    calls.insert(call);
    Some(calls)
}

/// `kill`, the name of an error in any case, or a number from 0 to 4095.
fn answer(word: &str, version: Version) -> Option<Answer> {
    if word == "kill" {
        return Some(Answer::Kill);
    }
    if let Some(errno) = Errno::by_name(word, version.number()) {
        return Some(Answer::Errno(errno));
    }
    let number = super::number::c_integer(word).filter(|number| *number <= 4095)?;
    u16::try_from(number).ok().map(Answer::Errno)
}
