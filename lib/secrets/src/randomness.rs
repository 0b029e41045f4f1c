//! Whether characters look drawn at random, or chosen by someone to be read.

/// Shannon entropy in bits a byte: how evenly the bytes that occur share the value.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let length = value.len() as f32;
    let bits = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = *count as f32 / length;
        -share * share.log2()
    });
    bits.sum()
}

/// Which share of a value's letters stands in pieces that can be spoken: 1 for `getAccessToken`.
///
/// A piece is a run of letters of one case, with or without a capital before it.
pub(crate) fn spoken_share(value: &[u8]) -> f32 {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let is_new_piece = |before: &u8, next: &u8| {
        before.is_ascii_alphabetic() != next.is_ascii_alphabetic()
            || before.is_ascii_lowercase() && next.is_ascii_uppercase()
    };
    let pieces = value.chunk_by(|before, next| !is_new_piece(before, next));
    let spoken: usize = pieces.filter(|piece| can_be_spoken(piece)).map(<[u8]>::len).sum();
    if letters == 0 { 0.0 } else { spoken as f32 / letters as f32 }
}

/// How many numbers stand in a value, each a run of digits.
pub(crate) fn numbers(value: &[u8]) -> usize {
    let groups = value.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit());
    groups.filter(|group| group[0].is_ascii_digit()).count()
}

fn can_be_spoken(piece: &[u8]) -> bool {
    let is_vowel =
        |letter: &u8| matches!(letter.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let is_one_case =
        piece[1..].iter().all(u8::is_ascii_lowercase) || piece.iter().all(u8::is_ascii_uppercase);
    let longest_run = piece.chunk_by(|one, other| is_vowel(one) == is_vowel(other)).map(<[u8]>::len).max();
    piece.len() >= 3
        && piece[0].is_ascii_alphabetic()
        && is_one_case
        && piece.iter().any(is_vowel)
        && longest_run.is_some_and(|run| run <= 4)
}

/// Whether words and small numbers with separators between make up the value: `gpt-4o-2024-07-18`,
/// `my_app_v2`, `config.db.host`.
pub(crate) fn is_slug(value: &[u8]) -> bool {
    let is_separator = |byte: &u8| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@' | b'+' | b'~');
    let mut parts = value.split(is_separator);
    value.iter().any(is_separator) && parts.all(is_plain_part)
}

/// Letters of one case, digits, or letters with a small number before or behind them.
fn is_plain_part(part: &[u8]) -> bool {
    let leading = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = part.split_at(leading);
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, ending) = rest.split_at(letters);
    let is_one_case = word.is_empty()
        || word[1..].iter().all(u8::is_ascii_lowercase)
        || word.iter().all(u8::is_ascii_uppercase);
    let is_numbered = word.is_empty() || number.len() + ending.len() <= 3;
    is_one_case && is_numbered && ending.iter().all(u8::is_ascii_digit)
}

/// Whether the value counts: `0123456789abcdef`, `abc123def456`, `a1b2c3d4e5f6`.
pub(crate) fn is_counting(value: &[u8]) -> bool {
    [1, 2].into_iter().any(|stride| {
        let steps = value.windows(stride + 1);
        let total = steps.len();
        let upward = steps.filter(|window| window[0].checked_add(1) == Some(window[stride])).count();
        total > 0 && upward * 2 > total
    })
}

/// Whether one character fills the value or a stretch of it: `xxxx`, `****`, `....`, `00000000`.
///
/// A letter or digit has to fill half of it: keys that encode a number begin with many of the same.
pub(crate) fn is_padded(value: &[u8]) -> bool {
    value.chunk_by(u8::eq).any(|run| {
        let is_filler = matches!(run[0], b'x' | b'X' | b'*' | b'.' | b'-' | b'_' | b'#' | b'?');
        run.len() == value.len()
            || if is_filler { run.len() >= 4 } else { run.len() >= 8 && run.len() * 2 >= value.len() }
    })
}
