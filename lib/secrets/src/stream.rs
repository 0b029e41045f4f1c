//! A text that comes in pieces, of any length.

use crate::{Finding, scan};

/// So much of a text is looked at together, in bytes.
const WINDOW_BYTES: usize = 1 << 20;
/// So much of it again with what follows: no secret is longer.
const OVERLAP_BYTES: usize = 32 << 10;

/// Looks for secrets in a text that comes in pieces. Lines and places of what it finds are those of a window, so only the
/// rules say something; a secret where two windows overlap is found twice.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    window: Vec<u8>,
}

impl Stream {
    /// Takes the next piece, and passes on what is found.
    pub fn take(&mut self, mut piece: &[u8], mut found: impl FnMut(Finding)) {
        while !piece.is_empty() {
            let (now, later) = piece.split_at(piece.len().min(WINDOW_BYTES));
            piece = later;
            self.window.extend_from_slice(now);
            if self.window.len() >= WINDOW_BYTES {
                scan(&String::from_utf8_lossy(&self.window)).into_iter().for_each(&mut found);
                self.window.drain(..self.window.len() - OVERLAP_BYTES);
            }
        }
    }

    /// The text ends here, and another may begin.
    pub fn end(&mut self, found: impl FnMut(Finding)) {
        scan(&String::from_utf8_lossy(&self.window)).into_iter().for_each(found);
        self.window.clear();
    }
}
