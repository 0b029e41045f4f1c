//! What the patches of a bundle say of each file, unpacked: for whoever looks for something in it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use handoff_files::FileError;

use crate::bundle::Bundle;
use crate::error::{BundleError, Refusal};
use crate::literal::{self, LiteralError};
use crate::patch::{self, PatchError, Section};
use crate::path::TreePath;

/// Which side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// What the patch removes.
    Before,
    /// What it writes, with the lines around that stay.
    After,
}

/// Takes a piece of what a patch says of a file. Of one file each side comes in order; the two may take turns.
pub type Take<'t> = dyn FnMut(&TreePath, Which, &[u8]) + 't;

impl Bundle {
    /// Gives `take` everything that the patches say of each file: the lines of a text without their marks, binary content
    /// inflated, of a delta what it inserts. At most `limit` bytes of binary content are inflated.
    ///
    /// Gives the paths with more content than that, of which it was not taken.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when a patch is not in git's form; what the system says.
    pub fn contents(&self, limit: u64, take: &mut Take<'_>) -> Result<Vec<TreePath>, BundleError> {
        let mut left = limit;
        let mut passed_over = Vec::new();
        for (file, _) in self.patches() {
            let malformed = |reason| Refusal::Malformed { file, reason };
            let mut patch = self.dir().open_to_read(file)?;
            let sections = patch::parse(BufReader::new(&mut *patch.stream())).map_err(malformed)?;
            let path = self.dir().path_of(file);
            let wrong = || FileError::new("read", &path);
            patch.stream().rewind().map_err(wrong())?;
            let mut source = BufReader::with_capacity(1 << 16, patch.stream());
            for section in &sections {
                match unpack(&mut source, section, &mut left, take) {
                    Ok(true) => {}
                    Ok(false) => passed_over.extend(section.paths().next().cloned()),
                    Err(LiteralError::Io(error)) => return Err(wrong()(error).into()),
                    Err(error) => {
                        let path = section.paths().next().map(ToString::to_string).unwrap_or_default();
                        let reason = PatchError { line: 0, reason: format!("{path}: {error}") };
                        return Err(malformed(reason).into());
                    }
                }
            }
        }
        passed_over.sort();
        passed_over.dedup();
        Ok(passed_over)
    }
}

/// Reads one section, which starts where `source` is; false when there is more in it than `left`.
fn unpack(
    source: &mut BufReader<&mut File>,
    section: &Section,
    left: &mut u64,
    take: &mut Take<'_>,
) -> Result<bool, LiteralError> {
    let Some(path) = section.new.as_ref().or(section.old.as_ref()).map(|side| &side.path) else {
        return Ok(true);
    };
    let end = section.span.1;
    let mut line = Vec::new();
    let mut at = section.span.0;
    let mut in_hunk = false;
    while at < end {
        line.clear();
        at += source.by_ref().take(end - at).read_until(b'\n', &mut line)? as u64;
        match line.first() {
            _ if line == b"GIT binary patch\n" && !in_hunk => {
                let whole = binary(source, end, left, |which, piece| take(path, which, piece))?;
                source.seek(SeekFrom::Start(end))?;
                return Ok(whole);
            }
            Some(b'@') => in_hunk = true,
            Some(b'+' | b' ') if in_hunk => take(path, Which::After, &line[1..]),
            Some(b'-') if in_hunk => take(path, Which::Before, &line[1..]),
            Some(_) => {}
            None => break,
        }
    }
    Ok(true)
}

/// Reads the two pieces of binary content, the second of which may be missing.
fn binary(
    source: &mut BufReader<&mut File>,
    end: u64,
    left: &mut u64,
    mut take: impl FnMut(Which, &[u8]),
) -> Result<bool, LiteralError> {
    for which in [Which::After, Which::Before] {
        if source.stream_position()? >= end {
            break;
        }
        let mut line = String::new();
        source.by_ref().take(64).read_line(&mut line)?;
        let (kind, size) = line.trim_end().split_once(' ').ok_or(LiteralError::Malformed)?;
        let size: u64 = size.parse().map_err(|_| LiteralError::Malformed)?;
        let Some(rest) = left.checked_sub(size) else { return Ok(false) };
        *left = rest;
        if kind == "delta" {
            // The reader of patches takes no large one.
            let mut delta = Vec::new();
            literal::read(source, size, |piece| {
                delta.extend_from_slice(piece);
                Ok(())
            })?;
            take(which, &inserted(&delta).ok_or(LiteralError::Malformed)?);
        } else {
            literal::read(source, size, |piece| {
                take(which, piece);
                Ok(())
            })?;
        }
    }
    Ok(true)
}

/// What a delta brings: two sizes, then commands that copy a stretch of what was there (`1xxxxxxx`, with as many bytes
/// as bits are set) or insert up to 127 bytes. A line break stands for each stretch that is copied.
fn inserted(delta: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta;
    for _ in 0..2 {
        let length = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
        rest = &rest[length..];
    }
    let mut text = Vec::new();
    while let Some((&command, after)) = rest.split_first() {
        let is_copy = command & 0x80 != 0;
        let length = if is_copy { (command & 0x7f).count_ones() as usize } else { usize::from(command) };
        let (bytes, after) = after.split_at_checked(length)?;
        if is_copy {
            text.push(b'\n')
        } else {
            text.extend_from_slice(bytes)
        }
        rest = after;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_brings_what_it_inserts() {
        let delta = [&[0x90, 0x4e, 0x88, 0x4e, 3][..], b"abc", &[2], b"de", &[0xb1, 1, 2, 3], &[1], b"f"];
        assert_eq!(inserted(&delta.concat()).unwrap(), b"abcde\nf");
        for cut in [&[0x90][..], &[1, 1, 5, b'a'], &[1, 1, 0xff, 1]] {
            assert_eq!(inserted(cut), None, "{cut:?}");
        }
        assert_eq!(inserted(&[1, 1]), Some(Vec::new()));
    }
}
