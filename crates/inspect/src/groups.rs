//! The control group of a process, what is set there, and the programs that the kernel runs for it.

use std::fs::File;
use std::os::fd::AsFd as _;

use rustix::fs::{Mode, OFlags};
use serde::Serialize;
use unitward_sandbox::{Hierarchies, Hook};

use crate::sys;
use crate::target::Target;

/// The control groups of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ControlGroups {
    /// The path of the group in the hierarchy of version 2; none where there is no such hierarchy.
    pub path: Option<String>,
    /// The group's directory here, where it can be reached.
    pub directory: Option<String>,
    /// The groups in hierarchies of version 1, by their controllers.
    pub legacy: Vec<Legacy>,
    /// The programs that the kernel runs for the group, its own and those of groups above.
    pub programs: Vec<GroupProgram>,
    /// Why the programs cannot be listed.
    pub programs_hidden: Option<String>,
    /// The rules of the devices controller of version 1; none where there is none.
    pub devices: Option<Vec<String>>,
}

/// A group in a hierarchy of version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Legacy {
    /// Its controllers, or its name as in `name=systemd`.
    pub controllers: Vec<String>,
    /// The path of the group.
    pub path: String,
    /// Its directory here, where it can be reached.
    pub directory: Option<String>,
}

/// A program that is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GroupProgram {
    /// Where it is run, as `BPFProgram=` names it.
    pub hook: &'static str,
    /// The kernel's number for it.
    pub id: u32,
    /// The name that its loader gave it.
    pub name: String,
}

/// The groups by the text of /proc/PID/cgroup.
pub(crate) fn parse(text: &str) -> ControlGroups {
    let mut groups = ControlGroups::default();
    let places = Hierarchies::of(text);
    for line in text.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if controllers.is_empty() {
            groups.path = Some(path.to_owned());
            groups.directory = places.unified.as_ref().map(|place| place.own.clone());
            continue;
        }
        let controllers: Vec<String> = controllers.split(',').map(str::to_owned).collect();
        let place = places
            .legacy
            .iter()
            .find(|place| place.controllers == controllers);
        groups.legacy.push(Legacy {
            path: path.to_owned(),
            directory: place.map(|place| place.own.clone()),
            controllers,
        });
    }
    groups
}

pub(crate) fn read(target: &Target) -> ControlGroups {
    let mut groups = parse(&target.text("cgroup").unwrap_or_default());
    match programs(groups.directory.as_deref()) {
        Ok(programs) => groups.programs = programs,
        Err(reason) => groups.programs_hidden = Some(reason),
    }
    groups.devices = groups
        .legacy("devices")
        .and_then(|directory| std::fs::read_to_string(format!("{directory}/devices.list")).ok())
        .map(|text| text.lines().map(str::to_owned).collect());
    groups
}

fn programs(directory: Option<&str>) -> Result<Vec<GroupProgram>, String> {
    let directory = directory.ok_or("the control group cannot be reached from here")?;
    let said = |errno| unitward_sandbox::message(errno);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let group = File::from(rustix::fs::open(directory, flags, Mode::empty()).map_err(said)?);
    let mut found = Vec::new();
    for hook in Hook::all() {
        match sys::attached_programs(group.as_fd(), hook.attach()) {
            Ok(programs) => found.extend(programs.into_iter().map(|program| GroupProgram {
                hook: hook.name,
                id: program.id,
                name: program.name,
            })),
            // A place that this kernel does not have.
            Err(rustix::io::Errno::INVAL) => {}
            Err(errno) => return Err(said(errno)),
        }
    }
    Ok(found)
}

impl ControlGroups {
    /// The directory of the group in the hierarchy of a controller of version 1.
    #[must_use]
    pub fn legacy(&self, controller: &str) -> Option<&str> {
        let has = |group: &&Legacy| group.controllers.iter().any(|one| one == controller);
        self.legacy.iter().find(has)?.directory.as_deref()
    }

    /// Whether programs are run at a place.
    #[must_use]
    pub fn has_program(&self, hook: &str) -> bool {
        self.programs.iter().any(|program| program.hook == hook)
    }

    /// The unit that the group is of, by its name: the innermost service, scope or the like, or what `unitward run`
    /// named the group after.
    #[must_use]
    pub fn unit(&self) -> Option<String> {
        let legacy = self.legacy.iter().rev().map(|group| &group.path);
        let paths = self.path.iter().chain(legacy);
        paths.into_iter().find_map(|path| unit_of(path))
    }
}

/// The unit by the text of /proc/PID/cgroup.
pub(crate) fn unit_in(text: &str) -> Option<String> {
    // The hierarchy of version 2 comes last.
    let paths = text
        .lines()
        .rev()
        .filter_map(|line| line.splitn(3, ':').nth(2));
    paths.into_iter().find_map(unit_of)
}

fn unit_of(path: &str) -> Option<String> {
    path.rsplit('/').find_map(|name| {
        // systemd puts this before names that look like files of the kernel (cg_escape).
        let name = name.strip_prefix('_').unwrap_or(name);
        if let Some(rest) = name.strip_prefix("unitward-") {
            // unitward-PROCESS[-NAMESPACE]-UNIT
            let mut unit = rest;
            while let Some((number, behind)) = unit.split_once('-') {
                if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                    break;
                }
                unit = behind;
            }
            return (unit.len() < rest.len() && unit.contains('.')).then(|| unit.to_owned());
        }
        let kinds = [".service", ".scope", ".socket", ".mount", ".swap"];
        kinds
            .iter()
            .any(|kind| name.len() > kind.len() && name.ends_with(kind))
            .then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_name_their_unit() {
        for (path, unit) in [
            ("/system.slice/nginx.service", Some("nginx.service")),
            ("/system.slice/nginx.service/payload", Some("nginx.service")),
            (
                "/system.slice/system-getty.slice/getty@tty1.service",
                Some("getty@tty1.service"),
            ),
            (
                "/user.slice/user-1000.slice/session-2.scope",
                Some("session-2.scope"),
            ),
            ("/x/_cpu.service", Some("cpu.service")),
            ("/unitward-77-run.service", Some("run.service")),
            (
                "/a/unitward-77-4026532200-web@1.service/main",
                Some("web@1.service"),
            ),
            ("/unitward-77-supervisor", None),
            ("/init.scope", Some("init.scope")),
            ("/system.slice", None),
            ("/", None),
        ] {
            assert_eq!(unit_of(path).as_deref(), unit, "{path}");
        }
    }
}
