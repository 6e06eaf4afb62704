//! Every daemon with `unitward run`, as its package has it and hardened by a drop-in.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Stdio;

use unitward_conformance::analyze::unitward;
use unitward_conformance::skip::skip;
use unitward_daemons::table::{DAEMONS, Daemon, Part};
use unitward_daemons::world::World;

macro_rules! tests {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        $(mod $name {
            #[test]
            fn stock() {
                super::run(stringify!($name), "stock");
            }

            #[test]
            fn hardened() {
                super::run(stringify!($name), "hardened");
            }
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

fn run(name: &str, form: &str) {
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
    let world = World::new(&format!("{name}-{form}")).unwrap();
    let output = world
        .command(
            unitward().unwrap(),
            Path::new(env!("CARGO_BIN_EXE_unitward-daemons")),
        )
        .args([name, form, word])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name} {form}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
