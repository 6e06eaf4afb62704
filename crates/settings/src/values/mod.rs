//! The kinds of values. The type of a setting is its grammar: each says how an assignment changes it.

mod addresses;
mod base64;
mod bpf;
mod bpf_names;
mod capabilities;
mod choice;
mod command;
mod cpus;
mod credentials;
mod delegate;
mod devices;
mod directories;
mod environment;
mod families;
mod filesystems;
mod flag;
mod flags;
mod hostname;
mod identity;
mod images;
mod io;
mod keyed;
mod labels;
mod legacy;
mod limit;
mod log;
mod mode;
mod namespaces;
mod network;
mod number;
mod path;
mod paths;
mod private_mounts;
mod root;
mod scheduling;
mod service;
mod signal;
mod size;
mod stdio;
mod syscalls;
mod text;
mod time;
mod units;
mod words;

pub use addresses::{Network, Networks};
pub use bpf::{BpfNames, BpfProgram, BpfPrograms};
pub use capabilities::{AmbientSet, BoundingSet};
pub use choice::*;
pub use command::{Command, Commands, Privilege};
pub use cpus::{CpuAffinity, CpuSet, NumaMask};
pub use credentials::{
    ImportedCredential, ImportedCredentials, LoadedCredential, LoadedCredentials, SetCredential,
    SetCredentials,
};
pub use delegate::{ControlGroupName, Controllers, Delegate};
pub use devices::{DeviceRule, DeviceRules};
pub use directories::{ExecDirectories, ExecDirectory};
pub use environment::{
    Environment, EnvironmentFile, EnvironmentFiles, UnsetVariables, Variable, VariableNames,
};
pub use families::{FAMILIES, RestrictAddressFamilies, family, family_name};
pub use filesystems::RestrictFileSystems;
pub use flag::{Flag, FlagOn, RequiredFlag, Tristate, boolean};
pub use flags::{CoredumpFilter, Personality, SecureBits};
pub use hostname::{HostnameMode, ProtectHostname};
pub use identity::{Groups, Principal, is_principal, is_strict_name};
pub use images::{ExtensionImages, MountImage, MountImages};
pub use io::{DeviceLatencies, DeviceLimits, DeviceValue, DeviceWeights};
pub use keyed::Keyed;
pub use labels::{Label, Profile};
pub use legacy::{Legacy, StartOnly};
pub use limit::{Bytes, Limit, LimitUnit, Microseconds, NiceLevel, Pieces, ResourceLimit, Seconds};
pub use log::{
    LogFields, LogFilter, LogFilters, LogLevelMax, LogNamespace, SyslogFacility, SyslogLevel,
};
pub use mode::{DirectoryMode, Mode, Umask};
pub use namespaces::{DelegateNamespaces, Namespace, Namespaces, RestrictNamespaces};
pub use network::{
    NetworkInterface, NetworkInterfaces, NftSet, NftSets, SocketBindRule, SocketBindRules,
};
pub use number::{Count, CpuWeight, Integer, OptionalInteger, TerminalSize, Weight};
pub use path::{OptionalPath, RequiredPath};
pub use paths::{
    Bind, Binds, ColonPaths, MarkedPath, MarkedPaths, PathLines, TemporaryFileSystem,
    TemporaryFileSystems,
};
pub use private_mounts::PrivateMounts;
pub use root::{ImagePolicy, PartitionOptions, RootHash, RootHashSignature, RootImageOptions};
pub use scheduling::{CpuPolicy, CpuPriority, IoClass, IoPriority};
pub use service::{ExitStatuses, OpenFile, OpenFiles, PidFile, RefreshOnReload};
pub use signal::{OptionalSignal, Signal, signal_name};
pub use size::{
    Amount, CpuQuota, DirectoryQuota, MemoryLimit, MemoryProtection, PressureLimit, TasksMax,
};
pub use stdio::{InputData, StandardError, StandardInput, StandardOutput, Stream};
pub use syscalls::{
    Answer, SystemCallArchitectures, SystemCallErrorNumber, SystemCallFilter, SystemCallLog,
};
pub use text::{BusName, Directory, Names, Text, WorkingDirectory};
pub(crate) use time::shown as shown_timespan;
pub use time::{
    AbortTimeout, INFINITY, Nanoseconds, PressureDuration, Timeout, Timespan, Watchdog,
};
pub use units::{JoinedUnits, NeededPaths, Slice, SocketUnits};

use crate::context::{Assigned, Context};
use crate::show::Shown;

/// How assignments of a directive are read.
pub(crate) trait Value: Default {
    /// The parser's name in the catalogue.
    const PARSER: &'static str;

    /// Applies one assignment. `text` is the joined value without surrounding blanks.
    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned;

    /// Adds the properties that show the value.
    fn show(&self, shown: &mut Shown<'_>);
}
