//! Enumerations. Words are case-sensitive, booleans are not (systemd 252, 257, 262).

use unitward_catalog::Version;

use super::Value;
use super::flag::boolean;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// One word of an enumeration and the version it is known from (0: all).
pub(crate) struct Word<T> {
    pub(crate) text: &'static str,
    pub(crate) since: u16,
    pub(crate) value: T,
}

/// How an enumeration treats booleans and the empty assignment.
pub(crate) struct Rules<T: 'static> {
    pub(crate) words: &'static [Word<T>],
    /// The values of no and yes, where booleans are accepted.
    pub(crate) booleans: Option<(T, T)>,
    /// The version from which an empty assignment goes back to the default; `u16::MAX` for never.
    pub(crate) resets_since: u16,
}

pub(crate) fn assign<T: Copy + Default>(
    target: &mut T,
    rules: &Rules<T>,
    text: &str,
    cx: &mut Context<'_>,
) -> Assigned {
    if text.is_empty() && cx.version.number() >= rules.resets_since {
        *target = T::default();
        return Assigned::Reset;
    }
    let Some(value) = parse(rules, text, cx.version) else {
        return cx.ignored(text, expected(rules, cx.version));
    };
    *target = value;
    Assigned::Set
}

pub(crate) fn parse<T: Copy>(rules: &Rules<T>, text: &str, version: Version) -> Option<T> {
    if let (Some((no, yes)), Some(value)) = (rules.booleans, boolean(text)) {
        return Some(if value { yes } else { no });
    }
    let word = rules
        .words
        .iter()
        .find(|w| w.text == text && w.since <= version.number())?;
    Some(word.value)
}

/// Where booleans became words, systemd shows a boolean, and the word under another name.
fn show<T>(rules: &Rules<T>, _: T, word: &'static str, shown: &mut Shown<'_>) {
    let grown = matches!(
        shown.directive,
        "PrivateTmp" | "PrivateUsers" | "ProtectControlGroups"
    );
    if !grown || rules.booleans.is_none() {
        return shown.put(word);
    }
    shown.put(if word == "no" { "no" } else { "yes" });
    if shown.at_least(Version::V257) {
        shown.put_with("Ex", word);
    }
}

fn expected<T>(rules: &Rules<T>, version: Version) -> String {
    let booleans = rules.booleans.is_some();
    let known = rules.words.iter().filter(|w| w.since <= version.number());
    let words: Vec<&str> = known
        .map(|word| word.text)
        .filter(|word| !booleans || boolean(word).is_none())
        .collect();
    match (booleans, words.is_empty()) {
        (true, true) => "a boolean".to_owned(),
        (true, false) => format!("a boolean, or {}", words.join(", ")),
        (false, _) => format!("one of {}", words.join(", ")),
    }
}

/// Declares an enumeration: its words, which of them need a newer systemd, its default (the first), whether
/// booleans are accepted, and from which version an empty assignment resets it.
macro_rules! choices {
    ($(
        $(#[$doc:meta])*
        $name:ident: $parser:literal
        $(, booleans $no:ident $yes:ident)?
        $(, resets $resets:literal)?
        { $($(#[$variant_doc:meta])* $variant:ident = $word:literal $(since $since:literal)?),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            const RULES: Rules<Self> = Rules {
                words: &[$(Word { text: $word, since: 0 $(+ $since)?, value: Self::$variant }),*],
                booleans: booleans!($($no $yes)?),
                resets_since: resets!($($resets)?),
            };

            /// The word as written in a unit file and printed by systemctl.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl Value for $name {
            const PARSER: &'static str = $parser;

            fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
                assign(self, &Self::RULES, text, cx)
            }

            fn show(&self, shown: &mut Shown<'_>) {
                show(&Self::RULES, *self, self.word(), shown);
            }
        }
    )*};
}

macro_rules! booleans {
    () => {
        None
    };
    ($no:ident $yes:ident) => {
        Some((Self::$no, Self::$yes))
    };
}

macro_rules! resets {
    () => {
        u16::MAX
    };
    ($since:literal) => {
        $since
    };
}

choices! {
    /// ProtectSystem= (systemd.exec(5)).
    ProtectSystem: "bool-or-enum", booleans No Yes {
        /// Nothing is protected.
        #[default] No = "no",
        /// `/usr` and the boot loader are read-only.
        Yes = "yes",
        /// And `/etc`.
        Full = "full",
        /// The whole tree but `/dev`, `/proc`, `/sys` and the home directories.
        Strict = "strict",
    }

    /// ProtectHome= (systemd.exec(5)).
    ProtectHome: "bool-or-enum", booleans No Yes {
        /// Home directories are as they are.
        #[default] No = "no",
        /// They are empty and inaccessible.
        Yes = "yes",
        /// They are read-only.
        ReadOnly = "read-only",
        /// They are empty and read-only.
        Tmpfs = "tmpfs",
    }

    /// PrivateTmp= (systemd.exec(5)).
    PrivateTmp: "bool-or-enum", booleans No Connected {
        /// The host's `/tmp` and `/var/tmp`.
        #[default] No = "no",
        /// Own directories below the host's.
        Connected = "connected" since 257,
        /// An own file system in memory.
        Disconnected = "disconnected" since 257,
    }

    /// PrivateUsers= (systemd.exec(5)).
    PrivateUsers: "bool-or-enum", booleans No SelfUser {
        /// No user namespace.
        #[default] No = "no",
        /// Root and the service's own user are mapped.
        SelfUser = "self" since 257,
        /// The first 65536 ids are mapped to themselves.
        Identity = "identity" since 257,
        /// All ids are mapped to themselves.
        Full = "full" since 258,
        /// A range of ids from the allocation daemon.
        Managed = "managed" since 260,
    }

    /// ProtectControlGroups= (systemd.exec(5)).
    ProtectControlGroups: "bool-or-enum", booleans No Yes {
        /// The control group tree is writable.
        #[default] No = "no",
        /// It is read-only.
        Yes = "yes",
        /// An own control group namespace with a writable tree.
        Private = "private" since 257,
        /// An own control group namespace with a read-only tree.
        Strict = "strict" since 257,
    }

    /// ProtectProc= (systemd.exec(5)).
    ProtectProc: "enum" {
        /// As the host's `/proc`.
        #[default] Default = "default",
        /// Other users' processes show, but none of their files can be read.
        Noaccess = "noaccess",
        /// Other users' processes do not show.
        Invisible = "invisible",
        /// Processes that may not be traced do not show.
        Ptraceable = "ptraceable",
    }

    /// ProcSubset= (systemd.exec(5)).
    ProcSubset: "enum" {
        /// All of `/proc`.
        #[default] All = "all",
        /// Only the directories of processes.
        Pid = "pid",
    }

    /// KeyringMode= (systemd.exec(5)). The default depends on the unit type and the manager.
    KeyringMode: "enum" {
        /// An own session keyring.
        #[default] Private = "private",
        /// The session keyring of the manager.
        Inherit = "inherit",
        /// An own session keyring with the user keyring of the service's user linked in.
        Shared = "shared",
    }

    /// DevicePolicy= (systemd.resource-control(5)).
    DevicePolicy: "enum" {
        /// All devices, unless DeviceAllow= names some.
        #[default] Auto = "auto",
        /// The standard pseudo devices and those of DeviceAllow=.
        Closed = "closed",
        /// Only those of DeviceAllow=.
        Strict = "strict",
    }

    /// Type= (systemd.service(5)).
    ServiceType: "enum" {
        /// Started when the process was forked.
        #[default] Simple = "simple",
        /// Started when the program was executed.
        Exec = "exec",
        /// Started when the first process has exited and left a child.
        Forking = "forking",
        /// Started when the last command has finished.
        Oneshot = "oneshot",
        /// Started when the bus name is taken.
        Dbus = "dbus",
        /// Started when the service says so.
        Notify = "notify",
        /// Like notify, and it reports reloads.
        NotifyReload = "notify-reload" since 253,
        /// Like simple, after other jobs.
        Idle = "idle",
    }

    /// ExitType= (systemd.service(5)).
    ExitType: "enum" {
        /// The service ends with its main process.
        #[default] Main = "main",
        /// The service ends with its last process.
        Cgroup = "cgroup",
    }

    /// NotifyAccess= (systemd.service(5)).
    NotifyAccess: "enum" {
        /// No notifications are accepted.
        #[default] None = "none",
        /// From the main process.
        Main = "main",
        /// From the main and the control processes.
        Exec = "exec",
        /// From every process of the service.
        All = "all",
    }

    /// Restart= (systemd.service(5)).
    Restart: "enum" {
        /// Never.
        #[default] No = "no",
        /// After a clean end.
        OnSuccess = "on-success",
        /// After an end that is not clean.
        OnFailure = "on-failure",
        /// After a signal, a time-out or a missed watchdog.
        OnAbnormal = "on-abnormal",
        /// After a missed watchdog.
        OnWatchdog = "on-watchdog",
        /// After a signal that is not clean.
        OnAbort = "on-abort",
        /// Always.
        Always = "always",
    }

    /// SuccessAction= (systemd.unit(5)).
    EmergencyAction: "enum" {
        /// Nothing.
        #[default] None = "none",
        /// Reboots after a clean stop of all units.
        Reboot = "reboot",
        /// Reboots without stopping units.
        RebootForce = "reboot-force",
        /// Reboots at once.
        RebootImmediate = "reboot-immediate",
        /// Powers off after a clean stop of all units.
        Poweroff = "poweroff",
        /// Powers off without stopping units.
        PoweroffForce = "poweroff-force",
        /// Powers off at once.
        PoweroffImmediate = "poweroff-immediate",
        /// Ends the manager.
        Exit = "exit",
        /// Ends the manager without stopping units.
        ExitForce = "exit-force",
        /// Reboots into a new user space.
        SoftReboot = "soft-reboot" since 254,
        /// Reboots into a new user space without stopping units.
        SoftRebootForce = "soft-reboot-force" since 254,
        /// Executes a new kernel.
        Kexec = "kexec" since 254,
        /// Executes a new kernel without stopping units.
        KexecForce = "kexec-force" since 254,
        /// Halts after a clean stop of all units.
        Halt = "halt" since 254,
        /// Halts without stopping units.
        HaltForce = "halt-force" since 254,
        /// Halts at once.
        HaltImmediate = "halt-immediate" since 254,
    }

    /// KillMode= (systemd.kill(5)).
    KillMode: "enum", resets 0 {
        /// Every process of the control group.
        #[default] ControlGroup = "control-group",
        /// The main process first, later the others with SIGKILL.
        Mixed = "mixed",
        /// Only the main process.
        Process = "process",
        /// No process.
        None = "none",
    }

    /// OOMPolicy= (systemd.service(5)). Unset: DefaultOOMPolicy=, or continue with Delegate=.
    OomPolicy: "enum" {
        /// Stops the service.
        #[default] Stop = "stop",
        /// Goes on.
        Continue = "continue",
        /// Kills all processes of the service.
        Kill = "kill",
    }

    /// TimeoutStartFailureMode= and TimeoutStopFailureMode= (systemd.service(5)).
    TimeoutFailureMode: "enum" {
        /// KillSignal=, then FinalKillSignal=.
        #[default] Terminate = "terminate",
        /// WatchdogSignal= first.
        Abort = "abort",
        /// FinalKillSignal= at once.
        Kill = "kill",
    }

    /// RuntimeDirectoryPreserve= (systemd.exec(5)).
    DirectoryPreserve: "bool-or-enum", booleans No Yes {
        /// Removed when the service stops.
        #[default] No = "no",
        /// Kept.
        Yes = "yes",
        /// Kept over a restart.
        Restart = "restart",
    }

    /// FileDescriptorStorePreserve= (systemd.service(5)).
    DescriptorStorePreserve: "bool-or-enum", booleans No Yes {
        /// Kept over a restart.
        #[default] Restart = "restart",
        /// Closed when the service stops.
        No = "no",
        /// Kept.
        Yes = "yes",
        /// Kept after a clean end.
        OnSuccess = "on-success" since 261,
    }

    /// UtmpMode= (systemd.exec(5)).
    UtmpMode: "enum" {
        /// An init record.
        #[default] Init = "init",
        /// A login record too.
        Login = "login",
        /// A user record too.
        User = "user",
    }

    /// MemoryTHP= (systemd.exec(5), systemd 260).
    MemoryThp: "enum" {
        /// As the manager.
        #[default] Inherit = "inherit",
        /// No transparent huge pages.
        Disable = "disable",
        /// Only where the program asks.
        Madvise = "madvise",
        /// As the system.
        System = "system",
    }

    /// ManagedOOMSwap= and ManagedOOMMemoryPressure= (systemd.resource-control(5)).
    ManagedOomMode: "enum", resets 0 {
        /// Not watched.
        #[default] Auto = "auto",
        /// The daemon may kill.
        Kill = "kill",
    }

    /// ManagedOOMPreference= (systemd.resource-control(5)).
    ManagedOomPreference: "enum" {
        /// Like any other.
        #[default] None = "none",
        /// Rather not killed.
        Avoid = "avoid",
        /// Never killed.
        Omit = "omit",
    }

    /// MemoryPressureWatch=, CPUPressureWatch= and IOPressureWatch= (systemd.resource-control(5)).
    PressureWatch: "bool-or-enum", booleans No Yes {
        /// When accounting is on.
        #[default] Auto = "auto",
        /// Not told to the service.
        No = "no",
        /// Told to the service.
        Yes = "yes",
        /// Left as it is.
        Skip = "skip",
    }

    /// CPUSetPartition= (systemd.resource-control(5), systemd 261).
    CpuSetPartition: "enum", resets 0 {
        /// Unset: a member.
        #[default] Unset = "",
        /// A member of the parent's partition.
        Member = "member",
        /// An own partition.
        Root = "root",
        /// An own partition without load balancing.
        Isolated = "isolated",
    }

    /// MountFlags= (systemd.exec(5)): how mounts propagate.
    MountFlags: "enum", resets 0 {
        /// As other settings need it.
        #[default] Unset = "",
        /// In both directions.
        Shared = "shared",
        /// From the host to the service.
        Slave = "slave",
        /// Not at all.
        Private = "private",
    }

    /// NUMAPolicy= (systemd.exec(5)).
    NumaPolicy: "enum", resets 0 {
        /// That of the manager.
        #[default] Unset = "n/a",
        /// The kernel's default.
        Default = "default",
        /// Rather from one node.
        Preferred = "preferred",
        /// Only from the nodes of NUMAMask=.
        Bind = "bind",
        /// From those nodes in turn.
        Interleave = "interleave",
        /// From the node of the CPU.
        Local = "local",
        /// Rather from some nodes.
        PreferredMany = "preferred-many" since 262,
        /// From the nodes in turn, by weight.
        WeightedInterleave = "weighted-interleave" since 262,
    }

    /// ProtectSystem= of the manager (systemd-system.conf(5), systemd 256).
    ManagerProtectSystem: "bool-or-enum", booleans No Yes {
        /// Yes in the first file system of the boot, else no.
        #[default] Auto = "auto",
        /// `/usr` is as it is.
        No = "no",
        /// `/usr` is read-only for the whole system.
        Yes = "yes",
    }

    /// RestrictFileSystemAccess= of the manager (systemd-system.conf(5)).
    ManagerFileSystemAccess: "bool-or-enum", booleans No Exec {
        /// Programs of every file system run.
        #[default] No = "no",
        /// Only programs of verified file systems run.
        Exec = "exec",
    }
}
