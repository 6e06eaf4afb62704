//! From settings to a plan: what will be done, as data. Reads the system, changes nothing.

mod action;
mod attributes;
mod command;
mod context;
mod describe;
pub(crate) mod environment;
pub(crate) mod environment_file;
pub(crate) mod expand;
mod filters;
mod identity;
pub(crate) mod lacking;
pub(crate) mod mounts;
pub(crate) mod namespaces;
mod observer;
mod privileges;
pub(crate) mod process;
mod step;
mod steps;
mod streams;

pub use action::{
    Action, FileMode, Filter, Given, IdMaps, Namespaces, PassedDescriptor, Resource, StreamSource,
    Takeover, Terminal,
};
pub use command::Phase;
pub use mounts::{
    Content, From, Instance, LandlockRules, Missing, MountAction, Node, Place, TreeEntry,
};
pub use observer::{ObservedBy, Observer};
pub use process::ProcessPlan;
pub use step::{Cause, Step, Tolerance};

pub(crate) use mounts::ROOT_SLOT;

pub(crate) use context::{Context, UnitContext};
