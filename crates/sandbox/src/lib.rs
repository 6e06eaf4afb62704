//! The engine of `unitward run`: settings to a plan, the plan to a running process in exactly that sandbox.
//!
//! * [`plan`]: pure data, made by reading only. What is done, in which order, and which directive asked for it.
//! * `apply`: the fork, and what the child does before exec: it takes the steps one after the other, with no
//!   allocation, no lock and no logging. A failure comes back as one record and becomes a [`Failure`].
//! * [`Report`]: of each directive, whether it holds here.

mod apply;
mod cgroup;
mod dynamic_user;
mod exit;
mod failure;
mod host;
mod ipc;
mod places;
pub mod plan;
mod report;
mod service;
mod sockets;
mod sys;
mod users;

pub use cgroup::{
    ControlGroupPlan, GroupAction, GroupDemands, GroupLimit, GroupProgram, GroupStep, Hierarchies,
    Hierarchy, Hook,
};
pub use exit::Exit;
pub use failure::{Failure, message};
pub use host::Host;
pub use places::{PlaceStep, Places};
pub use plan::{Cause, Observer, Phase, ProcessPlan, Step};
pub use report::{Enforcement, Entry, Report};
pub use service::{
    Ending, Event, Life, Options, Outcome, Parting, Plan, ServiceResult, StreamChoice, Timeouts,
};
pub use sockets::{BindIpv6Only, Listen, SocketUnit};
