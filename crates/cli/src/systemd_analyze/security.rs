//! `systemd-analyze security --offline=true`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
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
    /// The place of its table in the text of the batch; none when the unit was not loaded.
    table: Option<Range<usize>>,
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
    let names: Vec<Cow<'_, str>> = match call.offline {
        Some(true) => units.iter().map(Cow::from).collect(),
        _ => units.iter().map(|unit| with_suffix(unit)).collect(),
    };
    let mut wanted = Vec::with_capacity(names.len());
    let mut seen = HashSet::with_capacity(names.len());
    for (name, word) in names.iter().zip(units) {
        let file = Path::new(&**name)
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        match UnitName::parse(file) {
            Ok(name) => wanted.extend(seen.insert(file).then_some(name)),
            Err(_) => {
                return output.fail(format!(
                    "Failed to prepare filename {word}: Invalid argument"
                ));
            }
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
    let mut batches: Vec<Batch> = Vec::new();
    batches.resize_with(wanted.len().min(CHUNK).div_ceil(BATCH), Batch::default);
    let mut buses = HashSet::new();
    for chunk in wanted.chunks(CHUNK) {
        review.all(chunk, &mut batches);
        let filled = batches.iter_mut().take(chunk.len().div_ceil(BATCH));
        // Units are loaded first, so all messages come before the first table.
        let tables: Vec<Vec<&str>> = filled
            .map(|batch| batch.report(&mut buses, output))
            .collect();
        output.flush();
        for table in tables.into_iter().flatten() {
            output.write(table);
        }
    }
}

/// How many units are reviewed before their tables are written. Messages of up to as many come before the first table.
const CHUNK: usize = 256;
/// How many units a thread takes at once.
const BATCH: usize = 8;

/// Neighbouring units and their tables. Its memory is used again and again.
#[derive(Default)]
struct Batch {
    text: String,
    units: Vec<Reviewed>,
}

impl Batch {
    /// Puts out what there is to say, and gives the tables.
    fn report(&mut self, buses: &mut HashSet<String>, output: &mut Output) -> Vec<&str> {
        let mut kept: Vec<Range<usize>> = Vec::new();
        for unit in self.units.drain(..) {
            // The manager that systemd-analyze makes for itself has each bus name once.
            if let Some(bus) = unit.bus_name.filter(|bus| !buses.insert(bus.clone())) {
                let id = &unit.id;
                output.fail(format!(
                    "{id}: Two services allocated for the same bus name {bus}, refusing operation."
                ));
                continue;
            }
            unit.messages.iter().for_each(|line| output.error(line));
            output.failed |= unit.exceeds || unit.table.is_none();
            let Some(table) = unit.table else { continue };
            match kept.last_mut().filter(|last| last.end == table.start) {
                Some(last) => last.end = table.end,
                None => kept.push(table),
            }
        }
        let tables = kept.into_iter().filter_map(|range| self.text.get(range));
        tables.collect()
    }
}

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
    fn all(&self, names: &[UnitName], batches: &mut [Batch]) {
        let fill = |(batch, names): (&mut Batch, &[UnitName])| {
            batch.text.clear();
            for name in names {
                let reviewed = self.unit(name, &mut batch.text);
                batch.units.push(reviewed);
            }
        };
        if names.len() < 8 {
            return batches.iter_mut().zip(names.chunks(BATCH)).for_each(fill);
        }
        batches
            .par_iter_mut()
            .zip(names.par_chunks(BATCH))
            .for_each(fill);
    }

    /// Reviews a unit and adds its table to the text.
    fn unit(&self, name: &UnitName, text: &mut String) -> Reviewed {
        let unit = self.loader.load(name);
        let refused = |messages| Reviewed {
            id: unit.name.to_string(),
            bus_name: None,
            messages,
            table: None,
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
            Ok(exposure) => self.shown(&resolution.settings, &exposure, text),
            Err(error) => refused(vec![format!(
                "{id}: the security policy cannot be used: {error}"
            )]),
        }
    }

    fn shown(&self, settings: &Settings, exposure: &Exposure<'_>, text: &mut String) -> Reviewed {
        let id = settings.unit.to_string();
        let start = text.len();
        let (version, style) = (self.version, self.style);
        match self.call.json {
            Some(form) => json::unit_json(text, exposure, version, form, style.debug),
            None => table::unit_table(text, &id, exposure, version, style),
        }
        let bus_name = settings.bus_name.0.clone();
        let exceeds = exposure.level().0 > self.call.threshold.unwrap_or(100);
        Reviewed {
            id,
            bus_name,
            messages: Vec::new(),
            table: Some(start..text.len()),
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
fn with_suffix(word: &str) -> Cow<'_, str> {
    let file = word.rsplit('/').next().unwrap_or(word);
    let has_type = file
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| unitward_unit::UnitKind::from_suffix(suffix).is_some());
    if has_type {
        word.into()
    } else {
        format!("{word}.service").into()
    }
}

/// The loader: folders of path arguments come first, in their order.
fn loader(call: &Call, version: Version, names: &[Cow<'_, str>]) -> Loader {
    let root = call.root.clone().unwrap_or_else(|| PathBuf::from("/"));
    let path = if call.user {
        SearchPath::user(&root, &crate::units::user_dirs())
    } else {
        SearchPath::system(&root)
    };
    let mut folders: Vec<&Path> = names
        .iter()
        .filter_map(|name| Path::new(&**name).parent())
        .collect();
    // Mostly they are all in one.
    folders.dedup();
    // A bare name is looked up in the working directory first.
    let folders = folders.into_iter().filter_map(|folder| {
        let file = std::path::absolute(folder.join("unit")).ok()?;
        file.parent().map(Path::to_owned)
    });
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
