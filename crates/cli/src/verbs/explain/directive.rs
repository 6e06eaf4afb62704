//! The page of a directive.

use unitward_catalog::{
    Degree, Directive, Grammar, Kind, Risk, Version, directive, manager_directive,
};
use unitward_exposure::CHECKS;
use unitward_lint::rules;

use super::page::Page;

/// Writes the page of a directive, or of a key of system.conf.
pub(super) fn page(page: &mut Page, d: &Directive, version: Version) {
    page.title(&format!("{}=", d.name), kind(d));
    let (summary, prose) = d.prose.split_once("\n\n").unwrap_or((d.prose, ""));
    page.markdown(summary);
    page.blank();
    facts(page, d, version);
    page.markdown(prose);
    if d.group != "manager"
        && let Some(key) = manager_directive(d.name)
    {
        page.heading("As a key of system.conf");
        // What follows its first heading repeats the page of the directive in its form.
        page.markdown(key.prose.split("\n## ").next().unwrap_or_default());
    }
    neighbors(page, d);
}

fn kind(d: &Directive) -> &'static str {
    match d.kind {
        _ if d.group == "manager" => "key of system.conf",
        Kind::Directive => "directive",
        Kind::Alias => "old name",
        Kind::Legacy => "old directive",
        Kind::Removed => "removed directive",
        Kind::BusProperty => "D-Bus property",
    }
}

fn facts(page: &mut Page, d: &Directive, version: Version) {
    if !d.is_known_to(version) {
        page.fact(
            "Attention",
            &[format!("systemd {version} does not know it.")],
        );
    }
    let sections: Vec<String> = d
        .sections
        .iter()
        .map(|section| format!("[{section}]"))
        .collect();
    page.fact("Sections", &[sections.join(" ")]);
    value(page, &d.grammar);
    page.fact("Default", &[d.default.to_owned()]);
    page.fact("Since", &[since(d)]);
    page.fact("Removed", &[d.removed.to_owned()]);
    let changes: Vec<String> = d
        .changed
        .iter()
        .map(|c| format!("{}: {}", c.version, c.what))
        .collect();
    page.fact("Changes", &changes);
    page.fact("Managers", &[d.managers.replace(",user", " and user")]);
    page.fact("Mechanism", &[d.mechanism.join(", ")]);
    page.fact("Kernel", &[d.kernel.to_owned()]);
    page.fact("Implies", &sentences(d.implies));
    page.fact("Implied by", &sentences(d.implied_by));
    page.fact("Limits", &sentences(d.limits));
    page.fact("With +", &[d.plus_prefix.to_owned()]);
    page.fact("Violation", &[d.violation.to_owned()]);
    let failures: Vec<String> = d
        .failures
        .iter()
        .map(|failure| match failure.code {
            0 => failure.when.to_owned(),
            code => format!("{code}/{}: {}", failure.name, failure.when),
        })
        .collect();
    page.fact("Start fails", &failures);
    if let Some(risk) = &d.risk {
        page.fact("Risk", &risks(risk));
    }
    page.fact("Exposure", &checks(d));
}

fn value(page: &mut Page, g: &Grammar) {
    let form = if g.syntax.is_empty() {
        parser(g.parser)
    } else {
        g.syntax.to_owned()
    };
    let words = g.values.join(", ");
    let lines = match g.parser {
        "enum" | "bool-or-enum" if !words.is_empty() && g.syntax.is_empty() => vec![words],
        _ => vec![form, words],
    };
    page.fact("Value", &lines);
    let prefixes: Vec<String> = g
        .prefixes
        .iter()
        .map(|(prefix, what)| format!("`{prefix}` {what}"))
        .collect();
    page.fact("Prefixes", &prefixes);
    page.fact("Inverted", &[g.inversion.to_owned()]);
    page.fact("Specifiers", &[g.specifiers.to_owned()]);
    page.fact("Empty", &sentences(&[g.empty]));
    page.fact("Repeated", &sentences(&[g.repeat]));
    page.fact("Invalid", &sentences(&[g.invalid]));
}

/// A kind of value in words.
fn parser(parser: &str) -> String {
    match parser {
        "boolean" => "yes or no".to_owned(),
        "tristate" => "yes, no, or empty for unset".to_owned(),
        "bool-or-enum" => "yes, no, or a word".to_owned(),
        "enum" => "a word".to_owned(),
        other => other.replace('-', " "),
    }
}

fn since(d: &Directive) -> String {
    let first = match d.since {
        0 => "systemd 183 or before".to_owned(),
        since => format!("systemd {since}"),
    };
    let is_everywhere = Version::REFERENCE
        .iter()
        .all(|v| d.versions.contains(&v.number()));
    let all = Version::REFERENCE.iter().filter(|v| v.number() >= d.since);
    let missing: Vec<String> = all
        .filter(|v| !d.versions.contains(&v.number()))
        .map(ToString::to_string)
        .collect();
    if is_everywhere || missing.is_empty() || d.kind == Kind::BusProperty {
        return first;
    }
    format!("{first}; not in {}", missing.join(" and "))
}

fn sentences(facts: &[&str]) -> Vec<String> {
    facts.iter().map(|fact| (*fact).to_owned()).collect()
}

fn risks(risk: &Risk) -> Vec<String> {
    let degree = |degree: Degree| match degree {
        Degree::Negative => "negative, it grants something".to_owned(),
        degree => degree.to_string(),
    };
    let own = format!(
        "impact {}, breakage {}",
        degree(risk.impact),
        degree(risk.breakage)
    );
    let mut lines = vec![match risk.source {
        "unitward" => own,
        source => format!("{own} (rated by {source})"),
    }];
    let differing = risk
        .values
        .iter()
        .filter(|v| (v.impact, v.breakage) != (risk.impact, risk.breakage));
    lines.extend(differing.map(|v| {
        format!(
            "`{}`: impact {}, breakage {}",
            v.value,
            degree(v.impact),
            degree(v.breakage)
        )
    }));
    lines
}

fn checks(d: &Directive) -> Vec<String> {
    CHECKS
        .iter()
        .filter(|check| check.settings.contains(&d.name) || d.exposure.contains(&check.id))
        .map(|check| format!("{} weighs {}", check.name, check.weight))
        .collect()
}

fn neighbors(page: &mut Page, d: &Directive) {
    let names = d.aliases.iter().chain(d.see);
    let found = names.filter_map(|name| directive(name).or_else(|| manager_directive(name)));
    let entries: Vec<_> = found
        .map(|n| (format!("{}=", n.name), one_line(n.summary())))
        .collect();
    page.entries("Neighbors", &entries);
    let about = rules()
        .iter()
        .filter(|rule| rule.directives.contains(&d.name));
    let entries: Vec<_> = about
        .map(|rule| (rule.code.to_owned(), rule.summary.to_owned()))
        .collect();
    page.entries("Rules of unitward check", &entries);
}

/// A summary in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
