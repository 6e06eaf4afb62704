//! `unitward show`: the resolved settings of units, in the form of `systemctl show`.

mod json;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use unitward_catalog::suggest;
use unitward_settings::{Property, Resolution, Source};
use unitward_unit::Origin;
use unitward_unit::load::LoadState;

use crate::args::Show;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};
use crate::units::{Units, load_problem};
use crate::version;

/// The settings of one unit that are shown.
struct Shown {
    resolution: Resolution,
    /// How many files the unit has; those of the manager's configuration come after them.
    files: usize,
    properties: Vec<Property>,
}

/// Prints the settings of units.
pub(crate) fn run(args: &Show, pager: Pager) -> Result<Exit, Error> {
    let version = version::of_source(&args.source);
    let units = Units::new(&args.source, version)?;
    let mut shown = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut exit = Exit::Clean;
    for argument in &args.units {
        for target in units.targets(argument)? {
            let unit = units.load(&target)?;
            if let Some(problem) = load_problem(&unit) {
                ui::note(&format!("{problem}."));
                exit = Exit::Findings;
                if matches!(unit.state, LoadState::NotFound | LoadState::Masked) {
                    continue;
                }
            }
            let resolution = units.resolve(&target, &unit);
            let mut properties: Vec<Property> = resolution.settings.properties().collect();
            known.extend(properties.iter().map(|property| property.name.to_string()));
            known.extend(
                properties
                    .iter()
                    .map(|property| property.directive.to_owned()),
            );
            properties.retain(|property| is_wanted(args, property));
            shown.push(Shown {
                files: unit.files.len(),
                resolution,
                properties,
            });
        }
    }
    if let Some(name) = args
        .properties
        .iter()
        .find(|name| !known.contains(*name) && !shown.is_empty())
    {
        return Err(unknown(name, &known));
    }
    let text = match args.json {
        true => json::text(&shown, version),
        false => text(args, &shown),
    };
    ui::page(&text, pager)?;
    Ok(exit)
}

/// Whether a property is asked for: by its name or its directive. Empty ones are shown only when they are.
fn is_wanted(args: &Show, property: &Property) -> bool {
    let is_set = !matches!(property.source, Source::Default | Source::Reset(_));
    if args.set && !is_set {
        return false;
    }
    if args.properties.is_empty() {
        return args.json || !property.value.is_empty();
    }
    args.properties
        .iter()
        .any(|name| *name == property.name || name == property.directive)
}

fn unknown(name: &str, known: &BTreeSet<String>) -> Error {
    let error = Error::new(format!("No setting is shown as {}.", ui::printable(name)));
    match suggest(name, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("Did you mean {near}?")),
        None => error.hint("Only settings are shown, not the state of a running unit."),
    }
}

fn text(args: &Show, shown: &[Shown]) -> String {
    let paint = Paint::of_stdout();
    let parts = shown.iter().map(|unit| {
        let mut text = String::new();
        for property in &unit.properties {
            let value = ui::printable(&property.value);
            if !args.value {
                let _ = write!(text, "{}=", property.name);
            }
            text.push_str(&value);
            if args.origin {
                let origin = unit.origin(property);
                let _ = write!(text, "  {}", paint.dim(&format!("# {origin}")));
            }
            text.push('\n');
        }
        text
    });
    parts.collect::<Vec<_>>().join("\n")
}

impl Shown {
    /// Where a value comes from, in words.
    fn origin(&self, property: &Property) -> String {
        let at = |origin: Origin| {
            self.place(origin)
                .map(|(path, line)| format!("{}:{line}", path.display()))
        };
        let place = match property.source {
            Source::Manager(origin) | Source::Unit(origin) => at(origin),
            Source::Reset(origin) => at(origin).map(|place| format!("default, reset in {place}")),
            Source::Implied { by, origin } => {
                let place = origin.and_then(at).map(|place| format!(", {place}"));
                Some(format!("implied by {by}={}", place.unwrap_or_default()))
            }
            _ => None,
        };
        place.map_or_else(|| "default".to_owned(), |place| ui::printable(&place))
    }

    /// The file and the line of an origin.
    fn place(&self, origin: Origin) -> Option<(&Path, u32)> {
        let file = self
            .resolution
            .settings
            .files
            .get(usize::try_from(origin.file).ok()?)?;
        Some((&file.path, origin.line))
    }
}
