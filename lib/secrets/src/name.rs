//! Names that promise a secret: `DB_PASSWORD`, `"apiKey"`, `Access token`, `os.environ["TOKEN"]`.

/// Names, in small letters without separators, that promise a secret also at the end of a longer
/// word.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "secretkeybase",
    "signingkey",
    "encryptionkey",
    "accountkey",
    "masterkey",
    "subscriptionkey",
    "authkey",
    "credential",
    "credentials",
    "bearer",
    "authorization",
];

/// Names that promise one only as a word: a `bypass` is no `pass`.
const WORDS: &[&str] = &["auth", "pass", "creds"];

/// Names with a promising end that hold a place in a list, not a secret.
const HARMLESS: &[&str] = &["pagetoken", "continuationtoken", "cursortoken", "publictoken", "publicapikey"];

/// More letters than the longest of the names above has.
const TAIL: usize = 20;

/// A name is looked for in so many bytes before its separator.
const REACH: usize = 64;

/// Whether `before`, all that precedes a separator, ends in a name that promises a secret.
pub(crate) fn ends_in_secret_name(before: &[u8]) -> bool {
    let name = without_closing(within_reach(before));
    let mut tail = [0; TAIL];
    let mut places = [0; TAIL];
    let mut free = TAIL;
    for (place, byte) in name.iter().enumerate().rev() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' if free > 0 => {
                free -= 1;
                tail[free] = byte.to_ascii_lowercase();
                places[free] = place;
            }
            b'_' | b'-' | b'.' | b' ' => {}
            // `token2`, `API_KEY_1`
            b'0'..=b'9' if free == TAIL => {}
            _ => break,
        }
    }
    let tail = &tail[free..];
    // Most names end in a letter that none of these does; comparing it first spares the rest.
    let ends_with = |end: &&str| tail.last() == end.as_bytes().last() && tail.ends_with(end.as_bytes());
    let is_word = |word: &&str| ends_with(word) && starts_word(name, places[TAIL - word.len()]);
    !HARMLESS.iter().any(ends_with) && (ENDINGS.iter().any(ends_with) || WORDS.iter().any(is_word))
}

/// Whether `before` ends in the start of an XML element: `<password`.
pub(crate) fn ends_in_element(before: &[u8]) -> bool {
    let word = last_word(before).len();
    word > 0 && before[..before.len() - word].ends_with(b"<")
}

/// Whether the name at the end of `before` follows a colon, as in `arn:aws:secretsmanager:secret`.
pub(crate) fn ends_in_colon_path(before: &[u8]) -> bool {
    before[..before.len() - last_word(before).len()].ends_with(b":")
}

/// The last word of `before`, with dashes and without a closing quote: `--api-key`, `Bearer`.
pub(crate) fn last_word(before: &[u8]) -> &[u8] {
    let before = within_reach(before);
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    let length = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    &before[before.len() - length..]
}

fn within_reach(before: &[u8]) -> &[u8] {
    &before[before.len().saturating_sub(REACH)..]
}

/// A name without what may stand between it and its separator: quotes, markdown's stars, the
/// bracket of a look-up by a literal name, the sign of `token?:` and `token +=`.
fn without_closing(name: &[u8]) -> &[u8] {
    let name = name.trim_ascii_end();
    let name = match name {
        [rest @ .., b'"' | b'\'', b']'] => rest,
        _ => name,
    };
    let closing =
        |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'*' | b'\\' | b'?' | b'+' | b'!' | b' ' | b'\t');
    let closed = name.iter().rev().take_while(|byte| closing(byte)).count();
    &name[..name.len() - closed]
}

fn starts_word(name: &[u8], at: usize) -> bool {
    let is_capital = name[at].is_ascii_uppercase();
    at == 0 || !name[at - 1].is_ascii_alphabetic() || is_capital && name[at - 1].is_ascii_lowercase()
}
