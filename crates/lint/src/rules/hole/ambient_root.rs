//! # Ambient capability that amounts to root
//!
//! ## What it finds
//!
//! `AmbientCapabilities=` with one that leads to root at once, in a unit whose `User=` is not root: CAP_SETUID,
//! CAP_DAC_OVERRIDE, CAP_CHOWN, CAP_FOWNER, CAP_SYS_ADMIN and others.
//!
//! ## Why it matters
//!
//! All programs that the service executes get ambient capabilities. With one of these, whoever takes over the
//! service becomes root: by changing its user id, by changing or overwriting files of root, or by loading code.
//! `User=` then protects from little.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! User=example
//! AmbientCapabilities=CAP_SETUID CAP_NET_BIND_SERVICE
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! User=example
//! AmbientCapabilities=CAP_NET_BIND_SERVICE
//! ```
//!
//! ## When to ignore
//!
//! The program gives the capability up as soon as it has started, and executes nothing before.
//!
//! ## References
//!
//! capabilities(7); `unitward explain CAP_SETUID`.

use unitward_catalog::capability_page;
use unitward_settings::{PrivateUsers, Scope};

use crate::questions::user::is_root;

use crate::finding::Report;
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject, place};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH007",
    name: "ambient-capability-of-root",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "an ambient capability makes the user of the service as good as root",
    directives: &["AmbientCapabilities", "User"],
    source: include_str!("ambient_root.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let settings = subject.settings();
    if is_root(settings) || settings.scope == Scope::User || *settings.private_users != PrivateUsers::No {
        return;
    }
    let ambient = settings.ambient_capabilities.set;
    let held = ambient.intersection(settings.capability_bounding_set.set);
    for capability in held.iter() {
        let Some(page) = capability_page(capability).filter(|page| page.danger == "root") else {
            continue;
        };
        let name = page.name;
        report.add(
            place(&settings.ambient_capabilities),
            format!("With {name}, the user of the service can become root"),
            format!("Take {name} out of AmbientCapabilities=; see `unitward explain {name}`."),
        );
    }
}
