//! The smallest text that still shows a difference (delta debugging).

/// Takes away lines, then words, as long as `fails` stays true. Gives `text` back unchanged when it does not fail.
pub fn smallest(text: &str, mut fails: impl FnMut(&str) -> bool) -> String {
    if !fails(text) {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let lines = reduce(lines, |lines| fails(&lines.concat()));
    let text = lines.concat();
    let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
    reduce(words, |words| fails(&words.concat())).concat()
}

/// Removes chunks of halving size until no single part can go.
fn reduce<'a>(mut parts: Vec<&'a str>, mut fails: impl FnMut(&[&'a str]) -> bool) -> Vec<&'a str> {
    let mut size = parts.len().div_ceil(2);
    while size > 0 && !parts.is_empty() {
        let mut start = 0;
        let mut removed = false;
        while start < parts.len() {
            let end = parts.len().min(start + size);
            let kept: Vec<&str> = parts
                .iter()
                .take(start)
                .chain(parts.iter().skip(end))
                .copied()
                .collect();
            if fails(&kept) {
                parts = kept;
                removed = true;
            } else {
                start = end;
            }
        }
        size = if size == 1 && removed { 1 } else { size / 2 };
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let text = "[Service]\nA=1\nB=2 3 4\nC=5\n";
        let small = smallest(text, |text| {
            text.contains("[Service]") && text.contains('3')
        });
        assert_eq!(small, "[Service]\n3 ");
    }

    #[test]
    fn a_text_that_does_not_fail_stays() {
        assert_eq!(smallest("a\nb\n", |_| false), "a\nb\n");
    }
}
