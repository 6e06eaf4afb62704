//! One look-up of a library: a file is tried at each place until one will do.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::arch::Architecture;
use crate::closure::{Cause, Found};
use crate::error::{Error, FileKind};
use crate::image::Image;
use crate::options::SearchOptions;
use crate::root::{Effort, Located, Root};

/// A file that will do.
pub(crate) struct Hit {
    pub(crate) asked: PathBuf,
    pub(crate) located: Located,
    pub(crate) image: Arc<Image>,
    pub(crate) found: Found,
}

/// Whether the search goes on: it ends with a file, or with none when the loader would give up.
pub(crate) type Step = ControlFlow<Option<Hit>>;

/// What a look-up works with.
pub(crate) struct Search<'a> {
    pub(crate) root: &'a Root,
    pub(crate) options: &'a SearchOptions,
    pub(crate) effort: &'a mut Effort,
    pub(crate) architecture: Architecture,
    /// What stood in the way, when nothing is found.
    pub(crate) obstacle: Option<Cause>,
}

impl Search<'_> {
    /// Tries one file. Like both loaders, passes over what is not there or may not be read; like
    /// the GNU loader, over libraries for other machines; and ends at anything unusable.
    pub(crate) fn probe(&mut self, path: PathBuf, found: Found) -> Step {
        let asked = self.options.working_directory.join(path);
        let located = match self.root.walk(&asked, self.effort) {
            Ok(located) => located,
            Err(Error::Effort { .. }) => return self.stop(Cause::Excess),
            Err(error @ Error::Read { .. }) => return self.pass(Cause::Unusable(error)),
            Err(_) => return ControlFlow::Continue(()),
        };
        if located.kind == FileKind::Directory {
            return ControlFlow::Continue(());
        }
        let image = match self.root.image(&located) {
            Ok(image) => image,
            Err(error @ Error::Read { .. }) => return self.pass(Cause::Unusable(error)),
            Err(error) => return self.stop(Cause::Unusable(error)),
        };
        match image.elf() {
            None => self.stop(Cause::Format { path: located.path }),
            Some(elf) if elf.architecture != self.architecture => self.pass(Cause::Foreign {
                path: located.path,
                architecture: elf.architecture,
            }),
            Some(_) => ControlFlow::Break(Some(Hit {
                asked,
                located,
                image,
                found,
            })),
        }
    }

    /// Takes one step that is not a look-up of a file.
    pub(crate) fn step(&mut self) -> Step {
        self.effort.0 = self.effort.0.saturating_sub(1);
        if self.effort.0 == 0 {
            self.stop(Cause::Excess)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn pass(&mut self, cause: Cause) -> Step {
        self.obstacle.get_or_insert(cause);
        ControlFlow::Continue(())
    }

    fn stop(&mut self, cause: Cause) -> Step {
        self.obstacle = Some(cause);
        ControlFlow::Break(None)
    }
}

/// A path from its bytes.
pub(crate) fn path(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}
