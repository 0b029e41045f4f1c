//! Which handoff an ID means.

use std::ffi::OsStr;

use handoff_cli::CalledAs;

use handoff_text::Sanitised;

use crate::here::Failure;

/// Why an ID names nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    Unknown(String),
    Ambiguous(String, Vec<String>),
}

impl std::error::Error for Unclear {}

impl std::fmt::Display for Unclear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "could not find a handoff {id:?}"),
            Self::Ambiguous(id, names) => {
                write!(f, "could not tell which handoff {id:?} is; it may be: {}", names.join(", "))
            }
        }
    }
}

/// The message for `failure`, with the commands that list the IDs where one names nothing, as `called` types them.
pub(crate) fn explained(failure: &Failure, called: &CalledAs) -> String {
    match failure.downcast_ref() {
        Some(Unclear::Unknown(_)) => {
            format!("{failure}; {called} lists them, {called} log those archived")
        }
        Some(Unclear::Ambiguous(_, names)) if names.first() == names.get(1) => {
            format!("{failure}; --unread or --archived says which")
        }
        Some(Unclear::Ambiguous(..)) | None => failure.to_string(),
    }
}

/// How many digits a list number may have.
const LONGEST_NUMBER: usize = 6;

/// Whether `id` is a number in a list and no part of a name: `2` is part of every date.
pub(crate) fn is_number(id: &str) -> bool {
    id.len() <= LONGEST_NUMBER && id.parse::<usize>().is_ok()
}

/// The index of the one in `names` that `id` means: a number counts from 1, else the exact file name, else any part of
/// it that only one has.
pub(crate) fn resolve<'n>(id: &str, names: impl Iterator<Item = &'n OsStr>) -> Result<usize, Unclear> {
    let names: Vec<String> = names.map(shown).collect();
    if is_number(id)
        && let Ok(number) = id.parse::<usize>()
    {
        return if (1..=names.len()).contains(&number) {
            Ok(number - 1)
        } else {
            Err(Unclear::Unknown(id.to_owned()))
        };
    }
    let exact = |name: &String| name.as_str() == id || name.strip_suffix(".md") == Some(id);
    // Two names can be shown alike, and one name can be unread and archived.
    let same: Vec<usize> = (0..names.len()).filter(|&index| exact(&names[index])).collect();
    match same.as_slice() {
        [] => {}
        [one] => return Ok(*one),
        several => {
            let named = several.iter().map(|&index| names[index].clone()).collect();
            return Err(Unclear::Ambiguous(id.to_owned(), named));
        }
    }
    let fitting: Vec<usize> =
        (0..names.len()).filter(|&index| !id.is_empty() && names[index].contains(id)).collect();
    match fitting.as_slice() {
        [] => Err(Unclear::Unknown(id.to_owned())),
        [one] => Ok(*one),
        several => Err(Unclear::Ambiguous(
            id.to_owned(),
            several.iter().take(5).map(|&i| names[i].clone()).collect(),
        )),
    }
}

/// A file name as it is listed, which is what an ID is typed from.
pub(crate) fn shown(name: &OsStr) -> String {
    Sanitised::line(name.as_encoded_bytes(), 255).to_string()
}

/// A file name without its ending.
pub(crate) fn of(name: &OsStr) -> String {
    let shown = shown(name);
    shown.strip_suffix(".md").map(str::to_owned).unwrap_or(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_a_name_or_a_part_of_one() {
        let names =
            ["20261121T100000Z-from-a-auth.md", "20261121T090000Z-from-a.md", "20261121T090000Z-from-a-5.md"];
        let resolve = |id| resolve(id, names.iter().map(OsStr::new));
        assert_eq!((resolve("1"), resolve("3"), resolve("auth")), (Ok(0), Ok(2), Ok(0)));
        assert_eq!(resolve("20261121T090000Z-from-a"), Ok(1));
        assert_eq!(resolve("20261121T100000Z-from-a-auth.md"), Ok(0));
        assert_eq!(resolve("4"), Err(Unclear::Unknown("4".into())));
        assert!(matches!(resolve("from-a"), Err(Unclear::Ambiguous(_, names)) if names.len() == 3));
        assert!(matches!(resolve(""), Err(Unclear::Unknown(_))));
        // Names that are shown alike name nothing.
        let alike = ["a\u{202E}b.md", "a\u{202D}b.md"].map(OsStr::new);
        let shown = super::shown(alike[0]);
        assert!(matches!(super::resolve(&shown, alike.into_iter()), Err(Unclear::Ambiguous(..))));
    }
}
