//! The verbs of systemd-analyze: those that are done here, those that are not, and the nearest to a misspelt one.

use unitward_catalog::Version;

/// In the order of systemd's table, which decides between equally near names.
const OF_257: &[&str] = &[
    "help",
    "time",
    "blame",
    "critical-chain",
    "plot",
    "dot",
    "dump",
    "cat-config",
    "unit-files",
    "unit-paths",
    "exit-status",
    "capability",
    "syscall-filter",
    "filesystems",
    "architectures",
    "smbios11",
    "condition",
    "compare-versions",
    "image-policy",
    "calendar",
    "timestamp",
    "timespan",
    "verify",
    "security",
    "fdstore",
    "malloc",
    "inspect-elf",
    "has-tpm2",
    "pcrs",
    "srk",
];
const OF_262: &[&str] = &[
    "help",
    "time",
    "blame",
    "critical-chain",
    "plot",
    "dot",
    "dump",
    "cat-config",
    "unit-files",
    "unit-paths",
    "exit-status",
    "capability",
    "syscall-filter",
    "filesystems",
    "architectures",
    "smbios11",
    "chid",
    "transient-settings",
    "condition",
    "compare-versions",
    "image-policy",
    "calendar",
    "timestamp",
    "timespan",
    "verify",
    "security",
    "fdstore",
    "malloc",
    "unit-gdb",
    "unit-shell",
    "inspect-elf",
    "dlopen-metadata",
    "has-tpm2",
    "identify-tpm2",
    "pcrs",
    "nvpcrs",
    "srk",
];
const OF_252: &[&str] = &[
    "help",
    "time",
    "blame",
    "critical-chain",
    "plot",
    "dot",
    "dump",
    "cat-config",
    "unit-files",
    "unit-paths",
    "exit-status",
    "capability",
    "syscall-filter",
    "filesystems",
    "condition",
    "compare-versions",
    "calendar",
    "timestamp",
    "timespan",
    "verify",
    "security",
    "inspect-elf",
];
/// How many letters may differ.
const NEAR: usize = 5;

/// What to say about a verb that is not done here.
pub(super) fn unknown(verb: &str, version: Version) -> String {
    let verbs = match version.reference() {
        Version::V252 => OF_252,
        Version::V257 => OF_257,
        _ => OF_262,
    };
    if verb == "verify" {
        return "unitward has no verify: `unitward check` looks at the sandboxing of units and at what is wrong with it."
            .to_owned();
    }
    if verbs.contains(&verb) {
        return format!(
            "unitward has no {verb}: it has security, capability, syscall-filter, filesystems and exit-status."
        );
    }
    if version < Version::V257 {
        return format!("Unknown command verb {verb}.");
    }
    match closest(verb, verbs) {
        Some(near) => format!("Unknown command verb '{verb}', did you mean '{near}'?"),
        None => format!("Unknown command verb '{verb}'."),
    }
}

/// The shortest verb that starts with the word, else the first of those with the fewest different letters.
fn closest(word: &str, verbs: &[&'static str]) -> Option<&'static str> {
    let started = verbs
        .iter()
        .filter(|verb| verb.starts_with(word))
        .min_by_key(|verb| verb.len());
    if let Some(verb) = started {
        return Some(verb);
    }
    // Longer words are further away than NEAR from every verb.
    let longest = verbs
        .iter()
        .map(|verb| verb.len())
        .max()
        .unwrap_or_default();
    if word.len() > longest + NEAR {
        return None;
    }
    let distances = verbs
        .iter()
        .map(|verb| (distance(word.as_bytes(), verb.as_bytes()), *verb));
    distances
        .filter(|(distance, _)| *distance <= NEAR)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, verb)| verb)
}

/// Levenshtein distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let changed = diagonal + usize::from(x != y);
            diagonal = *cell;
            *cell = changed.min(left + 1).min(*cell + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_verb_is_that_of_systemd() {
        for (word, v257, v262) in [
            ("cap", Some("capability"), Some("capability")),
            ("c", Some("calendar"), Some("chid")),
            ("unit", Some("unit-files"), Some("unit-gdb")),
            ("nosuch", Some("dot"), Some("dot")),
            ("trans", Some("time"), Some("transient-settings")),
            ("nvp", Some("help"), Some("nvpcrs")),
            ("secutiry", Some("security"), Some("security")),
            ("capabilities", Some("capability"), Some("capability")),
            ("list", Some("time"), Some("time")),
            ("CAPABILITY", None, None),
            ("xxxxxxxx", None, None),
        ] {
            assert_eq!(closest(word, OF_257), v257, "{word}");
            assert_eq!(closest(word, OF_262), v262, "{word}");
        }
    }
}
