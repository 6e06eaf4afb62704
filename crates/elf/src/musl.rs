//! Where the musl loader looks for a library.

use std::ops::ControlFlow::{Break, Continue};
use std::os::unix::ffi::OsStrExt;

use crate::closure::Found;
use crate::error::Error;
use crate::loader::Musl;
use crate::options::Privilege;
use crate::process::Object;
use crate::search::{Search, Step, path};
use crate::token::Tokens;

/// Where it looks when there is no list.
const DIRECTORIES: &[u8] = b"/lib:/usr/local/lib:/usr/lib";
const LIST_MAX: u64 = 65_536;
/// Longer names are refused.
const NAME_MAX: usize = 255;
/// The libraries whose functions are all in the loader itself.
const BUILT_IN: [&[u8]; 7] = [
    b"libc.",
    b"libpthread.",
    b"librt.",
    b"libm.",
    b"libdl.",
    b"libutil.",
    b"libxnet.",
];

/// Whether the name is one of those that the loader provides itself.
pub(crate) fn is_built_in(name: &[u8]) -> bool {
    BUILT_IN.iter().any(|prefix| name.starts_with(prefix))
}

/// Looks for `name`, which the object `by` needs.
pub(crate) fn search(
    search: &mut Search<'_>,
    loader: &Musl,
    objects: &[Object],
    by: usize,
    name: &[u8],
) -> Step {
    if name.contains(&b'/') {
        search.probe(path(name.to_vec()), Found::Named)?;
        return Break(None);
    }
    if name.len() > NAME_MAX {
        return Break(None);
    }
    if search.options.privilege == Privilege::Same {
        let options = search.options;
        list(
            search,
            options.library_path.as_bytes(),
            name,
            Found::LibraryPath,
        )?;
    }
    inherited(search, objects, by, name)?;
    match search.root.read(&loader.paths, LIST_MAX) {
        Ok(paths) => list(search, &paths, name, Found::Default)?,
        Err(Error::NotFound { .. }) => list(search, DIRECTORIES, name, Found::Default)?,
        Err(_) => {}
    }
    match search.obstacle {
        // The first file of that name is taken, for whatever machine it is.
        Some(_) => Break(None),
        None => Continue(()),
    }
}

/// DT_RUNPATH, else DT_RPATH, of the object, of what made it be loaded, and so on.
fn inherited(search: &mut Search<'_>, objects: &[Object], by: usize, name: &[u8]) -> Step {
    let mut next = objects.get(by);
    while let Some(object) = next {
        search.step()?;
        let found = match object.elf() {
            Some(elf) if elf.runpath.is_some() => Found::Runpath,
            _ => Found::Rpath,
        };
        let paths = object
            .elf()
            .and_then(|elf| elf.runpath.as_ref().or(elf.rpath.as_ref()));
        if let Some(paths) = paths
            && let Some(paths) = expand(object, paths.as_bytes())
        {
            list(search, &paths, name, found)?;
        }
        next = object.by.and_then(|by| objects.get(by));
    }
    Continue(())
}

/// Only `$ORIGIN` is known; a list with any other token is ignored.
fn expand(object: &Object, paths: &[u8]) -> Option<Vec<u8>> {
    let token = |rest: &[u8]| rest.starts_with(b"$ORIGIN") || rest.starts_with(b"${ORIGIN}");
    let known = |at: usize| paths.get(at..).is_some_and(token);
    let mut tokens = paths.iter().enumerate().filter(|(_, byte)| **byte == b'$');
    if !tokens.all(|(at, _)| known(at)) {
        return None;
    }
    let origin = object.origin.as_os_str().as_bytes();
    let tokens = Tokens {
        origin,
        lib: b"",
        platform: b"",
    };
    Some(tokens.expand(paths, LIST_MAX as usize).into_owned())
}

fn list(search: &mut Search<'_>, paths: &[u8], name: &[u8], found: Found) -> Step {
    let elements = paths.split(|byte| *byte == b':' || *byte == b'\n');
    for directory in elements.filter(|element| !element.is_empty()) {
        search.probe(path([directory, b"/", name].concat()), found)?;
    }
    Continue(())
}
