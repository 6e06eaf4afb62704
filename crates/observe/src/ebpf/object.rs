//! The object that holds the programs: its maps are made, and the programs are told their numbers.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use object::elf::RelocationType;
use object::read::elf::ElfFile64;
use object::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
};

use crate::sys::{INSTRUCTION, Map, MapShape, load_program};

/// The place for maps in an object.
const MAPS: &str = "maps";
/// The size of a map's declaration: four numbers.
const DECLARATION: usize = 16;
/// R_BPF_64_64: the address of a map in the constant of a wide instruction.
const ADDRESS: RelocationType = RelocationType(1);
/// BPF_LD | BPF_IMM | BPF_DW.
const WIDE: u8 = 0x18;
/// BPF_PSEUDO_MAP_FD, in the place of the source register: the constant is the number of a map.
const IS_MAP: u8 = 1 << 4;

/// An object whose maps are made.
pub(super) struct Loaded<'a> {
    file: ElfFile64<'a>,
    maps: BTreeMap<String, Map>,
}

impl<'a> Loaded<'a> {
    /// Makes the maps of an object.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let file = ElfFile64::parse(bytes).map_err(|error| format!("the object: {error}"))?;
        let mut maps = BTreeMap::new();
        let section = file.section_by_name(MAPS).ok_or("the object has no maps")?;
        let data = section.data().map_err(|error| error.to_string())?;
        for symbol in file
            .symbols()
            .filter(|one| one.section_index() == Some(section.index()))
        {
            let name = symbol.name().unwrap_or_default();
            let at = usize::try_from(symbol.address()).unwrap_or(usize::MAX);
            let Some(shape) = shape(data, at).filter(|_| !name.is_empty()) else {
                continue;
            };
            let map =
                Map::new(shape).map_err(|errno| format!("the kernel makes no map: {errno}"))?;
            maps.insert(name.to_owned(), map);
        }
        Ok(Self { file, maps })
    }

    /// Loads the program `NAME` of the section `program/NAME`.
    pub(super) fn program(&self, name: &str) -> Result<OwnedFd, String> {
        let section = self
            .file
            .section_by_name(&format!("program/{name}"))
            .ok_or_else(|| format!("the object has no program {name}"))?;
        let mut code = section.data().map_err(|error| error.to_string())?.to_vec();
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                return Err(format!("{name} refers to something unknown"));
            };
            let symbol = self.file.symbol_by_index(index).ok();
            let symbol = symbol
                .and_then(|symbol| symbol.name().ok())
                .unwrap_or_default();
            let map = self
                .maps
                .get(symbol)
                .filter(|_| relocation.flags() == RelocationFlags::Elf { r_type: ADDRESS })
                .ok_or_else(|| format!("{name} refers to {symbol}, which is no map"))?;
            insert(&mut code, offset, map.number())
                .ok_or_else(|| format!("{name} refers to {symbol} in an unknown way"))?;
        }
        load_program(&code)
            .map_err(|errno| format!("the kernel refuses the program {name}: {errno}"))
    }

    /// Gives a map away.
    pub(super) fn map(&mut self, name: &str) -> Result<Map, String> {
        self.maps
            .remove(name)
            .ok_or_else(|| format!("the object has no map {name}"))
    }
}

fn shape(data: &[u8], at: usize) -> Option<MapShape> {
    let bytes = data.get(at..at.checked_add(DECLARATION)?)?;
    let mut numbers = bytes
        .chunks_exact(4)
        .map(|chunk| chunk.try_into().map(u32::from_le_bytes).unwrap_or_default());
    Some(MapShape {
        kind: numbers.next()?,
        key: numbers.next()?,
        value: numbers.next()?,
        entries: numbers.next()?,
    })
}

/// Writes the number of a map into the wide instruction at an offset.
fn insert(code: &mut [u8], offset: u64, number: i32) -> Option<()> {
    let at = usize::try_from(offset).ok()?;
    let instruction = code.get_mut(at..at.checked_add(INSTRUCTION)?)?;
    let [WIDE, registers, _, _, constant @ ..] = instruction else {
        return None;
    };
    *registers |= IS_MAP;
    constant.copy_from_slice(&number.to_le_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wide_instructions_take_a_map() {
        let mut code = [WIDE, 2, 0, 0, 0, 0, 0, 0, 0xb7, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(insert(&mut code, 0, 7), Some(()));
        assert_eq!(code[..8], [WIDE, 0x12, 0, 0, 7, 0, 0, 0]);
        assert_eq!(insert(&mut code, 8, 7), None);
        assert_eq!(insert(&mut code, 16, 7), None);
        assert_eq!(insert(&mut code, u64::MAX, 7), None);
    }
}
