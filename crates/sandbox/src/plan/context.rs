//! What the planning of one process looks at.

use std::cell::RefCell;

use unitward_catalog::Version;
use unitward_settings::{Command, Privilege, Settings};

use super::Phase;
use super::environment::Variables;
use crate::cgroup::{self, ControlGroupPlan};
use crate::dynamic_user::DynamicUser;
use crate::places::Places;
use crate::report::Report;
use crate::service::Options;
use crate::users::Identity;
use crate::{Failure, Host};

/// What all processes of a unit have in common.
pub(crate) struct UnitContext<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) host: &'a Host,
    pub(crate) options: &'a Options,
    /// The variables of the process that runs unitward.
    pub(crate) caller: &'a Variables,
    pub(crate) identity: Identity,
    /// Held while the plan is.
    pub(crate) dynamic_users: Vec<DynamicUser>,
    pub(crate) places: Places,
    pub(crate) report: RefCell<Report>,
    pub(crate) control_group: ControlGroupPlan,
}

/// One command of a unit.
pub(crate) struct Context<'a> {
    pub(crate) unit: &'a UnitContext<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) host: &'a Host,
    pub(crate) command: &'a Command,
    pub(crate) phase: Phase,
}

impl<'a> UnitContext<'a> {
    /// Looks up what the processes of a unit share.
    pub(crate) fn new(
        settings: &'a Settings,
        host: &'a Host,
        options: &'a Options,
    ) -> Result<Self, Failure> {
        let mut report = Report::of(settings);
        let (identity, dynamic_users) = super::identity::of(settings, host, &mut report)?;
        let places = Places::choose(settings, &identity, &options.environment);
        let mut unit = Self {
            settings,
            host,
            options,
            caller: &options.environment,
            identity,
            dynamic_users,
            places,
            report: RefCell::new(report),
            control_group: ControlGroupPlan::default(),
        };
        unit.control_group = cgroup::plan(&unit);
        Ok(unit)
    }

    /// The view of one of its commands.
    pub(crate) fn command(&'a self, command: &'a Command, phase: Phase) -> Context<'a> {
        Context {
            unit: self,
            settings: self.settings,
            host: self.host,
            command,
            phase,
        }
    }
}

impl Context<'_> {
    /// Whether the sandbox applies: not to commands with the prefix `+`, and with `PermissionsStartOnly=` to those of
    /// `ExecStart=` only.
    pub(crate) fn is_sandboxed(&self) -> bool {
        self.command.privilege != Privilege::Full && !self.is_exempt()
    }

    /// Whether the user and the group are changed: not with `+` and `!`.
    pub(crate) fn changes_user(&self) -> bool {
        let keeps = match self.command.privilege {
            Privilege::Full | Privilege::KeepUser => true,
            // Since 258 the prefix `!!` says nothing any more.
            _ => false,
        };
        !keeps && !self.is_exempt()
    }

    /// Whether the systemd whose rules hold is at least this one.
    pub(crate) fn at_least(&self, version: u16) -> bool {
        self.settings.version >= Version::new(version)
    }

    /// Says that a directive is enforced.
    pub(crate) fn enforced(&self, directive: &'static str) {
        self.unit.report.borrow_mut().enforced(directive);
    }

    /// Says that a directive is enforced in part.
    pub(crate) fn partly(&self, directive: &'static str, reason: impl Into<String>) {
        self.unit.report.borrow_mut().partly(directive, reason);
    }

    /// Says that a directive is not enforced.
    pub(crate) fn not_possible(&self, directive: &'static str, reason: impl Into<String>) {
        self.unit
            .report
            .borrow_mut()
            .not_possible(directive, reason);
    }

    fn is_exempt(&self) -> bool {
        self.settings.permissions_start_only.0 && self.phase != Phase::Start
    }
}
