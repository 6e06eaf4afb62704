//! The parts of a page.

use unicode_width::UnicodeWidthStr as _;

use crate::markdown::{self, Look};

/// Where body text starts.
const INDENT: usize = 2;
/// Where the values of facts start.
const FACTS: usize = 16;

/// A page that is being written.
pub(super) struct Page {
    pub(super) look: Look,
    out: String,
}

impl Page {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            out: String::new(),
        }
    }

    /// The title, and at the right end of the line what kind of thing it is.
    pub(super) fn title(&mut self, name: &str, kind: &str) {
        let gap = self
            .look
            .width
            .saturating_sub(name.width() + kind.width())
            .max(2);
        let line = format!(
            "{}{}{}",
            self.look.paint.bold(name),
            " ".repeat(gap),
            self.look.paint.dim(kind)
        );
        self.out.push_str(&line);
        self.out.push('\n');
    }

    /// A heading between facts and lists.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.out.push_str(&self.look.paint.bold(text));
        self.out.push_str("\n\n");
    }

    /// Running text.
    pub(super) fn markdown(&mut self, text: &str) {
        self.blank();
        self.out
            .push_str(&markdown::render(text, self.look, INDENT));
    }

    /// A fact: a label and what there is to say; of several things each has its own mark.
    pub(super) fn fact(&mut self, label: &str, lines: &[String]) {
        let mut label = label;
        let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
        let mark = match (lines.len(), self.look.paint.utf8()) {
            (0 | 1, _) => "",
            (_, true) => "• ",
            (_, false) => "- ",
        };
        for line in &lines {
            let padding = " ".repeat(FACTS.saturating_sub(INDENT + label.width()).max(1));
            let head = format!(
                "{}{}{padding}",
                " ".repeat(INDENT),
                self.look.paint.dim(label)
            );
            self.out.push_str(&head);
            self.out.push_str(mark);
            markdown::hang(&mut self.out, line, self.look, FACTS + mark.width());
            label = "";
        }
    }

    /// A name with a sentence, in a column of names that is so wide.
    pub(super) fn entry(&mut self, name: &str, text: &str, width: usize) {
        let padding = " ".repeat(width.saturating_sub(name.width()));
        self.out.push_str(&format!(
            "{}{}{padding}  ",
            " ".repeat(INDENT),
            self.look.paint.code(name)
        ));
        markdown::hang(&mut self.out, text, self.look, INDENT + width + 2);
    }

    /// Names and sentences, under a heading.
    pub(super) fn entries(&mut self, heading: &str, entries: &[(String, String)]) {
        if entries.is_empty() {
            return;
        }
        self.heading(heading);
        let width = entries
            .iter()
            .map(|(name, _)| name.width())
            .max()
            .unwrap_or_default();
        for (name, text) in entries {
            self.entry(name, text, width);
        }
    }

    /// An empty line, unless there is one.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }
}
