//! The kinds of values. The type of a setting is its grammar: each says how an assignment changes it.

mod addresses;
mod capabilities;
mod choice;
mod command;
mod credentials;
mod delegate;
mod devices;
mod families;
mod flag;
mod hostname;
mod identity;
mod images;
mod mode;
mod namespaces;
mod number;
mod path;
mod paths;
mod private_mounts;
mod syscalls;
mod text;
mod words;

pub use addresses::{Network, Networks};
pub use capabilities::{AmbientSet, BoundingSet};
pub use choice::*;
pub use command::{Command, Commands, Privilege};
pub use credentials::{
    ImportedCredential, ImportedCredentials, LoadedCredential, LoadedCredentials, SetCredential,
    SetCredentials,
};
pub use delegate::Delegate;
pub use devices::{DeviceRule, DeviceRules};
pub use families::{FAMILIES, RestrictAddressFamilies, family, family_name};
pub use flag::{Flag, FlagOn, RequiredFlag, Tristate, boolean};
pub use hostname::{HostnameMode, ProtectHostname};
pub use identity::{Groups, Principal, is_principal, is_strict_name};
pub use images::{ExtensionImages, MountImage, MountImages};
pub use mode::{DirectoryMode, Mode, Umask};
pub use namespaces::{Namespace, Namespaces, RestrictNamespaces};
pub use path::{OptionalPath, RequiredPath};
pub use paths::{
    Bind, Binds, MarkedPath, MarkedPaths, PathLines, TemporaryFileSystem, TemporaryFileSystems,
};
pub use private_mounts::PrivateMounts;
pub use syscalls::{
    Answer, SystemCallArchitectures, SystemCallErrorNumber, SystemCallFilter, SystemCallLog,
};
pub use text::{BusName, Directory, Text, WorkingDirectory};

use crate::context::{Assigned, Context};

/// How assignments of a directive are read.
pub(crate) trait Value: Default {
    /// The parser's name in the catalogue.
    const PARSER: &'static str;

    /// Applies one assignment. `text` is the joined value without surrounding blanks.
    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned;
}
