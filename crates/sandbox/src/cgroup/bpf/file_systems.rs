//! On which file systems files may be opened (BPF_PROG_TYPE_LSM, attached to one control group, Linux 6.0).

use super::assembler::{Assembler, R1, Width};
use super::ranges::{Ranges, Subject};
use super::types::Types;
use super::{GroupProgram, Hook};

/// Where this kernel has what the program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The function of the hook.
    function: u32,
    /// The offset of the inode in a file.
    inode: i16,
    /// The offset of the super-block in an inode.
    super_block: i16,
    /// The offset of the magic number in a super-block.
    magic: i16,
}

impl Layout {
    /// The layout of this kernel, from the types that it describes; the error says what is missing.
    pub(crate) fn read() -> Result<Self, String> {
        const FILE: &str = "/sys/kernel/btf/vmlinux";
        let bytes = std::fs::read(FILE).map_err(|_| {
            "this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)".to_owned()
        })?;
        let types = Types::new(&bytes).ok_or_else(|| format!("{FILE} cannot be read"))?;
        let missing =
            || "this kernel has no hook for the opening of files (CONFIG_BPF_LSM)".to_owned();
        let function = types.function("bpf_lsm_file_open").ok_or_else(missing)?;
        let offset = |structure, member| {
            types
                .offset(structure, member)
                .and_then(|offset| i16::try_from(offset).ok())
                .ok_or_else(|| format!("this kernel has no {member} in its struct {structure}"))
        };
        Ok(Self {
            function,
            inode: offset("file", "f_inode")?,
            super_block: offset("inode", "i_sb")?,
            magic: offset("super_block", "s_magic")?,
        })
    }

    /// The program that lets files be opened on file systems with these magic numbers only, or with `allow_list` false
    /// on all others only.
    pub(crate) fn program(&self, allow_list: bool, magic: &[u32]) -> Option<GroupProgram> {
        let named = Ranges::new(
            magic
                .iter()
                .map(|number| (u128::from(*number), u128::from(*number))),
        );
        let refused = if allow_list {
            named.complement(u32::MAX.into())
        } else {
            named
        };
        let mut code = Assembler::default();
        // The first argument of the hook is the file.
        code.load(Width::Double, R1, R1, 0);
        code.load(Width::Double, R1, R1, self.inode);
        code.load(Width::Double, R1, R1, self.super_block);
        code.load(Width::Double, R1, R1, self.magic);
        refused.refuse(&mut code, Subject::Word(R1));
        let mut program = GroupProgram::new(Hook::FILE_OPEN, code)?;
        program.function = self.function;
        Some(program)
    }
}
