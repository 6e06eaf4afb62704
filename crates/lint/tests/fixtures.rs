//! Every rule fires where it should, and only there.
//!
//! A rule has fixtures below `fixtures/CODE/`: `fires*` and `quiet*`, each a unit file such as `fires.service`, or a
//! folder such as `fires-drop-in/` that holds one unit, its drop-in directories, and perhaps a tree `root/` that
//! stands for the system it is installed on. What a firing one yields stands beside it (`fires.expected`,
//! `fires-drop-in.expected`): a finding a line, those of other rules left out. A first line such as
//! `# fixture: 252 user` chooses the version of systemd and the manager; without it they are the newest one and the
//! system's.
//!
//! `UNITWARD_ACCEPT=1 cargo test -p unitward-lint` writes the expected files; read the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use unitward_catalog::Version;
use unitward_elf::Root;
use unitward_lint::{
    Checked, Expired, Family, Finding, Host, Policy, Requirement, Rule, Subject, check, rules,
};
use unitward_settings::{Options, Scope, resolve};
use unitward_unit::load::{Loader, SearchPath};
use unitward_unit::{HostFacts, Unit, UnitName};

/// A unit to check, and where its expected findings stand.
struct Fixture {
    unit: PathBuf,
    root: Option<PathBuf>,
    fires: bool,
    expected: PathBuf,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn fixtures(rule: &Rule) -> Vec<Fixture> {
    let mut found = Vec::new();
    for path in entries(&folder().join(rule.code)) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let stem = name.split('.').next().unwrap();
        let fires = stem == "fires" || stem.starts_with("fires-");
        assert!(
            fires || stem == "quiet" || stem.starts_with("quiet-"),
            "{} is neither fires nor quiet",
            path.display()
        );
        if name.ends_with(".expected") {
            continue;
        }
        let root = path.join("root");
        let unit = match path.is_dir() {
            true => entries(&path).into_iter().find(|p| p.is_file()).unwrap(),
            false => path.clone(),
        };
        found.push(Fixture {
            unit,
            root: root.is_dir().then_some(root),
            fires,
            expected: folder().join(rule.code).join(format!("{stem}.expected")),
        });
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = list.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// All findings of a fixture, and what comments in it switch off.
fn findings(fixture: &Fixture) -> (Unit, Vec<Finding>) {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let unit = loader.load_path(&fixture.unit).unwrap();
    let text = fs::read_to_string(&fixture.unit).unwrap_or_default();
    let words = text.lines().next().unwrap_or_default();
    let words = words.strip_prefix("# fixture:").unwrap_or_default();
    let options = Options {
        version: words
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .unwrap_or(Version::NEWEST),
        scope: match words.contains("user") {
            true => Scope::User,
            false => Scope::System,
        },
        facts: &HostFacts::default(),
        user_umask: 0o022,
    };
    let resolution = resolve(&unit, &options);
    let host = fixture
        .root
        .as_ref()
        .map(|root| Host::new(Root::open(root).unwrap()));
    let policy = policy(fixture.fires);
    let subject = Subject::new(&unit, &resolution, host.as_ref()).with_policy(&policy);
    let checked = check(&subject);
    (unit, checked.findings)
}

/// What the administrator of the fixtures demands. Only the rules of that family look at it.
fn policy(fires: bool) -> Policy {
    let requirement = Requirement {
        setting: "NoNewPrivileges".to_owned(),
        values: vec!["yes".to_owned()],
        reason: "Nothing may gain privileges.".to_owned(),
    };
    let expired = Expired {
        rule: "UWH001".to_owned(),
        day: "2026-01-31".to_owned(),
        reason: "waiting for the next release".to_owned(),
    };
    Policy {
        requirements: vec![requirement],
        expired: fires.then_some(expired).into_iter().collect(),
        exceptions: vec!["UWX009".to_owned()],
    }
}

/// A finding as it stands in an expected file.
fn line(unit: &Unit, finding: &Finding) -> String {
    let place = match &finding.place {
        Some(place) => {
            let path = unit.path(place.origin);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{name}:{}", place.origin.line)
        }
        None => "unit".to_owned(),
    };
    format!("{place}: {}: {}\n", finding.severity, finding.message)
}

#[test]
fn every_rule_fires_and_is_quiet() {
    let accept = std::env::var_os("UNITWARD_ACCEPT").is_some();
    let mut wrong = String::new();
    for rule in rules() {
        let fixtures = fixtures(rule);
        for fires in [true, false] {
            assert!(
                fixtures.iter().any(|f| f.fires == fires),
                "{rule:?} has no fixture that {}",
                if fires { "fires" } else { "is quiet" }
            );
        }
        for fixture in fixtures {
            let (unit, found) = findings(&fixture);
            let own = found.iter().filter(|f| f.rule.code == rule.code);
            let got: String = own.map(|finding| line(&unit, finding)).collect();
            if fixture.fires && accept {
                fs::write(&fixture.expected, &got).unwrap();
            }
            let want = match fixture.fires {
                true => fs::read_to_string(&fixture.expected).unwrap_or_default(),
                false => String::new(),
            };
            if got != want || (fixture.fires && got.is_empty()) {
                let path = fixture.unit.display();
                wrong.push_str(&format!("{path}\nexpected:\n{want}found:\n{got}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_fixture_is_left_over() {
    let codes: BTreeSet<&str> = rules().iter().map(|rule| rule.code).collect();
    for path in entries(&folder()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(codes.contains(name.as_str()), "{name} belongs to no rule");
        for file in entries(&path) {
            if file.extension().is_some_and(|e| e == "expected") {
                let stem = file.file_stem().unwrap().to_str().unwrap();
                let beside = entries(&path).into_iter().any(|other| {
                    let other = other.file_name().unwrap().to_str().unwrap().to_owned();
                    other.split('.').next() == Some(stem) && !other.ends_with(".expected")
                });
                assert!(beside, "{} belongs to no fixture", file.display());
            }
        }
    }
}

#[test]
fn codes_and_names_are_unique_and_of_their_family() {
    let mut seen = BTreeSet::new();
    for rule in rules() {
        assert!(seen.insert(rule.code), "{rule:?} has a code twice");
        assert!(seen.insert(rule.name), "{rule:?} has a name twice");
        let number = rule.code.strip_prefix(rule.family.prefix()).unwrap();
        assert!(
            number.len() == 3 && number.parse::<u16>().is_ok(),
            "{rule:?}"
        );
    }
    for family in Family::ALL {
        let count = rules().iter().filter(|r| r.family == family).count();
        let numbers = rules().iter().filter(|r| r.family == family);
        for number in numbers.map(|r| r.code[3..].parse::<usize>().unwrap()) {
            assert!((1..=count).contains(&number), "{family:?} has a gap");
        }
    }
}

#[test]
fn every_rule_is_documented() {
    for rule in rules() {
        let text = rule.documentation();
        assert!(text.starts_with("# "), "{rule:?} has no title");
        for heading in ["What it finds", "Why it matters", "Example", "Use instead"] {
            assert!(
                text.contains(&format!("\n## {heading}\n\n")),
                "{rule:?}: {heading}"
            );
        }
        for name in rule.directives {
            assert!(
                unitward_catalog::directive(name).is_some(),
                "{rule:?}: {name}"
            );
        }
        assert!(!rule.summary.ends_with('.'), "{rule:?}");
    }
}

#[test]
fn messages_and_remedies_are_of_one_form() {
    for rule in rules() {
        for fixture in fixtures(rule) {
            for finding in findings(&fixture).1 {
                let (message, remedy) = (&finding.message, &finding.remedy);
                assert!(
                    !message.ends_with('.') || message.ends_with(".."),
                    "{message}"
                );
                assert!(remedy.ends_with('.'), "{message}: {remedy}");
                assert!(remedy.starts_with(char::is_uppercase), "{remedy}");
                assert!(
                    !message.contains('\n') && !remedy.contains('\n'),
                    "{message}"
                );
            }
        }
    }
}

/// The unit in the first block below a heading of a rule's documentation; none when the section shows none.
fn shown(rule: &Rule, heading: &str) -> Option<String> {
    let text = rule.documentation();
    let (_, section) = text.split_once(&format!("\n## {heading}\n"))?;
    let section = section.split("\n## ").next()?;
    let (before, block) = section.split_once("```ini\n")?;
    let (block, _) = block.split_once("```")?;
    // A file name stands above a drop-in.
    let unit = before.trim().is_empty();
    let command = match block.contains("ExecStart=") {
        true => "",
        false => "[Service]\nExecStart=/usr/bin/exampled\n",
    };
    unit.then(|| format!("{block}{command}"))
}

#[test]
fn examples_fire_and_what_to_use_instead_does_not() {
    let files_do_not_matter = [Family::Syntax, Family::NoEffect, Family::Version];
    for rule in rules()
        .iter()
        .filter(|r| files_do_not_matter.contains(&r.family))
    {
        let Some(example) = shown(rule, "Example") else {
            continue;
        };
        let fires = |text: &str, version, scope| {
            codes(&checked_as(text, version, scope).findings).contains(&rule.code)
        };
        let mut fired = false;
        for version in Version::REFERENCE {
            for scope in [Scope::System, Scope::User] {
                if !fires(&example, version, scope) {
                    continue;
                }
                fired = true;
                if let Some(instead) = shown(rule, "Use instead") {
                    assert!(!fires(&instead, version, scope), "{rule:?}: {instead}");
                }
            }
        }
        assert!(fired, "{rule:?}: {example}");
    }
}

/// Text as a unit, checked.
fn checked_as(text: &str, version: Version, scope: Scope) -> Checked {
    let loader = Loader::new(SearchPath::none(), Default::default());
    let name: UnitName = "example.service".parse().unwrap();
    let unit = loader.load_text(&name, Path::new("example.service"), text);
    let options = Options {
        version,
        scope,
        facts: &HostFacts::default(),
        user_umask: 0o022,
    };
    let resolution = resolve(&unit, &options);
    check(&Subject::new(&unit, &resolution, None))
}

fn checked(text: &str) -> Checked {
    checked_as(text, Version::NEWEST, Scope::System)
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule.code).collect()
}

#[test]
fn comments_switch_findings_off() {
    let unit = |above_file: &str, above_section: &str, above_line: &str| {
        checked(&format!(
            "{above_file}\n[Unit]\nDescription=x\n{above_section}\n[Service]\nExecStart=/bin/true\n{above_line}\nProtectHom=yes\n"
        ))
    };
    assert_eq!(codes(&unit("", "", "").findings), ["UWX009"]);
    let reason = "# unitward: ignore[unknown-key] read by a wrapper";
    for (file, section, line) in [(reason, "", ""), ("", reason, ""), ("", "", reason)] {
        let checked = unit(file, section, line);
        assert_eq!(codes(&checked.findings), [""; 0]);
        assert_eq!(checked.suppressed.len(), 1);
        assert_eq!(
            checked.suppressed[0].suppression.reason,
            "read by a wrapper"
        );
    }
    let all = unit("", "", "# unitward: ignore[*]: not ours");
    assert_eq!((all.findings.len(), all.suppressed.len()), (0, 1));
    let silent = unit("", "", "# unitward: ignore[UWX009]");
    assert_eq!(codes(&silent.findings), ["UWX014", "UWX009"]);
    let twice = unit(reason, "", reason);
    assert_eq!(codes(&twice.findings), ["UWX015"]);
}

#[test]
fn a_hostile_unit_has_a_bounded_number_of_findings() {
    let text = format!(
        "[Service]\nExecStart=/bin/true\n{}",
        "Nonsense=1\n".repeat(50_000)
    );
    let checked = checked(&text);
    assert_eq!(checked.findings.len(), unitward_lint::FINDINGS_MAX);
}
