//! The service whose failures are explained: its settings, and what follows from them for its processes.

use std::path::Path;

use unitward_catalog::{Capabilities, Capability};
use unitward_observe::FailedCall;
use unitward_sandbox::plan::{Action, Content, TreeEntry};
use unitward_sandbox::{Host, Phase, Plan, ProcessPlan};
use unitward_seccomp::{Arch, Decider};
use unitward_settings::{FilterHost, Settings, Source};
use unitward_unit::Origin;

use super::cause::{Cause, Relaxation};
use super::off::off;

/// A service and its sandbox, to ask why something failed in it.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) settings: &'a Settings,
    pub(super) process: Option<&'a ProcessPlan>,
    pub(super) decider: Decider,
    /// Whom the service runs as.
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
    /// The capabilities that count in the user namespace of the host.
    pub(super) capabilities: Capabilities,
}

impl<'a> Subject<'a> {
    /// A service, by its settings and its plan.
    #[must_use]
    pub fn new(settings: &'a Settings, plan: &'a Plan, host: &Host) -> Self {
        let process = plan
            .processes
            .iter()
            .rfind(|process| process.phase == Phase::Start)
            .or(plan.processes.last());
        let mut filter_host = FilterHost::new(Arch::NATIVE);
        filter_host.has_mdwe = host.kernel >= (6, 3);
        let mut subject = Self {
            settings,
            process,
            decider: settings.system_call_policy(filter_host).decider(),
            uid: host.uid,
            gid: host.gid,
            groups: Vec::new(),
            capabilities: host.capabilities,
        };
        subject.follow(process);
        subject
    }

    /// Takes over what the steps of a process change.
    fn follow(&mut self, process: Option<&ProcessPlan>) {
        let mut ambient = Capabilities::NONE;
        let mut bounding = Capabilities::ALL;
        let mut own_users = false;
        for step in process.iter().flat_map(|process| &process.steps) {
            match &step.action {
                Action::Groups { gid, supplementary } => {
                    self.gid = *gid;
                    self.groups = supplementary.clone().unwrap_or_default();
                }
                Action::ChangeUser(uid) => self.uid = *uid,
                Action::Ambient { set, .. } => ambient = *set,
                Action::UserNamespace(_) => own_users = true,
                _ => {}
            }
        }
        bounding = bounding.intersection(self.settings.capability_bounding_set.set);
        let full = self.uid == 0;
        self.capabilities = if own_users {
            Capabilities::NONE
        } else if full {
            self.capabilities.intersection(bounding)
        } else {
            ambient.intersection(bounding)
        };
    }

    /// Why a call failed: the likeliest cause first, none when nothing is known about it.
    #[must_use]
    pub fn causes(&self, failure: &FailedCall) -> Vec<Cause> {
        let looks: [for<'x> fn(&Subject<'x>, &FailedCall) -> Vec<Cause>; 7] = [
            super::filter::causes,
            super::memory::causes,
            super::limits::causes,
            super::devices::causes,
            super::network::causes,
            super::paths::causes,
            super::privileges::causes,
        ];
        let mut causes: Vec<Cause> = Vec::new();
        for look in looks {
            for cause in look(self, failure) {
                let is_known = causes
                    .iter()
                    .any(|known| known.by == cause.by && known.relaxation == cause.relaxation);
                if !is_known {
                    causes.push(cause);
                }
            }
            // What a filter answered has no other cause.
            if failure.filtered && !causes.is_empty() {
                break;
            }
        }
        causes.sort_by_key(|cause| !cause.is_sandbox());
        causes
    }

    /// The likeliest cause.
    #[must_use]
    pub fn attribute(&self, failure: &FailedCall) -> Option<Cause> {
        self.causes(failure).into_iter().next()
    }

    /// The directive to name for a setting, and its place: the one that implies it, where it is implied.
    pub(super) fn source(&self, directive: &'static str) -> (&'static str, Option<Origin>) {
        let found = self
            .settings
            .sources()
            .find(|(name, _)| *name == directive)
            .map(|(_, source)| source);
        match found {
            Some(Source::Implied { by, origin }) => (by, origin),
            Some(source) => (directive, source.origin()),
            None => (directive, None),
        }
    }

    /// A cause by a setting that can only be switched off.
    pub(super) fn switched_off(&self, directive: &'static str, why: impl Into<String>) -> Cause {
        let (name, origin) = self.source(directive);
        Cause::directive(name, origin, why).or(off(name))
    }

    /// A cause by a setting, with the change that lets this pass; the setting can be taken away, too.
    pub(super) fn relaxed(
        &self,
        directive: &'static str,
        why: impl Into<String>,
        relaxation: Relaxation,
    ) -> Cause {
        let (name, origin) = self.source(directive);
        Cause::directive(name, origin, why)
            .or(relaxation)
            .or(off(name))
    }

    /// Whether the unit, the manager or another setting sets something.
    pub(super) fn is_set(&self, directive: &str) -> bool {
        self.settings.sources().any(|(name, source)| {
            name == directive && !matches!(source, Source::Default | Source::Reset(_))
        })
    }

    pub(super) fn tree(&self) -> &[TreeEntry] {
        self.process.map_or(&[], |process| &process.tree)
    }

    /// The place of the tree that a path is in, and those above it, the closest one first.
    pub(super) fn places(&self, path: &str) -> impl Iterator<Item = &TreeEntry> {
        self.tree().iter().rev().filter(move |one| one.holds(path))
    }

    /// What is at a path of the service: a path of the host, where it is one.
    pub(super) fn on_host(&self, path: &str) -> Option<String> {
        let place = self
            .places(path)
            .find(|place| place.content != Content::Same);
        match place.map(|place| (&place.content, place.path.as_str())) {
            None => Some(path.to_owned()),
            Some((Content::Bound(source), at)) => {
                let rest = path.get(at.trim_end_matches('/').len()..)?;
                Some(format!("{}{rest}", source.trim_end_matches('/')))
            }
            // Kernel file systems show what they show on the host, as far as they show it.
            Some((Content::Kernel(_), _)) => Some(path.to_owned()),
            Some(_) => None,
        }
    }

    /// The path without symbolic links, as the service sees it, as far as that can be told.
    pub(super) fn resolved(&self, path: &str) -> String {
        let mut rest: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut done: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    done.pop();
                    continue;
                }
                _ => {}
            }
            let here = format!("/{}/{part}", done.join("/")).replace("//", "/");
            let target = self
                .on_host(&here)
                .and_then(|real| std::fs::read_link(real).ok());
            // Links of /proc lead to what is open there, not to a path.
            match target.filter(|_| links < LINKS && !here.starts_with("/proc/")) {
                Some(target) => {
                    links += 1;
                    let target = target.to_string_lossy().into_owned();
                    if target.starts_with('/') {
                        done.clear();
                    }
                    rest.extend(target.rsplit('/').map(str::to_owned));
                }
                None => done.push(part),
            }
        }
        format!("/{}", done.join("/"))
    }

    pub(super) fn lacks(&self, capability: Capability) -> bool {
        !self.capabilities.contains(capability)
    }

    /// The name to show for the user.
    pub(super) fn user(&self) -> String {
        match self.settings.user.name() {
            Some(name) => name.to_owned(),
            None if self.uid == 0 => "root".to_owned(),
            None => self.uid.to_string(),
        }
    }

    /// The directive and the place that set no_new_privs.
    pub(super) fn no_new_privileges(&self) -> Option<(&'static str, Option<Origin>)> {
        let steps = &self.process?.steps;
        let step = steps
            .iter()
            .find(|step| matches!(step.action, Action::NoNewPrivileges))?;
        Some((step.cause.directive, step.cause.origin))
    }
}

/// More links than this on one way are an error.
const LINKS: u8 = 32;

/// Whether a path of the host is there.
pub(super) fn exists(path: &str) -> bool {
    std::fs::symlink_metadata(Path::new(path)).is_ok()
}

/// An argument of the call.
pub(super) fn argument(failure: &FailedCall, at: usize) -> u64 {
    failure.arguments.get(at).copied().unwrap_or_default()
}

/// An argument that is an int.
pub(super) fn int(failure: &FailedCall, at: usize) -> i32 {
    argument(failure, at) as u32 as i32
}
