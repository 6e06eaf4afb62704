//! Pages of everything that is no directive.

use unitward_catalog::{
    Capability, ExitStatus, Version, capability_page, directive, keys, syscall_set_page,
};
use unitward_exposure::Check;
use unitward_lint::{Family, Rule, rules};
use unitward_seccomp::{Arch, FilesystemGroup, Sets, Syscall};

use super::directive::one_line;
use super::index::first_paragraph;
use super::page::Page;
use super::signal::Signal;
use crate::verbs::syscall_filter::{danger, sets_of};

/// A rule of `unitward check`.
pub(super) fn rule(page: &mut Page, rule: &Rule) {
    page.title(
        &format!("{} {}", rule.code, rule.name),
        &format!("rule, {}", rule.severity),
    );
    // The heading of the documentation says what the summary says.
    let text = rule.documentation();
    let text = match text.strip_prefix("# ") {
        Some(text) => text.split_once('\n').map_or("", |(_, rest)| rest),
        None => &text,
    };
    page.markdown(&format!("{}.", rule.summary));
    page.markdown(text);
    about(page, rule.directives);
}

/// The rules of a family.
pub(super) fn family(page: &mut Page, family: Family) {
    page.title(family.prefix(), "family of rules");
    let members = rules().iter().filter(|rule| rule.family == family);
    let entries: Vec<_> = members
        .map(|rule| {
            (
                rule.code.to_owned(),
                format!("{} ({}, {})", rule.summary, rule.name, rule.severity),
            )
        })
        .collect();
    page.entries(family.title(), &entries);
}

/// An exit status with a meaning.
pub(super) fn exit_status(page: &mut Page, status: &ExitStatus) {
    page.title(
        &format!("{}/{}", status.code, status.name),
        &format!("exit status, {}", status.class),
    );
    page.markdown(status.prose);
    about(page, status.settings);
}

/// A signal that ended a service.
pub(super) fn signal(page: &mut Page, signal: &Signal) {
    page.title(&format!("{}/{}", signal.number, signal.name), "signal");
    page.markdown(signal.text);
    about(page, signal.settings);
}

/// An exit status without one.
pub(super) fn free_status(page: &mut Page, code: u8) {
    page.title(&code.to_string(), "exit status");
    page.markdown(match code {
        129..=159 => {
            "No name is given to it. A shell ends with 128 and the number of a signal when a program of its was killed by \
             that signal; systemd itself reports a killed process as a signal, not as an exit status."
        }
        _ => "No name is given to it: the program chose it. Its own documentation says what it means.",
    });
}

/// A set of system calls.
pub(super) fn syscall_set(page: &mut Page, name: &str, version: Version) {
    let text = syscall_set_page(name);
    let kind = text.map_or_else(
        || "set of system calls".to_owned(),
        |text| format!("set of system calls, danger {}", text.danger),
    );
    page.title(name, &kind);
    let group = Sets::of(version.number()).group(name);
    match (text, group) {
        (Some(text), _) => page.markdown(text.prose),
        (None, Some(group)) => page.markdown(group.description),
        _ => {}
    }
    match group {
        Some(group) => {
            page.heading(&format!("Members in systemd {}", version.reference()));
            page.markdown(&group.members.join(" "));
        }
        None => page.markdown(&format!(
            "systemd {} does not have it.",
            version.reference()
        )),
    }
    let holders: Vec<(String, String)> = Sets::of(Version::NEWEST.number())
        .groups()
        .iter()
        .filter(|other| other.members.contains(&name))
        .map(|other| (other.name.to_owned(), other.description.to_owned()))
        .collect();
    page.entries("Sets that hold it", &holders);
}

/// A set of file systems.
pub(super) fn filesystem_set(page: &mut Page, set: &FilesystemGroup) {
    page.title(set.name, "set of file systems");
    page.markdown(set.description);
    let names: Vec<&str> = set.members.iter().map(|(name, _)| *name).collect();
    page.heading("Members");
    page.markdown(&names.join(" "));
    about(page, &["RestrictFileSystems"]);
}

/// A capability.
pub(super) fn capability(page: &mut Page, capability: Capability) {
    let text = capability_page(capability);
    let kind = text.map_or_else(
        || "capability".to_owned(),
        |text| format!("capability, danger {}", text.danger),
    );
    page.title(&capability.to_string(), &kind);
    if let Some(text) = text {
        let (summary, prose) = text.prose.split_once("\n\n").unwrap_or((text.prose, ""));
        page.markdown(summary);
        page.blank();
        page.fact(
            "Number",
            &[format!(
                "{}, mask {:#x}",
                text.number,
                1_u64 << text.number.min(63)
            )],
        );
        page.fact("Since", &[format!("Linux {}", text.since)]);
        page.fact("Gain", &[text.gains.to_owned()]);
        page.markdown(prose);
    }
    about(page, &["CapabilityBoundingSet", "AmbientCapabilities"]);
}

/// A system call.
pub(super) fn syscall(page: &mut Page, call: Syscall) {
    page.title(call.name(), "system call");
    page.blank();
    let numbers: Vec<String> = Arch::ALL
        .into_iter()
        .filter_map(|arch| Some(format!("{} {}", arch.name(), call.number(arch)?)))
        .collect();
    page.fact(
        "Number",
        &[if numbers.is_empty() {
            "none on the architectures that are known".to_owned()
        } else {
            numbers.join(", ")
        }],
    );
    for version in Version::REFERENCE {
        let sets = sets_of(call, version);
        let text = if sets.is_empty() {
            "in no set".to_owned()
        } else {
            sets.join(" ")
        };
        page.fact(&format!("Sets of {version}"), &[text]);
    }
    if let Some((set, danger)) = danger(call) {
        page.fact("Danger", &[format!("{danger}, as a member of {set}")]);
        if let Some(text) = syscall_set_page(set) {
            page.entries("The set", &[(set.to_owned(), first_paragraph(text.prose))]);
        }
    }
    about(page, &["SystemCallFilter"]);
}

/// A check of the exposure level.
pub(super) fn check(page: &mut Page, check: &Check) {
    page.title(check.name, "check of the exposure level");
    page.blank();
    page.fact("Key", &[check.id.to_owned()]);
    page.fact(
        "Weight",
        &[match check.range {
            1 => format!("{}, good or bad", check.weight),
            range => format!("{}, in {range} steps", check.weight),
        }],
    );
    page.fact("Since", &[format!("systemd {}", check.since)]);
    page.fact("Good", &[check.good.to_owned()]);
    page.fact("Bad", &[check.bad.to_owned()]);
    page.fact("Remedy", &[format!("`{}`", check.remedy)]);
    page.fact("Attackers", &[format!("could {}", check.gain.phrase())]);
    about(page, check.settings);
}

/// A key of unit files that has no page.
pub(super) fn key(page: &mut Page, name: &str) {
    page.title(&format!("{name}="), "key of unit files");
    let sections: Vec<String> = keys::sections_of(name)
        .map(|section| format!("[{section}]"))
        .collect();
    page.markdown(&format!(
        "systemd reads it in {}. It has nothing to do with the sandbox, so there is no page about it.",
        sections.join(", ")
    ));
}

fn about(page: &mut Page, names: &[&str]) {
    let entries: Vec<_> = names
        .iter()
        .filter_map(|name| directive(name))
        .map(|d| (format!("{}=", d.name), one_line(d.summary())))
        .collect();
    page.entries("Directives", &entries);
}
