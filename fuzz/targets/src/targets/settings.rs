//! Whole units: loading, settings, exposure and lints.

use std::path::Path;

use unitward_catalog::Version;
use unitward_exposure::{CHECKS, Policy, Rules, assess};
use unitward_lint::{FINDINGS_MAX, Subject, check};
use unitward_settings::{Options, Resolution, Scope, resolve};
use unitward_unit::load::{Loader, Options as LoadOptions, SearchPath};
use unitward_unit::{HostFacts, Unit, UnitName};

const NAMES: [&str; 4] = ["a-b@c.service", "a.service", "a.socket", "srv-a.mount"];

/// A unit of any text in one of the types, versions and scopes: it resolves, is rated, and every place that a rule names lies
/// inside the file.
pub fn settings(data: &[u8]) {
    let choice = data.len();
    let Some((unit, resolution)) = resolved(data, choice) else {
        return;
    };
    for rules in [Rules::Offline, Rules::Running] {
        let exposure = assess(&resolution.settings, rules, None)
            .expect("without a policy there is always a level");
        assert_eq!(exposure.rows.len(), CHECKS.len());
        assert!(exposure.level().0 <= 100, "{}", exposure.level());
        for row in &exposure.rows {
            assert!(
                row.badness.is_none_or(|badness| badness <= row.range),
                "{}",
                row.check.id
            );
        }
    }
    let checked = check(&Subject::new(&unit, &resolution, None));
    let findings = checked.findings.iter().chain(
        checked
            .suppressed
            .iter()
            .map(|suppressed| &suppressed.finding),
    );
    for finding in findings.take(FINDINGS_MAX) {
        let Some(place) = &finding.place else {
            continue;
        };
        let length = unit
            .file(place.origin)
            .map_or(0, |file| file.document.bytes().len());
        let range = place.origin.span().range();
        assert!(
            range.start <= range.end && range.end <= length,
            "{}: {range:?} of {length}",
            finding.rule.code
        );
        assert!(
            !finding.message.is_empty() && !finding.remedy.is_empty(),
            "{}",
            finding.rule.code
        );
    }
}

/// A policy of any text: it is refused, or a unit can be rated with it, or it says why not.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(policy) = Policy::parse(&text) else {
        return;
    };
    let unit = b"[Service]\nExecStart=/bin/true\nProtectSystem=yes\nUser=a\n";
    if let Some((_, resolution)) = resolved(unit, 1)
        && let Ok(exposure) = assess(&resolution.settings, Rules::Offline, Some(&policy))
    {
        assert!(exposure.level().0 <= 100, "{}", exposure.level());
    }
}

fn resolved(data: &[u8], choice: usize) -> Option<(Unit, Resolution)> {
    let name = UnitName::parse(NAMES.get(choice % NAMES.len())?).ok()?;
    let version = *Version::REFERENCE.get(choice / 4 % 3)?;
    let scope = if (choice / 12).is_multiple_of(4) {
        Scope::User
    } else {
        Scope::System
    };
    let loader = Loader::new(SearchPath::none(), LoadOptions::with_instance("i"));
    let path = Path::new("/nonexistent").join(name.as_str());
    let unit = loader.load_text(&name, &path, data);
    let facts = HostFacts::default();
    let resolution = resolve(
        &unit,
        &Options {
            version,
            scope,
            facts: &facts,
            user_umask: 0o022,
        },
    );
    Some((unit, resolution))
}
