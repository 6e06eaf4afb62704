//! DeviceAllow= (systemd.resource-control(5)).

use std::fmt;

use unitward_unit::Origin;
use unitward_unit::words::{Mode, Words};

use super::Value;
use super::path::normalized;
use crate::context::{Assigned, Context};
use crate::show::Shown;

/// One device, or class of devices, with the access that is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRule {
    /// A path below `/dev/`, or `char-NAME` or `block-NAME`.
    pub device: String,
    /// Whether it may be read.
    pub read: bool,
    /// Whether it may be written.
    pub write: bool,
    /// Whether a node of it may be made.
    pub mknod: bool,
    /// The assignment; none for rules that another setting implies.
    pub origin: Option<Origin>,
}

/// The rules in the order of their assignments. systemd keeps and prints the last one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRules(pub Vec<DeviceRule>);

impl DeviceRule {
    /// A rule by its device and its rights, of the letters `r`, `w` and `m`.
    pub(crate) fn implied(device: &str, rights: &str) -> Self {
        Self {
            device: device.to_owned(),
            read: rights.contains('r'),
            write: rights.contains('w'),
            mknod: rights.contains('m'),
            origin: None,
        }
    }

    /// The rights, in the order r, w, m.
    #[must_use]
    pub fn rights(&self) -> String {
        [(self.read, 'r'), (self.write, 'w'), (self.mknod, 'm')]
            .into_iter()
            .filter_map(|(granted, letter)| granted.then_some(letter))
            .collect()
    }
}

impl fmt::Display for DeviceRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.rights())
    }
}

impl Value for DeviceRules {
    const PARSER: &'static str = "device-rule";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let Some(Ok(first)) = Words::new(text, Mode::UNQUOTE).next() else {
            return cx.ignored(text, "a device and its rights");
        };
        let device = match cx.expand(&first.text) {
            Ok(device) => device.into_owned(),
            Err(error) => return cx.ignored(text, error),
        };
        let device = if device.starts_with("char-") || device.starts_with("block-") {
            device
        } else {
            match normalized(&device, cx.version).filter(|path| {
                let special = path.starts_with("/run/systemd/inaccessible/");
                path == "/dev" || path.starts_with("/dev/") || special
            }) {
                Some(path) => path,
                None => return cx.ignored(text, "a path below /dev/, or char-NAME or block-NAME"),
            }
        };
        let rights = text.get(first.range.end..).unwrap_or_default().trim();
        if !rights.chars().all(|c| matches!(c, 'r' | 'w' | 'm')) {
            return cx.ignored(text, "rights of the letters r, w and m");
        }
        let granted = |letter| rights.is_empty() || rights.contains(letter);
        let rule = DeviceRule {
            device,
            read: granted('r'),
            write: granted('w'),
            mknod: granted('m'),
            origin: Some(cx.origin),
        };
        self.0.push(rule);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for rule in self.0.iter().rev() {
            shown.put(format!("{} {}", rule.device, rule.rights()));
        }
    }
}
