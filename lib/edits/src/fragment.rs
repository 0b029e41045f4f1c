//! What of ours is in a text, put in and taken out.

use handoff_wiring::{Made, Malformed};

/// One thing of ours in a text of another program.
pub trait Fragment {
    /// The text with this in it, and what of the surroundings was made for it.
    ///
    /// # Errors
    /// [`Malformed`].
    fn wire(&self, text: &str) -> Result<(String, Made), Malformed>;

    /// The text without this, and without what of its surroundings we made and is empty now.
    ///
    /// # Errors
    /// [`Malformed`].
    fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed>;

    /// Whether this is in the text, of whichever prefix and version.
    ///
    /// # Errors
    /// [`Malformed`].
    fn is_in(&self, text: &str) -> Result<bool, Malformed>;
}

/// What a user puts into a file where we cannot: a new one, which begins with `fresh`, with nothing but ours.
pub fn by_hand<F: Fragment>(fresh: &str, fragments: impl IntoIterator<Item = F>) -> String {
    let wire = |text: String, fragment: F| fragment.wire(&text).map(|(text, _)| text);
    // A new file is never malformed.
    fragments.into_iter().try_fold(fresh.to_owned(), wire).unwrap_or_default()
}

/// The text without `fragments`, taken out in reverse, so that a container goes after what is in it. One that is not there
/// changes nothing.
///
/// # Errors
/// [`Malformed`].
pub fn take_out<F: Fragment>(
    text: &str,
    fragments: impl DoubleEndedIterator<Item = (F, Made)>,
) -> Result<String, Malformed> {
    fragments.rev().try_fold(text.to_owned(), |text, (fragment, made)| {
        if fragment.is_in(&text)? { fragment.unwire(&text, made) } else { Ok(text) }
    })
}

/// The text without our parts; `None` if the file is to be removed. `undone` is the recorded original, if the file is exactly
/// as we left it. Otherwise our parts are taken out, and a file that we made and that then says nothing is removed.
///
/// # Errors
/// [`Malformed`].
pub fn without(
    text: &str,
    undone: Option<Option<String>>,
    made_by_us: bool,
    says_nothing: impl FnOnce(&str) -> bool,
    take_out: impl FnOnce(&str) -> Result<String, Malformed>,
) -> Result<Option<String>, Malformed> {
    if let Some(before) = undone {
        return Ok(before);
    }
    let before = take_out(text)?;
    let goes = made_by_us && before != text && says_nothing(&before);
    Ok((!goes).then_some(before))
}

/// Whether a text says nothing, which hosts take for `{}` in a file of JSON.
pub fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

/// Whether nothing but what a new file of ours begins with is in a text.
pub fn is_nothing(text: &str) -> bool {
    matches!(text.trim_start_matches('\u{feff}').trim(), "" | "{}")
}
