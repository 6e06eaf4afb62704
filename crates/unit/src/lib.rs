//! systemd unit files as they are loaded: lossless syntax, search path, drop-ins, templates, specifiers.
//!
//! The crate says *what is written and which files count*, not what it means; the meaning of a setting is the
//! business of the crates above. It depends on nothing of ours, never prints, and never panics on any input.
//!
//! * [`syntax`]: bytes to [`Document`] and back to the same bytes, with spans and problems.
//! * [`words`]: systemd's word splitting, quoting and C escapes.
//! * [`load`]: which files make a unit, and the manager's configuration.
//! * [`name`]: unit names, templates and instances, and their escaping.
//! * [`specifier`]: `%n` and its siblings; [`host`]: the facts behind them.

pub mod host;
pub mod load;
pub mod name;
pub mod specifier;
pub mod syntax;
pub mod words;

pub use host::{HostFacts, UserFacts};
pub use load::{Origin, SourceFile, Unit};
pub use name::{NameError, UnitKind, UnitName};
pub use specifier::{SpecifierCause, SpecifierError, Specifiers};
pub use syntax::{Assignment, Document, Position, Problem, ProblemKind, Span, Value};
