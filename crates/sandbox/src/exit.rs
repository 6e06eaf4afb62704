//! Exit statuses of a process whose sandbox could not be made (systemd.exec(5), "Process exit codes").

use std::fmt;

use serde::Serialize;

/// An exit status from systemd's range, 200 and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Exit(pub u8);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        impl Exit { $($(#[$doc])* pub const $name: Self = Self($number);)* }
    };
}

statuses! {
    /// Changing the working directory.
    CHDIR = 200,
    /// Setting the nice level.
    NICE = 201,
    /// Passing on or closing descriptors.
    FDS = 202,
    /// Executing the program.
    EXEC = 203,
    /// Not enough memory, or an environment that cannot be made.
    MEMORY = 204,
    /// Resource limits.
    LIMITS = 205,
    /// The score of the out-of-memory killer.
    OOM_ADJUST = 206,
    /// Signal dispositions.
    SIGNAL_MASK = 207,
    /// Standard input.
    STDIN = 208,
    /// Standard output.
    STDOUT = 209,
    /// chroot(2).
    CHROOT = 210,
    /// Priority of input and output.
    IOPRIO = 211,
    /// Timer slack.
    TIMERSLACK = 212,
    /// Secure bits.
    SECUREBITS = 213,
    /// The scheduler.
    SETSCHEDULER = 214,
    /// Processor affinity.
    CPUAFFINITY = 215,
    /// Groups.
    GROUP = 216,
    /// The user, or the user namespace.
    USER = 217,
    /// Capabilities.
    CAPABILITIES = 218,
    /// The control group.
    CGROUP = 219,
    /// The session.
    SETSID = 220,
    /// PAM.
    PAM = 224,
    /// The network namespace.
    NETWORK = 225,
    /// Mount, IPC, UTS, PID and cgroup namespaces.
    NAMESPACE = 226,
    /// No new privileges.
    NO_NEW_PRIVILEGES = 227,
    /// System call filters.
    SECCOMP = 228,
    /// The SELinux context.
    SELINUX_CONTEXT = 229,
    /// The personality.
    PERSONALITY = 230,
    /// The AppArmor profile.
    APPARMOR_PROFILE = 231,
    /// Address families.
    ADDRESS_FAMILIES = 232,
    /// The runtime directory.
    RUNTIME_DIRECTORY = 233,
    /// Changing an owner.
    CHOWN = 235,
    /// The SMACK label.
    SMACK_PROCESS_LABEL = 236,
    /// The session keyring.
    KEYRING = 237,
    /// The state directory.
    STATE_DIRECTORY = 238,
    /// The cache directory.
    CACHE_DIRECTORY = 239,
    /// The logs directory.
    LOGS_DIRECTORY = 240,
    /// The configuration directory.
    CONFIGURATION_DIRECTORY = 241,
    /// The memory policy.
    NUMA_POLICY = 242,
    /// Credentials.
    CREDENTIALS = 243,
    /// BPF programs.
    BPF = 244,
    /// Merging of equal pages.
    KSM = 245,
    /// Transparent huge pages.
    MEMORY_THP = 246,
    /// Standard error.
    STDERR = 222,
    /// Anything else.
    EXCEPTION = 255,
}

impl Exit {
    /// The name that systemd gives it, such as `NAMESPACE`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        unitward_catalog::exit_status(self.0).map(|status| status.name)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{}/{name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
