//! # IPAddressAllow=any
//!
//! ## What it finds
//!
//! `IPAddressAllow=` with `any`, `0.0.0.0/0` or `::/0`, beside `IPAddressDeny=`.
//!
//! ## Why it matters
//!
//! A packet is dropped only if `IPAddressDeny=` names its address and `IPAddressAllow=` does not. With every
//! address allowed, nothing is dropped.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! IPAddressDeny=any
//! IPAddressAllow=any
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! IPAddressDeny=any
//! IPAddressAllow=localhost 192.0.2.0/24
//! ```
//!
//! ## References
//!
//! systemd.resource-control(5), IPAddressAllow=.

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH015",
    name: "every-address-allowed",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "IPAddressAllow= permits every address",
    directives: &["IPAddressAllow", "IPAddressDeny"],
    source: include_str!("every_address_allowed.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    let allowed = &settings.ip_address_allow;
    let everything = allowed.0.iter().find(|network| network.is_everything());
    let (Some(network), false) = (everything, settings.ip_address_deny.0.is_empty()) else {
        return;
    };
    let which = match (allowed.is_any(), network.address.is_ipv4()) {
        (true, _) => "address",
        (false, true) => "IPv4 address",
        (false, false) => "IPv6 address",
    };
    report.add(
        place(allowed),
        format!("IPAddressAllow= permits every {which}, so that IPAddressDeny= denies none"),
        "Name the networks that the service needs.",
    );
}
