//! What there is to explain.

use unitward_catalog::{
    Capability, Directive, Kind, Version, capability_page, directives, exit_statuses,
    manager_directives,
};
use unitward_lint::{Family, rules};
use unitward_seccomp::{Sets, filesystem_groups};

use crate::markdown::Look;

use super::directive::one_line;
use super::page::Page;

/// Groups of directives with their headings, in the order of the index.
const GROUPS: &[(&str, &str)] = &[
    ("sandbox-mounts", "File system: what is protected"),
    ("paths", "File system: paths, images and mounts"),
    ("directories", "Directories of the service"),
    ("sandbox-namespaces", "Namespaces"),
    ("sandbox-seccomp", "System calls"),
    ("capabilities", "Capabilities"),
    ("identity", "Users and groups"),
    ("security", "Privileges"),
    ("credentials", "Credentials"),
    ("mandatory-access-control", "Mandatory access control"),
    (
        "resource-control-access",
        "Devices, addresses and delegation",
    ),
    ("process-properties", "Process properties"),
    ("environment", "Environment"),
    ("resource-limits", "Limits of processes"),
    ("resource-control-limits", "Limits of control groups"),
    ("service", "Life of the service"),
    ("kill", "Ending the service"),
    ("stdio-logging", "Input, output and log"),
    ("unit", "Unit"),
    ("legacy", "Names of the past"),
    ("bus-only", "D-Bus properties that are no directives"),
];

/// Every name with its summary, in groups.
pub(super) fn text(look: Look) -> String {
    let mut page = Page::new(look);
    page.markdown(
        "`unitward explain NAME` prints the page of a directive, a rule, an exit status, a set of system calls, a system \
         call or a capability. `unitward explain config` is about unitward.toml, `unitward explain exit-codes` about how \
         unitward ends.",
    );
    for (group, heading) in GROUPS {
        let members = directives().iter().filter(|d| d.group == *group);
        page.entries(heading, &members.map(entry).collect::<Vec<_>>());
    }
    page.entries(
        "Keys of system.conf",
        &manager_directives().iter().map(entry).collect::<Vec<_>>(),
    );
    for family in Family::ALL {
        let members = rules().iter().filter(|rule| rule.family == family);
        let entries: Vec<_> = members
            .map(|rule| (rule.code.to_owned(), rule.summary.to_owned()))
            .collect();
        page.entries(
            &format!(
                "Rules {}: {}",
                family.prefix(),
                family.title().to_lowercase()
            ),
            &entries,
        );
    }
    let statuses = exit_statuses().iter().map(|status| {
        (
            format!("{}/{}", status.code, status.name),
            first_paragraph(status.prose),
        )
    });
    page.entries("Exit statuses", &statuses.collect::<Vec<_>>());
    let sets = Sets::of(Version::NEWEST.number()).groups().iter();
    let entries: Vec<_> = sets
        .map(|set| (set.name.to_owned(), set.description.to_owned()))
        .collect();
    page.entries("Sets of system calls", &entries);
    let sets = filesystem_groups(Version::NEWEST.number())
        .iter()
        .filter(|set| set.name != "@known");
    let entries: Vec<_> = sets
        .map(|set| (set.name.to_owned(), set.description.to_owned()))
        .collect();
    page.entries("Sets of file systems", &entries);
    let capabilities = Capability::all().filter_map(|capability| {
        Some((
            capability.name()?.to_owned(),
            first_paragraph(capability_page(capability)?.prose),
        ))
    });
    page.entries("Capabilities", &capabilities.collect::<Vec<_>>());
    page.finish()
}

fn entry(d: &Directive) -> (String, String) {
    let name = match d.kind {
        Kind::BusProperty => d.name.to_owned(),
        _ => format!("{}=", d.name),
    };
    (name, one_line(d.summary()))
}

/// The first paragraph of a page, in one line.
pub(super) fn first_paragraph(prose: &str) -> String {
    one_line(prose.split("\n\n").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_has_a_heading() {
        for directive in directives() {
            assert!(
                GROUPS.iter().any(|(group, _)| *group == directive.group),
                "{}",
                directive.name
            );
        }
    }
}
