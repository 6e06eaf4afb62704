//! The head of the page: what there is, and all units with their bars.

use unitward_exposure::{Level, Tenths};
use unitward_lint::Severity;

use super::writer::{Html, count};
use super::{color, level_bar, section_id};
use crate::check::report::{Outcome, Report, UnitReport};

/// A level of each name, worst first, for its color.
const LEVELS: [(Level, Tenths); 7] = [
    (Level::Dangerous, Tenths(100)),
    (Level::Unsafe, Tenths(90)),
    (Level::Exposed, Tenths(75)),
    (Level::Medium, Tenths(50)),
    (Level::Ok, Tenths(10)),
    (Level::Safe, Tenths(1)),
    (Level::Perfect, Tenths(0)),
];

pub(super) fn write(html: &mut Html, report: &Report<'_>, units: &[&UnitReport<'_>]) {
    if let [_] = units {
        return;
    }
    html.tag(
        "section",
        &[("class", "card"), ("id", "overview")],
        |html| {
            html.leaf("h2", "", "Overview");
            figures(html, report, units);
            distribution(html, units);
            controls(html);
            let is_marked = units.iter().any(|unit| !unit.findings.is_empty());
            let class = if is_marked { "units marked" } else { "units" };
            html.tag("ol", &[("class", class), ("id", "units")], |html| {
                for (at, unit) in units.iter().enumerate() {
                    entry(html, unit, at);
                }
            });
            html.tag(
                "p",
                &[("class", "muted"), ("id", "none"), ("hidden", "")],
                |html| {
                    html.text("No unit fits.");
                },
            );
            if units.iter().any(|unit| unit.outlook.is_some()) {
                html.leaf(
                    "p",
                    "legend muted",
                    "The pale part of a bar goes away with settings that rarely break anything.",
                );
            }
        },
    );
}

/// How many of what.
fn figures(html: &mut Html, report: &Report<'_>, units: &[&UnitReport<'_>]) {
    let findings = |severity| {
        let all = units.iter().flat_map(|unit| &unit.findings);
        all.filter(|f| f.severity == severity).count()
    };
    let accepted = units.iter().map(|unit| unit.accepted.len()).sum();
    let over = units.iter().filter(|unit| unit.exceeds()).count();
    let refused = units.iter().filter(|unit| unit.problem().is_some()).count();
    html.class("dl", "figures", |html| {
        let mut figure = |class: &str, number: usize, [one, many]: [&str; 2]| {
            html.class("div", if number > 0 { class } else { "" }, |html| {
                html.leaf("dt", "", if number == 1 { one } else { many });
                html.leaf("dd", "", &number.to_string());
            });
        };
        figure("error", findings(Severity::Error), ["error", "errors"]);
        figure(
            "warning",
            findings(Severity::Warning),
            ["warning", "warnings"],
        );
        figure("note", findings(Severity::Note), ["note", "notes"]);
        figure("note", accepted, ["accepted"; 2]);
        if units.iter().any(|unit| unit.threshold.is_some()) {
            figure("error", over, ["over the threshold"; 2]);
        }
        figure("error", refused, ["refused or not loaded"; 2]);
        figure("note", report.ran.len(), ["rule tried", "rules tried"]);
    });
}

/// How many units have which level: a bar, and its parts in words.
fn distribution(html: &mut Html, units: &[&UnitReport<'_>]) {
    let levels = units
        .iter()
        .filter_map(|unit| Some(unit.exposure()?.level()));
    let levels: Vec<Level> = levels.map(Tenths::level).collect();
    if levels.is_empty() {
        return;
    }
    let number = |level: Level| levels.iter().filter(|l| **l == level).count();
    let shares = LEVELS.map(|(level, tenths)| (level, tenths, number(level)));
    let shares = || shares.iter().filter(|(_, _, number)| *number > 0);
    html.tag(
        "svg",
        &[("class", "shares"), ("aria-hidden", "true")],
        |html| {
            let mut before = 0;
            for (_, tenths, number) in shares() {
                let percent =
                    |part: usize| format!("{:.3}%", part as f64 * 100.0 / levels.len() as f64);
                let (x, width) = (percent(before), percent(*number));
                let attributes = [
                    ("class", color(*tenths)),
                    ("x", &*x),
                    ("width", &*width),
                    ("height", "100%"),
                ];
                html.tag("rect", &attributes, |_| {});
                before += number;
            }
        },
    );
    html.tag("ul", &[("class", "levels"), ("id", "levels")], |html| {
        for (level, tenths, number) in shares() {
            html.class("li", color(*tenths), |html| {
                html.class("span", "dot", |_| {});
                html.leaf("b", "", &number.to_string());
                html.text(" ");
                html.text(level.name());
            });
        }
    });
}

/// Search, filter and order: without the script they could do nothing, so it shows them.
fn controls(html: &mut Html) {
    html.raw(
        "<div class=\"controls\" id=\"controls\" hidden>\
        <input id=\"search\" type=\"search\" placeholder=\"Find a unit\" aria-label=\"Find a unit\">\
        <select id=\"show\" aria-label=\"Show\"><option value=\"\">all units</option>\
        <option value=\"findings\">with findings</option><option value=\"over\">over the threshold</option>\
        <option value=\"problem\">refused or not loaded</option></select>\
        <select id=\"order\" aria-label=\"Order\"><option value=\"level\">by level</option>\
        <option value=\"findings\">by findings</option><option value=\"name\">by name</option></select></div>",
    );
}

fn entry(html: &mut Html, unit: &UnitReport<'_>, at: usize) {
    let level = unit.exposure().map(|exposure| exposure.level());
    let findings = unit.findings.len().to_string();
    let link = format!("#{}", section_id(at));
    let attributes = [
        ("class", level.map_or("", color)),
        ("data-name", unit.name.as_str()),
        ("data-at", &*at.to_string()),
        ("data-findings", &*findings),
        ("data-over", if unit.exceeds() { "1" } else { "" }),
        (
            "data-problem",
            if unit.problem().is_some() { "1" } else { "" },
        ),
    ];
    html.tag("li", &attributes, |html| {
        html.tag("a", &[("href", &*link)], |html| {
            html.leaf("span", "name", &unit.name);
            match level {
                Some(level) => {
                    let careful = unit.outlook.as_ref().map(|outlook| outlook.careful);
                    level_bar(html, level, careful);
                    html.leaf("span", "level", &level.to_string());
                    html.leaf("span", "predicate", level.level().name());
                }
                None => {
                    html.class("span", "bar", |_| {});
                    html.leaf("span", "level", "–");
                    html.leaf("span", "predicate", state(unit));
                }
            }
            html.class("span", "marks", |html| marks(html, unit));
        });
    });
    html.raw("\n");
}

/// What a unit without a level is.
pub(super) const fn state(unit: &UnitReport<'_>) -> &'static str {
    match unit.outcome {
        Outcome::Rated(_) | Outcome::Unrated => "no level",
        Outcome::Refused(_) => "refused",
        Outcome::Masked(_) => "masked",
        Outcome::Failed(_) => "not loaded",
        Outcome::Absent(_) => "not found",
    }
}

/// How many findings of each severity, where there are any.
pub(super) fn marks(html: &mut Html, unit: &UnitReport<'_>) {
    for (severity, class, what) in [
        (Severity::Error, "mark error", "error"),
        (Severity::Warning, "mark warning", "warning"),
        (Severity::Note, "mark note", "note"),
    ] {
        let number = unit
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        if number > 0 {
            html.leaf("span", class, &count(number, what));
        }
    }
}
