//! Turns the data files into static tables, so that nothing is parsed or allocated at run time and a
//! member that no table knows does not compile. `data/README.md` says where the facts come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// systemd versions with lists of their own; the others use those of the next older one.
const SYSTEMD: [u16; 4] = [252, 254, 257, 262];
/// The libseccomp that each of these was recorded with.
const LIBSECCOMP_OF: [usize; 4] = [0, 0, 1, 2];
const LIBSECCOMP: [&str; 3] = ["2.5.4", "2.6.0", "2.6.1"];
/// Architectures that libseccomp 2.5.4 cannot filter for.
const NEW_IN_2_6: [&str; 1] = ["loongarch64"];
const FILESYSTEMS: [u16; 3] = [252, 257, 262];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let mut code = String::new();
    let calls = Calls::read();
    calls.write(&mut code);
    syscall_sets(&mut code, &calls);
    filesystems(&mut code);
    errno(&mut code);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("tables.rs"), code).expect("the output directory is writable");
}

/// The lines of a data file, without comments.
fn lines(file: &str) -> Vec<String> {
    let path = format!("data/{file}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The rows of a table, without its heading.
fn rows(file: &str) -> Vec<Vec<String>> {
    let split = |line: &String| line.split('\t').map(str::to_owned).collect();
    lines(file).iter().skip(1).map(split).collect()
}

struct Calls {
    /// Sorted; the place is the identifier.
    names: Vec<String>,
    /// By name, the place of the first libseccomp that knows it.
    libseccomp: Vec<Option<usize>>,
    columns: Vec<String>,
    /// By column, the number of every call.
    numbers: Vec<Vec<Option<u32>>>,
}

impl Calls {
    fn read() -> Calls {
        let heading = lines("syscalls.tsv").swap_remove(0);
        let columns: Vec<String> = heading.split('\t').skip(2).map(str::to_owned).collect();
        let rows = rows("syscalls.tsv");
        assert!(
            rows.is_sorted_by(|a, b| a[0] < b[0]),
            "syscalls.tsv is sorted by name"
        );
        let numbers = |column: usize| {
            rows.iter()
                .map(|row| number(row[column + 2].as_str()))
                .collect()
        };
        Calls {
            names: rows.iter().map(|row| row[0].clone()).collect(),
            libseccomp: rows.iter().map(|row| libseccomp(&row[1])).collect(),
            numbers: (0..columns.len()).map(numbers).collect(),
            columns,
        }
    }

    fn id(&self, name: &str) -> usize {
        self.names
            .binary_search_by(|known| known.as_str().cmp(name))
            .unwrap_or_else(|_| panic!("{name} is not in syscalls.tsv"))
    }

    /// Whether the libseccomp knows the name, on whatever architecture.
    fn known(&self, libseccomp: usize, id: usize) -> bool {
        self.libseccomp[id].is_some_and(|since| since <= libseccomp)
    }

    fn words(&self, ids: impl IntoIterator<Item = usize>) -> String {
        let mut words = vec![0_u64; self.names.len().div_ceil(64)];
        for id in ids {
            words[id / 64] |= 1 << (id % 64);
        }
        let words: Vec<String> = words.iter().map(|word| format!("{word:#x}")).collect();
        format!("SyscallSet::from_words([{}])", words.join(", "))
    }

    fn write(&self, code: &mut String) {
        let count = self.names.len();
        let _ = writeln!(code, "pub(crate) const COUNT: usize = {count};");
        let _ = writeln!(
            code,
            "pub(crate) static NAMES: [&str; COUNT] = {:?};",
            self.names
        );
        for (place, column) in self.columns.iter().enumerate() {
            let _ = writeln!(
                code,
                "pub(crate) const {}: usize = {place};",
                constant(column)
            );
        }
        let columns = self.columns.len();
        let _ = writeln!(
            code,
            "pub(crate) static NUMBERS: [[u32; COUNT]; {columns}] = ["
        );
        for numbers in &self.numbers {
            let numbers: Vec<u32> = numbers.iter().map(|n| n.unwrap_or(u32::MAX)).collect();
            let _ = writeln!(code, "{numbers:?},");
        }
        let _ = writeln!(
            code,
            "];\npub(crate) static BY_NUMBER: [&[(u32, u16)]; {columns}] = ["
        );
        for (column, numbers) in self.columns.iter().zip(&self.numbers) {
            let used = numbers
                .iter()
                .enumerate()
                .filter_map(|(id, n)| n.map(|n| (n, id)));
            let mut pairs: Vec<(u32, usize)> = used.collect();
            pairs.sort_unstable();
            assert!(
                pairs.is_sorted_by(|a, b| a.0 < b.0),
                "a number of {column} stands twice"
            );
            let _ = writeln!(code, "&{pairs:?},");
        }
        code.push_str("];\n");
        self.write_known(code);
        self.write_multiplexed(code);
    }

    fn write_known(&self, code: &mut String) {
        let _ = writeln!(
            code,
            "pub(crate) static KNOWN: [SyscallSet; {}] = [",
            LIBSECCOMP.len()
        );
        for version in 0..LIBSECCOMP.len() {
            let ids = (0..self.names.len()).filter(|&id| self.known(version, id));
            let _ = writeln!(code, "{},", self.words(ids));
        }
        code.push_str("];\n");
        let multiplexed: BTreeSet<usize> = rows("multiplexed.tsv")
            .iter()
            .map(|row| self.id(&row[0]))
            .collect();
        let exceptions = rows("libseccomp.tsv");
        let (versions, columns) = (LIBSECCOMP.len(), self.columns.len());
        let _ = writeln!(
            code,
            "pub(crate) static NATIVE: [[SyscallSet; {columns}]; {versions}] = ["
        );
        for (version, release) in LIBSECCOMP.iter().enumerate() {
            code.push('[');
            for (column, numbers) in self.columns.iter().zip(&self.numbers) {
                let multiplexes = numbers[self.id("socketcall")].is_some();
                let mut ids: BTreeSet<usize> = (0..self.names.len())
                    .filter(|&id| self.known(version, id) && numbers[id].is_some())
                    .filter(|id| !(multiplexes && multiplexed.contains(id)))
                    .collect();
                for row in exceptions.iter().filter(|row| row[0] == *column) {
                    if !row[2].split(',').any(|v| v == *release) {
                        continue;
                    }
                    let id = self.id(&row[1]);
                    match row[3].as_str() {
                        "native" => assert!(ids.insert(id), "libseccomp.tsv: {row:?} is the rule"),
                        "elsewhere" => {
                            assert!(ids.remove(&id), "libseccomp.tsv: {row:?} is the rule")
                        }
                        other => panic!("libseccomp.tsv: {other}"),
                    }
                }
                if version == 0 && NEW_IN_2_6.contains(&column.as_str()) {
                    ids.clear();
                }
                let _ = writeln!(code, "{},", self.words(ids));
            }
            code.push_str("],\n");
        }
        code.push_str("];\n");
    }

    fn write_multiplexed(&self, code: &mut String) {
        let mut calls: Vec<(usize, usize, u32)> = rows("multiplexed.tsv")
            .iter()
            .map(|row| {
                (
                    self.id(&row[0]),
                    self.id(&row[1]),
                    number(&row[2]).expect("a subcall"),
                )
            })
            .collect();
        calls.sort_unstable();
        let count = calls.len();
        let _ = writeln!(
            code,
            "pub(crate) static MULTIPLEXED: [(u16, u16, u32); {count}] = {calls:?};"
        );
        let _ = writeln!(
            code,
            "pub(crate) const SOCKETCALL: u16 = {};",
            self.id("socketcall")
        );
    }
}

fn number(cell: &str) -> Option<u32> {
    if cell == "-" {
        return None;
    }
    let (digits, radix) = cell.strip_prefix("0x").map_or((cell, 10), |hex| (hex, 16));
    Some(u32::from_str_radix(digits, radix).unwrap_or_else(|error| panic!("{cell}: {error}")))
}

fn libseccomp(cell: &str) -> Option<usize> {
    if cell == "-" {
        return None;
    }
    let place = LIBSECCOMP.iter().position(|&version| version == cell);
    Some(place.unwrap_or_else(|| panic!("syscalls.tsv: no libseccomp {cell}")))
}

fn constant(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// A set of a data file in one version.
struct Group {
    name: String,
    description: String,
    members: Vec<String>,
}

/// The sets of a file that the version has, in order, each with the members that the version has.
fn groups(file: &str, version: u16) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut present = false;
    for line in lines(file) {
        if let Some(member) = line.strip_prefix("    ") {
            let (member, within) = in_range(member, version);
            if let Some(group) = groups.last_mut().filter(|_| present && within) {
                group.members.push(member.to_owned());
            }
        } else {
            let (head, description) = line.split_once(": ").expect("NAME: DESCRIPTION");
            let (name, within) = in_range(head, version);
            present = within;
            if present {
                let (name, description) = (name.to_owned(), description.to_owned());
                groups.push(Group {
                    name,
                    description,
                    members: Vec::new(),
                });
            }
        }
    }
    groups
}

/// Splits `NAME [FROM..UNTIL]` and says whether the version is in the range.
fn in_range(item: &str, version: u16) -> (&str, bool) {
    let Some((name, range)) = item.split_once(' ') else {
        return (item, true);
    };
    let (from, until) = range
        .split_once("..")
        .unwrap_or_else(|| panic!("{item}: no range"));
    let bound = |text: &str, open| {
        if text.is_empty() {
            open
        } else {
            text.parse().expect("a version")
        }
    };
    (
        name,
        bound(from, 0) <= version && version < bound(until, u16::MAX),
    )
}

fn syscall_sets(code: &mut String, calls: &Calls) {
    for (version, libseccomp) in SYSTEMD.iter().zip(LIBSECCOMP_OF) {
        let groups = groups("syscall-sets.txt", *version);
        let places: BTreeMap<&str, usize> = groups
            .iter()
            .enumerate()
            .map(|(place, group)| (group.name.as_str(), place))
            .collect();
        let place = |name: &str| {
            *places
                .get(name)
                .unwrap_or_else(|| panic!("{version} has no {name}"))
        };
        let _ = writeln!(
            code,
            "static SETS_{version}: [SyscallGroup; {}] = [",
            groups.len()
        );
        for (own, group) in groups.iter().enumerate() {
            let mut names = Vec::new();
            expand(&groups, &place, own, 0, &mut names);
            let mut seen = BTreeSet::new();
            let mut walk: Vec<usize> = names.iter().map(|name| calls.id(name)).collect();
            walk.retain(|id| seen.insert(*id));
            let known = seen.into_iter().filter(|&id| calls.known(libseccomp, id));
            let _ = writeln!(
                code,
                "SyscallGroup {{ name: {:?}, description: {:?}, members: &{:?}, walk: &{walk:?}, flat: {} }},",
                group.name,
                group.description,
                group.members,
                calls.words(known),
            );
        }
        code.push_str("];\n");
    }
    let _ = writeln!(
        code,
        "pub(crate) static SETS: [Sets; {}] = [",
        SYSTEMD.len()
    );
    for (version, libseccomp) in SYSTEMD.iter().zip(LIBSECCOMP_OF) {
        let _ = writeln!(code, "Sets::new({version}, {libseccomp}, &SETS_{version}),");
    }
    code.push_str("];\n");
}

/// The calls of a set and of the sets in it, in order of the walk.
fn expand<'a>(
    groups: &'a [Group],
    place: &impl Fn(&str) -> usize,
    own: usize,
    depth: usize,
    walk: &mut Vec<&'a str>,
) {
    assert!(depth < groups.len(), "{} holds itself", groups[own].name);
    for member in &groups[own].members {
        if member.starts_with('@') {
            expand(groups, place, place(member), depth + 1, walk);
        } else {
            walk.push(member);
        }
    }
}

fn filesystems(code: &mut String) {
    let rows = rows("filesystems.tsv");
    assert!(
        rows.is_sorted_by(|a, b| a[0] < b[0]),
        "filesystems.tsv is sorted by name"
    );
    let row = |name: &str| {
        let found = rows.binary_search_by(|row| row[0].as_str().cmp(name));
        &rows[found.unwrap_or_else(|_| panic!("{name} is not in filesystems.tsv"))]
    };
    let count = rows.len();
    let _ = writeln!(
        code,
        "pub(crate) static MAGIC: [(&str, &[u32]); {count}] = ["
    );
    for row in &rows {
        let _ = writeln!(code, "({:?}, &[{}]),", row[0], row[1]);
    }
    code.push_str("];\n");
    for version in FILESYSTEMS {
        let groups = groups("filesystem-sets.txt", version);
        let count = groups.len();
        let _ = writeln!(
            code,
            "pub(crate) static FILESYSTEMS_{version}: [FilesystemGroup; {count}] = ["
        );
        for group in groups {
            let member = |name: &String| {
                let row = row(name);
                let magic = row[1].replace(',', ", ");
                let shared = if row[2] == "-" {
                    String::new()
                } else {
                    format!("[{}]", row[2])
                };
                (name.clone(), magic + &shared)
            };
            let members: Vec<(String, String)> = group.members.iter().map(member).collect();
            let (name, description) = (group.name, group.description);
            let _ = writeln!(
                code,
                "FilesystemGroup {{ name: {name:?}, description: {description:?}, members: &{members:?} }},"
            );
        }
        code.push_str("];\n");
    }
}

fn errno(code: &mut String) {
    let rows = rows("errno.tsv");
    let numbers: BTreeMap<&str, u32> = rows
        .iter()
        .filter_map(|row| Some((row[0].as_str(), row[1].parse().ok()?)))
        .collect();
    let mut by_name = Vec::new();
    let mut by_number = Vec::new();
    for row in &rows {
        let since = number(&row[2]).unwrap_or(0);
        match row[1].strip_prefix('=') {
            Some(other) => by_name.push((row[0].as_str(), numbers[other], since)),
            None => {
                by_name.push((&row[0], numbers[row[0].as_str()], since));
                by_number.push((numbers[row[0].as_str()], &row[0], since));
            }
        }
    }
    by_name.sort_unstable();
    by_number.sort_unstable();
    assert!(
        by_number.is_sorted_by(|a, b| a.0 < b.0),
        "a number of errno.tsv has two names"
    );
    let count = by_name.len();
    let _ = writeln!(
        code,
        "pub(crate) static ERRNO_BY_NAME: [(&str, u16, u16); {count}] = {by_name:?};"
    );
    let count = by_number.len();
    let _ = writeln!(
        code,
        "pub(crate) static ERRNO_BY_NUMBER: [(u16, &str, u16); {count}] = {by_number:?};"
    );
}
