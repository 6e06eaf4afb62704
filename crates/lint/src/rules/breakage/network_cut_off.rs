//! # PrivateNetwork= with a service of the network
//!
//! ## What it finds
//!
//! `PrivateNetwork=yes` in a unit that waits for network-online.target or permits addresses outside this
//! machine with `IPAddressAllow=`, and that gets no sockets from a socket unit.
//!
//! ## Why it matters
//!
//! The service has a network of its own, with a loopback device that nobody else reaches. It cannot accept or
//! make connections, unless systemd hands it sockets that were opened outside.
//!
//! ## Example
//!
//! ```ini
//! [Unit]
//! Wants=network-online.target
//! After=network-online.target
//!
//! [Service]
//! PrivateNetwork=yes
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Unit]
//! Wants=network-online.target
//! After=network-online.target
//!
//! [Service]
//! IPAddressDeny=any
//! IPAddressAllow=192.0.2.0/24
//! ```
//!
//! ## References
//!
//! systemd.exec(5), PrivateNetwork=.

use unitward_settings::Network;

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWB008",
    name: "network-cut-off",
    family: Family::Breakage,
    severity: Severity::Warning,
    summary: "the service uses the network and gets none",
    directives: &["PrivateNetwork", "IPAddressAllow"],
    source: include_str!("network_cut_off.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let joined = !settings.joins_namespace_of.0.is_empty() || settings.network_namespace_path.is_set();
    if !settings.private_network.0 || joined || !settings.sockets.0.is_empty() {
        return;
    }
    let mut reason = None;
    for (origin, line) in subject.unit.assignments() {
        let names = || line.value.text().split_ascii_whitespace();
        if line.section != "Unit" {
            continue;
        }
        if names().any(|name| name.ends_with(".socket")) {
            return;
        }
        if matches!(line.key, "After" | "Wants" | "Requires" | "BindsTo") && names().any(|n| n == "network-online.target") {
            reason.get_or_insert((Some(Place::from(origin)), "the unit waits for network-online.target"));
        }
    }
    let outside = |network: &Network| !network.address.is_loopback();
    if settings.ip_address_allow.0.iter().any(outside) {
        let at = place(&settings.ip_address_allow);
        reason.get_or_insert((at, "the unit permits addresses of other machines"));
    }
    let Some((at, why)) = reason else {
        return;
    };
    report
        .add(
            place(&settings.private_network),
            format!("PrivateNetwork=yes leaves the service without network, although {why}"),
            "Remove PrivateNetwork=, and restrict addresses with IPAddressDeny=any and IPAddressAllow=.",
        )
        .see(at, why);
}
