//! Trees of files for tests, with ELF files made byte by byte.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use unitward_elf::{Closure, Program, Role, Root, SearchOptions, closure};

/// A directory that goes away with the value.
pub(crate) struct Tree(PathBuf);

impl Tree {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tree-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file with mode 0755.
    pub(crate) fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.place(path);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    pub(crate) fn link(&self, path: &str, target: &str) -> &Self {
        symlink(target, self.place(path)).unwrap();
        self
    }

    pub(crate) fn root(&self) -> Root {
        Root::open(&self.0).unwrap()
    }

    pub(crate) fn closure(&self, program: &str) -> Closure {
        self.closure_with(
            program,
            &SearchOptions {
                levels: Vec::new(),
                ..Default::default()
            },
        )
    }

    pub(crate) fn closure_with(&self, program: &str, options: &SearchOptions) -> Closure {
        let root = self.root();
        let program = Program::read(&root, Path::new(program)).unwrap();
        closure(&root, &program, options)
    }

    fn place(&self, path: &str) -> PathBuf {
        let path = self.0.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The paths by which libraries are opened.
pub(crate) fn libraries(closure: &Closure) -> Vec<String> {
    let files = closure
        .files
        .iter()
        .filter(|file| file.role == Role::Library);
    files.map(|file| file.asked.display().to_string()).collect()
}

/// The names that are missing.
pub(crate) fn missing(closure: &Closure) -> Vec<String> {
    closure
        .missing
        .iter()
        .map(|it| it.name.to_string_lossy().into_owned())
        .collect()
}

/// An ELF file for x86-64 with one segment that holds all of it.
#[derive(Clone)]
pub(crate) struct Elf {
    pub(crate) machine: u16,
    pub(crate) interpreter: Option<&'static str>,
    pub(crate) strings: Vec<(u64, String)>,
    pub(crate) numbers: Vec<(u64, u64)>,
    pub(crate) flags: u32,
    pub(crate) stack: Option<u32>,
    pub(crate) text: Vec<u8>,
    pub(crate) imports: Vec<&'static str>,
    pub(crate) note: Option<String>,
}

pub(crate) const NEEDED: u64 = 1;
pub(crate) const HASH: u64 = 4;
pub(crate) const STRTAB: u64 = 5;
pub(crate) const SYMTAB: u64 = 6;
pub(crate) const TEXTREL: u64 = 22;
pub(crate) const SONAME: u64 = 14;
pub(crate) const RPATH: u64 = 15;
pub(crate) const RUNPATH: u64 = 29;
pub(crate) const FLAGS_1: u64 = 0x6fff_fffb;
pub(crate) const NODEFLIB: u64 = 0x800;

pub(crate) const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
pub(crate) const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

pub(crate) fn library() -> Elf {
    Elf {
        machine: 62,
        interpreter: None,
        strings: Vec::new(),
        numbers: Vec::new(),
        flags: 5,
        stack: Some(6),
        text: Vec::new(),
        imports: Vec::new(),
        note: None,
    }
}

pub(crate) fn program() -> Elf {
    Elf {
        interpreter: Some(GLIBC),
        ..library()
    }
}

/// A GNU loader with the directories /lib and /usr/lib.
pub(crate) fn glibc() -> Elf {
    let text = b"\0/lib/\0/usr/lib/\0\0/etc/ld.so.cache\0/etc/ld.so.preload\0".to_vec();
    Elf { text, ..library() }.soname("ld-linux-x86-64.so.2")
}

impl Elf {
    pub(crate) fn needs(self, name: &str) -> Self {
        self.string(NEEDED, name)
    }

    pub(crate) fn soname(self, name: &str) -> Self {
        self.string(SONAME, name)
    }

    pub(crate) fn string(mut self, tag: u64, text: &str) -> Self {
        self.strings.push((tag, text.to_owned()));
        self
    }

    pub(crate) fn number(mut self, tag: u64, value: u64) -> Self {
        self.numbers.push((tag, value));
        self
    }

    pub(crate) fn imports(mut self, name: &'static str) -> Self {
        self.imports.push(name);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let optional = [
            self.interpreter.is_some(),
            self.stack.is_some(),
            self.note.is_some(),
        ];
        let count = 2 + optional.iter().filter(|it| **it).count() as u16;
        let start = 64 + 56 * u64::from(count);
        let mut names = vec![0];
        let mut add = |text: &str| {
            let at = names.len();
            names.extend_from_slice(text.as_bytes());
            names.push(0);
            at as u64
        };
        let mut dynamic = Vec::new();
        for (tag, text) in &self.strings {
            dynamic.extend([*tag, add(text)]);
        }
        let symbols: Vec<u64> = self.imports.iter().map(|name| add(name)).collect();
        dynamic.extend(self.numbers.iter().flat_map(|(tag, value)| [*tag, *value]));
        let length = 8 * (dynamic.len() as u64 + 8);
        let table = start + length;
        let hash = table + 24 * (1 + symbols.len() as u64);
        let note = hash + 8;
        let note_bytes = self.note.as_deref().map(note_of).unwrap_or_default();
        let at = note + note_bytes.len() as u64;
        dynamic.extend([
            SYMTAB,
            BASE + table,
            HASH,
            BASE + hash,
            STRTAB,
            BASE + at,
            0,
            0,
        ]);
        let interpreter = at + names.len() as u64;
        if let Some(path) = self.interpreter {
            names.extend_from_slice(path.as_bytes());
            names.push(0);
        }
        names.extend_from_slice(&self.text);
        let end = at + names.len() as u64;

        let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        for value in [3, self.machine, 1, 0] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        for value in [0_u64, 64, 0] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        for value in [64_u16, 56, count, 0, 0, 0] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        let mut segment = |kind: u32, flags: u32, offset: u64, size: u64| {
            bytes.extend_from_slice(&kind.to_le_bytes());
            bytes.extend_from_slice(&flags.to_le_bytes());
            for value in [offset, BASE + offset, BASE + offset, size, size, 8] {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
        };
        segment(1, self.flags, 0, end);
        segment(2, 4, start, length);
        if let Some(path) = self.interpreter {
            segment(3, 4, interpreter, path.len() as u64 + 1);
        }
        if let Some(flags) = self.stack {
            segment(0x6474_e551, flags, 0, 0);
        }
        if self.note.is_some() {
            segment(4, 4, note, note_bytes.len() as u64);
        }
        let symbols = symbols.iter().flat_map(|name| [*name, 0, 0]);
        let words = dynamic.into_iter().chain([0, 0, 0]).chain(symbols);
        words.for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        for value in [1_u32, self.imports.len() as u32 + 1] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes.extend(note_bytes);
        bytes.extend(names);
        bytes
    }
}

/// A note of the kind that names libraries for dlopen(3).
fn note_of(json: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in [4_u32, json.len() as u32 + 1, 0x407c_0c0a] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(b"FDO\0");
    bytes.extend_from_slice(json.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// Where the file's first byte is mapped.
pub(crate) const BASE: u64 = 0x40_0000;
