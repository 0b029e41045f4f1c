//! Which characters are not shown, and which others change.

use crate::tables::{EMOJI_STYLE_BASES, HIDDEN, Plane, SPACES};

/// What is shown of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The character itself.
    Itself,
    /// An ordinary space.
    Space,
    /// A newline.
    Newline,
    Nothing,
}

/// What is shown of `c`, wherever it stands.
pub(crate) fn shown(c: char) -> Shown {
    match c {
        // Nearly everything is printable ASCII.
        ' '..='~' | '\n' | '\t' => Shown::Itself,
        '\r' | '\u{2028}' | '\u{2029}' => Shown::Newline,
        c if SPACES.contains(&c) => Shown::Space,
        c if contains(&HIDDEN, c).unwrap_or(true) => Shown::Nothing,
        _ => Shown::Itself,
    }
}

/// Whether U+FE0F after `c` has an effect: `c` is an emoji that is drawn as text without it. ASCII is left out, because
/// there the selector is visible in a keycap only.
pub(crate) fn takes_emoji_style(c: char) -> bool {
    !c.is_ascii() && contains(&EMOJI_STYLE_BASES, c).unwrap_or(false)
}

/// Whether `c` is in the ranges of its plane; `None` if `planes` does not go that far.
fn contains(planes: &[Plane], c: char) -> Option<bool> {
    let (plane, code) = ((c as usize) >> 16, (c as u32 & 0xFFFF) as u16);
    let ranges = planes.get(plane)?;
    // The first range that does not end before `code`.
    let index = ranges.partition_point(|&(_, last)| last < code);
    Some(ranges.get(index).is_some_and(|&(first, _)| first <= code))
}
