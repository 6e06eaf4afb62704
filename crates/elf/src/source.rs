//! Bounded reads from a file or from memory.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use object::pod;

use crate::error::Defect;

/// The most that one read returns.
const BLOCK_MAX: u64 = 1 << 20;
/// How much is read for strings at first; names are short and near each other.
const STRING_STEP: u64 = 4096;

/// The bytes of one object, from which only the needed ranges are read.
pub(crate) enum Source<'a> {
    Memory(&'a [u8]),
    File { file: &'a File, length: u64 },
}

/// Bytes that were read, aligned for the structures of ELF.
#[derive(Default)]
pub(crate) struct Block {
    words: Vec<u64>,
    length: usize,
}

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        pod::bytes_of_slice(&self.words)
            .get(..self.length)
            .unwrap_or_default()
    }
}

impl<'a> Source<'a> {
    pub(crate) fn file(file: &'a File) -> io::Result<Self> {
        Ok(Self::File {
            file,
            length: file.metadata()?.len(),
        })
    }

    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// Reads up to `length` bytes: fewer at the end of the file, none beyond it.
    pub(crate) fn prefix(&self, offset: u64, length: u64) -> Result<Block, Defect> {
        let length = length
            .min(self.length().saturating_sub(offset))
            .min(BLOCK_MAX) as usize;
        let mut words = vec![0_u64; length.div_ceil(8)];
        let buffer = pod::bytes_of_slice_mut(&mut words)
            .get_mut(..length)
            .unwrap_or_default();
        let read = match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let range = bytes.get(start..).unwrap_or_default();
                let range = range.get(..length).unwrap_or(range);
                buffer
                    .iter_mut()
                    .zip(range)
                    .for_each(|(to, from)| *to = *from);
                range.len()
            }
            Self::File { file, .. } => fill(file, buffer, offset)?,
        };
        Ok(Block {
            words,
            length: read,
        })
    }

    /// Reads exactly `length` bytes of the part named `part`.
    pub(crate) fn exact(
        &self,
        offset: u64,
        length: u64,
        part: &'static str,
    ) -> Result<Block, Defect> {
        if length > BLOCK_MAX {
            return Err(Defect::Excess {
                part,
                limit: BLOCK_MAX,
            });
        }
        let block = self.prefix(offset, length)?;
        if block.length as u64 != length {
            return Err(Defect::Outside { part });
        }
        Ok(block)
    }
}

/// Reads NUL-terminated strings, several of which mostly lie in the same block.
pub(crate) struct Strings<'a> {
    source: &'a Source<'a>,
    part: &'static str,
    limit: u64,
    start: u64,
    block: Block,
}

impl<'a> Strings<'a> {
    /// A reader of strings of at most `limit` bytes each.
    pub(crate) fn new(source: &'a Source<'a>, part: &'static str, limit: u64) -> Self {
        Self {
            source,
            part,
            limit,
            start: 0,
            block: Block::default(),
        }
    }

    /// The string at `offset` of the file, without its NUL.
    pub(crate) fn at(&mut self, offset: u64) -> Result<&[u8], Defect> {
        let part = self.part;
        let mut range = self.find(offset);
        if range.is_none() {
            if offset >= self.source.length() {
                return Err(Defect::Outside { part });
            }
            self.start = offset - offset % STRING_STEP;
            self.block = self.source.prefix(self.start, 2 * STRING_STEP)?;
            range = self.find(offset);
        }
        if range.is_none() {
            self.start = offset;
            self.block = self.source.prefix(offset, self.limit + 1)?;
            range = self.find(offset);
        }
        match range {
            Some(range) if range.len() as u64 <= self.limit => {
                Ok(self.block.bytes().get(range).unwrap_or_default())
            }
            None if self.start + self.block.bytes().len() as u64 >= self.source.length() => {
                Err(Defect::Unterminated { part })
            }
            _ => Err(Defect::Excess {
                part,
                limit: self.limit,
            }),
        }
    }

    fn find(&self, offset: u64) -> Option<Range<usize>> {
        let inside = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let rest = self.block.bytes().get(inside..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some(inside..inside + end)
    }
}

fn fill(file: &File, buffer: &mut [u8], offset: u64) -> Result<usize, Defect> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(done as u64)) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Defect::Read(error)),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn reads_end_at_the_end() {
        let source = Source::Memory(b"0123456789");
        assert_eq!(source.prefix(8, 100).unwrap().bytes(), b"89");
        assert_eq!(source.prefix(u64::MAX, 100).unwrap().bytes(), b"");
        assert_eq!(source.exact(2, 3, "x").unwrap().bytes(), b"234");
        assert!(matches!(
            source.exact(8, 3, "x"),
            Err(Defect::Outside { part: "x" })
        ));
        assert!(matches!(
            source.exact(0, u64::MAX, "x"),
            Err(Defect::Excess { .. })
        ));
    }

    #[test]
    fn strings_have_an_end_and_a_limit() {
        let mut bytes = vec![b'a'; 20_000];
        bytes[10] = 0;
        bytes[9_000] = 0;
        let source = Source::Memory(&bytes);
        let mut strings = Strings::new(&source, "name", 100);
        assert_eq!(strings.at(7).unwrap(), b"aaa");
        assert_eq!(strings.at(10).unwrap(), b"");
        assert_eq!(strings.at(8_990).unwrap().len(), 10);
        assert!(matches!(strings.at(11), Err(Defect::Excess { .. })));
        assert!(matches!(
            strings.at(19_990),
            Err(Defect::Unterminated { .. })
        ));
        assert!(matches!(strings.at(20_000), Err(Defect::Outside { .. })));
    }
}
