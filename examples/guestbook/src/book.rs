//! The book: a line a visitor, the name and the text with a tab between.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many of the last entries are shown.
const SHOWN: usize = 100;

/// The book on disk.
pub(crate) struct Book {
    path: PathBuf,
    /// Held while the file is written.
    pen: Mutex<File>,
}

impl Book {
    /// Opens the book, and makes it and its folder when they are missing.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let pen = Mutex::new(OpenOptions::new().append(true).create(true).open(&path)?);
        Ok(Self { path, pen })
    }

    /// Adds an entry.
    pub(crate) fn sign(&self, name: &str, text: &str) -> io::Result<()> {
        let line = format!("{}\t{}\n", one_line(name), one_line(text));
        let mut pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        pen.write_all(line.as_bytes())?;
        pen.sync_data()
    }

    /// The last entries, oldest first.
    pub(crate) fn entries(&self) -> io::Result<Vec<(String, String)>> {
        let mut entries = Vec::new();
        for line in BufReader::new(File::open(&self.path)?).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            entries.extend(
                line.split_once('\t')
                    .map(|(name, text)| (name.to_owned(), text.to_owned())),
            );
        }
        Ok(entries.split_off(entries.len().saturating_sub(SHOWN)))
    }

    /// Copies the book beside itself, by way of a temporary file, and says where to.
    pub(crate) fn back_up(&self) -> io::Result<PathBuf> {
        let _pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        let draft = env::temp_dir().join(format!("guestbook-{}.draft", std::process::id()));
        fs::copy(&self.path, &draft)?;
        let backup = self.path.with_extension("backup");
        let copied = copy_over(&draft, &backup);
        fs::remove_file(&draft)?;
        copied.map(|()| backup)
    }
}

/// The temporary folder may be another file system, so the draft cannot simply be renamed.
fn copy_over(from: &Path, to: &Path) -> io::Result<()> {
    let new = to.with_extension("new");
    fs::copy(from, &new)?;
    File::open(&new)?.sync_all()?;
    fs::rename(&new, to)
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text for use in a page.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stays_on_its_line() {
        assert_eq!(one_line("a\tb\r\nc"), "a b c");
    }

    #[test]
    fn a_page_holds_no_foreign_tags() {
        assert_eq!(escape("<b>&\""), "&lt;b&gt;&amp;&quot;");
    }
}
