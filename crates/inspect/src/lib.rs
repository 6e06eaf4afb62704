//! What sandbox a running process is really in, by what the kernel says of it, and how that compares to what its unit
//! promises.
//!
//! * [`Target`]: a process by a descriptor of its folder in /proc, so that a recycled number is never taken for it.
//! * [`State`]: all that is read of it; names and paths in it are the process's own and may hold anything.
//! * [`judge`]: of each directive of a unit whether it is in force, with the proof.
//! * [`effective`]: the settings that the state amounts to, for scoring.
//! * [`overview`]: all processes of the host.

mod drift;
mod effective;
mod features;
mod filters;
mod groups;
mod judge;
mod limits;
mod mounts;
mod namespaces;
mod network;
mod overview;
mod plan;
mod stat;
mod state;
mod status;
mod summary;
mod sys;
mod target;

pub use drift::{Drift, drift};
pub use effective::effective;
pub use features::{Feature, features};
pub use filters::{Answer, Decoded, Filters, Refused};
pub use groups::{ControlGroups, GroupProgram, Legacy};
pub use judge::{Judgement, Verdict, judge};
pub use limits::ResourceLimit;
pub use mounts::{Mount, Mounts};
pub use namespaces::{First, Namespace, Reference};
pub use network::{Network, Socket};
pub use overview::{Row, overview, pids};
pub use plan::plan;
pub use state::{Attributes, Depth, Differing, Label, State, Unknown};
pub use status::{Rights, Seccomp, Sets, capability};
pub use summary::MountSummary;
pub use target::{Target, Unreachable};
