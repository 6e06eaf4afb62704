//! One finding: what, where, what to do.

use unitward_lint::{Finding, Place, Safety, Severity};

use super::writer::Html;
use super::{anchor, excerpt, markdown};
use crate::check::report::{Accepted, UnitReport};

pub(super) fn write(
    html: &mut Html,
    unit: &UnitReport<'_>,
    finding: &Finding,
    accepted: Option<&Accepted>,
) {
    let (class, word) = match finding.severity {
        Severity::Error => ("finding error", "error"),
        Severity::Warning => ("finding warning", "warning"),
        Severity::Note => ("finding note", "note"),
    };
    html.class("article", class, |html| {
        html.class("p", "title", |html| {
            html.leaf("span", "mark", word);
            let link = format!("#{}", anchor(finding.rule));
            let attributes = [
                ("class", "code"),
                ("href", &*link),
                ("title", finding.rule.name),
            ];
            html.tag("a", &attributes, |html| html.text(finding.rule.code));
            html.tag("b", &[], |html| markdown::spans(html, &finding.message));
        });
        if let Some(accepted) = accepted {
            let reason = match accepted.reason.as_str() {
                "" => "no reason given",
                reason => reason,
            };
            html.leaf("p", "reason", &format!("Accepted: {reason}"));
        }
        if let Some(place) = &finding.place {
            source(html, unit, place, "");
        }
        for (place, phrase) in &finding.related {
            source(html, unit, place, phrase);
        }
        html.class("p", "remedy", |html| markdown::spans(html, &finding.remedy));
        if let Some(fix) = &finding.fix {
            let hint = match fix.safety {
                Safety::Safe => "In a drop-in (--fix writes it):",
                Safety::Unsafe => "In a drop-in, once you know that the service can do with it:",
            };
            html.leaf("p", "muted", hint);
            html.leaf(
                "pre",
                "",
                &format!("[{}]\n{}", fix.section, fix.lines.join("\n")),
            );
        }
    });
}

/// The lines of a place.
fn source(html: &mut Html, unit: &UnitReport<'_>, place: &Place, phrase: &str) {
    let Some(at) = unit.locate(place) else {
        return;
    };
    html.class("figure", "source", |html| {
        html.tag("figcaption", &[], |html| {
            if !phrase.is_empty() {
                html.leaf("span", "phrase", phrase);
                html.text(" ");
            }
            html.text(&format!("{}:{}:{}", at.path.display(), at.line, at.column));
        });
        html.tag("pre", &[], |html| {
            for line in excerpt::lines(&at) {
                html.leaf("i", "", &format!("{:>4} ", line.number));
                html.text(&line.before);
                if !line.marked.is_empty() {
                    html.leaf("mark", "", &line.marked);
                }
                html.text(&line.after);
                html.text("\n");
            }
        });
    });
}
