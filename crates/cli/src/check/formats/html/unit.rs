//! The section of one unit.

use unitward_exposure::{Exposure, Gain, Outlook, Tenths};

use super::overview::state;
use super::writer::{Html, count};
use super::{color, finding, hundredths, level_bar, rect, section_id, tables};
use crate::check::report::{Outcome, Report, UnitReport};

pub(super) fn write(
    html: &mut Html,
    report: &Report<'_>,
    unit: &UnitReport<'_>,
    at: usize,
    most: u64,
) {
    let id = section_id(at);
    let is_alone = report.units.len() == 1;
    let level = unit.exposure().map(|exposure| exposure.level());
    let class = format!("card unit {}", level.map_or("", color));
    html.tag("section", &[("class", &*class), ("id", &*id)], |html| {
        head(html, unit, level, if is_alone { "h1" } else { "h2" });
        problem(html, unit);
        if let (Some(level), Some(outlook)) = (level, &unit.outlook) {
            journey(html, level, outlook);
        }
        findings(html, unit);
        if let Some(exposure) = unit.exposure() {
            html.class("div", "columns", |html| {
                html.tag("div", &[], |html| {
                    gains(html, exposure, most);
                    if let Some(outlook) = &unit.outlook {
                        tables::drop_in(html, unit, outlook, is_alone);
                    }
                });
                if let Some(outlook) = &unit.outlook {
                    tables::proposals(html, outlook);
                }
            });
            tables::rows(html, exposure);
        }
        if !is_alone {
            html.class("p", "back", |html| {
                html.tag("a", &[("href", "#overview")], |html| {
                    html.text("↑ Overview")
                });
            });
        }
    });
    html.raw("\n");
}

fn head(html: &mut Html, unit: &UnitReport<'_>, level: Option<Tenths>, heading: &'static str) {
    html.tag("header", &[], |html| {
        html.tag("div", &[], |html| {
            html.leaf(heading, "", &unit.name);
            let mut files = unit.unit.iter().flat_map(|unit| &unit.files);
            let main = unit.path.as_ref();
            if let Some(path) = main {
                html.leaf("p", "path", &path.display().to_string());
                files.next();
            }
            for file in files {
                html.leaf("p", "path drop-in", &file.path.display().to_string());
            }
        });
        html.class("p", "verdict", |html| {
            match level {
                Some(level) => {
                    html.leaf("b", "", &level.to_string());
                    html.leaf("span", "", level.level().name());
                }
                None => html.leaf("span", "", state(unit)),
            }
            if let (true, Some(threshold)) = (unit.exceeds(), unit.threshold) {
                let over = format!("over the threshold of {}", Tenths(threshold));
                html.leaf("span", "mark error", &over);
            }
        });
    });
}

/// Why there is no level.
fn problem(html: &mut Html, unit: &UnitReport<'_>) {
    let what = match &unit.outcome {
        Outcome::Rated(_) => return,
        Outcome::Unrated => {
            let text =
                "Only services have an exposure level. The settings were checked all the same.";
            html.leaf("p", "muted", text);
            return;
        }
        Outcome::Masked(_) => {
            let text = "This unit is masked: nothing can start it, and there is nothing to check.";
            html.leaf("p", "muted", text);
            return;
        }
        Outcome::Refused(_) => "systemd refuses this unit",
        Outcome::Failed(_) => "This unit was not loaded",
        Outcome::Absent(_) => "There is no such unit",
    };
    html.class("p", "problem", |html| {
        html.leaf("b", "", what);
        html.text(" ");
        html.text(unit.problem().unwrap_or_default());
    });
}

/// The level now, with what rarely breaks, and with all that can be proposed.
fn journey(html: &mut Html, now: Tenths, outlook: &Outlook) {
    html.class("ol", "journey", |html| {
        for (level, what) in [
            (now, "now"),
            (outlook.careful, "with what rarely breaks"),
            (outlook.all, "with everything proposed"),
        ] {
            html.class("li", color(level), |html| {
                html.leaf("span", "what", what);
                html.class("span", "value", |html| {
                    html.leaf("b", "", &level.to_string());
                    html.text(" ");
                    html.text(level.level().name());
                });
                level_bar(html, level, None);
            });
        }
    });
}

fn findings(html: &mut Html, unit: &UnitReport<'_>) {
    if !unit.findings.is_empty() {
        html.leaf("h3", "", &count(unit.findings.len(), "finding"));
        for found in &unit.findings {
            finding::write(html, unit, found, None);
        }
    }
    if !unit.accepted.is_empty() {
        html.tag("details", &[], |html| {
            let what = count(unit.accepted.len(), "accepted finding");
            html.leaf("summary", "", &what);
            for accepted in &unit.accepted {
                finding::write(html, unit, &accepted.finding, Some(accepted));
            }
        });
    }
}

/// What an attacker gains. A bar is as long as the worst case, and filled as far as it is open.
fn gains(html: &mut Html, exposure: &Exposure<'_>, most: u64) {
    html.class("div", "gains", |html| {
        html.leaf("h3", "", "An attacker who takes over this service could");
        html.tag("ul", &[], |html| {
            for gain in Gain::ALL {
                let (now, worst) = exposure.of_gain(gain);
                html.tag("li", &[], |html| {
                    html.leaf("span", "phrase", gain.phrase());
                    html.leaf("span", "value", &hundredths(now));
                    let label = format!("{} of at most {}", hundredths(now), hundredths(worst));
                    let attributes = [("class", "bar"), ("role", "img"), ("aria-label", &*label)];
                    html.tag("svg", &attributes, |html| {
                        let percent = |part: u64| {
                            let part = part.saturating_mul(1000) / most;
                            format!("{}.{}%", part / 10, part % 10)
                        };
                        rect(html, "track", &percent(worst));
                        rect(html, "fill", &percent(now));
                    });
                });
            }
        });
        let note = "Each number is the part of the level that comes from it; the pale rest of a bar is closed.";
        html.leaf("p", "muted", note);
    });
}
