//! Programs.

use unitward_elf::Image;

/// Any bytes as a program.
pub fn elf_program(data: &[u8]) {
    let _ = Image::parse(data);
}
