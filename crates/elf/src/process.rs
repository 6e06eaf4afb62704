//! One ELF program with all objects that its loader maps.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::closure::{Cause, Closure, Effect, Found, Missing, Needed, Role};
use crate::elf::Elf;
use crate::image::Image;
use crate::loader::Loader;
use crate::options::Privilege;
use crate::root::{Located, Root};
use crate::search::{Hit, Search};
use crate::{glibc, musl};

/// More objects than any program maps.
const OBJECTS_MAX: usize = 2048;
/// For the list of libraries to load before others.
const PRELOAD_MAX: u64 = 65_536;

/// The objects of one process, in the order in which the loader maps them.
#[derive(Debug)]
pub(crate) struct Process {
    loader: Arc<Loader>,
    objects: Vec<Object>,
    /// The objects by all names that they are known by.
    names: HashMap<OsString, usize>,
    /// The objects by their resolved path.
    paths: HashMap<PathBuf, usize>,
    /// How many objects have had what they need loaded.
    done: usize,
}

/// An object that is mapped.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its index among the files.
    pub(crate) file: usize,
    /// The index of the object that made it be loaded.
    pub(crate) by: Option<usize>,
    /// The directory that it is in.
    pub(crate) origin: PathBuf,
    image: Arc<Image>,
}

impl Object {
    pub(crate) fn elf(&self) -> Option<&Elf> {
        self.image.elf()
    }
}

/// Adds to the closure what the ELF program, which is file `program` of it, has mapped.
pub(crate) fn start(root: &Root, closure: &mut Closure, program: usize, image: &Arc<Image>) {
    let Some(elf) = image.elf() else { return };
    let Some(asked) = &elf.interpreter else {
        return;
    };
    let Some((loader, facts)) = loader(root, closure, program, elf, asked) else {
        return;
    };
    let origin = closure
        .files
        .get(program)
        .map(|file| directory(&file.located.path));
    let mut process = Process {
        loader: facts,
        objects: Vec::new(),
        names: HashMap::new(),
        paths: HashMap::new(),
        done: 0,
    };
    process.push(closure, program, None, origin.unwrap_or_default(), image);
    if let Some(image) = closure
        .files
        .get(loader)
        .and_then(|file| file.image.clone())
    {
        process.push(closure, loader, Some(0), directory(asked), &image);
        process.names.insert(asked.clone().into(), 1);
    }
    process.preload(root, closure, loader);
    process.finish(root, closure);
    closure.processes.push(process);
}

/// Finds the dynamic loader, as the kernel does.
fn loader(
    root: &Root,
    closure: &mut Closure,
    program: usize,
    elf: &Elf,
    asked: &Path,
) -> Option<(usize, Arc<Loader>)> {
    let path = closure.options.working_directory.join(asked);
    let found = find_loader(root, closure, elf, &path);
    let (located, image, facts) = match found {
        Ok(found) => found,
        Err(cause) => {
            closure.missing.push(Missing {
                name: asked.into(),
                role: Role::Loader,
                by: Some(program),
                cause,
                effect: Effect::Fatal,
            });
            return None;
        }
    };
    let index = closure.add(Needed {
        asked: path,
        located,
        role: Role::Loader,
        by: Some(program),
        found: Found::Named,
        image: Some(image),
    });
    let read = match &*facts {
        Loader::Glibc(glibc) => [Some(&glibc.cache), Some(&glibc.preload)],
        Loader::Musl(musl) => [Some(&musl.paths), None],
    };
    for path in read.into_iter().flatten() {
        if let Ok(located) = root.walk(path, &mut closure.effort) {
            closure.add(Needed {
                asked: path.clone(),
                located,
                role: Role::Configuration,
                by: Some(index),
                found: Found::Named,
                image: None,
            });
        }
    }
    Some((index, facts))
}

fn find_loader(
    root: &Root,
    closure: &mut Closure,
    elf: &Elf,
    path: &Path,
) -> Result<(Located, Arc<Image>, Arc<Loader>), Cause> {
    let located = crate::start::locate(root, closure, path)?;
    let image = root.image(&located)?;
    let Some(own) = image.elf() else {
        return Err(Cause::Format { path: located.path });
    };
    if own.architecture != elf.architecture {
        return Err(Cause::Foreign {
            path: located.path,
            architecture: own.architecture,
        });
    }
    let facts = root.loader(path, &located, own)?;
    Ok((located, image, facts))
}

impl Process {
    /// The index of the program among the files.
    pub(crate) fn program(&self) -> Option<usize> {
        self.objects.first().map(|object| object.file)
    }

    /// The objects with their index among the files.
    pub(crate) fn mapped(&self) -> impl Iterator<Item = (usize, &Elf)> {
        self.objects
            .iter()
            .filter_map(|object| Some((object.file, object.elf()?)))
    }

    /// Whether a file is the program, or was first needed by the program itself.
    pub(crate) fn is_direct(&self, file: usize) -> bool {
        let object = self.objects.iter().find(|object| object.file == file);
        object.is_some_and(|object| object.by.is_none_or(|by| by == 0))
    }

    /// The index of the C library among the files.
    pub(crate) fn libc(&self) -> Option<usize> {
        let index = match &*self.loader {
            // The second is that of Alpha and IA-64.
            Loader::Glibc(_) => ["libc.so.6", "libc.so.6.1"]
                .iter()
                .find_map(|name| self.names.get(OsStr::new(name)).copied())?,
            Loader::Musl(_) => 1,
        };
        self.objects.get(index).map(|object| object.file)
    }

    pub(crate) fn is_glibc(&self) -> bool {
        matches!(*self.loader, Loader::Glibc(_))
    }

    /// Whether the loader takes the stack for executable from the start.
    pub(crate) fn has_executable_stack(&self) -> bool {
        self.objects
            .first()
            .and_then(Object::elf)
            .is_some_and(Elf::wants_executable_stack)
    }

    /// The objects that are loaded before all that the program needs.
    fn preload(&mut self, root: &Root, closure: &mut Closure, loader: usize) {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let separator = |byte: &u8| byte.is_ascii_whitespace() || *byte == b':';
        if closure.options.privilege == Privilege::Same {
            let list = closure.options.preload.as_bytes();
            names.extend(list.split(separator).map(<[u8]>::to_vec));
        }
        if let Loader::Glibc(glibc) = &*Arc::clone(&self.loader)
            && let Ok(list) = root.read(&glibc.preload, PRELOAD_MAX)
        {
            for line in list.split(|byte| *byte == b'\n') {
                let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
                names.extend(line.split(separator).map(<[u8]>::to_vec));
            }
        }
        for name in names.iter().filter(|name| !name.is_empty()) {
            if let Err(cause) = self.load(root, closure, OsStr::from_bytes(name), 0) {
                closure.missing.push(Missing {
                    name: OsStr::from_bytes(name).to_owned(),
                    role: Role::Library,
                    by: Some(loader),
                    cause,
                    effect: Effect::Ignored,
                });
            }
        }
    }

    /// Loads a module, with what it needs, that the object which is file `by` opens. Returns
    /// whether it is there.
    pub(crate) fn open(
        &mut self,
        root: &Root,
        closure: &mut Closure,
        name: &OsStr,
        by: usize,
    ) -> bool {
        let by = self
            .objects
            .iter()
            .position(|object| object.file == by)
            .unwrap_or(0);
        let there = self.load(root, closure, name, by).is_ok();
        self.finish(root, closure);
        there
    }

    /// Loads what the objects need, breadth first, until all have what they need.
    fn finish(&mut self, root: &Root, closure: &mut Closure) {
        while let Some(object) = self.objects.get(self.done) {
            let (image, file) = (Arc::clone(&object.image), object.file);
            for name in image.elf().iter().flat_map(|elf| &elf.needed) {
                if let Err(cause) = self.load(root, closure, name, self.done) {
                    closure.missing.push(Missing {
                        name: name.clone(),
                        role: Role::Library,
                        by: Some(file),
                        cause,
                        effect: Effect::Fatal,
                    });
                }
            }
            self.done += 1;
        }
    }

    /// Loads one object by the name that the object `by` has for it.
    fn load(
        &mut self,
        root: &Root,
        closure: &mut Closure,
        name: &OsStr,
        by: usize,
    ) -> Result<usize, Cause> {
        if let Some(index) = self.names.get(name) {
            return Ok(*index);
        }
        if matches!(*self.loader, Loader::Musl(_)) && musl::is_built_in(name.as_bytes()) {
            return Ok(1);
        }
        let architecture = self
            .objects
            .first()
            .and_then(Object::elf)
            .map(|elf| elf.architecture);
        let mut search = Search {
            root,
            options: &closure.options,
            effort: &mut closure.effort,
            architecture: architecture.ok_or(Cause::NotFound)?,
            obstacle: None,
        };
        let step = match &*self.loader {
            Loader::Glibc(loader) => {
                glibc::search(&mut search, loader, &self.objects, by, name.as_bytes())
            }
            Loader::Musl(loader) => {
                musl::search(&mut search, loader, &self.objects, by, name.as_bytes())
            }
        };
        let obstacle = search.obstacle;
        let ControlFlow::Break(Some(hit)) = step else {
            return Err(obstacle.unwrap_or(Cause::NotFound));
        };
        let index = self.map(closure, hit, by)?;
        self.names.insert(name.to_owned(), index);
        Ok(index)
    }

    /// Takes a file that was found: a new object, or another path to one.
    fn map(&mut self, closure: &mut Closure, hit: Hit, by: usize) -> Result<usize, Cause> {
        let Hit {
            asked,
            located,
            image,
            found,
        } = hit;
        let known = self.paths.get(&located.path).copied();
        if known.is_none() && self.objects.len() == OBJECTS_MAX {
            return Err(Cause::Excess);
        }
        let origin = directory(&asked);
        let file = closure.add(Needed {
            asked,
            located,
            role: Role::Library,
            by: self.objects.get(by).map(|object| object.file),
            found,
            image: Some(Arc::clone(&image)),
        });
        Ok(known.unwrap_or_else(|| self.push(closure, file, Some(by), origin, &image)))
    }

    fn push(
        &mut self,
        closure: &Closure,
        file: usize,
        by: Option<usize>,
        origin: PathBuf,
        image: &Arc<Image>,
    ) -> usize {
        let index = self.objects.len();
        if let Some(soname) = image.elf().and_then(|elf| elf.soname.as_ref())
            && matches!(*self.loader, Loader::Glibc(_))
        {
            self.names.entry(soname.clone()).or_insert(index);
        }
        if let Some(file) = closure.files.get(file) {
            self.paths.entry(file.located.path.clone()).or_insert(index);
        }
        self.objects.push(Object {
            file,
            by,
            origin,
            image: Arc::clone(image),
        });
        index
    }
}

/// The directory of a file, without resolving anything.
fn directory(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("/")).to_owned()
}
