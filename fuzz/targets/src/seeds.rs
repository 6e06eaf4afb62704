//! Where inputs start from: the units of the conformance tests, the values of their keys, and a small ELF program.

use std::fs;

use unitward_seccomp::{Arch, Instruction, Policy, Program};

use unitward_conformance::corpus::{Corpus, home};
use unitward_conformance::generate::{Generator, pools};

/// Whole unit files, recorded and made up.
pub fn units() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for corpus in Corpus::ALL {
        for path in corpus.services().unwrap_or_default() {
            seeds.extend(fs::read(corpus.units().join(path)));
        }
    }
    let mut generator = Generator::new(1);
    seeds.extend((0..100).map(|_| generator.unit().into_bytes()));
    seeds
}

/// Values of single keys.
pub fn values() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = pools()
        .into_iter()
        .flat_map(|pool| pool.values)
        .map(String::into_bytes)
        .collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}

/// Unit names.
pub fn names() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        "a.service",
        "a@.service",
        "a@b.service",
        "a-b-c@x\\x2dy.service",
        "dev-disk-by\\x2duuid-1.swap",
        "-.mount",
        "system-getty.slice",
        "a.socket",
        "/srv/data/a b",
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec();
    for corpus in Corpus::ALL {
        seeds.extend(
            corpus
                .services()
                .unwrap_or_default()
                .into_iter()
                .map(String::into_bytes),
        );
    }
    seeds
}

/// Configurations.
pub fn configs() -> Vec<Vec<u8>> {
    let example = include_str!("../../../crates/cli/src/verbs/explain/config.md");
    let blocks = example.split("```toml\n").skip(1);
    let blocks = blocks.filter_map(|rest| Some(rest.split_once("```")?.0.as_bytes().to_vec()));
    let small: [&[u8]; 5] = [
        b"",
        b"threshold = 7.5\nselect = [\"UWB\", \"ALL\"]\nsecurity-policy = '../p.json'\n",
        b"[[unit]]\nname = 'a*?b'\nthreshold = 0x10\n[[unit]]\nname = \"\\u0000\"\nthreshold = nan\n",
        b"exception = [{ unit = '*', rule = 'uwh001', reason = 'x', expires = '2023-11-14' }]\nfail-on = 'never'",
        b"[[require]]\nunit = 'a'\nsetting = 'UMask'\nvalues = [\"\"\"\n0077\"\"\", '', ]\nreason = ''\n",
    ];
    blocks.chain(small.map(<[u8]>::to_vec)).collect()
}

/// Security policies.
pub fn policies() -> Vec<Vec<u8>> {
    let full = fs::read(home().join("policy/policy.json"));
    let small: [&[u8]; 4] = [
        b"{}",
        br#"{"PrivateTmp":{"weight":0}}"#,
        br#"{"UMask":{"range":1,"description_good":"a","description_bad":"b","description_na":"c","weight":1e9}}"#,
        br#"{"SystemCallFilter_swap":{"weight":18446744073709551615,"range":0},"ProtectHome":[null,-1,1.5,"x\u0000"]}"#,
    ];
    full.into_iter().chain(small.map(<[u8]>::to_vec)).collect()
}

/// System call filters: of a hardened service, and of single settings.
pub fn filters() -> Vec<Vec<u8>> {
    let bytes = |program: &Program| {
        let instruction = |it: &Instruction| {
            let (code, k) = (it.code.to_ne_bytes(), it.k.to_ne_bytes());
            [code[0], code[1], it.jt, it.jf, k[0], k[1], k[2], k[3]]
        };
        program
            .instructions()
            .iter()
            .flat_map(instruction)
            .collect()
    };
    let mut policies = vec![Policy::new(Arch::X86_64, 262); 4];
    for (at, policy) in policies.iter_mut().enumerate() {
        policy.restrict_suid_sgid = at == 0 || at == 3;
        policy.namespaces = (at == 1 || at == 3).then_some(0);
        policy.lock_personality = (at == 2 || at == 3).then_some(0);
        policy.protect_clock = at == 3;
    }
    let programs = policies
        .iter()
        .filter_map(|policy| policy.compile().ok().flatten());
    programs.map(|program| bytes(&program)).collect()
}

/// Programs: a script, and a made-up ELF object for each class and byte order.
pub fn programs() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        b"#! /usr/bin/env -S python3 -u\nprint()\n".to_vec(),
        b"#!/bin/sh\n".to_vec(),
        Vec::new(),
    ];
    for wide in [true, false] {
        for little in [true, false] {
            seeds.push(
                Writer {
                    bytes: Vec::new(),
                    wide,
                    little,
                }
                .program(),
            );
        }
    }
    seeds
}

/// Writes an ELF object: header, three program headers, an interpreter, a dynamic section and its strings.
struct Writer {
    bytes: Vec<u8>,
    wide: bool,
    little: bool,
}

impl Writer {
    fn program(mut self) -> Vec<u8> {
        const INTERPRETER: &[u8] = b"/lib64/ld-linux-x86-64.so.2\0";
        const STRINGS: &[u8] = b"\0libc.so.6\0libm.so.6\0$ORIGIN/../lib\0/opt/lib\0";
        let (header, entry, tag) = if self.wide { (64, 56, 16) } else { (52, 32, 8) };
        let interpreter = header + 4 * entry;
        let strings = interpreter + INTERPRETER.len() as u64;
        let dynamic = strings + STRINGS.len() as u64;
        let tags = [
            (1, 1),
            (1, 11),
            (15, 21),
            (29, 36),
            (5, strings),
            (10, STRINGS.len() as u64),
            (30, 8),
            (0, 0),
        ];
        let size = dynamic + tags.len() as u64 * tag;
        self.header(header, entry);
        self.segment(1, 5, 0, size);
        self.segment(3, 4, interpreter, INTERPRETER.len() as u64);
        self.segment(2, 6, dynamic, tags.len() as u64 * tag);
        self.segment(0x6474_e551, 7, 0, 0);
        self.bytes.extend(INTERPRETER);
        self.bytes.extend(STRINGS);
        for (kind, value) in tags {
            self.word(kind);
            self.word(value);
        }
        self.bytes
    }

    fn header(&mut self, size: u64, entry: u64) {
        let class = if self.wide { 2 } else { 1 };
        let order = if self.little { 1 } else { 2 };
        self.bytes.extend([
            0x7f, b'E', b'L', b'F', class, order, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]);
        self.number(3, 2);
        self.number(if self.wide { 62 } else { 3 }, 2);
        self.number(1, 4);
        self.word(0);
        self.word(size);
        self.word(0);
        self.number(0, 4);
        for value in [size, entry, 4, 0, 0, 0] {
            self.number(value, 2);
        }
    }

    fn segment(&mut self, kind: u64, flags: u64, offset: u64, size: u64) {
        self.number(kind, 4);
        if self.wide {
            self.number(flags, 4);
        }
        for value in [offset, offset, offset, size, size] {
            self.word(value);
        }
        if !self.wide {
            self.number(flags, 4);
        }
        self.word(8);
    }

    fn word(&mut self, value: u64) {
        self.number(value, if self.wide { 8 } else { 4 });
    }

    fn number(&mut self, value: u64, width: usize) {
        let bytes = value.to_le_bytes();
        let used = bytes.iter().take(width).copied();
        if self.little {
            self.bytes.extend(used);
        } else {
            self.bytes.extend(used.rev());
        }
    }
}

#[cfg(test)]
mod tests {
    use unitward_elf::Image;

    use super::*;

    #[test]
    fn made_up_programs_are_programs() {
        let elves = programs()
            .iter()
            .filter_map(|bytes| Image::parse(bytes).ok())
            .filter(|p| p.elf().is_some())
            .count();
        assert_eq!(elves, 4);
    }

    #[test]
    fn there_is_something_to_start_from() {
        assert!(units().len() > 400, "{}", units().len());
        assert!(values().len() > 400, "{}", values().len());
        assert!(names().len() > 300, "{}", names().len());
    }
}
