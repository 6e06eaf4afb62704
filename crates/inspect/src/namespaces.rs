//! Which namespaces a process shares with the host (namespaces(7)).

use serde::Serialize;

use crate::target::Target;

/// A namespace of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Namespace {
    /// Its kind, as in /proc/PID/ns.
    pub kind: &'static str,
    /// Its number.
    pub number: u64,
    /// Whether process 1, or who stands for it, is in it; none where that cannot be looked at.
    pub shared: Option<bool>,
}

/// Kinds, in the order of their letters in tables.
pub(crate) const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Who stands for the host: process 1, or where that one cannot be looked at this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Reference {
    /// Process 1.
    #[serde(rename = "process 1")]
    First,
    /// The process that asks.
    #[serde(rename = "this process")]
    Own,
}

impl Reference {
    /// Its name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "process 1",
            Self::Own => "this process",
        }
    }
}

/// What other processes are compared with, read once.
#[derive(Debug)]
pub struct First {
    /// Who stands for the host.
    pub reference: Reference,
    pub(crate) target: Option<Target>,
    numbers: [Option<u64>; 8],
}

impl First {
    /// Reads the namespaces of process 1, or of this one.
    #[must_use]
    pub fn read() -> Self {
        // Without its capabilities nobody may look at process 1, root included.
        let first = Target::open(1)
            .ok()
            .map(|target| (numbers(&target), target));
        if let Some((numbers, target)) = first
            && numbers.iter().any(Option::is_some)
        {
            return Self {
                reference: Reference::First,
                target: Some(target),
                numbers,
            };
        }
        let own = i32::try_from(std::process::id()).ok();
        let own = own.and_then(|own| Target::open(own).ok());
        Self {
            reference: Reference::Own,
            numbers: own.as_ref().map_or([None; 8], numbers),
            target: own,
        }
    }
}

fn numbers(target: &Target) -> [Option<u64>; 8] {
    KINDS.map(|kind| number(&target.link(&format!("ns/{kind}")).ok()?))
}

/// The number in `net:[4026531840]`.
fn number(link: &str) -> Option<u64> {
    link.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// The namespaces of a process, as far as they can be looked at.
pub(crate) fn read(target: &Target, first: &First) -> Vec<Namespace> {
    let own = KINDS.into_iter().zip(numbers(target)).zip(first.numbers);
    own.filter_map(|((kind, number), first)| {
        let number = number?;
        Some(Namespace {
            kind,
            number,
            shared: first.map(|first| first == number),
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hold_numbers() {
        assert_eq!(number("net:[4026531840]"), Some(4_026_531_840));
        assert_eq!(number("net:4026531840"), None);
    }
}
