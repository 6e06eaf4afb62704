//! Delegate= and DisableControllers= (systemd.resource-control(5)).

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::flag::boolean;
use crate::context::{Assigned, Context, Effect};

/// Controllers of control groups, as systemd names them.
pub(crate) const CONTROLLERS: [&str; 13] = [
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
];

/// Delegate=: whether the service manages its own control group subtree, and with which controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegate {
    /// Whether the subtree is delegated.
    pub on: bool,
    /// The controllers, where only some were named.
    pub controllers: Option<Vec<&'static str>>,
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
            match CONTROLLERS.iter().find(|known| **known == word.text) {
                Some(known) if !list.contains(known) => list.push(known),
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
}
