//! What is run, observed, hardened or diagnosed: a unit's service, a command, or a command in a unit's sandbox.

mod command_line;
mod sockets;

use std::path::Path;

use unitward_sandbox::{Options, StreamChoice};
use unitward_settings::{Effect, Resolution, Settings};
use unitward_unit::load::{Loader, Options as LoadOptions, SearchPath};
use unitward_unit::{Unit, UnitName};

pub(crate) use command_line::shell;

use crate::args;
use crate::error::Error;
use crate::units::{self, Target, Units, load_problem};
use crate::version;

/// What the arguments name.
pub(crate) struct Subject<'a> {
    args: &'a args::Subject,
    units: Units,
    /// What the unit is on this system; a mere command is no unit of it.
    target: Option<Target>,
    /// With the settings and the command of the command line.
    unit: Unit,
}

impl<'a> Subject<'a> {
    /// Loads the unit.
    pub(crate) fn new(args: &'a args::Subject) -> Result<Self, Error> {
        let units = Units::new(&args.source, version::of_source(&args.source))?;
        let (target, mut unit) = match &args.unit {
            Some(argument) => {
                let mut targets = units.targets(argument)?;
                let target = targets.pop().filter(|_| targets.is_empty());
                let target = target.ok_or_else(|| {
                    Error::new(format!("{} is not one unit.", argument.display()))
                })?;
                let unit = units.load(&target)?;
                if let Some(problem) = load_problem(&unit) {
                    return Err(Error::new(format!("{problem}.")));
                }
                (Some(target), unit)
            }
            None if args.command.is_empty() => {
                return Err(Error::new("There is nothing to run.")
                    .hint("Name a unit, or a command behind --."));
            }
            None => {
                let name = UnitName::parse("run.service")
                    .map_err(|error| Error::new(error.to_string()))?;
                // It is no unit of this system's, so that nobody's drop-ins are for it.
                let loader = Loader::new(SearchPath::none(), LoadOptions::default());
                let file = Path::new(command_line::FILE);
                (None, loader.load_text(&name, file, "[Service]\n"))
            }
        };
        let text = command_line::drop_in(&args.properties, &args.command)?;
        if !text.is_empty() {
            unit = unit.with_drop_in(Path::new(command_line::FILE), text);
        }
        Ok(Self {
            args,
            units,
            target,
            unit,
        })
    }

    /// The name of the unit.
    pub(crate) fn name(&self) -> &str {
        self.unit.name.as_str()
    }

    /// The unit itself.
    pub(crate) const fn unit(&self) -> &Unit {
        &self.unit
    }

    /// The settings of another form of the unit; none when systemd refuses it.
    pub(crate) fn resolve(&self, unit: &Unit) -> Option<Settings> {
        let resolution = match &self.target {
            Some(target) => self.units.resolve(target, unit),
            None => unitward_settings::resolve(unit, &self.units.aim()),
        };
        resolution.is_accepted().then_some(resolution.settings)
    }

    /// Its settings, with the text of a further drop-in on top.
    pub(crate) fn settings(&self, further: &str) -> Result<Settings, Error> {
        self.resolution(further)
            .map(|resolution| resolution.settings)
    }

    /// The same, with the remarks on its lines.
    pub(crate) fn resolution(&self, further: &str) -> Result<Resolution, Error> {
        let with;
        let unit = match further {
            "" => &self.unit,
            text => {
                let file = Path::new("<proposal>");
                with = self.unit.clone().with_drop_in(file, text);
                &with
            }
        };
        let resolution = match &self.target {
            Some(target) => self.units.resolve(target, unit),
            None => unitward_settings::resolve(unit, &self.units.aim()),
        };
        let refused = |why: String| {
            let text = format!("systemd refuses {}: {why}", unit.name);
            Err(Error::new(text))
        };
        if let Some(refusal) = &resolution.refusal {
            return refused(refusal.to_string());
        }
        let mut remarks = resolution.diagnostics.iter();
        match remarks.find(|remark| remark.effect == Effect::Refused) {
            Some(remark) => refused(units::remark(remark, &unit.files)),
            None => Ok(resolution),
        }
    }

    /// How it is run, besides its settings.
    pub(crate) fn options(&self, settings: &Settings) -> Result<Options, Error> {
        let args = self.args;
        let mut options = Options::default();
        options.environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        if args.command.is_empty() {
            options.sockets = sockets::find(args, settings, &self.unit, self.units.aim().facts)?;
            return Ok(options);
        }
        let choice = |directive| match command_line::sets(&args.properties, directive) {
            true => StreamChoice::Unit,
            false => StreamChoice::Own,
        };
        options.input = choice("StandardInput");
        options.output = choice("StandardOutput");
        options.error = choice("StandardError");
        Ok(options)
    }
}
