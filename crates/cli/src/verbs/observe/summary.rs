//! A recording for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unitward_observe::{Facts, HowEnded, MemoryKey, Seen, Use};

use crate::ui::{self, Paint};

/// What was seen, in sections; the longest lists are cut, and say so.
pub(super) fn text(facts: &Facts) -> String {
    let paint = Paint::of_stdout();
    let mut text = String::new();
    head(facts, &mut text);
    let mut section = |title: &str, rows: Vec<String>| {
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n{} ({})", paint.bold(title), rows.len());
        for row in rows.iter().take(MOST) {
            let _ = writeln!(text, "  {}", ui::printable(row));
        }
        if let Some(more) = rows.len().checked_sub(MOST).filter(|more| *more > 0) {
            let _ = writeln!(text, "  … and {more} more; -o FILE has all of them");
        }
    };
    section("Programs", rows(&facts.programs, Clone::clone));
    section("Users and groups", rows(&facts.identities, Clone::clone));
    section("Changed paths", paths(facts, changes));
    section("Executed and mapped as code", paths(facts, executes));
    section("Read paths", paths(facts, |usage| usage == Use::Read));
    section(
        "Sockets",
        rows(&facts.sockets, |key| {
            format!("{} type {}", family(key.family), key.kind)
        }),
    );
    section(
        "Addresses",
        rows(&facts.addresses, |key| {
            format!("{} {} {}", key.action, key.protocol, key.address)
        }),
    );
    section("Namespaces", rows(&facts.namespaces, Clone::clone));
    section("Executable memory", rows(&facts.executable_memory, memory));
    section("Capabilities", rows(&facts.capabilities, Clone::clone));
    section("System calls", calls(facts));
    section("Failed calls", failures(facts));
    text
}

/// The longest section.
const MOST: usize = 40;

fn head(facts: &Facts, text: &mut String) {
    for recording in &facts.recordings {
        let _ = writeln!(
            text,
            "Recorded for {}.{:03} s by {:?} on {}.",
            recording.milliseconds / 1000,
            recording.milliseconds % 1000,
            recording.backend,
            ui::printable(&recording.kernel)
        );
        for gap in &recording.gaps {
            let _ = writeln!(text, "Not complete: {}.", ui::printable(gap));
        }
    }
    let killed = facts.endings.iter().filter_map(|end| match end.how {
        HowEnded::Signal(signal) => Some((signal, &end.program)),
        HowEnded::Exit(_) => None,
    });
    for (signal, program) in killed.take(MOST) {
        let program = ui::printable(program);
        let _ = writeln!(text, "{program} was killed by signal {signal}.");
    }
}

fn rows<K>(map: &BTreeMap<K, Seen>, name: impl Fn(&K) -> String) -> Vec<String> {
    map.iter()
        .map(|(key, seen)| format!("{}{}", name(key), times(seen)))
        .collect()
}

/// How often, and with which errors.
fn times(seen: &Seen) -> String {
    let mut text = format!("  {}×", seen.count);
    for (error, count) in &seen.errors {
        let _ = write!(text, ", {error} {count}×");
    }
    text
}

fn paths(facts: &Facts, wanted: fn(Use) -> bool) -> Vec<String> {
    let row = |(path, fact): (&String, &unitward_observe::PathFact)| {
        let uses: Vec<String> = fact
            .uses
            .iter()
            .filter(|usage| wanted(**usage))
            .map(|usage| format!("{usage:?}").to_lowercase())
            .collect();
        (!uses.is_empty()).then(|| format!("{path}  {}{}", uses.join(" "), times(&fact.seen)))
    };
    facts.paths.iter().filter_map(row).collect()
}

fn changes(usage: Use) -> bool {
    !matches!(
        usage,
        Use::Read
            | Use::Execute
            | Use::MapExecutable
            | Use::Probe
            | Use::WorkingDirectory
            | Use::Root
            | Use::Watch
            | Use::Connect
    )
}

fn executes(usage: Use) -> bool {
    matches!(usage, Use::Execute | Use::MapExecutable)
}

fn memory(key: &MemoryKey) -> String {
    match key.file.as_str() {
        "" => key.way.word().to_owned(),
        file => format!("{} of {file}", key.way.word()),
    }
}

/// The name of an address family that is seen often, or its number.
fn family(number: u32) -> String {
    match number {
        1 => "AF_UNIX".to_owned(),
        2 => "AF_INET".to_owned(),
        10 => "AF_INET6".to_owned(),
        16 => "AF_NETLINK".to_owned(),
        17 => "AF_PACKET".to_owned(),
        _ => format!("family {number}"),
    }
}

/// One line of names an architecture.
fn calls(facts: &Facts) -> Vec<String> {
    let mut by_architecture: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in facts.calls.keys() {
        by_architecture
            .entry(&key.architecture)
            .or_default()
            .push(&key.call);
    }
    by_architecture
        .into_iter()
        .map(|(architecture, calls)| format!("{architecture}: {}", calls.join(" ")))
        .collect()
}

fn failures(facts: &Facts) -> Vec<String> {
    let serious = facts
        .failures
        .iter()
        .filter(|failure| failure.filtered || failure.error != "ENOENT");
    serious
        .map(|failure| {
            let about = failure.path.as_deref().unwrap_or_default();
            let by = if failure.filtered {
                " by the filter"
            } else {
                ""
            };
            format!(
                "{} {about}: {}{by}  {}×, {}",
                failure.call, failure.error, failure.count, failure.program
            )
        })
        .collect()
}
