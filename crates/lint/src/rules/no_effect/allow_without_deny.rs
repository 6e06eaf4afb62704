//! # Allow list without the deny list it is taken out of
//!
//! ## What it finds
//!
//! `IPAddressAllow=` without `IPAddressDeny=`, or `SocketBindAllow=` without `SocketBindDeny=`.
//!
//! ## Why it matters
//!
//! Both lists are asked, the allow list first, and what neither names is permitted. An allow list alone
//! restricts nothing: the service reaches every address and binds every port.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! IPAddressAllow=localhost
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! IPAddressDeny=any
//! IPAddressAllow=localhost
//! ```
//!
//! ## References
//!
//! systemd.resource-control(5), IPAddressAllow=, SocketBindAllow=.

use unitward_settings::Scope;

use crate::finding::{Fix, Place, Report, Safety};
use crate::rule::{Family, Rule, Severity};
use crate::subject::Subject;

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWC009",
    name: "allow-without-deny",
    family: Family::NoEffect,
    severity: Severity::Warning,
    summary: "an allow list restricts nothing without its deny list",
    directives: &["IPAddressAllow", "IPAddressDeny", "SocketBindAllow", "SocketBindDeny"],
    source: include_str!("allow_without_deny.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    // In a user manager neither list has an effect.
    if subject.settings().scope == Scope::User {
        return;
    }
    for (allow, deny) in [
        ("IPAddressAllow", "IPAddressDeny"),
        ("SocketBindAllow", "SocketBindDeny"),
    ] {
        let Some((origin, text)) = subject.last(allow) else {
            continue;
        };
        if subject.last(deny).is_some() {
            continue;
        }
        let slice = subject.last("Slice").is_some() && allow == "IPAddressAllow";
        let section = subject.section();
        let message = format!("{allow}={text} restricts nothing, because there is no {deny}=");
        let finding = report.add(
            Place::from(origin),
            match slice {
                true => format!("{message} here; only the slice could have one"),
                false => message,
            },
            format!("Write {deny}=any beside it."),
        );
        if slice {
            finding.severity(Severity::Note);
        }
        finding.fix(Fix {
            section,
            lines: vec![format!("{deny}=any")],
            safety: Safety::Unsafe,
        });
    }
}
