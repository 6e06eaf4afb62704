//! The list of settings: a directive, its field, and the type that is its grammar.

use std::sync::{Arc, LazyLock};

use unitward_catalog::Version;
use unitward_unit::load::Scope;
use unitward_unit::{SourceFile, UnitName};

use crate::context::{Assigned, Context};
use crate::setting::{Setting, Source};
use crate::values::*;

/// How an assignment of a directive reaches its field.
pub(crate) struct Entry {
    pub(crate) directive: &'static str,
    /// The parser's name, to be compared with the catalogue.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "compared with the catalogue by a test")
    )]
    pub(crate) parser: &'static str,
    pub(crate) assign: fn(&mut Settings, &str, &mut Context<'_>),
}

macro_rules! settings {
    ($($directive:ident => $field:ident: $type:ty,)*) => {
        /// The resolved settings of a unit: all that shapes its processes.
        ///
        /// A field has the name of its directive. Values are final: after all files, with what is implied.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct Settings {
            /// The unit.
            pub unit: UnitName,
            /// The files that the origins of values point into.
            pub files: Vec<Arc<SourceFile>>,
            /// The systemd whose rules were applied.
            pub version: Version,
            /// The manager that reads the unit.
            pub scope: Scope,
            $(
                #[doc = concat!("`", stringify!($directive), "=`")]
                pub $field: Setting<$type>,
            )*
        }

        impl Settings {
            pub(crate) fn new(unit: UnitName, files: Vec<Arc<SourceFile>>, version: Version, scope: Scope) -> Self {
                Self { unit, files, version, scope, $($field: Setting::default(),)* }
            }
        }

        /// One entry a field.
        static ENTRIES: &[Entry] = &[$(
            Entry {
                directive: stringify!($directive),
                parser: <$type as Value>::PARSER,
                assign: |settings, text, cx| apply(&mut settings.$field, text, cx),
            },
        )*];
    };
}

settings! {
    // Life cycle (systemd.service(5), systemd.unit(5)).
    DefaultDependencies => default_dependencies: FlagOn,
    SuccessAction => success_action: EmergencyAction,
    Type => service_type: ServiceType,
    ExitType => exit_type: ExitType,
    Restart => restart: Restart,
    RemainAfterExit => remain_after_exit: Flag,
    NotifyAccess => notify_access: NotifyAccess,
    ExecCondition => exec_condition: Commands,
    ExecStartPre => exec_start_pre: Commands,
    ExecStart => exec_start: Commands,
    ExecStartPost => exec_start_post: Commands,
    ExecReload => exec_reload: Commands,
    ExecReloadPost => exec_reload_post: Commands,
    ExecStop => exec_stop: Commands,
    ExecStopPost => exec_stop_post: Commands,
    KillMode => kill_mode: KillMode,
    BusName => bus_name: BusName,

    // Identity.
    User => user: Principal,
    Group => group: Principal,
    SupplementaryGroups => supplementary_groups: Groups,
    DynamicUser => dynamic_user: RequiredFlag,
    PAMName => pam_name: Text,

    // Capabilities.
    CapabilityBoundingSet => capability_bounding_set: BoundingSet,
    AmbientCapabilities => ambient_capabilities: AmbientSet,
    NoNewPrivileges => no_new_privileges: Flag,

    // Process properties.
    UMask => umask: Umask,
    KeyringMode => keyring_mode: KeyringMode,

    // The file system.
    RootDirectory => root_directory: RequiredPath,
    RootImage => root_image: RequiredPath,
    RootMStack => root_mstack: RequiredPath,
    WorkingDirectory => working_directory: WorkingDirectory,
    ReadWritePaths => read_write_paths: MarkedPaths,
    ReadOnlyPaths => read_only_paths: MarkedPaths,
    InaccessiblePaths => inaccessible_paths: MarkedPaths,
    ExecPaths => exec_paths: MarkedPaths,
    NoExecPaths => no_exec_paths: MarkedPaths,
    TemporaryFileSystem => temporary_file_system: TemporaryFileSystems,
    BindPaths => binds: Binds,
    MountImages => mount_images: MountImages,
    ExtensionImages => extension_images: ExtensionImages,
    ProtectProc => protect_proc: ProtectProc,
    ProcSubset => proc_subset: ProcSubset,
    ProtectSystem => protect_system: ProtectSystem,
    ProtectHome => protect_home: ProtectHome,
    PrivateTmp => private_tmp: PrivateTmp,
    PrivateDevices => private_devices: Flag,
    PrivateMounts => private_mounts: PrivateMounts,
    ProtectKernelTunables => protect_kernel_tunables: Flag,
    ProtectKernelModules => protect_kernel_modules: Flag,
    ProtectKernelLogs => protect_kernel_logs: Flag,
    ProtectControlGroups => protect_control_groups: ProtectControlGroups,

    // Credentials.
    LoadCredential => load_credential: LoadedCredentials,
    LoadCredentialEncrypted => load_credential_encrypted: LoadedCredentials,
    ImportCredential => import_credential: ImportedCredentials,
    SetCredential => set_credential: SetCredentials,
    SetCredentialEncrypted => set_credential_encrypted: SetCredentials,

    // Namespaces.
    PrivateNetwork => private_network: Flag,
    PrivateIPC => private_ipc: Flag,
    PrivatePIDs => private_pids: Flag,
    PrivateUsers => private_users: PrivateUsers,
    ProtectHostname => protect_hostname: ProtectHostname,
    ProtectClock => protect_clock: Flag,
    RestrictNamespaces => restrict_namespaces: RestrictNamespaces,
    RemoveIPC => remove_ipc: Flag,

    // System calls.
    RestrictAddressFamilies => restrict_address_families: RestrictAddressFamilies,
    SystemCallFilter => system_call_filter: SystemCallFilter,
    SystemCallLog => system_call_log: SystemCallLog,
    SystemCallArchitectures => system_call_architectures: SystemCallArchitectures,
    SystemCallErrorNumber => system_call_error_number: SystemCallErrorNumber,
    LockPersonality => lock_personality: Flag,
    MemoryDenyWriteExecute => memory_deny_write_execute: Flag,
    RestrictRealtime => restrict_realtime: Flag,
    RestrictSUIDSGID => restrict_suid_sgid: Flag,

    // Devices, network and control groups.
    DevicePolicy => device_policy: DevicePolicy,
    DeviceAllow => device_allow: DeviceRules,
    IPAddressAllow => ip_address_allow: Networks,
    IPAddressDeny => ip_address_deny: Networks,
    IPIngressFilterPath => ip_ingress_filter_path: PathLines,
    IPEgressFilterPath => ip_egress_filter_path: PathLines,
    Delegate => delegate: Delegate,
}

/// Applies an assignment and notes its origin.
fn apply<T: Value>(setting: &mut Setting<T>, text: &str, cx: &mut Context<'_>) {
    let origin = cx.origin;
    let (value, source) = setting.parts();
    match value.assign(text, cx) {
        Assigned::Set => *source = Source::Unit(origin),
        Assigned::Reset => *source = Source::Reset(origin),
        Assigned::Ignored => {}
    }
}

/// Directives that share the field of another one; the parser looks at the name.
const SHARED: &[(&str, &str)] = &[("BindReadOnlyPaths", "BindPaths")];

/// The entry of a directive, by its place in the catalogue.
pub(crate) fn entry(at: usize) -> Option<&'static Entry> {
    /// For each directive of the catalogue its entry; aliases have that of their directive.
    static BY_PLACE: LazyLock<Vec<Option<&'static Entry>>> = LazyLock::new(|| {
        let find = |name: &str| {
            let name = SHARED
                .iter()
                .find(|(other, _)| *other == name)
                .map_or(name, |(_, field)| field);
            ENTRIES.iter().find(|entry| entry.directive == name)
        };
        unitward_catalog::directives()
            .iter()
            .map(|d| find(d.name).or_else(|| d.aliases.iter().find_map(|alias| find(alias))))
            .collect()
    });
    BY_PLACE.get(at).copied().flatten()
}
