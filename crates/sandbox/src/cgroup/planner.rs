//! From settings to the plan of a control group, by what this system can give.

use std::os::fd::{AsFd as _, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use unitward_catalog::Capability;
use unitward_seccomp::filesystem_magic;
use unitward_settings::ProtectControlGroups;

use super::bpf::{DeviceNumbers, GroupProgram, Hook, Layout};
use super::controllers::Controllers;
use super::hierarchy::{Hierarchies, Manager, Place};
use super::limits::{self, Legacy, Limit, Machine};
use super::network::{self, Source};
use super::plan::{ControlGroupPlan, GroupAction, GroupStep, WatchedFile};
use super::{devices, pressure};
use crate::plan::{Cause, UnitContext};
use crate::sys;

/// Plans the group of a unit's service, and says in the report what cannot be had.
pub(crate) fn plan(unit: &UnitContext<'_>) -> ControlGroupPlan {
    let mut planner = Planner::new(unit);
    let limits = limits::all(unit.settings, Machine::read());
    planner.place(&limits);
    for limit in &limits {
        planner.limit(limit);
    }
    planner.delegation();
    planner.pressure();
    planner.devices();
    planner.programs();
    planner.file_systems();
    planner.rest();
    planner.plan
}

struct Planner<'a> {
    unit: &'a UnitContext<'a>,
    hierarchies: Hierarchies,
    manager: Manager,
    /// The name of the group's directories.
    name: String,
    /// The directory of version 2 below which the group is made, or why it cannot be.
    base: Result<Controllers, String>,
    plan: ControlGroupPlan,
}

impl<'a> Planner<'a> {
    fn new(unit: &'a UnitContext<'a>) -> Self {
        Self {
            unit,
            hierarchies: Hierarchies::read(),
            manager: Manager::of_system(),
            name: name(unit.settings.unit.as_str(), &process()),
            base: Err("no control groups of version 2 are mounted here".to_owned()),
            plan: ControlGroupPlan::default(),
        }
    }

    /// Finds the place for the group, and makes it with the controllers that the limits need.
    fn place(&mut self, limits: &[Limit]) {
        let Some(unified) = &self.hierarchies.unified else {
            return;
        };
        let directory = match unified.place(self.manager) {
            Place::Below(directory) => directory,
            Place::Nowhere(reason) => {
                self.base = Err(reason);
                return;
            }
        };
        let controllers = Controllers::read(&directory);
        let delegate = &self.unit.settings.delegate;
        let delegated: &[&'static str] = match &delegate.controllers {
            _ if !delegate.on => &[],
            Some(named) => named,
            None => &["cpu", "cpuset", "io", "memory", "pids"],
        };
        let mut wanted: Vec<&'static str> = Vec::new();
        for controller in limits
            .iter()
            .map(|limit| limit.controller)
            .chain(delegated.iter().copied())
        {
            if !wanted.contains(&controller) && controllers.check(controller).is_ok() {
                wanted.push(controller);
            }
        }
        let shelter = format!("{directory}/{}-supervisor", self.name);
        self.plan.base = controllers.switch_on(&wanted, shelter);
        let shelter = self
            .plan
            .base
            .as_ref()
            .and_then(|base| base.shelter.clone());
        if let Some(shelter) = shelter {
            self.always(GroupAction::Make(shelter.clone()));
            self.always(GroupAction::Enter(format!("{shelter}/cgroup.procs")));
        }
        // Those that are on as well: somebody else may be about to switch them off.
        for controller in wanted {
            let directory = directory.clone();
            self.always(GroupAction::Enable {
                directory,
                controller,
            });
        }
        let group = format!("{directory}/{}", self.name);
        self.always(GroupAction::Make(group.clone()));
        self.plan.unified = Some(group);
        self.plan.born_in = self.unit.host.kernel >= (5, 7);
        self.base = Ok(controllers);
    }

    /// Sets a limit in version 2, or where its controller is not there in version 1.
    fn limit(&mut self, limit: &Limit) {
        let reason = match &self.base {
            Ok(controllers) => controllers.check(limit.controller).err(),
            Err(reason) => Some(reason.clone()),
        };
        let Some(reason) = reason else {
            if let Some(group) = self.plan.unified.clone() {
                self.set(limit, &group, &limit.files);
            }
            return;
        };
        let Legacy::Files(controller, files) = &limit.legacy else {
            return self.not_possible(limit.directive, reason);
        };
        match self.legacy(controller) {
            Ok(group) => {
                self.set(limit, &group, files);
                if *controller == "memory" && self.unit.report.borrow().has("OOMPolicy") {
                    let reason =
                        "version 1 of control groups tells of a kill only when the service ends";
                    self.unit.report.borrow_mut().partly("OOMPolicy", reason);
                }
            }
            Err(None) => self.not_possible(limit.directive, reason),
            Err(Some(reason)) => self.not_possible(limit.directive, reason),
        }
    }

    fn set(&mut self, limit: &Limit, group: &str, files: &[(&'static str, String)]) {
        for (file, text) in files {
            let action = GroupAction::Set {
                file: format!("{group}/{file}"),
                text: text.clone(),
            };
            self.push(limit.cause, action);
        }
        self.unit.report.borrow_mut().enforced(limit.directive);
    }

    /// The group in the hierarchy of version 1 that has a controller, which is made when it is needed first. Without such
    /// a hierarchy there is no reason but that of version 2.
    fn legacy(&mut self, controller: &str) -> Result<String, Option<String>> {
        let hierarchy = self.hierarchies.legacy(controller).ok_or(None)?;
        let directory = match hierarchy.place(self.manager) {
            Place::Below(directory) => directory,
            Place::Nowhere(reason) => return Err(Some(reason)),
        };
        let group = format!("{directory}/{}", self.name);
        if self.plan.legacy.contains(&group) {
            return Ok(group);
        }
        self.always(GroupAction::Make(group.clone()));
        self.plan.legacy.push(group.clone());
        if controller == "cpuset" {
            // A new group has neither processors nor memory, and takes no process before it has.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let text = std::fs::read_to_string(format!("{directory}/{file}"));
                self.always(GroupAction::Set {
                    file: format!("{group}/{file}"),
                    text: text.unwrap_or_default().trim().to_owned(),
                });
            }
        }
        Ok(group)
    }

    /// Gives the group to the service (`Delegate=`).
    fn delegation(&mut self) {
        let settings = self.unit.settings;
        if !settings.delegate.on {
            self.enforced(&["Delegate", "DelegateSubgroup", "DisableControllers"]);
            return;
        }
        let Some(group) = self.plan.unified.clone() else {
            let reason = self.base.clone().err().unwrap_or_default();
            self.not_possible("Delegate", reason.clone());
            self.not_possible("DelegateSubgroup", reason);
            return;
        };
        let cause = Cause::of("Delegate", &settings.delegate);
        let subgroup = settings.delegate_subgroup.0.clone();
        let mut directories = vec![group.clone()];
        for name in subgroup.iter().map(String::as_str).chain([CONTROL]) {
            let below = format!("{group}/{name}");
            self.push(cause, GroupAction::Make(below.clone()));
            directories.push(below);
        }
        self.plan.subgroup = subgroup;
        self.plan.control = Some(CONTROL.to_owned());
        let identity = &self.unit.identity;
        if let Some(uid) = identity.uid {
            let gid = identity.gid.unwrap_or(uid);
            // What the kernel lists in /sys/kernel/cgroup/delegate as far as it hands out no resources.
            let files = [
                "cgroup.procs",
                "cgroup.threads",
                "cgroup.subtree_control",
                "memory.oom.group",
                "memory.reclaim",
            ];
            for directory in directories {
                for file in files {
                    let path = format!("{directory}/{file}");
                    self.push(cause, GroupAction::Own { path, uid, gid });
                }
                let path = directory;
                self.push(cause, GroupAction::Own { path, uid, gid });
            }
        }
        self.push(cause, GroupAction::Delegate(group));
        let named = settings.delegate.controllers.iter().flatten();
        let missing = match &self.base {
            Ok(controllers) => named
                .filter(|controller| KERNEL_CONTROLLERS.contains(controller))
                .find_map(|controller| controllers.check(controller).err()),
            Err(_) => None,
        };
        match missing {
            Some(reason) => self.unit.report.borrow_mut().partly("Delegate", reason),
            None => self.enforced(&["Delegate"]),
        }
        self.enforced(&["DelegateSubgroup", "DisableControllers"]);
    }

    /// Tells the service where it can watch for a lack of resources.
    fn pressure(&mut self) {
        for watch in pressure::watches(self.unit.settings) {
            let (variable, text) = watch.names;
            let variable = variable.to_owned();
            self.enforced(&[watch.directive]);
            let Some(file) = watch.file else {
                self.plan
                    .environment
                    .push((variable, "/dev/null".to_owned()));
                continue;
            };
            let Some(group) = &self.plan.unified else {
                let reason = self.base.clone().err().unwrap_or_default();
                if self.unit.report.borrow().has(watch.directive) {
                    self.not_possible(watch.directive, reason);
                }
                continue;
            };
            let path = format!("{group}/{file}");
            if let Some(uid) = self.unit.identity.uid {
                let gid = self.unit.identity.gid.unwrap_or(uid);
                let path = path.clone();
                self.push(watch.cause, GroupAction::Own { path, uid, gid });
            }
            let own_view = matches!(
                *self.unit.settings.protect_control_groups,
                ProtectControlGroups::Private | ProtectControlGroups::Strict
            );
            let source = path;
            let path = if own_view {
                format!("/sys/fs/cgroup/{file}")
            } else {
                source.clone()
            };
            let watched = path.clone();
            self.plan.watched.push(WatchedFile { path, source });
            self.plan.environment.push((variable, watched));
            self.plan.environment.push((text.to_owned(), watch.text));
        }
        let thresholds = [
            "MemoryPressureThresholdSec",
            "CPUPressureThresholdSec",
            "IOPressureThresholdSec",
        ];
        self.enforced(&thresholds);
    }

    /// The device policy: a program, or where there are none the controller of version 1.
    fn devices(&mut self) {
        let Some(wanted) = devices::of(self.unit.settings) else {
            self.enforced(&["DevicePolicy"]);
            return;
        };
        let both = ["DevicePolicy", "DeviceAllow"];
        let reason = match self.can_attach(Hook::DEVICE) {
            Ok(()) => match DeviceNumbers::program(&wanted.rules) {
                Some(program) => {
                    self.push(wanted.cause, GroupAction::Attach(program));
                    return self.enforced(&both);
                }
                None => "the list is too long for a program of the kernel".to_owned(),
            },
            Err(reason) => reason,
        };
        match self.legacy("devices") {
            Ok(group) => {
                let restrict = |file: &str, text: String| GroupAction::Restrict {
                    file: format!("{group}/{file}"),
                    text,
                };
                self.push(wanted.cause, restrict("devices.deny", "a".to_owned()));
                for rule in &wanted.rules {
                    self.push(wanted.cause, restrict("devices.allow", rule.line()));
                }
                self.enforced(&both);
            }
            Err(other) => {
                let reason = other.unwrap_or(reason);
                self.not_possible(wanted.directive, reason.clone());
                let is_listed = !self.unit.settings.device_allow.0.is_empty();
                if is_listed && wanted.directive != "DeviceAllow" {
                    self.not_possible("DeviceAllow", reason);
                }
            }
        }
    }

    /// The programs for packets and sockets.
    fn programs(&mut self) {
        // Without rules that refuse, those that allow say nothing.
        self.enforced(&[
            "IPAddressAllow",
            "IPAddressDeny",
            "SocketBindAllow",
            "SocketBindDeny",
        ]);
        for wanted in network::programs(self.unit.settings) {
            let attached = wanted.program.and_then(|source| {
                self.can_attach(source.hook())?;
                Ok(source)
            });
            match attached {
                Ok(Source::Own(program)) => self.push(wanted.cause, GroupAction::Attach(program)),
                Ok(Source::Pinned(hook, path)) => {
                    self.push(wanted.cause, GroupAction::AttachPinned { hook, path });
                }
                Err(reason) => {
                    for directive in wanted.directives {
                        if self.unit.report.borrow().has(directive) {
                            self.not_possible(directive, reason.clone());
                        }
                    }
                    continue;
                }
            }
            self.enforced(wanted.directives);
        }
    }

    /// The program for `RestrictFileSystems=`.
    fn file_systems(&mut self) {
        let setting = &self.unit.settings.restrict_file_systems;
        if setting.is_unrestricted() {
            return self.enforced(&["RestrictFileSystems"]);
        }
        let magic: Vec<u32> = setting
            .types
            .iter()
            .flat_map(|name| filesystem_magic(name))
            .copied()
            .collect();
        match self.file_system_program(setting.allow_list, &magic) {
            Ok(program) => {
                let cause = Cause::of("RestrictFileSystems", setting);
                self.plan.file_systems = Some((cause, program));
                self.enforced(&["RestrictFileSystems"]);
            }
            Err(reason) => self.not_possible("RestrictFileSystems", reason),
        }
    }

    fn file_system_program(&self, allow_list: bool, magic: &[u32]) -> Result<GroupProgram, String> {
        if self.unit.host.kernel < (6, 0) {
            return Err(
                "the hooks of security modules for control groups need Linux 6.0".to_owned(),
            );
        }
        if !self.unit.host.modules.iter().any(|module| module == "bpf") {
            return Err(
                "the security module bpf is not switched on (the kernel's parameter lsm=)"
                    .to_owned(),
            );
        }
        self.can_attach(Hook::FILE_OPEN)?;
        let program = Layout::read()?
            .program(allow_list, magic)
            .ok_or("the list is too long for a program of the kernel")?;
        match program.load() {
            Ok(_) => Ok(program),
            Err(errno) => Err(format!(
                "this kernel does not load programs of security modules: {}",
                crate::message(errno)
            )),
        }
    }

    /// Directives about control groups that mean nothing for a service that no manager keeps.
    fn rest(&mut self) {
        let settings = self.unit.settings;
        if settings.slice.is_assigned() {
            self.not_possible(
                "Slice",
                "slices are groups of systemd's own services, whose limits do not hold here",
            );
        }
        if settings.ip_accounting.0 {
            self.not_possible(
                "IPAccounting",
                "nothing counts packets here, because nothing would show the counts",
            );
        }
        if !settings.nft_set.0.is_empty() {
            self.not_possible(
                "NFTSet",
                "unitward adds nothing to the sets of the packet filter",
            );
        }
        self.enforced(&[
            "CPUAccounting",
            "MemoryAccounting",
            "TasksAccounting",
            "IOAccounting",
        ]);
        // Without a limit of an own they change nothing.
        for directive in [
            "CPUQuotaPeriodSec",
            "MemoryZSwapWriteback",
            "TasksMax",
            "AllowedCPUs",
            "AllowedMemoryNodes",
            "CPUSetPartition",
            "CPUWeight",
            "CPUQuota",
            "IOWeight",
        ] {
            self.enforced(&[directive]);
        }
        for directive in [
            "IODeviceWeight",
            "IOReadBandwidthMax",
            "IOWriteBandwidthMax",
            "IOReadIOPSMax",
            "IOWriteIOPSMax",
            "IODeviceLatencyTargetSec",
        ] {
            self.enforced(&[directive]);
        }
    }

    /// Whether a program can be attached to a hook of the group; if not, why.
    fn can_attach(&self, hook: Hook) -> Result<(), String> {
        let base = match (&self.base, &self.hierarchies.unified) {
            (Err(reason), _) => return Err(reason.clone()),
            (Ok(_), Some(unified)) => &unified.own,
            (Ok(_), None) => return Err(String::new()),
        };
        let host = self.unit.host;
        let may_all = host.has(Capability::SYS_ADMIN);
        let may_these = host.has(Capability::BPF) && host.has(Capability::NET_ADMIN);
        if !may_all && !may_these {
            return Err("programs of the kernel need CAP_BPF and CAP_NET_ADMIN".to_owned());
        }
        let directory: Result<OwnedFd, Errno> = rustix::fs::open(
            base.as_str(),
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        );
        match directory.and_then(|directory| sys::count_bpf(directory.as_fd(), hook.attach)) {
            Ok(_) => Ok(()),
            Err(Errno::INVAL | Errno::NOSYS) => Err(format!(
                "this kernel runs no programs of control groups for {}",
                hook.name
            )),
            Err(errno) => Err(format!(
                "no program of the kernel can be attached to control groups: {}",
                crate::message(errno)
            )),
        }
    }

    fn always(&mut self, action: GroupAction) {
        self.plan.steps.push(always(action));
    }

    fn push(&mut self, cause: Cause, action: GroupAction) {
        self.plan.steps.push(GroupStep { action, cause });
    }

    fn enforced(&self, directives: &[&'static str]) {
        for directive in directives {
            self.unit.report.borrow_mut().enforced(directive);
        }
    }

    fn not_possible(&self, directive: &'static str, reason: impl Into<String>) {
        self.unit
            .report
            .borrow_mut()
            .not_possible(directive, reason);
    }
}

/// The group of commands that run beside a service that manages its own groups.
const CONTROL: &str = ".control";

/// Controllers that the kernel has; the others are systemd's names for programs.
const KERNEL_CONTROLLERS: [&str; 5] = ["cpu", "cpuset", "io", "memory", "pids"];

fn always(action: GroupAction) -> GroupStep {
    GroupStep {
        action,
        cause: Cause::ALWAYS,
    }
}

/// The number of this process. Groups are shared between PID namespaces, numbers are not: in another than the first one
/// that of the namespace comes with it.
fn process() -> String {
    use std::os::unix::fs::MetadataExt as _;
    /// PROC_PID_INIT_INO of linux/proc_ns.h.
    const FIRST: u64 = 0xeffffffc;
    let process = std::process::id();
    match std::fs::metadata("/proc/self/ns/pid").map(|namespace| namespace.ino()) {
        Ok(namespace) if namespace != FIRST => format!("{process}-{namespace}"),
        _ => process.to_string(),
    }
}

/// A name for the group's directories: that of the unit, so that people know it, and the number of this process, so that
/// it is there once.
fn name(unit: &str, process: &str) -> String {
    /// With the number it stays under the 255 bytes of a file name.
    const LONGEST: usize = 200;
    let mut end = unit.len().min(LONGEST);
    while !unit.is_char_boundary(end) {
        end -= 1;
    }
    format!("unitward-{process}-{}", unit.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_fit_into_a_directory() {
        assert_eq!(name("a@b.service", "7"), "unitward-7-a@b.service");
        let long = "ä".repeat(300);
        assert!(name(&long, "4294967295-4294967295").len() < 250);
    }
}
