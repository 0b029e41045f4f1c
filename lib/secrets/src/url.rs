//! Passwords in URLs: `scheme://user:password@host`.

use crate::Match;
use crate::placeholder;

pub(crate) const RULE: &str = "url-password";

/// Shorter ones are `%s` and the like; no service takes them.
const SHORTEST_PASSWORD: usize = 3;

/// The passwords in the URLs of `text`, in order of position.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(ahead) = text[from..].find("://") {
        let colon = from + ahead;
        let authority = colon + "://".len();
        let end = authority + authority_length(&text[authority..]);
        if text[..colon].ends_with(|last: char| last.is_ascii_alphanumeric())
            && let Some((start, length)) = password(&text[authority..end])
        {
            let start = authority + start;
            found.push(Match { rule: RULE, span: start..start + length });
        }
        from = end;
    }
    found
}

/// How far user, password and host reach.
///
/// Brackets and braces do not end them: they enclose a placeholder, which must be seen whole.
fn authority_length(rest: &str) -> usize {
    let ends = |next: char| {
        next.is_whitespace() || next.is_control() || matches!(next, '/' | '?' | '#' | '"' | '\'' | '`' | '\\')
    };
    rest.find(ends).unwrap_or(rest.len())
}

/// Where the password stands in an authority, and its length.
fn password(authority: &str) -> Option<(usize, usize)> {
    let (user_info, _host) = authority.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    let is_secret = password.len() >= SHORTEST_PASSWORD
        && password != user
        && !placeholder::stands_for_password(password);
    is_secret.then_some((user.len() + 1, password.len()))
}
