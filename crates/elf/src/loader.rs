//! Which dynamic loader a program asks for, and where that loader looks by itself.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::arch::Architecture;
use crate::elf::Elf;
use crate::source::Source;

/// How much of a loader is searched for the directories that are built into it.
const SCAN_MAX: u64 = 1 << 20;

/// A dynamic loader with what its file says of its search.
#[derive(Debug)]
pub(crate) enum Loader {
    Glibc(Glibc),
    Musl(Musl),
}

/// The GNU loader, ld.so(8).
#[derive(Debug)]
pub(crate) struct Glibc {
    /// The built-in directories, in the order of the search, without slashes at the end.
    pub(crate) directories: Vec<PathBuf>,
    /// What `$LIB` stands for.
    pub(crate) lib: Vec<u8>,
    pub(crate) cache: PathBuf,
    pub(crate) preload: PathBuf,
}

/// The musl loader.
#[derive(Debug)]
pub(crate) struct Musl {
    /// The file with the directories to search in place of the built-in ones.
    pub(crate) paths: PathBuf,
}

impl Loader {
    /// Reads the facts from the loader at `resolved`, which programs name `asked`.
    pub(crate) fn read(asked: &Path, resolved: &Path, elf: &Elf, source: &Source<'_>) -> Self {
        match Musl::named(asked).or_else(|| Musl::named(resolved)) {
            Some(musl) => Self::Musl(musl),
            None => Self::Glibc(Glibc::of(elf, source)),
        }
    }
}

impl Musl {
    /// musl's loader is known by its name, `ld-musl-ARCH.so.1`, and finds its list of directories
    /// in etc beside the directory that it is in.
    fn named(path: &Path) -> Option<Self> {
        let name = path.file_name()?.as_bytes();
        let architecture = name.strip_prefix(b"ld-musl-")?.strip_suffix(b".so.1")?;
        let prefix = path.parent()?.parent().unwrap_or(Path::new("/"));
        let name = [b"etc/ld-musl-", architecture, b".path"].concat();
        Some(Self {
            paths: prefix.join(OsString::from_vec(name)),
        })
    }
}

impl Glibc {
    /// Distributions build different directories into their loaders: it is their strings that
    /// tell, in the segments that are never written.
    fn of(elf: &Elf, source: &Source<'_>) -> Self {
        let mut facts = Facts::default();
        let mut left = SCAN_MAX;
        // The strings stand apart from the code, unless the linker made one segment of both.
        for executable in [false, true] {
            let constant = elf.segments.iter().filter(|segment| !segment.writable);
            for segment in constant.filter(|segment| segment.executable == executable) {
                let length = segment.length.min(left);
                left -= length;
                if let Ok(block) = source.prefix(segment.offset, length) {
                    facts.scan(block.bytes());
                }
            }
            if !facts.directories.is_empty() {
                break;
            }
        }
        let directories = match facts.directories {
            found if found.is_empty() => usual(elf.architecture),
            found => found,
        };
        let path = |bytes: Option<Vec<u8>>, usual: &str| {
            bytes.map_or_else(|| PathBuf::from(usual), |it| OsString::from_vec(it).into())
        };
        Self {
            lib: token(directories.first()),
            directories,
            cache: path(facts.cache, "/etc/ld.so.cache"),
            preload: path(facts.preload, "/etc/ld.so.preload"),
        }
    }
}

#[derive(Default)]
struct Facts {
    directories: Vec<PathBuf>,
    cache: Option<Vec<u8>>,
    preload: Option<Vec<u8>>,
}

impl Facts {
    /// The directories are adjacent strings that all end in a slash. They stand in the file more
    /// than once; the longest run is whole.
    fn scan(&mut self, bytes: &[u8]) {
        let mut run: Vec<&[u8]> = Vec::new();
        for string in bytes.split(|byte| *byte == 0) {
            if is_directory(string) {
                run.push(string);
                continue;
            }
            self.keep(&run);
            run.clear();
            if string.first() != Some(&b'/') {
                continue;
            }
            if string.ends_with(b"/ld.so.cache") {
                self.cache.get_or_insert_with(|| string.to_vec());
            } else if string.ends_with(b".so.preload") {
                self.preload.get_or_insert_with(|| string.to_vec());
            }
        }
        self.keep(&run);
    }

    fn keep(&mut self, run: &[&[u8]]) {
        if run.len() > self.directories.len() {
            let without_slash = |path: &&[u8]| {
                let path = path.strip_suffix(b"/").unwrap_or(path);
                PathBuf::from(OsString::from_vec(path.to_vec()))
            };
            self.directories = run.iter().map(without_slash).collect();
        }
    }
}

fn is_directory(string: &[u8]) -> bool {
    string.len() > 2
        && string.starts_with(b"/")
        && string.ends_with(b"/")
        && string.windows(4).any(|part| part == b"/lib")
        && string.iter().all(u8::is_ascii_graphic)
}

/// The directories of most distributions, for a loader that does not tell.
fn usual(architecture: Architecture) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    if let Some(multiarch) = architecture.multiarch() {
        directories.push(Path::new("/lib").join(multiarch));
        directories.push(Path::new("/usr/lib").join(multiarch));
    }
    directories.extend(["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(PathBuf::from));
    directories
}

/// `$LIB` is built in too: the first directory from `lib` on, as in `lib/x86_64-linux-gnu`.
fn token(directory: Option<&PathBuf>) -> Vec<u8> {
    let path = directory.map_or(b"/lib".as_slice(), |it| it.as_os_str().as_bytes());
    let start = path
        .windows(4)
        .rposition(|part| part == b"/lib")
        .map_or(0, |at| at + 1);
    path.get(start..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(bytes: &[u8]) -> Facts {
        let mut facts = Facts::default();
        facts.scan(bytes);
        facts
    }

    #[test]
    fn the_longest_run_of_directories_is_taken() {
        let facts = scanned(
            b"\x01\x02/etc/\0/lib/\0junk\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0\
              /lib/\0/usr/lib/\0\0/etc/ld.so.cache\0x/ld.so.cache\0/etc/ld.so.preload\0/usr/lib/",
        );
        let paths: Vec<_> = facts
            .directories
            .iter()
            .filter_map(|path| path.to_str())
            .collect();
        let multiarch = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"];
        assert_eq!(paths, [multiarch[0], multiarch[1], "/lib", "/usr/lib"]);
        assert_eq!(facts.cache.as_deref(), Some(b"/etc/ld.so.cache".as_slice()));
        assert_eq!(
            facts.preload.as_deref(),
            Some(b"/etc/ld.so.preload".as_slice())
        );
        assert_eq!(token(facts.directories.first()), b"lib/x86_64-linux-gnu");
        assert_eq!(token(Some(&PathBuf::from("/lib64"))), b"lib64");
        assert_eq!(
            token(Some(&PathBuf::from("/nix/store/x-glibc/lib"))),
            b"lib"
        );
    }

    #[test]
    fn musl_is_known_by_its_name() {
        let paths = |path: &str| Musl::named(Path::new(path)).map(|musl| musl.paths);
        assert_eq!(
            paths("/lib/ld-musl-x86_64.so.1"),
            Some(PathBuf::from("/etc/ld-musl-x86_64.path"))
        );
        assert_eq!(
            paths("/opt/musl/lib/ld-musl-armhf.so.1"),
            Some(PathBuf::from("/opt/musl/etc/ld-musl-armhf.path"))
        );
        assert_eq!(paths("/lib64/ld-linux-x86-64.so.2"), None);
    }
}
