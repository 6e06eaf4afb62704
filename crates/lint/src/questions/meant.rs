//! What was probably meant by a word that systemd does not know.

use unitward_catalog::{Capability, Version, directive, keys, suggest};
use unitward_seccomp::{Sets, Syscall};
use unitward_settings::FAMILIES;

/// The word of a value that was probably meant.
pub(crate) fn word(name: &str, word: &str, version: Version) -> Option<String> {
    let bare = word.split_once(':').map_or(word, |(call, _)| call);
    let known = match name {
        "CapabilityBoundingSet" | "AmbientCapabilities" => return capability(word),
        "SystemCallFilter" | "SystemCallLog" => return call(bare, version),
        "RestrictAddressFamilies" => suggest(word, FAMILIES.iter().map(|family| family.1)),
        _ => {
            let values = directive(name)?.grammar.values.iter();
            // A value is followed by remarks, such as a version.
            suggest(word, values.filter_map(|value| value.split(' ').next()))
        }
    };
    known.filter(|known| *known != word).map(str::to_owned)
}

fn capability(word: &str) -> Option<String> {
    let names = || Capability::all().filter_map(Capability::name);
    let plain = word.to_ascii_uppercase().replace('-', "_");
    let full = match plain.starts_with("CAP_") {
        true => plain,
        false => format!("CAP_{plain}"),
    };
    suggest(&full, names()).map(str::to_ascii_uppercase)
}

fn call(word: &str, version: Version) -> Option<String> {
    let sets = Sets::of(version.number());
    if word.starts_with('@') {
        return suggest(word, sets.groups().iter().map(|set| set.name)).map(str::to_owned);
    }
    let known = Syscall::all().filter(|call| sets.is_known(*call));
    suggest(word, known.map(Syscall::name)).map(str::to_owned)
}

/// The key of a section that was probably meant.
pub(crate) fn key(section: &str, key: &str, version: Version) -> Option<&'static str> {
    let known = keys::of_section(section).filter(|known| known.is_known_to(version));
    suggest(key, known.map(|known| known.name))
}
