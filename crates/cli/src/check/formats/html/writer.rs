//! Writing HTML in which no text can become markup.

use std::borrow::Cow;

/// Attributes: names are ours, values are escaped.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

/// A document that grows. Tags and attribute names are part of the program, everything else is escaped, so that what
/// stands in a unit is always shown and never obeyed.
#[derive(Default)]
pub(super) struct Html {
    out: String,
}

impl Html {
    /// An element with what is in it.
    pub(super) fn tag(
        &mut self,
        tag: &'static str,
        attributes: &Attributes<'_>,
        inner: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        inner(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// An element of a class with what is in it.
    pub(super) fn class(&mut self, tag: &'static str, class: &str, inner: impl FnOnce(&mut Self)) {
        self.tag(tag, &[("class", class)], inner);
    }

    /// An element of a class with a text in it.
    pub(super) fn leaf(&mut self, tag: &'static str, class: &str, text: &str) {
        if class.is_empty() {
            self.tag(tag, &[], |html| html.text(text));
        } else {
            self.class(tag, class, |html| html.text(text));
        }
    }

    /// A start tag, of an element that has no content or whose end tag may be left out.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\n' | '\t' => self.out.push(c),
                c if misleads(c) => self.out.extend(c.escape_unicode()),
                c => self.out.push(c),
            }
        }
    }

    /// Markup, a style sheet or a script that is part of the program.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.out.push_str(markup);
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Whether a character can hide what a text says: control characters, and those that turn the direction of writing.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A number and what it counts.
pub(super) fn count(number: usize, what: &'static str) -> String {
    let plural: Cow<'static, str> = match number {
        1 => what.into(),
        _ => format!("{what}s").into(),
    };
    format!("{number} {plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        let mut html = Html::default();
        let evil = "\"><script>alert('x')</script>&\u{202e}\0";
        html.tag("p", &[("title", evil)], |html| html.text(evil));
        let escaped =
            "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\\u{202e}\\u{0}";
        assert_eq!(
            html.finish(),
            format!("<p title=\"{escaped}\">{escaped}</p>")
        );
    }
}
