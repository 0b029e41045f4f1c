//! An option that takes all the words to the end of the line, as `--text WORDS…`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use lexopt::Parser;

use super::error::{Misplaced, Rewritten, UsageError};
use crate::table::{HELP, Opt, Program, Takes, Verb};

/// The longest command in a message, in bytes.
const MAX_SHOWN_BYTES: usize = 200;

/// Reads the words, joined by blanks. A `--` before them is left out; one between them is a part of the text.
///
/// # Errors
/// When there are none, or when one before a `--` is an option of the verb: silently, it would be a part of the text and
/// change nothing.
pub(super) fn words(
    parser: &mut Parser,
    option: &'static Opt,
    name: &'static str,
    verb: Option<&'static Verb>,
    program: &Program,
) -> Result<OsString, UsageError> {
    let attached = parser.optional_value();
    let mut rest: Vec<OsString> = parser.raw_args().map_err(UsageError::from)?.collect();
    let known: Vec<&Opt> = verb
        .map_or(&[][..], |verb| verb.options)
        .iter()
        .copied()
        .chain(program.globals.iter().copied())
        .chain([&HELP])
        .collect();
    let is_literal = attached.is_none() && rest.first().is_some_and(|first| first == "--");
    if is_literal {
        rest.remove(0);
    } else if let Some(error) = misplaced(option, name, attached.as_deref(), &rest, &known) {
        return Err(error);
    }
    let words: Vec<Vec<u8>> = attached.into_iter().chain(rest).map(OsStringExt::into_vec).collect();
    let text = words.join(&b' ');
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(UsageError::NoWords { option: option.typed() });
    }
    Ok(OsString::from_vec(text))
}

/// What to say of options of ours among the words `rest`; `None` if there are none.
fn misplaced(
    line: &Opt,
    name: &str,
    attached: Option<&OsStr>,
    rest: &[OsString],
    known: &[&Opt],
) -> Option<UsageError> {
    let (mut options, mut words): (Vec<&OsStr>, Vec<&OsStr>) = (Vec::new(), attached.into_iter().collect());
    let mut left = rest.iter().map(OsString::as_os_str);
    while let Some(word) = left.next() {
        if word == "--" {
            words.push(word);
            words.extend(left.by_ref());
        } else if let Some(takes_value) = is_option(word, known) {
            options.push(word);
            options.extend(left.by_ref().take(usize::from(takes_value)));
        } else {
            words.push(word);
        }
    }
    let first = options.first()?;
    let all: Vec<&OsStr> = attached.into_iter().chain(rest.iter().map(OsString::as_os_str)).collect();
    // A command that is cut would be another one.
    let rewritten = shown(&options).zip(shown(&words)).zip(shown(&all));
    Some(UsageError::Misplaced(Box::new(Misplaced {
        line: line.typed(),
        meaning: format!("the {}", name.to_lowercase()),
        option: first.to_string_lossy().into_owned(),
        rewritten: rewritten.map(|((options, words), all)| Rewritten { options, words, all }),
    })))
}

/// Whether `word` is an option of ours; then, whether its value is the next word.
fn is_option(word: &OsStr, known: &[&Opt]) -> Option<bool> {
    let name = word.as_bytes().split(|&byte| byte == b'=').next().unwrap_or_default();
    let letter = |option: &Opt| option.short.map(|letter| format!("-{letter}"));
    let is_it = |option: &&&Opt| {
        option.typed().as_bytes() == name || letter(option).is_some_and(|letter| letter.as_bytes() == name)
    };
    let found = known.iter().find(is_it)?;
    let takes_value = matches!(found.takes, Takes::Value(..) | Takes::Each(..));
    Some(takes_value && name.len() == word.len())
}

/// `words` as a shell reads them; `None` where they are too long for a message.
fn shown(words: &[&OsStr]) -> Option<String> {
    let quoted: Vec<String> = words.iter().map(|word| handoff_process::quoted(word.as_ref())).collect();
    Some(quoted.join(" ")).filter(|text| text.len() <= MAX_SHOWN_BYTES)
}
