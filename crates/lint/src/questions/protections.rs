//! Protections whose values can be compared.

use unitward_settings::{Settings, boolean};

/// A protection that one assignment switches on or off.
pub(crate) struct Protection {
    /// The directive.
    pub(crate) name: &'static str,
    /// Its words, from the weakest on; words that are equally strong are separated by a blank.
    words: &'static [&'static str],
    /// How strong it is in the end.
    pub(crate) now: fn(&Settings) -> u8,
}

/// The protection of this name.
pub(crate) fn protection(name: &str) -> Option<&'static Protection> {
    PROTECTIONS
        .iter()
        .find(|protection| protection.name == name)
}

impl Protection {
    /// How strong a value is; none for what systemd does not take.
    pub(crate) fn rank(&self, text: &str) -> Option<u8> {
        let word = match boolean(text) {
            Some(true) => "yes",
            Some(false) => "no",
            None => text,
        };
        let at = self
            .words
            .iter()
            .position(|words| words.split(' ').any(|w| w == word))?;
        u8::try_from(at).ok()
    }
}

/// The rank of a word that settings ended with.
fn rank(name: &str, word: &str) -> u8 {
    protection(name)
        .and_then(|protection| protection.rank(word))
        .unwrap_or_default()
}

const OFF_ON: &[&str] = &["no", "yes"];

static PROTECTIONS: &[Protection] = &[
    Protection {
        name: "NoNewPrivileges",
        words: OFF_ON,
        now: |s| u8::from(s.no_new_privileges.0),
    },
    Protection {
        name: "PrivateDevices",
        words: OFF_ON,
        now: |s| u8::from(s.private_devices.0),
    },
    Protection {
        name: "PrivateNetwork",
        words: OFF_ON,
        now: |s| u8::from(s.private_network.0),
    },
    Protection {
        name: "PrivateIPC",
        words: OFF_ON,
        now: |s| u8::from(s.private_ipc.0),
    },
    Protection {
        name: "PrivatePIDs",
        words: OFF_ON,
        now: |s| u8::from(s.private_pids.0),
    },
    Protection {
        name: "ProtectKernelTunables",
        words: OFF_ON,
        now: |s| u8::from(s.protect_kernel_tunables.0),
    },
    Protection {
        name: "ProtectKernelModules",
        words: OFF_ON,
        now: |s| u8::from(s.protect_kernel_modules.0),
    },
    Protection {
        name: "ProtectKernelLogs",
        words: OFF_ON,
        now: |s| u8::from(s.protect_kernel_logs.0),
    },
    Protection {
        name: "ProtectClock",
        words: OFF_ON,
        now: |s| u8::from(s.protect_clock.0),
    },
    Protection {
        name: "LockPersonality",
        words: OFF_ON,
        now: |s| u8::from(s.lock_personality.0),
    },
    Protection {
        name: "MemoryDenyWriteExecute",
        words: OFF_ON,
        now: |s| u8::from(s.memory_deny_write_execute.0),
    },
    Protection {
        name: "RestrictRealtime",
        words: OFF_ON,
        now: |s| u8::from(s.restrict_realtime.0),
    },
    Protection {
        name: "RestrictSUIDSGID",
        words: OFF_ON,
        now: |s| u8::from(s.restrict_suid_sgid.0),
    },
    Protection {
        name: "DynamicUser",
        words: OFF_ON,
        now: |s| u8::from(s.dynamic_user.0),
    },
    Protection {
        name: "ProtectSystem",
        words: &["no", "yes", "full", "strict"],
        now: |s| rank("ProtectSystem", s.protect_system.word()),
    },
    Protection {
        name: "ProtectHome",
        words: &["no", "read-only", "tmpfs", "yes"],
        now: |s| rank("ProtectHome", s.protect_home.word()),
    },
    Protection {
        name: "PrivateTmp",
        words: &["no", "yes connected", "disconnected"],
        now: |s| rank("PrivateTmp", s.private_tmp.word()),
    },
    Protection {
        name: "PrivateUsers",
        words: &["no", "yes self identity full managed"],
        now: |s| rank("PrivateUsers", s.private_users.word()),
    },
    Protection {
        name: "ProtectControlGroups",
        words: &["no", "yes private", "strict"],
        now: |s| rank("ProtectControlGroups", s.protect_control_groups.word()),
    },
    Protection {
        name: "ProtectProc",
        words: &["default", "noaccess", "invisible", "ptraceable"],
        now: |s| rank("ProtectProc", s.protect_proc.word()),
    },
    Protection {
        name: "ProcSubset",
        words: &["all", "pid"],
        now: |s| rank("ProcSubset", s.proc_subset.word()),
    },
    Protection {
        name: "DevicePolicy",
        words: &["auto", "closed", "strict"],
        now: |s| rank("DevicePolicy", s.device_policy.word()),
    },
];
