//! Which devices may be opened and made (BPF_PROG_TYPE_CGROUP_DEVICE).

use super::assembler::{Assembler, Condition, R1, R2, R3, R4, R5, Width};
use super::{GroupProgram, Hook};

/// The kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DeviceKind {
    Block,
    Char,
}

/// Devices by their numbers, with the access that is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceNumbers {
    pub(crate) kind: DeviceKind,
    /// Their major number; none for all.
    pub(crate) major: Option<u32>,
    /// Their minor number; none for all.
    pub(crate) minor: Option<u32>,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) mknod: bool,
}

/// BPF_DEVCG_ACC_* of linux/bpf.h.
const MKNOD: u32 = 1;
const READ: u32 = 2;
const WRITE: u32 = 4;

impl DeviceNumbers {
    const fn access(&self) -> u32 {
        let mut access = 0;
        if self.mknod {
            access |= MKNOD;
        }
        if self.read {
            access |= READ;
        }
        if self.write {
            access |= WRITE;
        }
        access
    }

    /// The program that grants what one of the rules grants alone, and nothing else.
    pub(crate) fn program(rules: &[Self]) -> Option<GroupProgram> {
        /// BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR.
        const BLOCK: u32 = 1;
        const CHAR: u32 = 2;
        let mut code = Assembler::default();
        // struct bpf_cgroup_dev_ctx: the access in the high half of the first word, the kind in the low half.
        code.load(Width::Word, R2, R1, 0);
        code.copy(R3, R2);
        code.and(R3, 0xffff);
        code.shift_right(R2, 16);
        code.load(Width::Word, R4, R1, 4);
        code.load(Width::Word, R5, R1, 8);
        for rule in rules {
            let next = code.label();
            let kind = match rule.kind {
                DeviceKind::Block => BLOCK,
                DeviceKind::Char => CHAR,
            };
            code.jump_if(R3, Condition::NotEqual, kind, next);
            if let Some(major) = rule.major {
                code.jump_if(R4, Condition::NotEqual, major, next);
            }
            if let Some(minor) = rule.minor {
                code.jump_if(R5, Condition::NotEqual, minor, next);
            }
            code.jump_if(R2, Condition::Shares, !rule.access(), next);
            code.verdict(true);
            code.place(next);
        }
        code.verdict(false);
        GroupProgram::new(Hook::DEVICE, code)
    }

    /// The rule in the form of the devices controller of version 1, as in `c 1:3 rwm`.
    pub(crate) fn line(&self) -> String {
        let kind = match self.kind {
            DeviceKind::Block => 'b',
            DeviceKind::Char => 'c',
        };
        let number = |number: Option<u32>| number.map_or("*".to_owned(), |n| n.to_string());
        let rights: String = [(self.read, 'r'), (self.write, 'w'), (self.mknod, 'm')]
            .into_iter()
            .filter_map(|(granted, letter)| granted.then_some(letter))
            .collect();
        format!(
            "{kind} {}:{} {rights}",
            number(self.major),
            number(self.minor)
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::cgroup::bpf::evaluate::evaluate;

    #[test]
    fn an_access_is_granted_when_one_rule_grants_all_of_it() {
        let rule = |kind, major, minor, rights: &str| DeviceNumbers {
            kind,
            major,
            minor,
            read: rights.contains('r'),
            write: rights.contains('w'),
            mknod: rights.contains('m'),
        };
        let rules = [
            rule(DeviceKind::Char, Some(1), Some(3), "r"),
            rule(DeviceKind::Char, Some(1), Some(3), "w"),
            rule(DeviceKind::Char, Some(136), None, "rw"),
            rule(DeviceKind::Block, None, None, "m"),
        ];
        let program = DeviceNumbers::program(&rules).unwrap();
        let allows = |kind: u32, access: u32, major: u32, minor: u32| {
            let words = [access << 16 | kind, major, minor];
            let context: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
            evaluate(&program.code, &context, &[]) == 1
        };
        let (block, char) = (1, 2);
        assert!(allows(char, READ, 1, 3) && allows(char, WRITE, 1, 3));
        assert!(!allows(char, READ | WRITE, 1, 3));
        assert!(!allows(char, READ, 1, 5) && !allows(char, READ, 2, 3));
        assert!(allows(char, READ | WRITE, 136, 77) && !allows(char, MKNOD, 136, 77));
        assert!(allows(block, MKNOD, 8, 0) && !allows(block, READ, 8, 0));
        assert!(!allows(block, READ, 1, 3));
        let none = DeviceNumbers::program(&[]).unwrap();
        assert_eq!(evaluate(&none.code, &[0; 12], &[]), 0);
    }

    #[test]
    fn a_rule_has_the_form_of_the_controller_too() {
        let rule = DeviceNumbers {
            kind: DeviceKind::Char,
            major: Some(136),
            minor: None,
            read: true,
            write: true,
            mknod: false,
        };
        assert_eq!(rule.line(), "c 136:* rw");
    }
}
