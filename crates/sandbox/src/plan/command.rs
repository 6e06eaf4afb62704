//! Commands of a unit and the phase of its life they belong to.

use serde::Serialize;

/// When a command is run (systemd.service(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// `ExecCondition=`
    Condition,
    /// `ExecStartPre=`
    StartPre,
    /// `ExecStart=`
    Start,
    /// `ExecStartPost=`
    StartPost,
    /// `ExecReload=`
    Reload,
    /// `ExecReloadPost=`
    ReloadPost,
    /// `ExecStop=`
    Stop,
    /// `ExecStopPost=`
    StopPost,
}

impl Phase {
    /// The directive whose commands belong to it.
    #[must_use]
    pub const fn directive(self) -> &'static str {
        match self {
            Self::Condition => "ExecCondition",
            Self::StartPre => "ExecStartPre",
            Self::Start => "ExecStart",
            Self::StartPost => "ExecStartPost",
            Self::Reload => "ExecReload",
            Self::ReloadPost => "ExecReloadPost",
            Self::Stop => "ExecStop",
            Self::StopPost => "ExecStopPost",
        }
    }

    /// Whether it is one of the commands besides the service itself.
    #[must_use]
    pub const fn is_control(self) -> bool {
        !matches!(self, Self::Start)
    }
}
