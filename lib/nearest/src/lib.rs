//! The known word that a mistyped one was meant to be.

/// Returns the word of `known` that takes the fewest edits from `word`, without regard to case, when they are few for
/// its length. A word of which `word` is the beginning comes first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(word, known, usize::MAX)
}

/// The same, where it takes no more than `max_edits`: for words of which many are like each other.
pub fn nearest_within<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    max_edits: usize,
) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let length = typed.chars().count();
    let begins = |candidate: &str| length >= 3 && candidate.to_lowercase().starts_with(&typed);
    let edits = |candidate: &str| {
        if begins(candidate) { 0 } else { strsim::osa_distance(&typed, &candidate.to_lowercase()) }
    };
    let (edits, found) =
        known.into_iter().map(|candidate| (edits(candidate), candidate)).min_by_key(|(edits, _)| *edits)?;
    // Two words that share no more than their length are not meant for each other.
    let allowed = found.chars().count().max(length).div_ceil(3).min(max_edits);
    (edits <= allowed && length > edits).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearest_within};

    #[test]
    fn a_mistyped_word_finds_the_one_that_was_meant() {
        let known = ["model", "pro_model", "env", "system_prompt"];
        assert_eq!(nearest("acceptedits", ["acceptEdits", "plan"]), Some("acceptEdits"));
        assert_eq!(nearest("modle", known), Some("model"));
        assert_eq!(nearest("pro-model", known), Some("pro_model"));
        assert_eq!(nearest("Env", known), Some("env"));
        assert_eq!(nearest("systemprompt", known), Some("system_prompt"));
        assert_eq!(nearest("sys", known), Some("system_prompt"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("app-api", ["app-web"]), Some("app-web"));
        assert_eq!(nearest_within("app-api", ["app-web"], 2), None);
        assert_eq!(nearest_within("app-reveiw", ["app-web", "app-review"], 2), Some("app-review"));
    }
}
