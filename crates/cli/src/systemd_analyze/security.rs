//! `systemd-analyze security --offline=true`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use unitward_catalog::Version;
use unitward_exposure::{Exposure, Policy, Rules, assess};
use unitward_settings::{Effect, Options, Resolution, Scope, Settings, resolve};
use unitward_unit::load::{LoadState, Loader, Options as LoadOptions, SearchPath};
use unitward_unit::{HostFacts, Unit, UnitName};

use super::Output;
use super::args::Call;
use super::json;
use super::table::{self, Style};

/// What became of one argument.
struct Reviewed {
    /// The unit's name.
    id: String,
    /// The name it takes on the message bus.
    bus_name: Option<String>,
    /// The lines for standard error.
    messages: Vec<String>,
    /// The lines for standard output; none when the unit was not loaded.
    text: Option<String>,
    exceeds: bool,
}

/// Reviews the units of a call.
pub(crate) fn security(call: &Call, version: Version, style: Style, output: &mut Output) {
    let units = call.words.get(1..).unwrap_or_default();
    if units.is_empty() {
        return;
    }
    let policy = match call.policy.as_deref().map(read_policy).transpose() {
        Ok(policy) => policy,
        Err(message) => return output.fail(message),
    };
    // Offline, names are files and are taken as they are.
    let names: Vec<String> = match call.offline {
        Some(true) => units.to_vec(),
        _ => units.iter().map(|unit| with_suffix(unit)).collect(),
    };
    for (name, word) in names.iter().zip(units) {
        let file = Path::new(name)
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if UnitName::parse(file).is_err() {
            return output.fail(format!(
                "Failed to prepare filename {word}: Invalid argument"
            ));
        }
    }
    let loader = loader(call, version, &names);
    let root = call.root.as_deref().unwrap_or(Path::new("/"));
    let facts = match call.user {
        true => HostFacts::user(root, crate::units::user_facts()),
        false => HostFacts::system(root),
    };
    let review = Review {
        call,
        version,
        style,
        policy: policy.as_ref(),
        loader: &loader,
        facts: &facts,
    };
    // Units are loaded first, so all messages come before the first table.
    let mut seen = HashSet::new();
    let wanted: Vec<UnitName> = names
        .iter()
        .filter_map(|name| UnitName::parse(Path::new(name).file_name()?.to_str()?).ok())
        .filter(|name| seen.insert(name.as_str().to_owned()))
        .collect();
    let mut buses = HashSet::new();
    for chunk in wanted.chunks(CHUNK) {
        let reviewed = review.all(chunk);
        let mut texts = Vec::with_capacity(reviewed.len());
        for unit in reviewed {
            // The manager that systemd-analyze makes for itself has each bus name once.
            if unit
                .bus_name
                .as_ref()
                .is_some_and(|bus| !buses.insert(bus.clone()))
            {
                let (id, bus) = (&unit.id, unit.bus_name.unwrap_or_default());
                output.error(&format!(
                    "{id}: Two services allocated for the same bus name {bus}, refusing operation."
                ));
                output.failed = true;
                continue;
            }
            unit.messages.iter().for_each(|line| output.error(line));
            output.failed |= unit.exceeds || unit.text.is_none();
            texts.extend(unit.text);
        }
        texts.iter().for_each(|text| output.print(text));
        output.flush();
    }
}

/// How many units are reviewed before their tables are written. Messages of up to as many come before the first table.
const CHUNK: usize = 256;

struct Review<'a> {
    call: &'a Call,
    version: Version,
    style: Style,
    policy: Option<&'a Policy>,
    loader: &'a Loader,
    facts: &'a HostFacts,
}

impl Review<'_> {
    /// Reviews units, on all processors when that is worth the start of threads.
    fn all(&self, names: &[UnitName]) -> Vec<Reviewed> {
        if names.len() < 8 {
            return names.iter().map(|name| self.unit(name)).collect();
        }
        names.par_iter().map(|name| self.unit(name)).collect()
    }

    fn unit(&self, name: &UnitName) -> Reviewed {
        let unit = self.loader.load(name);
        let refused = |messages| Reviewed {
            id: unit.name.to_string(),
            bus_name: None,
            messages,
            text: None,
            exceeds: false,
        };
        let id = unit.name.as_str();
        match &unit.state {
            LoadState::Loaded => {}
            LoadState::Masked => return refused(vec![format!("Unit {id} is masked.")]),
            LoadState::NotFound => return refused(vec![format!("Unit {name} not found.")]),
            LoadState::Error(error) => {
                return refused(vec![
                    format!("{error}"),
                    format!("Unit {id} failed to load properly."),
                ]);
            }
            _ => return refused(vec![format!("Unit {id} cannot be loaded.")]),
        }
        if !id.ends_with(".service") {
            return refused(vec![format!("{id} is not a service unit, ignoring.")]);
        }
        let options = Options {
            version: self.version,
            scope: if self.call.user {
                Scope::User
            } else {
                Scope::System
            },
            facts: self.facts,
            user_umask: 0o022,
        };
        let resolution = resolve(&unit, &options);
        if !resolution.is_accepted() {
            let mut messages = reasons(&unit, &resolution);
            messages.push(format!("Unit {id} has a bad unit file setting."));
            return refused(messages);
        }
        let rules = if self.call.offline == Some(true) {
            Rules::Offline
        } else {
            Rules::Running
        };
        match assess(&resolution.settings, rules, self.policy) {
            Ok(exposure) => self.shown(&resolution.settings, &exposure),
            Err(error) => refused(vec![format!(
                "{id}: the security policy cannot be used: {error}"
            )]),
        }
    }

    fn shown(&self, settings: &Settings, exposure: &Exposure<'_>) -> Reviewed {
        let id = settings.unit.to_string();
        let mut text = String::with_capacity(12 * 1024);
        let (version, style) = (self.version, self.style);
        match self.call.json {
            Some(form) => json::unit_json(&mut text, exposure, version, form, style.debug),
            None => table::unit_table(&mut text, &id, exposure, version, style),
        }
        let bus_name = settings.bus_name.0.clone();
        let exceeds = exposure.level().0 > self.call.threshold.unwrap_or(100);
        Reviewed {
            id,
            bus_name,
            messages: Vec::new(),
            text: Some(text),
            exceeds,
        }
    }
}

/// Why a unit is refused, with file and line.
fn reasons(unit: &Unit, resolution: &Resolution) -> Vec<String> {
    let refused = resolution
        .diagnostics
        .iter()
        .filter(|d| d.effect == Effect::Refused);
    let lines = refused.map(|d| {
        let path = unit.path(d.origin).display();
        format!(
            "{path}:{}: {}={} is refused: expected {}",
            d.origin.line, d.directive, d.word, d.expected
        )
    });
    let combination = resolution
        .refusal
        .iter()
        .map(|r| format!("{}: {} Refusing.", unit.name, r.reason));
    lines.chain(combination).collect()
}

fn read_policy(path: &Path) -> Result<Policy, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = if error.kind() == std::io::ErrorKind::NotFound {
            "No such file or directory".to_owned()
        } else {
            error.to_string()
        };
        format!("Failed to parse '{shown}' at 0:0: {reason}")
    })?;
    Policy::parse(&text).map_err(|error| format!("Failed to parse '{shown}': {error}"))
}

/// A name without a unit type is that of a service.
fn with_suffix(word: &str) -> String {
    let file = word.rsplit('/').next().unwrap_or(word);
    let has_type = file
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| unitward_unit::UnitKind::from_suffix(suffix).is_some());
    if has_type {
        word.to_owned()
    } else {
        format!("{word}.service")
    }
}

/// The loader: folders of path arguments come first, in their order.
fn loader(call: &Call, version: Version, names: &[String]) -> Loader {
    let root = call.root.clone().unwrap_or_else(|| PathBuf::from("/"));
    let path = if call.user {
        SearchPath::user(&root, &crate::units::user_dirs())
    } else {
        SearchPath::system(&root)
    };
    let folders = names.iter().filter_map(|name| {
        // A bare name is looked up in the working directory first.
        std::path::absolute(name).ok()?.parent().map(Path::to_owned)
    });
    let mut seen = HashSet::new();
    let folders = folders.filter(|folder| seen.insert(folder.clone()));
    let value = std::env::var_os("SYSTEMD_UNIT_PATH");
    let path = path.with_override(value.as_deref()).with_front(folders);
    let default = if version >= Version::V257 {
        "test_instance"
    } else {
        "i"
    };
    let instance = call.instance.as_deref().unwrap_or(default);
    Loader::new(path, LoadOptions::with_instance(instance))
}
