//! What would lower the level, and by how much: each proposal is tried on the unit.

use std::path::Path;

use unitward_catalog::{Degree, directive};
use unitward_settings::{Base, Draft, Options, Resolution};
use unitward_unit::Unit;

use crate::{Exposure, Policy, Rules, Sum, Tenths, rate};

/// Settings that would lower the level of a unit.
#[derive(Debug)]
pub struct Advice {
    /// The level with these lines alone, in tenths.
    pub level: Tenths,
    /// By how much that is lower, in thousandths of a level, so that small gains can be told apart.
    pub gain: u64,
    /// The directive whose risk is quoted.
    pub directive: &'static str,
    /// Assignments, one a line, for the unit's own section.
    pub lines: &'static [&'static str],
    /// How much they stop.
    pub impact: Degree,
    /// How likely something breaks.
    pub breakage: Degree,
}

/// The proposals and, all applied, the level they lead to.
#[derive(Debug)]
pub struct Outlook {
    /// What would help, the most effective first.
    pub advice: Vec<Advice>,
    /// The level with every proposal whose breakage is low.
    pub careful: Tenths,
    /// The level with every proposal.
    pub all: Tenths,
}

/// A proposal: the directive whose risk is quoted, and its lines.
type Proposal = (&'static str, &'static [&'static str]);

/// What can be proposed without knowing the service, from the safest to the riskiest. A proposal counts only where it lowers the level.
const PROPOSALS: &[Proposal] = &[
    ("NoNewPrivileges", &["NoNewPrivileges=yes"]),
    ("PrivateTmp", &["PrivateTmp=yes"]),
    ("PrivateDevices", &["PrivateDevices=yes"]),
    ("PrivateMounts", &["PrivateMounts=yes"]),
    ("ProtectClock", &["ProtectClock=yes"]),
    ("ProtectControlGroups", &["ProtectControlGroups=yes"]),
    ("ProtectHostname", &["ProtectHostname=yes"]),
    ("ProtectKernelLogs", &["ProtectKernelLogs=yes"]),
    ("ProtectKernelModules", &["ProtectKernelModules=yes"]),
    ("ProtectKernelTunables", &["ProtectKernelTunables=yes"]),
    ("LockPersonality", &["LockPersonality=yes"]),
    ("RestrictRealtime", &["RestrictRealtime=yes"]),
    ("RestrictSUIDSGID", &["RestrictSUIDSGID=yes"]),
    ("RestrictNamespaces", &["RestrictNamespaces=yes"]),
    ("RemoveIPC", &["RemoveIPC=yes"]),
    ("KeyringMode", &["KeyringMode=private"]),
    (
        "SystemCallArchitectures",
        &["SystemCallArchitectures=", "SystemCallArchitectures=native"],
    ),
    (
        "RestrictAddressFamilies",
        &[
            "RestrictAddressFamilies=",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        ],
    ),
    ("ProtectProc", &["ProtectProc=invisible"]),
    ("ProcSubset", &["ProcSubset=pid"]),
    ("UMask", &["UMask=0077"]),
    ("MemoryDenyWriteExecute", &["MemoryDenyWriteExecute=yes"]),
    ("ProtectHome", &["ProtectHome=yes"]),
    ("ProtectSystem", &["ProtectSystem=strict"]),
    ("DevicePolicy", &["DevicePolicy=closed"]),
    (
        "SystemCallFilter",
        &[
            "SystemCallFilter=",
            "SystemCallFilter=@system-service",
            "SystemCallFilter=~@privileged @resources",
        ],
    ),
    ("CapabilityBoundingSet", &["CapabilityBoundingSet="]),
    ("AmbientCapabilities", &["AmbientCapabilities="]),
    ("IPAddressDeny", &["IPAddressDeny=any"]),
    ("NotifyAccess", &["NotifyAccess=main"]),
    ("Delegate", &["Delegate=no"]),
    ("PrivateUsers", &["PrivateUsers=yes"]),
    ("PrivateNetwork", &["PrivateNetwork=yes"]),
    ("DynamicUser", &["DynamicUser=yes"]),
];

/// A unit, and how its level is counted.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Whose rules apply to it.
    pub options: &'a Options<'a>,
    /// What its manager makes it start from.
    pub base: &'a Base,
    /// Whose view is taken.
    pub rules: Rules,
    /// Other weights, ranges and texts.
    pub policy: Option<&'a Policy>,
}

/// Tries every proposal on a unit whose level is known.
///
/// A proposal that lowers the level is left out when `objects` says so, which is given the unit with its lines, what this
/// resolves to, and the directive: a level counts settings, not whether they do anything or what they break.
#[must_use]
pub fn outlook(
    case: &Case<'_>,
    now: &Exposure<'_>,
    objects: &dyn Fn(&Unit, &Resolution, &'static str) -> bool,
) -> Outlook {
    let draft = Draft::read_from(case.base, case.unit, case.options);
    let attempt = |proposals: &[Proposal]| {
        let lines = proposals.iter().flat_map(|(_, lines)| lines.iter());
        let settings = draft.with_lines(lines.filter_map(|line| line.split_once('=')));
        rate(&settings, case.rules, case.policy).ok()
    };
    let mut useful: Vec<(Proposal, Advice)> = Vec::new();
    for proposal in PROPOSALS {
        let (name, lines) = *proposal;
        let Some(then) = attempt(&[*proposal]) else {
            continue;
        };
        let gain = now.thousandths().saturating_sub(then.thousandths());
        if gain == 0 {
            continue;
        }
        let (with, resolution) = with_lines(case, lines);
        if objects(&with, &resolution, name) {
            continue;
        }
        let value = lines
            .last()
            .and_then(|line| line.split_once('='))
            .map_or("", |(_, value)| value);
        let risk = directive(name).and_then(|directive| directive.risk_of(value));
        let (impact, breakage) = risk.unwrap_or((Degree::Low, Degree::Medium));
        useful.push((
            *proposal,
            Advice {
                level: then.level(),
                gain,
                directive: name,
                lines,
                impact,
                breakage,
            },
        ));
    }
    let careful: Vec<Proposal> = useful
        .iter()
        .filter(|(_, a)| a.breakage <= Degree::Low)
        .map(|(p, _)| *p)
        .collect();
    let every: Vec<Proposal> = useful.iter().map(|(p, _)| *p).collect();
    let careful = attempt(&careful).map_or(now.level(), Sum::level);
    let all = attempt(&every).map_or(now.level(), Sum::level);
    let mut advice: Vec<Advice> = useful.into_iter().map(|(_, advice)| advice).collect();
    advice.sort_by(|a, b| a.breakage.cmp(&b.breakage).then(b.gain.cmp(&a.gain)));
    Outlook {
        advice,
        careful,
        all,
    }
}

/// A unit with a proposal, as if in a last drop-in, and what it resolves to.
fn with_lines(case: &Case<'_>, lines: &[&str]) -> (Unit, Resolution) {
    let section = case.unit.name.kind().section().unwrap_or("Service");
    let text = format!("[{section}]\n{}\n", lines.join("\n"));
    let unit = case.unit.with_drop_in(Path::new("advice.conf"), text);
    let resolution = case.base.resolve(&unit, case.options);
    (unit, resolution)
}
