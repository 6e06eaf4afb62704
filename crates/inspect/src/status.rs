//! /proc/PID/status (proc_pid_status(5)).

use serde::Serialize;
use unitward_catalog::{Capabilities, Capability};

/// What is used of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) name: String,
    pub(crate) parent: i32,
    pub(crate) tracer: i32,
    pub(crate) threads: u32,
    pub(crate) umask: Option<u16>,
    pub(crate) cpus: Option<String>,
    pub(crate) nodes: Option<String>,
    pub(crate) huge_pages: Option<bool>,
    /// Its number in each PID namespace, the outermost one first.
    pub(crate) pids: Vec<i32>,
    pub(crate) rights: Rights,
}

/// What a thread may do by itself. Threads of a process can differ in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Rights {
    /// The real, effective, saved and file system user.
    pub users: [u32; 4],
    /// The real, effective, saved and file system group.
    pub groups: [u32; 4],
    /// The supplementary groups.
    pub supplementary_groups: Vec<u32>,
    /// The capability sets (capabilities(7)).
    pub capabilities: Sets,
    /// Whether it has no_new_privs; none where the kernel does not tell (before Linux 4.10).
    pub no_new_privileges: Option<bool>,
    /// How its calls are filtered.
    pub seccomp: Option<Seccomp>,
    /// How many filters there are; none where the kernel does not tell (before Linux 5.9).
    pub filters: Option<u32>,
}

/// The five capability sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Sets {
    /// What a program file may pass on.
    #[serde(serialize_with = "names")]
    pub inheritable: Capabilities,
    /// What may be made effective.
    #[serde(serialize_with = "names")]
    pub permitted: Capabilities,
    /// What counts.
    #[serde(serialize_with = "names")]
    pub effective: Capabilities,
    /// What can be had at most.
    #[serde(serialize_with = "names")]
    pub bounding: Capabilities,
    /// What ordinary programs keep.
    #[serde(serialize_with = "names")]
    pub ambient: Capabilities,
}

/// How calls are filtered (seccomp(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Seccomp {
    /// Not at all.
    Off,
    /// Only read, write, exit and sigreturn are left.
    Strict,
    /// By programs.
    Filter,
}

impl Status {
    /// The lines. The kernel escapes line breaks in the name, so that it forges no line.
    pub(crate) fn parse(text: &str) -> Self {
        let mut status = Self::default();
        let rights = &mut status.rights;
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim_matches([' ', '\t']);
            match key {
                "Name" => status.name = value.to_owned(),
                "PPid" => status.parent = value.parse().unwrap_or_default(),
                "TracerPid" => status.tracer = value.parse().unwrap_or_default(),
                "Threads" => status.threads = value.parse().unwrap_or_default(),
                "Umask" => status.umask = u16::from_str_radix(value, 8).ok(),
                "Cpus_allowed_list" => status.cpus = Some(value.to_owned()),
                "Mems_allowed_list" => status.nodes = Some(value.to_owned()),
                "THP_enabled" => status.huge_pages = Some(value == "1"),
                "NSpid" => status.pids = numbers(value),
                "Uid" => rights.users = four(value),
                "Gid" => rights.groups = four(value),
                "Groups" => rights.supplementary_groups = numbers(value),
                "CapInh" => rights.capabilities.inheritable = set(value),
                "CapPrm" => rights.capabilities.permitted = set(value),
                "CapEff" => rights.capabilities.effective = set(value),
                "CapBnd" => rights.capabilities.bounding = set(value),
                "CapAmb" => rights.capabilities.ambient = set(value),
                "NoNewPrivs" => rights.no_new_privileges = Some(value == "1"),
                "Seccomp" => {
                    rights.seccomp = match value {
                        "0" => Some(Seccomp::Off),
                        "1" => Some(Seccomp::Strict),
                        "2" => Some(Seccomp::Filter),
                        _ => None,
                    }
                }
                "Seccomp_filters" => rights.filters = value.parse().ok(),
                _ => {}
            }
        }
        status
    }
}

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split_ascii_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

fn four(text: &str) -> [u32; 4] {
    let mut found = [0; 4];
    for (place, number) in found.iter_mut().zip(numbers(text)) {
        *place = number;
    }
    found
}

fn set(text: &str) -> Capabilities {
    Capabilities::from_bits(u64::from_str_radix(text, 16).unwrap_or_default())
}

fn names<S: serde::Serializer>(set: &Capabilities, out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(set.iter().map(capability))
}

/// The name of a capability; of one that is too new for a name, its number.
#[must_use]
pub fn capability(capability: Capability) -> String {
    capability
        .name()
        .map_or_else(|| capability.number().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Name:\tng\\ninx: \u{1b}[31m\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nPPid:\t1\n\
        TracerPid:\t0\nUid:\t0\t33\t33\t33\nGid:\t0\t33\t33\t33\nGroups:\t4 33 \nNSpid:\t42\t7\nThreads:\t3\n\
        CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\nCapBnd:\t000001ffffffffff\n\
        CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t14\nCpus_allowed_list:\t0-1\nTHP_enabled:\t1\n";

    #[test]
    fn fields_are_read() {
        let status = Status::parse(TEXT);
        assert_eq!(status.name, "ng\\ninx: \u{1b}[31m");
        assert_eq!(status.rights.users, [0, 33, 33, 33]);
        assert_eq!(status.rights.supplementary_groups, [4, 33]);
        assert_eq!(status.umask, Some(0o022));
        assert_eq!(status.pids, [42, 7]);
        let effective = Capabilities::of(&[Capability::NET_BIND_SERVICE]);
        assert_eq!(status.rights.capabilities.effective, effective);
        assert_eq!(status.rights.no_new_privileges, Some(true));
        assert_eq!(status.rights.seccomp, Some(Seccomp::Filter));
        assert_eq!(status.rights.filters, Some(14));
    }

    #[test]
    fn an_old_kernel_says_less() {
        let status = Status::parse("Name:\tx\nUid:\t1\n");
        assert_eq!(status.rights.no_new_privileges, None);
        assert_eq!(status.rights.filters, None);
        assert_eq!(status.rights.users, [1, 0, 0, 0]);
    }
}
