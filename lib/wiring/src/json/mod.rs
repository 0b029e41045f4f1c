//! JSON as hosts keep it: what is added or taken out is a splice, so number spelling, order, comments, indentation and
//! line ends of everything else stay.

mod layout;
mod tree;

use std::borrow::Cow;

use jsonc_parser::ast::{Array, Object, ObjectProp, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions};

pub(crate) use layout::Layout;
pub(crate) use tree::{Tree, string};

use crate::malformed::Malformed;

/// Parses what a host accepts: JSON, with comments and trailing commas where `comments` says so.
pub(crate) fn parse(text: &str, comments: bool) -> Result<Value<'_>, Malformed> {
    let options = ParseOptions {
        allow_comments: comments,
        allow_trailing_commas: comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let malformed = Malformed::at(text, error.range().start, lower_first(&error.kind().to_string()));
        if is_of_others(error.kind()) { malformed.passed_over() } else { malformed }
    })?;
    parsed.value.ok_or_else(|| Malformed::at(text, 0, "the file is empty: a JSON object was expected"))
}

/// The property `name` of `object`, and its number; in an error it is called `path`. Twice the same name means something else to
/// every reader.
pub(crate) fn the_only<'v, 't>(
    text: &str,
    object: &'v Object<'t>,
    name: &str,
    path: &str,
) -> Result<Option<(usize, &'v ObjectProp<'t>)>, Malformed> {
    let mut named =
        object.properties.iter().enumerate().filter(|(_, property)| property.name.as_str() == name);
    let first = named.next();
    match named.next() {
        None => Ok(first),
        Some((_, second)) => Err(Malformed::at(text, second.start(), format!("`{path}` is there twice"))),
    }
}

/// Whether other programs take for JSON what a file is refused for.
fn is_of_others(kind: &ParseErrorKind) -> bool {
    use ParseErrorKind as Kind;
    matches!(
        kind,
        Kind::BareDecimalPointNumbersNotAllowed
            | Kind::CommentsNotAllowed
            | Kind::HexadecimalNumbersNotAllowed
            | Kind::NonFiniteNumbersNotAllowed
            | Kind::SingleQuotedStringsNotAllowed
            | Kind::TrailingCommasNotAllowed
            | Kind::UnaryPlusNumbersNotAllowed
    )
}

/// `text` with `\\uFFFD` in the place of each escape of half a surrogate pair: JavaScript takes one, and so do the hosts that are
/// written in it, and the parser here does not. No byte moves, so what is found in it stands in `text` too.
pub fn readable(text: &str) -> Cow<'_, str> {
    let mut halves = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match (escaped(&text[at..]), text.get(at + ESCAPE..).and_then(escaped)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => at += 2 * ESCAPE,
            (Some(0xd800..0xe000), _) => {
                halves.push(at);
                at += ESCAPE;
            }
            // What is behind the backslash is no beginning of an escape.
            _ => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if halves.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut readable = text.to_owned();
    for at in halves {
        readable.replace_range(at..at + ESCAPE, "\\uFFFD");
    }
    Cow::Owned(readable)
}

/// The bytes of an escape with four digits.
const ESCAPE: usize = 6;

/// What the escape with four digits stands for that `text` begins with.
fn escaped(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..ESCAPE - 2)?;
    u32::from_str_radix(digits, 16).ok()
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A list of children between two brackets: what is the same about objects and arrays.
pub(crate) struct Container {
    /// From the opening bracket to after the closing one.
    pub(crate) range: Range,
    /// Each child with its name, without its comma.
    pub(crate) children: Vec<Range>,
}

impl From<&Object<'_>> for Container {
    fn from(object: &Object<'_>) -> Self {
        let children = object.properties.iter().map(|property| property.range).collect();
        Self { range: object.range, children }
    }
}

impl From<&Array<'_>> for Container {
    fn from(array: &Array<'_>) -> Self {
        Self { range: array.range, children: array.elements.iter().map(Ranged::range).collect() }
    }
}

/// The names that are set to true in the object `key` at the top level.
///
/// # Errors
/// [`Malformed`].
pub fn enabled(text: &str, key: &str) -> Result<Vec<String>, Malformed> {
    look_at(text, &[key], |value| {
        let properties = value.as_object().map(|object| object.properties.iter()).into_iter().flatten();
        let on = properties.filter(|property| property.value.as_boolean_lit().is_some_and(|flag| flag.value));
        on.map(|property| property.name.as_str().to_owned()).collect()
    })
    .map(Option::unwrap_or_default)
}

/// The boolean at `path`, from the outermost key inwards; `None` where there is none.
///
/// # Errors
/// [`Malformed`].
pub fn flag(text: &str, path: &[&str]) -> Result<Option<bool>, Malformed> {
    look_at(text, path, |value| value.as_boolean_lit().map(|flag| flag.value)).map(Option::flatten)
}

/// The strings of the list at `path`.
///
/// # Errors
/// [`Malformed`].
pub fn strings(text: &str, path: &[&str]) -> Result<Vec<String>, Malformed> {
    look_at(text, path, |value| {
        let elements = value.as_array().map(|list| list.elements.iter()).into_iter().flatten();
        elements.filter_map(|value| Some(value.as_string_lit()?.value.to_string())).collect()
    })
    .map(Option::unwrap_or_default)
}

/// What `look` makes of the value at `path` in a file of settings, which may have comments.
fn look_at<T>(text: &str, path: &[&str], look: impl FnOnce(&Value<'_>) -> T) -> Result<Option<T>, Malformed> {
    let (_, text) = crate::without_bom(text);
    let text = readable(text);
    let value = parse(&text, true)?;
    let mut found = &value;
    for key in path {
        match found.as_object().and_then(|object| object.get(key)) {
            Some(property) => found = &property.value,
            None => return Ok(None),
        }
    }
    Ok(Some(look(found)))
}
