//! The words of `--text`: everything to the end of the line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use lexopt::{Error, Parser};

/// The options of `run` and `resume`, and whether a value follows.
const OPTIONS: [(&str, bool); 13] = [
    ("--backend", true),
    ("--pro", false),
    ("--no-pro", false),
    ("--cwd", true),
    ("--slug", true),
    ("--print", false),
    ("--timeout", true),
    ("--to-inbox", false),
    ("--quiet", false),
    ("--verbose", false),
    ("--text", false),
    ("--help", false),
    ("-h", false),
];

/// The longest command in a message, in bytes.
const MAX_SHOWN_BYTES: usize = 200;

/// Reads the words, joined by blanks. A `--` before them is left out; one between them is a part of the prompt.
///
/// # Errors
/// When there are none, or when one before a `--` is an option of ours: silently, it would be a part of the prompt and
/// change nothing.
pub(super) fn text(parser: &mut Parser) -> Result<Vec<u8>, Error> {
    let attached = parser.optional_value();
    let mut rest: Vec<OsString> = parser.raw_args()?.collect();
    let is_literal = attached.is_none() && rest.first().is_some_and(|first| first == "--");
    if is_literal {
        rest.remove(0);
    } else if let Some(error) = misplaced(attached.as_deref(), &rest) {
        return Err(error.into());
    }
    let words: Vec<Vec<u8>> = attached.into_iter().chain(rest).map(OsStringExt::into_vec).collect();
    let text = words.join(&b' ');
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err("--text needs words".into());
    }
    Ok(text)
}

/// What to say of options among the words `rest`; `None` if there are none.
fn misplaced(attached: Option<&OsStr>, rest: &[OsString]) -> Option<String> {
    let (mut options, mut words): (Vec<&OsStr>, Vec<&OsStr>) = (Vec::new(), attached.into_iter().collect());
    let mut left = rest.iter().map(OsString::as_os_str);
    while let Some(word) = left.next() {
        if word == "--" {
            words.push(word);
            words.extend(left.by_ref());
        } else if let Some(takes_value) = option(word) {
            options.push(word);
            options.extend(left.by_ref().take(usize::from(takes_value)));
        } else {
            words.push(word);
        }
    }
    let first = options.first()?;
    let all: Vec<&OsStr> = attached.into_iter().chain(rest.iter().map(OsString::as_os_str)).collect();
    let why = format!("`{}` stands behind --text, where everything is the prompt", first.to_string_lossy());
    // A command that is cut would be another one.
    Some(match (shown(&options), shown(&words), shown(&all)) {
        (Some(options), Some(words), Some(all)) => {
            format!("{why}; as an option: {options} --text {words}; as a part of the prompt: --text -- {all}")
        }
        _ => format!(
            "{why}; as an option, put it before --text; as a part of the prompt, put -- behind --text"
        ),
    })
}

/// Whether `word` is an option of ours; then, whether its value is the next word.
fn option(word: &OsStr) -> Option<bool> {
    let name = word.as_bytes().split(|&b| b == b'=').next().unwrap_or_default();
    let (found, takes_value) = OPTIONS.iter().find(|(option, _)| option.as_bytes() == name)?;
    Some(*takes_value && word.len() == found.len())
}

/// `words` as a shell reads them; `None` where they are too long for a message.
fn shown(words: &[&OsStr]) -> Option<String> {
    let quoted: Vec<String> = words.iter().map(|word| handoff_process::quoted(word.as_ref())).collect();
    Some(quoted.join(" ")).filter(|text| text.len() <= MAX_SHOWN_BYTES)
}
