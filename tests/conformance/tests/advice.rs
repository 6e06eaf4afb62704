//! What is proposed to lower the level does not contradict the rules: on every recorded unit, no rule says of a proposed
//! line that it has no effect, is not known, or breaks the service.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use unitward_catalog::Version;
use unitward_conformance::corpus::Corpus;
use unitward_exposure::{Case, Rules, assess, outlook};
use unitward_lint::{Family, Finding, Subject, check, objects};
use unitward_settings::{Base, Options, Scope};
use unitward_unit::load::{Loader, SearchPath};
use unitward_unit::{HostFacts, Unit};

fn findings(unit: &Unit, options: &Options<'_>) -> Vec<Finding> {
    let resolution = Base::default().resolve(unit, options);
    check(&Subject::new(unit, &resolution, None)).findings
}

/// A finding without the place, so that it is known again beside other lines.
fn key(finding: &Finding) -> String {
    format!("{} {}", finding.rule.code, finding.message)
}

#[test]
fn proposals_do_not_contradict_rules() {
    let facts = HostFacts::default();
    let mut wrong: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut tried = 0;
    for corpus in Corpus::ALL {
        // Each unit by the rules of another version, which keeps the test short.
        for (name, version) in corpus
            .services()
            .unwrap()
            .into_iter()
            .zip(Version::REFERENCE.into_iter().cycle())
        {
            let path = corpus.units().join(&name);
            let loader = Loader::new(SearchPath::none(), Default::default());
            let Ok(unit) = loader.load_path(&path) else {
                continue;
            };
            let options = Options {
                version,
                scope: Scope::System,
                facts: &facts,
                user_umask: 0o022,
            };
            let resolution = Base::default().resolve(&unit, &options);
            if !resolution.is_accepted() {
                continue;
            }
            let now = assess(&resolution.settings, Rules::Offline, None).unwrap();
            let before: BTreeSet<String> = findings(&unit, &options).iter().map(key).collect();
            let case = Case {
                unit: &unit,
                options: &options,
                base: &Base::default(),
                rules: Rules::Offline,
                policy: None,
            };
            let without = Subject::new(&unit, &resolution, None);
            let proposed = outlook(&case, &now, &|unit, resolution, directive| {
                objects(&Subject::new(unit, resolution, None), &without, directive)
            });
            for advice in proposed.advice {
                tried += 1;
                let text = format!("[Service]\n{}\n", advice.lines.join("\n"));
                let with = unit.with_drop_in(Path::new("proposal.conf"), text);
                for found in findings(&with, &options) {
                    // The last two are about other lines: commands that are outside of every sandbox, and weaker values.
                    let contradicts = !["UWC019", "UWC015"].contains(&found.rule.code)
                        && matches!(
                            found.rule.family,
                            Family::NoEffect | Family::Breakage | Family::Version | Family::Syntax
                        );
                    if contradicts && !before.contains(&key(&found)) {
                        let what = format!("{} -> {}", advice.lines.join("; "), key(&found));
                        wrong
                            .entry(what)
                            .or_default()
                            .insert(format!("{name} in {version}"));
                    }
                }
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    let list = wrong.iter().map(|(what, units)| {
        let first = units.first().unwrap();
        format!("{what}\n    {} times, such as {first}\n", units.len())
    });
    let list: String = list.collect();
    assert!(list.is_empty(), "{list}");
}
