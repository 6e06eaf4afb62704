//! Every daemon with `unitward harden`: what is proposed is proved, low, and stops attacks.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests; the levels are printed"
)]

use std::path::Path;
use std::process::Stdio;

use unitward_conformance::analyze::unitward;
use unitward_conformance::skip::skip;
use unitward_daemons::table::{DAEMONS, Daemon, Part, Sessions};
use unitward_daemons::world::World;

/// No daemon but those that run other users' sessions may stay above this level.
const HIGHEST: f64 = 3.0;

macro_rules! tests {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            harden(stringify!($name));
        })*
    };
}

tests! {
    nginx apache2 redis postgresql memcached chrony unbound openssh dnsmasq haproxy rsyslog cron
}

#[test]
fn every_daemon_is_tested() {
    let all: Vec<&str> = DAEMONS.iter().map(|daemon| daemon.name).collect();
    assert_eq!(TESTED, all);
}

fn harden(name: &str) {
    let daemon = Daemon::of(name).unwrap();
    let (part, word) = match std::env::var_os("UNITWARD_FULL") {
        Some(_) => (Part::Full, "full"),
        None => (Part::Usual, "usual"),
    };
    if daemon.part > part {
        return skip("part of cargo xtask test --full");
    }
    if let Some(reason) = World::lack() {
        return skip(&reason);
    }
    if !Path::new(daemon.program).exists() {
        return skip(&format!("the package {} is not installed", daemon.package));
    }
    let world = World::new(&format!("{name}-proposed")).unwrap();
    let driver = Path::new(env!("CARGO_BIN_EXE_unitward-daemons"));
    let output = world
        .command(unitward().unwrap(), driver)
        .args([name, "proposed", word])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{name}: {}\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{text}");
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    let after: f64 = line.split(' ').nth(2).unwrap().parse().unwrap();
    assert!(
        after <= HIGHEST || daemon.sessions == Sessions::OfOthers,
        "{name}: {after}"
    );
}
