//! The socket units of a service.

use std::path::PathBuf;

use unitward_sandbox::SocketUnit;
use unitward_settings::Settings;
use unitward_unit::load::LoadState;
use unitward_unit::{HostFacts, UnitKind, UnitName};

use crate::args::Subject;
use crate::error::Error;
use crate::units::{Target, Units};

/// Those of `Sockets=`, and the one that has the name of the service: beside the file of the service, or on the search
/// path.
pub(super) fn find(
    args: &Subject,
    settings: &Settings,
    facts: &HostFacts,
) -> Result<Vec<SocketUnit>, Error> {
    let units = Units::new(&args.source, settings.version)?;
    let own = format!("{}.socket", settings.unit.stem());
    let mut names = vec![own.clone()];
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
        let other = socket.service.as_ref();
        if name == own && other.is_some_and(|service| service != settings.unit.as_str()) {
            continue;
        }
        found.push(socket);
    }
    Ok(found)
}
