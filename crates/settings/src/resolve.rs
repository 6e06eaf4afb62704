//! From a loaded unit to its settings.

use std::sync::Arc;

use unitward_catalog::{Kind, Version, directive, directives, keys, place};
use unitward_unit::load::{Role, Scope};
use unitward_unit::syntax::ItemKind;
use unitward_unit::{HostFacts, Origin, SourceFile, Specifiers, Unit, UnitKind};

use crate::context::{Cause, Context, Diagnostic, Effect, Layer};
use crate::manager::Base;
use crate::setting::Source;
use crate::table::Settings;
use crate::values::{KeyringMode, Mode};
use crate::verify::{self, Refusal};
use crate::{entry, implied};

/// Whose rules apply.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The systemd whose rules apply.
    pub version: Version,
    /// The manager that reads the unit.
    pub scope: Scope,
    /// What specifiers such as `%H` stand for.
    pub facts: &'a HostFacts,
    /// The umask a user manager starts with: that of the process that asks.
    pub user_umask: u16,
}

/// Settings, what was odd on the way, and why systemd refuses the unit, if it does.
#[derive(Debug)]
pub struct Resolution {
    /// The settings. Of a refused unit they are what had been read.
    pub settings: Settings,
    /// Remarks, in the order of the assignments.
    pub diagnostics: Vec<Diagnostic>,
    /// A combination that is refused. A single line that refuses the unit is a diagnostic with
    /// [`Effect::Refused`].
    pub refusal: Option<Refusal>,
}

impl Resolution {
    /// Whether systemd takes the unit.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.refusal.is_none() && !self.diagnostics.iter().any(|d| d.effect == Effect::Refused)
    }
}

/// Resolves a unit.
///
/// Assignments are applied in the order in which systemd applies them; a line that refuses the unit ends the
/// reading, as in systemd. Then what is implied is added, and combinations are verified.
#[must_use]
pub fn resolve(unit: &Unit, options: &Options<'_>) -> Resolution {
    Draft::read(unit, options).finish()
}

/// A unit whose lines have been read, with nothing implied yet: further lines can be tried out on it, again and again.
#[derive(Debug)]
pub struct Draft<'a> {
    base: &'a Base,
    specifiers: Specifiers<'a>,
    /// How many of the files are the unit's own.
    own: usize,
    settings: Settings,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Draft<'a> {
    /// Reads the lines of a unit.
    #[must_use]
    pub fn read(unit: &'a Unit, options: &Options<'a>) -> Self {
        Self::read_from(Base::of_systemd(), unit, options)
    }

    /// The same with the configuration of a manager.
    #[must_use]
    pub fn read_from(base: &'a Base, unit: &'a Unit, options: &Options<'a>) -> Self {
        let files = [&*unit.files, &base.manager().files].concat();
        let specifiers = Specifiers {
            name: &unit.name,
            fragment: unit.fragment().map(|file| &*file.path),
            facts: options.facts,
            systemd: options.version.number(),
            slice: None,
        };
        let mut draft = Self {
            base,
            specifiers,
            own: unit.files.len(),
            settings: Settings::new(
                unit.name.clone(),
                files,
                options.version,
                options.scope,
                base.shared_manager(),
            ),
            diagnostics: Vec::new(),
        };
        defaults(&mut draft.settings, options);
        base.apply(
            &mut draft.settings,
            &draft.specifiers,
            draft.own,
            |source| source == Source::Default,
        );
        read(
            unit,
            &mut draft.settings,
            &draft.specifiers,
            &mut draft.diagnostics,
        );
        draft
    }

    /// The settings with further lines of the unit's own section, keys and values, as if in a last drop-in. What they set
    /// has origins that lead to no file.
    #[must_use]
    pub fn with_lines<'l>(&self, lines: impl IntoIterator<Item = (&'l str, &'l str)>) -> Settings {
        let mut settings = self.settings.clone();
        let section = settings.unit.kind().section().unwrap_or("Service");
        let origin = Origin {
            file: u32::MAX,
            line: 0,
            start: 0,
            end: 0,
        };
        let mut remarks = Vec::new();
        for (key, text) in lines {
            let line = Line {
                section,
                key,
                text,
                origin,
            };
            assign(&mut settings, &line, &self.specifiers, &mut remarks);
            if remarks.iter().any(|d| d.effect == Effect::Refused) {
                break;
            }
        }
        complete(&mut settings, self.base, &self.specifiers, self.own);
        settings
    }

    /// Adds what is implied, and verifies combinations.
    #[must_use]
    pub fn finish(self) -> Resolution {
        let Self {
            base,
            specifiers,
            own,
            mut settings,
            diagnostics,
        } = self;
        complete(&mut settings, base, &specifiers, own);
        let refusal = match settings.unit.kind() {
            UnitKind::Service => verify::verify_service(&settings),
            _ => None,
        };
        Resolution {
            settings,
            diagnostics,
            refusal,
        }
    }
}

/// What comes behind the last line.
fn complete(settings: &mut Settings, base: &Base, specifiers: &Specifiers<'_>, own: usize) {
    // An empty assignment goes back to the default of the manager, not to that of systemd; except for the time
    // to abort, which goes back to the time to stop.
    let abort = settings.timeout_abort_sec.clone();
    let reset = |source| matches!(source, Source::Reset(_));
    base.apply(settings, specifiers, own, reset);
    settings.timeout_abort_sec = abort;
    implied::imply(settings);
}

/// Applies the assignments of all files.
fn read(
    unit: &Unit,
    settings: &mut Settings,
    specifiers: &Specifiers<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut headers = broken_headers(unit, settings.version)
        .into_iter()
        .peekable();
    let mut lines = unit.assignments().peekable();
    // The drop-in whose rest is not read, because of a line that would refuse the unit in its main file.
    let mut ended = None;
    loop {
        let before = diagnostics.len();
        let next = lines.peek().map(|(origin, _)| (origin.file, origin.start));
        let header =
            headers.next_if(|header| next.is_none_or(|at| (header.file, header.start) < at));
        let line = match header {
            Some(_) => None,
            None => lines.next(),
        };
        let origin = match (header, line) {
            (Some(header), _) => header,
            (None, Some((origin, _))) => origin,
            (None, None) => return,
        };
        if ended == Some(origin.file) {
            continue;
        }
        match line {
            Some((_, line)) => {
                let line = Line {
                    section: line.section,
                    key: line.key,
                    text: line.value.text(),
                    origin,
                };
                assign(settings, &line, specifiers, diagnostics);
            }
            None => {
                let mut broken = remark(Cause::UnknownSection, "[]", String::new(), origin);
                broken.effect = Effect::Refused;
                diagnostics.push(broken);
            }
        }
        let refused = |d: &&mut Diagnostic| d.effect == Effect::Refused;
        if let Some(remark) = diagnostics.iter_mut().skip(before).find(refused) {
            if unit
                .file(origin)
                .is_some_and(|file| file.role == Role::Fragment)
            {
                return;
            }
            remark.effect = Effect::EndsDropIn;
            ended = Some(origin.file);
        }
    }
}

/// Where `[]` stands, the first one of each file: from 258 on a broken header, which ends the reading of its file.
fn broken_headers(unit: &Unit, version: Version) -> Vec<Origin> {
    if version < Version::new(258) {
        return Vec::new();
    }
    let header = |(file, source): (u32, &Arc<SourceFile>)| {
        let mut items = source.document.items();
        let item = items.find(|item| item.kind == ItemKind::Section && item.name.is_empty())?;
        let text = source.document.bytes().get(item.span.range())?;
        let length = u32::try_from(text.trim_ascii_end().len()).ok()?;
        Some(Origin {
            file,
            line: item.line,
            start: item.span.start,
            end: item.span.start.saturating_add(length),
        })
    };
    (0_u32..).zip(&unit.files).filter_map(header).collect()
}

/// Defaults that depend on the unit type and the manager.
fn defaults(settings: &mut Settings, options: &Options<'_>) {
    if options.scope == Scope::User {
        *settings.keyring_mode.parts().0 = KeyringMode::Inherit;
        *settings.umask.parts().0 = Mode(options.user_umask);
    } else if settings.unit.kind() != UnitKind::Service {
        *settings.keyring_mode.parts().0 = KeyringMode::Shared;
    }
}

/// An assignment that is to be applied.
struct Line<'a> {
    section: &'a str,
    key: &'a str,
    text: &'a str,
    origin: Origin,
}

fn assign(
    settings: &mut Settings,
    line: &Line<'_>,
    specifiers: &Specifiers<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let &Line {
        section,
        key,
        text,
        origin,
    } = line;
    if section.starts_with("X-") {
        return;
    }
    let own = settings.unit.kind().section();
    if section != "Unit" && section != "Install" && Some(section) != own {
        if !sections_seen(diagnostics, section) {
            diagnostics.push(remark(
                Cause::UnknownSection,
                section,
                String::new(),
                origin,
            ));
        }
        return;
    }
    // A name can be that of other keys elsewhere, such as Type= of a mount.
    let found = place(key).and_then(|at| Some((at, directives().get(at)?)));
    let assign = if let Some((at, directive)) = found.filter(|(_, d)| d.is_in(section)) {
        if !directive.is_known_to(settings.version) {
            return unknown(section, key, settings.version, origin, diagnostics);
        }
        entry::assign(at)
    } else {
        match keys::find(section, key) {
            Some(found) if found.is_known_to(settings.version) => entry::assign_unlisted(key),
            _ => return unknown(section, key, settings.version, origin, diagnostics),
        }
    };
    if let Some(assign) = assign {
        let slice = is_about_slice(text)
            .then(|| settings.slice.0.clone())
            .flatten();
        let mut cx = Context {
            version: settings.version,
            directive: key,
            origin,
            layer: Layer::Unit,
            specifiers: &Specifiers {
                slice: slice.as_deref(),
                ..*specifiers
            },
            diagnostics,
        };
        assign(settings, text, &mut cx);
    }
}

/// Whether a value has a specifier that depends on the slice.
fn is_about_slice(text: &str) -> bool {
    text.contains("%c") || text.contains("%r")
}

fn sections_seen(diagnostics: &[Diagnostic], section: &str) -> bool {
    diagnostics
        .iter()
        .rev()
        .take(64)
        .any(|d| d.cause == Cause::UnknownSection && d.directive == section)
}

/// A key that this version does not read in this section: why, and what may have been meant.
fn unknown(
    section: &str,
    key: &str,
    version: Version,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if key.starts_with("X-") {
        return;
    }
    let elsewhere = || keys::sections_of(key).find(|other| *other != section);
    let (cause, expected) = match (
        directive(key).filter(|d| d.is_in(section)),
        keys::find(section, key),
    ) {
        (Some(d), _) if matches!(d.kind, Kind::Removed | Kind::Legacy) || !d.removed.is_empty() => {
            (Cause::Removed, d.summary().to_owned())
        }
        (Some(d), _) => (Cause::TooNew { since: d.since }, String::new()),
        (None, Some(known)) if known.versions.iter().all(|v| *v > version.number()) => {
            (Cause::TooNew { since: 0 }, String::new())
        }
        (None, Some(_)) => (Cause::Removed, String::new()),
        (None, None) => match elsewhere() {
            Some(other) => (Cause::WrongSection, other.to_owned()),
            None => (Cause::UnknownKey, String::new()),
        },
    };
    diagnostics.push(remark(cause, key, expected, origin));
}

fn remark(cause: Cause, directive: &str, expected: String, origin: Origin) -> Diagnostic {
    Diagnostic {
        effect: Effect::Ignored,
        cause,
        directive: directive.to_owned(),
        word: directive.to_owned(),
        range: 0..0,
        expected: expected.into(),
        origin,
    }
}
