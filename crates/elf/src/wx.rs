//! What needs memory that is both written and executed, which `MemoryDenyWriteExecute=` denies.

use std::ffi::OsStr;
use std::path::Path;

use crate::closure::{Closure, Needed, Role};
use crate::elf::Elf;
use crate::names::Kind;
use crate::process::Process;
use crate::runtimes;

/// Why a program is at odds with `MemoryDenyWriteExecute=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WxReason {
    /// The index in [`Closure::files`] of the file that it is about.
    pub file: usize,
    /// What it is, as a noun: "the Java virtual machine".
    pub what: &'static str,
    /// What it does with memory and what comes of it, as a sentence.
    pub why: &'static str,
    /// What comes of it.
    pub effect: WxEffect,
    /// What it is known from.
    pub evidence: Evidence,
}

/// What comes of `MemoryDenyWriteExecute=`, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WxEffect {
    /// The program does not start, or ends at once.
    Fails,
    /// It does not start where the kernel enforces the setting itself (Linux 6.3 with
    /// systemd 254), and starts where a seccomp filter stands in.
    FailsByKernel,
    /// It starts, and fails when it uses what the reason says.
    FailsInUse,
    /// It does without, more slowly.
    FallsBack,
}

/// What a reason is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The ELF headers of the file: certain.
    Headers,
    /// A library that is mapped at the start: it is there, whether it is used is not known.
    Library,
    /// The name of the program: likely.
    Name,
}

/// Finds what in the closure is at odds with `MemoryDenyWriteExecute=`, the worst first.
pub fn wx_reasons(closure: &Closure) -> Vec<WxReason> {
    let mut reasons: Vec<WxReason> = Vec::new();
    for process in &closure.processes {
        for (index, elf) in process.mapped() {
            let program = process.program() == Some(index);
            let part = if program {
                Part::Program
            } else {
                Part::Library
            };
            mappings(index, elf, part, &mut reasons);
            stack(process, index, elf, part, &mut reasons);
        }
    }
    for (index, file) in closure.files.iter().enumerate() {
        let elf = file.image.as_ref().and_then(|image| image.elf());
        if let Some(elf) = elf.filter(|elf| {
            elf.interpreter.is_none() && file.role != Role::Loader && file.role.is_executed()
        }) {
            mappings(index, elf, Part::Program, &mut reasons);
        }
        names(index, file, &mut reasons);
    }
    reasons.sort_by_key(|reason| reason.effect);
    reasons
}

/// What is known of a program from its name alone, for when the file itself is not at hand. The
/// index of the reason is 0.
pub fn wx_reason_of_name(program: &str) -> Option<WxReason> {
    let name = program.rsplit('/').next()?;
    let runtime = runtimes::find(Kind::Program, name)?;
    Some(WxReason {
        file: 0,
        what: runtime.what,
        why: runtime.why,
        effect: runtime.effect,
        evidence: Evidence::Name,
    })
}

/// Where in a process an object stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Program,
    Library,
}

fn mappings(file: usize, elf: &Elf, part: Part, reasons: &mut Vec<WxReason>) {
    let mut add = |what, why, effect| {
        reasons.push(WxReason {
            file,
            what,
            why,
            effect,
            evidence: Evidence::Headers,
        });
    };
    let what = "a segment that is writable and executable";
    match part {
        _ if !elf.memory.writable_code => {}
        Part::Program => {
            let why = "The kernel maps the program so, and kills it where it is denied.";
            add(what, why, WxEffect::FailsByKernel);
        }
        Part::Library => {
            let why = "The loader may not map the library so, and the program does not start.";
            add(what, why, WxEffect::Fails);
        }
    }
    if elf.memory.text_relocations {
        let why = "The loader has to change code while it loads it, and may not make it \
                   executable again.";
        add("code with text relocations", why, WxEffect::Fails);
    }
}

/// Only the GNU loader looks at what objects say of the stack.
fn stack(process: &Process, file: usize, elf: &Elf, part: Part, reasons: &mut Vec<WxReason>) {
    if !process.is_glibc() || !elf.wants_executable_stack() {
        return;
    }
    let (why, effect) = match part {
        Part::Program => (
            "The stacks of threads have to be executable as well, and no thread can be made.",
            WxEffect::FailsInUse,
        ),
        Part::Library if process.has_executable_stack() => return,
        Part::Library => (
            "The loader may not make the stack executable for the library, and the program does \
             not start.",
            WxEffect::Fails,
        ),
    };
    let (what, evidence) = ("an executable stack", Evidence::Headers);
    reasons.push(WxReason {
        file,
        what,
        why,
        effect,
        evidence,
    });
}

fn names(index: usize, file: &Needed, reasons: &mut Vec<WxReason>) {
    let (kind, evidence) = match file.role {
        Role::Library => (Kind::Library, Evidence::Library),
        Role::Program | Role::Interpreter => (Kind::Program, Evidence::Name),
        _ => return,
    };
    let name = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_owned);
    let found = [&file.asked, &file.located.path]
        .into_iter()
        .find_map(|path| runtimes::find(kind, &name(path)?));
    // A program and its libraries mostly belong to one runtime, which is said once.
    let said = |what| reasons.iter().any(|reason| reason.what == what);
    if let Some(runtime) = found.filter(|runtime| !said(runtime.what)) {
        reasons.push(WxReason {
            file: index,
            what: runtime.what,
            why: runtime.why,
            effect: runtime.effect,
            evidence,
        });
    }
}
