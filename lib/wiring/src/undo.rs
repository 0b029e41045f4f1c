//! What gives a text back as it was.

/// The one stretch in which a new text differs from the old one. It holds only what was taken out, so that no copy of
/// a user's settings, with the keys that stand in some, lies about elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Where the texts begin to differ, in bytes.
    pub at: usize,
    /// How many bytes of the new text are ours.
    pub inserted: usize,
    /// What stood there.
    pub removed: String,
}

impl Undo {
    /// What turns `new` into `old`.
    pub fn between(old: &str, new: &str) -> Self {
        let same = |(a, b): &(u8, u8)| a == b;
        let start = old.bytes().zip(new.bytes()).take_while(same).count();
        // A byte of a character may be the same where the character is not.
        let start = (0..=start).rev().find(|&at| old.is_char_boundary(at) && new.is_char_boundary(at));
        let start = start.unwrap_or(0);
        let (old_rest, new_rest) = (&old[start..], &new[start..]);
        let end = old_rest.bytes().rev().zip(new_rest.bytes().rev()).take_while(same).count();
        let whole = |at: &usize| {
            old_rest.is_char_boundary(old_rest.len() - at) && new_rest.is_char_boundary(new_rest.len() - at)
        };
        let end = (0..=end).rev().find(whole).unwrap_or(0);
        Self {
            at: start,
            inserted: new_rest.len() - end,
            removed: old_rest[..old_rest.len() - end].to_owned(),
        }
    }

    /// The old text; None when this cannot be an undo of `new`.
    pub fn apply(&self, new: &str) -> Option<String> {
        let head = new.get(..self.at)?;
        let tail = new.get(self.at.checked_add(self.inserted)?..)?;
        Some([head, &self.removed, tail].concat())
    }
}
