//! Sets of CPUs and memory nodes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::number::c_integer;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// The most CPUs a set can name.
const CPUS_MAX: u64 = 8192;

/// AllowedCPUs=, AllowedMemoryNodes= and their siblings: indices of CPUs or memory nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuSet(pub BTreeSet<u16>);

/// CPUAffinity=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuAffinity {
    /// The CPUs.
    pub cpus: BTreeSet<u16>,
    /// `numa`: those of the nodes of NUMAMask=.
    pub from_numa: bool,
}

/// NUMAMask=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumaMask {
    /// `all`: every node of the machine.
    pub all: bool,
    /// The nodes.
    pub nodes: BTreeSet<u16>,
}

const EXPECTED: &str = "indices and ranges up to 8191, such as 0-3 8";

/// The set that is written; none when a part of it is wrong. A range that runs backwards is skipped.
fn parse(text: &str, cx: &mut Context<'_>) -> Option<BTreeSet<u16>> {
    let mut set = BTreeSet::new();
    for word in Words::new(text, Mode::UNQUOTE.separated_by(" \t\n\r,")) {
        let word = word.ok()?;
        let (from, to) = word
            .text
            .split_once('-')
            .unwrap_or((&word.text, &word.text));
        let (Some(from), Some(to)) = (c_integer(from), c_integer(to)) else {
            // From 262 on, what was read so far counts.
            if set.is_empty() || !cx.at_least(Version::V262) {
                return None;
            }
            cx.report(Effect::Skipped, &word.text, word.range, EXPECTED);
            return Some(set);
        };
        if from > to {
            cx.report(
                Effect::Skipped,
                &word.text,
                word.range,
                "a range that does not run backwards",
            );
            continue;
        }
        if to >= CPUS_MAX {
            return None;
        }
        set.extend((from..=to).filter_map(|cpu| u16::try_from(cpu).ok()));
    }
    Some(set)
}

/// The set as systemd prints it.
fn shown(set: &BTreeSet<u16>) -> String {
    let mut text = String::new();
    let mut numbers = set.iter().copied().peekable();
    while let Some(from) = numbers.next() {
        let mut to = from;
        while let Some(next) = numbers.next_if(|next| *next == to.saturating_add(1)) {
            to = next;
        }
        let blank = if text.is_empty() { "" } else { " " };
        let _ = match from == to {
            true => write!(text, "{blank}{from}"),
            false => write!(text, "{blank}{from}-{to}"),
        };
    }
    text
}

impl Value for CpuSet {
    const PARSER: &'static str = "cpu-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let Some(set) = parse(text, cx) else {
            return cx.ignored(text, EXPECTED);
        };
        self.0.extend(set);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self::shown(&self.0));
    }
}

impl Value for CpuAffinity {
    const PARSER: &'static str = "cpu-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        if text == "numa" {
            self.from_numa = true;
            return Assigned::Set;
        }
        self.from_numa &= !cx.at_least(Version::V262);
        let Some(set) = parse(text, cx) else {
            return cx.ignored(text, EXPECTED);
        };
        self.from_numa = false;
        self.cpus.extend(set);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put_with("FromNUMA", if self.from_numa { "yes" } else { "no" });
        if !self.from_numa {
            shown.put(self::shown(&self.cpus));
        }
    }
}

impl Value for NumaMask {
    const PARSER: &'static str = "cpu-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        if text == "all" {
            self.all = true;
            return Assigned::Set;
        }
        let Some(set) = parse(text, cx) else {
            return cx.ignored(text, EXPECTED);
        };
        self.nodes.extend(set);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        if !self.all {
            shown.put(self::shown(&self.nodes));
        }
    }
}
