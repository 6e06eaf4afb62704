//! Which features of the sandbox this kernel, container and privilege level can enforce: by the same report that
//! `unitward run` gives.

use unitward_sandbox::{Enforcement, Host, Options, Plan};
use unitward_settings::Settings;

/// A setting of each kind that a sandbox is made of.
const SAMPLES: &[&str] = &[
    "User=0",
    "SupplementaryGroups=0",
    "CapabilityBoundingSet=CAP_CHOWN",
    "AmbientCapabilities=CAP_CHOWN",
    "NoNewPrivileges=yes",
    "SecureBits=noroot",
    "UMask=0077",
    "KeyringMode=private",
    "LimitNOFILE=64",
    "OOMScoreAdjust=100",
    "Nice=1",
    "CPUSchedulingPolicy=batch",
    "IOSchedulingClass=idle",
    "TimerSlackNSec=1000",
    "Personality=native",
    "MemoryKSM=no",
    "AppArmorProfile=unitward-sample",
    "SELinuxContext=unitward-sample",
    "SmackProcessLabel=unitward-sample",
    "ReadOnlyPaths=/usr",
    "InaccessiblePaths=-/boot",
    "NoExecPaths=-/home",
    "TemporaryFileSystem=/srv",
    "BindReadOnlyPaths=/usr:/srv/usr",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateMounts=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "PrivateNetwork=yes",
    "PrivateIPC=yes",
    "PrivatePIDs=yes",
    "PrivateUsers=yes",
    "ProtectHostname=yes",
    "ProtectClock=yes",
    "RestrictNamespaces=yes",
    "RestrictAddressFamilies=AF_UNIX",
    "SystemCallFilter=@system-service",
    "SystemCallArchitectures=native",
    "SystemCallLog=@obsolete",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "RestrictFileSystems=ext4",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "DevicePolicy=closed",
    "DeviceAllow=/dev/null rw",
    "IPAddressDeny=any",
    "SocketBindDeny=any",
    "RestrictNetworkInterfaces=lo",
    "TasksMax=100",
    "MemoryMax=1G",
    "CPUQuota=50%",
    "IOWeight=50",
    "AllowedCPUs=0",
];

/// A feature, and whether it can be enforced here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feature {
    /// The setting that was asked about, such as `ProtectSystem=strict`.
    pub setting: &'static str,
    /// Whether it holds, and why not.
    pub enforcement: Enforcement,
}

/// Asks about every feature. `resolve` gives the settings of a bare unit with a text.
#[must_use]
pub fn features(host: &Host, resolve: &dyn Fn(&str) -> Option<Settings>) -> Vec<Feature> {
    SAMPLES
        .iter()
        .filter_map(|setting| {
            let text = format!("[Service]\nType=exec\nExecStart=/proc/self/exe\n{setting}\n");
            let settings = resolve(&text)?;
            let (directive, _) = setting.split_once('=')?;
            let is_known = settings
                .sources()
                .any(|(name, source)| name == directive && source.origin().is_some());
            // A directive that this version does not know.
            if !is_known && directive != "BindReadOnlyPaths" {
                return None;
            }
            let enforcement = match Plan::new(&settings, host, &Options::default()) {
                Ok(plan) => entry(&plan, directive),
                Err(failure) => Enforcement::NotPossibleHere(failure.to_string()),
            };
            Some(Feature {
                setting,
                enforcement,
            })
        })
        .collect()
}

fn entry(plan: &Plan, directive: &str) -> Enforcement {
    let name = match directive {
        "BindReadOnlyPaths" => "BindPaths",
        other => other,
    };
    let found = plan.report.entries().find(|(one, _)| *one == name);
    found.map_or(Enforcement::NotOfTheSandbox, |(_, entry)| {
        entry.enforcement.clone()
    })
}
