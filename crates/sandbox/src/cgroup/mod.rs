//! The control group of a service: limits of resources, and programs of the kernel that decide about devices, packets
//! and sockets (systemd.resource-control(5)).
//!
//! [`plan`] reads the system and decides; what is done is data, a [`ControlGroupPlan`], which `make` carries out before
//! the first process. The group is made below the one that unitward itself is in, unless a systemd manages that one.

mod block;
mod bpf;
mod controllers;
mod demands;
mod devices;
mod group;
mod hierarchy;
mod limits;
mod network;
mod plan;
mod planner;
mod pressure;

pub use bpf::{GroupProgram, Hook};
pub use demands::{GroupDemands, GroupLimit};
pub(crate) use group::ControlGroup;
pub use hierarchy::{Hierarchies, Hierarchy};
pub use plan::{ControlGroupPlan, GroupAction, GroupStep};
pub(crate) use planner::plan;
