//! How an assignment of a directive reaches its field.

use std::sync::LazyLock;

use unitward_catalog::{Directive, Kind, Version};
use unitward_unit::UnitKind;

use crate::context::{Assigned, Context, Effect};
use crate::setting::{Setting, Source};
use crate::show::Shown;
use crate::table::{ENTRIES, Settings};
use crate::values::*;

/// A directive with a field.
pub(crate) struct Entry {
    pub(crate) directive: &'static str,
    /// The parser's name, to be compared with the catalogue.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "compared with the catalogue by a test")
    )]
    pub(crate) parser: &'static str,
    pub(crate) assign: Assign,
    pub(crate) show: fn(&Settings, &mut Shown<'_>),
    pub(crate) source: fn(&Settings) -> Source,
}

/// Applies an assignment.
pub(crate) type Assign = fn(&mut Settings, &str, &mut Context<'_>);

/// Applies an assignment to a field and notes its origin.
pub(crate) fn apply<T: Value>(
    setting: &mut Setting<T>,
    text: &str,
    cx: &mut Context<'_>,
) -> Assigned {
    let (value, source) = setting.parts();
    let assigned = value.assign(text, cx);
    *source = cx.source(assigned, *source);
    assigned
}

/// Directives without a field of their own, and those that touch a second field.
const SPECIAL: &[(&str, Assign)] = &[
    ("BindReadOnlyPaths", |settings, text, cx| {
        apply(&mut settings.binds, text, cx);
    }),
    ("StandardInputText", |settings, text, cx| {
        apply(&mut settings.standard_input_data, text, cx);
    }),
    ("KillMode", |settings, text, cx| {
        apply(&mut settings.kill_mode, text, cx);
        if text == "none" {
            let expected = "another mode, since this one leaves processes behind and will go away";
            cx.report(Effect::Noted, text, 0..text.len(), expected);
        }
    }),
    ("TimeoutSec", |settings, text, cx| {
        if apply(&mut settings.timeout_start_sec, text, cx) == Assigned::Set {
            apply(&mut settings.timeout_stop_sec, text, cx);
        }
    }),
    ("CPUSchedulingPolicy", |settings, text, cx| {
        let (priority, source) = settings.cpu_scheduling_priority.parts();
        match apply(&mut settings.cpu_scheduling_policy, text, cx) {
            Assigned::Ignored => {}
            Assigned::Reset => {
                *priority = CpuPriority::default();
                *source = cx.source(Assigned::Reset, *source);
            }
            // Policies without real time know priority 0 only, those with it begin at 1.
            Assigned::Set => {
                let real_time = settings.cpu_scheduling_policy.is_real_time();
                let least = u8::from(real_time);
                let most = if real_time { 99 } else { 0 };
                priority.0 = Some(priority.0.unwrap_or(0).clamp(least, most));
            }
        }
    }),
    ("IOSchedulingClass", |settings, text, cx| {
        if apply(&mut settings.io_scheduling_class, text, cx) == Assigned::Reset {
            apply(&mut settings.io_scheduling_priority, text, cx);
        }
    }),
    ("IOSchedulingPriority", |settings, text, cx| {
        if apply(&mut settings.io_scheduling_priority, text, cx) == Assigned::Reset {
            apply(&mut settings.io_scheduling_class, text, cx);
        }
    }),
];

/// How the assignments of a directive are applied, by its place in the catalogue.
pub(crate) fn assign(at: usize) -> Option<Assign> {
    /// For each directive of the catalogue what it does; aliases do what their directive does.
    static BY_PLACE: LazyLock<Vec<Option<Assign>>> = LazyLock::new(|| {
        // In the order of names, so that a start with few units does not pay for comparing all with all.
        let mut known: Vec<(&str, Assign)> = SPECIAL.to_vec();
        known.extend(ENTRIES.iter().map(|entry| (entry.directive, entry.assign)));
        // Stable: what is special comes first.
        known.sort_by_key(|(name, _)| *name);
        let find = |name: &str| {
            let at = known.partition_point(|(other, _)| *other < name);
            known
                .get(at)
                .filter(|(other, _)| *other == name)
                .map(|(_, assign)| *assign)
        };
        let of =
            |d: &Directive| find(d.name).or_else(|| d.aliases.iter().find_map(|alias| find(alias)));
        unitward_catalog::directives().iter().map(of).collect()
    });
    BY_PLACE.get(at).copied().flatten()
}

/// How a key is applied that the catalogue has no page for.
pub(crate) fn assign_unlisted(key: &str) -> Option<Assign> {
    let entry = ENTRIES.iter().find(|entry| entry.directive == key)?;
    Some(entry.assign)
}

/// A directive by its name, and how it is applied.
pub(crate) fn named(name: &str) -> Option<(&'static str, Assign)> {
    let entry = ENTRIES.iter().find(|entry| entry.directive == name)?;
    Some((entry.directive, entry.assign))
}

/// Where the value of a directive comes from.
pub(crate) fn source(settings: &Settings, directive: &str) -> Option<Source> {
    let entry = ENTRIES.iter().find(|entry| entry.directive == directive)?;
    Some((entry.source)(settings))
}

/// All entries.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter()
}

/// The entries of directives that this version knows in units of this type.
pub(crate) fn known_to(version: Version, kind: UnitKind) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(move |entry| {
        let Some(directive) = unitward_catalog::directive(entry.directive) else {
            let section = kind.section().unwrap_or_default();
            return unitward_catalog::keys::find(section, entry.directive)
                .is_some_and(|key| key.is_known_to(version));
        };
        let here = |section: &&str| *section == "Unit" || Some(*section) == kind.section();
        directive.kind != Kind::BusProperty
            && directive.is_known_to(version)
            && directive.sections.iter().any(here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use unitward_catalog::directives;

    #[test]
    fn every_live_directive_has_an_entry() {
        let without: Vec<_> = directives()
            .iter()
            .enumerate()
            .filter(|(_, d)| !d.sections.is_empty() && !d.versions.is_empty())
            .filter(|(at, d)| d.kind != Kind::BusProperty && assign(*at).is_none())
            .map(|(_, d)| d.name)
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn parsers_are_those_of_the_catalogue() {
        let different: Vec<_> = ENTRIES
            .iter()
            .filter_map(|entry| Some((entry, unitward_catalog::directive(entry.directive)?)))
            .filter(|(entry, d)| d.kind == Kind::Directive && d.grammar.parser != entry.parser)
            .map(|(entry, d)| (entry.directive, entry.parser, d.grammar.parser))
            .collect();
        assert!(different.is_empty(), "{different:?}");
    }
}
