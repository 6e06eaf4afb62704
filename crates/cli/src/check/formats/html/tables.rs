//! The proposals and the rows of a unit.

use unitward_catalog::Degree;
use unitward_exposure::{Advice, Exposure, Outlook, Row};

use super::hundredths;
use super::writer::{Html, count};
use crate::check::report::UnitReport;

/// What would help, the safest first; what often breaks a service is folded away.
pub(super) fn proposals(html: &mut Html, outlook: &Outlook) {
    if outlook.advice.is_empty() {
        return;
    }
    let gains = outlook.advice.iter().map(|advice| advice.gain);
    let most = gains.max().unwrap_or(1).max(1);
    let advice = outlook.advice.iter();
    let (often, seldom): (Vec<&Advice>, Vec<&Advice>) =
        advice.partition(|advice| advice.breakage >= Degree::High);
    html.class("div", "proposals", |html| {
        html.leaf("h3", "", "What would help");
        table(html, &seldom, most);
        if !often.is_empty() {
            html.tag("details", &[], |html| {
                let what = format!(
                    "{}, of those that often break a service",
                    count(often.len(), "setting")
                );
                html.leaf("summary", "", &what);
                table(html, &often, most);
            });
        }
    });
}

fn table(html: &mut Html, advice: &[&Advice], most: u64) {
    if advice.is_empty() {
        return;
    }
    html.class("table", "advice", |html| {
        html.raw(
            "<thead><tr><th scope=\"col\">setting<th scope=\"col\" class=\"number\">level\
            <th scope=\"col\">less<th scope=\"col\">stops<th scope=\"col\">breaks</thead>",
        );
        html.tag("tbody", &[], |html| {
            for advice in advice {
                html.tag("tr", &[], |html| proposal(html, advice, most));
            }
        });
    });
}

fn proposal(html: &mut Html, advice: &Advice, most: u64) {
    html.class("td", "setting", |html| {
        let lines: Vec<&str> = shown(advice.lines);
        html.leaf("code", "", &lines.join("\n"));
    });
    html.leaf("td", "number", &advice.level.to_string());
    html.class("td", "less", |html| {
        html.leaf("span", "", &hundredths(advice.gain));
        let attributes = [("class", "bar"), ("aria-hidden", "true")];
        html.tag("svg", &attributes, |html| {
            let width = advice.gain.saturating_mul(100) / most;
            super::rect(html, "good", &format!("{}%", width.max(1)));
        });
    });
    html.leaf("td", degree(advice.impact), &advice.impact.to_string());
    html.leaf("td", degree(advice.breakage), &advice.breakage.to_string());
}

/// The lines of a proposal without those that only empty a list first.
fn shown<'l>(lines: &'l [&'l str]) -> Vec<&'l str> {
    let telling: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !line.ends_with('='))
        .collect();
    if telling.is_empty() {
        lines.to_vec()
    } else {
        telling
    }
}

const fn degree(degree: Degree) -> &'static str {
    match degree {
        Degree::Negative | Degree::None | Degree::Low => "degree low",
        Degree::Medium => "degree medium",
        Degree::High | Degree::VeryHigh => "degree high",
    }
}

/// The lines of what rarely breaks, for `systemctl edit`.
pub(super) fn drop_in(html: &mut Html, unit: &UnitReport<'_>, outlook: &Outlook, is_open: bool) {
    let advice = outlook.advice.iter();
    let careful = advice.filter(|advice| advice.breakage <= Degree::Low);
    let lines: Vec<&str> = careful.flat_map(|advice| advice.lines).copied().collect();
    if lines.is_empty() {
        return;
    }
    // A template's instance has a name that was made up.
    let file = unit.path.as_ref().and_then(|path| path.file_name());
    let name = file.map_or(unit.name.as_str().into(), |file| file.to_string_lossy());
    let attributes = [("class", "drop-in-text"), ("open", "")];
    let (attributes, _) = attributes.split_at(if is_open { 2 } else { 1 });
    html.tag("details", attributes, |html| {
        html.leaf("summary", "", "Drop-in with what rarely breaks");
        html.class("p", "muted", |html| {
            html.text("For ");
            html.leaf("code", "", &format!("systemctl edit {name}"));
            html.text(". Try the service before you rely on it.");
        });
        html.leaf("pre", "", &format!("[Service]\n{}", lines.join("\n")));
    });
}

/// Every check, what weighs most first.
pub(super) fn rows(html: &mut Html, exposure: &Exposure<'_>) {
    let mut rows: Vec<&Row<'_>> = exposure.rows.iter().collect();
    let share = |row: &Row<'_>| {
        let badness = row.badness?;
        badness
            .saturating_mul(row.weight)
            .saturating_mul(1000)
            .checked_div(row.range)
    };
    rows.sort_by_key(|row| (row.badness.is_none(), std::cmp::Reverse(share(row))));
    let open = rows
        .iter()
        .filter(|row| row.badness.is_some_and(|b| b > 0))
        .count();
    html.class("details", "rows", |html| {
        let what = format!("All {} checks, {open} open", rows.len());
        html.leaf("summary", "", &what);
        html.tag("table", &[], |html| {
            html.raw(
                "<thead><tr><th scope=\"col\">check<th scope=\"col\">result\
                <th scope=\"col\" class=\"number\">exposure</thead>",
            );
            html.tag("tbody", &[], |html| {
                for row in rows {
                    self::row(html, exposure, row);
                }
            });
        });
    });
}

fn row(html: &mut Html, exposure: &Exposure<'_>, row: &Row<'_>) {
    let (class, sign, word) = match row.badness {
        None => ("idle", "–", "does not apply"),
        Some(0) => ("good", "✓", "closed"),
        Some(_) => ("bad", "✗", "open"),
    };
    html.class("tr", class, |html| {
        html.tag("td", &[], |html| {
            let attributes = [("class", "sign"), ("role", "img"), ("aria-label", word)];
            html.tag("span", &attributes, |html| html.text(sign));
            html.leaf("code", "", row.check.name);
        });
        html.leaf("td", "", row.text.as_deref().unwrap_or_default());
        let share = exposure.of_row(row).map(|share| share.to_string());
        html.leaf("td", "number", &share.unwrap_or_default());
    });
}
