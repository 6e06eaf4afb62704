//! The name that was probably meant.

/// The candidate nearest to a word, when it is near enough to be a misspelling of it.
///
/// Case, hyphens and underscores do not count; otherwise up to a third of the letters may differ
/// (optimal string alignment distance), and never more than three.
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = fold(word);
    if plain.is_empty() || plain.len() > 64 {
        return None;
    }
    let limit = (plain.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let folded = fold(candidate);
        if folded.len().abs_diff(plain.len()) > limit {
            continue;
        }
        let distance = distance(&plain, &folded);
        if distance <= limit && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> Vec<u8> {
    word.bytes()
        .filter(|b| !matches!(b, b'-' | b'_' | b'='))
        .map(|b| b.to_ascii_lowercase())
        .collect()
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (above[j] + usize::from(x != y))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn misspellings_lead_to_the_name() {
        let names = ["noroot", "noroot-locked", "ProtectSystem", "PrivateTmp"];
        assert_eq!(suggest("no-root", names), Some("noroot"));
        assert_eq!(suggest("ProtectSytsem", names), Some("ProtectSystem"));
        assert_eq!(suggest("privatetmp=", names), Some("PrivateTmp"));
        assert_eq!(suggest("RestartSec", names), None);
        assert_eq!(suggest("", names), None);
    }
}
