//! How directives are switched off, so that nothing of them is left.

use super::cause::Relaxation;

/// Directives that can be in a service's way, and the value that takes each out of it, those that are most often the
/// cause first.
pub(super) const OFF: &[(&str, &str)] = &[
    ("SystemCallFilter", ""),
    ("ProtectSystem", "no"),
    ("CapabilityBoundingSet", "~"),
    ("RestrictAddressFamilies", ""),
    ("ProtectHome", "no"),
    ("PrivateDevices", "no"),
    ("MemoryDenyWriteExecute", "no"),
    ("PrivateUsers", "no"),
    ("PrivateNetwork", "no"),
    ("NoNewPrivileges", "no"),
    ("RestrictNamespaces", "no"),
    ("PrivateTmp", "no"),
    ("ProtectProc", "default"),
    ("ProcSubset", "all"),
    ("ProtectKernelTunables", "no"),
    ("ProtectKernelModules", "no"),
    ("ProtectKernelLogs", "no"),
    ("ProtectControlGroups", "no"),
    ("ProtectClock", "no"),
    ("ProtectHostname", "no"),
    ("LockPersonality", "no"),
    ("RestrictRealtime", "no"),
    ("RestrictSUIDSGID", "no"),
    ("SystemCallArchitectures", ""),
    ("InaccessiblePaths", ""),
    ("ReadOnlyPaths", ""),
    ("NoExecPaths", ""),
    ("TemporaryFileSystem", ""),
    ("RootDirectory", ""),
    ("BindPaths", ""),
    ("ReadWritePaths", ""),
    ("ExecPaths", ""),
    ("DevicePolicy", "auto"),
    ("DeviceAllow", ""),
    ("IPAddressDeny", ""),
    ("SocketBindDeny", ""),
    ("RestrictNetworkInterfaces", ""),
    ("RestrictFileSystems", ""),
    ("PrivateIPC", "no"),
    ("PrivatePIDs", "no"),
    ("PrivateMounts", "no"),
    ("PrivateBPF", "no"),
    ("DynamicUser", "no"),
    ("User", "root"),
    ("Group", ""),
    ("SecureBits", ""),
    ("UMask", "0022"),
    ("KeyringMode", "shared"),
    ("Personality", ""),
    ("LimitCPU", "infinity"),
    ("LimitFSIZE", "infinity"),
    ("LimitDATA", "infinity"),
    ("LimitSTACK", "infinity"),
    ("LimitNOFILE", "524288"),
    ("LimitAS", "infinity"),
    ("LimitNPROC", "infinity"),
    ("LimitMEMLOCK", "infinity"),
    ("LimitLOCKS", "infinity"),
    ("LimitSIGPENDING", "infinity"),
    ("LimitMSGQUEUE", "infinity"),
    ("LimitNICE", "40"),
    ("LimitRTPRIO", "infinity"),
    ("LimitRTTIME", "infinity"),
    ("TasksMax", "infinity"),
    ("MemoryMax", "infinity"),
    ("MemoryHigh", "infinity"),
    ("RuntimeMaxSec", "infinity"),
    ("WatchdogSec", "0"),
    ("KillMode", "process"),
    ("KillSignal", "SIGTERM"),
    ("IgnoreSIGPIPE", "yes"),
];

/// What can keep a service from being started, though it is no sandbox; it is taken away when the set-up failed.
pub(super) const SET_UP: &[(&str, &str)] = &[
    ("WorkingDirectory", ""),
    ("StandardInput", "null"),
    ("StandardOutput", "inherit"),
    ("StandardError", "inherit"),
    ("EnvironmentFile", ""),
    ("SupplementaryGroups", ""),
    ("AppArmorProfile", ""),
    ("SELinuxContext", ""),
    ("SmackProcessLabel", ""),
    ("NetworkNamespacePath", ""),
    ("IPCNamespacePath", ""),
    ("UserNamespacePath", ""),
    ("ExtensionDirectories", ""),
    ("LoadCredential", ""),
    ("OpenFile", ""),
    ("LogNamespace", ""),
    ("CPUAffinity", ""),
    ("NUMAPolicy", "default"),
    ("CPUSchedulingPolicy", ""),
    ("Nice", ""),
    ("OOMScoreAdjust", ""),
    ("AmbientCapabilities", ""),
];

/// The change that takes a directive away.
pub(super) fn off(directive: &'static str) -> Relaxation {
    let value = OFF
        .iter()
        .chain(SET_UP)
        .find(|(name, _)| *name == directive)
        .map_or("", |(_, value)| *value);
    match directive {
        "BindReadOnlyPaths" => Relaxation::of("BindPaths", ""),
        "DevicePolicy" => Relaxation::of("DevicePolicy", "auto").and("DeviceAllow", ""),
        _ => Relaxation::of(directive, value),
    }
}
