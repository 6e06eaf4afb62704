//! `unitward syscall-filter`: the sets of system calls, where a call belongs, and what a unit's filter answers.

mod constants;
mod test;

use std::fmt::Write as _;

use unitward_catalog::{Version, suggest, syscall_set_page};
use unitward_seccomp::{Arch, Sets, Syscall, SyscallGroup};

use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};
use crate::version;

/// Lists sets, or tells about calls.
pub(crate) fn run(args: &args::SyscallFilter, pager: Pager) -> Result<Exit, Error> {
    if let Some(unit) = &args.test {
        return test::run(args, unit);
    }
    let paint = Paint::of_stdout();
    let version = version::of_source(&args.source);
    let sets = Sets::of(version.number());
    let parts = if args.names.is_empty() {
        sets.groups().iter().map(|set| listed(set, paint)).collect()
    } else {
        args.names
            .iter()
            .map(|name| part(name, sets, version, paint))
            .collect::<Result<Vec<_>, _>>()?
    };
    ui::page(&parts.join("\n"), pager)?;
    Ok(Exit::Clean)
}

fn part(name: &str, sets: Sets, version: Version, paint: Paint) -> Result<String, Error> {
    if let Some(set) = sets.group(name) {
        return Ok(listed(set, paint));
    }
    if let Some(call) = call(name) {
        return Ok(told(call, paint));
    }
    let error = Error::new(format!(
        "{} is no system call, and no set of systemd {}.",
        ui::printable(name),
        version.reference()
    ));
    let names = sets
        .groups()
        .iter()
        .map(|set| set.name)
        .chain(Syscall::all().map(Syscall::name));
    let elsewhere = Version::REFERENCE
        .into_iter()
        .find(|v| Sets::of(v.number()).group(name).is_some());
    Err(match (elsewhere, suggest(name, names)) {
        (Some(other), _) => error.hint(format!(
            "systemd {other} has it: --systemd {other} shows it."
        )),
        (None, Some(near)) => error.hint(format!("Did you mean {near}?")),
        (None, None) => error.hint("unitward syscall-filter lists the sets."),
    })
}

/// A call by its name, or by its number on this architecture.
fn call(word: &str) -> Option<Syscall> {
    let by_number = || Syscall::by_number(Arch::NATIVE, word.parse().ok()?);
    Syscall::by_name(word).or_else(by_number)
}

/// A set as systemd-analyze lists it.
fn listed(set: &SyscallGroup, paint: Paint) -> String {
    let mut text = format!(
        "{}\n    {}\n",
        paint.bold(set.name),
        paint.dim(&format!("# {}", set.description))
    );
    for member in set.members {
        let _ = writeln!(text, "    {member}");
    }
    text
}

/// Where a call belongs.
fn told(call: Syscall, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.bold(call.name()));
    let mut fact = |label: &str, value: &str| {
        let _ = writeln!(text, "    {}  {value}", paint.dim(&format!("{label:<11}")));
    };
    for version in Version::REFERENCE {
        let sets = sets_of(call, version);
        let sets = if sets.is_empty() {
            "in no set".to_owned()
        } else {
            sets.join(" ")
        };
        fact(&format!("systemd {version}"), &sets);
    }
    let numbers: Vec<String> = Arch::ALL
        .into_iter()
        .filter_map(|arch| Some(format!("{} {}", arch.name(), call.number(arch)?)))
        .collect();
    fact(
        "numbers",
        &if numbers.is_empty() {
            "none known".to_owned()
        } else {
            numbers.join(", ")
        },
    );
    if let Some((set, danger)) = danger(call) {
        fact("danger", &format!("{danger} (as a member of {set})"));
    }
    text
}

/// The sets of a version that hold a call, by themselves or by a set in them.
pub(crate) fn sets_of(call: Syscall, version: Version) -> Vec<&'static str> {
    let sets = Sets::of(version.number());
    let holding = sets
        .groups()
        .iter()
        .filter(|set| sets.walk(set.name).any(|member| member == call));
    holding.map(|set| set.name).collect()
}

/// How far a call helps an attacker, by the most dangerous of the sets that name it, and that set. Sets that collect
/// calls of all kinds say nothing about one.
pub(crate) fn danger(call: Syscall) -> Option<(&'static str, &'static str)> {
    const OF_ALL_KINDS: [&str; 3] = ["@known", "@system-service", "@default"];
    const DEGREES: [&str; 5] = ["root", "high", "medium", "low", "none"];
    let sets = Sets::of(Version::NEWEST.number()).groups().iter();
    sets.filter(|set| !OF_ALL_KINDS.contains(&set.name) && set.members.contains(&call.name()))
        .filter_map(|set| Some((set, syscall_set_page(set.name)?.danger)))
        .min_by_key(|(set, danger)| (DEGREES.iter().position(|d| d == danger), set.members.len()))
        .map(|(set, danger)| (set.name, danger))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn danger_of(name: &str) -> Option<(&'static str, &'static str)> {
        danger(Syscall::by_name(name)?)
    }

    #[test]
    fn danger_comes_from_the_narrowest_set() {
        assert_eq!(danger_of("init_module"), Some(("@module", "root")));
        assert_eq!(danger_of("read").map(|(set, _)| set), Some("@basic-io"));
        assert_eq!(danger_of("getpid"), None);
    }

    #[test]
    fn sets_differ_between_versions() {
        let sets = |name, version| {
            Syscall::by_name(name)
                .map(|call| sets_of(call, version))
                .unwrap_or_default()
        };
        assert!(sets("open_tree", Version::V257).contains(&"@mount"));
        assert!(!sets("open_tree", Version::V262).contains(&"@mount"));
        assert!(sets("landlock_add_rule", Version::V257).contains(&"@sandbox"));
    }
}
