//! Which characters are not shown.

/// Ranges of characters that have no picture of their own or change how their neighbours look: Unicode's
/// `Default_Ignorable_Code_Point`, the bidirectional and interlinear controls, and the private "language tag" plane.
/// Sorted, so that a look-up is a binary search.
const HIDDEN: &[(u32, u32)] = &[
    (0x0000, 0x0008),   // C0 up to backspace; tab and newline stay
    (0x000B, 0x001F),   // the rest of C0, carriage return is handled before
    (0x007F, 0x009F),   // DEL and C1
    (0x00AD, 0x00AD),   // soft hyphen
    (0x034F, 0x034F),   // combining grapheme joiner
    (0x061C, 0x061C),   // Arabic letter mark
    (0x115F, 0x1160),   // Hangul fillers
    (0x17B4, 0x17B5),   // Khmer inherent vowels
    (0x180B, 0x180F),   // Mongolian selectors and vowel separator
    (0x200B, 0x200F),   // zero-width space, joiners, direction marks
    (0x202A, 0x202E),   // bidirectional embeddings and overrides
    (0x2060, 0x206F),   // word joiner, invisible operators, isolates, deprecated formats
    (0x2800, 0x2800),   // blank braille pattern
    (0x3164, 0x3164),   // Hangul filler
    (0xFE00, 0xFE0F),   // variation selectors
    (0xFEFF, 0xFEFF),   // byte order mark
    (0xFFA0, 0xFFA0),   // half-width Hangul filler
    (0xFFF0, 0xFFFB),   // unassigned ignorables, interlinear annotation
    (0x1BCA0, 0x1BCA3), // shorthand format controls
    (0x1D173, 0x1D17A), // musical format controls
    (0xE0000, 0xE0FFF), // tags and the variation selector supplement
];

pub(crate) fn is_hidden(c: char) -> bool {
    let code = c as u32;
    // Nearly everything is printable ASCII.
    if (0x20..0x7F).contains(&code) {
        return false;
    }
    HIDDEN
        .binary_search_by(|&(first, last)| {
            if last < code {
                std::cmp::Ordering::Less
            } else if first > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_does_not_overlap() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
