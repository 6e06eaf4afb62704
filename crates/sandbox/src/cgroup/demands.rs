//! What settings ask of a control group, whoever makes it: for those who compare it with a group that is there.

use unitward_settings::Settings;

use super::limits::{self, Legacy, Machine};
use super::{Hook, devices, network};

/// What the settings of a unit ask of its control group.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GroupDemands {
    /// Files with what is written to them.
    pub limits: Vec<GroupLimit>,
    /// The directive that limits devices, and the devices in the form of the controller of version 1.
    pub devices: Option<(&'static str, Vec<String>)>,
    /// Places at which programs are run, with the directives that they enforce.
    pub programs: Vec<(Hook, &'static [&'static str])>,
}

/// What a directive asks of a controller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupLimit {
    /// The directive.
    pub directive: &'static str,
    /// Files of a group of version 2, and what is written.
    pub files: Vec<(&'static str, String)>,
    /// The controller of version 1, its files and what is written; none where there is no equivalent.
    pub legacy: Option<(&'static str, Vec<(&'static str, String)>)>,
}

impl GroupDemands {
    /// What these settings ask for.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let limits = limits::all(settings, Machine::read()).into_iter();
        let limits = limits.map(|limit| GroupLimit {
            directive: limit.directive,
            files: limit.files,
            legacy: match limit.legacy {
                Legacy::Files(controller, files) => Some((controller, files)),
                Legacy::Nothing => None,
            },
        });
        let rules = devices::of(settings);
        let programs = network::programs(settings)
            .into_iter()
            .filter_map(|wanted| {
                let hook = wanted.program.as_ref().ok()?.hook();
                Some((hook, wanted.directives))
            });
        Self {
            limits: limits.collect(),
            devices: rules.map(|found| {
                let lines = found.rules.iter().map(super::bpf::DeviceNumbers::line);
                (found.directive, lines.collect())
            }),
            programs: programs.collect(),
        }
    }
}
