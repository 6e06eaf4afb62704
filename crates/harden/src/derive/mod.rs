//! From what a service did to the settings that it is likely to work with: one file a family of directives.
//!
//! Each line says what it is taken from. What was not seen is not known to be needed: a second run inside the settings
//! decides, and [`Proposal::loosen`] makes the smallest change that allows what failed there.

mod calls;
pub(crate) mod capabilities;
mod devices;
mod exec;
mod families;
mod files;
mod handover;
mod identity;
mod jail;
mod kernel;
mod loosen;
mod namespaces;
mod network;
mod open;
mod proc;
mod proposal;
mod sessions;
mod statics;
#[cfg(test)]
mod tests;
mod text;
mod user;
mod view;
mod writes;

pub use loosen::{Access, Change, Loosening};
pub use proposal::{Line, Open, Proposal, Value, Weaker};

use std::path::Path;

use unitward_observe::Facts;
use unitward_settings::Settings;

use view::View;

/// The service that settings are derived for.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// Its settings as they are now, resolved for the version that lines are written for.
    pub settings: &'a Settings,
    /// Its name.
    pub unit_name: &'a str,
    /// The root of the file system that it ran in.
    pub root: &'a Path,
    /// Whether it is a command without a unit.
    pub command: bool,
    /// Whether it is to see nothing but the files that it needs.
    pub jail: bool,
}

/// How far the settings go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What was not exercised is allowed for: groups of calls, whole directories.
    Safe,
    /// What was seen, with what goes along with it.
    #[default]
    Tight,
    /// What was seen and nothing else.
    Paranoid,
}

impl Level {
    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Tight => "tight",
            Self::Paranoid => "paranoid",
        }
    }
}

/// Derives settings.
///
/// The files below [`Service::root`] are read to know owners, modes, and what programs need. Lines that the unit has
/// already, or that it goes beyond, are not repeated; nothing that it says is weakened.
#[must_use]
pub fn derive(facts: &Facts, service: &Service<'_>, level: Level) -> Proposal {
    let mut view = View::new(facts, service, level);
    let user = match level {
        Level::Safe => Err(None),
        _ => user::of(&view),
    };
    let mut as_it_is = families(&view);
    match user {
        Ok(user) => {
            view.becomes = Some(user);
            view.needed = Default::default();
            let mut proposal = families(&view);
            proposal.otherwise = Some(Box::new(as_it_is));
            proposal
        }
        Err(obstacle) => {
            as_it_is.suggestions.extend(obstacle);
            as_it_is
        }
    }
}

/// What all families of directives propose.
fn families(view: &View<'_>) -> Proposal {
    let mut proposal = Proposal {
        lines: Vec::new(),
        open: Vec::new(),
        suggestions: Vec::new(),
        title: view.title(),
        systemd: view.systemd(),
        root: view.service.root.to_owned(),
        otherwise: None,
    };
    for family in [
        user::derive,
        files::derive,
        exec::derive,
        devices::derive,
        kernel::derive,
        proc::derive,
        capabilities::derive,
        identity::derive,
        namespaces::derive,
        network::derive,
        calls::derive,
        open::derive,
        sessions::derive,
    ] {
        family(view, &mut proposal);
    }
    proposal
}
