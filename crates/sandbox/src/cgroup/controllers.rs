//! Which controllers of version 2 a new group can have.

use std::path::Path;

use super::plan::Base;

/// The state of the directory below which the group is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Controllers {
    directory: String,
    /// What it has.
    available: Vec<String>,
    /// What those below it have.
    enabled: Vec<String>,
    /// Whether more can be switched on.
    more: More,
}

/// Whether controllers can be switched on below a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum More {
    /// No: other processes are in it, and a group with processes has none of its own controllers for those below it.
    #[default]
    No,
    /// Yes: it is the root, or has no process.
    Yes,
    /// When this process, the only one, leaves it.
    AfterLeaving,
}

impl Controllers {
    /// Reads the state of a group's directory.
    pub(super) fn read(directory: &str) -> Self {
        let words = |file: &str| -> Vec<String> {
            let text = std::fs::read_to_string(format!("{directory}/{file}")).unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let own = std::process::id().to_string();
        let is_root = !Path::new(directory).join("cgroup.type").exists();
        let processes = words("cgroup.procs");
        let more = if is_root || processes.is_empty() {
            More::Yes
        } else if processes == [own] {
            More::AfterLeaving
        } else {
            More::No
        };
        Self {
            directory: directory.to_owned(),
            available: words("cgroup.controllers"),
            enabled: words("cgroup.subtree_control"),
            more,
        }
    }

    /// Whether those below have a controller already.
    pub(super) fn is_on(&self, controller: &str) -> bool {
        self.enabled.iter().any(|known| known == controller)
    }

    /// Whether the group can have a controller; if not, why.
    pub(super) fn check(&self, controller: &str) -> Result<(), String> {
        let directory = &self.directory;
        if self.is_on(controller) {
            return Ok(());
        }
        if !self.available.iter().any(|known| known == controller) {
            return Err(format!(
                "the control group {directory} does not have the controller {controller}"
            ));
        }
        match self.more {
            More::Yes | More::AfterLeaving => Ok(()),
            More::No => Err(format!(
                "other processes are in the control group {directory}, so the controller {controller} cannot be switched \
                 on below it"
            )),
        }
    }

    /// What has to be undone at the end, when some of these controllers are switched on. `shelter` is where this process
    /// can go meanwhile.
    pub(super) fn switch_on(&self, wanted: &[&'static str], shelter: String) -> Option<Base> {
        let controllers: Vec<&'static str> = wanted
            .iter()
            .copied()
            .filter(|controller| !self.is_on(controller))
            .collect();
        (!controllers.is_empty()).then(|| Base {
            directory: self.directory.clone(),
            controllers,
            shelter: (self.more == More::AfterLeaving).then_some(shelter),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn controllers(more: More) -> Controllers {
        Controllers {
            directory: "/g".to_owned(),
            available: vec!["memory".to_owned(), "pids".to_owned()],
            enabled: vec!["pids".to_owned()],
            more,
        }
    }

    #[test]
    fn processes_in_the_group_keep_controllers_from_those_below() {
        let busy = controllers(More::No);
        assert_eq!(busy.check("pids"), Ok(()));
        assert!(
            busy.check("memory")
                .unwrap_err()
                .contains("other processes")
        );
        assert!(busy.check("io").unwrap_err().contains("does not have"));
        assert_eq!(controllers(More::Yes).check("memory"), Ok(()));
    }

    #[test]
    fn the_only_process_leaves_the_group_for_them() {
        let alone = controllers(More::AfterLeaving);
        let base = alone
            .switch_on(&["memory", "pids"], "/g/s".to_owned())
            .unwrap();
        assert_eq!(base.controllers, ["memory"]);
        assert_eq!(base.shelter.as_deref(), Some("/g/s"));
        assert!(alone.switch_on(&["pids"], "/g/s".to_owned()).is_none());
        let root = controllers(More::Yes);
        let base = root.switch_on(&["memory"], String::new()).unwrap();
        assert_eq!(base.shelter, None);
    }
}
