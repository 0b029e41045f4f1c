//! What stands where a secret would, and is none.

use crate::randomness::{is_padded, is_slug, numbers, spoken_share};

/// How a redacted secret begins; the rule and `]` follow.
pub(crate) const REDACTED: &str = "[REDACTED:";

/// Parts of keys that vendors publish in their documentation.
const DOCUMENTED: &[&str] = &[
    "EXAMPLE",                                     // AWS: every key in its manuals
    "4eC39HqLyjWDarjtT1zdp7dc",                    // Stripe: the test key of the API reference
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c", // jwt.io: the signature of its first token
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ", // Azure: the storage emulator's key
];

/// Words that nobody has in a secret, and everybody in what stands for one.
const TELLING: &[&str] = &[
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "dummy",
    "fake",
    "mock",
    "test",
    "redacted",
    "your",
    "replace",
    "insert",
    "todo",
    "xxxx",
];

/// Passwords of the manuals and of databases on one's own machine.
const COMMON_PASSWORDS: &[&str] = &[
    "password", "passwd", "pass", "pwd", "pw", "secret", "token", "postgres", "root", "admin", "user",
    "guest", "mysql", "redis", "rabbitmq", "mongo",
];

/// Numbers that words in the place of a key may have among them: those drawn at random have more.
const MOST_NUMBERS: usize = 2;

/// Whether text in the shape of a vendor's key is a documented example, padding or words.
///
/// No telling words here: a test key opens the vendor's test account.
pub(crate) fn stands_for_key(key: &str) -> bool {
    let bytes = key.as_bytes();
    is_documented(key)
        || is_padded(bytes)
        || is_slug(bytes)
        || (key.contains(['-', '_']) && spoken_share(bytes) > 0.8 && numbers(bytes) <= MOST_NUMBERS)
}

/// Whether a URL's password is a placeholder or one that everybody knows.
pub(crate) fn stands_for_password(password: &str) -> bool {
    let is_common = COMMON_PASSWORDS.iter().any(|common| password.eq_ignore_ascii_case(common));
    is_common || has_brackets(password) || stands_for_value(password)
}

/// Whether an assigned value is a reference to a secret or a stand-in for one.
pub(crate) fn stands_for_value(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    is_documented(value)
        || is_reference(value)
        || is_padded(value.as_bytes())
        || value.bytes().all(|byte| byte.is_ascii_punctuation())
        || TELLING.iter().any(|word| lower.contains(word))
}

fn is_documented(value: &str) -> bool {
    DOCUMENTED.iter().any(|part| value.contains(part))
}

/// `<token>`, `{{ token }}`, `{token}`, `[REDACTED:rule]`, `[user[:password]@]host`, `(see the vault)`.
fn has_brackets(value: &str) -> bool {
    value.starts_with(['<', '{', '[', '(']) || value.ends_with(']')
}

/// `$TOKEN`, `${TOKEN}`, `$(pass token)`, `%TOKEN%`, `@token@`.
fn is_reference(value: &str) -> bool {
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let variable = value.strip_prefix('$').is_some_and(|name| is_name(name) || name.starts_with(['{', '(']));
    let enclosed = ['%', '@']
        .into_iter()
        .any(|mark| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)).is_some_and(is_name));
    variable || enclosed || value.contains("${") || value.contains("{{")
}
