//! What would lower the level, and by how much: each proposal is tried on the unit.

use unitward_catalog::{Degree, directive};
use unitward_settings::{Base, Draft, Options};
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

/// Tries every proposal on a unit whose level is known, resolved from the configuration of a manager.
#[must_use]
pub fn outlook(
    unit: &Unit,
    options: &Options<'_>,
    base: &Base,
    rules: Rules,
    policy: Option<&Policy>,
    now: &Exposure<'_>,
) -> Outlook {
    let draft = Draft::read_from(base, unit, options);
    let attempt = |proposals: &[Proposal]| {
        let lines = proposals.iter().flat_map(|(_, lines)| lines.iter());
        let settings = draft.with_lines(lines.filter_map(|line| line.split_once('=')));
        rate(&settings, rules, policy).ok()
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
