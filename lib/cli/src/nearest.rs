//! The known word that a mistyped one was meant to be.

/// Returns the word of `known` that takes the fewest edits from `word`, without regard to case, when they are few for
/// its length. A word of which `word` is the beginning comes first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let length = typed.chars().count();
    let begins = |candidate: &str| length >= 3 && candidate.to_lowercase().starts_with(&typed);
    let edits = |candidate: &str| {
        if begins(candidate) { 0 } else { strsim::osa_distance(&typed, &candidate.to_lowercase()) }
    };
    let (edits, found) =
        known.into_iter().map(|candidate| (edits(candidate), candidate)).min_by_key(|(edits, _)| *edits)?;
    // Two words that share no more than their length are not meant for each other.
    let allowed = found.chars().count().max(length).div_ceil(3);
    (edits <= allowed && length > edits).then_some(found)
}
