//! `unitward show --json`.

use serde::Serialize;
use unitward_catalog::Version;
use unitward_settings::Source;

use super::Shown;

/// The version of the form: it changes when a field changes its meaning or goes away.
const FORM: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    form: u32,
    systemd: u16,
    units: Vec<Unit<'a>>,
}

#[derive(Serialize)]
struct Unit<'a> {
    name: &'a str,
    files: Vec<String>,
    /// Whether systemd takes the unit.
    accepted: bool,
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'a str,
    value: &'a str,
    directive: &'a str,
    /// `default`, `manager`, `unit`, `reset` or `implied`.
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    implied_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

/// One document for all units.
pub(super) fn text(shown: &[Shown], version: Version) -> String {
    let document = Document {
        form: FORM,
        systemd: version.number(),
        units: shown.iter().map(unit).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn unit(shown: &Shown) -> Unit<'_> {
    let settings = &shown.resolution.settings;
    Unit {
        name: settings.unit.as_str(),
        files: settings
            .files
            .iter()
            .take(shown.files)
            .map(|file| file.path.display().to_string())
            .collect(),
        accepted: shown.resolution.is_accepted(),
        properties: shown
            .properties
            .iter()
            .map(|p| property(shown, p))
            .collect(),
    }
}

fn property<'a>(shown: &Shown, property: &'a unitward_settings::Property) -> Property<'a> {
    let (source, origin, implied_by) = match property.source {
        Source::Manager(origin) => ("manager", Some(origin), None),
        Source::Unit(origin) => ("unit", Some(origin), None),
        Source::Reset(origin) => ("reset", Some(origin), None),
        Source::Implied { by, origin } => ("implied", origin, Some(by)),
        _ => ("default", None, None),
    };
    let place = origin.and_then(|origin| shown.place(origin));
    Property {
        name: &property.name,
        value: &property.value,
        directive: property.directive,
        source,
        implied_by,
        file: place.map(|(path, _)| path.display().to_string()),
        line: place.map(|(_, line)| line),
    }
}
