//! The Markdown of the rules' documentation as HTML: headings, paragraphs, lists, code.

use super::writer::Html;

/// Writes a documentation without its title.
pub(super) fn write(html: &mut Html, markdown: &str) {
    let mut lines = markdown.lines().skip_while(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with("# ")
    });
    let mut block = Block::default();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            block.end(html);
            let code: Vec<&str> = lines
                .by_ref()
                .take_while(|line| !line.starts_with("```"))
                .collect();
            html.tag("pre", &[], |html| html.leaf("code", "", &code.join("\n")));
        } else if line.starts_with('#') {
            block.end(html);
            html.tag("h4", &[], |html| {
                spans(html, line.trim_start_matches('#').trim())
            });
        } else if let Some(item) = line.trim_start().strip_prefix("- ") {
            block.item(html, item);
        } else if line.trim().is_empty() {
            block.blank(html);
        } else {
            block.line(line.trim());
        }
    }
    block.end(html);
}

/// A paragraph or a list that is not complete yet.
#[derive(Default)]
struct Block {
    items: Vec<String>,
    text: String,
}

impl Block {
    fn line(&mut self, line: &str) {
        let text = self.items.last_mut().unwrap_or(&mut self.text);
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line);
    }

    fn item(&mut self, html: &mut Html, text: &str) {
        if self.items.is_empty() {
            self.end(html);
        }
        self.items.push(text.to_owned());
    }

    /// A blank line ends a paragraph; a list goes on with its next item.
    fn blank(&mut self, html: &mut Html) {
        if self.items.is_empty() {
            self.end(html);
        }
    }

    fn end(&mut self, html: &mut Html) {
        let Self { items, text } = std::mem::take(self);
        if !text.is_empty() {
            html.tag("p", &[], |html| spans(html, &text));
        }
        if !items.is_empty() {
            html.tag("ul", &[], |html| {
                for item in &items {
                    html.tag("li", &[], |html| spans(html, item));
                }
            });
        }
    }
}

/// Text with code spans.
pub(super) fn spans(html: &mut Html, text: &str) {
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            html.leaf("code", "", part);
        } else {
            html.text(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_becomes_markup() {
        let mut html = Html::default();
        let text = "# Title\n\n## What\n\nOne `a<b`\ntwo.\n- x\n- y\n  z\n\n```ini\n[S]\n\na=<b>\n```\nEnd.\n";
        write(&mut html, text);
        assert_eq!(
            html.finish(),
            "<h4>What</h4><p>One <code>a&lt;b</code> two.</p><ul><li>x</li><li>y z</li></ul>\
            <pre><code>[S]\n\na=&lt;b&gt;</code></pre><p>End.</p>"
        );
    }
}
