//! The unit file syntax.

use std::ops::Range;

use unitward_unit::Document;

/// How many places are looked at; each costs time that grows with the file.
const SOME: usize = 64;

/// A unit file of any bytes: the same bytes come back, its items cover it without gap or overlap, and every place that
/// it names lies inside it.
pub fn unit_syntax(data: &[u8]) {
    let document = Document::parse(data);
    assert_eq!(document.bytes(), data, "the bytes change");
    let mut end = 0;
    for item in document.items() {
        let span = item.span;
        assert_eq!(span.range().start, end, "a gap or an overlap between items");
        end = span.range().end;
    }
    assert_eq!(end, data.len(), "the items end early");
    for problem in document.problems().iter().take(SOME) {
        inside(problem.span.range(), data);
        assert!(document.position(problem.span.start).line > 0);
    }
    for assignment in document.assignments().take(SOME) {
        inside(assignment.span().range(), data);
        inside(assignment.value.whole().range(), data);
        let text = assignment.value.text();
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]).take(SOME) {
            inside(assignment.value.span(offset..offset).range(), data);
        }
    }
}

fn inside(range: Range<usize>, data: &[u8]) {
    assert!(
        range.start <= range.end && range.end <= data.len(),
        "{range:?} of {}",
        data.len()
    );
}
