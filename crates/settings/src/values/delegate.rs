//! Delegate= and DisableControllers= (systemd.resource-control(5)).

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::flag::boolean;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// Controllers of control groups, as systemd names them.
pub(crate) const CONTROLLERS: [&str; 14] = [
    "cpu",
    "cpuacct",
    "cpuset",
    "io",
    "blkio",
    "memory",
    "devices",
    "pids",
    "bpf-firewall",
    "bpf-devices",
    "bpf-foreign",
    "bpf-socket-bind",
    "bpf-restrict-network-interfaces",
    "bpf-bind-network-interface",
];

/// Delegate=: whether the service manages its own control group subtree, and with which controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegate {
    /// Whether the subtree is delegated.
    pub on: bool,
    /// The controllers, where only some were named.
    pub controllers: Option<Vec<&'static str>>,
}

/// DisableControllers=: controllers that are off for the children of the unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controllers(pub std::collections::BTreeSet<&'static str>);

/// DelegateSubgroup=: the control group below the delegated one in which the processes start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlGroupName(pub Option<String>);

fn controller(word: &str, version: Version) -> Option<&'static str> {
    let known = CONTROLLERS.iter().find(|known| **known == word)?;
    (*known != "bpf-bind-network-interface" || version >= Version::V262).then_some(known)
}

/// Controllers in the order in which systemd prints them.
fn shown<'a>(list: impl IntoIterator<Item = &'a &'static str>) -> String {
    let mut list: Vec<_> = list.into_iter().copied().collect();
    list.sort_by_key(|name| CONTROLLERS.iter().position(|known| known == name));
    crate::show::joined(list)
}

impl Value for Delegate {
    const PARSER: &'static str = "controller-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self {
                on: true,
                controllers: Some(Vec::new()),
            };
            return Assigned::Set;
        }
        if let Some(on) = boolean(text) {
            *self = Self {
                on,
                controllers: None,
            };
            return Assigned::Set;
        }
        if let Some(error) = Words::new(text, Mode::UNQUOTE).find_map(Result::err) {
            return cx.ignored(text, error.to_string());
        }
        self.on = true;
        let mut list = self.controllers.take().unwrap_or_default();
        for word in Words::new(text, Mode::UNQUOTE).filter_map(Result::ok) {
            match controller(&word.text, cx.version) {
                Some(known) if !list.contains(&known) => list.push(known),
                Some(_) => {}
                None => cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "a boolean, or controllers such as cpu, io, memory, pids",
                ),
            }
        }
        self.controllers = Some(list);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(super::flag::yes_no(self.on));
        // All controllers are those of the machine.
        if !self.on || self.controllers.is_some() {
            shown.put_as(
                "DelegateControllers",
                self::shown(self.controllers.iter().flatten()),
            );
        }
    }
}

impl Value for Controllers {
    const PARSER: &'static str = "controller-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let words = Words::new(text, Mode::PLAIN).filter_map(Result::ok);
        let named: Vec<_> = words
            .map(|word| (controller(&word.text, cx.version), word))
            .collect();
        // One known word is enough for the others to be skipped without a word.
        if named.iter().all(|(known, _)| known.is_none()) {
            return cx.ignored(text, "controllers such as cpu, io, memory, pids");
        }
        for (known, word) in named {
            match known {
                Some(known) => drop(self.0.insert(known)),
                None => cx.report(
                    Effect::SkippedSilently,
                    &word.text,
                    word.range,
                    "controllers such as cpu, io, memory, pids",
                ),
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self::shown(&self.0));
    }
}

impl Value for ControlGroupName {
    const PARSER: &'static str = "string";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        // Names of files of the kernel would clash.
        let valid = text.len() <= 255 && !text.contains('/') && !matches!(text, "." | "..");
        if !valid || text.starts_with("cgroup.") {
            return cx.ignored(text, "the name of a control group");
        }
        self.0 = Some(text.to_owned());
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}
