//! Directives and the facts of their pages.

use std::fmt;

/// One directive of a unit file, or one key of the manager's configuration.
#[derive(Debug)]
pub struct Directive {
    /// The name as written in a unit file, without the equals sign.
    pub name: &'static str,
    /// Whether it is a live directive, an alias, or a name of the past.
    pub kind: Kind,
    /// Other names of the same setting.
    pub aliases: &'static [&'static str],
    /// The sections it is read in, such as `Service`; empty for names that are D-Bus properties only.
    pub sections: &'static [&'static str],
    /// The family of directives it belongs to, such as `sandbox-mounts`.
    pub group: &'static str,
    /// The systemd release that brought it; 0 when that was before 183.
    pub since: u16,
    /// Which of the three reference versions (252, 257, 262) parse it.
    pub versions: &'static [u16],
    /// When it went away, in words; empty while it is there.
    pub removed: &'static str,
    /// What changed in which release.
    pub changed: &'static [Change],
    /// The value without any assignment, in words.
    pub default: &'static str,
    /// Which managers apply it: system, user, and under which condition.
    pub managers: &'static str,
    /// The kernel interfaces that carry it out.
    pub mechanism: &'static [&'static str],
    /// The Linux release it needs, with the reason; empty when every supported kernel has it.
    pub kernel: &'static str,
    /// What it switches on besides itself.
    pub implies: &'static [&'static str],
    /// What switches it on.
    pub implied_by: &'static [&'static str],
    /// Where it has no effect, conflicts, or stops less than its name says.
    pub limits: &'static [&'static str],
    /// What a `+` in front of a command does to it: `kept`, `skipped` or a phrase; empty when it does not apply.
    pub plus_prefix: &'static str,
    /// What a process sees that runs into it, such as `EROFS`; empty when nothing can.
    pub violation: &'static str,
    /// How the start of the unit fails when it cannot be set up.
    pub failures: &'static [Failure],
    /// The checks of the exposure level that read it.
    pub exposure: &'static [&'static str],
    /// Neighbouring directives worth reading.
    pub see: &'static [&'static str],
    /// How its assignments are read.
    pub grammar: Grammar,
    /// How much it helps and how likely it breaks something; none for names that do nothing.
    pub risk: Option<Risk>,
    /// What it is for, what breaks and how to relax, as Markdown.
    pub prose: &'static str,
}

/// What a name in the catalogue stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directive in use.
    Directive,
    /// Another name for a directive.
    Alias,
    /// An old setting that is still parsed.
    Legacy,
    /// A setting that newer versions do not know any more.
    Removed,
    /// A D-Bus property that never was a key of a unit file.
    BusProperty,
}

/// A change of a directive in a systemd release.
#[derive(Debug)]
pub struct Change {
    /// The systemd release.
    pub version: u16,
    /// What changed, in words.
    pub what: &'static str,
}

/// An exit status that reports that the directive could not be set up.
#[derive(Debug)]
pub struct Failure {
    /// The exit status; 0 when the failure is reported without one.
    pub code: u8,
    /// Its name, such as `NAMESPACE`.
    pub name: &'static str,
    /// The cause.
    pub when: &'static str,
}

/// How assignments of a directive are read (systemd.syntax(7) and the parsers of systemd 252, 257, 262).
#[derive(Debug)]
pub struct Grammar {
    /// The kind of value, such as `bool-or-enum`.
    pub parser: &'static str,
    /// `scalar`, `list` or `set`.
    pub cardinality: &'static str,
    /// The form of a value, in words; empty where the parser says it all.
    pub syntax: &'static str,
    /// The words that are accepted, where they are few.
    pub values: &'static [&'static str],
    /// What an empty assignment does.
    pub empty: &'static str,
    /// What a second assignment does.
    pub repeat: &'static str,
    /// What a leading `~` does; empty where it means nothing.
    pub inversion: &'static str,
    /// Prefixes of items and their meaning.
    pub prefixes: &'static [(&'static str, &'static str)],
    /// Which specifiers are expanded; empty for none.
    pub specifiers: &'static str,
    /// What happens to a value that cannot be parsed.
    pub invalid: &'static str,
}

/// How much a directive helps, and how likely it breaks a service.
#[derive(Debug)]
pub struct Risk {
    /// How much it stops.
    pub impact: Degree,
    /// How likely something breaks.
    pub breakage: Degree,
    /// Who says so: `ArchWiki` or `unitward`.
    pub source: &'static str,
    /// Ratings of single values where they differ.
    pub values: &'static [ValueRisk],
}

/// The rating of one value of a directive.
#[derive(Debug)]
pub struct ValueRisk {
    /// The value.
    pub value: &'static str,
    /// How much it stops.
    pub impact: Degree,
    /// How likely something breaks.
    pub breakage: Degree,
}

/// A degree of impact or breakage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Degree {
    /// The directive grants or re-opens something.
    Negative,
    /// Nothing.
    None,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    VeryHigh,
}

impl Directive {
    /// The first sentence of the page.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.prose.split("\n\n").next().unwrap_or_default()
    }

    /// The text under a heading of the page, such as `What breaks`.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        self.prose.split("\n## ").skip(1).find_map(|part| {
            let (title, body) = part.split_once('\n')?;
            (title.trim() == heading).then(|| body.trim())
        })
    }

    /// Whether it is read in this section.
    #[must_use]
    pub fn is_in(&self, section: &str) -> bool {
        self.sections.contains(&section)
    }

    /// Whether a systemd of this version parses it: by the reference version at or below where it is known,
    /// else by the release that brought it.
    #[must_use]
    pub fn is_known_to(&self, version: crate::Version) -> bool {
        if self.versions.contains(&version.number()) {
            return true;
        }
        if crate::Version::REFERENCE.contains(&version) {
            return false;
        }
        self.since <= version.number()
            && (self.removed.is_empty() || self.versions.contains(&version.reference().number()))
            && !self.versions.is_empty()
    }

    /// The rating of a value: its own where the page has one, else that of the directive.
    #[must_use]
    pub fn risk_of(&self, value: &str) -> Option<(Degree, Degree)> {
        let risk = self.risk.as_ref()?;
        Some(
            risk.values
                .iter()
                .find(|v| v.value == value)
                .map_or((risk.impact, risk.breakage), |v| (v.impact, v.breakage)),
        )
    }
}

impl fmt::Display for Degree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negative => "negative",
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very high",
        })
    }
}

/// The directive of unit files with this exact name.
#[must_use]
pub fn directive(name: &str) -> Option<&'static Directive> {
    directives().get(place(name)?)
}

/// The place in [`directives`] of the directive with this exact name.
#[must_use]
pub fn place(name: &str) -> Option<usize> {
    let name_of = |place: usize| Some(directives().get(place)?.name);
    crate::tables::DIRECTIVE_PLACES.find(name, name_of)
}

/// The key of system.conf and user.conf with this exact name (systemd-system.conf(5)).
#[must_use]
pub fn manager_directive(name: &str) -> Option<&'static Directive> {
    let at = manager_directives()
        .binary_search_by(|d| d.name.cmp(name))
        .ok()?;
    manager_directives().get(at)
}

/// Every directive of unit files, by name.
#[must_use]
pub fn directives() -> &'static [Directive] {
    crate::tables::DIRECTIVES
}

/// Every key of system.conf and user.conf, by name.
#[must_use]
pub fn manager_directives() -> &'static [Directive] {
    crate::tables::MANAGER_DIRECTIVES
}
