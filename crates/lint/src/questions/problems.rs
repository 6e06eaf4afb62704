//! What is wrong with the text of the files.

use unitward_unit::{Origin, Problem, SourceFile};

use super::text::excerpt;
use crate::finding::Place;
use crate::subject::Subject;

/// The problems of all files, each with its place and its text.
pub(crate) fn problems<'a>(
    subject: &'a Subject<'_>,
) -> impl Iterator<Item = (Place, &'a Problem, String)> + 'a {
    (0u32..)
        .zip(&subject.unit.files)
        .flat_map(|(file, source)| {
            let problems = source.document.problems().iter();
            problems.map(move |problem| {
                let origin = Origin {
                    file,
                    line: problem.line,
                    start: problem.span.start,
                    end: problem.span.end,
                };
                (Place::from(origin), problem, text(source, problem))
            })
        })
}

fn text(source: &SourceFile, problem: &Problem) -> String {
    let bytes = source.document.bytes().get(problem.span.range());
    let bytes = bytes.unwrap_or_default();
    let bytes = bytes.get(..1024).unwrap_or(bytes);
    excerpt(String::from_utf8_lossy(bytes).trim()).into_owned()
}
