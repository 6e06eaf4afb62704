//! The commands of a unit.

use unitward_settings::{Command, Privilege, Settings};

/// Every command with the name of its directive, in the order in which they run.
pub(crate) fn commands(settings: &Settings) -> impl Iterator<Item = (&'static str, &Command)> {
    [
        ("ExecCondition", &settings.exec_condition),
        ("ExecStartPre", &settings.exec_start_pre),
        ("ExecStart", &settings.exec_start),
        ("ExecStartPost", &settings.exec_start_post),
        ("ExecReload", &settings.exec_reload),
        ("ExecReloadPost", &settings.exec_reload_post),
        ("ExecStop", &settings.exec_stop),
        ("ExecStopPost", &settings.exec_stop_post),
    ]
    .into_iter()
    .flat_map(|(name, commands)| commands.0.iter().map(move |command| (name, command)))
}

/// How many commands are looked at, which is more than any real unit has.
const COMMANDS_MAX: usize = 1000;

/// The commands to which the sandbox applies: those without `+`.
pub(crate) fn sandboxed(settings: &Settings) -> impl Iterator<Item = (&'static str, &Command)> {
    let commands = commands(settings).take(COMMANDS_MAX);
    commands.filter(|(_, command)| command.privilege != Privilege::Full)
}
