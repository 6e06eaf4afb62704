//! Which files a program needs to start: interpreter, shared libraries and scripts' interpreters,
//! as the kernel and the loader find them.
//!
//! ```no_run
//! use std::path::Path;
//! use unitward_elf::{Program, Root, SearchOptions, closure, wx_reasons};
//!
//! # fn main() -> Result<(), unitward_elf::Error> {
//! let root = Root::open("/")?;
//! let program = Program::read(&root, Path::new("/usr/sbin/nginx"))?;
//! let closure = closure(&root, &program, &SearchOptions::default());
//! let outside = closure.files.iter().filter(|file| !file.located.path.starts_with("/usr"));
//! let reasons = wx_reasons(&closure);
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is executed and nothing is written; of large files only the needed parts are read. No
//! file, however it is made, leads to more than two million steps of look-up for one closure.
//!
//! # Limits
//! Not followed are: programs for other machines through binfmt_misc, auditing objects (LD_AUDIT,
//! DT_AUDIT), optional filters (DT_AUXILIARY), and the directories for old kinds of processors that
//! glibc before 2.37 searched (`tls`, `haswell`, ...). Programs with a static copy of the C library
//! tell nothing of what they open later.

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
pub use wx::{Evidence, WxEffect, WxReason, wx_reason_of_name, wx_reasons};
