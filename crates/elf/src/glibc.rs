//! Where the GNU loader looks for a library, ld.so(8).

use std::ops::ControlFlow::{Break, Continue};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::closure::Found;
use crate::loader::Glibc;
use crate::options::Privilege;
use crate::process::Object;
use crate::search::{Search, Step, path};
use crate::token::Tokens;

/// A path of more than PATH_MAX bytes is none.
const PATH_MAX: usize = 4096;

/// Looks for `name`, which the object `by` needs.
pub(crate) fn search(
    search: &mut Search<'_>,
    loader: &Glibc,
    objects: &[Object],
    by: usize,
    name: &[u8],
) -> Step {
    let Some(object) = objects.get(by) else {
        return Continue(());
    };
    let name = tokens(loader, object, search)
        .expand(name, PATH_MAX)
        .into_owned();
    if name.contains(&b'/') {
        search.probe(path(name), Found::Named)?;
        return Break(None);
    }
    if object.elf().is_none_or(|elf| elf.runpath.is_none()) {
        inherited(search, loader, objects, by, &name)?;
    }
    if search.options.privilege == Privilege::Same {
        let options = search.options;
        let list = options.library_path.as_bytes();
        let separator = |byte: &u8| *byte == b':' || *byte == b';';
        for element in list.split(separator).filter(|_| !list.is_empty()) {
            directory(search, loader, object, element, &name, Found::LibraryPath)?;
        }
    }
    if let Some(list) = object.elf().and_then(|elf| elf.runpath.as_ref()) {
        for element in list.as_bytes().split(|byte| *byte == b':') {
            directory(search, loader, object, element, &name, Found::Runpath)?;
        }
    }
    let without_defaults = object.elf().is_some_and(|elf| elf.no_default_directories);
    if let Some(cache) = search.root.cache(&loader.cache)
        && let Some(path) = cache.find(&name, search.architecture, &search.options.levels)
    {
        let default = |path: &PathBuf| loader.directories.iter().any(|it| path.starts_with(it));
        if !(without_defaults && default(&path)) {
            search.probe(path, Found::Cache)?;
        }
    }
    if !without_defaults {
        for default in &loader.directories {
            levels(search, default.clone(), &name, Found::Default)?;
        }
    }
    Continue(())
}

/// DT_RPATH of the object, of what made it be loaded, and so on up to the program; each counts
/// only where there is no DT_RUNPATH beside it.
fn inherited(
    search: &mut Search<'_>,
    loader: &Glibc,
    objects: &[Object],
    by: usize,
    name: &[u8],
) -> Step {
    let mut next = objects.get(by);
    while let Some(object) = next {
        search.step()?;
        let elf = object.elf().filter(|elf| elf.runpath.is_none());
        if let Some(list) = elf.and_then(|elf| elf.rpath.as_ref()) {
            for element in list.as_bytes().split(|byte| *byte == b':') {
                directory(search, loader, object, element, name, Found::Rpath)?;
            }
        }
        next = object.by.and_then(|by| objects.get(by));
    }
    Continue(())
}

/// One element of a list of directories; an empty one is the working directory.
fn directory(
    search: &mut Search<'_>,
    loader: &Glibc,
    object: &Object,
    element: &[u8],
    name: &[u8],
    found: Found,
) -> Step {
    let expanded = tokens(loader, object, search).expand(element, PATH_MAX);
    let directory = path(expanded.to_vec());
    // In secure mode a directory with tokens must be a trusted one.
    if search.options.privilege == Privilege::Raised
        && expanded != element
        && !loader.directories.contains(&directory)
    {
        return Continue(());
    }
    levels(search, directory, name, found)
}

/// A directory, after its subdirectories for what the processor is fit for.
fn levels(search: &mut Search<'_>, directory: PathBuf, name: &[u8], found: Found) -> Step {
    let options = search.options;
    let name = path(name.to_vec());
    for level in &options.levels {
        let directory = directory.join("glibc-hwcaps").join(level);
        search.probe(directory.join(&name), found)?;
    }
    search.probe(directory.join(name), found)
}

fn tokens<'a>(loader: &'a Glibc, object: &'a Object, search: &Search<'_>) -> Tokens<'a> {
    let platform = search.architecture.name().unwrap_or_default().as_bytes();
    Tokens {
        origin: object.origin.as_os_str().as_bytes(),
        lib: &loader.lib,
        platform,
    }
}
