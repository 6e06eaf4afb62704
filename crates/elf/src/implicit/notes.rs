//! What objects say themselves of the libraries that they open: the notes of the "ELF dlopen
//! metadata" specification, <https://uapi-group.org/specifications/specs/elf_dlopen_metadata/>.

use std::fs::File;

use object::Endianness;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, NoteIterator};
use serde::Deserialize;

use super::Certainty::{Likely, Possible};
use super::Collector;
use crate::arch::Class;
use crate::elf::Elf;
use crate::source::Source;

const OWNER: &[u8] = b"FDO";
const KIND: u32 = 0x407c_0c0a;
/// All notes of an object together.
const NOTES_MAX: u64 = 65_536;

/// One entry of a note.
#[derive(Debug, Deserialize)]
struct Entry {
    /// Alternatives, of which the first that is there is opened.
    soname: Vec<String>,
    feature: Option<String>,
    #[serde(default)]
    priority: Priority,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Required,
    #[default]
    Recommended,
    Suggested,
    #[serde(other)]
    Unknown,
}

pub(super) fn collect(collector: &mut Collector<'_>, process: usize) {
    let Some(running) = collector.closure.processes.get(process) else {
        return;
    };
    let mut entries = Vec::new();
    for (file, elf) in running.mapped() {
        let needed = collector
            .closure
            .files
            .get(file)
            .filter(|_| !elf.notes.is_empty());
        let object = needed.and_then(|file| collector.root.open_file(&file.located).ok());
        let found = object.map(|object| read(elf, &object)).unwrap_or_default();
        entries.extend(found.into_iter().map(|entry| (file, entry)));
    }
    for (file, entry) in entries {
        let certainty = match entry.priority {
            Priority::Required | Priority::Recommended => Likely,
            Priority::Suggested | Priority::Unknown => Possible,
        };
        let why = match &entry.feature {
            Some(feature) => {
                format!("loads it for its feature {feature}, as its notes say")
            }
            None => "loads it, as its notes say".to_owned(),
        };
        for name in entry.soname.iter().take(8) {
            if collector.module(process, name.as_ref(), file, &why, certainty) {
                break;
            }
        }
    }
}

fn read(elf: &Elf, file: &File) -> Vec<Entry> {
    let Ok(source) = Source::file(file) else {
        return Vec::new();
    };
    match elf.architecture.class {
        Class::Bits32 => of::<FileHeader32<Endianness>>(elf, &source),
        Class::Bits64 => of::<FileHeader64<Endianness>>(elf, &source),
    }
}

/// Notes that cannot be read say nothing.
fn of<H: FileHeader<Endian = Endianness>>(elf: &Elf, source: &Source<'_>) -> Vec<Entry> {
    let endian = elf.architecture.order.endianness();
    let mut left = NOTES_MAX;
    let mut entries = Vec::new();
    for (offset, length) in &elf.notes {
        if *length > left {
            break;
        }
        left -= length;
        let Ok(block) = source.exact(*offset, *length, "notes") else {
            continue;
        };
        // The notes of this kind are aligned to four bytes.
        let Ok(mut notes) = NoteIterator::<H>::new(endian, H::Word::default(), block.bytes())
        else {
            continue;
        };
        while let Ok(Some(note)) = notes.next() {
            if note.name() != OWNER || note.n_type(endian).0 != KIND {
                continue;
            }
            let json = note
                .desc()
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default();
            entries.extend(serde_json::from_slice::<Vec<Entry>>(json).unwrap_or_default());
        }
    }
    entries
}
