//! What the manager's own configuration changes for units (systemd-system.conf(5)).

use std::sync::{Arc, LazyLock};

use unitward_catalog::{Capabilities, Version, keys, manager_directive};
use unitward_unit::load::ManagerConfig;
use unitward_unit::{HostFacts, Origin, SourceFile, Specifiers, Unit, UnitName};

use crate::Scope;
use crate::context::{Cause, Context, Diagnostic, Effect, Layer};
use crate::entry::{self, Assign, apply};
use crate::resolve::{Draft, Options, Resolution};
use crate::setting::{Setting, Source};
use crate::table::Settings;
use crate::values::*;

/// What every unit starts from: the configuration of the manager, read once.
///
/// The default value is that of a manager without configuration.
#[derive(Clone, Debug, Default)]
pub struct Base {
    manager: Arc<Manager>,
    defaults: Vec<UnitDefault>,
    /// Remarks about the configuration; their origins point into [`Manager::files`].
    pub diagnostics: Vec<Diagnostic>,
}

/// A default for a directive of units.
#[derive(Clone, Debug)]
struct UnitDefault {
    directive: &'static str,
    assign: Assign,
    text: String,
    origin: Origin,
}

macro_rules! manager {
    ($($directive:ident => $field:ident: $type:ty,)*) => {
        /// Settings of the manager that hold for all units at once, whatever a unit says.
        #[derive(Clone, Debug, Default)]
        #[non_exhaustive]
        pub struct Manager {
            /// The files that the origins of these fields point into.
            pub files: Vec<Arc<SourceFile>>,
            $(
                #[doc = concat!("`", stringify!($directive), "=`")]
                pub $field: Setting<$type>,
            )*
        }

        impl Manager {
            /// Applies an assignment; false when there is no such field.
            fn assign(&mut self, key: &str, text: &str, cx: &mut Context<'_>) -> bool {
                match key {
                    $(stringify!($directive) => drop(apply(&mut self.$field, text, cx)),)*
                    _ => return false,
                }
                true
            }
        }
    };
}

manager! {
    CapabilityBoundingSet => capability_bounding_set: BoundingSet,
    NoNewPrivileges => no_new_privileges: Flag,
    SystemCallArchitectures => system_call_architectures: SystemCallArchitectures,
    ProtectSystem => protect_system: ManagerProtectSystem,
    RestrictFileSystemAccess => restrict_file_system_access: ManagerFileSystemAccess,
    TimerSlackNSec => timer_slack_nsec: Nanoseconds,
    CPUAffinity => cpu_affinity: CpuAffinity,
    NUMAPolicy => numa_policy: NumaPolicy,
    NUMAMask => numa_mask: NumaMask,
    DefaultEnvironment => default_environment: Environment,
    ManagerEnvironment => manager_environment: Environment,
    DefaultSmackProcessLabel => default_smack_process_label: Label,
    DefaultStandardOutput => default_standard_output: StandardOutput,
}

impl Base {
    /// Reads a configuration by the rules of a version.
    ///
    /// Only `[Manager]` counts. A later file overrules an earlier one, line by line, as systemd does it.
    #[must_use]
    pub fn new(config: &ManagerConfig, version: Version, scope: Scope, facts: &HostFacts) -> Self {
        let mut base = Self::default();
        let mut manager = Manager {
            files: config.files.clone(),
            ..Manager::default()
        };
        // Values are tried out on a unit of no importance, so that remarks about them come once.
        let Ok(name) = UnitName::parse("manager.service") else {
            return base;
        };
        let mut trial = Settings::new(name.clone(), Vec::new(), version, scope, Arc::default());
        let specifiers = Specifiers {
            name: &name,
            fragment: None,
            facts,
            systemd: version.number(),
            slice: None,
        };
        for (origin, assignment) in config.assignments() {
            if assignment.section != "Manager" {
                continue;
            }
            let key = assignment.key;
            let known = match manager_directive(key) {
                Some(directive) => directive.is_known_to(version),
                None => keys::find("Manager", key).is_some_and(|key| key.is_known_to(version)),
            };
            if !known {
                base.diagnostics.push(unknown(key, origin));
                continue;
            }
            let text = assignment.value.text();
            let mut cx = Context {
                version,
                directive: key,
                origin,
                layer: Layer::Manager,
                specifiers: &specifiers,
                diagnostics: &mut base.diagnostics,
            };
            // The default of standard output is that of units, and what inheriting from nothing means.
            let both = key == "DefaultStandardOutput";
            let before = cx.diagnostics.len();
            let taken = manager.assign(key, text, &mut cx);
            if taken && (!both || cx.diagnostics.len() > before) {
                continue;
            }
            let Some((directive, assign)) = unit_default(key) else {
                continue;
            };
            cx.directive = directive;
            assign(&mut trial, text, &mut cx);
            let remarks = cx.diagnostics.get_mut(before..).unwrap_or_default();
            let refused = remarks
                .iter()
                .any(|remark| remark.effect >= Effect::Ignored);
            for remark in remarks {
                key.clone_into(&mut remark.directive);
            }
            if !refused {
                base.defaults.push(UnitDefault {
                    directive,
                    assign,
                    text: text.to_owned(),
                    origin,
                });
            }
        }
        base.manager = Arc::new(manager);
        base
    }

    /// systemd's own defaults.
    pub(crate) fn of_systemd() -> &'static Self {
        static OF_SYSTEMD: LazyLock<Base> = LazyLock::new(Base::default);
        &OF_SYSTEMD
    }

    /// The settings that hold for all units at once.
    #[must_use]
    pub fn manager(&self) -> &Manager {
        &self.manager
    }

    pub(crate) fn shared_manager(&self) -> Arc<Manager> {
        Arc::clone(&self.manager)
    }

    /// Resolves a unit, with the defaults of this configuration where the unit says nothing.
    #[must_use]
    pub fn resolve(&self, unit: &Unit, options: &Options<'_>) -> Resolution {
        Draft::read_from(self, unit, options).finish()
    }

    /// The directives of units that it gives defaults for; a directive may come more than once.
    pub fn directives(&self) -> impl Iterator<Item = &'static str> {
        self.defaults.iter().map(|default| default.directive)
    }

    /// Puts the defaults in, where `wanted` says so of the present origin of a value. The unit has so many files, which
    /// come before those of the configuration.
    pub(crate) fn apply(
        &self,
        settings: &mut Settings,
        specifiers: &Specifiers<'_>,
        files: usize,
        wanted: fn(Source) -> bool,
    ) {
        let files = u32::try_from(files).unwrap_or(u32::MAX);
        let mut diagnostics = Vec::new();
        for default in &self.defaults {
            let source = entry::source(settings, default.directive);
            if !source.is_some_and(|source| wanted(source) || matches!(source, Source::Manager(_)))
            {
                continue;
            }
            let mut cx = Context {
                version: settings.version,
                directive: default.directive,
                origin: Origin {
                    file: default.origin.file.saturating_add(files),
                    ..default.origin
                },
                layer: Layer::Manager,
                specifiers,
                diagnostics: &mut diagnostics,
            };
            (default.assign)(settings, &default.text, &mut cx);
        }
    }
}

/// What a manager's own settings, which all its children inherit, make of those of a unit. Only the system manager acts on
/// them.
impl Settings {
    /// Whether only system calls of the native architecture are left.
    #[must_use]
    pub fn is_native_only(&self) -> bool {
        self.system_call_architectures.is_native_only()
            || (self.scope == Scope::System
                && self.manager.system_call_architectures.is_native_only())
    }

    /// Whether no program that is started raises privileges.
    #[must_use]
    pub fn keeps_privileges(&self) -> bool {
        self.no_new_privileges.0
            || (self.scope == Scope::System && self.manager.no_new_privileges.0)
    }

    /// The capabilities that processes can have at most.
    #[must_use]
    pub fn bounding_set(&self) -> Capabilities {
        let own = self.capability_bounding_set.set;
        match self.scope {
            Scope::System => own.intersection(self.manager.capability_bounding_set.set),
            _ => own,
        }
    }
}

/// The directive of units whose default a key of the manager is: mostly its name without `Default`.
fn unit_default(key: &str) -> Option<(&'static str, Assign)> {
    entry::named(key.strip_prefix("Default")?)
}

fn unknown(key: &str, origin: Origin) -> Diagnostic {
    Diagnostic {
        effect: Effect::Ignored,
        cause: Cause::UnknownKey,
        directive: key.to_owned(),
        word: key.to_owned(),
        range: 0..0,
        expected: "".into(),
        origin,
    }
}
