//! `--fix` and `--diff`: what is safe to mend, as a drop-in beside the unit, never in the unit's own file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use unitward_lint::Safety;

use super::report::{Report, UnitReport};
use crate::args::Check;
use crate::error::Error;

/// The name of the drop-in.
const NAME: &str = "50-unitward.conf";
/// Folders that belong to packages: drop-ins for units in them go to `/etc`.
const VENDOR: [&str; 4] = [
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/local/lib/systemd",
    "/usr/share",
];

/// Writes the drop-ins, or shows what would be written.
pub(super) fn run(args: &Check, report: &Report<'_>) -> Result<(), Error> {
    for unit in &report.units {
        let Some(text) = drop_in(unit) else { continue };
        let Some(path) = place(args, unit) else {
            continue;
        };
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        if old == text {
            continue;
        }
        if args.diff {
            crate::ui::print(&diff(&path, &old, &text))?;
            continue;
        }
        if !old.is_empty() && !old.starts_with(HEAD) {
            return Err(
                Error::new(format!("{} was not written by unitward.", path.display()))
                    .hint("Rename it, or add the lines of unitward check --diff to it."),
            );
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::new(format!("Cannot make {}: {error}.", folder.display()))
            })?;
        }
        crate::files::replace(&path, text.as_bytes())?;
        crate::ui::note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// The first line of every drop-in that unitward writes.
const HEAD: &str = "# Written by unitward check --fix.\n";

/// The lines of all safe fixes of a unit, each under the finding it mends.
fn drop_in(unit: &UnitReport<'_>) -> Option<String> {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in &unit.findings {
        let Some(fix) = finding
            .fix
            .as_ref()
            .filter(|fix| fix.safety == Safety::Safe)
        else {
            continue;
        };
        let lines = sections.entry(fix.section).or_default();
        let new: Vec<&String> = fix
            .lines
            .iter()
            .filter(|line| !lines.contains(line))
            .collect();
        if !new.is_empty() {
            let mut block = vec![format!("# {}: {}", finding.rule.code, finding.message)];
            block.extend(new.into_iter().cloned());
            lines.extend(block);
        }
    }
    if sections.is_empty() {
        return None;
    }
    let mut text = String::from(HEAD);
    for (section, lines) in sections {
        text.push_str(&format!("\n[{section}]\n"));
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    Some(text)
}

/// Where the drop-in of a unit belongs.
pub(super) fn place(args: &Check, unit: &UnitReport<'_>) -> Option<PathBuf> {
    let file = unit.path.as_deref()?;
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let name = format!("{}.d", file.file_name()?.to_string_lossy());
    let root = args.source.root.as_deref().unwrap_or(Path::new("/"));
    let inside = folder.strip_prefix(root).unwrap_or(folder);
    let is_vendor = VENDOR.iter().any(|vendor| {
        inside.starts_with(vendor.trim_start_matches('/')) || inside.starts_with(vendor)
    });
    if !is_vendor {
        return Some(folder.join(name).join(NAME));
    }
    let manager = if args.source.user {
        "etc/systemd/user"
    } else {
        "etc/systemd/system"
    };
    Some(root.join(manager).join(name).join(NAME))
}

/// A unified difference of two short texts: all old lines, then all new ones, but for what they share at both ends.
fn diff(path: &Path, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let from = if old.is_empty() {
        "/dev/null".to_owned()
    } else {
        path.display().to_string()
    };
    let start = |lines: &[&str]| usize::from(!lines.is_empty());
    let mut text = format!(
        "--- {from}\n+++ {}\n@@ -{},{} +{},{} @@\n",
        path.display(),
        start(&old),
        old.len(),
        start(&new),
        new.len()
    );
    let mut put = |mark: char, lines: &[&str]| {
        for line in lines {
            text.push(mark);
            text.push_str(line);
            text.push('\n');
        }
    };
    put(' ', old.get(..same).unwrap_or_default());
    put('-', old.get(same..old.len() - tail).unwrap_or_default());
    put('+', new.get(same..new.len() - tail).unwrap_or_default());
    put(' ', old.get(old.len() - tail..).unwrap_or_default());
    text
}
