//! What is mounted below one of the kernel's file systems.

/// The paths of what is mounted below a folder, relative to it, without those that are below another one of them.
pub(super) fn below(folder: &str) -> Vec<String> {
    let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let table = String::from_utf8_lossy(&table);
    let mut found: Vec<String> = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'))
        .map(unescaped)
        .collect();
    found.sort_unstable();
    found.dedup();
    let mut last: Option<String> = None;
    found.retain(|path| {
        let covered = last
            .as_deref()
            .is_some_and(|last| super::entry::is_below(path, last));
        if !covered {
            last = Some(path.clone());
        }
        !covered
    });
    found
}

/// A path as it is, from how the kernel writes it: blanks, line breaks and backslashes are octal numbers.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = match (first, tail) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = match code {
            Some(_) => tail.get(3..).unwrap_or_default(),
            None => tail,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
