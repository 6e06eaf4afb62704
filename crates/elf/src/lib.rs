//! Which files a program needs to start: interpreter, shared libraries and scripts' interpreters, as the loader finds them.

mod arch;
mod closure;
mod elf;
mod error;
mod glibc;
mod image;
mod implicit;
mod imports;
mod ldcache;
mod loader;
mod musl;
mod names;
mod options;
mod process;
mod root;
mod runtimes;
mod script;
mod search;
mod source;
mod start;
mod token;
mod tree;
mod wx;

pub use arch::{Architecture, ByteOrder, Class};
pub use closure::{Cause, Closure, Effect, Found, Missing, Needed, Role, closure};
pub use elf::{Elf, MemoryUse, Placement, Stack};
pub use error::{Defect, Error, FileKind};
pub use image::{Image, Program};
pub use implicit::{Certainty, Implicit, implicit_dependencies};
pub use options::{Privilege, SearchOptions};
pub use root::{Link, Located, Root};
pub use script::Script;
pub use wx::{Evidence, WxEffect, WxReason, wx_reasons};
