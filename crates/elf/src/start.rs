//! What execve(2) does with a program: scripts are followed to their interpreters.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::closure::{Cause, Closure, Effect, Found, Missing, Needed, Role};
use crate::error::{Error, FileKind};
use crate::image::{Image, Program};
use crate::process;
use crate::root::{Located, Root};

/// The interpreters that the kernel follows before it fails with ELOOP.
const INTERPRETERS_MAX: usize = 5;
/// Scripts that env(1) starts and that name env again, in one chain.
const EXECUTIONS_MAX: usize = 8;

/// Adds the program and all that its start needs.
pub(crate) fn follow(root: &Root, program: &Program, closure: &mut Closure) {
    let asked = closure.options.working_directory.join(&program.asked);
    let mut next = Some(Needed {
        asked,
        located: program.located.clone(),
        role: Role::Program,
        by: None,
        found: Found::Named,
        image: Some(Arc::clone(&program.image)),
    });
    for _ in 0..EXECUTIONS_MAX {
        let Some(file) = next else { return };
        next = execute(root, closure, file);
    }
    if let Some(file) = next {
        miss(
            closure,
            file.asked.as_os_str(),
            file.role,
            file.by,
            Cause::Nesting,
        );
    }
}

/// Follows one execve(2); returns what env(1) would execute then.
fn execute(root: &Root, closure: &mut Closure, file: Needed) -> Option<Needed> {
    let (mut asked, mut by, mut role) = (file.asked.clone(), file.by, file.role);
    let mut next = Ok((file.located.clone(), file.image.clone()?));
    let mut found = file.found;
    let mut argument = None;
    for _ in 0..=INTERPRETERS_MAX {
        let (located, image) = match next {
            Ok(it) => it,
            Err(cause) => {
                miss(closure, asked.as_os_str(), role, by, cause);
                return None;
            }
        };
        if !located.is_executable() {
            let cause = Cause::NotExecutable {
                path: located.path.clone(),
            };
            miss(closure, asked.as_os_str(), role, by, cause);
        }
        let index = closure.add(Needed {
            asked: asked.clone(),
            located: located.clone(),
            role,
            by,
            found,
            image: Some(Arc::clone(&image)),
        });
        match &*image {
            Image::Elf(_) => {
                process::start(root, closure, index, &image);
                let argument = argument.filter(|_| asked.file_name() == Some(OsStr::new("env")))?;
                return environment(root, closure, index, argument);
            }
            Image::Other => {
                let cause = Cause::Format { path: located.path };
                miss(closure, asked.as_os_str(), role, by, cause);
                return None;
            }
            Image::Script(script) => {
                asked = closure.options.working_directory.join(&script.interpreter);
                argument = script.argument.clone();
                (by, role, found) = (Some(index), Role::Interpreter, Found::Named);
                next = locate(root, closure, &asked)
                    .and_then(|located| Ok((located.clone(), root.image(&located)?)));
            }
        }
    }
    miss(closure, asked.as_os_str(), role, by, Cause::Nesting);
    None
}

/// What `env ARGUMENT` executes. coreutils' env splits the argument with -S only.
fn environment(
    root: &Root,
    closure: &mut Closure,
    env: usize,
    argument: impl AsRef<OsStr>,
) -> Option<Needed> {
    let argument = argument.as_ref().as_bytes();
    let split = [
        b"-S".as_slice(),
        b"-vS",
        b"--split-string=",
        b"--split-string",
    ];
    let split = split
        .iter()
        .find_map(|option| argument.strip_prefix(*option));
    let mut path = closure.options.path.as_bytes();
    let name = match split {
        None if argument.starts_with(b"-") || argument.contains(&b'=') => return None,
        None => argument,
        // Quotes and variables are left alone.
        Some(text) if text.iter().any(|byte| b"\"'\\$#".contains(byte)) => return None,
        Some(text) => {
            let mut words = text
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            loop {
                let word = words.next()?;
                match word {
                    b"-i" | b"-0" | b"-v" | b"--" | b"--ignore-environment" => {}
                    _ if word.starts_with(b"-") => return None,
                    _ => match word.strip_prefix(b"PATH=") {
                        Some(value) => path = value,
                        None if word.contains(&b'=') => {}
                        None => break word,
                    },
                }
            }
        }
    };
    let candidates: Vec<PathBuf> = if name.contains(&b'/') {
        vec![PathBuf::from(OsStr::from_bytes(name))]
    } else {
        let directories = path.split(|byte| *byte == b':');
        directories
            .map(|it| Path::new(OsStr::from_bytes(it)).join(OsStr::from_bytes(name)))
            .collect()
    };
    let found = if name.contains(&b'/') {
        Found::Named
    } else {
        Found::Path
    };
    let mut cause = Cause::NotFound;
    for candidate in candidates {
        let asked = closure.options.working_directory.join(candidate);
        let located = match locate(root, closure, &asked) {
            Ok(located) if located.kind == FileKind::Regular && located.is_executable() => located,
            Ok(_) | Err(Cause::NotFound) => continue,
            Err(error) => {
                cause = error;
                continue;
            }
        };
        match root.image(&located) {
            Ok(image) => {
                let (role, by, image) = (Role::Program, Some(env), Some(image));
                return Some(Needed {
                    asked,
                    located,
                    role,
                    by,
                    found,
                    image,
                });
            }
            Err(error) => cause = error.into(),
        }
    }
    miss(
        closure,
        OsStr::from_bytes(name),
        Role::Program,
        Some(env),
        cause,
    );
    None
}

/// Looks up a path; what is not there has no further reason.
pub(crate) fn locate(root: &Root, closure: &mut Closure, path: &Path) -> Result<Located, Cause> {
    root.walk(path, &mut closure.effort)
        .map_err(|error| match error {
            Error::NotFound { .. } => Cause::NotFound,
            Error::Effort { .. } => Cause::Excess,
            other => Cause::Unusable(other),
        })
}

fn miss(closure: &mut Closure, name: &OsStr, role: Role, by: Option<usize>, cause: Cause) {
    closure.missing.push(Missing {
        name: name.to_owned(),
        role,
        by,
        cause,
        effect: Effect::Fatal,
    });
}
