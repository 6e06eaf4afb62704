//! The socket units of a service.

use std::path::PathBuf;

use unitward_sandbox::SocketUnit;
use unitward_settings::Settings;
use unitward_unit::load::LoadState;
use unitward_unit::{HostFacts, Unit, UnitKind, UnitName};

use crate::args::Subject;
use crate::error::Error;
use crate::units::{Target, Units};

/// Those of `Sockets=`, and those that have a name of the service: beside the file of the service, or on the search
/// path. There, one that is not enabled is left alone, as systemd does.
pub(super) fn find(
    args: &Subject,
    settings: &Settings,
    service: &Unit,
    facts: &HostFacts,
) -> Result<Vec<SocketUnit>, Error> {
    let units = Units::new(&args.source, settings.version)?;
    let services = || std::iter::once(&settings.unit).chain(&service.aliases);
    let asked = |name: &str| settings.sockets.0.iter().any(|item| item.value == name);
    let own: Vec<String> = services()
        .map(|service| format!("{}.socket", service.stem()))
        .collect();
    let mut names = own.clone();
    for item in &settings.sockets.0 {
        if !names.contains(&item.value) {
            names.push(item.value.clone());
        }
    }
    let folder = args
        .unit
        .as_ref()
        .filter(|unit| unit.to_string_lossy().contains('/') || unit.exists())
        .and_then(|unit| Some(unit.parent()?.to_owned()));
    let mut found = Vec::new();
    for name in names {
        let Ok(parsed) = UnitName::parse(&name) else {
            continue;
        };
        if parsed.kind() != UnitKind::Socket {
            continue;
        }
        let beside: Option<PathBuf> = folder.as_ref().map(|folder| folder.join(&name));
        let target = match beside.filter(|path| path.exists()) {
            Some(path) => Target::File(path),
            None => Target::Name(parsed),
        };
        let unit = units.load(&target)?;
        if unit.state != LoadState::Loaded {
            continue;
        }
        let socket = SocketUnit::read(&unit, facts, settings.version.number());
        // One that names another service is for that one.
        if let Target::Name(socket) = &target
            && !asked(&name)
            && !needs(service, &name)
            && !units.is_active(socket, &unit)
        {
            continue;
        }
        let is_ours = |service: &String| services().any(|own| own.as_str() == service);
        if own.contains(&name) && !socket.service.as_ref().is_none_or(is_ours) {
            continue;
        }
        found.push(socket);
    }
    Ok(found)
}

/// Whether a unit has another one started.
fn needs(unit: &Unit, name: &str) -> bool {
    const KEYS: [&str; 5] = ["Requires", "Requisite", "BindsTo", "Wants", "Upholds"];
    unit.assignments().any(|(_, assignment)| {
        assignment.section == "Unit"
            && KEYS.contains(&assignment.key)
            && assignment
                .value
                .text()
                .split_whitespace()
                .any(|word| word == name)
    })
}
