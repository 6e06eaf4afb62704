//! # Secret in Environment=
//!
//! ## What it finds
//!
//! A variable in `Environment=` that is named like a secret (PASSWORD, TOKEN, SECRET, API_KEY and the like) and
//! has a literal value.
//!
//! ## Why it matters
//!
//! Unit files are readable by everybody, systemctl show prints variables to everybody, and every process that
//! the service starts inherits them.
//!
//! ## Example
//!
//! ```ini
//! [Service]
//! Environment=EXAMPLE_PASSWORD=correct-horse
//! ```
//!
//! ## Use instead
//!
//! ```ini
//! [Service]
//! LoadCredential=password:/etc/example/password
//! Environment=EXAMPLE_PASSWORD_FILE=%d/password
//! ```
//!
//! ## References
//!
//! systemd.exec(5), Environment= ("not suitable for passing secrets") and "Credentials".

use crate::finding::{Place, Report};
use crate::rule::{Family, Rule, Severity};
use crate::subject::{Subject};

pub(in crate::rules) static RULE: Rule = Rule {
    code: "UWH017",
    name: "secret-in-environment",
    family: Family::Hole,
    severity: Severity::Warning,
    summary: "a secret stands in the unit",
    directives: &["Environment", "LoadCredential"],
    source: include_str!("secret_in_environment.rs"),
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for item in subject.settings().environment.0.iter() {
        let variable = &item.value;
        if !is_secret(&variable.name) || !is_literal(&variable.value) {
            continue;
        }
        report.add(
            Place::from(item.origin),
            format!("Everybody on the system can read the value of {}", variable.name),
            "Put it into a file of mode 0600 and hand it over with LoadCredential=.",
        );
    }
}

/// Whether a variable is named like a secret itself, not like a file or a setting about one.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split('_').collect();
    let last = words.last().copied().unwrap_or_default();
    let plain = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "PWD"];
    let ends = plain.contains(&last) && words != ["PWD"] && words != ["OLDPWD"];
    let keys = ["API_KEY", "APIKEY", "SECRET_KEY", "PRIVATE_KEY", "ACCESS_KEY", "ENCRYPTION_KEY", "SECRET_KEY_BASE"];
    ends || keys.iter().any(|key| name.ends_with(key)) || last.ends_with("PASSWORD")
}

/// Whether a value can be a secret: not a path, a switch, a number of a few digits, or a reference.
fn is_literal(value: &str) -> bool {
    let short_number = value.len() < 4 && value.bytes().all(|b| b.is_ascii_digit());
    let switches = ["", "yes", "no", "true", "false", "none", "on", "off"];
    !switches.contains(&value.to_ascii_lowercase().as_str())
        && !short_number
        && !value.starts_with(['/', '$', '.', '~'])
        && !value.starts_with("file:")
}
