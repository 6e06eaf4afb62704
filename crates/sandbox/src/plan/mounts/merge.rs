//! Which wishes stay, when there are several about a path or about what is above it.

use super::entry::{Entry, Mode, is_below};

/// Sorts entries by path, parents first, and drops those that others overrule or make needless.
pub(super) fn merge(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| compare(&a.path, &b.path).then(a.mode.rank().cmp(&b.mode.rank())));
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match kept.last_mut().filter(|last| last.path == entry.path) {
            // The winner keeps what the loser adds.
            Some(last) => {
                last.read_only |= entry.read_only && entry.mode != Mode::Inaccessible;
                last.no_exec |= entry.no_exec;
                last.exec |= entry.exec;
                last.no_suid |= entry.no_suid;
                last.optional &= entry.optional;
            }
            None => kept.push(entry),
        }
    }
    for entry in &mut kept {
        // NoExecPaths= wins over ExecPaths= of the same path.
        entry.exec &= !entry.no_exec;
    }
    let hidden = drop_below_inaccessible(kept);
    drop_redundant(hidden)
}

/// Component by component, so that `/a/b` comes before `/a-b`.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    a.split('/')
        .filter(|part| !part.is_empty())
        .cmp(b.split('/').filter(|part| !part.is_empty()))
}

fn drop_below_inaccessible(entries: Vec<Entry>) -> Vec<Entry> {
    let mut hidden: Option<String> = None;
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        if hidden
            .as_deref()
            .is_some_and(|path| is_below(&entry.path, path))
        {
            continue;
        }
        if entry.mode == Mode::Inaccessible {
            hidden = Some(entry.path.clone());
        }
        kept.push(entry);
    }
    kept
}

/// A read-only or writable path below one of the same kind says nothing new.
fn drop_redundant(entries: Vec<Entry>) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    // The ancestors of the entry in hand, by their places in `kept`.
    let mut above: Vec<usize> = Vec::new();
    for entry in entries {
        while above
            .last()
            .and_then(|at| kept.get(*at))
            .is_some_and(|last| !is_below(&entry.path, &last.path))
        {
            above.pop();
        }
        let parent = above.last().and_then(|at| kept.get(*at));
        let same = parent.is_some_and(|parent| {
            matches!(
                (&parent.mode, &entry.mode),
                (Mode::ReadOnly, Mode::ReadOnly)
                    | (Mode::ReadWrite, Mode::ReadWrite)
                    | (Mode::ReadWriteImplicit, Mode::ReadWriteImplicit)
            ) && parent.no_exec == entry.no_exec
                && parent.exec == entry.exec
        });
        if !same {
            above.push(kept.len());
            kept.push(entry);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Cause;

    fn entry(path: &str, mode: Mode) -> Entry {
        Entry::new(path, mode, Cause::ALWAYS)
    }

    fn tmpfs() -> Mode {
        Mode::Tmpfs {
            options: Vec::new(),
            attributes: 0,
        }
    }

    fn shown(entries: Vec<Entry>) -> Vec<(String, u8)> {
        merge(entries)
            .into_iter()
            .map(|entry| (entry.path, entry.mode.rank()))
            .collect()
    }

    #[test]
    fn the_smaller_mode_of_a_path_stays() {
        let entries = vec![entry("/srv", tmpfs()), entry("/srv", Mode::ReadOnly)];
        assert_eq!(shown(entries), [("/srv".to_owned(), 14)]);
        let entries = vec![
            entry("/srv", Mode::ReadWrite),
            entry("/srv", Mode::ReadOnly),
        ];
        assert_eq!(shown(entries), [("/srv".to_owned(), 14)]);
    }

    #[test]
    fn strict_cancels_a_tmpfs_on_the_root() {
        let entries = vec![entry("/", tmpfs()), entry("/", Mode::ReadOnly)];
        assert_eq!(shown(entries), [("/".to_owned(), 14)]);
    }

    #[test]
    fn nothing_is_left_below_what_is_hidden() {
        let bind = Mode::Bind {
            source: "/a".to_owned(),
            recursive: true,
        };
        let entries = vec![
            entry("/home/x", bind),
            entry("/home", Mode::Inaccessible),
            entry("/homes", tmpfs()),
        ];
        assert_eq!(
            shown(entries),
            [("/home".to_owned(), 1), ("/homes".to_owned(), 17)]
        );
    }

    #[test]
    fn what_is_read_only_already_is_not_made_so_again() {
        let entries = vec![
            entry("/", Mode::ReadOnly),
            entry("/usr", Mode::ReadOnly),
            entry("/var", Mode::ReadWrite),
            entry("/var/lib", Mode::ReadOnly),
        ];
        let expected = [
            ("/".to_owned(), 14),
            ("/var".to_owned(), 15),
            ("/var/lib".to_owned(), 14),
        ];
        assert_eq!(shown(entries), expected);
    }

    #[test]
    fn no_exec_wins_over_exec() {
        let mut one = entry("/usr", Mode::Exec);
        one.exec = true;
        let mut other = entry("/usr", Mode::Exec);
        other.no_exec = true;
        let merged = merge(vec![one, other]);
        assert!(merged.iter().all(|entry| entry.no_exec && !entry.exec));
    }
}
