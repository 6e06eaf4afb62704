//! The list of settings: a directive, its field, and the type that is its grammar.

use std::sync::Arc;

use unitward_catalog::Version;
use unitward_unit::{SourceFile, UnitName};

use crate::entry::{Entry, apply};
use crate::manager::Manager;
use crate::setting::Setting;
use crate::values::*;
use unitward_unit::load::Scope;

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
            /// The files that the origins of values point into: those of the unit, then those of the manager's configuration.
            pub files: Vec<Arc<SourceFile>>,
            /// The systemd whose rules were applied.
            pub version: Version,
            /// The manager that reads the unit.
            pub scope: Scope,
            /// The settings of the manager that hold for all units at once.
            pub manager: Arc<Manager>,
            $(
                #[doc = concat!("`", stringify!($directive), "=`")]
                pub $field: Setting<$type>,
            )*
        }

        impl Settings {
            pub(crate) fn new(
                unit: UnitName,
                files: Vec<Arc<SourceFile>>,
                version: Version,
                scope: Scope,
                manager: Arc<Manager>,
            ) -> Self {
                Self { unit, files, version, scope, manager, $($field: Setting::default(),)* }
            }
        }

        /// One entry a field.
        pub(crate) static ENTRIES: &[Entry] = &[$(
            Entry {
                directive: stringify!($directive),
                parser: <$type as Value>::PARSER,
                assign: |settings, text, cx| {
                    apply(&mut settings.$field, text, cx);
                },
                show: |settings, shown| settings.$field.show(shown),
                source: |settings| settings.$field.source(),
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
    TimeoutStartSec => timeout_start_sec: Timeout<90_000_000>,
    TimeoutStopSec => timeout_stop_sec: Timeout<90_000_000>,
    TimeoutAbortSec => timeout_abort_sec: AbortTimeout,
    TimeoutStartFailureMode => timeout_start_failure_mode: TimeoutFailureMode,
    TimeoutStopFailureMode => timeout_stop_failure_mode: TimeoutFailureMode,
    RuntimeMaxSec => runtime_max_sec: Timespan<INFINITY>,
    RuntimeRandomizedExtraSec => runtime_randomized_extra_sec: Timespan<0>,
    WatchdogSec => watchdog_sec: Watchdog,
    RootDirectoryStartOnly => root_directory_start_only: Flag,
    PermissionsStartOnly => permissions_start_only: StartOnly,
    GuessMainPID => guess_main_pid: FlagOn,
    PIDFile => pid_file: PidFile,
    NonBlocking => non_blocking: Flag,
    BusName => bus_name: BusName,
    SuccessExitStatus => success_exit_status: ExitStatuses,
    RestartForceExitStatus => restart_force_exit_status: ExitStatuses,
    Sockets => sockets: SocketUnits,
    FileDescriptorStoreMax => file_descriptor_store_max: Count,
    FileDescriptorStorePreserve => file_descriptor_store_preserve: DescriptorStorePreserve,
    LUOSession => luo_session: Names,
    OpenFile => open_file: OpenFiles,
    ReloadSignal => reload_signal: Signal<1>,
    RefreshOnReload => refresh_on_reload: RefreshOnReload,
    USBFunctionDescriptors => usb_function_descriptors: OptionalPath,
    USBFunctionStrings => usb_function_strings: OptionalPath,
    OOMPolicy => oom_policy: OomPolicy,
    JoinsNamespaceOf => joins_namespace_of: JoinedUnits,
    RequiresMountsFor => requires_mounts_for: NeededPaths,
    WantsMountsFor => wants_mounts_for: NeededPaths,

    // Killing (systemd.kill(5)).
    KillMode => kill_mode: KillMode,
    KillSignal => kill_signal: Signal<15>,
    RestartKillSignal => restart_kill_signal: OptionalSignal,
    FinalKillSignal => final_kill_signal: Signal<9>,
    WatchdogSignal => watchdog_signal: Signal<6>,
    SendSIGHUP => send_sighup: Flag,
    SendSIGKILL => send_sigkill: FlagOn,

    // Identity.
    User => user: Principal,
    Group => group: Principal<true>,
    SupplementaryGroups => supplementary_groups: Groups,
    DynamicUser => dynamic_user: RequiredFlag,
    PAMName => pam_name: Text,
    SetLoginEnvironment => set_login_environment: Tristate,

    // Capabilities.
    CapabilityBoundingSet => capability_bounding_set: BoundingSet,
    AmbientCapabilities => ambient_capabilities: AmbientSet,
    NoNewPrivileges => no_new_privileges: Flag,
    SecureBits => secure_bits: SecureBits,

    // Mandatory access control.
    SELinuxContext => selinux_context: Label,
    AppArmorProfile => app_armor_profile: Profile,
    SmackProcessLabel => smack_process_label: Label,

    // Process properties.
    UMask => umask: Umask,
    KeyringMode => keyring_mode: KeyringMode,
    LimitCPU => limit_cpu: ResourceLimit<Seconds>,
    LimitFSIZE => limit_fsize: ResourceLimit<Bytes>,
    LimitDATA => limit_data: ResourceLimit<Bytes>,
    LimitSTACK => limit_stack: ResourceLimit<Bytes>,
    LimitCORE => limit_core: ResourceLimit<Bytes>,
    LimitRSS => limit_rss: ResourceLimit<Bytes>,
    LimitNOFILE => limit_nofile: ResourceLimit<Pieces>,
    LimitAS => limit_as: ResourceLimit<Bytes>,
    LimitNPROC => limit_nproc: ResourceLimit<Pieces>,
    LimitMEMLOCK => limit_memlock: ResourceLimit<Bytes>,
    LimitLOCKS => limit_locks: ResourceLimit<Pieces>,
    LimitSIGPENDING => limit_sigpending: ResourceLimit<Pieces>,
    LimitMSGQUEUE => limit_msgqueue: ResourceLimit<Bytes>,
    LimitNICE => limit_nice: ResourceLimit<NiceLevel>,
    LimitRTPRIO => limit_rtprio: ResourceLimit<Pieces>,
    LimitRTTIME => limit_rttime: ResourceLimit<Microseconds>,
    CoredumpFilter => coredump_filter: CoredumpFilter,
    OOMScoreAdjust => oom_score_adjust: OptionalInteger<-1000, 1000>,
    TimerSlackNSec => timer_slack_nsec: Nanoseconds,
    Personality => personality: Personality,
    IgnoreSIGPIPE => ignore_sigpipe: FlagOn,
    MemoryKSM => memory_ksm: Tristate,
    MemoryTHP => memory_thp: MemoryThp,

    // Scheduling.
    Nice => nice: OptionalInteger<-20, 19>,
    CPUSchedulingPolicy => cpu_scheduling_policy: CpuPolicy,
    CPUSchedulingPriority => cpu_scheduling_priority: CpuPriority,
    CPUSchedulingResetOnFork => cpu_scheduling_reset_on_fork: Flag,
    CPUAffinity => cpu_affinity: CpuAffinity,
    NUMAPolicy => numa_policy: NumaPolicy,
    NUMAMask => numa_mask: NumaMask,
    IOSchedulingClass => io_scheduling_class: IoClass,
    IOSchedulingPriority => io_scheduling_priority: IoPriority,

    // Environment.
    Environment => environment: Environment,
    EnvironmentFile => environment_file: EnvironmentFiles,
    PassEnvironment => pass_environment: VariableNames,
    UnsetEnvironment => unset_environment: UnsetVariables,

    // Standard streams and logging.
    StandardInput => standard_input: StandardInput,
    StandardOutput => standard_output: StandardOutput,
    StandardError => standard_error: StandardError,
    StandardInputData => standard_input_data: InputData,
    TTYPath => tty_path: OptionalPath,
    TTYReset => tty_reset: Flag,
    TTYVHangup => tty_vhangup: Flag,
    TTYVTDisallocate => tty_vt_disallocate: Flag,
    TTYRows => tty_rows: TerminalSize,
    TTYColumns => tty_columns: TerminalSize,
    SyslogIdentifier => syslog_identifier: Text,
    SyslogFacility => syslog_facility: SyslogFacility,
    SyslogLevel => syslog_level: SyslogLevel,
    SyslogLevelPrefix => syslog_level_prefix: FlagOn,
    LogLevelMax => log_level_max: LogLevelMax,
    LogRateLimitIntervalSec => log_rate_limit_interval_sec: Timespan<0>,
    LogRateLimitBurst => log_rate_limit_burst: Count,
    LogExtraFields => log_extra_fields: LogFields,
    LogFilterPatterns => log_filter_patterns: LogFilters,
    LogNamespace => log_namespace: LogNamespace,
    UtmpIdentifier => utmp_identifier: Text,
    UtmpMode => utmp_mode: UtmpMode,

    // The file system.
    RootDirectory => root_directory: RequiredPath,
    RootImage => root_image: RequiredPath,
    RootMStack => root_mstack: RequiredPath,
    RootEphemeral => root_ephemeral: Flag,
    RootHash => root_hash: RootHash,
    RootHashSignature => root_hash_signature: RootHashSignature,
    RootVerity => root_verity: RequiredPath,
    RootImageOptions => root_image_options: RootImageOptions,
    RootImagePolicy => root_image_policy: ImagePolicy,
    MountImagePolicy => mount_image_policy: ImagePolicy,
    ExtensionImagePolicy => extension_image_policy: ImagePolicy,
    MountAPIVFS => mount_api_vfs: Tristate,
    MountFlags => mount_flags: MountFlags,
    BindLogSockets => bind_log_sockets: Tristate,
    ExecSearchPath => exec_search_path: ColonPaths,
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
    ExtensionDirectories => extension_directories: MarkedPaths,
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

    // Directories that systemd makes.
    RuntimeDirectory => runtime_directory: ExecDirectories,
    RuntimeDirectoryMode => runtime_directory_mode: DirectoryMode,
    RuntimeDirectoryPreserve => runtime_directory_preserve: DirectoryPreserve,
    StateDirectory => state_directory: ExecDirectories,
    StateDirectoryMode => state_directory_mode: DirectoryMode,
    StateDirectoryAccounting => state_directory_accounting: Flag,
    StateDirectoryQuota => state_directory_quota: DirectoryQuota,
    CacheDirectory => cache_directory: ExecDirectories,
    CacheDirectoryMode => cache_directory_mode: DirectoryMode,
    CacheDirectoryAccounting => cache_directory_accounting: Flag,
    CacheDirectoryQuota => cache_directory_quota: DirectoryQuota,
    LogsDirectory => logs_directory: ExecDirectories,
    LogsDirectoryMode => logs_directory_mode: DirectoryMode,
    LogsDirectoryAccounting => logs_directory_accounting: Flag,
    LogsDirectoryQuota => logs_directory_quota: DirectoryQuota,
    ConfigurationDirectory => configuration_directory: ExecDirectories,
    ConfigurationDirectoryMode => configuration_directory_mode: DirectoryMode,
    TimeoutCleanSec => timeout_clean_sec: Timespan<INFINITY>,

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
    DelegateNamespaces => delegate_namespaces: DelegateNamespaces,
    NetworkNamespacePath => network_namespace_path: OptionalPath,
    IPCNamespacePath => ipc_namespace_path: OptionalPath,
    UserNamespacePath => user_namespace_path: OptionalPath,
    PrivateBPF => private_bpf: Flag,
    BPFDelegateCommands => bpf_delegate_commands: BpfNames,
    BPFDelegateMaps => bpf_delegate_maps: BpfNames,
    BPFDelegatePrograms => bpf_delegate_programs: BpfNames,
    BPFDelegateAttachments => bpf_delegate_attachments: BpfNames,
    RemoveIPC => remove_ipc: Flag,

    // System calls.
    RestrictAddressFamilies => restrict_address_families: RestrictAddressFamilies,
    SystemCallFilter => system_call_filter: SystemCallFilter,
    SystemCallLog => system_call_log: SystemCallLog,
    SystemCallArchitectures => system_call_architectures: SystemCallArchitectures,
    SystemCallErrorNumber => system_call_error_number: SystemCallErrorNumber,
    LockPersonality => lock_personality: Flag,
    MemoryDenyWriteExecute => memory_deny_write_execute: Flag,
    RestrictFileSystems => restrict_file_systems: RestrictFileSystems,
    RestrictRealtime => restrict_realtime: Flag,
    RestrictSUIDSGID => restrict_suid_sgid: Flag,

    // Devices, network and control groups.
    DevicePolicy => device_policy: DevicePolicy,
    DeviceAllow => device_allow: DeviceRules,
    IPAddressAllow => ip_address_allow: Networks,
    IPAddressDeny => ip_address_deny: Networks,
    IPIngressFilterPath => ip_ingress_filter_path: PathLines,
    IPEgressFilterPath => ip_egress_filter_path: PathLines,
    SocketBindAllow => socket_bind_allow: SocketBindRules,
    SocketBindDeny => socket_bind_deny: SocketBindRules,
    RestrictNetworkInterfaces => restrict_network_interfaces: NetworkInterfaces,
    BindNetworkInterface => bind_network_interface: NetworkInterface,
    NFTSet => nft_set: NftSets,
    BPFProgram => bpf_program: BpfPrograms,
    IPAccounting => ip_accounting: Flag,
    Slice => slice: Slice,
    Delegate => delegate: Delegate,
    DelegateSubgroup => delegate_subgroup: ControlGroupName,
    DisableControllers => disable_controllers: Controllers,

    // Resources (systemd.resource-control(5)).
    CPUAccounting => cpu_accounting: FlagOn,
    CPUWeight => cpu_weight: CpuWeight,
    StartupCPUWeight => startup_cpu_weight: CpuWeight,
    CPUQuota => cpu_quota: CpuQuota,
    CPUQuotaPeriodSec => cpu_quota_period_sec: Timespan<INFINITY>,
    AllowedCPUs => allowed_cpus: CpuSet,
    StartupAllowedCPUs => startup_allowed_cpus: CpuSet,
    AllowedMemoryNodes => allowed_memory_nodes: CpuSet,
    StartupAllowedMemoryNodes => startup_allowed_memory_nodes: CpuSet,
    CPUSetPartition => cpu_set_partition: CpuSetPartition,
    MemoryAccounting => memory_accounting: FlagOn,
    MemoryMin => memory_min: MemoryProtection,
    MemoryLow => memory_low: MemoryProtection,
    StartupMemoryLow => startup_memory_low: MemoryProtection,
    MemoryHigh => memory_high: MemoryLimit,
    StartupMemoryHigh => startup_memory_high: MemoryLimit,
    MemoryMax => memory_max: MemoryLimit,
    StartupMemoryMax => startup_memory_max: MemoryLimit,
    MemorySwapMax => memory_swap_max: MemoryLimit,
    StartupMemorySwapMax => startup_memory_swap_max: MemoryLimit,
    MemoryZSwapMax => memory_zswap_max: MemoryLimit,
    StartupMemoryZSwapMax => startup_memory_zswap_max: MemoryLimit,
    MemoryZSwapWriteback => memory_zswap_writeback: FlagOn,
    TasksAccounting => tasks_accounting: FlagOn,
    TasksMax => tasks_max: TasksMax,
    IOAccounting => io_accounting: Flag,
    IOWeight => io_weight: Weight,
    StartupIOWeight => startup_io_weight: Weight,
    IODeviceWeight => io_device_weight: DeviceWeights,
    IOReadBandwidthMax => io_read_bandwidth_max: DeviceLimits,
    IOWriteBandwidthMax => io_write_bandwidth_max: DeviceLimits,
    IOReadIOPSMax => io_read_iops_max: DeviceLimits,
    IOWriteIOPSMax => io_write_iops_max: DeviceLimits,
    IODeviceLatencyTargetSec => io_device_latency_target_sec: DeviceLatencies,
    ManagedOOMSwap => managed_oom_swap: ManagedOomMode,
    ManagedOOMMemoryPressure => managed_oom_memory_pressure: ManagedOomMode,
    ManagedOOMMemoryPressureLimit => managed_oom_memory_pressure_limit: PressureLimit,
    ManagedOOMMemoryPressureDurationSec => managed_oom_memory_pressure_duration_sec: PressureDuration,
    ManagedOOMPreference => managed_oom_preference: ManagedOomPreference,
    OOMRules => oom_rules: Names,
    MemoryPressureWatch => memory_pressure_watch: PressureWatch,
    MemoryPressureThresholdSec => memory_pressure_threshold_sec: Timespan<200_000>,
    CPUPressureWatch => cpu_pressure_watch: PressureWatch,
    CPUPressureThresholdSec => cpu_pressure_threshold_sec: Timespan<200_000>,
    IOPressureWatch => io_pressure_watch: PressureWatch,
    IOPressureThresholdSec => io_pressure_threshold_sec: Timespan<200_000>,
    CoredumpReceive => coredump_receive: Flag,

    // Settings of the past.
    BlockIOAccounting => block_io_accounting: Flag,
    BlockIOWeight => block_io_weight: Legacy,
    StartupBlockIOWeight => startup_block_io_weight: Legacy,
    BlockIODeviceWeight => block_io_device_weight: Legacy,
    BlockIOReadBandwidth => block_io_read_bandwidth: Legacy,
    BlockIOWriteBandwidth => block_io_write_bandwidth: Legacy,
    CPUShares => cpu_shares: Legacy,
    StartupCPUShares => startup_cpu_shares: Legacy,
    MemoryLimit => memory_limit: Legacy,
}
