//! The name that was probably meant.

/// The candidate nearest to a word, when it is near enough to be a misspelling of it.
///
/// Case, hyphens and underscores do not count; otherwise up to a third of the letters may differ
/// (optimal string alignment distance), and never more than three.
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = Folded::new(word).filter(|plain| plain.length <= NAME_MAX)?;
    let limit = (plain.letters().len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate.len() + limit < plain.letters().len() {
            continue;
        }
        let Some(folded) = Folded::new(candidate).filter(|folded| plain.is_near(folded, limit))
        else {
            continue;
        };
        let distance = distance(plain.letters(), folded.letters());
        if distance <= limit && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The longest word that is looked up.
const NAME_MAX: usize = 64;
/// The longest candidate that can be near to one.
const LENGTH_MAX: usize = NAME_MAX + 3;

/// The letters of a word that count.
struct Folded {
    bytes: [u8; LENGTH_MAX],
    length: usize,
    /// One bit for each letter that occurs; different letters can share one.
    occurring: u64,
}

impl Folded {
    /// None for a word without letters, and for one that is too long to be a name.
    fn new(word: &str) -> Option<Self> {
        let mut folded = Self {
            bytes: [0; LENGTH_MAX],
            length: 0,
            occurring: 0,
        };
        let counting = word.bytes().filter(|b| !matches!(b, b'-' | b'_' | b'='));
        for letter in counting.map(|b| b.to_ascii_lowercase()) {
            *folded.bytes.get_mut(folded.length)? = letter;
            folded.length += 1;
            folded.occurring |= 1 << (letter % 64);
        }
        (folded.length > 0).then_some(folded)
    }

    fn letters(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether the distance can be within the limit: each difference changes which letters occur by two at most.
    fn is_near(&self, other: &Self, limit: usize) -> bool {
        let differing = (self.occurring ^ other.occurring).count_ones() as usize;
        self.length.abs_diff(other.length) <= limit && differing <= 2 * limit
    }
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before = [0; LENGTH_MAX + 1];
    let mut above: [usize; LENGTH_MAX + 1] = std::array::from_fn(|j| j);
    for (i, x) in a.iter().enumerate() {
        let mut row = [0; LENGTH_MAX + 1];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let mut cost = (above[j] + usize::from(x != y))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row[j + 1] = cost;
        }
        (before, above) = (above, row);
    }
    above.get(b.len()).copied().unwrap_or(a.len())
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
