//! PrivateDevices=, DevicePolicy= and DeviceAllow=.

use std::collections::BTreeMap;

use unitward_observe::{Kind, Use};
use unitward_settings::DevicePolicy;

use super::proposal::{Content, Line, Proposal};
use super::view::{View, told};

/// Nodes that a private /dev has (systemd.exec(5)).
const COMMON: [&str; 11] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/console",
    "/dev/log",
    "/dev/stdin",
    "/dev/stdout",
];

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let mut needed: BTreeMap<String, String> = BTreeMap::new();
    let mut evidence = Vec::new();
    for (path, fact) in view.below("/dev") {
        let is_device = matches!(
            fact.kind,
            Some(Kind::CharacterDevice(..) | Kind::BlockDevice(..))
        );
        let is_common = COMMON.contains(&path) || path.starts_with("/dev/pts/");
        let read = fact.uses.contains(&Use::Read);
        let write = fact.uses.contains(&Use::Write);
        if !is_device || is_common || !(read || write) || fact.seen.successes() == 0 {
            continue;
        }
        let Some(word) = super::text::path(path) else {
            continue;
        };
        let rights = match (read, write) {
            (true, true) => "rw",
            (true, false) => "r",
            _ => "w",
        };
        needed.insert(word, rights.to_owned());
        evidence.push(told(&format!("{path} was opened ({rights})"), &fact.seen));
    }
    let settings = view.settings();
    if needed.is_empty() {
        if !settings.private_devices.0 {
            let mut why = "No device was opened but the usual ones such as /dev/null".to_owned();
            why.push_str("; others are neither there nor permitted");
            proposal.set(view, Line::plain("PrivateDevices", "yes", vec![why]));
        }
        if !settings.device_allow.0.is_empty()
            && settings
                .device_allow
                .0
                .iter()
                .any(|rule| rule.origin.is_some())
        {
            let reason = "The unit permits devices, which were not seen to be used";
            proposal.leave("DeviceAllow", reason, Vec::new());
        }
        return;
    }
    if settings.private_devices.0 {
        return;
    }
    proposal.leave("PrivateDevices", "Devices are used", evidence.clone());
    if *settings.device_policy == DevicePolicy::Auto {
        let why = "The usual devices and those of DeviceAllow= are permitted";
        proposal.set(
            view,
            Line::plain("DevicePolicy", "closed", vec![why.to_owned()]),
        );
        let line = Line::of(
            "DeviceAllow",
            Content::Items(needed),
            view.systemd(),
            evidence,
        );
        proposal.set(view, line);
    }
}
