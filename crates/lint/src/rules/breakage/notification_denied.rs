//! # Readiness that cannot be told
//!
//! ## What it finds
//!
//! `Type=notify`, `notify-reload` or `dbus` with a `RestrictAddressFamilies=` that denies AF_UNIX.
//!
//! ## Why it matters
//!
//! The notification is sent through a socket of the family AF_UNIX, and so is everything on the message bus.
//! Without it, systemd waits until the time-out and takes the start for failed. Tried with systemd 252.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! Type=notify
//! RestrictAddressFamilies=AF_INET AF_INET6
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! Type=notify
//! RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
//! ```
//!
//! ## References
//!
//! sd_notify(3); systemd.exec(5), RestrictAddressFamilies=.

use unitward_settings::{Privilege, ServiceType, family};

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB011",
    name: "notification-denied",
    family: Family::Breakage,
    severity: Severity::Error,
    summary: "the service must notify systemd and may not open a socket for it",
    directives: &["Type", "RestrictAddressFamilies", "SystemCallFilter", "WatchdogSec", "BusName"],
    source: include_str!("notification_denied.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let families = &settings.restrict_address_families;
    let what = match *settings.service_type {
        ServiceType::Notify | ServiceType::NotifyReload => "tell systemd that it is ready",
        ServiceType::Dbus => "reach the message bus",
        _ => return,
    };
    let denied = family("AF_UNIX").is_some_and(|unix| !families.allows(unix));
    let mut start = settings.exec_start.0.iter();
    if !denied || start.all(|command| command.privilege == Privilege::Full) {
        return;
    }
    report
        .add(
            place(families),
            format!("RestrictAddressFamilies= denies AF_UNIX, without which the service cannot {what}"),
            "Add AF_UNIX to RestrictAddressFamilies=.",
        )
        .see(place(&settings.service_type), "this needs the socket");
}
