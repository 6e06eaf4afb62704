//! How a service is run, besides what its unit says.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::plan::Observer;
use crate::plan::environment::Variables;
use crate::sockets::SocketUnit;

/// What the caller decides.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// The variables of the calling process.
    pub environment: Variables,
    /// Standard input.
    pub input: StreamChoice,
    /// Standard output.
    pub output: StreamChoice,
    /// Standard error.
    pub error: StreamChoice,
    /// A file that gets the output which would go where unitward's own goes.
    pub log: Option<String>,
    /// Whether the service gets a pseudo-terminal.
    pub terminal: bool,
    /// The units whose sockets the service is given.
    pub sockets: Vec<SocketUnit>,
    /// A pipe from which unitward is told what to do with the started service, a letter an order: `r` to reload it, `s` to
    /// stop it. Reading from it does not block.
    pub orders: Option<Arc<OwnedFd>>,
    /// Who looks at what its processes do.
    pub observer: Option<Arc<dyn Observer>>,
    /// What becomes of it when unitward is killed.
    pub parting: Parting,
}

/// Who decides about a standard stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamChoice {
    /// The unit; where it says nothing, output goes where unitward's own goes.
    #[default]
    Unit,
    /// It is unitward's own, whatever the unit says.
    Own,
}

/// What becomes of a service when unitward is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parting {
    /// It is killed, too, and what was made for it is removed.
    #[default]
    DieWithParent,
    /// It goes on.
    Survive,
}
