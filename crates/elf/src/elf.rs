//! What the kernel and the dynamic loader read of an ELF object.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use object::elf::{
    DF_1_NODEFLIB, DF_TEXTREL, DT_FILTER, DT_FLAGS, DT_FLAGS_1, DT_GNU_HASH, DT_HASH, DT_NEEDED,
    DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRTAB, DT_SYMTAB, DT_TEXTREL, DynamicTag,
    ELFCLASS64, ET_DYN, ET_EXEC, FileHeader32, FileHeader64, PF_W, PF_X, PT_DYNAMIC, PT_GNU_STACK,
    PT_INTERP, PT_LOAD, PT_NOTE,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, pod};

use crate::arch::{Architecture, ByteOrder, Class};
use crate::error::Defect;
use crate::source::{Block, Source, Strings};

/// The kernel's limit of the table of segments, in bytes.
const SEGMENTS_MAX: u64 = 65_536;
/// The kernel's PATH_MAX, for PT_INTERP.
const INTERPRETER_MAX: u64 = 4096;
/// Real objects have some dozens of entries.
const DYNAMIC_MAX: u64 = 1 << 18;
/// Real objects need up to a few hundred.
const NEEDED_MAX: usize = 1024;
/// The longest list of directories that is read, and twice that for all names.
const STRING_MAX: u64 = 65_536;

/// An ELF object: a program or a shared object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// What it runs on.
    pub architecture: Architecture,
    /// Whether its addresses are fixed.
    pub placement: Placement,
    /// The dynamic loader (PT_INTERP), which the kernel starts in its place.
    pub interpreter: Option<PathBuf>,
    /// The name by which others need it (DT_SONAME).
    pub soname: Option<OsString>,
    /// The objects that it needs (DT_NEEDED and DT_FILTER), as they are written.
    pub needed: Vec<OsString>,
    /// Where the objects that it and those below it need are looked for (DT_RPATH).
    pub rpath: Option<OsString>,
    /// Where the objects that it needs itself are looked for (DT_RUNPATH).
    pub runpath: Option<OsString>,
    /// What it says of its stack.
    pub stack: Stack,
    /// How it is mapped against W^X.
    pub memory: MemoryUse,
    /// Whether the default directories are not searched for what it needs (DF_1_NODEFLIB).
    pub no_default_directories: bool,
    pub(crate) segments: Vec<Segment>,
    pub(crate) tables: Tables,
    /// Where the notes (PT_NOTE) are in the file, with their length.
    pub(crate) notes: Vec<(u64, u64)>,
}

/// Whether the addresses of an object are fixed (`e_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// ET_EXEC: a program at fixed addresses.
    Fixed,
    /// ET_DYN: a position-independent program, or a shared object.
    Anywhere,
}

/// What an object says of its stack (PT_GNU_STACK).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stack {
    /// It must be executable.
    Executable,
    /// It need not be executable.
    NotExecutable,
    /// Nothing; kernel and loader have defaults.
    Unstated,
}

/// What of an object's mappings is both written and executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MemoryUse {
    /// A segment (PT_LOAD) is writable and executable.
    pub writable_code: bool,
    /// Code is relocated when it is loaded (DT_TEXTREL).
    pub text_relocations: bool,
}

/// Where the tables of symbols are, as addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tables {
    pub(crate) names: Option<u64>,
    pub(crate) symbols: Option<u64>,
    pub(crate) hash: Option<u64>,
    pub(crate) gnu_hash: Option<u64>,
}

/// A part of the file that is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) address: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) writable: bool,
    pub(crate) executable: bool,
}

impl Elf {
    pub(crate) fn read(source: &Source<'_>, head: &Block) -> Result<Self, Defect> {
        if head.bytes().get(4) == Some(&ELFCLASS64.0) {
            Self::of::<FileHeader64<Endianness>>(source, head, Class::Bits64)
        } else {
            Self::of::<FileHeader32<Endianness>>(source, head, Class::Bits32)
        }
    }

    fn of<H: FileHeader<Endian = Endianness>>(
        source: &Source<'_>,
        head: &Block,
        class: Class,
    ) -> Result<Self, Defect> {
        let header = H::parse(head.bytes()).map_err(|_| Defect::Header)?;
        let endian = header.endian().map_err(|_| Defect::Header)?;
        let placement = match header.e_type(endian) {
            ET_EXEC => Placement::Fixed,
            ET_DYN => Placement::Anywhere,
            other => return Err(Defect::Type(other.0)),
        };
        let order = match endian {
            Endianness::Little => ByteOrder::Little,
            Endianness::Big => ByteOrder::Big,
        };
        let machine = header.e_machine(endian).0;
        let mut elf = Self::empty(
            Architecture {
                machine,
                class,
                order,
            },
            placement,
        );
        let dynamic = elf.read_segments(source, head, header)?;
        elf.read_dynamic(source, &dynamic)?;
        Ok(elf)
    }

    fn empty(architecture: Architecture, placement: Placement) -> Self {
        Self {
            architecture,
            placement,
            interpreter: None,
            soname: None,
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            stack: Stack::Unstated,
            memory: MemoryUse::default(),
            no_default_directories: false,
            segments: Vec::new(),
            tables: Tables::default(),
            notes: Vec::new(),
        }
    }

    fn read_segments<H: FileHeader<Endian = Endianness>>(
        &mut self,
        source: &Source<'_>,
        head: &Block,
        header: &H,
    ) -> Result<Vec<(i64, u64)>, Defect> {
        let endian = header.endian().map_err(|_| Defect::Header)?;
        let entry = u64::from(header.e_phentsize(endian));
        let count = header.e_phnum(endian);
        let length = entry * u64::from(count);
        if entry != size_of::<H::ProgramHeader>() as u64 || length == 0 || length > SEGMENTS_MAX {
            return Err(Defect::Segments);
        }
        let start: u64 = header.e_phoff(endian).into();
        let near = usize::try_from(start)
            .ok()
            .and_then(|start| head.bytes().get(start..));
        let (block, table) = match near {
            // The structures ask for eight byte alignment, which a crafted offset does not have.
            Some(near) if start.is_multiple_of(8) && near.len() as u64 >= length => (None, near),
            _ => (
                Some(source.exact(start, length, "table of segments")?),
                [].as_slice(),
            ),
        };
        let table = block.as_ref().map_or(table, Block::bytes);
        let (table, _) = pod::slice_from_bytes::<H::ProgramHeader>(table, usize::from(count))
            .map_err(|()| Defect::Segments)?;

        let mut entries = Vec::new();
        for segment in table {
            let (offset, length) = segment.file_range(endian);
            let flags = segment.p_flags(endian);
            let (writable, executable) = (flags.contains(PF_W), flags.contains(PF_X));
            match segment.p_type(endian) {
                PT_LOAD => {
                    self.memory.writable_code |= writable && executable;
                    let address = segment.p_vaddr(endian).into();
                    self.segments.push(Segment {
                        address,
                        offset,
                        length,
                        writable,
                        executable,
                    });
                }
                PT_INTERP if self.interpreter.is_none() => {
                    self.interpreter = Some(interpreter(source, offset, length)?);
                }
                PT_GNU_STACK if executable => self.stack = Stack::Executable,
                PT_GNU_STACK => self.stack = Stack::NotExecutable,
                PT_NOTE => self.notes.push((offset, length)),
                PT_DYNAMIC => entries = dynamic::<H::Dyn>(source, endian, offset, length)?,
                _ => {}
            }
        }
        Ok(entries)
    }

    fn read_dynamic(&mut self, source: &Source<'_>, dynamic: &[(i64, u64)]) -> Result<(), Defect> {
        // As in the loader, the last entry of a tag counts.
        let last = |tag: DynamicTag| {
            dynamic
                .iter()
                .rev()
                .find(|entry| entry.0 == tag.0)
                .map(|entry| entry.1)
        };
        self.tables = Tables {
            names: last(DT_STRTAB),
            symbols: last(DT_SYMTAB),
            hash: last(DT_HASH),
            gnu_hash: last(DT_GNU_HASH),
        };
        let mut strings = Strings::new(source, "table of names", STRING_MAX);
        let mut total = 0;
        let mut string = |elf: &Self, value: u64| {
            let address = elf.tables.names.and_then(|table| table.checked_add(value));
            let offset = address.and_then(|address| elf.offset(address));
            let offset = offset.ok_or(Defect::Unmapped {
                part: "table of names",
            })?;
            let name = strings.at(offset)?;
            total += name.len() as u64;
            if total > 2 * STRING_MAX {
                return Err(Defect::Excess {
                    part: "sum of names",
                    limit: 2 * STRING_MAX,
                });
            }
            Ok(OsString::from_vec(name.to_vec()))
        };
        for (tag, value) in dynamic.iter().copied() {
            match DynamicTag(tag) {
                DT_NEEDED | DT_FILTER => {
                    if self.needed.len() == NEEDED_MAX {
                        let part = "list of needed libraries";
                        return Err(Defect::Excess {
                            part,
                            limit: NEEDED_MAX as u64,
                        });
                    }
                    let name = string(self, value)?;
                    self.needed.push(name);
                }
                DT_SONAME => self.soname = Some(string(self, value)?),
                DT_RPATH => self.rpath = Some(string(self, value)?),
                DT_RUNPATH => self.runpath = Some(string(self, value)?),
                DT_TEXTREL => self.memory.text_relocations = true,
                DT_FLAGS => {
                    self.memory.text_relocations |= value & DF_TEXTREL.0 != 0;
                }
                DT_FLAGS_1 => {
                    self.no_default_directories |= value & DF_1_NODEFLIB.0 != 0;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the GNU loader takes it for an object that needs an executable stack: one that says
    /// nothing does on most machines.
    pub fn wants_executable_stack(&self) -> bool {
        match self.stack {
            Stack::Executable => true,
            Stack::NotExecutable => false,
            Stack::Unstated => self.architecture.unstated_stack_is_executable(),
        }
    }

    /// Where an address is in the file.
    pub(crate) fn offset(&self, address: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let inside = address.checked_sub(segment.address)?;
            if inside >= segment.length {
                return None;
            }
            segment.offset.checked_add(inside)
        })
    }
}

fn interpreter(source: &Source<'_>, offset: u64, length: u64) -> Result<PathBuf, Defect> {
    let part = "interpreter";
    if length > INTERPRETER_MAX {
        return Err(Defect::Excess {
            part,
            limit: INTERPRETER_MAX,
        });
    }
    let block = source.exact(offset, length, part)?;
    match block.bytes().split_last() {
        Some((0, path)) => {
            let end = path
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(path.len());
            Ok(OsString::from_vec(path.get(..end).unwrap_or_default().to_vec()).into())
        }
        _ => Err(Defect::Unterminated { part }),
    }
}

fn dynamic<D: Dyn<Endian = Endianness>>(
    source: &Source<'_>,
    endian: Endianness,
    offset: u64,
    length: u64,
) -> Result<Vec<(i64, u64)>, Defect> {
    let part = "dynamic section";
    if length > DYNAMIC_MAX {
        return Err(Defect::Excess {
            part,
            limit: DYNAMIC_MAX,
        });
    }
    let block = source.exact(offset, length, part)?;
    let count = block.bytes().len() / size_of::<D>();
    let (entries, _) =
        pod::slice_from_bytes::<D>(block.bytes(), count).map_err(|()| Defect::Outside { part })?;
    let entries = entries
        .iter()
        .take_while(|entry| entry.d_tag(endian) != DT_NULL);
    Ok(entries
        .map(|entry| (entry.tag(endian).0, entry.val(endian)))
        .collect())
}
