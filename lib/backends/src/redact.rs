//! What may be shown of a value that can be a secret.

use std::borrow::Cow;

/// What stands for a secret.
pub(crate) const HIDDEN: &str = "***";

/// Parts of names of variables and settings whose values nobody but the program should see. `HEADERS` for
/// `ANTHROPIC_CUSTOM_HEADERS`, which carries authorisations.
const NAMES: [&str; 9] =
    ["TOKEN", "KEY", "SECRET", "PASS", "CREDENTIAL", "AUTH", "COOKIE", "HEADERS", "BEARER"];
/// Those of them that name a place, not a secret.
const HARMLESS: [&str; 3] = ["SSH_AUTH_SOCK", "env_key", "bearer_token_env_var"];

/// Whether the name promises a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    // Who wrote a commit is not an authorisation.
    let upper = name.to_ascii_uppercase().replace("GIT_AUTHOR_", "");
    NAMES.iter().any(|part| upper.contains(part)) && !HARMLESS.contains(&name)
}

/// `value` of the setting `name`, or [`HIDDEN`]. A password in a URL and a key that is known by its shape are hidden
/// under every name.
pub(crate) fn value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() || (!is_secret_name(name) && !has_secret(value)) {
        Cow::Borrowed(value)
    } else {
        Cow::Borrowed(HIDDEN)
    }
}

/// The same for a value as it is written: what names a variable and nothing else is no secret yet.
pub(crate) fn template<'a>(name: &str, written: &'a str) -> Cow<'a, str> {
    let reference = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match reference {
        Some(variable) if variable.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            Cow::Borrowed(written)
        }
        _ => value(name, written),
    }
}

/// Whether something in `text` has the shape of a key, or is a password in a URL.
pub(crate) fn has_secret(text: &str) -> bool {
    has_user_info(text) || has_key(text) || !handoff_secrets::scan(text).is_empty()
}

/// `sk-…`, whatever follows: where a value is shown, hiding too much does no harm.
fn has_key(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    words.into_iter().any(|word| word.starts_with("sk-") && word.len() > 10)
}

/// Whether Codex takes a secret itself under this dotted name, not the name of a variable.
pub(crate) fn is_secret_setting(name: &str) -> bool {
    let (table, last) = name.rsplit_once('.').unwrap_or(("", name));
    last == "experimental_bearer_token"
        || (table.split('.').next_back() == Some("http_headers") && is_secret_name(last))
}

/// `scheme://user:password@host`, however short or plain the password.
fn has_user_info(text: &str) -> bool {
    user_infos(text).next().is_some()
}

/// The passwords in the URLs of `text`.
pub(crate) fn passwords(text: &str) -> impl Iterator<Item = &str> {
    user_infos(text).map(|user| user.split_once(':').map_or(user, |(_, password)| password))
}

fn user_infos(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).filter_map(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        authority.rsplit_once('@').map(|(user, _)| user).filter(|user| !user.is_empty())
    })
}
