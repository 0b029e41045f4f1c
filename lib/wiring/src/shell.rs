//! What a shell command runs.

/// What a handler or a status line runs, as far as that can be told without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program, as it is named.
    pub program: String,
    /// Its arguments, up to the first that a shell would work out.
    pub args: Vec<String>,
}

impl Call {
    /// What a shell command runs; None when quotes are left open or the shell would work the program out.
    pub fn of(command: &str) -> Option<Self> {
        let mut words = words(command).into_iter().map(|word| word.text);
        let program = words.next().filter(|program| !program.is_empty())?;
        Some(Self { program, args: words.collect() })
    }
}

/// One word, unquoted, and where it ends.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) end: usize,
}

/// The words at the start of a command, up to the first that is none or that a shell would work out.
pub(crate) fn words(command: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(next) = word(command, at) {
        // A word without letters ends where something of the shell's stands, or is quotes with nothing in them.
        if command[at..next.end].trim_start().is_empty() {
            break;
        }
        at = next.end;
        words.push(next);
    }
    words
}

/// The word after the blanks at `at`.
fn word(command: &str, at: usize) -> Option<Word> {
    let mut text = String::new();
    let start = command.len() - command[at..].trim_start().len();
    let mut letters = command[start..].char_indices();
    let mut quote = None;
    let mut end = command.len();
    while let Some((place, letter)) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => text.push(letter),
            (_, '\\') => text.push(letters.next()?.1),
            (_, '$' | '`') => return None,
            (Some(_), _) => text.push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ' | '\t' | '\n' | ';' | '&' | '|') => {
                end = start + place;
                break;
            }
            (None, _) => text.push(letter),
        }
    }
    quote.is_none().then_some(Word { text, end })
}

/// `text` as one word of a shell command.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
