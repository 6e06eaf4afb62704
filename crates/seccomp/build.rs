//! Turns the tables under `data/` into static Rust, so that nothing is parsed at run time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

const PROFILES: [u16; 3] = [252, 257, 262];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let mut code = String::new();
    let ids = calls(&mut code);
    let known = knowledge(&mut code, &ids);
    for profile in PROFILES {
        sets(&mut code, &ids, &known, profile);
    }
    for profile in [257, 262] {
        filesystems(&mut code, profile);
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("tables.rs"), code).expect("the output directory is writable");
}

/// The rows of a table: comment lines and, where there is one, the header line left out.
fn rows(name: &str) -> Vec<Vec<String>> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let path = root.join("data").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("name\t") && !line.is_empty())
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// Names, sorted, and for each the numbers by architecture, -1 for none.
fn calls(code: &mut String) -> BTreeMap<String, usize> {
    let rows = rows("syscalls.tsv");
    assert!(rows.is_sorted(), "syscalls.tsv is not sorted by name");
    let _ = writeln!(code, "pub(crate) const CALLS: usize = {};", rows.len());
    code.push_str("pub(crate) static NAMES: [&str; CALLS] = [\n");
    for row in &rows {
        let _ = writeln!(code, "{:?},", row[0]);
    }
    code.push_str("];\npub(crate) static NUMBERS: [[i32; 8]; CALLS] = [\n");
    for row in &rows {
        let numbers: Vec<i32> = row[1..]
            .iter()
            .map(|n| {
                if n == "-" {
                    -1
                } else {
                    n.parse().expect("a call number")
                }
            })
            .collect();
        let _ = writeln!(code, "{numbers:?},");
    }
    code.push_str("];\n");
    rows.into_iter()
        .enumerate()
        .map(|(id, row)| (row[0].clone(), id))
        .collect()
}

/// For each name the first profile whose libseccomp knows it: at all, on x86-64, on arm64 (0: none).
fn knowledge(code: &mut String, ids: &BTreeMap<String, usize>) -> Vec<[u16; 3]> {
    let mut table = vec![[0_u16; 3]; ids.len()];
    for row in rows("libseccomp.tsv") {
        let id = ids[&row[0]];
        for (place, cell) in table[id].iter_mut().zip(&row[1..]) {
            *place = if cell == "-" {
                0
            } else {
                cell.parse().expect("a version")
            };
        }
    }
    code.push_str("pub(crate) static KNOWN_SINCE: [[u16; 3]; CALLS] = [\n");
    for row in &table {
        let _ = writeln!(code, "{row:?},");
    }
    code.push_str("];\n");
    table
}

fn sets(code: &mut String, ids: &BTreeMap<String, usize>, known: &[[u16; 3]], profile: u16) {
    let rows = rows(&format!("sets-{profile}.tsv"));
    let members: BTreeMap<&str, Vec<&str>> = rows
        .iter()
        .map(|row| (row[0].as_str(), row[2].split(' ').collect()))
        .collect();
    let _ = writeln!(
        code,
        "pub(crate) static SETS_{profile}: &[crate::sets::SyscallGroup] = &["
    );
    for row in &rows {
        let mut flat = Vec::new();
        expand(&row[0], &members, &mut flat);
        let walk: Vec<usize> = flat.iter().map(|name| ids[*name]).collect();
        let mut bits = vec![0_u64; ids.len().div_ceil(64)];
        // A set stands for what libseccomp knows; the rest is skipped without a word.
        for id in walk
            .iter()
            .filter(|id| (1..=profile).contains(&known[**id][0]))
        {
            bits[id / 64] |= 1 << (id % 64);
        }
        let _ = writeln!(
            code,
            "crate::sets::SyscallGroup {{ name: {:?}, description: {:?}, members: &{:?}, order: &{walk:?}, \
             flat: crate::calls::SyscallSet::from_words({bits:?}) }},",
            row[0],
            row[1],
            members[row[0].as_str()]
        );
    }
    code.push_str("];\n");
}

/// The calls of a set, those of nested sets where these stand. Sets do not contain themselves.
fn expand<'a>(set: &'a str, members: &BTreeMap<&'a str, Vec<&'a str>>, flat: &mut Vec<&'a str>) {
    for member in &members[set] {
        if member.starts_with('@') {
            expand(member, members, flat);
        } else {
            flat.push(member);
        }
    }
}

fn filesystems(code: &mut String, profile: u16) {
    let _ = writeln!(
        code,
        "pub(crate) static FILESYSTEMS_{profile}: &[crate::filesystems::FilesystemGroup] = &["
    );
    for row in rows(&format!("filesystems-{profile}.tsv")) {
        let members: Vec<&str> = row[2].split('|').collect();
        let _ = writeln!(
            code,
            "crate::filesystems::FilesystemGroup {{ name: {:?}, description: {:?}, members: &[{}] }},",
            row[0],
            row[1],
            members.iter().fold(String::new(), |mut list, member| {
                let (name, magic) = member.split_once(" (magic: ").unwrap_or((member, ""));
                let _ = write!(list, "({name:?}, {:?}),", magic.trim_end_matches(')'));
                list
            })
        );
    }
    code.push_str("];\n");
}
