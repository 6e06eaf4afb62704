//! Which functions an object takes from others.

use std::fs::File;

use object::elf::{SHN_UNDEF, Sym32, Sym64};
use object::read::elf::Sym;
use object::{Endianness, U32, pod};

use crate::arch::Class;
use crate::elf::Elf;
use crate::error::Defect;
use crate::source::{Source, Strings};

/// Objects import some hundreds of symbols; more are not looked at.
const SYMBOLS_MAX: u64 = 40_000;
/// The longest name that is read; those of C functions are short, those of C++ are not wanted.
const NAME_MAX: u64 = 8192;

/// Calls `each` with the name of every symbol that the object does not define itself.
pub(crate) fn imports(elf: &Elf, file: &File, each: impl FnMut(&[u8])) -> Result<(), Defect> {
    let source = Source::file(file).map_err(Defect::Read)?;
    match elf.architecture.class {
        Class::Bits32 => read::<Sym32<Endianness>>(elf, &source, each),
        Class::Bits64 => read::<Sym64<Endianness>>(elf, &source, each),
    }
}

fn read<S: Sym<Endian = Endianness>>(
    elf: &Elf,
    source: &Source<'_>,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Defect> {
    let (Some(table), Some(names)) = (elf.tables.symbols, elf.tables.names) else {
        return Ok(());
    };
    let part = "table of symbols";
    let endian = elf.architecture.order.endianness();
    let offset = |address| elf.offset(address).ok_or(Defect::Unmapped { part });
    let start = offset(table)?;
    let length = count(elf, source)?.min(SYMBOLS_MAX) * size_of::<S>() as u64;
    let block = source.prefix(start, length)?;
    let count = block.bytes().len() / size_of::<S>();
    let (symbols, _) =
        pod::slice_from_bytes::<S>(block.bytes(), count).map_err(|()| Defect::Outside { part })?;
    let undefined = symbols
        .iter()
        .filter(|symbol| symbol.st_shndx(endian) == SHN_UNDEF);
    let mut at: Vec<u64> = undefined.map(|it| u64::from(it.st_name(endian))).collect();
    // In the order of the table of names, which is then read once from end to end.
    at.sort_unstable();
    at.dedup();
    let mut strings = Strings::new(source, "table of names", NAME_MAX);
    for name in at {
        let address = names.checked_add(name).ok_or(Defect::Unmapped { part })?;
        each(strings.at(offset(address)?)?);
    }
    Ok(())
}

/// How many symbols there are to look at. The GNU hash table has those that the object defines,
/// and says with which of them it begins.
fn count(elf: &Elf, source: &Source<'_>) -> Result<u64, Defect> {
    let part = "hash table";
    let Some(table) = elf.tables.gnu_hash.or(elf.tables.hash) else {
        return Ok(0);
    };
    let offset = elf.offset(table).ok_or(Defect::Unmapped { part })?;
    let block = source.exact(offset, 8, part)?;
    let words = pod::slice_from_bytes::<U32<Endianness>>(block.bytes(), 2);
    let count = words.ok().and_then(|(words, _)| words.get(1));
    let count = count.ok_or(Defect::Outside { part })?;
    Ok(u64::from(count.get(elf.architecture.order.endianness())))
}
