//! Turns the pages (TOML facts between `+++` lines, prose below) into static tables, so that nothing is
//! parsed at run time and a page with a wrong fact does not compile.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[path = "src/hash.rs"]
mod hash;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/hash.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut code = String::new();
    directives(&mut code, "DIRECTIVES", "directives");
    directives(&mut code, "MANAGER_DIRECTIVES", "directives/manager");
    capabilities(&mut code);
    exit_statuses(&mut code);
    syscall_sets(&mut code);
    keys(&mut code);
    fs::write(out.join("tables.rs"), code).expect("the output directory is writable");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Directive {
    name: String,
    kind: String,
    #[serde(default)]
    aliases: Vec<String>,
    sections: Vec<String>,
    group: String,
    since: u16,
    versions: Vec<u16>,
    #[serde(default)]
    removed: String,
    #[serde(default)]
    changed: Vec<Change>,
    default: String,
    managers: String,
    #[serde(default)]
    mechanism: Vec<String>,
    #[serde(default)]
    kernel: String,
    #[serde(default)]
    implies: Vec<String>,
    #[serde(default)]
    implied_by: Vec<String>,
    #[serde(default)]
    limits: Vec<String>,
    #[serde(default)]
    plus_prefix: String,
    #[serde(default)]
    violation: String,
    #[serde(default)]
    failure: Vec<Failure>,
    #[serde(default)]
    exposure: Vec<String>,
    see: Vec<String>,
    value: Grammar,
    risk: Option<Risk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    version: u16,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    code: u8,
    name: String,
    when: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grammar {
    parser: String,
    #[serde(default)]
    cardinality: String,
    #[serde(default)]
    syntax: String,
    #[serde(default)]
    values: Vec<String>,
    empty: String,
    repeat: String,
    #[serde(default)]
    inversion: String,
    #[serde(default)]
    prefixes: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    specifiers: String,
    invalid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Risk {
    impact: String,
    breakage: String,
    source: String,
    #[serde(default)]
    values: Vec<ValueRisk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueRisk {
    value: String,
    impact: String,
    breakage: String,
}

fn directives(code: &mut String, table: &str, folder: &str) {
    let _ = writeln!(code, "pub(crate) static {table}: &[Directive] = &[");
    let mut names = Vec::new();
    for (path, facts, prose) in pages(folder) {
        let d: Directive = parse(&path, &facts);
        names.push(d.name.clone());
        assert!(
            path.file_stem().is_some_and(|stem| stem == d.name.as_str()),
            "{}: the file is named after another directive than {}",
            path.display(),
            d.name
        );
        let kind = match d.kind.as_str() {
            "directive" => "Directive",
            "alias" => "Alias",
            "legacy" => "Legacy",
            "removed" => "Removed",
            "bus-property" => "BusProperty",
            other => panic!("{}: unknown kind {other}", path.display()),
        };
        let _ = write!(
            code,
            "Directive {{ name: {:?}, kind: Kind::{kind}, aliases: &{:?}, sections: &{:?}, \
             group: {:?}, since: {}, versions: &{:?}, removed: {:?}, default: {:?}, managers: {:?}, \
             mechanism: &{:?}, kernel: {:?}, implies: &{:?}, implied_by: &{:?}, limits: &{:?}, \
             plus_prefix: {:?}, violation: {:?}, exposure: &{:?}, see: &{:?}, prose: {:?}, changed: &[",
            d.name,
            d.aliases,
            d.sections,
            d.group,
            d.since,
            d.versions,
            d.removed,
            d.default,
            d.managers,
            d.mechanism,
            d.kernel,
            d.implies,
            d.implied_by,
            d.limits,
            d.plus_prefix,
            d.violation,
            d.exposure,
            d.see,
            prose.trim(),
        );
        for c in &d.changed {
            let _ = write!(
                code,
                "Change {{ version: {}, what: {:?} }},",
                c.version, c.what
            );
        }
        code.push_str("], failures: &[");
        for f in &d.failure {
            let _ = write!(
                code,
                "Failure {{ code: {}, name: {:?}, when: {:?} }},",
                f.code, f.name, f.when
            );
        }
        let g = &d.value;
        let _ = write!(
            code,
            "], grammar: Grammar {{ parser: {:?}, cardinality: {:?}, syntax: {:?}, values: &{:?}, \
             empty: {:?}, repeat: {:?}, inversion: {:?}, prefixes: &{:?}, specifiers: {:?}, invalid: {:?} }}, risk: ",
            g.parser,
            if g.cardinality.is_empty() {
                "scalar"
            } else {
                &g.cardinality
            },
            g.syntax,
            g.values,
            g.empty,
            g.repeat,
            g.inversion,
            g.prefixes.iter().collect::<Vec<_>>(),
            g.specifiers,
            g.invalid,
        );
        match &d.risk {
            None => code.push_str("None"),
            Some(r) => {
                let _ = write!(
                    code,
                    "Some(Risk {{ impact: {}, breakage: {}, source: {:?}, values: &[",
                    degree(&path, &r.impact),
                    degree(&path, &r.breakage),
                    r.source
                );
                for v in &r.values {
                    let _ = write!(
                        code,
                        "ValueRisk {{ value: {:?}, impact: {}, breakage: {} }},",
                        v.value,
                        degree(&path, &v.impact),
                        degree(&path, &v.breakage)
                    );
                }
                code.push_str("] })");
            }
        }
        code.push_str(" },\n");
    }
    code.push_str("];\n");
    if table == "DIRECTIVES" {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        places(code, "DIRECTIVE_PLACES", &names);
    }
}

/// The table that leads from a name to the first row that has it.
fn places(code: &mut String, table: &str, names: &[&str]) {
    let size = (names.len() * 2).next_power_of_two();
    let mut slots = vec![u16::MAX; size];
    for (place, name) in names.iter().enumerate() {
        if place > 0 && names[place - 1] == *name {
            continue;
        }
        let mut slot = hash::hash(name.as_bytes()) as usize % size;
        while slots[slot] != u16::MAX {
            slot = (slot + 1) % size;
        }
        slots[slot] = u16::try_from(place).expect("a table of fewer than 65535 rows");
    }
    let _ = writeln!(
        code,
        "pub(crate) static {table}: Names<{size}> = Names({slots:?});"
    );
}

fn degree(path: &Path, word: &str) -> &'static str {
    match word {
        "none" => "Degree::None",
        "low" => "Degree::Low",
        "medium" => "Degree::Medium",
        "high" => "Degree::High",
        "very high" => "Degree::VeryHigh",
        _ if word.starts_with("negative") => "Degree::Negative",
        other => panic!("{}: unknown degree {other}", path.display()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capability {
    name: String,
    number: u8,
    since: String,
    danger: String,
    gains: String,
}

fn capabilities(code: &mut String) {
    let mut rows: Vec<(Capability, String)> = pages("capabilities")
        .into_iter()
        .map(|(path, facts, prose)| (parse(&path, &facts), prose))
        .collect();
    rows.sort_by_key(|(c, _)| c.number);
    code.push_str("pub(crate) static CAPABILITY_PAGES: &[CapabilityPage] = &[\n");
    for (c, prose) in &rows {
        let _ = writeln!(
            code,
            "CapabilityPage {{ name: {:?}, number: {}, since: {:?}, danger: {:?}, gains: {:?}, prose: {:?} }},",
            c.name,
            c.number,
            c.since,
            c.danger,
            c.gains,
            prose.trim()
        );
    }
    code.push_str("];\n");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExitStatus {
    code: u8,
    name: String,
    class: String,
    #[serde(default)]
    settings: Vec<String>,
    #[serde(default)]
    since: u16,
}

fn exit_statuses(code: &mut String) {
    code.push_str("pub(crate) static EXIT_STATUSES: &[ExitStatus] = &[\n");
    let mut rows: Vec<(ExitStatus, String)> = pages("exit-statuses")
        .into_iter()
        .map(|(path, facts, prose)| (parse(&path, &facts), prose))
        .collect();
    rows.sort_by_key(|(e, _)| e.code);
    for (e, prose) in &rows {
        let _ = writeln!(
            code,
            "ExitStatus {{ code: {}, name: {:?}, class: {:?}, settings: &{:?}, since: {}, prose: {:?} }},",
            e.code,
            e.name,
            e.class,
            e.settings,
            e.since,
            prose.trim()
        );
    }
    code.push_str("];\n");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyscallSet {
    name: String,
    danger: String,
}

fn syscall_sets(code: &mut String) {
    code.push_str("pub(crate) static SYSCALL_SET_PAGES: &[SyscallSetPage] = &[\n");
    for (path, facts, prose) in pages("syscall-sets") {
        let s: SyscallSet = parse(&path, &facts);
        let _ = writeln!(
            code,
            "SyscallSetPage {{ name: {:?}, danger: {:?}, prose: {:?} }},",
            s.name,
            s.danger,
            prose.trim()
        );
    }
    code.push_str("];\n");
}

/// `data/keys.tsv`: section, key, the versions (252, 257, 262) that parse it.
fn keys(code: &mut String) {
    let path = root().join("data/keys.tsv");
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut rows: Vec<(&str, &str, Vec<u16>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (Some(section), Some(key), Some(versions)) = (cells.next(), cells.next(), cells.next())
        else {
            panic!("{}: expected three columns in {line:?}", path.display());
        };
        let versions = versions
            .split(',')
            .map(|v| v.parse().expect("a version number"))
            .collect();
        rows.push((section, key, versions));
    }
    rows.sort_by_key(|(section, key, _)| (*key, *section));
    code.push_str("pub(crate) static KEYS: &[Key] = &[\n");
    for (section, key, versions) in &rows {
        let _ = writeln!(
            code,
            "Key {{ section: {section:?}, name: {key:?}, versions: &{versions:?} }},"
        );
    }
    code.push_str("];\n");
    let names: Vec<&str> = rows.iter().map(|(_, key, _)| *key).collect();
    places(code, "KEY_PLACES", &names);
}

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
}

/// The pages of a folder in name order, each as (path, facts, prose).
fn pages(folder: &str) -> Vec<(PathBuf, String, String)> {
    let folder = root().join(folder);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    paths.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    paths
        .into_iter()
        .map(|path| {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let rest = text
                .strip_prefix("+++\n")
                .unwrap_or_else(|| panic!("{}: no +++ on the first line", path.display()));
            let (facts, prose) = rest
                .split_once("\n+++\n")
                .unwrap_or_else(|| panic!("{}: no closing +++", path.display()));
            let (facts, prose) = (facts.to_owned(), prose.to_owned());
            (path, facts, prose)
        })
        .collect()
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, facts: &str) -> T {
    toml::from_str(facts).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
