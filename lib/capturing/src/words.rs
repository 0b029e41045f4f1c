//! Numbers in sentences.

/// `1 changed path`, `2 changed paths`.
pub fn counted(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}

/// `words` as the end of a sentence, with one full stop whatever they end with.
pub(crate) fn stopped(words: &str) -> String {
    let words = words.trim_end();
    if words.ends_with(['…', '!', '?']) {
        words.to_owned()
    } else {
        format!("{}.", words.trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_plural_and_a_sentence_one_end() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "path")), ["0 paths", "1 path", "2 paths"]);
        assert_eq!(["a", "a.", "a...", "a…", "a!", "a. "].map(stopped), ["a.", "a.", "a.", "a…", "a!", "a."]);
    }
}
