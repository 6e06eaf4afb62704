//! The typed, resolved sandbox of a unit, with the origin of every value.
//!
//! [`resolve`] turns a loaded [`Unit`](unitward_unit::Unit) into [`Settings`]: one typed value for all that
//! shapes its processes, with what is implied resolved and marked. Everything above reads this; nobody
//! parses a value twice. The type of a field is the grammar of its directive (`values/`), the list of fields
//! is `table.rs`.

mod context;
mod entry;
mod filter;
mod implied;
pub mod manager;
mod resolve;
mod setting;
mod show;
mod table;
mod values;
mod verify;

pub use context::{Cause, Diagnostic, Effect};
pub use filter::FilterHost;
pub use manager::{Base, Manager};
pub use resolve::{Draft, Options, Resolution, resolve};
pub use setting::{Item, Setting, Source};
pub use show::Property;
pub use table::Settings;
pub use unitward_unit::load::Scope;
pub use values::*;
pub use verify::Refusal;
