//! `${VAR}`, `{model}` and the like in a value.
//!
//! A value is read once, from left to right: what a variable holds is not read again, so a token with braces in it
//! stays what it is.

use std::ffi::OsString;

use handoff_nearest::nearest;

/// What stands in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    Model,
    ProModel,
    Home,
    Cwd,
}

const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("{model}", Placeholder::Model),
    ("{pro_model}", Placeholder::ProModel),
    ("{home}", Placeholder::Home),
    ("{cwd}", Placeholder::Cwd),
    // handoff-cli's older word for it.
    ("{default_model}", Placeholder::Model),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
    Placeholder(Placeholder),
}

/// Whether `${VAR}` is read or is text like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variables {
    Read,
    /// In prose: a system prompt may well speak of shell.
    Text,
}

/// The pieces of `written`, empty texts left out.
pub(crate) fn pieces(written: &str, variables: Variables) -> Vec<Piece<'_>> {
    doubled(written, variables).unwrap_or_else(|| {
        let mut pieces = Vec::new();
        let mut rest = written;
        let mut text = 0;
        while let Some(at) = rest[text..].find(['$', '{']).map(|at| text + at) {
            match special(&rest[at..], variables) {
                Some((piece, length)) => {
                    push_text(&mut pieces, &rest[..at]);
                    pieces.push(piece);
                    (rest, text) = (&rest[at + length..], 0);
                }
                None => text = at + 1,
            }
        }
        push_text(&mut pieces, rest);
        pieces
    })
}

/// handoff-cli read values as Python's format strings, where a brace is written `{{`. A value that is one, with a
/// doubled brace in it, is still read so; any other brace is itself, as in `{"json":1}`.
fn doubled(written: &str, variables: Variables) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = written;
    let mut is_doubled = false;
    while let Some(at) = rest.find(['$', '{', '}']) {
        push_text(&mut pieces, &rest[..at]);
        rest = &rest[at..];
        if let Some((piece, length)) = special(rest, variables) {
            pieces.push(piece);
            rest = &rest[length..];
        } else if rest.starts_with("{{") || rest.starts_with("}}") {
            is_doubled |= rest.starts_with('{');
            pieces.push(Piece::Text(&rest[..1]));
            rest = &rest[2..];
        } else if rest.starts_with('$') {
            pieces.push(Piece::Text(&rest[..1]));
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    push_text(&mut pieces, rest);
    is_doubled.then_some(pieces)
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// The variable or placeholder that `text` begins with, and its length.
fn special(text: &str, variables: Variables) -> Option<(Piece<'_>, usize)> {
    if variables == Variables::Read
        && let Some(rest) = text.strip_prefix("${")
    {
        let name = &rest[..rest.find('}')?];
        let is_name = !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return is_name.then_some((Piece::Variable(name), name.len() + 3));
    }
    let (word, found) = PLACEHOLDERS.iter().find(|(word, _)| text.starts_with(word))?;
    Some((Piece::Placeholder(*found), word.len()))
}

/// `written` with everything in its place.
///
/// # Errors
/// The first that `variable` or `placeholder` gives.
pub(crate) fn expand<E>(
    written: &str,
    variables: Variables,
    variable: &dyn Fn(&str) -> Result<OsString, E>,
    placeholder: &dyn Fn(Placeholder) -> Result<OsString, E>,
) -> Result<OsString, E> {
    let mut out = OsString::new();
    for piece in pieces(written, variables) {
        match piece {
            Piece::Text(text) => out.push(text),
            Piece::Variable(name) => out.push(variable(name)?),
            Piece::Placeholder(found) => out.push(placeholder(found)?),
        }
    }
    Ok(out)
}

/// The variables that `written` names.
pub(crate) fn variables(written: &str) -> impl Iterator<Item = &str> {
    pieces(written, Variables::Read).into_iter().filter_map(|piece| match piece {
        Piece::Variable(name) => Some(name),
        _ => None,
    })
}

/// What looks like a placeholder or variable and is text like any other: the word and, for a placeholder, the known one
/// that is nearest. Of a variable no more than its name: what stands behind may be a secret.
pub(crate) fn unknown(written: &str) -> Option<(String, Option<&'static str>)> {
    pieces(written, Variables::Read).into_iter().find_map(|piece| match piece {
        Piece::Text(text) => unknown_in(text),
        _ => None,
    })
}

fn unknown_in(text: &str) -> Option<(String, Option<&'static str>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for (at, _) in text.match_indices('{') {
        let rest = &text[at + 1..];
        let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            continue;
        }
        if text[..at].ends_with('$') {
            return Some((format!("${{{name}…}}"), None));
        }
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest[name.len()..].starts_with('}') {
            let word = format!("{{{name}}}");
            return Some((word.clone(), nearest(&word, PLACEHOLDERS.iter().take(4).map(|(word, _)| *word))));
        }
    }
    None
}

/// What follows the `~` of a path in the user's home: `/…`, or nothing.
pub(crate) fn after_tilde(written: &str) -> Option<&str> {
    written.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use proptest::prelude::*;

    use super::*;

    fn expanded(written: &str, variables: Variables) -> Result<String, String> {
        let variable = |name: &str| match name {
            "SET" => Ok(OsString::from("{model}${SET}")),
            _ => Err(name.to_owned()),
        };
        let placeholder = |found: Placeholder| Ok(OsString::from(format!("<{found:?}>")));
        expand(written, variables, &variable, &placeholder).map(|text| text.to_string_lossy().into_owned())
    }

    #[test]
    fn placeholders_are_replaced_and_other_braces_stay() {
        for (written, meant) in [
            ("{model}", "<Model>"),
            ("{default_model}/{pro_model}", "<Model>/<ProModel>"),
            ("{home}/x in {cwd}", "<Home>/x in <Cwd>"),
            (r#"{"json":1}"#, r#"{"json":1}"#),
            (r#"{"a":{"b":"{model}"}}"#, r#"{"a":{"b":"<Model>"}}"#),
            ("{unknown} {", "{unknown} {"),
            ("} }} {}", "} }} {}"),
            ("é{ü{model}", "é{ü<Model>"),
            // As handoff-cli's users had to write it.
            (r#"{{"json":1}}"#, r#"{"json":1}"#),
            (r#"{{"m":"{model}","k":"${SET}"}}"#, r#"{"m":"<Model>","k":"{model}${SET}"}"#),
            ("{{model}}", "{model}"),
            ("$5 ${} ${1A} ${A-B} $SET ${", "$5 ${} ${1A} ${A-B} $SET ${"),
            ("a${SET}b", "a{model}${SET}b"),
        ] {
            assert_eq!(expanded(written, Variables::Read), Ok(meant.to_owned()), "{written}");
        }
        assert_eq!(expanded("${SET}${NOT}", Variables::Read), Err("NOT".to_owned()));
        assert_eq!(expanded("run ${NOT} in {cwd}", Variables::Text), Ok("run ${NOT} in <Cwd>".to_owned()));
    }

    #[test]
    fn what_was_meant_for_a_placeholder_is_found_and_literal_braces_are_not() {
        let found = |written| unknown(written).map(|(word, nearest)| (word, nearest.unwrap_or_default()));
        for (written, word, nearest) in [
            ("{modle}", "{modle}", "{model}"),
            ("a/{promodel}/{model}", "{promodel}", "{pro_model}"),
            ("{model} {HOME}", "{HOME}", "{home}"),
            ("{foo}", "{foo}", ""),
            ("${NOPE:-sk-secret}", "${NOPE…}", ""),
            ("${A-B}", "${A-B…}", ""),
            ("${1A}", "${1A…}", ""),
            ("${SET} ${OPEN", "${OPEN…}", ""),
        ] {
            assert_eq!(found(written), Some((word.to_owned(), nearest)), "{written}");
        }
        for written in [
            r#"{"json":1}"#,
            r#"{{"json":{"a":1}}}"#,
            "{{foo}}",
            "{}",
            "{ foo }",
            "x{2}",
            "{",
            "${}",
            "$5",
            "{model}${SET}",
        ] {
            assert_eq!(found(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn what_has_neither_braces_nor_variables_stays(text in "[^{}]{0,40}") {
            prop_assume!(!text.contains("${"));
            prop_assert_eq!(expanded(&text, Variables::Read), Ok(text));
        }

        #[test]
        fn any_text_is_read_and_nothing_of_it_is_lost(
            parts in prop::collection::vec(prop_oneof![
                "\\PC{0,6}", Just("{".to_owned()), Just("}".to_owned()), Just("${".to_owned()),
                Just("{model}".to_owned()), Just("${SET}".to_owned()), Just("{{".to_owned()),
            ], 0..12)
        ) {
            let text = parts.concat();
            let back: String = pieces(&text, Variables::Read).iter().map(|piece| match piece {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Variable(name) => format!("${{{name}}}"),
                Piece::Placeholder(Placeholder::Model) => "{model}".to_owned(),
                Piece::Placeholder(other) => format!("{other:?}"),
            }).collect();
            if doubled(&text, Variables::Read).is_none() {
                prop_assert_eq!(back, text);
            }
        }

        #[test]
        fn doubling_every_brace_writes_the_text_itself(text in "[a-z\"$:{}]{0,30}") {
            prop_assume!(text.contains('{') && !text.contains("${"));
            let written = text.replace('{', "{{").replace('}', "}}");
            prop_assume!(doubled(&written, Variables::Read).is_some());
            // `{{model}` and the like begin with a placeholder's brace.
            prop_assume!(!PLACEHOLDERS.iter().any(|(word, _)| written.contains(word)));
            prop_assert_eq!(expanded(&written, Variables::Read), Ok(text));
        }
    }
}
