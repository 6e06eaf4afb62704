//! Differences for a reader: what every unit has, then by directive; or all of them, case by case.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use unitward_conformance::service::cases::Case;
use unitward_conformance::service::differences::Difference;
use unitward_conformance::service::world::Outcome;

/// The case without settings: what is different there is different everywhere.
const PLAIN: &str = "plain";
const COMBINATIONS: &str = "Combinations";
/// How many differences of a case the summary shows.
const SHOWN: usize = 6;
/// How many frequent differences the summary shows.
const FREQUENT: usize = 40;
/// How many lines of unitward's messages are shown.
const MESSAGES: usize = 3;

type Outcomes = BTreeMap<String, Outcome>;

pub(super) fn by_case(differences: &[Difference], got: &Outcomes) {
    let mut last = "";
    for difference in differences {
        if difference.case != last {
            last = &difference.case;
            println!("\n{last}");
            messages(last, got);
        }
        line(difference);
    }
}

pub(super) fn by_directive(differences: &[Difference], cases: &[Case], got: &Outcomes) {
    let of = |name: &str| {
        differences
            .iter()
            .filter(move |difference| difference.case == name)
            .collect::<Vec<_>>()
    };
    let plain = of(PLAIN);
    let general: BTreeSet<(&str, Option<&str>)> = plain
        .iter()
        .map(|difference| (difference.fact.as_str(), difference.got.as_deref()))
        .collect();
    if !plain.is_empty() {
        println!("\n## Every unit ({} differences)\n", plain.len());
        messages(PLAIN, got);
        plain.iter().for_each(|difference| line(difference));
    }
    let mut as_plain = 0;
    let mut subjects: BTreeMap<&str, Vec<(&str, Vec<&Difference>)>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.name != PLAIN) {
        let mut own = of(&case.name);
        own.retain(|difference| {
            !general.contains(&(difference.fact.as_str(), difference.got.as_deref()))
        });
        if own.is_empty() {
            as_plain += usize::from(differences.iter().any(|d| d.case == case.name));
        } else {
            subjects
                .entry(subject(case))
                .or_default()
                .push((&case.name, own));
        }
    }
    println!("\n{as_plain} further cases have these differences and no others");
    most_frequent(subjects.values().flatten().flat_map(|(_, own)| own));
    let mut subjects: Vec<_> = subjects.into_iter().collect();
    // What single settings do explains most of what combinations do.
    subjects.sort_by_key(|(subject, cases)| (*subject == COMBINATIONS, Reverse(cases.len())));
    for (subject, cases) in subjects {
        println!("\n## {subject} ({} cases)", cases.len());
        for (name, differences) in cases {
            println!("\n{name}: {} more differences", differences.len());
            messages(name, got);
            differences.iter().take(SHOWN).for_each(|d| line(d));
            if differences.len() > SHOWN {
                println!("  ... and {} more", differences.len() - SHOWN);
            }
        }
    }
}

/// The same difference in many cases has one cause.
fn most_frequent<'a>(differences: impl Iterator<Item = &'a &'a Difference>) {
    type Cause<'a> = (&'a str, Option<&'a str>, Option<&'a str>);
    let mut causes: BTreeMap<Cause<'_>, Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        let cause = (
            difference.fact.as_str(),
            difference.expected.as_deref(),
            difference.got.as_deref(),
        );
        causes.entry(cause).or_default().push(difference);
    }
    let mut causes: Vec<_> = causes.into_values().filter(|all| all.len() > 1).collect();
    causes.sort_by_key(|all| Reverse(all.len()));
    if !causes.is_empty() {
        println!("\n## Beyond these, the most frequent\n");
    }
    for all in causes.iter().take(FREQUENT) {
        if let Some(first) = all.first() {
            print!("  {} cases, such as {}:", all.len(), first.case);
            line(first);
        }
    }
}

/// The directive that a case is about: the first that does not merely set the scene.
fn subject(case: &Case) -> &str {
    const SCENE: [&str; 8] = [
        "User",
        "Type",
        "ExecStart",
        "StandardOutput",
        "StandardError",
        "RootDirectory",
        "DynamicUser",
        "Environment",
    ];
    let keys: Vec<&str> = case
        .lines
        .iter()
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key)
        .collect();
    let settings: BTreeSet<&&str> = keys.iter().filter(|key| !SCENE.contains(key)).collect();
    if settings.len() > 6 {
        return COMBINATIONS;
    }
    keys.iter()
        .find(|key| !SCENE.contains(key))
        .or(keys.first())
        .copied()
        .unwrap_or("No settings")
}

fn messages(case: &str, got: &Outcomes) {
    let text = got.get(case).map_or("", |outcome| &outcome.messages);
    // That something is not enforced is said in each of them; what broke is said last.
    let said: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("is not enforced here"))
        .collect();
    for message in said.iter().skip(said.len().saturating_sub(MESSAGES)) {
        println!("  | {message}");
    }
}

fn line(difference: &Difference) {
    println!(
        "  {}: expected {}, got {}",
        difference.fact,
        difference.expected.as_deref().unwrap_or("nothing"),
        difference.got.as_deref().unwrap_or("nothing")
    );
}
