//! The form for people: the level, what an attacker gains, what would help, and findings with their lines.

use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use unitward_exposure::{Advice, Exposure, Gain, Outlook, Rules, Tenths};
use unitward_lint::{Finding, Severity};

use crate::args::Check;
use crate::check::report::{Location, Outcome, Report, UnitReport};
use crate::ui::{Paint, printable};

/// How many proposals are shown of each risk.
const PROPOSALS: usize = 6;
/// The longest excerpt of a line, in bytes.
const EXCERPT: usize = 400;

pub(super) fn render(args: &Check, report: &Report<'_>) -> String {
    let paint = if args.output.is_some() {
        Paint::plain()
    } else {
        Paint::of_stdout()
    };
    let mut out = String::new();
    for unit in &report.units {
        one(&mut out, args, unit, paint);
        out.push('\n');
    }
    footer(&mut out, report, paint);
    out
}

fn one(out: &mut String, args: &Check, unit: &UnitReport<'_>, paint: Paint) {
    head(out, unit, paint);
    if let Some(exposure) = unit.exposure() {
        gains(out, exposure, paint);
        if let Some(outlook) = &unit.outlook {
            proposals(out, exposure, outlook, paint);
        }
    }
    let renderer = if paint.is_on() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(if paint.utf8() {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    });
    for found in &unit.findings {
        finding(out, unit, found, &renderer);
    }
    if args.show_ignored {
        for accepted in &unit.accepted {
            let rule = accepted.finding.rule;
            let reason = match accepted.reason.as_str() {
                "" => "no reason given",
                reason => reason,
            };
            let line = format!(
                "  accepted {} {}: {} ({reason})",
                rule.code, rule.name, accepted.finding.message
            );
            let _ = writeln!(out, "{}", paint.dim(&printable(&line)));
        }
    }
}

/// The unit, its level, and its file.
fn head(out: &mut String, unit: &UnitReport<'_>, paint: Paint) {
    let name = paint.bold(&printable(&unit.name));
    let path = unit
        .path
        .as_ref()
        .map(|path| printable(&path.display().to_string()))
        .unwrap_or_default();
    let path = paint.dim(&path);
    let _ = match &unit.outcome {
        Outcome::Rated(exposure) => {
            let level = exposure.level();
            let shown = paint.level(level, &format!("{level} {}", level.level().name()));
            writeln!(out, "{name}  {shown}  {path}")
        }
        Outcome::Unrated => writeln!(out, "{name}  {path}"),
        Outcome::Refused(why) => {
            let refused = paint.red("refused by systemd");
            writeln!(out, "{name}  {refused}  {path}\n  {}", printable(why))
        }
        Outcome::Masked(why) => writeln!(out, "{name}  {}", paint.dim(&printable(why))),
        Outcome::Failed(why) | Outcome::Absent(why) => {
            writeln!(out, "{name}  {}", paint.red(&printable(why)))
        }
    };
    if let (true, Some(threshold)) = (unit.exceeds(), unit.threshold) {
        let _ = writeln!(
            out,
            "  {}",
            paint.red(&format!("over the threshold of {}", Tenths(threshold)))
        );
    }
    let drop_ins = unit
        .unit
        .as_ref()
        .map_or(0, |unit| unit.files.len().saturating_sub(1));
    if drop_ins > 0 {
        let _ = writeln!(
            out,
            "  {}",
            paint.dim(&format!("with {drop_ins} drop-in{}", plural(drop_ins)))
        );
    }
}

/// What an attacker gains, each with its share of the level.
fn gains(out: &mut String, exposure: &Exposure<'_>, paint: Paint) {
    let _ = writeln!(out, "\n  An attacker who takes over this service could");
    for gain in Gain::ALL {
        let (now, most) = exposure.of_gain(gain);
        let bar = bar(now, most, paint);
        let _ = writeln!(
            out,
            "    {:<40} {bar} {:>4}",
            gain.phrase(),
            hundredths(now)
        );
    }
}

/// How much of the worst case is there.
fn bar(now: u64, most: u64, paint: Paint) -> String {
    const WIDTH: u64 = 12;
    let filled = (now.saturating_mul(WIDTH) + most / 2)
        .checked_div(most)
        .unwrap_or(0)
        .min(WIDTH) as usize;
    let (full, empty) = if paint.utf8() {
        ("█", "░")
    } else {
        ("#", ".")
    };
    format!(
        "{}{}",
        full.repeat(filled),
        empty.repeat(WIDTH as usize - filled)
    )
}

/// The next best settings, the safest first.
fn proposals(out: &mut String, exposure: &Exposure<'_>, outlook: &Outlook, paint: Paint) {
    if outlook.advice.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n  What would help{:>37} {:>7}  {:<9} breaks",
        "level", "less", "stops"
    );
    let mut last = None;
    let mut shown = 0;
    let mut hidden = 0;
    for advice in &outlook.advice {
        if last != Some(advice.breakage) {
            last = Some(advice.breakage);
            shown = 0;
        }
        shown += 1;
        if shown > PROPOSALS {
            hidden += 1;
            continue;
        }
        proposal(out, advice);
    }
    if hidden > 0 {
        let _ = writeln!(
            out,
            "    {}",
            paint.dim(&format!("and {hidden} more; --format json lists them all"))
        );
    }
    let (now, careful, all) = (exposure.level(), outlook.careful, outlook.all);
    let level = |level: Tenths| paint.level(level, &format!("{level} {}", level.level().name()));
    let arrow = if paint.utf8() { "→" } else { "->" };
    let _ = writeln!(
        out,
        "    {} now {arrow} {} with what rarely breaks {arrow} {} with everything",
        level(now),
        level(careful),
        level(all)
    );
}

fn proposal(out: &mut String, advice: &Advice) {
    let lines = advice.lines.iter().filter(|line| !line.ends_with('='));
    let mut lines: Vec<&str> = lines.copied().collect();
    if lines.is_empty() {
        lines.extend(advice.lines.last());
    }
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            let _ = writeln!(out, "    {line}");
            continue;
        }
        let (level, gain) = (advice.level.to_string(), hundredths(advice.gain));
        let (impact, breakage) = (advice.impact.to_string(), advice.breakage);
        let width = 48_usize.saturating_sub(line.chars().count());
        if width == 0 {
            let _ = writeln!(
                out,
                "    {line}\n    {:48} {level:>4} {gain:>7}  {impact:<9} {breakage}",
                ""
            );
        } else {
            let _ = writeln!(
                out,
                "    {line:<48}{level:>5} {gain:>7}  {impact:<9} {breakage}"
            );
        }
    }
}

/// Thousandths of a level with two decimals.
fn hundredths(thousandths: u64) -> String {
    let rounded = (thousandths + 5) / 10;
    format!("{}.{:02}", rounded / 100, rounded % 100)
}

/// A finding with its lines and its remedy.
fn finding(out: &mut String, unit: &UnitReport<'_>, found: &Finding, renderer: &Renderer) {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(printable(&found.message))
        .id(found.rule.code);
    let places: Vec<(Location<'_>, AnnotationKind, String)> =
        std::iter::once((found.place.as_ref(), String::new()))
            .chain(
                found
                    .related
                    .iter()
                    .map(|(place, phrase)| (Some(place), phrase.clone())),
            )
            .enumerate()
            .filter_map(|(at, (place, phrase))| {
                let kind = if at == 0 {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                Some((unit.locate(place?)?, kind, phrase))
            })
            .collect();
    let mut group = Group::with_title(title);
    for (at, kind, phrase) in &places {
        group = group.element(snippet(at, *kind, phrase));
    }
    if places.is_empty() {
        let path = unit
            .path
            .as_ref()
            .map_or_else(|| unit.name.clone(), |path| path.display().to_string());
        group = group.element(annotate_snippets::Origin::path(printable(&path)));
    }
    let remedy = Level::HELP.message(printable(&found.remedy));
    let _ = writeln!(out, "\n{}", renderer.render(&[group.element(remedy)]));
}

/// The line of a place, with the place marked.
fn snippet<'a>(
    at: &Location<'_>,
    kind: AnnotationKind,
    phrase: &str,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let before = at.source.get(..at.start).unwrap_or_default();
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    // A place may cover continued lines; its first line says enough.
    let rest = at.source.get(at.start..).unwrap_or_default();
    let line_end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(at.source.len(), |end| at.start + end);
    let from = line_start.max(at.start.saturating_sub(EXCERPT));
    let to = line_end.min(at.start + EXCERPT);
    let text = |from: usize, to: usize| {
        String::from_utf8_lossy(at.source.get(from..to).unwrap_or_default())
            .replace(['\r', '\0'], " ")
    };
    let prefix = text(from, at.start);
    let marked = text(at.start, at.end.min(to).max(at.start));
    let suffix = text(at.end.min(to).max(at.start), to);
    let span = prefix.len()..prefix.len() + marked.len();
    let mut annotation = kind.span(span);
    if !phrase.is_empty() {
        annotation = annotation.label(printable(phrase));
    }
    Snippet::source(format!("{prefix}{marked}{suffix}"))
        .path(printable(&at.path.display().to_string()))
        .line_start(at.line as usize)
        .annotation(annotation)
}

/// How many of what, and whose rules were applied.
fn footer(out: &mut String, report: &Report<'_>, paint: Paint) {
    let count = |severity| {
        report
            .units
            .iter()
            .flat_map(|unit| &unit.findings)
            .filter(|f| f.severity == severity)
            .count()
    };
    let (errors, warnings, notes) = (
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    );
    let units = report.units.len();
    let rules = match report.rules {
        Rules::Offline => "as systemd-analyze security --offline=true counts",
        Rules::Running => "as systemd-analyze security of a running manager counts",
    };
    let accepted: usize = report.units.iter().map(|unit| unit.accepted.len()).sum();
    let accepted = if accepted > 0 {
        format!(", {accepted} accepted")
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "{units} unit{}: {errors} error{}, {warnings} warning{}, {notes} note{}{accepted}",
        plural(units),
        plural(errors),
        plural(warnings),
        plural(notes)
    );
    let _ = writeln!(
        out,
        "{}",
        paint.dim(&format!("levels of systemd {}, {rules}", report.version))
    );
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
