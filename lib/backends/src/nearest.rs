//! The known word that a mistyped one was meant to be.

/// The word of `known` that takes the fewest edits from `word`, when these are few for its length.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    let near = known.into_iter().map(|candidate| (distance(&written, candidate), candidate));
    let (edits, found) = near.min_by_key(|(edits, _)| *edits)?;
    // Two words that share no more than their length are not meant for each other.
    let allowed = found.chars().count().max(written.len()).div_ceil(3);
    (edits <= allowed && written.len() > edits).then_some(found)
}

/// Levenshtein's distance, without regard to case.
fn distance(written: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=written.len()).collect();
    for (at, wanted) in candidate.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, &letter) in written.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[written.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["type", "model", "pro_model", "env", "system_prompt"];
        assert_eq!(nearest("acceptedits", ["acceptEdits", "plan"]), Some("acceptEdits"));
        assert_eq!(nearest("modle", known), Some("model"));
        assert_eq!(nearest("pro-model", known), Some("pro_model"));
        assert_eq!(nearest("Env", known), Some("env"));
        assert_eq!(nearest("systemprompt", known), Some("system_prompt"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("", known), None);
    }
}
