//! One HTML file without anything from elsewhere: an overview with bars, and one section a unit.
//!
//! Units are written by others. Nothing in them can become markup ([`writer::Html`] escapes by construction), and the
//! page's own policy lets the browser run only the script and the style sheet whose digests it names.

mod excerpt;
mod finding;
mod markdown;
mod overview;
mod tables;
mod unit;
mod writer;

use std::collections::BTreeMap;

use unitward_exposure::{Level, Rules, Tenths};
use unitward_lint::Rule;

use super::digest::{base64, sha256};
use crate::check::report::{Report, UnitReport};
use writer::{Html, count};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

pub(super) fn render(report: &Report<'_>) -> String {
    let units = sorted(report);
    let mut html = Html::default();
    html.raw("<!doctype html>\n");
    html.tag("html", &[("lang", "en")], |html| {
        html.tag("head", &[], |html| head(html, &units));
        html.raw("\n");
        html.tag("body", &[], |html| body(html, report, &units));
    });
    html.raw("\n");
    html.finish()
}

/// The units, the most exposed first. Units without a level come before all others where something is wrong with
/// them, else last.
fn sorted<'a>(report: &'a Report<'_>) -> Vec<&'a UnitReport<'a>> {
    let mut units: Vec<&UnitReport<'_>> = report.units.iter().collect();
    units.sort_by_key(|unit| {
        let level = unit.exposure().map(|exposure| exposure.level().0);
        let place = level.map_or(u64::MAX, |level| 1000 - level);
        (unit.problem().is_none(), place, unit.name.as_str())
    });
    units
}

fn head(html: &mut Html, units: &[&UnitReport<'_>]) {
    let digest = |text: &str| format!("'sha256-{}'", base64(&sha256(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    html.open("meta", &[("charset", "utf-8")]);
    html.open(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", &policy),
        ],
    );
    html.open(
        "meta",
        &[
            ("name", "viewport"),
            ("content", "width=device-width, initial-scale=1"),
        ],
    );
    html.open(
        "meta",
        &[("name", "color-scheme"), ("content", "light dark")],
    );
    html.leaf("title", "", &format!("{} – unitward check", title(units)));
    html.tag("style", &[], |html| html.raw(STYLE));
}

/// The only unit, or how many there are.
fn title(units: &[&UnitReport<'_>]) -> String {
    match units {
        [unit] => unit.name.clone(),
        _ => count(units.len(), "unit"),
    }
}

fn body(html: &mut Html, report: &Report<'_>, units: &[&UnitReport<'_>]) {
    html.class("header", "top", |html| {
        html.leaf("p", "brand", "unitward check");
        if units.len() != 1 {
            html.leaf("h1", "", &title(units));
        }
        html.leaf("p", "rules", &method(report));
    });
    html.tag("main", &[], |html| {
        let most = most_gained(units);
        overview::write(html, report, units);
        for (at, unit) in units.iter().enumerate() {
            unit::write(html, report, unit, at, most);
        }
        documentation(html, units);
    });
    html.class("footer", "end", |html| {
        html.text("Made by unitward ");
        html.text(env!("CARGO_PKG_VERSION"));
        html.text(". Levels go from 0.0 (nothing is within reach) to 10.0 (everything is).");
    });
    html.tag("script", &[], |html| html.raw(SCRIPT));
}

/// Whose rules were applied.
fn method(report: &Report<'_>) -> String {
    let way = match report.rules {
        Rules::Offline => "systemd-analyze security --offline=true",
        Rules::Running => "systemd-analyze security of a running manager",
    };
    format!("Levels of systemd {}, as {way} counts", report.version)
}

/// The largest part that a gain can have in any unit: the width of its bars.
fn most_gained(units: &[&UnitReport<'_>]) -> u64 {
    let exposures = units.iter().filter_map(|unit| unit.exposure());
    let most = exposures
        .flat_map(|exposure| unitward_exposure::Gain::ALL.map(|gain| exposure.of_gain(gain).1));
    most.max().unwrap_or(1).max(1)
}

/// The documentation of every rule that found something.
fn documentation(html: &mut Html, units: &[&UnitReport<'_>]) {
    let mut rules: BTreeMap<&str, &Rule> = BTreeMap::new();
    for unit in units {
        let accepted = unit.accepted.iter().map(|accepted| &accepted.finding);
        for finding in unit.findings.iter().chain(accepted) {
            rules.insert(finding.rule.code, finding.rule);
        }
    }
    if rules.is_empty() {
        return;
    }
    html.class("section", "card rulebook", |html| {
        html.leaf("h2", "", "Rules that found something");
        for rule in rules.values() {
            html.tag("details", &[("id", &anchor(rule))], |html| {
                html.tag("summary", &[], |html| {
                    html.leaf("code", "code", rule.code);
                    html.text(" ");
                    html.text(rule.summary);
                });
                html.class("div", "prose", |html| {
                    markdown::write(html, &rule.documentation())
                });
            });
        }
    });
}

/// The id of a rule's documentation.
fn anchor(rule: &Rule) -> String {
    format!("rule-{}", rule.code)
}

/// The id of a unit's section.
fn section_id(at: usize) -> String {
    format!("u{}", at + 1)
}

/// The class that gives something the color of a level.
const fn color(level: Tenths) -> &'static str {
    match level.level() {
        Level::Perfect | Level::Safe => "safe",
        Level::Ok => "ok",
        Level::Medium => "medium",
        Level::Exposed => "exposed",
        Level::Unsafe => "unsafe",
        Level::Dangerous => "dangerous",
    }
}

/// The bar of a level from 0 to 10; what lies above a second, lower level is pale.
fn level_bar(html: &mut Html, level: Tenths, rest: Option<Tenths>) {
    let percent = |level: Tenths| format!("{}%", level.0.min(100));
    let label = match rest {
        Some(rest) => format!("{level} of 10, {rest} with what rarely breaks"),
        None => format!("{level} of 10"),
    };
    let attributes = [("class", "bar"), ("role", "img"), ("aria-label", &*label)];
    html.tag("svg", &attributes, |html| {
        rect(html, "track", "100%");
        rect(
            html,
            if rest.is_some() { "pale" } else { "fill" },
            &percent(level),
        );
        if let Some(rest) = rest {
            rect(html, "fill", &percent(rest.min(level)));
        }
    });
}

/// A part of a bar, from its start.
fn rect(html: &mut Html, class: &'static str, width: &str) {
    html.tag(
        "rect",
        &[("class", class), ("width", width), ("height", "100%")],
        |_| {},
    );
}

/// Thousandths of a level with two decimals.
fn hundredths(thousandths: u64) -> String {
    let rounded = (thousandths + 5) / 10;
    format!("{}.{:02}", rounded / 100, rounded % 100)
}
