//! Settings against what real systemd versions show.
//!
//! `show/NAME.VERSION.txt` has the lines of `systemctl show --all NAME` that differ from those of a unit with a
//! command alone, without what depends on the machine and other units. Address lists are sorted.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use unitward_catalog::Version;
use unitward_settings::{Options, Scope, resolve};
use unitward_unit::HostFacts;
use unitward_unit::load::{Loader, SearchPath};

const BARE: &str = "[Service]\nExecStart=/bin/true\n";

fn shown(name: &str, text: &str, version: Version) -> BTreeSet<String> {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let name = format!("{name}.service").parse().unwrap();
    let unit = loader.load_text(&name, Path::new("/test"), text);
    let options = Options {
        version,
        scope: Scope::System,
        facts: &HostFacts::default(),
        user_umask: 0o22,
    };
    let resolution = resolve(&unit, &options);
    assert!(resolution.is_accepted(), "{:?}", resolution.refusal);
    resolution
        .settings
        .properties()
        .map(|property| format!("{}={}", property.name, property.value))
        .collect()
}

fn compare(name: &str, text: &str, recorded: [&str; 3]) {
    for (version, recorded) in Version::REFERENCE.into_iter().zip(recorded) {
        let bare = shown("bare", BARE, version);
        let ours = shown(name, text, version);
        let ours: Vec<&str> = ours.difference(&bare).map(String::as_str).collect();
        let real: BTreeSet<&str> = recorded.lines().collect();
        let missing: Vec<_> = real.iter().filter(|line| !ours.contains(line)).collect();
        let wrong: Vec<_> = ours.iter().filter(|line| !real.contains(*line)).collect();
        assert!(
            missing.is_empty() && wrong.is_empty(),
            "{name} {version}: missing {missing:#?}, wrong {wrong:#?}"
        );
    }
}

macro_rules! recorded {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            const NAME: &str = stringify!($name);
            compare(
                NAME,
                include_str!(concat!("show/", stringify!($name), ".service")),
                [
                    include_str!(concat!("show/", stringify!($name), ".252.txt")),
                    include_str!(concat!("show/", stringify!($name), ".257.txt")),
                    include_str!(concat!("show/", stringify!($name), ".262.txt")),
                ],
            );
        }
    )*};
}

recorded! { web batch session guarded }
