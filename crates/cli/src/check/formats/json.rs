//! JSON, documented in `docs/json-v1.md`. Fields are added within a version; none is renamed, removed or given another
//! meaning.

use serde::Serialize;
use unitward_exposure::{Advice, Exposure, Gain, Outlook, Row, Tenths};
use unitward_lint::{Finding, Fix, Place};

use super::fingerprint::Fingerprints;
use super::words;
use crate::check::report::{Accepted, AcceptedBy, Outcome, Report, UnitReport};

/// One object, with one unit a line.
pub(super) fn render(report: &Report<'_>) -> String {
    let units: Vec<String> = report.units.iter().map(|u| text(&unit(u))).collect();
    format!(
        "{{\"format\":\"unitward-check\",\"version\":1,\"systemd\":{},\"rules\":\"{}\",\"units\":[\n{}\n]}}\n",
        report.version.number(),
        words::rules(report.rules),
        units.join(",\n")
    )
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct UnitObject<'a> {
    name: &'a str,
    path: Option<String>,
    files: Vec<String>,
    outcome: &'static str,
    reason: Option<&'a str>,
    exposure: Option<ExposureObject<'a>>,
    threshold: Option<f64>,
    exceeds: bool,
    outlook: Option<OutlookObject>,
    findings: Vec<FindingObject<'a>>,
    accepted: Vec<AcceptedObject<'a>>,
}

#[derive(Serialize)]
struct ExposureObject<'a> {
    level: f64,
    tenths: u64,
    predicate: &'static str,
    gains: Vec<GainObject>,
    rows: Vec<RowObject<'a>>,
}

#[derive(Serialize)]
struct GainObject {
    gain: &'static str,
    now: f64,
    most: f64,
}

#[derive(Serialize)]
struct RowObject<'a> {
    id: &'static str,
    name: &'static str,
    set: Option<bool>,
    badness: Option<u64>,
    range: u64,
    weight: u64,
    exposure: Option<f64>,
    text: Option<&'a str>,
    settings: &'static [&'static str],
    gain: &'static str,
}

#[derive(Serialize)]
struct OutlookObject {
    careful: f64,
    all: f64,
    advice: Vec<AdviceObject>,
}

#[derive(Serialize)]
struct AdviceObject {
    directive: &'static str,
    lines: &'static [&'static str],
    level: f64,
    less: f64,
    impact: &'static str,
    breakage: &'static str,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    code: &'static str,
    name: &'static str,
    family: &'static str,
    severity: String,
    message: &'a str,
    remedy: &'a str,
    location: Option<LocationObject>,
    related: Vec<RelatedObject<'a>>,
    fix: Option<FixObject<'a>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct AcceptedObject<'a> {
    #[serde(flatten)]
    finding: FindingObject<'a>,
    reason: &'a str,
    by: &'static str,
}

#[derive(Serialize)]
struct LocationObject {
    path: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct RelatedObject<'a> {
    message: &'a str,
    location: LocationObject,
}

#[derive(Serialize)]
struct FixObject<'a> {
    section: &'static str,
    lines: &'a [String],
    safety: &'static str,
}

fn unit<'a>(unit: &'a UnitReport<'_>) -> UnitObject<'a> {
    let mut fingerprints = Fingerprints::default();
    let mut finding = |found: &'a Finding| {
        let fingerprint = fingerprints.next(unit, found);
        finding(unit, found, fingerprint)
    };
    let files = unit.unit.iter().flat_map(|unit| &unit.files);
    UnitObject {
        name: &unit.name,
        path: unit.path.as_ref().map(|path| path.display().to_string()),
        files: files.map(|file| file.path.display().to_string()).collect(),
        outcome: match unit.outcome {
            Outcome::Rated(_) => "rated",
            Outcome::Unrated => "unrated",
            Outcome::Refused(_) => "refused",
            Outcome::Masked(_) => "masked",
            Outcome::Failed(_) => "failed",
            Outcome::Absent(_) => "absent",
        },
        reason: unit.reason(),
        exposure: unit.exposure().map(exposure),
        threshold: unit.threshold.map(|threshold| number(Tenths(threshold))),
        exceeds: unit.exceeds(),
        outlook: unit.outlook.as_ref().map(outlook),
        findings: unit.findings.iter().map(&mut finding).collect(),
        accepted: unit
            .accepted
            .iter()
            .map(
                |Accepted {
                     finding: found,
                     reason,
                     by,
                 }| AcceptedObject {
                    finding: finding(found),
                    reason,
                    by: match by {
                        AcceptedBy::Comment => "comment",
                        AcceptedBy::Exception => "exception",
                    },
                },
            )
            .collect(),
    }
}

fn exposure<'a>(exposure: &'a Exposure<'_>) -> ExposureObject<'a> {
    let level = exposure.level();
    let gains = Gain::ALL.into_iter().map(|gain| {
        let (now, most) = exposure.of_gain(gain);
        GainObject {
            gain: words::gain(gain),
            now: thousandths(now),
            most: thousandths(most),
        }
    });
    ExposureObject {
        level: number(level),
        tenths: level.0,
        predicate: level.level().name(),
        gains: gains.collect(),
        rows: exposure.rows.iter().map(|r| row(exposure, r)).collect(),
    }
}

fn row<'a>(exposure: &Exposure<'_>, row: &'a Row<'_>) -> RowObject<'a> {
    let check = row.check;
    RowObject {
        id: check.id,
        name: check.name,
        set: row.badness.map(|badness| badness == 0),
        badness: row.badness,
        range: row.range,
        weight: row.weight,
        exposure: exposure.of_row(row).map(number),
        text: row.text.as_deref(),
        settings: check.settings,
        gain: words::gain(check.gain),
    }
}

fn outlook(outlook: &Outlook) -> OutlookObject {
    OutlookObject {
        careful: number(outlook.careful),
        all: number(outlook.all),
        advice: outlook.advice.iter().map(advice).collect(),
    }
}

fn advice(advice: &Advice) -> AdviceObject {
    AdviceObject {
        directive: advice.directive,
        lines: advice.lines,
        level: number(advice.level),
        less: thousandths(advice.gain),
        impact: words::degree(advice.impact),
        breakage: words::degree(advice.breakage),
    }
}

fn finding<'a>(
    unit: &UnitReport<'_>,
    finding: &'a Finding,
    fingerprint: String,
) -> FindingObject<'a> {
    let rule = finding.rule;
    let related = finding.related.iter().filter_map(|(place, phrase)| {
        Some(RelatedObject {
            message: phrase,
            location: location(unit, place)?,
        })
    });
    FindingObject {
        code: rule.code,
        name: rule.name,
        family: words::family(rule.family),
        severity: finding.severity.to_string(),
        message: &finding.message,
        remedy: &finding.remedy,
        location: finding.place.as_ref().and_then(|p| location(unit, p)),
        related: related.collect(),
        fix: finding.fix.as_ref().map(fix),
        fingerprint,
    }
}

fn fix(fix: &Fix) -> FixObject<'_> {
    FixObject {
        section: fix.section,
        lines: &fix.lines,
        safety: words::safety(fix.safety),
    }
}

fn location(unit: &UnitReport<'_>, place: &Place) -> Option<LocationObject> {
    let at = unit.locate(place)?;
    Some(LocationObject {
        path: at.path.display().to_string(),
        line: at.line,
        column: at.column,
        end_line: at.end_line,
        end_column: at.end_column,
    })
}

/// A level as a number with one decimal.
fn number(level: Tenths) -> f64 {
    level.0 as f64 / 10.0
}

/// A part of a level as a number with up to three decimals.
fn thousandths(part: u64) -> f64 {
    part as f64 / 1000.0
}
