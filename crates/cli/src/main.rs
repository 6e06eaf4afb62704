//! The unitward command: arguments, output formats, exit statuses. All knowledge is in the crates below.

mod args;
mod config;
mod error;
mod exit;
mod systemd_analyze;
mod units;

fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let version = std::env::var("UNITWARD_SYSTEMD")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(unitward_catalog::Version::NEWEST);
    systemd_analyze::run(&words, version)
}
