//! A part of a markdown file that is managed, between two lines that say so.

use std::ops::Range;

use crate::malformed::Malformed;
use crate::splice::Splices;

/// A managed block: the lines around it, which stand alone on theirs.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The line before it.
    pub begin: &'static str,
    /// The line after it.
    pub end: &'static str,
}

impl Block {
    /// The file with `body`, some lines that end in `\n`, in the block: where the block was, else at the end.
    ///
    /// # Errors
    /// [`Malformed`] when a marker stands alone or is there twice.
    pub fn wire(&self, text: &str, body: &str) -> Result<String, Malformed> {
        let there = self.find(text)?;
        // A block that is there keeps its line ends, whatever the line that was ended before it made of a lone `\r`.
        let sample = there.clone().map_or(text, |range| &text[range]);
        let eol = if sample.contains("\r\n") { "\r\n" } else { "\n" };
        let block = format!("{}\n{body}{}\n", self.begin, self.end).replace('\n', eol);
        let mut splices = Splices::default();
        match there {
            Some(range) => splices.replace(range, block),
            None => {
                let ends = text.trim_start_matches(crate::BOM).is_empty() || text.ends_with('\n');
                let line = if ends { "" } else { eol };
                let blank = if text.trim().trim_start_matches(crate::BOM).is_empty() { "" } else { eol };
                splices.insert(text.len(), [line, blank, &block].concat());
            }
        }
        Ok(splices.apply(text))
    }

    /// The file without the block, and without the empty line that was put before it.
    ///
    /// # Errors
    /// As for [`Block::wire`].
    pub fn unwire(&self, text: &str) -> Result<String, Malformed> {
        let Some(range) = self.find(text)? else { return Ok(text.to_owned()) };
        let start = crate::roots::start_with_blank(text, range.start);
        let mut splices = Splices::default();
        splices.remove(start..range.end);
        Ok(splices.apply(text))
    }

    /// What stands in the file, markers included; None when there is no block.
    ///
    /// # Errors
    /// As for [`Block::wire`].
    pub fn find(&self, text: &str) -> Result<Option<Range<usize>>, Malformed> {
        let mut begin = None;
        let mut found = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_start_matches(crate::BOM).trim();
            if bare == self.begin {
                if begin.is_some() || found.is_some() {
                    return Err(Malformed::at(text, at, format!("`{}` is there twice", self.begin)));
                }
                begin = Some(at + line.len() - line.trim_start_matches(crate::BOM).len());
            } else if bare == self.end {
                let Some(start) = begin.take() else {
                    return Err(Malformed::at(text, at, format!("`{}` ends nothing", self.end)));
                };
                found = Some(start..at + line.len());
            }
            at += line.len();
        }
        match begin {
            Some(start) => Err(Malformed::at(text, start, format!("`{}` is never ended", self.begin))),
            None => Ok(found),
        }
    }
}
