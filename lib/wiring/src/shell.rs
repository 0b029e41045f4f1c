//! What a shell command runs.

/// The first word of a shell command, unquoted; None when quotes are left open or the shell would work it out.
pub fn first_word(command: &str) -> Option<String> {
    let mut word = String::new();
    let mut letters = command.trim_start().chars();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.push(letter),
            (_, '\\') => word.push(letters.next()?),
            (_, '$' | '`') => return None,
            (Some(_), _) => word.push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ' | '\t' | '\n' | ';' | '&' | '|') => break,
            (None, _) => word.push(letter),
        }
    }
    (quote.is_none() && !word.is_empty()).then_some(word)
}
